"""From the units that one forward pass serves to their projections: seed, walk down, cut out the receptive field.

Zeiler & Fergus 2014, §2.1: "To examine a given convnet activation, we set all other activations in the
layer to zero and pass the feature maps as input to the attached deconvnet layer." The seed is the
activation's own value, so a projection scales with it.
"""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

import torch
from torch import Tensor

from ..arguments import said
from ..drawing import Box
from ..errors import UnsuitableInput
from ..images import Preprocess
from ..machine import at_once, batch_bytes, exactly, workers
from ..mirror import Descent, Layers, Recording, Signal, Step, Windows, crop, descent, walk
from ..network import Call, Graph
from .ascent import field_of, overhang
from .passes import Pass
from .projection import Projection
from .units import Unit

SEEDED_TOGETHER = 64
"""How many units start down together; the walk parts them as their signals grow."""

FEWEST = 3
"""Units that are worth a part of their own: each part reads all weights."""


@dataclass(frozen=True)
class How:
    """How projections are made: `precision` of the signals, `preprocess` of the images, `categories`: the names of the
    network's classes."""

    precision: torch.dtype
    preprocess: Preprocess | None
    categories: Sequence[str] = ()


def project_units(
    passes: Callable[[Sequence[Unit]], Iterator[Pass]],
    asked: Iterable[Unit],
    ahead: int,
    how: How,
    done: Callable[[int], object],
    seeds: Tensor | None = None,
) -> Iterator[Projection]:
    """The projections of units, in their order: `ahead` of them at a time, by the forward passes that serve these.

    `seeds` (N, C): what stands on all feature maps at each unit's place, instead of its activation alone; `done` is
    told how many are made.
    """
    ready: dict[Graph, dict[Call, Step]] = {}
    remaining, first = iter(asked), 0
    while some := list(islice(remaining, min(ahead, sys.maxsize))):
        projections: dict[int, Projection] = {}
        own = None if seeds is None else seeds[first : first + len(some)]
        for served in passes(some):
            projections.update(project_pass(served, how, ready, own))
            done(len(served.units))
        yield from (projections[number] for number in range(len(some)))
        first += len(some)


def check_seeds(seeds: Tensor | None, asked: Sequence[Unit], table_of: Callable[[Unit], Layers]) -> None:
    """Raise UnsuitableInput unless there are seeds for all feature maps of each unit's layer, or none at all."""
    if seeds is None:
        return
    if not (isinstance(seeds, Tensor) and seeds.is_floating_point() and seeds.ndim == 2 and len(seeds) == len(asked)):
        raise UnsuitableInput(f"seeds={said(seeds)}: a floating-point tensor ({len(asked)}, C) is needed, a row a unit")
    for unit in asked:
        channels = table_of(unit)[unit.layer].channels
        if channels != seeds.shape[1]:
            raise UnsuitableInput(
                f"seeds for {seeds.shape[1]} feature maps do not fit {unit.layer}, which has {channels}"
            )


def project_pass(
    served: Pass, how: How, ready: dict[Graph, dict[Call, Step]], seeds: Tensor | None = None
) -> Iterator[tuple[int, Projection]]:
    """Seed each unit with its activation, walk down, cut out its receptive field.

    `ready`: the steps down whose weights are prepared, of one graph at a time; `seeds`: by the units' numbers. Yields
    projections and the number of the unit that each is of. Units whose receptive fields hang over the same
    borders go together, so that little more of their windows is computed than lies on the maps.
    """
    precision = how.precision
    graph, units, start = served.table.graph, [one.unit for one in served.units], served.start
    if graph not in ready:  # images of another size: another graph, with weights of its own
        ready.clear()
    down = descent(served.table, start, precision, ready.setdefault(graph, {}))
    recording, device = served.recording, served.recording.images.device
    size = graph.input_shape[-2], graph.input_shape[-1]
    fields = [field_of(served.table.fields[start], size, unit.row, unit.column) for unit in units]
    names = served.table.class_names(start, how.categories)
    order = sorted(range(len(units)), key=lambda n: (*overhang(fields[n], size), served.units[n].sample))

    def project_some(some: list[int]) -> Iterator[tuple[int, Projection]]:
        own = None if seeds is None else seeds[[served.units[n].number for n in some]]
        seed, windows = _seed(down, recording, [units[n] for n in some], own)
        images = torch.tensor([served.units[n].sample for n in some])
        walked = walk(down, recording, seed, windows, images, batch_bytes(device))
        numbers = iter(some)
        while (arrived := _next(walked, device)) is not None:
            assert arrived.windows is not None  # images have rows and columns
            values = arrived.values.to("cpu", recording.images.dtype)
            for one, origin in zip(values, arrived.windows.origin.tolist(), strict=True):
                number = next(numbers)
                _check_finite(one, units[number], precision)
                projection = _cut_out(
                    served, number, fields[number], one, origin, how.preprocess, names, own is not None
                )
                yield served.units[number].number, projection

    yield from at_once(project_some, _evenly(order, workers(device)), workers(device))


def _evenly(numbers: list[int], sharers: int) -> list[list[int]]:
    """Parts of equal length for so many at work, no longer than SEEDED_TOGETHER, and not of one or two."""
    rounds = -(-len(numbers) // (sharers * SEEDED_TOGETHER))
    count = max(min(sharers * rounds, len(numbers) // FEWEST), 1)
    edges = [len(numbers) * n // count for n in range(count + 1)]
    return [numbers[start:end] for start, end in pairwise(edges)]


def _next(walked: Iterator[Signal], device: torch.device) -> Signal | None:
    """The next signals that have come down, if there are any; without what autograd would need."""
    with torch.inference_mode(), exactly(device), torch.autocast(device.type, enabled=False):
        return next(walked, None)


def _check_finite(signal: Tensor, unit: Unit, precision: torch.dtype) -> None:
    """Raise UnsuitableInput for a signal that has left the range of its numbers: activations may still be in it."""
    if not signal.isfinite().all():
        name = str(precision).removeprefix("torch.")
        raise UnsuitableInput(
            f"{unit}: on its way down the signal grew beyond what {name} can hold; scale the network's weights, "
            "or take it in double precision (net.double())"
        )


def _seed(
    down: Descent, recording: Recording, units: Sequence[Unit], seeds: Tensor | None = None
) -> tuple[Tensor, Windows | None]:
    """A signal at the units' layer: for each unit its activation in its feature map, in a window of one position.

    Or what `seeds` (B, C) say, in all feature maps.
    """
    table, maps = down.table, recording.maps[down.start]
    channel = table.channel_dimension(down.start)
    shape = [1] * maps.ndim
    shape[0], shape[channel] = len(units), maps.shape[channel]
    seed = maps.new_zeros(shape)
    along = seed.view(len(units), -1)
    if seeds is None:
        channels, activations = ([getattr(u, name) for u in units] for name in ("channel", "activation"))
        along[range(len(units)), channels] = torch.tensor(activations, dtype=seed.dtype, device=seed.device)
    else:
        along.copy_(seeds)
    if seed.ndim == 4:
        seed = seed.contiguous(memory_format=torch.channels_last)
    if table.spatial[down.start] is None:
        return seed, None
    return seed, Windows(torch.tensor([[u.row, u.column] for u in units], dtype=torch.int64), (1, 1))


def _cut_out(
    served: Pass, number: int, field: Box, signal: Tensor, origin: list[int],
    preprocess: Preprocess | None, names: Sequence[str], seeded: bool,
) -> Projection:  # fmt: skip
    """The part of a signal (C, h, w) at `origin` that lies in the unit's receptive field and the image."""
    height, width = served.table.graph.input_shape[-2:]
    unit = served.units[number].unit
    top, left = min(max(field[0], 0), height), min(max(field[1], 0), width)
    box = (top, left, max(min(field[2], height), top), max(min(field[3], width), left))
    return Projection(
        unit=unit,
        activation=float(unit.activation or 0.0),
        pixels=crop(signal, (origin[0], origin[1]), box),
        box=box,
        field=field,
        read_at=served.start,
        input=served.units[number].input.cpu(),
        preprocess=preprocess,
        category=names[unit.channel] if names else "",
        method=served.table.method,
        seeded=seeded,
    )
