"""Figure 2 of Zeiler & Fergus 2014, drawn from an index: strongest images beside their projections."""

import json
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from PIL import Image

from ..arguments import takes, whole, wholes
from ..deconvnet import Cell, Projection, figure2, one_below_the_other, short_number
from ..drawing import Look, Page, check_writable, picture_ending, write_picture
from ..images import printable
from ..mirror import some_layers
from ..version import __version__
from .feature_map import Statistics
from .index import Index, an_index

SCHEMA = 1

DPI = 300
"""Dots an inch of figures for print."""


@takes(index=an_index, layer=some_layers, channels=wholes(None), tile=whole(1))
def picture_index(
    index: Index,
    layer: str | Sequence[str],
    channels: Sequence[int] | None = None,
    tile: int = 96,
    smoothing: float = 0.0,
    report: Callable[[str], object] = warnings.warn,
    *,
    frame: str = "effective",
    tone: str = "colour",
    view: str = "projection",
) -> Image.Image:
    """Figure 2 for some feature maps of a layer in an index: for each, its strongest images and projections.

    `layer`: a name, an alias, a glob (`layer3.*`) or `all`, or several of these: one below the other. Without
    `channels`, the first 16 of each. `frame`, `tone`, `smoothing` and `view` as for `Projection.show`; tiles of a map
    share one frame. An image that has changed since the scan is left out, and `report` is told.
    Raises UnknownLayer, UnknownUnit, UnusableIndex, UnsuitableInput for another frame, tone or view.
    """
    return _page(index, layer, channels, tile, Look(frame, tone, smoothing, view), report).drawn()


def _page(
    index: Index,
    layer: str | Sequence[str],
    channels: Sequence[int] | None,
    tile: int,
    look: Look,
    report: Callable[[str], object],
) -> Page:
    facts = {
        name: {
            n: index.statistics(name, n)
            for n in (range(min(16, index.channels(name))) if channels is None else channels)
        }
        for name in index.matching(layer)
    }  # before any work: what there is not is said
    return one_below_the_other([_of_layer(index, name, facts[name], tile, look, report) for name in facts])


def _of_layer(
    index: Index,
    layer: str,
    facts: Mapping[int, Statistics],
    tile: int,
    look: Look,
    report: Callable[[str], object],
) -> Page:
    m = index.manifest
    by_channel: dict[int, list[Projection]] = {channel: [] for channel in facts}
    for projection in index.project(layer, list(facts), report=report):
        by_channel[projection.unit.channel].append(projection)
    named = {n: f"map {n} {printable(index.class_name(layer, n))}".rstrip() for n in facts}
    cells = [
        Cell(f"{named[n]}   dead: no image excites it", [])
        if facts[n].dead
        else Cell(f"{named[n]}   peak {short_number(facts[n].maximum)}", by_channel[n])
        for n in facts
    ]
    seen = m.images - len(index.skipped)
    shown = max(min(m.top, seen), 1)
    which = f"the {shown} of {seen} images that" if shown < seen else f"all {seen} images, first those that"
    saw = "what it saw there" if look.view == "projection" else "the patch again where it saw something"
    remark = f"{m.model}: {which} excite each map most, and {saw}, by {index.network.method}; grey is zero"
    if look.smoothing:
        remark += f"; projections smoothed by {look.smoothing:g} px"
    return figure2(cells, tile, 4 if len(cells) > 9 else 3, shown, layer, remark, look)


def write_index_figure(
    index: Index,
    layer: str | Sequence[str],
    channels: Sequence[int] | None,
    path: Path,
    tile: int,
    look: Look,
    report: Callable[[str], object],
) -> Path:
    """Write `picture_index` as what the path's ending says (`write_picture`); raises UnwritableOutput."""
    picture_ending(path)
    check_writable(path.parent)
    names = index.matching(layer)
    page = _page(index, names, channels, tile, look, report)
    facts = {
        "schema_version": SCHEMA,
        "deconvviz": __version__,
        **({"layer": names[0]} if len(names) == 1 else {"layers": names}),
        "scan": index.manifest.identity,
        **asdict(index.network.method),
        **asdict(look),
    }
    return write_picture(path, page, json.dumps(facts), f"{index.manifest.model} {', '.join(names)}", DPI)
