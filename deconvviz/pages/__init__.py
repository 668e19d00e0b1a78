"""The HTML galleries: static pages of feature maps that open by double click.

Here live what is asked of a gallery (`asked`), what a page says (`facts`, `words`, `choice`), its sheets of tiles
(`sheets`, `sheetmaking`, `pictures`), its folder (`folder`, `kept`), its templates and scripts, a gallery from images
in one go (`in_one_go`), and a server for this machine (`serving`). This wing never looks into a network: what
it shows it asks of an index, if need be one that `in_one_go` has had scanned.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .asked import Place, Selection, Style, Told
    from .gallery import write_gallery
    from .in_one_go import make_demo, make_gallery
    from .serving import server

_HOMES = {
    "Place": "asked",
    "Selection": "asked",
    "Style": "asked",
    "Told": "asked",
    "make_demo": "in_one_go",
    "make_gallery": "in_one_go",
    "server": "serving",
    "write_gallery": "gallery",
}

__all__ = [
    "Place",
    "Selection",
    "Style",
    "Told",
    "make_demo",
    "make_gallery",
    "server",
    "write_gallery",
]


def __getattr__(name: str) -> Any:
    """Import on first use: serving a gallery needs no torch."""
    if name in _HOMES:
        return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
