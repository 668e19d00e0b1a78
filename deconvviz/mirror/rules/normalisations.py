"""Normalisation by the image's own statistics: recorded on the way up, and constants on the way down, as gates are."""

from collections.abc import Callable

import torch
from torch import Tensor

from ...network import Call
from ..registry import Recorded, pointwise, register, whole
from ..signals import Spatial
from ..window import POINTWISE, Reaches

aten = torch.ops.aten


def _by_parameter(call: Call, name: str, scale: Tensor, shape: tuple[int, ...]) -> Tensor:
    weight = call[name]
    return scale if weight is None else scale * weight.view(shape)


def layer_scale(call: Call, output: Tensor, maps: Tensor) -> Recorded:
    """γ/√(σ²+ε) of each image, σ² over the last dimensions: (N, …), 1 where it is the same."""
    dimensions = tuple(range(-len(call["normalized_shape"]), 0))
    scale = (maps.var(dimensions, keepdim=True, correction=0) + call["eps"]).rsqrt()
    return (scale if call["weight"] is None else scale * call["weight"],)


def group_scale(call: Call, output: Tensor, maps: Tensor) -> Recorded:
    """γ/√(σ²+ε) of each image and channel, σ² over its group of channels: (N, C, 1, 1)."""
    groups, channels = call["num_groups"], maps.shape[1]
    variance = maps.reshape(len(maps), groups, -1).var(2, correction=0)
    scale = (variance + call["eps"]).rsqrt().repeat_interleave(channels // groups, 1)
    scale = _by_parameter(call, "weight", scale, (1, -1))
    return (scale.view(len(maps), channels, *[1] * (maps.ndim - 2)),)


def instance_scale(call: Call, output: Tensor, maps: Tensor) -> Recorded:
    """γ/√(σ²+ε) of each image and channel (N, C, 1, 1); with running statistics if it keeps them."""
    if call["use_input_stats"]:
        variance = maps.flatten(2).var(2, correction=0)
    else:
        variance = call["running_var"].expand(len(maps), -1)
    scale = _by_parameter(call, "weight", (variance + call["eps"]).rsqrt(), (1, -1))
    return (scale.view(*scale.shape, *[1] * (maps.ndim - 2)),)


def normalised_reach(call: Call, below: Spatial | None = None) -> Reaches | None:
    """What one value of a layer normalisation depends on: a position where it is over the feature maps alone."""
    over = {len(call.shape or ()) - n for n in range(len(call["normalized_shape"]))}
    return POINTWISE if below is not None and not over & set(below) else None


def _normalisation(operator: object, record: object, local: Callable[..., Reaches | None] = whole) -> None:
    register(
        operator,
        reach=pointwise,
        local=local,
        record=record,
        counterpart="scale",
        role="normalise",
        extends_paper=True,
    )(scale_by_statistics)


def scale_by_statistics(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """Layer, group and instance normalisation: γ/√(σ²+ε) with the statistics that the image had."""
    (by,) = recorded
    return signal * by


_normalisation(aten.layer_norm.default, layer_scale, normalised_reach)
_normalisation(aten.group_norm.default, group_scale)
_normalisation(aten.instance_norm.default, instance_scale)
