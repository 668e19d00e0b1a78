"""The HTML galleries: static pages of feature maps that open by double click.

Here live what a page says (`facts`, `words`, `choice`), its sheets of tiles (`sheets`, `sheetmaking`, `pictures`),
its folder (`folder`, `kept`), its templates and scripts, a gallery in one go (`galleries`), and a server for this
machine (`serving`). This wing never runs a network itself: it asks an index.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .galleries import make_demo, make_gallery
    from .gallery import write_gallery
    from .serving import server

_HOMES = {"make_demo": "galleries", "make_gallery": "galleries", "server": "serving", "write_gallery": "gallery"}

__all__ = ["make_demo", "make_gallery", "server", "write_gallery"]


def __getattr__(name: str) -> Any:
    """Import on first use: serving a gallery needs no torch."""
    if name in _HOMES:
        return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
