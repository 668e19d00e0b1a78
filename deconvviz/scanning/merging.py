"""Shards and partial results of one scan, made anywhere, into one index."""

import os
from collections.abc import Sequence
from pathlib import Path

from ..arguments import a_path, some_paths, takes
from ..errors import UnusableIndex
from .index import Index
from .ledger import open_ledger
from .manifest import is_manifest, read_manifest
from .opening import open_index
from .part import merge_all, ranges, read_part


@takes(folders=some_paths, out=a_path)
def merge(
    folders: Sequence[str | os.PathLike[str]], out: str | os.PathLike[str], partial: bool = False, force: bool = False
) -> Index | None:
    """Merge what lies in these folders, each from the same scan, into the index `out`.

    Parts that are there several times count once. With `partial`, parts may still be missing: then the
    result is a bigger part, to be merged again (a tree of merges gives the same bytes as a single one), and
    None is returned. `force`: write over another index in `out`. Raises UnusableIndex, UnwritableOutput.
    """
    places = [Path(folder) for folder in folders]
    manifests = [read_manifest(place) for place in places]
    for place, manifest in zip(places, manifests, strict=True):
        differences = manifests[0].differences(manifest)
        if differences:
            raise UnusableIndex(f"{place}: is of another scan than {places[0]} ({'; '.join(differences)})")
    same = is_manifest(Path(out)) and not read_manifest(Path(out)).differences(manifests[0])
    ledger = open_ledger(Path(out), manifests[0], force and not same)  # what lies there of this scan is merged too
    labels = dict(ledger.files())
    for place in places:
        labels |= ledger.files(place)
    if not labels:
        raise UnusableIndex(f"{places[0]}: holds no finished part of a scan")
    largest_first = sorted(labels, key=lambda path: (-len(labels[path]), labels[path], str(path)))
    part = merge_all(read_part(path) for path in largest_first)
    missing = set(range(ledger.manifest.parts)) - set(part.numbers)
    if missing and not partial:
        raise UnusableIndex(
            f"parts {ranges(missing)} of {ledger.manifest.parts} are in none of these; scan them, "
            "or merge with --partial to go on later"
        )
    ledger.write(part)
    if missing:
        return None
    ledger.finish()
    return open_index(Path(out))
