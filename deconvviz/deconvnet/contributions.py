"""What units contribute to the score of a class: their activation times the gradient of the class's logit at it.

To first order that is by how much the logit would fall without the unit; where all that follows is linear (a pooling, a
linear layer), exactly: there the contributions of a layer and the bias add up to the logit. The gradient is autograd's,
of the captured calls, down to the layer's activations and no further: no weight of the network gets one.
"""

from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor
from torch.fx.node import map_aggregate

from ..errors import UnknownLayer, UnsuitableInput, one_line
from ..machine import exactly
from ..mirror import Layers, check_lasting, spread_over_depth
from ..network import Call, Weight, between_captures, compare, run
from .classes import ClassScore
from .units import Unit, strongest_maps

TOGETHER = 8
"""Images of which autograd keeps what gradients need at a time."""


def strongest_for(table: Layers, images: Tensor, layers: Sequence[str], score: ClassScore, k: int) -> list[Unit]:
    """For each layer and image (N, C, H, W), the feature maps that contribute most to a class, at the place where each
    contributes most, most first: at most k, as what contributes nothing, or speaks against the class, is left out.
    Raises UnknownLayer before any work, UnsuitableInput."""
    check_part(table, layers, score)
    check_lasting(table.graph, [score.call.name])
    starts = {name: table[name].read_at for name in layers}
    maps, gradients = with_gradients(table, images, list(dict.fromkeys(starts.values())), score)
    units = list[Unit]()
    for name, start in starts.items():
        channel = table.channel_dimension(start)
        activations = maps[start].movedim(channel, 1)
        units += _ranked(activations, activations * gradients[start].movedim(channel, 1), name, score, k)
    return units


def check_part(table: Layers, layers: Sequence[str], score: ClassScore) -> None:
    """Raise UnknownLayer for a layer that has no part in the score of a class."""
    part = _part(table, score)
    for name in layers:
        if table[name].read_at not in part:
            raise UnknownLayer(
                f"{name} has no part in the score of {score.name}, which is read at {score.call.name}: "
                "choose a layer below it"
            )


def layers_below(table: Layers, score: ClassScore, count: int) -> list[str]:
    """`count` layers from shallow to deep below the scores, which speak for no class but their own.

    Raises UnknownLayer if there are none.
    """
    names = spread_over_depth(table, count, _part(table, score) - table.scores.apart(score.call))
    if not names:
        raise UnknownLayer(
            f"no layer lies below the scores of {score.call.name}, so nothing contributes to {score.name}"
        )
    return names


def _part(table: Layers, score: ClassScore) -> frozenset[str]:
    return frozenset(call.name for call in table.graph.needed_for([score.call.name]))


def with_gradients(
    table: Layers, images: Tensor, starts: Sequence[str], score: ClassScore
) -> tuple[Mapping[str, Tensor], Mapping[str, Tensor]]:
    """The outputs of calls, and the gradient of the class's logit (its mean, if it is a map) at each, of one shape.

    The first time, the network itself computes the same beside it. Raises UncapturableModel if its own values are
    others, UnsuitableInput for a logit without a gradient.
    """
    graph, wanted, found = table.graph, list(dict.fromkeys([*starts, score.call.name])), []
    if images.ndim == 4:  # as they lie for `record`
        images = images.contiguous(memory_format=torch.channels_last)
    with torch.inference_mode(False), torch.enable_grad(), between_captures(), exactly(images.device):
        calls = [_of_usual_tensors(call) for call in graph.needed_for(wanted)]
        size = graph.batch or TOGETHER
        for first in range(0, len(images), size):
            for part, _ in graph.parts(images[first : first + size].detach()):
                values = run(calls, part, wanted, followed=starts)
                gradients = _gradients(values, starts, score)
                found.append(({name: value.detach() for name, value in values.items()}, gradients))
    maps, gradients = (
        {name: torch.cat([part[kind][name] for part in found])[: len(images)] for name in names}
        for kind, names in enumerate((wanted, starts))
    )
    compare(graph, images, maps)
    return maps, gradients


def _gradients(values: Mapping[str, Tensor], starts: Sequence[str], score: ClassScore) -> dict[str, Tensor]:
    logits = values[score.call.name]
    logit = logits.flatten(2).mean(2)[:, score.number] if logits.ndim > 2 else logits[:, score.number]
    try:
        found = torch.autograd.grad(logit.sum(), [values[name] for name in starts], allow_unused=True)
    except (NotImplementedError, RuntimeError) as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        raise UnsuitableInput(f"the score of {score.name} has no gradient here: {one_line(error)}") from error
    return {
        name: torch.zeros_like(values[name]) if gradient is None else gradient
        for name, gradient in zip(starts, found, strict=True)
    }


def _of_usual_tensors(call: Call) -> Call:
    """The call itself, or if its weights were made in inference mode, which autograd refuses, one with copies."""
    leaves: list[Any] = []
    map_aggregate((call.positional, call.keywords), leaves.append)
    if not any(isinstance(leaf, Weight) and leaf.value.is_inference() for leaf in leaves):
        return call

    def usual(leaf: Any) -> Any:
        return leaf.value.clone() if isinstance(leaf, Weight) else leaf

    copied = copy(call)
    copied.positional = map_aggregate(call.positional, usual)
    copied.keywords = map_aggregate(call.keywords, usual)
    return copied


def _ranked(maps: Tensor, contributions: Tensor, layer: str, score: ClassScore, k: int) -> list[Unit]:
    """Units of maps (N, C, H, W) or (N, C) at the peaks of their contributions: of an image the k largest above 0."""
    peaks = strongest_maps(contributions, layer, k)
    peaks = [unit for unit in peaks if (unit.activation or 0.0) > 0]
    at = [(unit.image, unit.channel, *((unit.row, unit.column) if maps.ndim == 4 else ())) for unit in peaks]
    return [
        replace(unit, activation=float(maps[place]), contribution=unit.activation, for_class=score.name)
        for unit, place in zip(peaks, at, strict=True)
    ]
