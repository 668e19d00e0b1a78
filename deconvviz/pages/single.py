"""A selection of a gallery as one file: nothing beside it is needed, and it can be sent around."""

import base64
import os
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from ..drawing import output
from ..errors import UnknownLayer, UnwritableOutput
from ..scanning import Index
from .facts import sections
from .gallery import gallery_json, listing_of, make_missing, origin_of, style_of
from .kept import sheet_path
from .writer import Inline, Pages


def write_single_page(
    index: Index,
    path: str | os.PathLike[str],
    layers: Sequence[str],
    channels: Sequence[int] | None = None,
    *,
    force: bool = False,
    report: Callable[[str], object] = warnings.warn,
    say: Callable[[str], object] | None = None,
    **style: Any,
) -> Path:
    """Write a selection of layers as one page, with its sheets and images in it; arguments as of `write_gallery`.

    `layers` or `channels` must say which; `force`: write over a file that lies there. Raises UnknownLayer without a
    selection, and what `write_gallery` raises.
    """
    path = Path(path)
    check_single(path, layers, channels, force)
    output.check_writable(path.parent)
    how = style_of(index, **style)
    shown = sections(index, layers, channels, how, say)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        make_missing(index, shown, folder, how, report, say)
        listings = [listing_of(index, at, section, folder, how) for at, section in enumerate(shown)]
        inline = Inline(
            sheets={
                (one.at, m.channel): _uri(sheet_path(folder, shown[one.at], m.channel, how), how.kind)
                for one in listings
                for m in one.maps
                if m.entries
            },
            images={
                str(int(picture.stem)): _uri(picture, how.kind) for picture in sorted((folder / "images").glob("*"))
            },
        )
    return Pages(path.parent, gallery_json(index, shown, how), origin_of(index)).write_single(path, listings, inline)


def check_single(path: Path, layers: Sequence[str], channels: Sequence[int] | None, force: bool) -> None:
    """Before any work: raise UnknownLayer if nothing is selected, UnwritableOutput if something lies there."""
    if not layers and channels is None:
        raise UnknownLayer(
            "a single file holds all it shows, and is for a selection: name layers (--layer), or feature maps (--maps)"
        )
    if path.is_dir() or (path.exists() and not force):
        what = "is a folder" if path.is_dir() else "is there already"
        raise UnwritableOutput(
            f"{path}: {what}; choose another name with -o" + ("" if path.is_dir() else ", or --force")
        )


def _uri(path: Path, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
