"""Figure 2 of Zeiler & Fergus 2014, drawn from an index: strongest images beside their projections."""

import json
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path

from PIL import Image

from ..deconvnet import Cell, Projection, figure2, short_number
from ..drawing import check_writable, write_pdf, write_png
from ..errors import UnwritableOutput
from ..version import __version__
from .index import Index

SCHEMA = 1

DPI = 300
"""Dots an inch of figures for print."""


def picture_index(
    index: Index,
    layer: str,
    channels: Sequence[int] | None = None,
    tile: int = 96,
    smoothing: float = 0.0,
    report: Callable[[str], object] = warnings.warn,
) -> Image.Image:
    """Figure 2 for some feature maps of a layer in an index: for each, its strongest images and projections.

    Without `channels`, the first 16. An image that has changed since the scan is left out, and `report` is told.
    Raises UnknownLayer, UnknownUnit, UnusableIndex.
    """
    m = index.manifest
    chosen = list(range(min(16, index.channels(layer)))) if channels is None else list(channels)
    facts = {channel: index.statistics(layer, channel) for channel in chosen}
    by_channel: dict[int, list[Projection]] = {channel: [] for channel in chosen}
    for projection in index.project(layer, chosen, report=report):
        by_channel[projection.unit.channel].append(projection)
    cells = [
        Cell(f"map {n}   dead: no image excites it", [])
        if facts[n].dead
        else Cell(f"map {n}   peak {short_number(facts[n].maximum)}", by_channel[n])
        for n in chosen
    ]
    seen = m.images - len(index.skipped)
    remark = f"{m.model}: the {m.top} of {seen} images that excite each map most, and what it saw there; grey is zero"
    if smoothing:
        remark += f"; projections smoothed by {smoothing:g} px"
    return figure2(cells, tile, 4 if len(cells) > 9 else 3, m.top, layer, remark, smoothing)


def write_index_figure(
    index: Index,
    layer: str,
    channels: Sequence[int] | None,
    path: Path,
    tile: int,
    smoothing: float,
    report: Callable[[str], object],
) -> Path:
    """Write `picture_index` as PNG or PDF, by the path's ending; raises UnwritableOutput for any other."""
    if path.suffix.lower() not in (".png", ".pdf"):
        raise UnwritableOutput(f"{path}: figures are written as PNG or PDF; choose a name that ends in .png or .pdf")
    check_writable(path.parent)
    picture = picture_index(index, layer, channels, tile, smoothing, report)
    if path.suffix.lower() == ".pdf":
        return write_pdf(path, picture, f"{index.manifest.model} {layer}", DPI)
    facts = {
        "schema_version": SCHEMA,
        "deconvviz": __version__,
        "layer": layer,
        "scan": index.manifest.identity,
        "smoothing": smoothing,
    }
    return write_png(path, picture, json.dumps(facts), DPI)
