"""Which units a study looks at, in which images: as they are asked for, or strongest ones."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PIL import Image
from torch import Tensor, nn

from ..deconvnet import DeconvNet, Unit
from ..errors import UnknownUnit, UnsuitableInput, one_line
from ..images import as_batch, find_images, one_by_one, printable
from ..mirror import spread_over_depth
from ..network import Model
from ..scanning import Index

USUAL_LAYERS = 4


@dataclass(frozen=True, eq=False)
class Chosen:
    """A network, images as it sees them (C, H, W) with their names, and units in these, each with its image."""

    dv: DeconvNet
    images: Sequence[Tensor]
    names: Sequence[str]
    units: Sequence[Unit]


def a_network(what: Any) -> DeconvNet:
    """A `DeconvNet` of what it may be made of."""
    if isinstance(what, DeconvNet):
        return what
    if isinstance(what, Model | nn.Module):
        return DeconvNet(what)
    raise UnsuitableInput(f"a {type(what).__name__} is neither a network nor an index")


def choose(
    what: Any,
    images: Any,
    units: Sequence[Unit | str],
    layers: Sequence[str],
    top: int,
    report: Callable[[str], object],
) -> Chosen:
    """Units of an index in their strongest images, or of a network in `images`.

    Without `units` the strongest of `layers`, by default of four over the depth: `top` of each layer in each image; of
    an index that many images of the map with the highest peak. Raises UnsuitableInput if there are no images, or both.
    """
    if isinstance(what, Index):
        if images is not None:
            raise UnsuitableInput("an index has its own images: give it alone, or the network and the images")
        return _of_index(what, units, layers, top, report)
    if images is None:
        raise UnsuitableInput("a study of a network needs images to look at")
    return _of_images(a_network(what), images, units, layers, top, report)


def read_all(
    dv: DeconvNet, images: Any, report: Callable[[str], object], most: int | None = None
) -> tuple[list[Tensor], list[str]]:
    """Images as the network sees them (C, H, W), and their names: of a folder, files, a data set, or pictures at hand.

    `most`: so many of them, spread over all. `report` is told of those that cannot be read. Raises UnsuitableInput if
    none can, and UnreadableImage for sources that are not there.
    """
    if isinstance(images, Tensor | np.ndarray | Image.Image):
        items = one_by_one(images, dv.preprocess)
        inputs = [as_batch(item, dv.preprocess)[0] for item in items]
        return inputs, [f"image {number}" for number in range(len(inputs))]
    found = find_images(images)
    count = min(most or len(found), len(found))
    read, names = list[Tensor](), list[str]()
    for number in (n * len(found) // count for n in range(count)):
        record = found.record(number)
        try:
            read.append(found.read(number, record, dv.preprocess))
            names.append(printable(record.place))
        except Exception as error:  # whatever Pillow or a data set raises
            report(f"{printable(record.place)}: left out, it cannot be read ({one_line(error)})")
    if not read:
        raise UnsuitableInput("none of the images can be read")
    return read, names


def _of_images(
    dv: DeconvNet,
    images: Any,
    units: Sequence[Unit | str],
    layers: Sequence[str],
    top: int,
    report: Callable[[str], object],
) -> Chosen:
    inputs, names = read_all(dv, images, report)
    found: list[Unit] = []
    for unit in units:
        asked = Unit.parse(unit) if isinstance(unit, str) else unit
        found += [p.unit for p in dv.project(inputs, [asked])]
    if not units:
        for number, image in enumerate(inputs):
            table = dv.layers_for(image.shape)
            chosen = table.matching(layers) if layers else spread_over_depth(table, USUAL_LAYERS)
            for unit in dv.strongest(image[None], chosen, top):
                found.append(replace(unit, image=number, several=len(inputs) > 1))
    return Chosen(dv, inputs, names, found)


def _of_index(
    index: Index, units: Sequence[Unit | str], layers: Sequence[str], top: int, report: Callable[[str], object]
) -> Chosen:
    asked = [Unit.parse(unit) if isinstance(unit, str) else unit for unit in units]
    for unit in asked:
        if unit.row is not None or unit.image is not None or unit.everywhere:
            raise UnknownUnit(f"{unit}: an index knows whole feature maps; write {unit.layer}:{unit.channel}")
    maps = [(name, unit.channel) for unit in asked for name in index.matching(unit.layer)]
    if not asked:
        maps = [(name, _highest(index, name)) for name in usual_layers_of(index, layers, USUAL_LAYERS)]
    images, names, found = list[Tensor](), list[str](), list[Unit]()
    for layer, channel in maps:
        said = {entry.unit.image: entry.name for entry in index.top(layer, channel, top)}
        for projection in index.project(layer, channel, top, report):
            names.append(printable(said[projection.unit.image]))
            found.append(replace(projection.unit, image=len(images), several=True))
            images.append(projection.input)
    return Chosen(index.network, images, names, found)


def usual_layers_of(index: Index, layers: Sequence[str], count: int | None) -> list[str]:
    """The layers of an index asked for, or `count` over the depth (None: all) of those that one usually looks at."""
    if layers:
        return index.matching(layers)
    table = index.network.layers
    read = {table[name].read_at: name for name in index.layers if name in table}
    names = spread_over_depth(table, count or len(read), list(read))
    found = dict.fromkeys(read[table[name].read_at] for name in names)
    return list(found) or list(index.layers)


def _highest(index: Index, layer: str) -> int:
    """The feature map with the highest peak."""
    return max(range(index.channels(layer)), key=lambda channel: index.statistics(layer, channel).maximum)
