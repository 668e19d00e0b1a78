"""Linear layers that average or scale: their adjoint, without the shift (DESIGN: the paper has none).

Batch normalisation in evaluation mode is a scale and a shift; the shift plays the part of a bias.
"""

import torch
from torch import Tensor

from ...network import Call
from ..registry import Recorded, pointwise, register
from ..signals import Spatial, map_like
from ..window import POINTWISE, Reach, Reaches, pair
from .pools import inside_pools, pool_reach

aten = torch.ops.aten


def normalising_scale(call: Call) -> Recorded:
    """γ/√(σ²+ε) of each channel (C,), in the network's own precision."""
    scale: Tensor = (call["running_var"] + call["eps"]).rsqrt()
    return (scale if call["weight"] is None else scale * call["weight"],)


def scale_back_in_place(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """`scale_back`, written over the signal."""
    (scale,) = recorded
    return signal.mul_(scale.view(-1, *[1] * (signal.ndim - 2)))


@register(
    aten._native_batch_norm_legit_no_training.default,
    reach=pointwise,
    pack=normalising_scale,
    around=0.0,
    counterpart="scale",
    role="normalise",
    in_place=scale_back_in_place,
    fresh=True,
    linear=True,
)
def scale_back(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """Batch normalisation y = (x − μ)·γ/√(σ²+ε) + β with fixed statistics: multiply by γ/√(σ²+ε)."""
    (scale,) = recorded
    return signal * scale.view(-1, *[1] * (signal.ndim - 2))


def region_sizes(call: Call, averaged: Tensor, maps: Tensor) -> Recorded:
    """What each sum was divided by (1, 1, h, w): regions at the border may hold fewer positions."""
    reaches = pool_reach(call)
    counted = [
        _counted(r, n, size, call["count_include_pad"])
        for r, n, size in zip(reaches, averaged.shape[-2:], maps.shape[-2:], strict=True)
    ]
    if call["divisor_override"] is not None:
        counted = [torch.ones_like(counted[0]) * call["divisor_override"], torch.ones_like(counted[1])]
    sizes = counted[0][:, None] * counted[1]
    return (sizes.to(averaged.device, averaged.dtype)[None, None],)


def _counted(reach: Reach, count: int, size: int, include_padding: bool) -> Tensor:
    start = torch.arange(count) * reach.stride - reach.padding
    border = reach.padding if include_padding else 0
    return (start + reach.kernel).clamp(max=size + border) - start.clamp(min=-border)


@register(
    aten.avg_pool2d.default, reach=pool_reach, on_maps=True, record=region_sizes, linear=True, counterpart="spread"
)
def spread(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """Average pooling: each value goes in equal shares to all positions of its region."""
    (sizes,) = recorded
    shares, reaches = signal / sizes, pool_reach(call)
    rows, columns = ((n - 1) * r.stride + r.span for r, n in zip(reaches, signal.shape[-2:], strict=True))
    below = map_like(signal, (rows, columns))
    for row, column in inside_pools(reaches, (signal.shape[-2], signal.shape[-1])):
        below[..., row, column] += shares
    return below


def adaptive_reach(call: Call, below: Spatial | None = None) -> Reaches | None:
    """Reach of an adaptive average: windows where its regions are equal and do not overlap."""
    maps, out = call.input_shapes[0][-2:], (call.shape or ())[-2:]
    if any(size % n for size, n in zip(maps, out, strict=True)) or tuple(out) == (1, 1):
        return POINTWISE if maps == out else None
    rows, columns = (Reach(size // n, size // n) for size, n in zip(maps, out, strict=True))
    return rows, columns


@register(aten.adaptive_avg_pool2d.default, reach=adaptive_reach, on_maps=True, linear=True, counterpart="spread")
def spread_adaptive(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """Adaptive average pooling: output o averages positions ⌊o·n/m⌋ to ⌈(o+1)·n/m⌉ of n, of m outputs."""
    reaches = adaptive_reach(call)
    if reaches is not None:
        (rows, columns), share = (r.kernel for r in reaches), reaches[0].kernel * reaches[1].kernel
        return (signal / share).repeat_interleave(rows, -2).repeat_interleave(columns, -1)
    maps, out = call.input_shapes[0][-2:], pair(signal.shape[-2:])
    rows_share, columns_share = (_shares(n, size).to(signal) for n, size in zip(out, maps, strict=True))
    below: Tensor = rows_share.T @ signal @ columns_share
    return below


def _shares(count: int, size: int) -> Tensor:
    """Matrix (count, size) of adaptive averaging along one axis, in float64."""
    shares = torch.zeros(count, size, dtype=torch.float64)
    for number in range(count):
        first, end = number * size // count, -(-(number + 1) * size // count)
        shares[number, first:end] = 1 / (end - first)
    return shares


@register(aten.mean.dim, linear=True, counterpart="spread")
def spread_mean(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """A mean over dimensions: each value goes in equal shares to all that were averaged."""
    shape = (len(signal), *call.input_shapes[0])
    dimensions = sorted(d % len(shape) for d in call["dim"])
    if not call["keepdim"]:
        for dimension in dimensions:
            signal = signal.unsqueeze(dimension)
    count = 1
    for dimension in dimensions:
        count *= shape[dimension]
    return (signal / count).expand(shape)


@register(aten.sum.dim_IntList, linear=True, counterpart="repeat")
def repeat_sum(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """A sum over dimensions: each value goes to all that were summed."""
    shape = (len(signal), *call.input_shapes[0])
    if not call["keepdim"]:
        for dimension in sorted(d % len(shape) for d in call["dim"]):
            signal = signal.unsqueeze(dimension)
    return signal.expand(shape)
