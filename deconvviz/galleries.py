"""From an index, or from images, to a gallery in one go; the demo is one of the embedded world."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .deconvnet import DeconvNet
from .errors import UnusableIndex
from .index import Index, open_index
from .manifest import is_manifest, read_manifest
from .models import from_anywhere, load_model
from .pages import write_gallery
from .part import Skipped
from .scanning import scan
from .sources import find_images

PICTURES = 420
"""Of the embedded world: enough that nine of them agree on what a map likes."""


def index_beside(folder: Path) -> Path:
    """Where the index of a gallery lies that was made in one go: beside it, since it holds the images' places."""
    return folder.with_name(folder.name + ".index")


def make_demo(folder: Path, force: bool = False, say: Callable[[str], object] | None = None) -> Path:
    """Scan the embedded world with the embedded network, then write a gallery; returns its `index.html`."""
    name = ("shapes", "DEFAULT")
    index = scan(load_model(*name), f"shapes:{PICTURES}", out=index_beside(folder), load=name, force=force)
    assert index is not None  # one process: it has merged the parts itself
    return write_gallery(index, folder, force=force, say=say)


def index_of(
    sources: Sequence[str],
    out: Path,
    network: Callable[[str, str], DeconvNet],
    load: tuple[str, str],
    asked: bool,
    on_skip: Callable[[Skipped], object],
    layers: Sequence[str] = (),
    k: int | None = None,
    force: bool = False,
    **how: Any,
) -> Index:
    """The index that `sources` is, or that of a scan of these images, made or gone on with beside `out`.

    `network` loads one by name and weights; `load`: which; for an index only if `asked` for, else the one it
    was made with. The rest is for `scan`. Raises UnusableIndex, and all that `scan` raises.
    """
    if len(sources) == 1 and is_manifest(folder := Path(sources[0])):
        if how:
            options = ", ".join("--" + name.replace("_", "-") for name in how)
            raise UnusableIndex(f"{folder}: is an index already; {options} would be for a scan of images")
        usual = read_manifest(folder).load
        return open_index(folder, network(*load) if asked or usual is None else network(*usual))
    images = find_images(sources)  # before the network, which may take minutes to come
    named = from_anywhere(*load)
    place, k = index_beside(out), k or 9
    made = scan(network(*load), images, layers, k, place, load=named, force=force, on_skip=on_skip, **how)
    assert made is not None  # one process, no shard
    return made
