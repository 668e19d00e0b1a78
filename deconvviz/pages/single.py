"""A selection of a gallery as one file: nothing beside it is needed, and it can be sent around."""

import base64
import tempfile
from pathlib import Path

from ..drawing import check_writable
from ..errors import UnknownLayer, UnwritableOutput
from ..scanning import Index
from .asked import Place, Selection, Style, Told
from .contents import gallery_json
from .facts import sections
from .gallery import listing_of, make_missing, origin_of
from .kept import store_in
from .writer import Inline, Pages


def write_single_page(index: Index, selection: Selection, style: Style, place: Place, told: Told) -> Path:
    """Write a selection as one page, with its sheets and images in it.

    Raises UnknownLayer unless layers or channels are selected, and what `write_gallery` raises.
    """
    path = place.path
    check_single(selection, place)
    check_writable(path.parent)
    shown = sections(index, selection, style, told.say)
    with tempfile.TemporaryDirectory() as scratch:
        store, kind = store_in(Path(scratch), index, selection, style), style.image_format
        make_missing(index, shown, store, told)
        listings = [listing_of(index, at, section, store) for at, section in enumerate(shown)]
        inline = Inline(
            sheets={
                (one.at, m.channel): _uri(store.sheet_path(shown[one.at], m.channel), kind)
                for one in listings
                for m in one.maps
                if m.entries
            },
            middle={
                f"{shown[one.at].name}:{m.channel}": _uri(sheet, kind)
                for one in listings
                for m in one.maps
                if (sheet := store.sheet_path(shown[one.at], m.channel, middle=True)).exists()
            },
            images={
                str(int(picture.stem)): _uri(picture, kind) for picture in sorted((store.folder / "images").glob("*"))
            },
        )
    return Pages(path.parent, gallery_json(index, shown, store), origin_of(index)).write_single(path, listings, inline)


def check_single(selection: Selection, place: Place) -> None:
    """Before any work: raise UnknownLayer if nothing is selected, UnwritableOutput if something lies there."""
    path = place.path
    if not selection.layers and selection.channels is None:
        raise UnknownLayer(
            "a single file holds all it shows, and is for a selection: name layers (--layer), or feature maps (--maps)"
        )
    if path.is_dir() or (path.exists() and not place.force):
        what = "is a folder" if path.is_dir() else "is there already"
        raise UnwritableOutput(
            f"{path}: {what}; choose another name with -o" + ("" if path.is_dir() else ", or --force")
        )


def _uri(path: Path, kind: str) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
