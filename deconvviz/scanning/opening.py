"""An index opened again: from its folder, with its network and its images wherever these lie now."""

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from torch import nn

from ..arguments import a_path, takes
from ..deconvnet import DeconvNet, NetworkFrom
from ..errors import UnusableIndex
from ..images import AnyImages, Images, find_images
from ..network import Model
from .index import Index
from .ledger import RESULT, Ledger
from .manifest import Manifest, read_manifest
from .part import ranges, read_part
from .recheck import checked


@takes(folder=a_path)
def open_index(
    folder: str | os.PathLike[str], model: Model | nn.Module | DeconvNet | None = None, images: Any = None
) -> Index:
    """Open an index made earlier.

    `model`: the network, if it cannot be loaded by its name again; it must have the same weights. `images`:
    where they lie now, if they have moved: as many folders as there were, or the data set. Raises UnusableIndex.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    ledger = Ledger(folder, manifest)
    if not ledger.complete:
        missing = ledger.missing()
        raise UnusableIndex(
            f"{folder}: the scan is not complete, parts {ranges(missing)} of {manifest.parts} are missing; "
            "run the same scan again to go on, or deconvviz merge if they lie elsewhere"
            if missing
            else f"{folder}: the scan is complete but not merged; run the same scan again, or deconvviz merge"
        )
    index = Index(folder, manifest, read_part(folder / RESULT), images=_moved(manifest, images))
    if model is not None:
        index._model = checked(model, manifest, folder)
    return index


def _moved(manifest: Manifest, images: Any) -> AnyImages | None:
    if images is None:
        return None
    places = [images] if isinstance(images, str | os.PathLike) else images
    if not (isinstance(places, Sequence) and all(isinstance(place, str | os.PathLike) for place in places)):
        return find_images(images)
    if len(places) != len(manifest.roots):
        raise UnusableIndex(f"the images came from {len(manifest.roots)} folders, not {len(places)}: name them all")
    return Images([os.path.abspath(place) for place in places], ())


def network_of(folder: Path, manifest: Manifest, network: NetworkFrom) -> NetworkFrom:
    """Where the network is from that an index is looked at with: the one asked for, else that of the scan.

    Raises UnusableIndex if that was one of the user's own.
    """
    if network.asked:
        return network
    if manifest.load is None:
        raise UnusableIndex(f"{folder}: does not say where its network is from; name it with --model")
    return replace(network, model=manifest.load[0], weights=manifest.load[1])
