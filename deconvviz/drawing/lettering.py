"""Lettering: fonts, and texts that stay within a width."""

from functools import cache
from typing import Any

from PIL import ImageFont


@cache
def font(size: int) -> Any:
    """Pillow's own font, which holds ASCII and little more."""
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
    return font(size)


@cache
def own_letters() -> frozenset[str]:
    """What Pillow's own font holds, of ASCII and what Windows-1252 has beyond it: drawn unlike what it lacks."""
    letters, lacking = font(40), bytes(font(40).getmask("\uffff"))
    beyond = (bytes([code]).decode("cp1252", "ignore") for code in range(128, 256))
    held = {sign for sign in beyond if sign and bytes(letters.getmask(sign)) not in (lacking, b"")}
    return frozenset({chr(code) for code in range(128)} | held)


def font_for(text: str, size: int) -> Any:
    """The font that a text is set in, in pixels: file names and layers may need another than Pillow's own."""
    return font(size) if own_letters().issuperset(text) else _wide_font(size)


def text_width(text: str, size: int) -> float:
    """How wide a text is, in pixels."""
    return float(font_for(text, size).getlength(text))


def ascent(text: str, size: int) -> float:
    """From the top of a text to its baseline, in pixels."""
    return float(font_for(text, size).getmetrics()[0])


def fitting(text: str, size: int, width: float) -> str:
    """The text, shortened in the middle until it is no wider than `width` pixels."""
    if text_width(text, size) <= width:
        return text
    keep = len(text)
    while keep > 2 and text_width(_elided(text, keep), size) > width:
        keep -= 1
    return _elided(text, keep)


def beside(first: str, more: str, size: int, width: float) -> str:
    """A text and what may follow it: of that as much as there is room for, the first is never shortened for it."""
    if not more:
        return fitting(first, size, width)
    for keep in range(len(more), 0, -1):
        whole = f"{first}  {more if keep == len(more) else _elided(more, keep)}"
        if text_width(whole, size) <= width:
            return whole
    return fitting(first, size, width)


def broken(text: str, size: int, width: float) -> list[str]:
    """The text in lines no wider than `width` pixels, broken between words; what is one word is shortened to it."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".lstrip()
        if lines[-1] and text_width(longer, size) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return [fitting(line, size, width) for line in lines]


def _elided(text: str, keep: int) -> str:
    return text[: -(-keep // 2)] + "…" + text[len(text) - keep // 2 :]
