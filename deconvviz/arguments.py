"""What public functions are given, checked at their doors: a wrong argument is our error, in the caller's words.

A check takes an argument's name and value, and returns the value as it is used, or raises. `takes` puts checks before a
function, one for each argument that needs one; what an argument must be stands there and nowhere else.
"""

import inspect
import operator
import os
from collections.abc import Callable, Collection, Iterable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from .errors import UnsuitableInput, nearest

Check = Callable[[str, Any], Any]

Given = ParamSpec("Given")
Result = TypeVar("Result")


def takes(**checks: Check) -> Callable[[Callable[Given, Result]], Callable[Given, Result]]:
    """Check these arguments of a function, by name, before it begins; those that are not given are not checked."""

    def at_the_door(function: Callable[Given, Result]) -> Callable[Given, Result]:
        signature = inspect.signature(function)

        @wraps(function)
        def checked(*args: Given.args, **kwargs: Given.kwargs) -> Result:
            given = signature.bind(*args, **kwargs)
            for name, check in checks.items():
                if name in given.arguments:
                    given.arguments[name] = check(name, given.arguments[name])
            return function(*given.args, **given.kwargs)

        return checked

    return at_the_door


def said(value: object) -> str:
    """A value in an error message: as one writes it if that is short, else what kind of thing it is.

    >>> said("9"), said(list(range(100)))
    ("'9'", 'a list')
    """
    try:
        text = repr(value)
    except Exception:  # somebody else's code
        text = "<>"
    if len(text) <= 60 and text.isprintable() and "<" not in text:
        return text
    kind = f"{value.__name__}, the class" if isinstance(value, type) else type(value).__name__
    shape, dtype = getattr(value, "shape", None), getattr(value, "dtype", None)
    facts = f" of {dtype} {tuple(shape)}" if isinstance(shape, tuple) and dtype is not None else ""
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}{facts}"


def whole(least: int | None, otherwise: object = ..., most: int | None = None) -> Check:
    """A whole number, from `least` to `most` unless these are None; or `otherwise`, if that is given."""
    edges = "" if least is None else f" from {least} on" if most is None else f" from {least} to {most}"

    def check(name: str, value: Any) -> Any:
        if value is otherwise:
            return value
        number = as_whole(value)
        low, high = (number if edge is None else edge for edge in (least, most))
        if number is None or not low <= number <= high:  # type: ignore[operator]
            raise UnsuitableInput(f"{name}={said(value)}: a whole number{edges} is needed")
        return number

    return check


def wholes(otherwise: object = ...) -> Check:
    """Whole numbers, or one alone, as a list; or `otherwise`, if that is given."""

    def check(name: str, value: Any) -> Any:
        if value is otherwise:
            return value
        numbers = [as_whole(one) for one in (value if holds_several(value) or _is_row(value) else [value])]
        if None in numbers:
            raise UnsuitableInput(f"{name}={said(value)}: whole numbers are needed")
        return numbers

    return check


def between(low: float, high: float) -> Check:
    """A number from `low` to `high`."""

    def check(name: str, value: Any) -> Any:
        try:
            fits = not isinstance(value, str | bytes) and low <= float(value) <= high
        except (TypeError, ValueError, RuntimeError):
            fits = False
        if not fits:
            raise UnsuitableInput(f"{name}={said(value)}: a number from {low:g} to {high:g} is needed")
        return float(value)

    return check


def a_share(name: str, value: Any) -> Any:
    """Which part of how many, (i, n) with i from 0; or None."""
    if value is None:
        return None
    numbers = [as_whole(one) for one in value] if holds_several(value) else []
    if len(numbers) != 2 or None in numbers or not 0 <= numbers[0] < numbers[1]:  # type: ignore[operator]
        raise UnsuitableInput(f"{name}={said(value)}: (i, n) with i from 0 to n - 1 is needed, as in (0, 4)")
    return tuple(numbers)


def as_whole(value: Any) -> int | None:
    """A whole number of Python's or any library's, as Python's own; None for all else, also for True and False."""
    try:
        return None if isinstance(value, bool) or type(value).__name__ in ("bool", "bool_") else operator.index(value)
    except (TypeError, ValueError, RuntimeError):  # the last: tensors that hold more than one
        return None


def one_of(words: Collection[str]) -> Check:
    """One of these words."""

    def check(name: str, value: Any) -> Any:
        if not (isinstance(value, str) and value in words):
            close = nearest(value, words) if isinstance(value, str) and len(words) > 3 else ""
            also = f"; {close}" if close.startswith("nearest") else ""
            raise UnsuitableInput(f"{name}={said(value)}: possible: {', '.join(words)}{also}")
        return value

    return check


def a_path(name: str, value: Any) -> Any:
    """A path: text or a `Path`."""
    text = os.fspath(value) if isinstance(value, str | os.PathLike) else None
    if not isinstance(text, str) or not text or "\0" in text:
        raise UnsuitableInput(f"{name}={said(value)}: a path is needed, as text or a pathlib.Path")
    return value


def some_paths(name: str, value: Any) -> Any:
    """Paths, at least one."""
    several = list(value) if holds_several(value) else []
    if not several or not all(isinstance(one, str | os.PathLike) for one in several):
        raise UnsuitableInput(f"{name}={said(value)}: a list of paths is needed")
    return several


def holds_several(value: Any) -> bool:
    """Whether a value is a list or the like, and neither a text nor a tensor or an array, which are one image."""
    single = isinstance(value, str | bytes | os.PathLike | dict) or hasattr(value, "dtype")
    return isinstance(value, Iterable) and not single


def _is_row(value: Any) -> bool:
    return len(getattr(value, "shape", ())) == 1


def instance(kind: type, hint: str) -> Check:
    """Something of this class; `hint`: how one has it."""

    def check(name: str, value: Any) -> Any:
        if not isinstance(value, kind):
            raise UnsuitableInput(f"{name}={said(value)}: is no {kind.__name__}; {hint}")
        return value

    return check
