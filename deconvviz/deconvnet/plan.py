"""Which forward passes serve which units, and at what price: whole images where many units share one, else crops.

A plan is made from sizes alone (`Ascent`) before any work, and run in `passes`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import torch

from ..mirror import Windows
from .ascent import Ascent
from .units import Unit, check_in_map, image_of

Item = TypeVar("Item")

RECORDED_TOGETHER = 16
"""How many images go forward in one batch: enough to keep the cores busy, few enough for memory."""

CROPPED_TOGETHER = 64
"""How many crops go forward in one batch at most."""

FORWARD_BYTES = 32 * 2**20
"""How large the largest map of a forward pass over crops may be, in bytes of float32."""


@dataclass(frozen=True)
class WholeImages:
    """A forward pass over whole images: of each everything, up to the deepest layer that is asked for.

    `units` by their number among those asked for, in order; `price`: multiply-adds of the filters.
    """

    units: Mapping[int, Unit]
    price: int

    @property
    def images(self) -> tuple[int, ...]:
        """The images, each once, in the order in which they go forward."""
        return tuple(dict.fromkeys(map(image_of, self.units.values())))

    @property
    def layers(self) -> tuple[str, ...]:
        """The layers, each once."""
        return tuple(dict.fromkeys(unit.layer for unit in self.units.values()))


@dataclass(frozen=True)
class Crops:
    """A forward pass over crops: for each unit, all of one layer, what it needs of its image and of every map.

    `units` by their number among those asked for, in order, each with a crop of its own; `price`: multiply-adds of
    the filters; `windows`: which part of the image ("input") and of each call's output a unit needs, by name.
    """

    units: Mapping[int, Unit]
    price: int
    windows: Mapping[str, Windows] = field(compare=False, repr=False)

    @property
    def layer(self) -> str:
        """The layer of all the units, by the name that the first one has for it."""
        return next(iter(self.units.values())).layer


@dataclass(frozen=True)
class Plan:
    """Forward passes that serve all the units asked for, in the order in which they run."""

    passes: tuple[WholeImages | Crops, ...]

    @property
    def price(self) -> int:
        """Multiply-adds of the filters of all passes."""
        return sum(forward.price for forward in self.passes)


def plan(ascents: Mapping[str, Ascent], units: Mapping[int, Unit]) -> Plan:
    """Plan forward passes for units, given by number, whose images are all of one size.

    `ascents`: the way up to each of their layers, by the name that the units have for it. The units of one layer,
    whichever of its names they have, go in crops if all have a position and the crops cost less than their images.
    Raises UnknownUnit for a feature map,
    a row or a column that is not there.
    """
    by_top: dict[str, dict[int, Unit]] = {}
    for number, unit in units.items():
        top = ascents[unit.layer].top
        check_in_map(unit, top.channels, top.size)
        by_top.setdefault(top.name, {})[number] = unit
    cropped: list[Crops] = []
    whole: dict[int, Unit] = {}
    for some in by_top.values():
        crops = _worthwhile_crops(ascents[next(iter(some.values())).layer], some)
        cropped += crops
        whole |= {} if crops else some
    return Plan((*_whole_images(ascents, whole), *cropped))


def _worthwhile_crops(ascent: Ascent, units: Mapping[int, Unit]) -> list[Crops]:
    """Passes over crops for these units of one layer; none where crops are not possible, or not cheaper."""
    if not ascent.runs_on_windows or any(unit.row is None for unit in units.values()):
        return []
    # units that hang over the same borders go together: their windows are of one size
    order = sorted(units, key=lambda n: ascent.overhang(units[n].row, units[n].column))
    positions = torch.tensor([[units[n].row, units[n].column] for n in order])
    windows, images = ascent.windows(positions), {unit.image for unit in units.values()}
    if ascent.multiply_adds(windows) >= len(images) * ascent.multiply_adds():
        return []
    together = min(max(FORWARD_BYTES // (4 * ascent.largest_map(windows)), 1), CROPPED_TOGETHER)
    crops = []
    for batch in _batches(range(len(order)), together):
        needed = windows if len(batch) == len(order) else ascent.windows(positions[batch])
        crops.append(Crops({order[n]: units[order[n]] for n in batch}, ascent.multiply_adds(needed), needed))
    return crops


def _whole_images(ascents: Mapping[str, Ascent], units: Mapping[int, Unit]) -> Iterator[WholeImages]:
    """Passes over no more than RECORDED_TOGETHER images each; units that share an image share a pass."""
    by_image: dict[int, dict[int, Unit]] = {}
    for number, unit in units.items():
        by_image.setdefault(image_of(unit), {})[number] = unit
    for batch in _batches(list(by_image.values()), RECORDED_TOGETHER):
        some = {number: unit for served in batch for number, unit in served.items()}
        shared = {stage.name: stage for unit in some.values() for stage in ascents[unit.layer].stages}
        yield WholeImages(some, len(batch) * sum(stage.multiply_adds() for stage in shared.values()))


def _batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]
