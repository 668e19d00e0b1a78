"""One layer of a gallery as one file: nothing beside it is needed, and it can be sent around."""

import base64
import mimetypes
import os
import tempfile
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .. import output
from ..errors import UnknownLayer, UnwritableOutput
from ..index import Index
from .facts import map_facts, sections
from .gallery import Making, gallery_json, layer_json, style_of
from .sheetmaking import picture_path, sheet_facts, sheet_path
from .writer import Assets, Pages, listed


def write_single_page(
    index: Index,
    path: str | os.PathLike[str],
    layers: Sequence[str],
    maps: Sequence[int] | None = None,
    *,
    force: bool = False,
    report: Callable[[str], object] = warnings.warn,
    say: Callable[[str], object] | None = None,
    **style: Any,
) -> Path:
    """Write the page of one layer, with its sheets and images in it; the arguments are those of `write_gallery`.

    `force`: write over a file that lies there. Raises UnknownLayer unless `layers` names one layer, and what
    `write_gallery` raises.
    """
    path = Path(path)
    check_single(path, layers, force)
    output.check_writable(path.parent)
    how = style_of(index, **style)
    section, *others = sections(index, layers, maps, how)
    if others:
        names = ", ".join(other.name for other in (section, *others))
        raise UnknownLayer(f"a single file holds one layer, and {layers[0]!r} names several: {names}")
    facts = map_facts(index, section)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        Making(index, folder, how, report, say).make([(section, m) for m in facts if m.entries])
        data = layer_json(index, section, facts, {m.number: sheet_facts(folder, section, m, how) for m in facts}, how)
        sheets = {str(m.number): _uri(sheet_path(folder, section, m.number, how)) for m in facts if m.entries}
        numbers = sorted({number for m in facts for number in m.images})
        pictures = {str(n): p for n in numbers if (p := picture_path(folder, n, how)).exists()}
        inline = {"sheets": sheets, "images": {number: _uri(picture) for number, picture in pictures.items()}}
    said, from_dataset = gallery_json(index, [section], how), index.manifest.roots == ("",)
    said["layers"][0] |= listed(said["layers"][0], facts)
    pages = Pages(path.parent, said, index.folder, index.manifest.load, from_dataset)
    return output.write_text(path, pages.layer_page(0, facts, data, Assets("", inline=True), None, inline))


def check_single(path: Path, layers: Sequence[str], force: bool) -> None:
    """Before any work: raise UnknownLayer unless one layer is named, UnwritableOutput if something lies there."""
    if len(layers) != 1:
        raise UnknownLayer("a single file holds one layer; name it with --layer (deconvviz layers lists them)")
    if path.is_dir() or (path.exists() and not force):
        what = "is a folder" if path.is_dir() else "is there already"
        raise UnwritableOutput(
            f"{path}: {what}; choose another name with -o" + ("" if path.is_dir() else ", or --force")
        )


def _uri(path: Path) -> str:
    kind = mimetypes.guess_type(path.name)[0] or "image/webp"
    return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
