"""From an index, or from images, to a gallery in one go; the demo is one of the embedded world."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..deconvnet import DeconvNet, NetworkFrom
from ..drawing import USUAL, Look
from ..errors import UnusableIndex, UnwritableOutput
from ..images import AnyImages, Preprocess, find_images
from ..network import from_anywhere, load_model
from ..scanning import Index, is_manifest, network_of, open_index, read_manifest, scan, select
from ..studies import trust, write_trust
from .asked import Place, Selection, Style, Told
from .facts import check_channels
from .folder import refuse_foreign
from .gallery import write_site
from .single import check_single, write_single_page

PICTURES = 420
"""Of the embedded world: enough that nine of them agree on what a map likes."""


def index_beside(folder: Path) -> Path:
    """Where the index of a gallery lies that was made in one go: beside it, since it holds the images' places."""
    folder = folder.resolve() if folder.name in ("", "..") else folder
    return folder.with_name(folder.name + ".index")


def make_demo(
    folder: Path, force: bool = False, say: Callable[[str], object] | None = None, look: Look = USUAL
) -> Path:
    """Scan the embedded world with the embedded network, measure it (`trust`), write a gallery: its `index.html`."""
    name = ("shapes", "DEFAULT")
    refuse_foreign(folder, force)
    index = _scanned(DeconvNet(load_model(*name)), find_images(f"shapes:{PICTURES}"), folder, load=name)
    write_trust(index, trust(index, quick=True))
    return write_site(index, Selection(), Style(look=look), Place(folder, force=force), Told(say=say))


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


def make_gallery(
    sources: Sequence[str],
    selection: Selection,
    style: Style,
    place: Place,
    network: NetworkFrom,
    told: Told,
    scanning: Mapping[str, Any],
) -> Path:
    """A gallery of the index that `sources` is, or of a scan of these images, made or gone on with beside its place.

    `scanning`: further arguments of `scan`, for images only. What can be refused is refused before the scan. Raises
    UnusableIndex, and all that `scan` and `write_gallery` raise.
    """
    if place.single_file:
        check_single(selection, place)
    else:
        refuse_foreign(place.path, place.force)
    index = _opened(sources, network, told, scanning)
    if index is None:
        index = _of_images(sources, selection, place, network, told, scanning)
    write = write_single_page if place.single_file else write_site
    return write(index, selection, style, place, told)


def _of_images(
    sources: Sequence[str],
    selection: Selection,
    place: Place,
    network: NetworkFrom,
    told: Told,
    scanning: Mapping[str, Any],
) -> Index:
    """The index of these images, which are scanned for a gallery; by default it keeps nine of each feature map."""
    images = find_images(sources)  # before the network, which may take minutes to come
    dv = _loaded(network, told)
    chosen = select(dv.layers, selection.layers)[1]
    check_channels(selection.channels, {layer.names[0]: layer.channels for layer in chosen})
    again = from_anywhere(network.model, network.weights)
    how = {"layers": selection.layers, "k": selection.top or 9, "load": again, "on_skip": told.on_skip, **scanning}
    return _scanned(dv, images, place.path, **how)


def _opened(sources: Sequence[str], network: NetworkFrom, told: Told, scanning: Mapping[str, Any]) -> Index | None:
    """The index that `sources` is, with the network asked for or its own; None if they are images."""
    indexes = [source for source in sources if is_manifest(Path(source))]
    if not indexes:
        return None
    folder = Path(indexes[0])
    if len(sources) > 1:
        raise UnusableIndex(f"{folder}: is an index, and a gallery is of one index; deconvviz merge joins shards")
    if scanning:
        options = ", ".join("--" + name.replace("_", "-") for name in scanning)
        raise UnusableIndex(f"{folder}: is an index already; {options} would be for a scan of images")
    manifest = read_manifest(folder)
    return open_index(folder, _loaded(network_of(folder, manifest, network), told, manifest.as_preprocess()))


def _loaded(network: NetworkFrom, told: Told, known: Preprocess | None = None) -> DeconvNet:
    dv = network.load(known)
    if told.say is not None and dv.place != "cpu":
        told.say(f"Running on {dv.place}.")
    return dv
