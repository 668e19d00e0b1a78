"""Projections and patches → pages. Everything here lays out; nothing here knows a network."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from ..drawing import (
    INK,
    QUIET,
    USUAL,
    Box,
    Look,
    Number,
    Outline,
    Page,
    Scaling,
    Shown,
    Text,
    beside,
    broken,
    common_box,
    fitting,
    text_width,
)
from ..errors import UnsuitableInput
from ..images import printable
from .projection import Projection
from .tiling import frames_of, patch_tile, projection_tile

MARGIN, GAP, CAPTION = 28, 6, 19
"""Pixels around what belongs together, between tiles, and below each for a line of text."""

CAPTIONS = (12, 11, 10, 9)
"""Sizes of captions: smaller where a place would not fit."""

BLOCK, LEAST = 396, 112
"""Pixels of a block of tiles, and of a tile's side at least: a few are drawn large, many make the block larger."""

MOST_SHOWN = 4096
"""Projections in one picture: of so many the grid is just within what WebP holds, and half a gigabyte in memory."""

MOST_OUTLINED = 25
"""Units whose places are outlined in one image: of more nothing would be seen of it."""

COLUMNS = {"projection": "what the unit took from it", "overlay": "where it took it from"}
"""What stands above the right block, by the view."""


def check_shown(count: int, instead: str) -> None:
    """Raise UnsuitableInput for more projections than one picture can show, saying what to do `instead`."""
    if count > MOST_SHOWN:
        raise UnsuitableInput(f"more than {MOST_SHOWN} projections are too many for one picture; {instead}")


@dataclass(frozen=True)
class Row:
    """One row of a figure: a heading, a quiet remark, and patches beside projections."""

    heading: str
    remark: str
    projections: Sequence[Projection]


Made = tuple[Box, Scaling | None]
"""Of a tile: what it shows, in pixels of the input, and how it is scaled; None for a silent unit."""

Point = tuple[float, float]
"""Across and down, in pixels of a page."""


# --- what is said ---------------------------------------------------------------------------------------


def short_number(value: float) -> str:
    """An activation in four characters or so: 41.2, 0.83, 1130, 1.2e+06."""
    return f"{value:.0f}" if 1000 <= abs(value) < 100_000 else f"{value:.3g}"


def value_of(projection: Projection) -> str:
    """An activation as captions have it, and what the unit contributes to a class, if it was found for one."""
    contribution = projection.unit.contribution
    more = "" if contribution is None else f"  {contribution:+.3g}"
    if projection.seeded:
        return "seeds of its own"
    return f"{'silent ' if projection.silent else ''}{short_number(projection.activation)}{more}"


def _name(projection: Projection, several: bool) -> str:
    """Which unit a tile is of: its map and place, and of which image if there are `several`."""
    unit = projection.unit
    return f":{unit.channel}{unit.position}" + (f"#{unit.image}" if several else "")


# --- pages ----------------------------------------------------------------------------------------------


def figure(
    rows: Sequence[Row], title: str, remarks: Sequence[str], image: Image.Image | None = None, look: Look = USUAL
) -> tuple[Page, list[list[Made]]]:
    """One page: title and remarks beside the image that the network saw, then the rows.

    Returns it with how each tile was made, by row.
    """
    pages, made = zip(*(row_page(row, look) for row in rows), strict=True)
    shown = _sized(image, 192) if image is not None else None
    wide, high = shown.size if shown is not None else (0, 0)
    width = max(560 + wide, *(page.width for page in pages)) + 2 * MARGIN
    left = MARGIN + (wide + MARGIN if wide else 0)
    room = width - left - MARGIN
    lines = [line for remark in remarks for line in broken(remark, 14, room)]
    header = max(high, 44 + 22 * len(lines))
    page = Page(width, MARGIN + header + sum(one.height + 2 * MARGIN for one in pages) + MARGIN)
    if shown is not None:
        page.put(Shown(MARGIN, MARGIN, shown))
    page.put(Text(left, MARGIN - 4, fitting(title, 26, room), 26))
    page.put(*(Text(left, MARGIN + 40 + 22 * n, line, 14, QUIET) for n, line in enumerate(lines)))
    top = MARGIN + header + 2 * MARGIN
    for one in pages:
        page.lay(one, MARGIN, top)
        top += one.height + 2 * MARGIN
    return page, list(made)


def row_page(row: Row, look: Look = USUAL) -> tuple[Page, list[Made]]:
    """A row: its heading, then where in the image its units lie, the patches, and the projections.

    Also how each tile was made. Units of several images have no image in common to show.
    """
    projections = row.projections
    tile = _tile(len(projections))
    frames = frames_of(projections, look)
    made = [projection_tile(p, tile, frame, look) for p, frame in zip(projections, frames, strict=True)]
    several = len({p.unit.image for p in projections}) > 1
    few = not several and len(projections) <= MOST_OUTLINED
    numbered = few and all(p.input.equal(projections[0].input) for p in projections)  # image 0 of each call is another
    names = [f"{n}   {_name(p, several)}" if numbered else _name(p, several) for n, p in enumerate(projections, 1)]
    values = [beside(value_of(p), printable(p.category), 12, tile) for p in projections]
    patches = [patch_tile(p, tile, frame) for p, frame in zip(projections, frames, strict=True)]
    blocks = [
        ("the patch of the image", _grid(patches, names)),
        (COLUMNS[look.view], _grid([drawn for drawn, _ in made], values)),
    ]
    if numbered:
        blocks.insert(0, ("where in the image", _located(projections, frames)))
    return _columns(row, blocks), [(frame, scaling) for frame, (_, scaling) in zip(frames, made, strict=True)]


def _columns(row: Row, blocks: Sequence[tuple[str, Page]]) -> Page:
    """Blocks beside each other, each below what it is, all below the row's heading and remark."""
    width = sum(block.width for _, block in blocks) + MARGIN * (len(blocks) - 1)
    remarks = broken(row.remark, 13, width)
    top = 60 + 18 * len(remarks)
    page = Page(width, top + max(block.height for _, block in blocks))
    page.put(Text(0, 0, fitting(row.heading, 20, width), 20))
    page.put(*(Text(0, 29 + 18 * n, remark, 13, QUIET) for n, remark in enumerate(remarks)))
    left = 0
    for title, block in blocks:
        page.put(Text(left, top - 20, title, 12, QUIET))
        page.lay(block, left, top)
        left += block.width + MARGIN
    return page


def _located(projections: Sequence[Projection], frames: Sequence[Box]) -> Page:
    """The image as the network saw it, with the frames of the units on it, numbered."""
    rows, columns = projections[0].input.shape[-2:]
    image = _sized(projections[0].seen, BLOCK, enlarge=True)
    page = Page(image.width, image.height, [Shown(0, 0, image)])
    across, down = image.width / columns, image.height / rows
    places: list[Point] = []
    for p, frame in zip(projections, frames, strict=True):
        top, left, bottom, right = common_box((0, 0, rows, columns), frame)
        page.put(Outline((left * across, top * down, right * across, bottom * down)))
        middle = (p.field[1] + p.field[3]) / 2 * across, (p.field[0] + p.field[2]) / 2 * down
        places.append(_apart(middle, places, image.size))
    page.put(*(Number(*place, str(number)) for number, place in enumerate(places, 1)))
    return page


def _apart(place: Point, others: Sequence[Point], size: tuple[int, int]) -> Point:
    """The place for a number: where it belongs, inside the image, or the nearest beside those that are there."""
    step = 19.0
    inside = [min(max(at, step / 2), max(most - step / 2, step / 2)) for at, most in zip(place, size, strict=True)]
    shifts = sorted(
        ((dx * step, dy * step) for dx in range(-4, 5) for dy in range(-4, 5)), key=lambda s: (math.hypot(*s), s)
    )
    for right, down in shifts:
        at = inside[0] + right, inside[1] + down
        fits = step / 2 <= at[0] <= size[0] - step / 2 and step / 2 <= at[1] <= size[1] - step / 2
        if fits and all(math.dist(at, other) >= step - 1 for other in others):
            return at
    return inside[0], inside[1]


def _grid(tiles: Sequence[Image.Image], captions: Sequence[str]) -> Page:
    """Tiles of equal size in a square-ish grid, each with its caption below."""
    tile, columns = tiles[0].width, math.ceil(math.sqrt(len(tiles)))
    rows = math.ceil(len(tiles) / columns)
    width, height = columns * (tile + GAP) - GAP, rows * (tile + CAPTION + GAP) - GAP
    page = Page(width, height)
    for number, (drawn, caption) in enumerate(zip(tiles, captions, strict=True)):
        left, top = number % columns * (tile + GAP), number // columns * (tile + CAPTION + GAP)
        size = next((size for size in CAPTIONS if text_width(caption, size) <= tile), CAPTIONS[-1])
        page.put(Shown(left, top, drawn), Text(left, top + tile + 3, fitting(caption, size, tile), size, INK))
    return page


def _tile(count: int) -> int:
    """Pixels of a tile's side, of `count` in a block."""
    columns = math.ceil(math.sqrt(count))
    return max((BLOCK - GAP * (columns - 1)) // columns, LEAST) if columns > 1 else 224


def _sized(image: Image.Image, side: int, enlarge: bool = False) -> Image.Image:
    """An image whose longer side is `side` pixels; a smaller one is enlarged if it may be, the pixels of a tiny one
    sharp."""
    scale = side / max(image.size)
    if scale >= 1 and not enlarge:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    enlarged = Image.Resampling.NEAREST if scale >= 4 else Image.Resampling.BICUBIC
    return image.resize(size, enlarged if scale > 1 else Image.Resampling.LANCZOS)
