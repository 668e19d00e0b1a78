"""How alike signals become on the way down, whatever was asked."""

from collections.abc import Callable
from functools import partial

import torch
from torch import Tensor

from ..deconvnet import carried
from ..mirror import Layers, mirrored
from ..network import INPUT
from .numbers import Number, Numbers
from .sampling import Sample

VECTORS, THROUGH = 5, 8
"""Random vectors at each position, as many as Sixt et al. take, and images that they go through."""


def convergence(sample: Sample, seed: int, done: Callable[[], object]) -> Numbers:
    """How alike random signals become on the way down: the cosine similarity convergence of Sixt et al. 2020.

    From each layer five random vectors at every position go down through an image, eight images of the sample in all;
    at each position below it is measured how alike those are that have arrived, by the cosine between them: the median,
    at the nearest layer below that they reach, and at the pixels. 1: whatever was asked for, the same arrives. Of one
    channel there is nothing to measure.
    """
    table = sample.dv.layers_for(sample.images.shape[1:])
    images = sample.images[:: max(len(sample.images) // THROUGH, 1)][:THROUGH]
    layers, numbers = list(sample.units), Numbers()
    for at, layer in enumerate(layers):
        start = table[layer].read_at
        recording = sample.dv.record(images, [layer])
        dice = torch.Generator().manual_seed(seed)
        shape = (VECTORS, *recording.maps[start].shape[1:])
        seeds = torch.randn(shape, generator=dice).to(recording.maps[start])
        passed = {call.name for call in mirrored(table, [start])} - {start}
        below = [(name, table[name].read_at) for name in layers[:at] if table[name].read_at in passed]
        found = numbers.setdefault(layer, {})
        for key, end in [*(("below", end) for _, end in below[-1:]), ("at pixels", INPUT)]:
            carry = partial(carried, table, recording, start, seeds, end=end)
            cosines = [median_cosine(table, carry(torch.full((VECTORS,), n)), end) for n in range(len(images))]
            found[key] = Number.over(cosines)
        done()
    return numbers


def median_cosine(table: Layers, signals: Tensor, end: str) -> float:
    """Of pairs of signals (V, C, …) at the output of a call, position by position; NaN of one channel, or of none."""
    channels = 1 if end == INPUT else table.channel_dimension(end)
    if signals.shape[channels] < 2:
        return float("nan")
    vectors = signals.movedim(channels, -1).flatten(1, -2).double() if signals.ndim > 2 else signals[:, None].double()
    norms = vectors.norm(dim=-1, keepdim=True)
    scaled = torch.where(norms > 0, vectors / norms.clamp(min=1e-300), torch.nan)
    pairs = torch.combinations(torch.arange(len(scaled)), 2)
    cosines = (scaled[pairs[:, 0]] * scaled[pairs[:, 1]]).sum(-1)
    known = cosines[~cosines.isnan()]
    return float(known.median()) if len(known) else float("nan")
