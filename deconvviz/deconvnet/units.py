"""Units: one position of one feature map, their text form, and which of them are strongest."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

from ..arguments import said
from ..errors import UnknownUnit, UnsuitableInput

_NUMBER = "[0-9]{1,18}"
_TEXT = re.compile(
    rf"(?P<layer>[^:@\s]+):(?P<channel>{_NUMBER})(@((?P<row>{_NUMBER}),(?P<column>{_NUMBER})|(?P<every>\*)))?"
    rf"(#(?P<image>{_NUMBER}))?"
)


@dataclass(frozen=True)
class Unit:
    """One position of one feature map of a layer in one image, written `features.12:3@6,7#4` (row, column; image).

    Without a position it stands for the feature map's strongest one, with `everywhere`, written `features.12:3@*`, for
    each of its positions; without an `image`, the number of one of those given, for that unit of each of them.
    `activation` is its value there, once known; `contribution`: what it contributes to the score of the class
    `for_class`, if it was found for one. `several`: whether it was found in one of several images, so that its
    text names also the first of them.
    """

    layer: str
    channel: int
    row: int | None = None
    column: int | None = None
    image: int | None = None
    activation: float | None = field(default=None, compare=False)
    everywhere: bool = False
    several: bool = field(default=False, compare=False)
    contribution: float | None = field(default=None, compare=False)
    for_class: str = field(default="", compare=False)

    @classmethod
    def parse(cls, text: str) -> "Unit":
        """Read `LAYER:MAP`, `LAYER:MAP@ROW,COLUMN` or `LAYER:MAP@*`, each maybe with `#IMAGE`; raises UnknownUnit.

        >>> Unit.parse("features.12:3@6,7#4")
        Unit(features.12:3@6,7#4)
        """
        match = _TEXT.fullmatch(text.strip()) if isinstance(text, str) else None
        if match is None:
            raise UnknownUnit(
                f"{repr(text) if isinstance(text, str) else said(text)} names no unit; "
                "write LAYER:MAP or LAYER:MAP@ROW,COLUMN, as in features.12:3@6,7; "
                "LAYER:MAP@* for every position; #IMAGE behind it for one of several images "
                "(dv.strongest(images, layer) finds the strongest of a layer)"
            )
        row, column, image = (
            int(match[name]) if match[name] is not None else None for name in ("row", "column", "image")
        )
        numbered = image is not None
        return cls(
            match["layer"], int(match["channel"]), row, column, image, everywhere=bool(match["every"]), several=numbered
        )

    def __str__(self) -> str:
        named = self.image is not None and (self.image > 0 or self.several)
        return self.place + (f"#{self.image}" if named else "")

    def __repr__(self) -> str:
        known = "" if self.activation is None else f", activation {self.activation:.4g}"
        if self.contribution is not None:
            known += f", contribution {self.contribution:+.3g} to {self.for_class}"
        return f"Unit({self}{known})"

    @property
    def place(self) -> str:
        """Where it is in whichever image: `layer:map@row,column`, or without the position."""
        return f"{self.layer}:{self.channel}{self.position}"

    @property
    def position(self) -> str:
        """`@row,column`, `@*` for every one, or nothing."""
        if self.everywhere:
            return "@*"
        return "" if self.row is None or self.column is None else f"@{self.row},{self.column}"


@dataclass(frozen=True, eq=False)
class Peaks:
    """The maximum of each feature map of each image: `values`, `rows`, `columns`, all (N, C).

    Of equal maxima the first in reading order counts. Layers of vectors have no rows and columns: 0.
    """

    values: Tensor
    rows: Tensor
    columns: Tensor


def find_peaks(maps: Tensor, layer: str) -> Peaks:
    """The peaks of maps (N, C, H, W), or (N, C); raises UnsuitableInput for activations that are NaN."""
    flat = maps.reshape(*maps.shape[:2], -1)
    values, where = flat.max(2)
    if not bool(torch.isfinite(values).all()):
        raise UnsuitableInput(f"{layer} has activations that are not finite (NaN or infinite); check weights and input")
    where = (flat == values[..., None]).to(torch.uint8).argmax(2)
    columns = maps.shape[3] if maps.ndim == 4 else 1
    return Peaks(values.cpu(), (where // columns).cpu(), (where % columns).cpu())


def strongest_maps(maps: Tensor, layer: str, k: int) -> list[Unit]:
    """For each image, the k feature maps with the highest peak, strongest first, at their peaks."""
    peaks = find_peaks(maps, layer)
    order = peaks.values.sort(dim=1, descending=True, stable=True).indices[:, :k]
    return [
        _unit_at(peaks, layer, image, channel, maps.ndim == 4)
        for image, channels in enumerate(order.tolist())
        for channel in channels
    ]


def strongest_images(maps: Tensor, layer: str, k: int) -> list[list[Unit]]:
    """For each feature map, its peaks in the k images that excite it most, strongest first."""
    peaks = find_peaks(maps, layer)
    order = peaks.values.sort(dim=0, descending=True, stable=True).indices[:k]
    return [
        [_unit_at(peaks, layer, image, channel, maps.ndim == 4) for image in images]
        for channel, images in enumerate(order.T.tolist())
    ]


def _unit_at(peaks: Peaks, layer: str, image: int, channel: int, has_position: bool) -> Unit:
    value, row, column = (t[image, channel].item() for t in (peaks.values, peaks.rows, peaks.columns))
    at = (int(row), int(column)) if has_position else (None, None)
    several = len(peaks.values) > 1
    return Unit(layer, channel, at[0], at[1], image=image, activation=float(value), several=several)


def image_of(unit: Unit) -> int:
    """The image that a unit belongs to: each has one before anything runs."""
    assert unit.image is not None, f"{unit} has no image"
    return unit.image


def images_of(units: Sequence[Unit], count: int) -> list[int]:
    """The images that the units belong to, each once. Raises UnknownUnit for one that is none of `count` images."""
    for unit in units:
        _check_image(unit, image_of(unit), count)
    return list(dict.fromkeys(map(image_of, units)))


def check_in_map(unit: Unit, channels: int, size: tuple[int, int] | None) -> None:
    """Raise UnknownUnit when a layer of so many feature maps of that size has no such unit."""
    _check_range(unit, "feature map", unit.channel, channels)
    if unit.row is not None and size is None:
        raise UnknownUnit(f"{unit}: {unit.layer} is a vector without positions; write {unit.layer}:MAP")
    if unit.row is not None and size is not None:
        _check_range(unit, "row", unit.row, size[0])
        _check_range(unit, "column", unit.column, size[1])


def check_finite(unit: Unit, value: float) -> float:
    """The unit's activation; raises UnsuitableInput if it is NaN or infinite."""
    if not math.isfinite(value):
        raise UnsuitableInput(f"{unit}: its activation is {value}; check weights and input")
    return value


def locate(unit: Unit, maps: Tensor, image: int | None = None) -> Unit:
    """The unit with position and activation filled in from its layer's maps (N, C, H, W) or (N, C).

    `image`: which of the N is the unit's, if it is not `unit.image`. Raises UnknownUnit when the map, the
    position or the image is out of range.
    """
    image = image_of(unit) if image is None else image
    _check_image(unit, image, len(maps))
    check_in_map(unit, maps.shape[1], (maps.shape[2], maps.shape[3]) if maps.ndim == 4 else None)
    if maps.ndim == 2:
        return replace(unit, activation=check_finite(unit, float(maps[image, unit.channel])))
    if unit.row is None or unit.column is None:
        peaks = find_peaks(maps[image, unit.channel][None, None], unit.layer)
        unit = replace(unit, row=int(peaks.rows), column=int(peaks.columns))
    value = float(maps[image, unit.channel, unit.row, unit.column])
    return replace(unit, activation=check_finite(unit, value))


def _check_image(unit: Unit, number: int, count: int) -> None:
    if not 0 <= number < count:
        there = f"the images are 0 … {count - 1}" if count else "there are no images"
        raise UnknownUnit(f"{unit}: there is no image {number}; {there}")


def _check_range(unit: Unit, what: str, number: int | None, count: int) -> None:
    if number is None or not 0 <= number < count:
        raise UnknownUnit(f"{unit}: there is no {what} {number}; {unit.layer} has 0 … {count - 1}")
