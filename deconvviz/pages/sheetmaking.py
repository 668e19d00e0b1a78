"""Make the sheets of a gallery in rounds: all cores project, then all draw, then all write the sheets that are full."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..deconvnet import Projection, image_of
from ..drawing import as_picture, picture_tiles, signal_tiles, span, write_content
from ..machine import AtOnce, sharing
from ..scanning import Index
from .facts import MapFacts, Section, map_fact
from .kept import Work, unit_facts
from .pictures import Pictures
from .sheets import empty_sheet, encode, lay

MAPS_TOGETHER = 256
"""Feature maps whose sheets are under way at a time: enough that they share images, few enough for memory."""

BYTES = 256 * 2**20
"""Of sheets under way, at most."""

DRAWN_TOGETHER, DRAWN_BYTES = 256, 64 * 2**20
"""Projections drawn before more are made: enough that no core waits long for the others. And their bytes, about."""

BATCH, BATCH_BYTES = 16, 4 * 2**20
"""Projections that a core draws at a time: each costs less than by itself. And the bytes of their patches or tiles; as
signals they are four times as many."""

WRITTEN_TOGETHER = 32
"""Sheets written before more are drawn: enough that no core waits long for the others."""


@dataclass(eq=False)
class _Begun:
    """A sheet (3, H, W) that waits for its tiles; of those on it, by the numbers of their images, how they were made.

    Each image excites a map once.
    """

    section: Section
    facts: MapFacts
    sheet: NDArray[np.uint8]
    tiles: dict[int, dict[str, Any]] = field(default_factory=dict)

    @cached_property
    def ranks(self) -> dict[int, int]:
        """Where on the sheet each image's tiles are."""
        return {image: rank for rank, image in enumerate(self.facts.images)}


def make_sheets(
    index: Index,
    work: Work,
    pictures: Pictures,
    report: Callable[[str], object],
    advance: Callable[[int], object],
) -> Iterator[int]:
    """Write the sheets of feature maps, and the `pictures` that they show; yield the bytes of each file.

    `report` is told of images that cannot be shown: their tiles stay grey. `advance` is told how many more
    projections are done. What is written is complete, also when this is interrupted.
    """
    largest = max((3 * section.layout.size[0] * section.layout.size[1] for section, _ in work.maps), default=1)
    together = max(min(MAPS_TOGETHER, len(work.maps), BYTES // largest), 1)
    rooms = np.empty((together, largest), np.uint8)  # used again and again: memory that is new costs time
    with sharing() as at_once:
        for start in range(0, len(work.maps), together):
            maps = work.maps[start : start + together]
            some = [
                _Begun(section, map_fact(index, section, channel), empty_sheet(section.layout, room))
                for room, (section, channel) in zip(rooms, maps, strict=False)
            ]
            yield from _Filling(some, pictures, at_once).fill(index, report, advance)


class _Filling:
    """Some sheets, from their first tile until each is written."""

    def __init__(self, sheets: Iterable[_Begun], pictures: Pictures, at_once: AtOnce) -> None:
        self.begun = {(begun.section.name, begun.facts.channel): begun for begun in sheets}
        self.pictures, self.at_once = pictures, at_once
        self.store, self.style = pictures.store, pictures.store.style

    def fill(self, index: Index, report: Callable[[str], object], advance: Callable[[int], object]) -> Iterator[int]:
        """Project what the sheets show, image by image, and write each sheet once it is full; yield their bytes."""
        units = [entry.unit for sheet in self.begun.values() for entry in sheet.facts.entries]
        full = list[_Begun]()
        for projections in _rounds(index.stream(units, report), advance):
            if self.style.patches:
                yield from self.pictures.keep(projections, self.at_once)
            projections.sort(key=lambda p: (_kind(p), _overhang(p)))
            full += self._full_with(projections, self.at_once(self._tiles, list(self._alike(projections))))
            projections.clear()  # before the next are made
            if len(full) >= WRITTEN_TOGETHER:
                yield from self.at_once(self._write, full)
                full.clear()
        for begun in self.begun.values():  # an image of theirs could not be shown
            advance(len(begun.facts.entries) - len(begun.tiles))
        yield from self.at_once(self._write, [*full, *self.begun.values()])

    def _full_with(self, projections: list[Projection], drawn: list[dict[str, Any]]) -> list[_Begun]:
        """Note that the tiles of projections are on their sheets; take out the sheets that are full now."""
        full = list[_Begun]()
        for projection, facts in zip(projections, drawn, strict=True):
            begun = self.begun[_key(projection)]
            begun.tiles[image_of(projection.unit)] = facts
            if len(begun.tiles) == len(begun.facts.entries):
                full.append(self.begun.pop(_key(projection)))
        return full

    def _alike(self, projections: Iterable[Projection]) -> Iterator[list[Projection]]:
        """Neighbours that can be drawn together: of one layer, with receptive fields of one size."""
        for (_, pixels), same in groupby(projections, key=_kind):
            many = max(min(BATCH, BATCH_BYTES // (3 * max(pixels, self.style.tile) ** 2)), 1)
            while some := list(islice(same, many)):
                yield some

    def _tiles(self, projections: list[Projection]) -> Iterator[dict[str, Any]]:
        """Lay on their sheets the tiles of projections of one layer, with receptive fields of one size; yield facts."""
        tile = self.begun[_key(projections[0])].section.layout.tile
        signals, boxes, fields = zip(*((p.pixels, p.box, p.field) for p in projections), strict=True)
        drawn, scalings = signal_tiles(signals, boxes, fields, tile, self.style.smoothing)
        self._lay(projections, drawn)
        if self.style.patches:
            regions = [self.pictures.region(p) for p in projections]
            self._lay(projections, picture_tiles(regions, boxes, fields, tile), patches=True)
        for projection, scaling in zip(projections, scalings, strict=True):
            yield {
                **unit_facts(projection.unit),
                "box": projection.box,
                "field": projection.field,
                "input": projection.input.shape[-2:],
                "quantile": scaling.quantile,
                "scale": scaling.scale,
                "resampling": scaling.resampling,
            }

    def _lay(self, projections: list[Projection], tiles: Tensor, patches: bool = False) -> None:
        for projection, tile in zip(projections, tiles.numpy(), strict=True):
            begun = self.begun[_key(projection)]
            lay(tile, begun.sheet, begun.section.layout.place(begun.ranks[image_of(projection.unit)], patches))

    def _write(self, begun: _Begun) -> Iterator[int]:
        name, channel = begun.section.name, begun.facts.channel
        tiles = [begun.tiles.get(image) for image in begun.facts.images]
        said = {"gallery": self.store.gallery, "layer": name, "map": channel, "tiles": tiles}
        content = encode(as_picture(begun.sheet), self.style.image_format, begun.section.sharp, said)
        yield write_content(self.store.sheet_path(begun.section, channel), content)


def _rounds(projections: Iterable[Projection], advance: Callable[[int], object]) -> Iterator[list[Projection]]:
    """Projections to be drawn together."""
    some, size = list[Projection](), 0
    for projection in projections:
        advance(1)
        some.append(projection)
        size += projection.pixels.nbytes
        if len(some) == DRAWN_TOGETHER or size >= DRAWN_BYTES:
            yield some
            some, size = [], 0
    if some:
        yield some


def _key(projection: Projection) -> tuple[str, int]:
    return projection.unit.layer, projection.unit.channel


def _kind(projection: Projection) -> tuple[str, int]:
    return projection.unit.layer, span(projection.field)


def _overhang(projection: Projection) -> tuple[int, ...]:
    """How far the receptive field leaves the image: top, left (0 or more), bottom, right (0 or less).

    Neighbours that agree in it cover the same part of their tiles: less is resampled.
    """
    return tuple(inside - at for inside, at in zip(projection.box, projection.field, strict=True))
