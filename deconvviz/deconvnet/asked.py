"""What is asked of a `DeconvNet`, in the caller's own ways, checked and in one form: networks, units."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from torch import nn

from ..arguments import as_whole, holds_several, said
from ..errors import UnknownModel, UnknownUnit, UnsuitableInput
from ..images import Preprocess
from ..network import Model
from .units import Unit


def a_network(name: str, value: Any) -> Any:
    """A `Model` or an `nn.Module`. Raises UnknownModel."""
    if not isinstance(value, Model | nn.Module):
        raise UnknownModel(
            f"DeconvNet needs a network, not {said(value)}; deconvviz.load_model(name) loads one by name"
        )
    return value


def a_preprocess(name: str, value: Any) -> Any:
    """A `Preprocess`, or None. Raises UnsuitableInput."""
    if value is not None and not isinstance(value, Preprocess):
        size = isinstance(value, int | tuple)
        way = f"Preprocess({value}, mean, std)" if size else "Preprocess.of_transforms(…) reads transforms"
        raise UnsuitableInput(f"{name}={said(value)}: is no Preprocess; {way}")
    return value


def an_input_shape(name: str, value: Any) -> Any:
    """Channels, rows and columns, or None. Raises UnsuitableInput."""
    if value is None:
        return None
    sizes = [as_whole(size) for size in value] if isinstance(value, Iterable) and not isinstance(value, str) else []
    if len(sizes) != 3 or not all(size is not None and size >= 1 for size in sizes):
        raise UnsuitableInput(f"{name}={said(value)}: (channels, rows, columns) are needed, as in (3, 224, 224)")
    return tuple(sizes)


def some_units(name: str, value: Any) -> Any:
    """Units, or texts that name some, in something that can be gone through. Raises UnknownUnit."""
    if isinstance(value, str | Unit):
        return [value]
    if not holds_several(value):
        raise UnknownUnit(
            f"{name}={said(value)}: names no unit; write LAYER:MAP, or take some of dv.strongest(images, layer); "
            "the images come first: dv.project(images, units)"
        )
    return value


def parsed(units: Iterable[Unit | str]) -> list[Unit]:
    """The units, each as one, with whole numbers. Raises UnknownUnit."""
    return [_sound(Unit.parse(unit) if isinstance(unit, str) else unit) for unit in units]


def _sound(unit: Any) -> Unit:
    if not isinstance(unit, Unit):
        raise UnknownUnit(f"{said(unit)} is no unit; write LAYER:MAP or LAYER:MAP@ROW,COLUMN, as in features.12:3@6,7")
    placed = unit.row is not None or unit.column is not None
    fields = ("channel", "image", *(("row", "column") if placed else ()))
    given = {name: getattr(unit, name) for name in fields}
    whole: dict[str, Any] = {name: as_whole(value) for name, value in given.items()}
    if not isinstance(unit.layer, str) or None in whole.values():
        text = ", ".join(f"{name}={said(value)}" for name, value in {"layer": unit.layer, **given}.items())
        raise UnknownUnit(f"Unit({text}): a layer's name and whole numbers are needed; row and column, or neither")
    return unit if all(type(value) is int for value in given.values()) else replace(unit, **whole)
