"""Make the sheets of a gallery in rounds: all cores project, then all draw, then all write the sheets that are full."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, groupby, islice
from pathlib import Path
from typing import Any

from PIL import Image
from torch import Tensor
from torchvision.transforms.functional import pil_to_tensor, to_pil_image

from .. import output
from ..figures import projection_tiles
from ..index import Index
from ..machine import Part, Result, at_once
from ..projection import Projection
from ..sheets import empty_sheet, encode
from ..tiles import picture_tiles, span
from .facts import MapFacts, Section, Style, map_fact
from .kept import Work, picture_facts, picture_lies_there, picture_path, sheet_path, unit_facts

MAPS_TOGETHER = 256
"""Feature maps whose sheets are under way at a time: enough that they share images, few enough for memory."""

BYTES = 256 * 2**20
"""Of the tiles of sheets under way, at most."""

DRAWN_TOGETHER, DRAWN_BYTES = 256, 64 * 2**20
"""Projections drawn before more are made: enough that no core waits long for the others. And their bytes, about."""

BATCH, BATCH_BYTES = 16, 4 * 2**20
"""Projections that a core draws at a time: each costs less than by itself. And the bytes of their patches, about."""

WRITTEN_TOGETHER = 32
"""Sheets written before more are drawn: enough that no core waits long for the others."""

PICTURE_BYTES = 64 * 2**20
"""Of whole pictures kept in memory, about: other feature maps will show the same images."""

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
    largest = max((3 * section.layout.size[0] * section.layout.size[1] for section, _ in work.maps), default=1)
    together = min(MAPS_TOGETHER, max(BYTES // largest, 1))
    pictures = _Pictures(folder, style)
    for start in range(0, len(work.maps), together):
        some = [_Begun(s, map_fact(index, s, number)) for s, number in work.maps[start : start + together]]
        yield from _Filling(some, folder, style, pictures).fill(index, report, advance)


class _Pictures:
    """The whole pictures of images: each is written once, and kept in memory while others may need its regions."""

    def __init__(self, folder: Path, style: Style) -> None:
        self.folder, self.style = folder, style
        self.kept: dict[int, Tensor] = {}
        self.written = set[int]()

    def keep(self, projections: Iterable[Projection]) -> list[int]:
        """See that each one's picture is in memory and in the folder; give the bytes of each one written now."""
        if sum(picture.nbytes for picture in self.kept.values()) > PICTURE_BYTES:
            self.kept.clear()
        new = {p.unit.image: p for p in projections if p.unit.image not in self.kept}
        self.kept.update(zip(new, _of_all_cores(lambda p: [pil_to_tensor(p.image)], list(new.values())), strict=True))
        unwritten = [number for number in new if number not in self.written]
        self.written.update(unwritten)
        return _of_all_cores(self._write, unwritten)

    def region(self, projection: Projection) -> Tensor:
        """What the projection's receptive field shows of its image (3, h, w), uint8."""
        top, left, bottom, right = projection.box
        return self.kept[projection.unit.image][:, top:bottom, left:right]

    def _write(self, number: int) -> Iterator[int]:
        if not picture_lies_there(self.folder, number, self.style):
            picture = to_pil_image(self.kept[number])
            content = encode(picture, self.style.kind, max(picture.size) <= SMALL, picture_facts(number, self.style))
            yield _written(content, picture_path(self.folder, number, self.style))


class _Filling:
    """Some sheets, from their first tile until each is written."""

    def __init__(self, sheets: Iterable[_Begun], folder: Path, style: Style, pictures: _Pictures) -> None:
        self.begun = {(sheet.section.name, sheet.facts.number): sheet for sheet in sheets}
        self.folder, self.style, self.pictures = folder, style, pictures

    def fill(self, index: Index, report: Callable[[str], object], advance: Callable[[int], object]) -> Iterator[int]:
        """Project what the sheets show, image by image, and write each sheet once it is full; yield their bytes."""
        units = [entry.unit for sheet in self.begun.values() for entry in sheet.facts.entries]
        full = list[_Begun]()
        for projections in _rounds(index.stream(units, report), advance):
            if self.style.patches:
                yield from self.pictures.keep(projections)
            full += self._draw(projections)
            projections.clear()  # before the next are made
            if len(full) >= WRITTEN_TOGETHER:
                yield from _of_all_cores(self._write, full)
                full.clear()
        for sheet in self.begun.values():  # an image of theirs could not be shown
            advance(len(sheet.facts.entries) - len(sheet.tiles))
        yield from _of_all_cores(self._write, [*full, *self.begun.values()])

    def _draw(self, projections: list[Projection]) -> list[_Begun]:
        """Put the tiles of projections on their sheets; take out the sheets that are full now."""
        full = list[_Begun]()
        for projection, tile in zip(projections, _of_all_cores(self._tiles, list(_alike(projections))), strict=True):
            sheet = self.begun[_key(projection)]
            sheet.tiles[projection.unit.image] = tile
            if len(sheet.tiles) == len(sheet.facts.entries):
                full.append(self.begun.pop(_key(projection)))
        return full

    def _tiles(self, projections: list[Projection]) -> Iterator[Tile]:
        """The tiles of projections of one layer, whose receptive fields are of one size."""
        side = self.begun[_key(projections[0])].section.layout.side
        drawn = projection_tiles(projections, side, self.style.smoothing)
        patches: Sequence[Image.Image | None] = [None] * len(projections)
        if self.style.patches:
            regions, boxes, fields = zip(*((self.pictures.region(p), p.box, p.field) for p in projections), strict=True)
            patches = picture_tiles(regions, boxes, fields, side)
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
            yield Tile(tile, patch, facts)

    def _write(self, sheet: _Begun) -> Iterator[int]:
        """Put the tiles of a sheet in their places, and write it."""
        layout, picture, tiles = sheet.section.layout, empty_sheet(sheet.section.layout), list[dict[str, Any] | None]()
        for rank, image in enumerate(sheet.facts.images):
            tile = sheet.tiles.get(image)
            tiles.append(tile.facts if tile else None)
            if tile is not None:
                picture.paste(tile.projection, layout.place(rank))
            if tile is not None and tile.patch is not None:
                picture.paste(tile.patch, layout.place(rank, patch=True))
        name, number = sheet.section.name, sheet.facts.number
        said = {"gallery": self.style.gallery, "layer": name, "map": number, "tiles": tiles}
        content = encode(picture, self.style.kind, sheet.section.sharp, said)
        yield _written(content, sheet_path(self.folder, sheet.section, number, self.style))


def _of_all_cores(work: Callable[[Part], Iterable[Result]], parts: Sequence[Part]) -> list[Result]:
    """What `work` gives for all the parts, in order; each core does one part after the other."""
    return list(chain.from_iterable(at_once(work, parts)))


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


def _alike(projections: Iterable[Projection]) -> Iterator[list[Projection]]:
    """Projections that can be drawn at once: a few of one layer, whose receptive fields are of one size."""
    for (_, pixels), same in groupby(projections, key=lambda p: (p.unit.layer, span(p.field))):
        many = max(min(BATCH, BATCH_BYTES // max(3 * pixels**2, 1)), 1)
        while some := list(islice(same, many)):
            yield some


def _key(projection: Projection) -> tuple[str, int]:
    return projection.unit.layer, projection.unit.channel


def _written(content: bytes, path: Path) -> int:
    output.write_bytes(path, lambda file: file.write(content))
    return len(content)
