"""Projections and patches → picture grids. Everything here draws; nothing here knows a network.

How a projection is shown (the paper gives no formula): its floating-point values are resampled to the
tile first, then scaled by the tile's own 99.5 % quantile of |p|, with zero at mid-grey (#808080), and
clipped. Scaling first, or resampling without antialiasing, turns deep layers into speckle.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from torch.nn.functional import interpolate, pad
from torchvision.transforms.functional import gaussian_blur

from .projection import Projection

QUANTILE = 0.995
GREY = (128, 128, 128)
GROUND, INK, QUIET = (250, 250, 248), (28, 28, 30), (96, 96, 101)
MARGIN, GAP, CAPTION = 28, 6, 19


@dataclass(frozen=True)
class Scaling:
    """How one tile was made: |p| of `scale` (at `quantile`) became full contrast, zero level 128.

    `smoothing`: standard deviation, in pixels of the input, of the Gaussian applied first; 0: none.
    """

    quantile: float
    scale: float
    resampling: str
    smoothing: float = 0.0
    zero: int = 128

    def as_json(self) -> dict[str, Any]:
        """The fields by name."""
        return asdict(self)


@dataclass(frozen=True)
class Row:
    """One row of a figure: a heading, a quiet remark, and projections shown as patches beside projections."""

    heading: str
    remark: str
    projections: Sequence[Projection]


# --- tiles ----------------------------------------------------------------------------------------------


def projection_tile(projection: Projection, side: int, smoothing: float = 0.0) -> tuple[Image.Image, Scaling]:
    """The projection on its receptive field as a square tile, grey where the field leaves the image."""
    whole = _on_field(projection, projection.pixels, 0.0)
    if smoothing > 0:
        whole = gaussian_blur(whole, [2 * math.ceil(3 * smoothing) + 1] * 2, [smoothing] * 2)
    values, resampling = _resample(whole, side)
    magnitudes = values.abs().flatten()
    quantile, scale = QUANTILE, float(magnitudes.quantile(QUANTILE))
    if scale == 0:  # fewer than one value in 200 is not zero
        quantile, scale = 1.0, float(magnitudes.max())
    levels = 128 + 127 * (values / (scale or 1.0)).clamp(-1, 1)
    return _to_image(levels, side), Scaling(quantile, scale, resampling, smoothing)


def patch_tile(projection: Projection, side: int) -> Image.Image:
    """The image region beside the projection, aligned with it and enlarged the same way."""
    pixels = torch.from_numpy(np.array(projection.patch)).permute(2, 0, 1).float()
    values, _ = _resample(_on_field(projection, pixels, 128.0), side)
    return _to_image(values, side)


def _on_field(projection: Projection, pixels: Tensor, outside: float) -> Tensor:
    """Pixels (C, h, w) of the box, on the whole receptive field, as a square of three channels."""
    (top, left, bottom, right), field = projection.box, projection.field
    around = (left - field[1], field[3] - right, top - field[0], field[2] - bottom)
    height, width = field[2] - field[0], field[3] - field[1]
    if len(pixels) not in (1, 3):
        pixels = pixels.mean(0, keepdim=True)  # channels that are no colours: their mean
    whole = pad(pixels.float().expand(3, -1, -1), around, value=outside)
    spare_rows, spare_columns = max(width - height, 0), max(height - width, 0)
    square = (spare_columns // 2, -(-spare_columns // 2), spare_rows // 2, -(-spare_rows // 2))
    return pad(whole, square, value=outside)


def _resample(values: Tensor, side: int) -> tuple[Tensor, str]:
    """Values (3, n, n) to (3, side, side): small fields stay sharp pixels, others are antialiased."""
    if values.shape[-1] * 4 <= side:
        return interpolate(values[None], (side, side), mode="nearest-exact")[0], "nearest"
    return interpolate(values[None], (side, side), mode="bicubic", antialias=True)[0], "bicubic, antialiased"


def _to_image(levels: Tensor, side: int) -> Image.Image:
    pixels = levels.clamp(0, 255).round().to(torch.uint8).permute(1, 2, 0).contiguous()
    return Image.frombytes("RGB", (side, side), pixels.numpy().tobytes())


def silent(projection: Projection) -> bool:
    """Whether the unit did not fire: its projection would be zero or noise, and is shown as plain grey."""
    return projection.activation <= 0


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


def grid_side(count: int, side: int) -> tuple[int, int]:
    """Width and height of a square-ish grid of `count` captioned tiles."""
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    return columns * side + (columns - 1) * GAP, rows * (side + CAPTION) + (rows - 1) * GAP


def tile_grid(tiles: Sequence[Image.Image], captions: Sequence[str]) -> Image.Image:
    """Tiles of equal size in a square-ish grid, each with its caption below."""
    side = tiles[0].width
    grid = Image.new("RGB", grid_side(len(tiles), side), GROUND)
    draw = ImageDraw.Draw(grid)
    columns = math.ceil(math.sqrt(len(tiles)))
    for number, (tile, caption) in enumerate(zip(tiles, captions, strict=True)):
        left, top = number % columns * (side + GAP), number // columns * (side + CAPTION + GAP)
        grid.paste(tile, (left, top))
        draw.text((left, top + side + 3), _fitting(caption, 12, side), QUIET, _font(12))
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


def _elided(text: str, keep: int) -> str:
    return text[: -(-keep // 2)] + "…" + text[len(text) - keep // 2 :]


def number(value: float) -> str:
    """An activation in four characters or so: 41.2, 0.83, 1.2e+04."""
    return f"{value:.3g}"


def row_picture(row: Row, side: int, smoothing: float = 0.0) -> tuple[Image.Image, list[Scaling | None]]:
    """A row: heading, then the grid of patches beside the grid of projections, and each tile's scaling."""
    blank = Image.new("RGB", (side, side), GREY)
    made = [(blank, None) if silent(p) else projection_tile(p, side, smoothing) for p in row.projections]
    patches = [patch_tile(p, side) for p in row.projections]
    names = [f":{p.unit.channel}{p.unit.position}" for p in row.projections]
    values = [
        f":{p.unit.channel}  silent" if silent(p) else f":{p.unit.channel}  {number(p.activation)}"
        for p in row.projections
    ]
    left, right = tile_grid(patches, names), tile_grid([tile for tile, _ in made], values)
    width, between, heading = left.width, 3 * MARGIN // 2, 52
    picture = Image.new("RGB", (2 * width + between, heading + left.height), GROUND)
    draw = ImageDraw.Draw(picture)
    draw.text((0, 2), _fitting(row.heading, 18, picture.width), INK, _font(18))
    draw.text((0, 27), _fitting(row.remark, 13, picture.width), QUIET, _font(13))
    picture.paste(left, (0, heading))
    picture.paste(right, (width + between, heading))
    return picture, [scaling for _, scaling in made]


def figure(
    rows: Sequence[Row],
    title: str,
    remarks: Sequence[str],
    image: Image.Image | None = None,
    side: int = 112,
    smoothing: float = 0.0,
) -> tuple[Image.Image, list[list[Scaling | None]]]:
    """One picture: title and remarks beside the image that the network saw, then the rows.

    Returns it with the scaling of each tile, by row (None for silent units, which are shown plain grey).
    """
    pictures, scalings = zip(*(row_picture(row, side, smoothing) for row in rows), strict=True)
    shown = _no_larger(image, 256) if image is not None else None
    least = 560 + (shown.width if shown is not None else 0)
    width = max(least, *(picture.width for picture in pictures)) + 2 * MARGIN
    header = max(shown.height if shown is not None else 0, 44 + 22 * len(remarks))
    height = MARGIN + header + sum(picture.height + MARGIN for picture in pictures) + MARGIN
    page = Image.new("RGB", (width, height), GROUND)
    draw, text_left = ImageDraw.Draw(page), MARGIN
    if shown is not None:
        page.paste(shown, (MARGIN, MARGIN))
        text_left += shown.width + MARGIN
    shortened = _fitting(title, 26, width - text_left - MARGIN)
    draw.text((text_left, MARGIN - 4), shortened, INK, _font_for(title, 26))
    for line, remark in enumerate(remarks):
        text = _fitting(remark, 14, width - text_left - MARGIN)
        draw.text((text_left, MARGIN + 40 + 22 * line), text, QUIET, _font(14))
    top = MARGIN + header + MARGIN
    for picture in pictures:
        page.paste(picture, (MARGIN, top))
        top += picture.height + MARGIN
    return page, list(scalings)


def _no_larger(image: Image.Image, side: int) -> Image.Image:
    scale = min(1.0, side / max(image.size))
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image if scale == 1 else image.resize(size, Image.Resampling.LANCZOS)


def figure2(maps: Sequence[Sequence[Projection]], side: int = 72, across: int = 3) -> Image.Image:
    """Figure 2 of Zeiler & Fergus 2014: for each map its patches beside its projections, `across` maps a row."""
    cells = [_map_cell(projections, side) for projections in maps]
    width, height = cells[0].size
    rows = math.ceil(len(cells) / across)
    page = Image.new("RGB", (across * (width + MARGIN) + MARGIN, rows * (height + MARGIN) + MARGIN), GROUND)
    for place, cell in enumerate(cells):
        left, top = place % across * (width + MARGIN), place // across * (height + MARGIN)
        page.paste(cell, (MARGIN + left, MARGIN + top))
    return page


def _map_cell(projections: Sequence[Projection], side: int) -> Image.Image:
    """One feature map: a caption, its patches, its projections."""
    columns, gap = math.ceil(math.sqrt(len(projections))), 2
    grid = columns * (side + gap) - gap
    cell = Image.new(
        "RGB", (2 * grid + 10, CAPTION + math.ceil(len(projections) / columns) * (side + gap) - gap), GROUND
    )
    best = projections[0]
    caption = f"map {best.unit.channel}   peak {number(best.activation)}"
    ImageDraw.Draw(cell).text((0, 0), caption, QUIET, _font(13))
    for place, projection in enumerate(projections):
        left, top = place % columns * (side + gap), CAPTION + place // columns * (side + gap)
        cell.paste(patch_tile(projection, side), (left, top))
        tile = Image.new("RGB", (side, side), GREY) if silent(projection) else projection_tile(projection, side)[0]
        cell.paste(tile, (grid + 10 + left, top))
    return cell
