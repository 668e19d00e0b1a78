"""A page as SVG: text stays text, that can be searched, copied and enlarged without loss."""

from base64 import b64encode
from collections.abc import Iterator
from html import escape
from io import BytesIO

from .lettering import ascent, text_width
from .page import ACCENT, GROUND, NUMBER, WHITE, Colour, Item, Outline, Page, Shown, Text

FAMILY = "Aileron, Helvetica, Arial, sans-serif"


def as_svg(page: Page, title: str = "", facts: str = "") -> bytes:
    """The page as SVG; `facts` (JSON) travel in it as metadata."""
    size = f'width="{page.width}" height="{page.height}" viewBox="0 0 {page.width} {page.height}"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="{FAMILY}">',
        *([f"<title>{_text(title)}</title>"] if title else []),
        *([f'<metadata id="deconvviz">{_text(facts)}</metadata>'] if facts else []),
        f'<rect width="100%" height="100%" fill="{_hex(GROUND)}"/>',
        *(line for item in page.items for line in _svg(item)),
        "</svg>",
    ]
    return ("\n".join(lines) + "\n").encode()


def _svg(item: Item) -> Iterator[str]:
    if isinstance(item, Text):
        if item.text.strip():
            yield _svg_text(item.left, item.top + ascent(item.text, item.size), item.text, item.size, item.colour)
    elif isinstance(item, Shown):
        buffer = BytesIO()
        item.image.save(buffer, "PNG")
        place = f'x="{item.left}" y="{item.top}" width="{item.image.width}" height="{item.image.height}"'
        yield f'<image {place} href="data:image/png;base64,{b64encode(buffer.getvalue()).decode()}"/>'
    elif isinstance(item, Outline):
        left, top, right, bottom = item.box
        shape = f'x="{left:g}" y="{top:g}" width="{right - left:g}" height="{bottom - top:g}" fill="none"'
        yield f'<rect {shape} stroke="{_hex(WHITE)}" stroke-width="3"/>'
        yield f'<rect {shape} stroke="{_hex(ACCENT)}" stroke-width="1.2"/>'
    else:
        shape = f'cx="{item.across:g}" cy="{item.down:g}" r="{item.radius:g}"'
        yield f'<circle {shape} fill="{_hex(ACCENT)}" stroke="{_hex(WHITE)}"/>'
        left = item.across - text_width(item.text, NUMBER) / 2
        yield _svg_text(left, item.down + 0.36 * NUMBER, item.text, NUMBER, WHITE)


def _svg_text(left: float, baseline: float, text: str, size: int, colour: Colour) -> str:
    width = f'textLength="{text_width(text, size):.1f}" lengthAdjust="spacingAndGlyphs"'
    place = f'x="{left:.1f}" y="{baseline:.1f}" font-size="{size}" fill="{_hex(colour)}"'
    return f'<text {place} {width} style="white-space: pre">{_text(text)}</text>'


def _text(text: str) -> str:
    """Escaped, without what XML cannot hold."""
    held = "".join(sign if sign in "\t\n" or " " <= sign < "\ud800" or "\ue000" <= sign < "\ufffe" or
                   sign > "\uffff" else "\ufffd" for sign in text)  # fmt: skip
    return escape(held)


def _hex(colour: Colour) -> str:
    return "#" + "".join(f"{level:02x}" for level in colour)
