"""Which pictures of a gallery lie in its folder already, and which are still to be made.

Each says by itself what it shows, so one that an interrupted run left is either taken or made again.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ..deconvnet import Unit
from ..scanning import Index
from .facts import MapFacts, Section, Style, map_facts
from .names import sheet_name
from .sheets import read_facts


@dataclass(frozen=True)
class Work:
    """Sheets to be made: `maps` by layer and channel; how many `projections` they show, of which `images`."""

    maps: list[tuple[Section, int]] = field(default_factory=list)
    projections: int = 0
    images: frozenset[int] = frozenset()


def sheet_path(folder: Path, section: Section, channel: int, style: Style) -> Path:
    """Where a feature map's sheet lies."""
    return folder / "sheets" / section.file / f"{sheet_name(channel)}.{style.ending}"


def picture_path(folder: Path, number: int, style: Style) -> Path:
    """Where the whole picture of an image lies, as the network saw it."""
    return folder / "images" / f"{number:07d}.{style.ending}"


def sheet_facts(folder: Path, section: Section, facts: MapFacts, style: Style) -> dict[str, Any] | None:
    """What the sheet that lies there says of itself; None unless it belongs to this gallery."""
    found = read_facts(sheet_path(folder, section, facts.channel, style))
    expected = {"gallery": style.gallery, "layer": section.name, "map": facts.channel}
    tiles = found.get("tiles") if found and expected.items() <= found.items() else None
    if not isinstance(tiles, list) or len(tiles) != len(facts.entries):
        return None
    units = [entry.unit for entry in facts.entries]
    fits = all(
        tile is None or unit_facts(unit).items() <= tile.items() for tile, unit in zip(tiles, units, strict=True)
    )
    return found if fits else None


def picture_lies_there(folder: Path, number: int, style: Style) -> bool:
    """Whether the whole picture of an image lies there, and belongs to this gallery."""
    return read_facts(picture_path(folder, number, style)) == picture_facts(number, style)


def picture_facts(number: int, style: Style) -> dict[str, Any]:
    """What a whole picture says of itself."""
    return {"gallery": style.gallery, "image": number}


def unit_facts(unit: Unit) -> dict[str, Any]:
    """What tells a tile's unit from others of its map."""
    return {"image": unit.image, "row": unit.row, "column": unit.column, "activation": unit.activation}


def work_left(index: Index, shown: Iterable[Section], folder: Path, style: Style) -> Work:
    """The sheets that are not there, or lack a tile, or whose whole pictures are not all there."""
    maps, projections, images = list[tuple[Section, int]](), 0, set[int]()
    has_picture = cache(lambda number: not style.patches or picture_lies_there(folder, number, style))
    for section in shown:
        for facts in map_facts(index, section):
            sheet = sheet_facts(folder, section, facts, style) if facts.entries else {"tiles": []}
            if sheet is None or None in sheet["tiles"] or not all(map(has_picture, facts.images)):
                maps.append((section, facts.channel))
                projections += len(facts.entries)
                images.update(facts.images)
    return Work(maps, projections, frozenset(images))
