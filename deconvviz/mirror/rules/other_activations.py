"""Activations other than the paper's: the signal is rectified likewise, `max(s, 0)`, which extends the paper.

A sigmoid at the output passes the signal of its logit: that signal is the seed, which is positive.
"""

import torch
from torch import Tensor

from ...network import Call
from ..bits import positive
from ..registry import Recorded, pointwise, register
from .paper import rectify, rectify_in_place
from .pools import first_input

aten = torch.ops.aten

register(
    aten.relu6.default,
    aten.hardtanh.default,  # how nn.ReLU6 runs
    aten.leaky_relu.default,
    aten.prelu.default,
    aten.elu.default,
    aten.selu.default,
    aten.celu.default,
    aten.silu.default,
    aten.gelu.default,
    aten.hardswish.default,
    aten.mish.default,
    aten.softplus.default,
    aten.tanh.default,
    aten.sigmoid.default,
    aten.hardsigmoid.default,
    aten.log_sigmoid.default,
    aten.hardshrink.default,
    aten.softshrink.default,
    aten.threshold.default,
    reach=pointwise,
    local=pointwise,
    role="rectify",
    around=0.0,
    in_place=rectify_in_place,
    fresh=True,
    extends_paper=True,
)(rectify)


def draws_slopes(call: Call) -> str:
    """In training RReLU is random; evaluated it is a leaky ReLU."""
    return "draws its slopes at random, as in training" if call["training"] else ""


RRELUS = [  # in place it has room for the slopes drawn, an input that is not used
    getattr(aten, name).default
    for name in ("rrelu", "rrelu_with_noise", "rrelu_with_noise_functional")
    if hasattr(aten, name)
]


@register(
    *RRELUS,
    reach=pointwise,
    local=pointwise,
    role="rectify",
    refuses=draws_slopes,
    carries=first_input,
    counterpart="rectify",
    extends_paper=True,
)
def rectify_leaking(signal: Tensor, call: Call, recorded: Recorded) -> list[Tensor | None]:
    """RReLU, evaluated: rectified as other activations are."""
    return [positive(signal), *[None] * (len(call.inputs) - 1)]


def not_from_zero(call: Call) -> str:
    """Only `clamp(min=0)`, with or without an upper bound, is an activation."""
    return "" if call["min"] == 0 else f"clamps at {call['min']}, and only clamping at 0 is a rectification"


@register(
    aten.clamp.default,
    aten.clamp_min.default,
    aten.clip.default,
    reach=pointwise,
    local=pointwise,
    role="rectify",
    counterpart="rectify",
    refuses=not_from_zero,
)
def rectify_clamp(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """`x.clamp(min=0)` is a ReLU by another name."""
    return positive(signal)
