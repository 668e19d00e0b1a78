"""Forward passes that serve units: each runs as planned, over whole images or over crops."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..errors import UnsuitableInput
from ..mirror import Layers, Recording
from .forward import record_crops, record_whole
from .plan import Crops, WholeImages
from .units import Unit, check_finite, locate


@dataclass(frozen=True, eq=False)
class Pass:
    """A recording and the units of one layer that it serves.

    `table` of the layers it went through, `start`: the call whose output the units are read from; `numbers`: which
    of the units asked for they are; `units` with position and activation; `rows`: which sample of the recording each
    belongs to; `inputs` (C, H, W): the whole image of each.
    """

    table: Layers
    start: str
    recording: Recording
    numbers: Sequence[int]
    units: Sequence[Unit]
    rows: Sequence[int]
    inputs: Sequence[Tensor]


def run(forward: WholeImages | Crops, table: Layers, images: Mapping[int, Tensor], like: Tensor) -> list[Pass]:
    """Run one of a plan's forward passes; one `Pass` for each layer that it serves.

    `images` (C, H, W) by number; `like`: a tensor of the network's device and dtype. Raises NoMirrorRule before
    anything runs, UnsuitableInput for activations that are not finite.
    """
    if isinstance(forward, Crops):
        return [_over_crops(forward, table, images, like)]
    seen = {number: images[number] for number in forward.images}
    recording = record_whole(table, torch.stack(list(seen.values())).to(like), forward.layers)
    return located(table, recording, forward.units, seen)


def _over_crops(forward: Crops, table: Layers, images: Mapping[int, Tensor], like: Tensor) -> Pass:
    start, units = table[forward.layer].read_at, list(forward.units.values())
    inputs = [images[unit.image] for unit in units]
    recording = record_crops(table, start, inputs, forward.windows, like)
    found = recording.maps[start][range(len(units)), [unit.channel for unit in units], 0, 0].tolist()
    there = [replace(u, activation=check_finite(u, value)) for u, value in zip(units, found, strict=True)]
    return Pass(table, start, recording, list(forward.units), there, range(len(units)), inputs)


def located(table: Layers, recording: Recording, units: Mapping[int, Unit], images: Mapping[int, Tensor]) -> list[Pass]:
    """Units, given by number, found in a recording of whole images; one `Pass` for each layer.

    `images` (C, H, W) by number, in the order in which they were recorded. Raises UnknownUnit, UnsuitableInput.
    """
    passes, rows = [], {number: row for row, number in enumerate(images)}
    for layer in dict.fromkeys(unit.layer for unit in units.values()):
        some = {number: unit for number, unit in units.items() if unit.layer == layer}
        maps, at = maps_of(table, recording, layer), [rows[unit.image] for unit in some.values()]
        there = [locate(unit, maps, row) for unit, row in zip(some.values(), at, strict=True)]
        inputs = [images[unit.image] for unit in there]
        passes.append(Pass(table, table[layer].read_at, recording, list(some), there, at, inputs))
    return passes


def maps_of(table: Layers, recording: Recording, layer: str) -> Tensor:
    """The recorded maps of a layer, (N, C, H, W) or (N, C). Raises UnknownLayer, UnsuitableInput if it has none."""
    read_at = table[layer].read_at
    if read_at not in recording.maps:
        raise UnsuitableInput(
            f"this recording has no maps of {layer}; record it with dv.record(images, [{layer!r}, …])"
        )
    return recording.maps[read_at].movedim(table.channel_dimension(read_at), 1)
