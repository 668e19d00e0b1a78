"""From an index, or from images, to a gallery in one go; the demo is one of the embedded world."""

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .deconvnet import DeconvNet
from .errors import UnusableIndex, UnwritableOutput
from .index import Index, open_index
from .manifest import is_manifest, read_manifest
from .models import from_anywhere, load_model
from .pages import write_gallery
from .pages.folder import refuse_foreign
from .part import Skipped
from .scanning import scan
from .sources import AnyImages, find_images

PICTURES = 420
"""Of the embedded world: enough that nine of them agree on what a map likes."""


def index_beside(folder: Path) -> Path:
    """Where the index of a gallery lies that was made in one go: beside it, since it holds the images' places."""
    folder = folder.resolve() if folder.name in ("", "..") else folder
    return folder.with_name(folder.name + ".index")


def make_demo(folder: Path, force: bool = False, say: Callable[[str], object] | None = None) -> Path:
    """Scan the embedded world with the embedded network, then write a gallery; returns its `index.html`."""
    name = ("shapes", "DEFAULT")
    refuse_foreign(folder, force)
    index = _scanned(DeconvNet(load_model(*name)), find_images(f"shapes:{PICTURES}"), folder, load=name)
    return write_gallery(index, folder, force=force, say=say)


def _scanned(dv: DeconvNet, images: AnyImages, out: Path, **how: Any) -> Index:
    """The index beside `out`, made or gone on with. One of another scan is work of its own, and is left alone."""
    place = index_beside(out)
    for root in images.roots:
        if os.path.isdir(root) and place.resolve().is_relative_to(Path(root).resolve()):
            raise UnwritableOutput(f"{out}: lies in {root}, whose images are scanned; choose a place elsewhere with -o")
    try:
        made = scan(dv, images, out=place, **how)
    except UnusableIndex as error:
        raise UnusableIndex(f"{error}; or move {place} away, or choose another place with -o") from error
    assert made is not None  # one process, no shard
    return made


def index_of(
    sources: Sequence[str],
    out: Path,
    network: Callable[[str, str], DeconvNet],
    load: tuple[str, str],
    asked: bool,
    on_skip: Callable[[Skipped], object],
    layers: Sequence[str] = (),
    k: int | None = None,
    **how: Any,
) -> Index:
    """The index that `sources` is, or that of a scan of these images, made or gone on with beside `out`.

    `network` loads one by name and weights; `load`: which; for an index only if `asked` for, else the one it
    was made with. The rest is for `scan`. Raises UnusableIndex, and all that `scan` raises.
    """
    indexes = [source for source in sources if is_manifest(Path(source))]
    if indexes and len(sources) > 1:
        raise UnusableIndex(f"{indexes[0]}: is an index, and a gallery is of one index; deconvviz merge joins shards")
    if indexes:
        folder = Path(indexes[0])
        if how:
            options = ", ".join("--" + name.replace("_", "-") for name in how)
            raise UnusableIndex(f"{folder}: is an index already; {options} would be for a scan of images")
        usual = load if asked else read_manifest(folder).load
        if usual is None:
            raise UnusableIndex(f"{folder}: does not say where its network is from; name it with --model")
        return open_index(folder, network(*usual))
    images = find_images(sources)  # before the network, which may take minutes to come
    named = from_anywhere(*load)
    return _scanned(network(*load), images, out, layers=layers, k=k or 9, load=named, on_skip=on_skip, **how)
