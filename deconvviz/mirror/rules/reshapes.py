"""Operators that only move values: the signal moves back."""

import torch
from torch import Tensor

from ...network import Call
from ..registry import Recorded, pointwise, register
from ..signals import Spatial
from ..window import POINTWISE, Reach, Reaches
from .joins import summed_to
from .rearrangements import transposed

aten = torch.ops.aten


@register(aten.clone.default, reach=pointwise, linear=True, counterpart="pass")
def pass_on(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """Copies pass the signal. (Identity and dropout leave no trace in an evaluated network.)"""
    return signal


register(aten.detach.default, reach=pointwise, local=pointwise, counterpart="pass")(pass_on)  # its derivative is zero


def _keeps_map(call: Call, below: Spatial | None) -> bool:
    """Whether a reshape leaves rows and columns, its input's last two dimensions, alone."""
    before, after = call.input_shapes[0], call.shape or ()
    return below == (len(before) - 1, len(before)) and len(after) >= 2 and before[-2:] == after[-2:]


def reshape_spatial(call: Call, below: Spatial | None) -> Spatial | None:
    """Rows and columns stay the last two dimensions, or are lost; a new (N, C, H, W) has new ones."""
    dimensions = len(call.shape or ()) + 1
    if _keeps_map(call, below):
        return (dimensions - 2, dimensions - 1)
    return (2, 3) if dimensions == 4 else None


def reshape_reach(call: Call, below: Spatial | None = None) -> Reaches | None:
    """Pointwise where rows and columns are left alone; else whole."""
    return POINTWISE if _keeps_map(call, below) else None


@register(
    aten.view.default,
    aten._unsafe_view.default,
    reach=reshape_reach,
    spatial=reshape_spatial,
    linear=True,
    counterpart="reshape",
)
def reshape_back(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """A change of shape: the signal takes the shape of the input again."""
    shape = call.input_shapes[0]
    if len(shape) >= 2 and shape[-2:] == (call.shape or ())[-2:]:  # rows and columns may be a window
        return signal.reshape(len(signal), *shape[:-2], *signal.shape[-2:])
    return signal.reshape(len(signal), *shape)


def _squeezed(call: Call) -> list[int]:
    """The dimensions of size 1 that this call drops, or the one that it adds, counted from the front."""
    if call.operator is aten.unsqueeze.default:
        return [int(call["dim"]) % (len(call.shape or ()) + 1)]
    named = call.positional[1] if call.operator is aten.squeeze.dims else [call["dim"]]
    shape = (0, *call.input_shapes[0])
    return sorted(d for d in (int(n) % len(shape) for n in named) if shape[d] == 1)


def squeezed_spatial(call: Call, below: Spatial | None) -> Spatial | None:
    """Rows and columns move by one for each dimension dropped or added before them."""
    if below is None:
        return (2, 3) if len(call.shape or ()) == 3 else None
    moved = _squeezed(call)
    if call.operator is aten.unsqueeze.default:
        rows, columns = (d + (d >= moved[0]) for d in below)
        return rows, columns
    if set(moved) & set(below):
        return None
    rows, columns = (d - sum(m < d for m in moved) for d in below)
    return rows, columns


@register(
    aten.unsqueeze.default,
    aten.squeeze.dim,
    aten.squeeze.dims,
    reach=pointwise,
    spatial=squeezed_spatial,
    linear=True,
    counterpart="reshape",
)
def unsqueeze_back(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """A dimension of size 1 dropped or added: add or drop it again."""
    if call.operator is aten.unsqueeze.default:
        return signal.squeeze(_squeezed(call)[0])
    for dimension in _squeezed(call):
        signal = signal.unsqueeze(dimension)
    return signal


def _sides(call: Call) -> list[tuple[int, int]]:
    """How much a padding adds before and after each padded dimension, the last dimension first."""
    amounts = list(call["pad"])
    return list(zip(amounts[::2], amounts[1::2], strict=True))


def pad_reach(call: Call, below: Spatial | None = None) -> Reaches | None:
    """A shift of rows and columns; whole where other dimensions are padded too."""
    sides = _sides(call) + [(0, 0)] * 2
    if call["mode"] != "constant" or any(side != (0, 0) for side in sides[2:]) or len(call.shape or ()) != 3:
        return None
    return Reach(padding=sides[1][0]), Reach(padding=sides[0][0])


@register(aten.pad.default, reach=pad_reach, on_maps=True, linear=True, counterpart="crop")
def crop(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """Padding with a constant: what was padded came from no pixel, and is cut off.

    A border that reflects or repeats pixels gives its part of the signal to them.
    """
    if call["mode"] != "constant":
        return transposed(signal, call)
    if pad_reach(call) is not None:
        return signal  # the window below is shifted; what leaves the map is cleared there
    sides = _sides(call)
    return torch.nn.functional.pad(signal, [-amount for side in sides for amount in side])


def permuted(call: Call) -> list[int]:
    """For each dimension of the output, the input's."""
    dimensions = list(range(len(call.shape or ()) + 1))
    if call.operator is aten.permute.default:
        return [int(d) % len(dimensions) for d in call["dims"]]
    first, second = (int(call[name]) % len(dimensions) for name in ("dim0", "dim1"))
    dimensions[first], dimensions[second] = second, first
    return dimensions


def permuted_spatial(call: Call, below: Spatial | None) -> Spatial | None:
    """Rows and columns go where the permutation puts them."""
    if below is None:
        return None
    order = permuted(call)
    return order.index(below[0]), order.index(below[1])


def transposes_images(call: Call) -> str:
    """The first dimension must stay the images."""
    return "" if permuted(call)[0] == 0 else "moves the dimension that counts the images"


@register(
    aten.permute.default,
    aten.transpose.int,
    reach=pointwise,
    spatial=permuted_spatial,
    refuses=transposes_images,
    linear=True,
    counterpart="permute back",
)
def permute_back(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """A permutation of dimensions (channel shuffle, channels last): permute back."""
    order = permuted(call)
    return signal.permute([order.index(d) for d in range(len(order))])


@register(aten.expand.default, linear=True, counterpart="sum")
def sum_repeated(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """Repeated values: what reaches the copies adds."""
    return summed_to(signal, call.input_shapes[0])


@register(aten._to_copy.default, reach=pointwise, local=pointwise, counterpart="pass")
def pass_converted(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """A change of precision: pass the signal."""
    return signal
