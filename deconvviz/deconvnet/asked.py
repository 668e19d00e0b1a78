"""What is asked of a `DeconvNet`, in the caller's own ways, checked and in one form: networks, units.

A unit as it is asked for stands for one or many: each has one layer, one image, and one position or none yet.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from torch import nn

from ..arguments import as_whole, holds_several, one_of, said
from ..errors import UnknownModel, UnknownUnit, UnsuitableInput
from ..mirror import RECTIFICATIONS, UNPOOLINGS, Layers, is_glob
from ..network import Model
from .units import Unit, images_of

a_rule, an_unpooling = one_of(RECTIFICATIONS), one_of(UNPOOLINGS)


def a_network(name: str, value: Any) -> Any:
    """A `Model` or an `nn.Module`. Raises UnknownModel."""
    if not isinstance(value, Model | nn.Module):
        raise UnknownModel(
            f"a network is needed, an nn.Module or a Model, not {said(value)}; deconvviz.load_model(name) loads one"
        )
    return value


def an_input_shape(name: str, value: Any) -> Any:
    """Channels, rows and columns, or None. Raises UnsuitableInput."""
    if value is not None and len(a_shape(name, value)) != 3:
        raise UnsuitableInput(f"{name}={said(value)}: (channels, rows, columns) are needed, as in (3, 224, 224)")
    return None if value is None else a_shape(name, value)


def a_shape(name: str, value: Any) -> Any:
    """Channels, rows and columns, or whatever sizes a network takes that is not for images. Raises UnsuitableInput."""
    sizes = [as_whole(size) for size in value] if holds_several(value) else []
    if not sizes or not all(size is not None and size >= 1 for size in sizes):
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


def parsed(units: Iterable[Unit | str]) -> Iterator[Unit]:
    """The units, one after the other, with whole numbers. Raises UnknownUnit."""
    return (_sound(Unit.parse(unit) if isinstance(unit, str) else unit) for unit in units)


def _sound(unit: Any) -> Unit:
    if not isinstance(unit, Unit):
        raise UnknownUnit(f"{said(unit)} is no unit; write LAYER:MAP or LAYER:MAP@ROW,COLUMN, as in features.12:3@6,7")
    placed = unit.row is not None or unit.column is not None
    fields = ("channel", *(("row", "column") if placed else ()), *(("image",) if unit.image is not None else ()))
    given = {name: getattr(unit, name) for name in fields}
    whole: dict[str, Any] = {name: as_whole(value) for name, value in given.items()}
    if not isinstance(unit.layer, str) or None in whole.values():
        text = ", ".join(f"{name}={said(value)}" for name, value in {"layer": unit.layer, **given}.items())
        raise UnknownUnit(f"Unit({text}): a layer's name and whole numbers are needed; row and column, or neither")
    return unit if all(type(value) is int for value in given.values()) else replace(unit, **whole)


def single_units(asked: Iterable[Unit], images: int, table_of: Callable[[Unit], Layers]) -> Iterator[Unit]:
    """One after the other: of a glob one of each layer, without an image one of each, `@*` one at each position.

    In the order of asking; layer by layer, in each image by image, in each position by position, in reading order.
    `table_of` gives the table of layers of a unit's image, once it has one. Raises UnknownLayer, UnknownUnit.
    """
    for unit in asked:
        numbers = range(images) if unit.image is None and images else (unit.image or 0,)
        first = replace(unit, image=numbers[0])
        images_of([first], images)
        names = table_of(first).matching(unit.layer) if is_glob(unit.layer) else [unit.layer]
        for name in names:
            for number in numbers:
                yield from _positions(replace(unit, layer=name, image=number, several=images > 1), table_of)


def _positions(unit: Unit, table_of: Callable[[Unit], Layers]) -> Iterator[Unit]:
    """The unit itself, or one for each position of its feature map."""
    if not unit.everywhere:
        yield unit
        return
    size = table_of(unit)[unit.layer].size
    if size is None:
        raise UnknownUnit(f"{unit}: {unit.layer} is a vector without positions; write {unit.layer}:MAP")
    for row in range(size[0]):
        for column in range(size[1]):
            yield replace(unit, row=row, column=column, everywhere=False)
