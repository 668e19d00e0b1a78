"""What a gallery says of itself as data: as a whole, of each layer, and how its sheets are laid out."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ..images import printable
from ..scanning import Index
from ..studies import of_layer, read_trust
from ..version import __version__
from .asked import Style
from .facts import MapFacts, Section, images_json, map_json
from .folder import SCHEMA
from .kept import Store
from .sheets import Layout


def gallery_json(index: Index, shown: Sequence[Section], store: Store) -> dict[str, Any]:
    """What a gallery says of itself as a whole."""
    m, network, style = index.manifest, index.network, store.style
    return {
        "schema_version": SCHEMA,
        "gallery": store.gallery,
        "complete": True,
        "deconvviz": __version__,
        "model": m.model,
        "weights": m.weights,
        "preprocess": m.preprocess,
        "precision": network.signal_precision,
        **asdict(network.method),
        "images": m.images,
        "skipped": len(index.skipped),
        "sources": [
            printable(os.path.basename(root.rstrip("/")) or root) for root in m.roots if root and style.patches
        ],
        "scan": m.identity,
        "top": shown[0].layout.count,
        "kept": m.top,
        "patches": style.patches,
        "image_format": style.image_format,
        "tile": style.tile,
        **asdict(style.look),
        "trust": trust_json(index),
        "layers": [_section_json(section, style) | _listed(index, section) for section in shown],
    }


def trust_json(index: Index) -> dict[str, Any] | None:
    """What was measured of how far the projections can be trusted, in sentences; None if nothing was."""
    found = read_trust(index)
    if found is None:
        return None
    measures = found["measures"]
    layers = dict.fromkeys(name for measure in measures.values() for name in measure["layers"])
    numbers = {name: {key: one["layers"].get(name, {}) for key, one in measures.items()} for name in layers}
    return {
        "sentences": [measure["sentence"] for measure in measures.values()],
        "layers": {name: {"sentence": of_layer(some), "numbers": some} for name, some in numbers.items()},
        "images": found["images"],
        "units": found["units"],
        "seed": found["seed"],
    }


def _listed(index: Index, section: Section) -> dict[str, Any]:
    """The numbers of the maps shown (None: all), and of those that are dead."""
    dead = set(index.dead(section.name))
    channels = None if len(section.channels) == section.row.channels else section.channels
    return {"maps": channels, "dead": [channel for channel in section.channels if channel in dead]}


def _section_json(section: Section, style: Style) -> dict[str, Any]:
    row = section.row
    return {
        "layer": section.name,
        "alias": row.alias,
        "file": section.file,
        "read_at": row.read_at,
        "depth": section.depth,
        "channels": row.channels,
        "shown": len(section.channels),
        "size": row.size,
        "jump": row.jump,
        "receptive_field": row.receptive_field,
        "sheet": {
            "ending": style.ending,
            **_geometry(section.layout),
            "sharp": section.sharp,
        },
        "middle": _geometry(section.middle) if section.middle else None,
    }


def _geometry(layout: Layout) -> dict[str, int]:
    """Of a sheet, in its own pixels."""
    return {
        "width": layout.size[0],
        "height": layout.size[1],
        "block": layout.block[0],
        "side": layout.tile,
        "columns": layout.columns,
    }


def layer_json(
    index: Index,
    section: Section,
    maps: Sequence[MapFacts],
    sheets: Mapping[int, Mapping[str, Any] | None],
    middle: Mapping[int, tuple[MapFacts, Mapping[str, Any] | None]],
    style: Style,
) -> dict[str, Any]:
    """All that a layer's page says."""
    drawn = [*sheets.values(), *(sheet for _, sheet in middle.values())]
    tiles = [tile for sheet in drawn if sheet for tile in sheet["tiles"] if tile]
    sizes = {tile["image"]: tile["input"] for tile in tiles}
    images = images_json([*maps, *(m for m, _ in middle.values())], names=style.patches)
    for number, (rows, columns) in sizes.items():
        images[str(number)] |= {"rows": rows, "columns": columns}
    return {
        "schema_version": SCHEMA,
        **asdict(index.network.method),
        **_section_json(section, style),
        "dead": _listed(index, section)["dead"],
        "seen": maps[0].statistics.count,
        "edges": maps[0].statistics.edges.tolist(),
        "images": images,
        "maps": [map_json(m, sheets[m.channel], middle.get(m.channel)) for m in maps],
    }
