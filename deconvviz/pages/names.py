"""File names for layers: any name becomes one that every file system and every server takes."""

import re
from collections.abc import Iterable

_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?", re.IGNORECASE)


def file_names(layers: Iterable[str]) -> dict[str, str]:
    """A file name (without ending) for each layer, no two alike, also where capitals do not count.

    >>> file_names(["features.12", "Stem", "stem", "a/b", "<img>", "con"])
    {'features.12': 'features.12', 'Stem': 'Stem', 'stem': 'stem-2', 'a/b': 'a-b', '<img>': 'img', 'con': 'layer-con'}
    """
    names: dict[str, str] = {}
    taken: set[str] = set()
    for layer in layers:
        plain = re.sub(r"[^A-Za-z0-9._-]+", "-", layer).strip("-.")[:80] or "layer"
        plain = f"layer-{plain}" if _RESERVED.fullmatch(plain) else plain
        name, number = plain, 1
        while name.lower() in taken:
            number += 1
            name = f"{plain}-{number}"
        taken.add(name.lower())
        names[layer] = name
    return names


def sheet_name(channel: int) -> str:
    """The name of a feature map's sheet, without its ending: they sort by number."""
    return f"{channel:04d}"
