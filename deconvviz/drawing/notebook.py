"""How results show themselves in a notebook: pictures and tables as plain HTML, small enough to be kept in it.

No script and no style sheet: JupyterLab takes them out, GitHub takes out more, and a notebook is read in
both. All texts are escaped: names of files, classes and layers are anybody's.
"""

from base64 import b64encode
from collections.abc import Callable, Iterable, Sequence
from html import escape
from io import BytesIO
from typing import Any

from PIL import Image, ImageDraw

from ..arguments import said
from ..errors import UnsuitableInput, one_line
from .page import ACCENT

LIMIT = 300_000
"""Characters of HTML that one object may take: notebooks with more are not shown on the web."""

SHOWN = 9
"""Units that a collection shows of itself; it says how many more there are."""

ROWS = 200
"""Rows of a table of layers shown."""

_PLAIN = "background:none;border:none;text-align:left;vertical-align:top"


def bundle(plain: str, html: str) -> dict[str, str]:
    """What `_repr_mimebundle_` gives: the same as text, for a terminal, and as HTML."""
    return {"text/plain": plain, "text/html": html}


def text(value: object) -> str:
    """Text for HTML: escaped, bytes of file names that are no text replaced."""
    return escape(str(value).encode("utf-8", "replace").decode())


def picture(image: Image.Image, alt: str) -> str:
    """An image, as PNG inside the page, at its own size."""
    buffer = BytesIO()
    image.save(buffer, "PNG", optimize=True)
    source = b64encode(buffer.getvalue()).decode()
    return (
        f'<img src="data:image/png;base64,{source}" width="{image.width}" height="{image.height}" alt="{text(alt)}" '
        'style="display:inline-block;margin:0 2px 0 0">'
    )


def fitting(draw: Callable[[int], str], tiles: Sequence[int]) -> str:
    """What `draw` makes with the first of these sizes of a tile, in pixels, that stays within the limit."""
    for tile in tiles:
        html = draw(tile)
        if len(html) <= LIMIT:
            break
    return html


def side_by_side(cells: Sequence[str], across: int, heading: str, more: int = 0) -> str:
    """Cells in rows of `across` under a heading; `more`: how many are not shown."""
    rows = (cells[start : start + across] for start in range(0, len(cells), across))
    body = "".join(
        f'<tr style="{_PLAIN}">' + "".join(f'<td style="{_PLAIN};padding:4px 16px 6px 0">{cell}</td>' for cell in row)
        + "</tr>"
        for row in rows
    )  # fmt: skip
    end = f"<div><small>… and {more} more</small></div>" if more else ""
    return f'<div>{heading}<table style="border:none;margin:4px 0">{body}</table>{end}</div>'


def table(
    heads: Sequence[str], rows: Iterable[Sequence[object]], heading: str = "", numbers: Sequence[int] = ()
) -> str:
    """A table; `numbers`: the columns that are aligned on the right. Of many rows the first ones are shown."""
    every = list(rows)
    shown, more = every[:ROWS], max(len(every) - ROWS, 0)

    def line(cells: Sequence[object], tag: str) -> str:
        sides = ("right" if place in numbers else "left" for place in range(len(cells)))
        inside = "".join(
            f'<{tag} style="text-align:{side};padding:2px 12px 2px 0">{text(cell)}</{tag}>'
            for cell, side in zip(cells, sides, strict=True)
        )
        return f"<tr>{inside}</tr>"

    body = "".join(line(row, "td") for row in shown)
    end = f"<div><small>… and {more} more</small></div>" if more else ""
    return f"<div>{heading}<table><thead>{line(heads, 'th')}</thead><tbody>{body}</tbody></table>{end}</div>"


def framed(image: Image.Image, box: tuple[int, int, int, int], tile: int) -> Image.Image:
    """An image, `tile` pixels high at most and wide at most, with a box (top, left, bottom, right) drawn on it."""
    scale = tile / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    smooth = Image.Resampling.LANCZOS if scale < 1 else Image.Resampling.BICUBIC
    drawn = image.convert("RGB").resize(size, smooth)
    top, left, bottom, right = (round(edge * scale) for edge in box)
    corners = (left, top, max(right - 1, left), max(bottom - 1, top))
    draw = ImageDraw.Draw(drawn)
    draw.rectangle(_grown(corners, 1), outline=(255, 255, 255), width=4)
    draw.rectangle(corners, outline=ACCENT, width=2)
    return drawn


def _grown(corners: tuple[int, int, int, int], by: int) -> tuple[int, int, int, int]:
    left, top, right, bottom = corners
    return left - by, top - by, right + by, bottom + by


def plot(image: Any, ax: Any, title: str, **how: Any) -> Any:
    """Draw an image, or values (h, w), on matplotlib's axes, the current ones by default; returns the axes.

    `how`: what its `imshow` takes besides. Needs matplotlib.
    """
    if ax is None:
        try:
            from matplotlib import pyplot
        except ImportError as error:
            raise ImportError("plot() draws with matplotlib: pip install matplotlib; save() needs nothing") from error
        ax = pyplot.gca()
    if not all(hasattr(ax, name) for name in ("imshow", "set_title", "set_axis_off")):
        raise UnsuitableInput(f"ax={said(ax)}: matplotlib's axes are needed, or None for the current ones")
    try:
        ax.imshow(image, **how)
    except (TypeError, ValueError) as error:  # of `how`, which is the caller's
        raise UnsuitableInput(f"{', '.join(f'{k}={said(v)}' for k, v in how.items())}: {one_line(error)}") from error
    ax.set_title(title)
    ax.set_axis_off()
    return ax
