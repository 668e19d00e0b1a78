"""What scales a signal: constants, and gates and statistics that are recorded and taken as constants.

A gate (squeeze-and-excitation, `x * sigmoid(g)`) says how much of a map passes, for this image. Like the
switches, it is recorded on the way up and used again on the way down; no signal goes into it.
"""

import torch
from torch import Tensor

from ...network import Call, Read
from ..registry import Recorded, pointwise, register
from ..signals import Spatial
from ..window import POINTWISE, Reaches
from .joins import same_positions, summed_to

aten = torch.ops.aten

SQUASHES = {aten.sigmoid.default, aten.hardsigmoid.default, aten.softmax.int}
CLIPS = {aten.hardtanh.default, aten.relu6.default, aten.clamp.default}
MOVES = {
    aten.view.default,
    aten._unsafe_view.default,
    aten.expand.default,
    aten.unsqueeze.default,
    aten.squeeze.dim,
    aten.squeeze.dims,
    aten.permute.default,
    aten.transpose.int,
    aten.slice.Tensor,
    aten.select.int,
    aten.split.Tensor,
    aten.split_with_sizes.default,
    aten.clone.default,
    aten.detach.default,
    aten._to_copy.default,
    aten.upsample_nearest2d.vec,
    aten.upsample_bilinear2d.vec,
}
SHIFTS = {aten.add.Tensor, aten.sub.Tensor, aten.rsub.Scalar, aten.mul.Tensor, aten.div.Tensor}


def _squash(call: Call, number: int) -> Call | None:
    """The sigmoid (or its like) that this input comes from, through what only moves, scales or shifts it.

    `relu6(x + 3) / 6` is a hard sigmoid written out.
    """
    producer = call.producers[number]
    while producer is not None and producer.inputs and (producer.operator in MOVES or _shifts(producer)):
        producer = producer.producers[0]
    if producer is None or producer.operator in SQUASHES:
        return producer
    return producer if producer.operator in CLIPS and _shifted_by_3(producer) is not None else None


def _shifts(call: Call) -> bool:
    return call.operator in SHIFTS and len(call.reads) == 1 and call.shape == call.input_shapes[0]


def _shifted_by_3(clip: Call) -> Call | None:
    below = clip.producers[0]
    return below if below is not None and _shifts(below) and below.arguments.get("other") in (3, 3.0) else None


def _argument_of(squash: Call) -> str:
    """The name of what a squash is a function of."""
    shifted = _shifted_by_3(squash) if squash.operator in CLIPS else None
    return (shifted or squash).inputs[0]


def gate_of(call: Call) -> int | None:
    """Which of two inputs of a product is the gate: from a sigmoid or softmax, else 1×1 in space; or None."""
    squashed = [n for n in (0, 1) if _squash(call, n) is not None]
    if len(squashed) == 1:
        return squashed[0]
    points = [n for n in (0, 1) if set(call.input_shapes[n][1:]) <= {1}]
    return points[0] if len(points) == 1 else None


def is_activation(call: Call) -> bool:
    """`x * sigmoid(x)`, `x * relu6(x + 3) / 6`: SiLU or Hardswish written out, an activation and no gate."""
    gate = gate_of(call)
    squash = None if gate is None else _squash(call, gate)
    if gate is None or squash is None or squash.operator is aten.softmax.int:
        return False
    producer = call.producers[gate]
    while producer is not None and producer is not squash and _shifts(producer):
        producer = producer.producers[0]
    return producer is squash and _argument_of(squash) == call.inputs[1 - gate]


def two_maps(call: Call) -> bool:
    """Whether both factors are computed from the image."""
    return len(call.inputs) == 2


def no_gate(call: Call) -> str:
    """Why a product has no mirror: neither factor is a gate."""
    if len(call.inputs) == 1 and all(isinstance(call.arguments[a], Read) for a in ("self", "other")):
        return "multiplies a map by itself, which has no mirror"
    if two_maps(call) and gate_of(call) is None:
        return "multiplies two maps of which neither is a gate (from a sigmoid or softmax, or 1×1 in space)"
    return ""


def signal_side(call: Call) -> tuple[int, ...]:
    """The inputs of a product that the signal goes to: not the gate."""
    return (1 - (gate_of(call) or 0),) if two_maps(call) else (0,)


def factor(call: Call, product: Tensor, *inputs: Tensor) -> Recorded:
    """What a product multiplies by: the gate of each image, or a parameter or number for all of them."""
    if two_maps(call):
        gate = inputs[gate_of(call) or 0]
        return (gate.view(len(gate), *[1] * (product.ndim - gate.ndim), *gate.shape[1:]),)
    return (_constant(call, product, "other" if isinstance(call.arguments["self"], Read) else "self"),)


def _constant(call: Call, like: Tensor, name: str) -> Tensor:
    value = torch.as_tensor(call[name], dtype=like.dtype, device=like.device)
    return value.view(*[1] * (like.ndim - value.ndim), *value.shape)


def product_spatial(call: Call, below: Spatial | None) -> Spatial | None:
    """Where rows and columns are: as in the input, if it has as many dimensions."""
    dimensions = len(call.shape or ()) + 1
    if below is not None and max(below) < dimensions:
        return below
    return (2, 3) if dimensions == 4 else None


def product_reach(call: Call, below: Spatial | None = None) -> Reaches | None:
    """Pointwise, if the input that carries the signal is not repeated over rows or columns."""
    carrying = call.input_shapes[signal_side(call)[0]]
    return POINTWISE if below is not None and same_positions(carrying, call.shape or (), below) else None


@register(
    aten.mul.Tensor,
    reach=product_reach,
    record=factor,
    carries=signal_side,
    refuses=no_gate,
    spatial=product_spatial,
    counterpart="scale",
)
def scale(signal: Tensor, call: Call, recorded: Recorded) -> list[Tensor | None]:
    """A product with a gate or a constant (layer scale): multiply by the same."""
    (by,) = recorded
    (carrying,) = signal_side(call)
    below = signal.clamp(min=0) if two_maps(call) and is_activation(call) else signal * by
    branches: list[Tensor | None] = [None] * len(call.inputs)
    branches[carrying] = summed_to(below, call.input_shapes[carrying])
    return branches


def divides_by_a_map(call: Call) -> str:
    """Only quotients by constants have a mirror."""
    by = isinstance(call.arguments["other"], Read)
    return "divides by what it computed from the image" if by else ""


def divisor(call: Call, quotient: Tensor, *inputs: Tensor) -> Recorded:
    """The constant that a quotient divides by."""
    return (_constant(call, quotient, "other"),)


def quotient_reach(call: Call, below: Spatial | None = None) -> Reaches | None:
    """Pointwise, if the input is not repeated over rows or columns."""
    same = below is not None and same_positions(call.input_shapes[0], call.shape or (), below)
    return POINTWISE if same else None


@register(
    aten.div.Tensor,
    reach=quotient_reach,
    record=divisor,
    refuses=divides_by_a_map,
    spatial=product_spatial,
    counterpart="scale",
)
def divide(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """A quotient by a constant: divide by the same."""
    (by,) = recorded
    return summed_to(signal / by, call.input_shapes[0])


@register(aten.neg.default, reach=pointwise, counterpart="negate")
def negate(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """A change of sign."""
    return -signal


def inside_the_network(call: Call) -> str:
    """A softmax mixes what it is taken over: only at the output is there a signal of the logits."""
    if int(call["dim"]) % (len(call.shape or ()) + 1) == 0:
        return "mixes the images of a batch"
    return "" if call.returned else "mixes maps or positions inside the network (as a gate or at the output it is fine)"


@register(
    aten.softmax.int,
    aten.log_softmax.int,
    reach=pointwise,
    refuses=inside_the_network,
    counterpart="pass",
    extends_paper=True,
)
def pass_to_logits(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """A softmax at the output: the signal is that of the logits."""
    return signal


# --- normalisation by the image's own statistics ----------------------------------------------------------


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


def _normalisation(operator: object, record: object) -> None:
    register(
        operator,
        reach=pointwise,
        record=record,
        counterpart="scale",
        role="normalise",
        extends_paper=True,
    )(scale_by_statistics)


def scale_by_statistics(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """Layer, group and instance normalisation: γ/√(σ²+ε) with the statistics that the image had."""
    (by,) = recorded
    return signal * by


_normalisation(aten.layer_norm.default, layer_scale)
_normalisation(aten.group_norm.default, group_scale)
_normalisation(aten.instance_norm.default, instance_scale)
