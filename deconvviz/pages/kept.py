"""Which pictures of a gallery lie in its folder already, and which are still to be made.

Each says by itself what it shows, so one that an interrupted run left is either taken or made again.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ..deconvnet import Unit
from ..mirror import Method
from ..scanning import Index
from .asked import Selection, Style
from .facts import MapFacts, Section, map_facts
from .folder import SCHEMA
from .names import sheet_name
from .sheets import DRAWN, read_facts


@dataclass(frozen=True)
class Work:
    """Sheets to be made: `maps` by layer and channel; how many `projections` they show, of which `images`.

    `middle`: whether these are images from the middle of the maps' range.
    """

    maps: list[tuple[Section, int]] = field(default_factory=list)
    projections: int = 0
    images: frozenset[int] = frozenset()
    middle: bool = False


@dataclass(frozen=True)
class Store:
    """The pictures of one gallery as they lie in a `folder`, in its `style`.

    `gallery`: the identity of all that they depend on; each of them says it. `method`: the way down.
    """

    folder: Path
    style: Style
    gallery: str
    method: Method

    def sheet_path(self, section: Section, channel: int, middle: bool = False) -> Path:
        """Where a feature map's sheet lies; `middle`: that of images which are not its strongest."""
        name = sheet_name(channel) + ("-middle" if middle else "")
        return self.folder / "sheets" / section.file / f"{name}.{self.style.ending}"

    def picture_path(self, number: int) -> Path:
        """Where the whole picture of an image lies, as the network saw it."""
        return self.folder / "images" / f"{number:07d}.{self.style.ending}"

    def sheet_facts(self, section: Section, facts: MapFacts) -> dict[str, Any] | None:
        """What the sheet that lies there says of itself; None unless it belongs to this gallery."""
        found = read_facts(self.sheet_path(section, facts.channel, facts.middle))
        expected = {"gallery": self.gallery, "layer": section.name, "map": facts.channel}
        tiles = found.get("tiles") if found and expected.items() <= found.items() else None
        if not isinstance(tiles, list) or len(tiles) != len(facts.entries):
            return None
        units = [entry.unit for entry in facts.entries]
        fits = all(
            tile is None or unit_facts(unit).items() <= tile.items() for tile, unit in zip(tiles, units, strict=True)
        )
        return found if fits else None

    def picture_facts(self, number: int) -> dict[str, Any]:
        """What a whole picture says of itself."""
        return {"gallery": self.gallery, "image": number}

    def has_picture(self, number: int) -> bool:
        """Whether the whole picture of an image lies there, and belongs to this gallery."""
        return read_facts(self.picture_path(number)) == self.picture_facts(number)


def store_in(folder: Path, index: Index, selection: Selection, style: Style) -> Store:
    """Where the pictures of a gallery of the index lie."""
    look = {**asdict(style.look), "view": ""}  # a view is what pages show of the same sheets
    how = (selection.count(index), style.tile, style.image_format, style.patches, *look.values())
    network = index.network
    facts = [SCHEMA, DRAWN, index.manifest.identity, network.signal_precision, *asdict(network.method).values(), *how]
    return Store(folder, style, hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:24], network.method)


def unit_facts(unit: Unit) -> dict[str, Any]:
    """What tells a tile's unit from others of its map."""
    return {"image": unit.image, "row": unit.row, "column": unit.column, "activation": unit.activation}


def work_left(index: Index, shown: Iterable[Section], store: Store, middle: bool = False) -> Work:
    """The sheets that are not there, or lack a tile, or whose whole pictures are not all there."""
    maps, projections, images = list[tuple[Section, int]](), 0, set[int]()
    has_picture = cache(lambda number: not store.style.patches or store.has_picture(number))
    for section in shown:
        for facts in map_facts(index, section, middle):
            sheet = store.sheet_facts(section, facts) if facts.entries else {"tiles": []}
            if sheet is None or None in sheet["tiles"] or not all(map(has_picture, facts.images)):
                maps.append((section, facts.channel))
                projections += len(facts.entries)
                images.update(facts.images)
    return Work(maps, projections, frozenset(images), middle)
