"""Make the sheets of a gallery in rounds: all cores project, then all draw, then all write the sheets that are full."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from ..deconvnet import Projection, image_of
from ..drawing import (
    Box,
    as_picture,
    beyond,
    common_box,
    cut_to,
    energy_share,
    frame_around,
    picture_tiles,
    signal_tiles,
    span,
    write_content,
)
from ..machine import AtOnce, sharing
from ..scanning import Index
from .facts import MapFacts, Section, map_fact
from .kept import Store, Work, unit_facts
from .pictures import Pictures
from .sheets import Layout, empty_sheet, encode, lay

MAPS_TOGETHER = 256
"""Feature maps whose sheets are under way at a time: enough that they share images, few enough for memory."""

BYTES = 768 * 2**20
"""Of sheets under way and of what waits for them, at most."""

DRAWN_TOGETHER, DRAWN_BYTES = 256, 64 * 2**20
"""Projections drawn before more are made: enough that no core waits long for the others. And their bytes, about."""

WRITTEN_TOGETHER = 32
"""Sheets written before more are drawn: enough that no core waits long for the others."""


@dataclass(eq=False)
class _Begun:
    """A sheet (3, H, W) that waits for its tiles, and what there is for them, by the numbers of their images.

    Each image excites a map once. `side` of its frames in pixels, if another sheet of the map says it; else 0.
    """

    section: Section
    facts: MapFacts
    sheet: NDArray[np.uint8]
    side: int = 0
    waiting: dict[int, "_Waiting"] = field(default_factory=dict)
    pictures: dict[int, NDArray[np.uint8]] = field(default_factory=dict)

    @property
    def layout(self) -> Layout:
        """Where its tiles lie."""
        return self.section.layout_of(self.facts)

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
    layouts = [section.middle if work.middle and section.middle else section.layout for section, _ in work.maps]
    largest = max((3 * layout.size[0] * layout.size[1] for layout in layouts), default=1)
    together = max(min(MAPS_TOGETHER, len(work.maps), BYTES // (largest + _waiting_bytes(index, work))), 1)
    rooms = np.empty((together, largest), np.uint8)  # used again and again: memory that is new costs time
    with sharing() as at_once:
        for start in range(0, len(work.maps), together):
            maps = work.maps[start : start + together]
            some = [
                _begun(index, pictures.store, section, map_fact(index, section, channel, work.middle), room)
                for room, (section, channel) in zip(rooms, maps, strict=False)
            ]
            yield from _Filling(some, pictures, at_once).fill(index, report, advance)


def _begun(index: Index, store: Store, section: Section, facts: MapFacts, room: NDArray[np.uint8]) -> _Begun:
    """A sheet; that of images from the middle of a map's range has the frames of the sheet of its strongest."""
    strongest = store.sheet_facts(section, map_fact(index, section, facts.channel)) if facts.middle else None
    frames = [tile["frame"] for tile in strongest["tiles"] if tile] if strongest else []
    side = max((bottom - top for top, _, bottom, _ in frames), default=0)
    return _Begun(section, facts, empty_sheet(section.layout_of(facts), room), side)


def _waiting_bytes(index: Index, work: Work) -> int:
    """Of the projections of a map that wait for each other, and of their pictures, at most."""
    _, rows, columns = index.network.layers.graph.input_shape
    most = 1
    for section, _ in work.maps:
        field = section.row.receptive_field or (rows, columns)
        signal = 3 * 2 * min(field[0], rows) * min(field[1], columns)
        most = max(most, section.layout.count * (signal + 3 * rows * columns))
    return most


class _Filling:
    """Some sheets, from their first tile until each is written."""

    def __init__(self, sheets: Iterable[_Begun], pictures: Pictures, at_once: AtOnce) -> None:
        self.begun = {(begun.section.name, begun.facts.channel): begun for begun in sheets}
        self.pictures, self.at_once = pictures, at_once
        self.store, self.style = pictures.store, pictures.store.style

    def fill(self, index: Index, report: Callable[[str], object], advance: Callable[[int], object]) -> Iterator[int]:
        """Project what the sheets show, image by image; draw each once all of its projections are there, and write it.

        Yields the bytes of each file. Tiles of a map share a frame, so none can be drawn before the last is there.
        """
        units = [entry.unit for sheet in self.begun.values() for entry in sheet.facts.entries]
        full = list[_Begun]()
        for projections in _rounds(index.stream(units, report), advance):
            pictures, written = self.pictures.of(projections, self.at_once) if self.style.patches else ([], [])
            yield from written
            waiting = self.at_once(_wait, projections)
            full += self._full_with(projections, waiting, pictures)
            projections.clear()  # before the next are made
            if len(full) >= WRITTEN_TOGETHER:
                yield from self.at_once(self._write, full)
                full.clear()
        for begun in self.begun.values():  # an image of theirs could not be shown
            advance(len(begun.facts.entries) - len(begun.waiting))
        yield from self.at_once(self._write, [*full, *self.begun.values()])

    def _full_with(
        self, projections: list[Projection], waiting: list["_Waiting"], pictures: Sequence[NDArray[np.uint8]]
    ) -> list[_Begun]:
        """Note projections and pictures with their sheets; take out the sheets that have all of theirs."""
        full = list[_Begun]()
        for n, (projection, one) in enumerate(zip(projections, waiting, strict=True)):
            begun, image = self.begun[_key(projection)], image_of(projection.unit)
            begun.waiting[image] = one
            if pictures:
                begun.pictures[image] = pictures[n]
            if len(begun.waiting) == len(begun.facts.entries):
                full.append(self.begun.pop(_key(projection)))
        return full

    def _write(self, begun: _Begun) -> Iterator[int]:
        tiles = self._draw(begun) if begun.waiting else {}
        begun.waiting.clear()
        begun.pictures.clear()
        name, channel = begun.section.name, begun.facts.channel
        said = {
            "gallery": self.store.gallery,
            "layer": name,
            "map": channel,
            **asdict(self.store.method),
            "tiles": [tiles.get(image) for image in begun.facts.images],
        }
        content = encode(as_picture(begun.sheet), self.style.image_format, begun.section.sharp, said)
        yield write_content(self.store.sheet_path(begun.section, channel, begun.facts.middle), content)

    def _draw(self, begun: _Begun) -> dict[int, dict[str, Any]]:
        """Lay the tiles of a map on its sheet, in frames of one size; what is said of each, by image.

        None is larger than its field, and where images differ in size, these may: those alike are drawn together.
        """
        most = self._side(begun)
        by_side = dict[int, dict[int, _Waiting]]()
        for image, one in begun.waiting.items():
            side = min(most, span(one.field)) if most else span(one.field)
            by_side.setdefault(side, {})[image] = one
        said = dict[int, dict[str, Any]]()
        for side, some in by_side.items():
            said |= self._draw_alike(begun, some, side)
        return said

    def _side(self, begun: _Begun) -> int:
        """Of the frames of a map: the largest of theirs, or that on its other sheet; 0 for whole fields."""
        if self.style.look.frame == "field":
            return 0
        return begun.side or max(one.side for one in begun.waiting.values())

    def _draw_alike(self, begun: _Begun, waiting: dict[int, "_Waiting"], side: int) -> dict[int, dict[str, Any]]:
        layout, look, sharp = begun.layout, self.style.look, begun.section.sharp
        frames = [frame_around(one.field, side) for one in waiting.values()]
        margin = beyond(look.smoothing)
        signals, around = zip(
            *(cut_to(one.values.float(), one.box, f, margin) for one, f in zip(waiting.values(), frames, strict=True)),
            strict=True,
        )
        drawn, scalings = signal_tiles(signals, around, frames, layout.tile, look.smoothing, look.tone, sharp)
        self._lay(begun, waiting, drawn)
        if self.style.patches:
            boxes = [common_box(one.box, frame) for one, frame in zip(waiting.values(), frames, strict=True)]
            regions = [
                begun.pictures[image][top:bottom, left:right]
                for image, (top, left, bottom, right) in zip(waiting, boxes, strict=True)
            ]
            self._lay(begun, waiting, picture_tiles(regions, boxes, frames, layout.tile, sharp), patches=True)
        return {
            image: one.facts
            | {
                "frame": frame,
                "energy": round(energy_share(one.values, one.box, one.field, side), 4),
                "quantile": scaling.quantile,
                "scale": float(f"{scaling.scale * one.peak:.4g}"),
                "resampling": scaling.resampling,
                "grey": round(scaling.grey_gain, 2),
            }
            for (image, one), frame, scaling in zip(waiting.items(), frames, scalings, strict=True)
        }

    def _lay(self, begun: _Begun, images: Iterable[int], tiles: Tensor, patches: bool = False) -> None:
        for image, tile in zip(images, tiles.numpy(), strict=True):
            lay(tile, begun.sheet, begun.layout.place(begun.ranks[image], patches))


@dataclass(frozen=True, eq=False)
class _Waiting:
    """A projection that waits for the others of its map, in half precision: no tile tells the difference.

    `values` (C, h, w): its pixels divided by `peak`, the largest magnitude; `side` of its own frame.
    """

    values: Tensor
    peak: float
    box: Box
    field: Box
    side: int
    facts: dict[str, Any]


def _wait(projection: Projection) -> Iterator[_Waiting]:
    pixels = projection.pixels.float()
    peak = float(pixels.abs().max()) if pixels.numel() else 0.0
    facts = {
        **unit_facts(projection.unit),
        "box": projection.box,
        "field": projection.field,
        "input": projection.input.shape[-2:],
    }
    values = (pixels / (peak or 1.0)).half()
    yield _Waiting(values, peak, projection.box, projection.field, span(projection.frame), facts)


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
