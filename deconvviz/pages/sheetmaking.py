"""Make the sheets of a gallery: project, draw, and let threads encode and write each sheet that is full."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby, islice
from pathlib import Path
from typing import Any

from PIL import Image

from .. import output
from ..figures import projection_tiles
from ..index import Index
from ..projection import Projection
from ..sheets import empty_sheet, encode
from ..tiles import picture_tiles, span
from .facts import MapFacts, Section, Style, map_fact
from .kept import Work, picture_facts, picture_lies_there, picture_path, sheet_path, unit_facts

TOGETHER = 256
"""Feature maps whose sheets are under way at a time: enough that they share images, few enough for memory."""

BYTES = 256 * 2**20
"""Of the tiles of sheets under way, at most."""

BATCH = 16
"""Projections drawn at a time: few of them have to wait, and each costs half of what it would by itself."""

PICTURES = 128
"""Whole pictures kept in memory: projections come image by image, some images at a time."""

SMALL = 64
"""Pictures up to this side are stored without loss: each of their pixels is seen."""


@dataclass(frozen=True)
class Tile:
    """A projection's tile, its patch's beside it, and how they were made."""

    projection: Image.Image
    patch: Image.Image | None
    facts: dict[str, Any]


@dataclass(eq=False)
class _Begun:
    """A sheet that waits for its tiles, by the numbers of their images: each excites a map once."""

    section: Section
    facts: MapFacts
    tiles: dict[int, Tile] = field(default_factory=dict)


def make_sheets(
    index: Index,
    work: Work,
    folder: Path,
    style: Style,
    report: Callable[[str], object],
    advance: Callable[[int], object],
) -> Iterator[int]:
    """Write the sheets of feature maps, and the whole pictures that they show; yield the bytes of each file.

    `report` is told of images that cannot be shown: their tiles stay grey. `advance` is told how many more
    projections are done. What is written is complete, also when this is interrupted.
    """
    pool = ThreadPoolExecutor(os.cpu_count() or 1)
    largest = max((3 * section.layout.size[0] * section.layout.size[1] for section, _ in work.maps), default=1)
    together = min(TOGETHER, max(BYTES // largest, 1))
    try:
        for start in range(0, len(work.maps), together):
            some = [_Begun(s, map_fact(index, s, number)) for s, number in work.maps[start : start + together]]
            writing = deque[Future[int]]()
            for handed in _Filling(some, folder, style, pool).fill(index, report, advance):
                writing.append(handed)
                while writing and writing[0].done():
                    yield writing.popleft().result()
            yield from (done.result() for done in writing)
    finally:
        pool.shutdown(cancel_futures=True)


class _Filling:
    """Some sheets, from their first tile until each is handed to a thread to be written."""

    def __init__(self, sheets: Iterable[_Begun], folder: Path, style: Style, pool: ThreadPoolExecutor) -> None:
        self.begun = {(sheet.section.name, sheet.facts.number): sheet for sheet in sheets}
        self.folder, self.style, self.pool = folder, style, pool
        self.pictures: dict[int, Image.Image] = {}
        self.written = set[int]()

    def fill(
        self, index: Index, report: Callable[[str], object], advance: Callable[[int], object]
    ) -> Iterator[Future[int]]:
        """Project what the sheets show, image by image, and have each sheet written once it is full."""
        units = [entry.unit for sheet in self.begun.values() for entry in sheet.facts.entries]
        for projections in _alike(index.stream(units, report)):
            if self.style.patches:
                yield from self._keep_pictures(projections)
            yield from self._draw(projections)
            advance(len(projections))
        for sheet in self.begun.values():  # an image of theirs could not be shown
            advance(len(sheet.facts.entries) - len(sheet.tiles))
            yield self.pool.submit(_write_sheet, sheet, self.folder, self.style)

    def _draw(self, projections: list[Projection]) -> Iterator[Future[int]]:
        """The tiles of projections of one layer, whose receptive fields are of one size."""
        side = self.begun[_key(projections[0])].section.layout.side
        drawn = projection_tiles(projections, side, self.style.smoothing)
        patches = self._patches(projections, side) if self.style.patches else [None] * len(projections)
        for projection, (tile, scaling), patch in zip(projections, drawn, patches, strict=True):
            facts = {
                **unit_facts(projection.unit),
                "box": projection.box,
                "field": projection.field,
                "input": projection.input.shape[-2:],
                "quantile": scaling.quantile,
                "scale": scaling.scale,
                "resampling": scaling.resampling,
            }
            sheet = self.begun[_key(projection)]
            sheet.tiles[projection.unit.image] = Tile(tile, patch, facts)
            if len(sheet.tiles) == len(sheet.facts.entries):
                yield self.pool.submit(_write_sheet, self.begun.pop(_key(projection)), self.folder, self.style)

    def _patches(self, projections: list[Projection], side: int) -> Sequence[Image.Image | None]:
        boxes, fields = [p.box for p in projections], [p.field for p in projections]
        pictures = [self.pictures[p.unit.image] for p in projections]
        regions = [whole.crop((b[1], b[0], b[3], b[2])) for whole, b in zip(pictures, boxes, strict=True)]
        return picture_tiles(regions, boxes, fields, side)

    def _keep_pictures(self, projections: list[Projection]) -> Iterator[Future[int]]:
        """See that the whole picture of each is in memory, and will be in the folder."""
        if len(self.pictures) > PICTURES:
            self.pictures.clear()
        for projection in projections:
            number = projection.unit.image
            if number not in self.pictures:
                self.pictures[number] = projection.image
            if number not in self.written:
                self.written.add(number)
                yield self.pool.submit(_write_picture, self.pictures[number], number, self.folder, self.style)


def _alike(projections: Iterable[Projection]) -> Iterator[list[Projection]]:
    """Projections that can be drawn at once: a few of one layer, whose receptive fields are of one size."""
    for _, same in groupby(projections, key=lambda p: (p.unit.layer, span(p.field))):
        while some := list(islice(same, BATCH)):
            yield some


def _key(projection: Projection) -> tuple[str, int]:
    return projection.unit.layer, projection.unit.channel


def _write_sheet(sheet: _Begun, folder: Path, style: Style) -> int:
    layout, picture, tiles = sheet.section.layout, empty_sheet(sheet.section.layout), list[dict[str, Any] | None]()
    for rank, image in enumerate(sheet.facts.images):
        tile = sheet.tiles.get(image)
        tiles.append(tile.facts if tile else None)
        if tile is not None:
            picture.paste(tile.projection, layout.place(rank))
        if tile is not None and tile.patch is not None:
            picture.paste(tile.patch, layout.place(rank, patch=True))
    said = {"gallery": style.gallery, "layer": sheet.section.name, "map": sheet.facts.number, "tiles": tiles}
    content = encode(picture, style.kind, sheet.section.sharp, said)
    output.write_bytes(sheet_path(folder, sheet.section, sheet.facts.number, style), lambda file: file.write(content))
    return len(content)


def _write_picture(picture: Image.Image, number: int, folder: Path, style: Style) -> int:
    if picture_lies_there(folder, number, style):
        return 0
    content = encode(picture, style.kind, max(picture.size) <= SMALL, picture_facts(number, style))
    output.write_bytes(picture_path(folder, number, style), lambda file: file.write(content))
    return len(content)
