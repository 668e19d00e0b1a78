"""Operators that change the size of maps inside the network: their adjoint."""

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from ...network import Call
from ..registry import Recorded, pointwise, register
from .pools import first_input

aten = torch.ops.aten

MODES = {
    aten.upsample_nearest2d.vec: "nearest",
    aten._upsample_nearest_exact2d.vec: "nearest-exact",
    aten.upsample_bilinear2d.vec: "bilinear",
    aten.upsample_bicubic2d.vec: "bicubic",
}


def _along(call: Call, axis: int, like: Tensor) -> Tensor:
    """Interpolation along one axis as a matrix (output, input): each column is what one position becomes.

    Interpolation of maps treats rows and columns apart, so two such matrices say it all.
    """
    before, after = call.input_shapes[0][1 + axis], (call.shape or ())[1 + axis]
    basis = torch.eye(before, dtype=torch.float64)[None, None]
    mode = MODES[call.operator]
    aligned = call.arguments.get("align_corners") or False
    factors = call.arguments.get("scale_factors")
    options = {} if "nearest" in mode else {"align_corners": aligned}
    if factors:  # the given factor counts, not the ratio of sizes
        factor = factors[axis]
        resized = interpolate(basis, scale_factor=(factor, 1.0), mode=mode, **options)
    else:
        resized = interpolate(basis, size=(after, before), mode=mode, **options)
    return resized[0, 0].to(like)


@register(*MODES, on_maps=True, linear=True, counterpart="gather")
def gather_interpolated(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """Interpolation (FCN, §3.3: "upsampling is linear in the input"): each value gets what it gave, added up."""
    rows, columns = _along(call, 0, signal), _along(call, 1, signal)
    below: Tensor = rows.T @ signal @ columns
    return below


@register(aten.pixel_shuffle.default, on_maps=True, linear=True, counterpart="unshuffle")
def unshuffle(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """Pixel shuffle only moves values: move them back."""
    return torch.nn.functional.pixel_unshuffle(signal, call["upscale_factor"])


@register(aten.pixel_unshuffle.default, on_maps=True, linear=True, counterpart="shuffle")
def shuffle(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """Pixel unshuffle only moves values: move them back."""
    return torch.nn.functional.pixel_shuffle(signal, call["downscale_factor"])


@register(aten.channel_shuffle.default, on_maps=True, linear=True, reach=pointwise, counterpart="shuffle back")
def shuffle_back(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """A channel shuffle in g groups is undone by one in C/g groups."""
    return torch.nn.functional.channel_shuffle(signal, signal.shape[1] // call["groups"])


def places(call: Call, pooled: Tensor, maps: Tensor) -> Recorded:
    """The places of the maxima in the flattened map below (N, C, h, w)."""
    where: Tensor = torch.nn.functional.adaptive_max_pool2d(maps, call["output_size"], return_indices=True)[1]
    return (where,)


@register(
    aten.adaptive_max_pool2d.default,
    on_maps=True,
    record=places,
    carries=first_input,
    linear=True,
    counterpart="unpool",
)
def unpool_adaptive(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """Adaptive max-pooling: back to the places of the maxima; where regions overlap, values add."""
    (where,) = recorded
    shape = call.input_shapes[0]
    flat = signal.new_zeros(len(signal), shape[0], shape[1] * shape[2])
    return flat.scatter_add(2, where.expand(signal.shape).flatten(2), signal.flatten(2)).reshape(len(signal), *shape)
