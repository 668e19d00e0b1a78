"""Forward passes that serve units: each runs as planned, over whole images or over crops."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..errors import UnsuitableInput
from ..mirror import Layers, Recording
from .forward import record_crops, record_whole
from .plan import Crops, WholeImages
from .units import Unit, check_finite, image_of, locate


@dataclass(frozen=True, eq=False, slots=True)
class Served:
    """A unit that a forward pass serves.

    `number` among the units asked for; `unit` with position and activation; `sample` of the recording that it belongs
    to; `input` (C, H, W): its whole image.
    """

    number: int
    unit: Unit
    sample: int
    input: Tensor


@dataclass(frozen=True, eq=False)
class Pass:
    """A recording and the units of one layer that it serves.

    `table` of the layers it went through, `start`: the call whose output the units are read from.
    """

    table: Layers
    start: str
    recording: Recording
    units: Sequence[Served]


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
    inputs = [images[image_of(unit)] for unit in units]
    recording = record_crops(table, start, inputs, forward.windows, like)
    found = recording.maps[start][range(len(units)), [unit.channel for unit in units], 0, 0].tolist()
    served = [
        Served(number, replace(unit, activation=check_finite(unit, value)), sample, inputs[sample])
        for sample, ((number, unit), value) in enumerate(zip(forward.units.items(), found, strict=True))
    ]
    return Pass(table, start, recording, served)


def located(table: Layers, recording: Recording, units: Mapping[int, Unit], images: Mapping[int, Tensor]) -> list[Pass]:
    """Units, given by number, found in a recording of whole images; one `Pass` for each layer.

    `images` (C, H, W) by number, in the order in which they were recorded. Raises UnknownUnit, UnsuitableInput.
    """
    passes, samples = dict[str, list[Served]](), {number: sample for sample, number in enumerate(images)}
    maps = {layer: maps_of(table, recording, layer) for layer in dict.fromkeys(unit.layer for unit in units.values())}
    for number, unit in units.items():
        image = image_of(unit)
        sample = samples[image]
        there = locate(unit, maps[unit.layer], sample)
        passes.setdefault(table[unit.layer].read_at, []).append(Served(number, there, sample, images[image]))
    return [Pass(table, start, recording, served) for start, served in passes.items()]


def maps_of(table: Layers, recording: Recording, layer: str) -> Tensor:
    """The recorded maps of a layer, (N, C, H, W) or (N, C). Raises UnknownLayer, UnsuitableInput if it has none."""
    read_at = table[layer].read_at
    if read_at not in recording.maps:
        raise UnsuitableInput(
            f"this recording has no maps of {layer}; record it with dv.record(images, [{layer!r}, …])"
        )
    return recording.maps[read_at].movedim(table.channel_dimension(read_at), 1)
