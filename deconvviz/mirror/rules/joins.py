"""Where branches meet: a sum sends the signal to every summand, a concatenation splits it."""

from collections.abc import Mapping

import torch
from torch import Tensor

from ...network import Call, Read
from ..registry import Recorded, register
from ..signals import Spatial
from ..window import POINTWISE, Reaches

aten = torch.ops.aten


def _scalar(call: Call, name: str) -> float:
    return float(call[name])


def join_reach(call: Call, below: Spatial | None = None) -> Reaches | None:
    """Pointwise, if no input is repeated over rows or columns to fit the others."""
    same = below is not None and all(same_positions(shape, call.shape or (), below) for shape in call.input_shapes)
    return POINTWISE if same else None


def same_positions(shape: tuple[int, ...], other: tuple[int, ...], spatial: Spatial) -> bool:
    """Whether two shapes (without the batch) have as many dimensions, and the same rows and columns."""
    return len(shape) == len(other) and all(shape[d - 1] == other[d - 1] for d in spatial)


@register(aten.add.Tensor, aten.sub.Tensor, reach=join_reach, around=0.0, linear=True, counterpart="to every summand")
def to_summands(signal: Tensor, call: Call, recorded: Recorded) -> list[Tensor]:
    """A sum (a skip connection): the signal goes to every summand that depends on the image.

    A difference is a sum with the second summand negated; constants get nothing.
    """
    sign = -1.0 if call.operator is aten.sub.Tensor else 1.0
    return _shared_out(signal, call, {"self": 1.0, "other": sign * _scalar(call, "alpha")})


def _shared_out(signal: Tensor, call: Call, factors: Mapping[str, float]) -> list[Tensor]:
    """To each input the signal times the factors of all arguments that it is."""
    branches = []
    for name, shape in zip(call.inputs, call.input_shapes, strict=True):
        factor = sum(f for side, f in factors.items() if _reads(call.arguments[side], name))
        branches.append(summed_to(signal if factor == 1 else signal * factor, shape))
    return branches


def _reads(argument: object, name: str) -> bool:
    return getattr(argument, "name", None) == name


@register(aten.lerp.Scalar, reach=join_reach, around=0.0, linear=True, counterpart="to every summand")
def to_both_ends(signal: Tensor, call: Call, recorded: Recorded) -> list[Tensor]:
    """`(1 - w) * start + w * end`, a sum with shares: each gets its own."""
    return _shared_out(signal, call, {"self": 1 - _scalar(call, "weight"), "end": _scalar(call, "weight")})


@register(aten.rsub.Scalar, reach=join_reach, linear=True, counterpart="negate")
def negate_from(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """`1 - x`: the signal changes sign."""
    return -signal * _scalar(call, "alpha")


def summed_to(signal: Tensor, shape: tuple[int, ...]) -> Tensor:
    """The adjoint of broadcasting: sum over the dimensions in which an input of this shape was repeated.

    Rows and columns of the signal may be a window, smaller than the map, so only ones count as repeated.
    """
    while signal.ndim > len(shape) + 1:
        signal = signal.sum(1)
    for dimension, size in enumerate(shape, start=1):
        if size == 1 and signal.shape[dimension] != 1:
            signal = signal.sum(dimension, keepdim=True)
    return signal


def cat_dimension(call: Call) -> int:
    """The dimension along which a concatenation joins, counted from the front."""
    return int(call["dim"]) % (len(call.shape or ()) + 1)


def joins_images(call: Call) -> str:
    """The first dimension counts the images of the batch."""
    return "joins along the images of the batch" if cat_dimension(call) == 0 else ""


def cat_reach(call: Call, below: Spatial | None = None) -> Reaches | None:
    """Pointwise where feature maps are joined; whole where rows or columns are."""
    return POINTWISE if below is not None and cat_dimension(call) not in (0, *below) else None


@register(
    aten.cat.default,
    aten.concat.default,
    reach=cat_reach,
    refuses=joins_images,
    around=0.0,
    linear=True,
    counterpart="split",
)
def split(signal: Tensor, call: Call, recorded: Recorded) -> list[Tensor | None]:
    """A concatenation: each input gets its own part of the signal."""
    dimension = cat_dimension(call)
    branches: dict[str, Tensor | None] = dict.fromkeys(call.inputs)
    shapes = dict(zip(call.inputs, call.input_shapes, strict=True))
    start = 0
    for part in call.arguments["tensors"]:
        own = isinstance(part, Read) and part.name in branches
        size = shapes[part.name][dimension - 1] if own else part.value.shape[dimension]
        if own:  # an input that is joined twice gets both parts
            piece, before = signal.narrow(dimension, start, size), branches[part.name]
            branches[part.name] = piece if before is None else before + piece
        start += size
    return list(branches.values())


def stack_spatial(call: Call, below: Spatial | None) -> Spatial | None:
    """Rows and columns move up by one if the new dimension comes before them."""
    if below is None:
        return None
    new = int(call["dim"]) % (len(call.shape or ()) + 1)
    rows, columns = (dimension + (dimension >= new) for dimension in below)
    return rows, columns


def stack_reach(call: Call, below: Spatial | None = None) -> Reaches | None:
    """Pointwise: a new dimension leaves rows and columns as they are."""
    return POINTWISE


@register(aten.stack.default, reach=stack_reach, spatial=stack_spatial, linear=True, counterpart="split")
def unstack(signal: Tensor, call: Call, recorded: Recorded) -> list[Tensor | None]:
    """A stack along a new dimension: each input gets its own layer of the signal."""
    branches: dict[str, Tensor | None] = dict.fromkeys(call.inputs)
    layers = signal.unbind(int(call["dim"]) % signal.ndim)
    for part, layer in zip(call.arguments["tensors"], layers, strict=True):
        if isinstance(part, Read) and part.name in branches:
            before = branches[part.name]
            branches[part.name] = layer if before is None else before + layer
    return list(branches.values())
