"""What scales a signal: constants, and gates that are recorded and taken as constants.

A gate (squeeze-and-excitation, `x * sigmoid(g)`) says how much of a map passes, for this image. Like the
switches, it is recorded on the way up and used again on the way down; no signal goes into it. A factor that is
computed from each value of the other one alone is no gate: both together are an activation (`patterns`), or refused.
"""

import torch
from torch import Tensor

from ...network import Call, Read
from ..registry import Recorded, pointwise, register
from ..signals import Spatial
from ..window import POINTWISE, Reaches
from .joins import join_reach, same_positions, summed_to

aten = torch.ops.aten

SQUASHES = {aten.sigmoid.default, aten.hardsigmoid.default, aten.softmax.int}
WRITTEN_OUT = {"sigmoid", "hardsigmoid"}
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
    if producer is not None and producer.pattern is not None and producer.pattern.key is not None:
        return producer if producer.pattern.name in WRITTEN_OUT else None
    if producer is None or producer.operator in SQUASHES:
        return producer
    return producer if producer.operator in CLIPS and _is_hard_sigmoid(producer) else None


def _shifts(call: Call) -> bool:
    alone = call.pattern is None and len(call.reads) == 1
    return alone and call.operator in SHIFTS and call.shape == call.input_shapes[0]


def _is_hard_sigmoid(clip: Call) -> bool:
    """Whether it is `relu6(x + 3)`, which a division by 6 makes one, here or after the product."""
    below, of = clip.producers[0], clip.arguments
    bounds = (of.get("min", of.get("min_val", 0)), of.get("max", of.get("max_val", 6)))  # relu6 has none to give
    if below is None or below.operator is not aten.add.Tensor or not _shifts(below):
        return False
    return below.arguments.get("other") == 3 and bounds == (0, 6)


def gate_of(call: Call) -> int | None:
    """Which of two inputs of a product is the gate: from a sigmoid or softmax, else 1×1 in space; or None.

    Also None for a map from a sigmoid times what alone is 1×1: either could be.
    """
    squashed = [n for n in (0, 1) if _squash(call, n) is not None]
    points = [n for n in (0, 1) if _is_a_point(call, n)]
    if len(squashed) == 1:
        return None if points == [1 - squashed[0]] else squashed[0]
    return points[0] if len(points) == 1 else None


def _is_a_point(call: Call, number: int) -> bool:
    """Whether an input is 1×1 in space; one that is repeated to fit the other (`expand_as`) is, too."""
    shape, producer = call.input_shapes[number], call.producers[number]
    while producer is not None and producer.operator is aten.expand.default and producer.input_shapes:
        shape, producer = producer.input_shapes[0], producer.producers[0]
    return set(shape[1:]) <= {1}


def two_maps(call: Call) -> bool:
    """Whether both factors are computed from the image."""
    return len(call.inputs) == 2


def no_gate(call: Call) -> str:
    """Why a product has no mirror: neither factor is a gate."""
    if len(call.inputs) == 1 and all(isinstance(call.arguments[a], Read) for a in ("self", "other")):
        return "multiplies a map by itself, which has no mirror"
    if call.pattern is not None and call.pattern.key is None:
        return "multiplies a map by a function of its own values, and together they are no activation that is known"
    if two_maps(call) and gate_of(call) is None:
        if all(_squash(call, n) is not None or _is_a_point(call, n) for n in (0, 1)):
            return "multiplies two maps that could both be the gate (from a sigmoid or softmax, or 1×1 in space)"
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
    local=join_reach,
    spatial=product_spatial,
    counterpart="scale",
)
def scale(signal: Tensor, call: Call, recorded: Recorded) -> list[Tensor | None]:
    """A product with a gate or a constant (layer scale): multiply by the same."""
    (by,) = recorded
    (carrying,) = signal_side(call)
    branches: list[Tensor | None] = [None] * len(call.inputs)
    branches[carrying] = summed_to(signal * by, call.input_shapes[carrying])
    return branches


def half_dimension(call: Call) -> int:
    """The dimension along which a gated linear unit has its two halves, counted from the front."""
    return int(call["dim"]) % (len(call.shape or ()) + 1)


def second_half(call: Call, output: Tensor, maps: Tensor) -> Recorded:
    """The gate of a gated linear unit: the sigmoid of its input's second half, of the output's shape."""
    return (maps.chunk(2, half_dimension(call))[1].sigmoid(),)


def halves_reach(call: Call, below: Spatial | None = None) -> Reaches | None:
    """Pointwise where feature maps are halved; whole where rows or columns are."""
    return POINTWISE if below is not None and half_dimension(call) not in (0, *below) else None


def halves_images(call: Call) -> str:
    """The first dimension counts the images of the batch."""
    return "halves the batch of images" if half_dimension(call) == 0 else ""


@register(
    aten.glu.default,
    reach=halves_reach,
    record=second_half,
    refuses=halves_images,
    local=halves_reach,
    counterpart="scale",
    extends_paper=True,
)
def scale_first_half(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """A gated linear unit, a·σ(b): to a what b lets pass; b, the gate, gets no signal."""
    (gate,) = recorded
    passed = signal * gate
    return torch.cat([passed, torch.zeros_like(passed)], half_dimension(call))


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
    local=join_reach,
    spatial=product_spatial,
    counterpart="scale",
)
def divide(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """A quotient by a constant: divide by the same."""
    (by,) = recorded
    return summed_to(signal / by, call.input_shapes[0])


@register(aten.neg.default, reach=pointwise, linear=True, counterpart="negate")
def negate(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """A change of sign."""
    return -signal


def inside_the_network(call: Call) -> str:
    """A softmax mixes what it is taken over: only at the output is there a signal of the logits."""
    if int(call["dim"]) % (len(call.shape or ()) + 1) == 0:
        return "mixes the images of a batch"
    return "" if call.returned else "mixes maps or positions inside the network (as a gate or at the output it is fine)"


def mixed_reach(call: Call, below: Spatial | None = None) -> Reaches | None:
    """What one value of a softmax depends on: a position where maps are mixed, all where rows or columns are."""
    return POINTWISE if below is not None and int(call["dim"]) % (len(call.shape or ()) + 1) not in below else None


@register(
    aten.softmax.int,
    aten.log_softmax.int,
    reach=pointwise,
    refuses=inside_the_network,
    local=mixed_reach,
    counterpart="pass",
    extends_paper=True,
)
def pass_to_logits(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """A softmax at the output: the signal is that of the logits."""
    return signal
