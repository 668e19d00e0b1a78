"""Batch normalisation folded into the filter before it: one pass over the maps instead of two.

In evaluation it is a scale and a shift for each feature map, and so can be part of the filter's weights and
bias. The forward pass of a scan is faster for it, and the same to rounding. The network is not changed.
"""

from collections.abc import Collection, Sequence

import torch

from .graph import Call, Constant, Read, Weight

CONVOLUTION = torch.ops.aten.conv2d.default
NORMALISATION = torch.ops.aten._native_batch_norm_legit_no_training.default


def fold(calls: Sequence[Call], watched: Collection[str]) -> tuple[Call, ...]:
    """The calls with each batch normalisation after a convolution folded into it.

    Only where nothing else reads the convolution and it is not `watched` itself, and in full precision
    (bfloat16 weights would be rounded twice). The folded call has the name of the normalisation.
    """
    readers: dict[str, list[Call]] = {}
    for call in calls:
        for name in call.reads:
            readers.setdefault(name, []).append(call)
    folded: dict[str, Call] = {}
    for call in calls:
        after = readers.get(call.name, [])
        if call.name not in watched and len(after) == 1 and _foldable(call, after[0]):
            folded[after[0].name] = _folded(call, after[0])
    gone = {name for call in folded.values() for name in call.arguments["instead_of"]}
    return tuple(folded.get(call.name, call) for call in calls if call.name not in gone)


def _foldable(filter_: Call, after: Call) -> bool:
    return (
        filter_.operator is CONVOLUTION
        and after.operator is NORMALISATION
        and after.pick == 0
        and after.reads == (filter_.name,)
        and isinstance(filter_.arguments["input"], Read)
        and isinstance(filter_.arguments["weight"], Weight)
        and filter_["weight"].dtype in (torch.float32, torch.float64)
    )


def _folded(filter_: Call, after: Call) -> Call:
    weight, mean = filter_["weight"], after["running_mean"].double()
    scale = (after["running_var"].double() + after["eps"]).rsqrt()
    if after["weight"] is not None:
        scale = scale * after["weight"].double()
    shift = -mean * scale
    if filter_["bias"] is not None:
        shift = shift + filter_["bias"].double() * scale
    if after["bias"] is not None:
        shift = shift + after["bias"].double()
    scaled = (weight.double() * scale[:, None, None, None]).to(weight.dtype)
    call = Call(after.name, CONVOLUTION, {"instead_of": (filter_.name,)})
    weights = (Weight(Constant(tensor), "value") for tensor in (scaled, shift.to(weight.dtype)))
    geometry = (filter_[name] for name in ("stride", "padding", "dilation", "groups"))
    call.positional = (filter_.arguments["input"], *weights, *geometry)
    call.reads, call.inputs, call.shape = filter_.reads, filter_.inputs, after.shape
    return call
