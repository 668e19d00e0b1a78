"""Which class is meant: by its name, by a part of it that no other has, or by its number."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..arguments import as_whole, said
from ..errors import UnknownClass, nearest
from ..mirror import MAIN_KEYS, Layers
from ..network import Call

MOST_NAMED = 5
"""How many classes an error names that fit a text alike."""


@dataclass(frozen=True, eq=False)
class ClassScore:
    """The score of one class: `call`, whose output has the logits of all, and the `number` of this one.

    `name`: the class's, or its number as text where classes have no names.
    """

    call: Call
    number: int
    name: str


def class_score(table: Layers, categories: Sequence[str], wanted: str | int) -> ClassScore:
    """The logit of a class: what softmax or sigmoid read, or what the network returns. Raises UnknownClass."""
    found = table.scores.logits(len(categories)) if categories else []
    named = categories if found else ()
    found = found or table.scores.logits()
    if not found:
        raise UnknownClass(f"class {said(wanted)}: this network returns no scores of classes")
    if len(found) > 1:
        names, keys = " and ".join(call.name for call in found), " or ".join(map(repr, MAIN_KEYS))
        raise UnknownClass(
            f"class {said(wanted)}: this network returns several values that may be its scores, those of {names}; "
            f"let its forward return one, or a dictionary with the scores under {keys}"
        )
    (logits,) = found
    number = class_number(named, (logits.shape or ())[0], wanted)
    return ClassScore(logits, number, named[number] if named else str(number))


def class_number(names: Sequence[str], count: int, wanted: str | int) -> int:
    """The number of a class among `count`, whose names are known or () if they are not. Raises UnknownClass.

    A name counts exactly, else in letters of any case, else as a part of one name alone; a text of digits that is no
    name is a number.

    >>> class_number(["cat", "Dog", "hot dog"], 3, "dog")
    1
    """
    number = as_whole(wanted)
    if number is None and isinstance(wanted, str) and wanted not in names and wanted.strip().isdecimal():
        number = int(wanted) if len(wanted) < 18 else count
    if number is not None:
        if not 0 <= number < count:
            raise UnknownClass(f"there is no class {number}: the network has 0 … {count - 1}")
        return number
    if not isinstance(wanted, str):
        raise UnknownClass(f"class {said(wanted)}: the name of a class is needed, or its number, 0 … {count - 1}")
    if not names:
        raise UnknownClass(f"class {wanted!r}: this network's classes have no names; give a number, 0 … {count - 1}")
    return _named(names, wanted)


def _named(names: Sequence[str], wanted: str) -> int:
    low = wanted.strip().casefold()
    ways: list[Any] = [
        lambda name: name == wanted,
        lambda name: name.casefold() == low,
        lambda name: bool(low) and low in name.casefold(),
    ]
    for fits in ways:
        found = [number for number, name in enumerate(names) if fits(name)]
        if len(found) == 1:
            return found[0]
        if found:
            some = ", ".join(f"{number} {names[number]}" for number in found[:MOST_NAMED])
            more = ", …" if len(found) > MOST_NAMED else ""
            raise UnknownClass(f"class {wanted!r} may be any of {len(found)}: {some}{more}; give a name or a number")
    raise UnknownClass(f"no class is called {wanted!r}; {nearest(wanted, dict.fromkeys(names))}")
