"""Make the sheets of a gallery: project, draw in threads while the network goes on, write each when it is full."""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from PIL import Image

from .. import output
from ..figures import patch_tile, projection_tile
from ..index import Index
from ..projection import Projection
from ..sheets import empty_sheet, encode, read_facts
from ..units import Unit
from .facts import MapFacts, Section, Style
from .names import sheet_name

TOGETHER = 256
"""Feature maps whose sheets are under way at a time: enough that they share images, few enough for memory."""

BYTES = 256 * 2**20
"""Of the tiles of sheets under way, at most."""

WAITING = 64
"""Projections that may wait to be drawn."""

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
    tiles: dict[int, Future[Tile]] = field(default_factory=dict)


def sheet_path(folder: Path, section: Section, channel: int, style: Style) -> Path:
    """Where a feature map's sheet lies."""
    return folder / "sheets" / section.file / f"{sheet_name(channel)}.{style.ending}"


def picture_path(folder: Path, number: int, style: Style) -> Path:
    """Where the whole picture of an image lies, as the network saw it."""
    return folder / "images" / f"{number:07d}.{style.ending}"


def sheet_facts(folder: Path, section: Section, facts: MapFacts, style: Style) -> dict[str, Any] | None:
    """What the sheet that lies there says of itself; None unless it belongs to this gallery."""
    found = read_facts(sheet_path(folder, section, facts.number, style))
    expected = {"gallery": style.gallery, "layer": section.name, "map": facts.number}
    tiles = found.get("tiles") if found and expected.items() <= found.items() else None
    if not isinstance(tiles, list) or len(tiles) != len(facts.entries):
        return None
    units = [entry.unit for entry in facts.entries]
    fits = all(tile is None or _of(unit).items() <= tile.items() for tile, unit in zip(tiles, units, strict=True))
    return found if fits else None


def _of(unit: Unit) -> dict[str, Any]:
    """What tells a tile's unit from others of its map."""
    return {"image": unit.image, "row": unit.row, "column": unit.column, "activation": unit.activation}


class Pictures:
    """Which whole pictures lie in a gallery's folder; each is looked at once."""

    def __init__(self, folder: Path, style: Style) -> None:
        self.folder, self.style = folder, style
        self._there: dict[int, bool] = {}

    def __contains__(self, number: object) -> bool:
        assert isinstance(number, int)
        if number not in self._there:
            facts = read_facts(picture_path(self.folder, number, self.style))
            self._there[number] = facts == {"gallery": self.style.gallery, "image": number}
        return self._there[number]


def is_complete(sheet: dict[str, Any] | None, pictures: Pictures) -> bool:
    """Whether a sheet shows all it should, and its pictures are there, so that it need not be made again."""
    if sheet is None or None in sheet["tiles"]:
        return False
    return not pictures.style.patches or all(tile["image"] in pictures for tile in sheet["tiles"])


def make_sheets(
    index: Index,
    wanted: Sequence[tuple[Section, MapFacts]],
    folder: Path,
    style: Style,
    report: Callable[[str], object],
    advance: Callable[[], object],
) -> Iterator[int]:
    """Write the sheets of feature maps, and the whole pictures that they show; yield the bytes of each sheet.

    `report` is told of images that cannot be shown: their tiles stay grey. `advance` is called after each
    projection. What is written is complete, also when this is interrupted.
    """
    pool = ThreadPoolExecutor(os.cpu_count() or 1)
    largest = max((3 * section.layout.size[0] * section.layout.size[1] for section, _ in wanted), default=1)
    together = min(TOGETHER, max(BYTES // largest, 1))
    try:
        for start in range(0, len(wanted), together):
            some = [_Begun(section, facts) for section, facts in wanted[start : start + together]]
            writing = list(_fill(index, some, folder, style, report, advance, pool))
            yield from (done.result() for done in writing)
    finally:
        pool.shutdown(cancel_futures=True)


def _fill(
    index: Index, some: Sequence[_Begun], folder: Path, style: Style, report: Callable[[str], object],
    advance: Callable[[], object], pool: ThreadPoolExecutor,
) -> Iterator[Future[int]]:  # fmt: skip
    """Project what some sheets show, image by image, and have each sheet written once it is full."""
    begun = {(sheet.section.name, sheet.facts.number): sheet for sheet in some}
    units = [entry.unit for sheet in some for entry in sheet.facts.entries]
    room, seen = BoundedSemaphore(WAITING), set[int]()
    for projection in index.stream(units, report):
        unit = projection.unit
        if style.patches and unit.image not in seen:
            seen.add(unit.image)
            yield pool.submit(_write_picture, projection, folder, style)
        sheet = begun[unit.layer, unit.channel]
        room.acquire()  # projections are large: let few of them wait
        drawing = pool.submit(_draw, projection, sheet.section.layout.side, style)
        drawing.add_done_callback(lambda _: room.release())
        sheet.tiles[unit.image] = drawing
        if len(sheet.tiles) == len(sheet.facts.entries):
            yield pool.submit(_write_sheet, begun.pop((unit.layer, unit.channel)), folder, style)
        advance()
    for sheet in begun.values():  # an image of theirs could not be shown
        for _ in range(len(sheet.facts.entries) - len(sheet.tiles)):
            advance()
        yield pool.submit(_write_sheet, sheet, folder, style)


def _draw(projection: Projection, side: int, style: Style) -> Tile:
    drawn, scaling = projection_tile(projection, side, style.smoothing)
    facts = {
        **_of(projection.unit),
        "box": projection.box,
        "field": projection.field,
        "input": projection.input.shape[-2:],
        "quantile": scaling.quantile,
        "scale": scaling.scale,
        "resampling": scaling.resampling,
    }
    return Tile(drawn, patch_tile(projection, side) if style.patches else None, facts)


def _write_sheet(sheet: _Begun, folder: Path, style: Style) -> int:
    layout, picture, tiles = sheet.section.layout, empty_sheet(sheet.section.layout), list[dict[str, Any] | None]()
    for rank, image in enumerate(sheet.facts.images):
        tile = sheet.tiles[image].result() if image in sheet.tiles else None  # submitted before: it is done or runs
        tiles.append(tile.facts if tile else None)
        if tile is not None:
            picture.paste(tile.projection, layout.place(rank))
        if tile is not None and tile.patch is not None:
            picture.paste(tile.patch, layout.place(rank, patch=True))
    said = {"gallery": style.gallery, "layer": sheet.section.name, "map": sheet.facts.number, "tiles": tiles}
    content = encode(picture, style.kind, sheet.section.sharp, said)
    output.write_bytes(sheet_path(folder, sheet.section, sheet.facts.number, style), lambda file: file.write(content))
    return len(content)


def _write_picture(projection: Projection, folder: Path, style: Style) -> int:
    number, picture = projection.unit.image, projection.image
    path, said = picture_path(folder, number, style), {"gallery": style.gallery, "image": number}
    if read_facts(path) == said:
        return 0
    content = encode(picture, style.kind, max(picture.size) <= SMALL, said)
    output.write_bytes(path, lambda file: file.write(content))
    return len(content)
