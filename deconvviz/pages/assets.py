"""The stylesheet and the script of the pages; the script is joined from small ones, one idea each."""

from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from markupsafe import Markup

SCRIPTS = (
    *("dom", "kept", "address", "views", "coming", "stars", "asking", "moving", "saying", "keys"),
    *("cards", "starred", "finding", "index"),
    *(
        "arranging",
        "jumping",
        "numbers",
        "histogram",
        "describing",
        "nine",
        "large",
        "data",
        "alike",
        "unit",
        "layer",
        "image",
    ),
    "start",
)
"""The files of `scripts/`, in their order: each takes what it uses from those before it, `start` begins."""

PROLOGUE = """\
// @ts-check
// What a gallery's pages do beyond being read: views, sorting, searching, stars, keys, and each feature map by itself.
// One classic script: it also runs from file://, where modules and fetch do not. No page needs it to be looked at.
// Joined from small scripts, each in a block: what it uses of others is at its top, what it gives at its end.
"use strict";

(() => {
/** @type {Record<string, any>} */
const scripts = {};
"""
EPILOGUE = "\n})();\n"


@dataclass(frozen=True)
class Assets:
    """The stylesheet and the script: beside the pages at `base`, or written into them."""

    base: str
    inline: bool = False

    @property
    def style(self) -> Markup:
        """The stylesheet: our own text, not to be escaped."""
        return Markup(style())

    @property
    def script(self) -> Markup:
        """The script."""
        return Markup(script())


def style() -> str:
    """The stylesheet, `gallery.css`."""
    return _text("templates", "gallery.css")


@cache
def script() -> str:
    """The script, `gallery.js`: each small script in a block, which keeps its names from the others."""
    blocks = [f"\n// --- {name} ---\n{{\n{_text('scripts', f'{name}.js')}}}\n" for name in SCRIPTS]
    return PROLOGUE + "".join(blocks) + EPILOGUE


def _text(folder: str, name: str) -> str:
    return files("deconvviz.pages").joinpath(folder, name).read_text(encoding="utf-8")
