"""Projections and patches → picture grids. Everything here draws; nothing here knows a network."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from ..drawing import USUAL, Box, Look, Scaling
from ..errors import UnsuitableInput
from ..images import printable
from .projection import GREY, SMALL, Projection, frames_of, patch_tile, projection_tile

GROUND, INK, QUIET = (250, 250, 248), (28, 28, 30), (96, 96, 101)
MARGIN, GAP, CAPTION, LEAST = 28, 6, 19, 720

MOST_SHOWN = 4096
"""Projections in one picture: of so many the grid is just within what WebP holds, and half a gigabyte in memory."""


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


# --- grids ----------------------------------------------------------------------------------------------


@cache
def _font(size: int) -> Any:
    return ImageFont.load_default(size)


@cache
def _wide_font(size: int) -> Any:
    """A font of the system's with more letters than Pillow's own, if there is one."""
    for name in (
        "DejaVuSans.ttf",
        "NotoSans-Regular.ttf",
        "Arial Unicode.ttf",
        "Arial.ttf",
        "LiberationSans-Regular.ttf",
    ):
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return _font(size)


def _font_for(text: str, size: int) -> Any:
    """Pillow's own font holds ASCII and little more: file names and layers may need another."""
    return _font(size) if text.isascii() else _wide_font(size)


def grid_size(count: int, tile: int) -> tuple[int, int]:
    """Width and height of a square-ish grid of `count` captioned tiles."""
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    return columns * tile + (columns - 1) * GAP, rows * (tile + CAPTION) + (rows - 1) * GAP


def tile_grid(tiles: Sequence[Image.Image], captions: Sequence[str]) -> Image.Image:
    """Tiles of equal size in a square-ish grid, each with its caption below."""
    tile = tiles[0].width
    grid = Image.new("RGB", grid_size(len(tiles), tile), GROUND)
    draw = ImageDraw.Draw(grid)
    columns = math.ceil(math.sqrt(len(tiles)))
    for number, (drawn, caption) in enumerate(zip(tiles, captions, strict=True)):
        left, top = number % columns * (tile + GAP), number // columns * (tile + CAPTION + GAP)
        grid.paste(drawn, (left, top))
        draw.text((left, top + tile + 3), _fitting(caption, 12, tile), QUIET, _font_for(caption, 12))
    return grid


def _fitting(text: str, size: int, width: int) -> str:
    """The text, shortened in the middle until it is no wider than `width` pixels."""
    font = _font_for(text, size)
    if font.getlength(text) <= width:
        return text
    keep = len(text)
    while keep > 2 and font.getlength(_elided(text, keep)) > width:
        keep -= 1
    return _elided(text, keep)


def _broken(text: str, size: int, width: int) -> list[str]:
    """The text in lines no wider than `width` pixels, broken between words; what is one word is shortened to it."""
    font, lines = _font_for(text, size), [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and font.getlength(longer) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return [_fitting(line, size, width) for line in lines]


def _elided(text: str, keep: int) -> str:
    return text[: -(-keep // 2)] + "…" + text[len(text) - keep // 2 :]


def short_number(value: float) -> str:
    """An activation in four characters or so: 41.2, 0.83, 1130, 1.2e+06."""
    return f"{value:.0f}" if 1000 <= abs(value) < 100_000 else f"{value:.3g}"


def value_of(projection: Projection) -> str:
    """An activation as captions have it, and what the unit contributes to a class, if it was found for one."""
    contribution = projection.unit.contribution
    beside = "" if contribution is None else f"  {contribution:+.3g}"
    return f"{'silent ' if projection.silent else ''}{short_number(projection.activation)}{beside}"


def _name(projection: Projection, several: bool) -> str:
    """Which unit a tile is of: its map and place, of which image if there are `several`, and its class."""
    unit = projection.unit
    image = f"#{unit.image}" if several else ""
    return f":{unit.channel}{unit.position}{image} {printable(projection.category)}".rstrip()


Made = tuple[Box, Scaling | None]
"""Of a tile: what it shows, in pixels of the input, and how it is scaled; None for a silent unit."""


def row_picture(row: Row, tile: int, look: Look = USUAL) -> tuple[Image.Image, list[Made]]:
    """A row: heading, then the grid of patches beside the grid of projections, and how each tile was made."""
    frames = frames_of(row.projections, look)
    made = [projection_tile(p, tile, frame, look) for p, frame in zip(row.projections, frames, strict=True)]
    patches = [patch_tile(p, tile, frame) for p, frame in zip(row.projections, frames, strict=True)]
    several = len({p.unit.image for p in row.projections}) > 1
    names = [_name(p, several) for p in row.projections]
    values = [f":{p.unit.channel}  {value_of(p)}" for p in row.projections]
    left, right = tile_grid(patches, names), tile_grid([drawn for drawn, _ in made], values)
    width, between = left.width, 3 * MARGIN // 2
    whole = max(2 * width + between, LEAST)
    remarks = _broken(row.remark, 13, whole)
    heading = 34 + 18 * len(remarks)
    picture = Image.new("RGB", (whole, heading + left.height), GROUND)
    draw = ImageDraw.Draw(picture)
    draw.text((0, 2), _fitting(row.heading, 18, whole), INK, _font_for(row.heading, 18))
    for line, remark in enumerate(remarks):
        draw.text((0, 27 + 18 * line), remark, QUIET, _font_for(remark, 13))
    picture.paste(left, (0, heading))
    picture.paste(right, (width + between, heading))
    return picture, [(frame, scaling) for frame, (_, scaling) in zip(frames, made, strict=True)]


def figure(
    rows: Sequence[Row],
    title: str,
    remarks: Sequence[str],
    image: Image.Image | None = None,
    tile: int = SMALL,
    look: Look = USUAL,
) -> tuple[Image.Image, list[list[Made]]]:
    """One picture: title and remarks beside the image that the network saw, then the rows.

    Returns it with how each tile was made, by row.
    """
    pictures, made = zip(*(row_picture(row, tile, look) for row in rows), strict=True)
    shown = _no_larger(image, 256) if image is not None else None
    least = 560 + (shown.width if shown is not None else 0)
    width = max(least, *(picture.width for picture in pictures)) + 2 * MARGIN
    text_left = MARGIN + (shown.width + MARGIN if shown is not None else 0)
    room = width - text_left - MARGIN
    lines = [line for remark in remarks for line in _broken(remark, 14, room)]
    header = max(shown.height if shown is not None else 0, 44 + 22 * len(lines))
    height = MARGIN + header + sum(picture.height + MARGIN for picture in pictures) + MARGIN
    page = Image.new("RGB", (width, height), GROUND)
    draw = ImageDraw.Draw(page)
    if shown is not None:
        page.paste(shown, (MARGIN, MARGIN))
    draw.text((text_left, MARGIN - 4), _fitting(title, 26, room), INK, _font_for(title, 26))
    for number, line in enumerate(lines):
        draw.text((text_left, MARGIN + 40 + 22 * number), line, QUIET, _font_for(line, 14))
    top = MARGIN + header + MARGIN
    for picture in pictures:
        page.paste(picture, (MARGIN, top))
        top += picture.height + MARGIN
    return page, list(made)


def _no_larger(image: Image.Image, most: int) -> Image.Image:
    scale = min(1.0, most / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image if scale == 1 else image.resize(size, Image.Resampling.LANCZOS)


@dataclass(frozen=True)
class Cell:
    """One feature map in Figure 2: its caption, and its projections; none: a dead map, shown as plain grey."""

    caption: str
    projections: Sequence[Projection]


def figure2(
    cells: Sequence[Cell],
    tile: int = 72,
    across: int = 3,
    count: int = 9,
    heading: str = "",
    remark: str = "",
    look: Look = USUAL,
) -> Image.Image:
    """Figure 2 of Zeiler & Fergus 2014: for each map its patches beside its projections, `across` maps a row.

    Each map has room for `count` of them. The page fits the cells; the heading is shortened to it, the remark broken.
    """
    drawn = [_map_cell(cell, tile, count, look) for cell in cells]
    width, height = drawn[0].size
    across = min(across, len(drawn))
    rows, room = math.ceil(len(drawn) / across), across * (width + MARGIN) - MARGIN
    lines = _broken(remark, 14, room) if heading else []
    top = MARGIN + (36 + 22 * len(lines) if heading else 0)
    page = Image.new("RGB", (room + 2 * MARGIN, rows * (height + MARGIN) + top), GROUND)
    draw = ImageDraw.Draw(page)
    if heading:
        draw.text((MARGIN, MARGIN - 6), _fitting(heading, 26, room), INK, _font_for(heading, 26))
    for number, line in enumerate(lines):
        draw.text((MARGIN, MARGIN + 28 + 22 * number), line, QUIET, _font_for(line, 14))
    for place, cell in enumerate(drawn):
        left, down = place % across * (width + MARGIN), place // across * (height + MARGIN)
        page.paste(cell, (MARGIN + left, top + down))
    return page


def one_below_the_other(pages: Sequence[Image.Image]) -> Image.Image:
    """Pages as one, as wide as the widest."""
    if len(pages) == 1:
        return pages[0]
    whole = Image.new("RGB", (max(page.width for page in pages), sum(page.height for page in pages)), GROUND)
    top = 0
    for page in pages:
        whole.paste(page, (0, top))
        top += page.height
    return whole


def _map_cell(shown: Cell, tile: int, count: int, look: Look) -> Image.Image:
    """One feature map: a caption, its patches, its projections."""
    columns, gap = math.ceil(math.sqrt(count)), 2
    grid = columns * (tile + gap) - gap
    size = (2 * grid + 10, CAPTION + math.ceil(count / columns) * (tile + gap) - gap)
    cell, blank = Image.new("RGB", size, GROUND), Image.new("RGB", (tile, tile), GREY)
    ImageDraw.Draw(cell).text((0, 0), _fitting(shown.caption, 13, cell.width), QUIET, _font_for(shown.caption, 13))
    patches, drawn = [blank] * count, [blank] * count
    projections = shown.projections[:count]
    for place, (projection, frame) in enumerate(zip(projections, frames_of(projections, look), strict=True)):
        patches[place] = patch_tile(projection, tile, frame)
        drawn[place] = projection_tile(projection, tile, frame, look)[0]
    for place in range(count):
        left, top = place % columns * (tile + gap), CAPTION + place // columns * (tile + gap)
        cell.paste(patches[place], (left, top))
        cell.paste(drawn[place], (grid + 10 + left, top))
    return cell
