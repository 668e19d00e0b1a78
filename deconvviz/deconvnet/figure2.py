"""Figure 2 of Zeiler & Fergus 2014: feature maps, each as its patches beside its projections."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from ..drawing import QUIET, USUAL, Look, Page, Shown, Text, broken, fitting
from .figures import CAPTION, MARGIN
from .projection import Projection
from .tiling import GREY, frames_of, patch_tile, projection_tile


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
) -> Page:
    """Figure 2: for each map its patches beside its projections, `across` maps a row.

    Each map has room for `count` of them. The page fits the cells; the heading is shortened to it, the remark broken.
    """
    drawn = [_map_cell(cell, tile, count, look) for cell in cells]
    width, height = drawn[0].width, drawn[0].height
    across = min(across, len(drawn))
    rows, room = math.ceil(len(drawn) / across), across * (width + MARGIN) - MARGIN
    lines = broken(remark, 14, room) if heading else []
    top = MARGIN + (36 + 22 * len(lines) if heading else 0)
    page = Page(room + 2 * MARGIN, rows * (height + MARGIN) + top)
    if heading:
        page.put(Text(MARGIN, MARGIN - 6, fitting(heading, 26, room), 26))
    page.put(*(Text(MARGIN, MARGIN + 28 + 22 * number, line, 14, QUIET) for number, line in enumerate(lines)))
    for place, cell in enumerate(drawn):
        left, down = place % across * (width + MARGIN), place // across * (height + MARGIN)
        page.lay(cell, MARGIN + left, top + down)
    return page


def one_below_the_other(pages: Sequence[Page]) -> Page:
    """Pages as one, as wide as the widest."""
    whole = Page(max(page.width for page in pages), sum(page.height for page in pages))
    top = 0
    for page in pages:
        whole.lay(page, 0, top)
        top += page.height
    return whole


def _map_cell(shown: Cell, tile: int, count: int, look: Look) -> Page:
    """One feature map: a caption, its patches, its projections."""
    columns, gap = math.ceil(math.sqrt(count)), 2
    grid = columns * (tile + gap) - gap
    cell = Page(2 * grid + 10, CAPTION + math.ceil(count / columns) * (tile + gap) - gap)
    cell.put(Text(0, 0, fitting(shown.caption, 13, cell.width), 13, QUIET))
    blank = Image.new("RGB", (tile, tile), GREY)
    patches, drawn = [blank] * count, [blank] * count
    projections = shown.projections[:count]
    for place, (projection, frame) in enumerate(zip(projections, frames_of(projections, look), strict=True)):
        patches[place] = patch_tile(projection, tile, frame)
        drawn[place] = projection_tile(projection, tile, frame, look)[0]
    for place in range(count):
        left, top = place % columns * (tile + gap), CAPTION + place // columns * (tile + gap)
        cell.put(Shown(left, top, patches[place]), Shown(grid + 10 + left, top, drawn[place]))
    return cell
