"""Operators that take a part: slices, splits, chunks. What was not taken gets no signal."""

import torch
from torch import Tensor

from ...network import Call, Read
from ..registry import Recorded, register
from ..signals import Spatial
from ..window import POINTWISE, Reaches
from .joins import summed_to

aten = torch.ops.aten


OVERWRITES = (aten.slice_scatter.default, aten.select_scatter.default)


def whole_shape(call: Call) -> tuple[int, ...]:
    """The shape, without the batch, of the map that a part is of."""
    return (call.shape or ()) if call.operator in OVERWRITES else call.input_shapes[0]


def dimension(call: Call) -> int:
    """The dimension along which a part is taken, counted from the front."""
    return int(call["dim"]) % (len(whole_shape(call)) + 1)


def part(call: Call) -> range:
    """The positions along `dimension` that this part holds."""
    size = (0, *whole_shape(call))[dimension(call)]
    if call.operator in (aten.slice.Tensor, aten.slice_scatter.default):
        return range(size)[slice(call["start"], call["end"], call["step"])]
    if call.operator in (aten.select.int, aten.select_scatter.default):
        return range(size)[int(call["index"]) % size :][:1]
    if call.operator is aten.unbind.int:
        return range(size)[call.pick or 0 :][:1]
    number, sizes = call.pick or 0, call.arguments.get("split_sizes") or call.arguments["split_size"]
    start = sizes * number if isinstance(sizes, int) else sum(sizes[:number])
    return range(size)[start : start + (sizes if isinstance(sizes, int) else sizes[number])]


def takes_images(call: Call) -> str:
    """Slices of the batch would choose images; `x[:, …]` slices it from end to end, and that is nothing."""
    if dimension(call) != 0:
        return ""
    slices = call.operator in (aten.slice.Tensor, aten.slice_scatter.default)
    from_end_to_end = slices and not call["start"] and call["step"] == 1 and call.batched
    return "" if from_end_to_end else "takes a part of the batch of images"


def part_reach(call: Call, below: Spatial | None = None) -> Reaches | None:
    """Pointwise where feature maps are taken; whole where rows or columns are."""
    return POINTWISE if below is not None and dimension(call) not in below else None


def part_spatial(call: Call, below: Spatial | None) -> Spatial | None:
    """As in the input; a selected dimension is gone, and what came after it moves down."""
    if below is None or call.operator not in (aten.select.int, aten.unbind.int):
        return below
    if dimension(call) in below:
        return None
    rows, columns = (d - (d > dimension(call)) for d in below)
    return rows, columns


@register(
    aten.slice.Tensor,
    aten.select.int,
    aten.unbind.int,
    aten.split.Tensor,
    aten.split_with_sizes.default,
    reach=part_reach,
    spatial=part_spatial,
    refuses=takes_images,
    linear=True,
    counterpart="put back",
)
def put_back(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """A part of a map: put the signal back where it was taken; the rest gets zero."""
    along = dimension(call)
    if along == 0:
        return signal
    if call.operator in (aten.select.int, aten.unbind.int):
        signal = signal.unsqueeze(along)
    taken, shape = part(call), list(signal.shape)
    shape[along] = call.input_shapes[0][along - 1]
    below = signal.new_zeros(shape)
    below.movedim(along, 0)[taken.start : taken.stop : taken.step] = signal.movedim(along, 0)
    return below


@register(*OVERWRITES, refuses=takes_images, linear=True, counterpart="divide")
def divide_scattered(signal: Tensor, call: Call, recorded: Recorded) -> list[Tensor | None]:
    """A part overwritten (`y[:, :2].relu_()`, `y[:, 0] = x`): its part of the signal goes to what was written."""
    along, taken = dimension(call), part(call)
    if along == 0:
        return [None, signal] if len(call.inputs) == 2 else [signal]
    rest = signal.clone()
    rest.movedim(along, 0)[taken.start : taken.stop : taken.step] = 0
    written = signal.movedim(along, 0)[taken.start : taken.stop : taken.step].movedim(0, along)
    if call.operator is aten.select_scatter.default:
        written = written.squeeze(along)
    given = {"self": rest, "src": written}
    branches: dict[str, Tensor] = {}
    for argument, piece in given.items():
        name = getattr(call.arguments[argument], "name", None)
        if name in call.inputs:
            branches[str(name)] = piece
    return [branches.get(name) for name in call.inputs]


@register(aten.copy.default, linear=True, counterpart="pass")
def pass_copied(signal: Tensor, call: Call, recorded: Recorded) -> list[Tensor | None]:
    """A part overwritten by other values (`y[:, :2] = x`): the signal goes to those."""
    source = getattr(call.arguments["src"], "name", None)
    shapes = dict(zip(call.inputs, call.input_shapes, strict=True))
    return [summed_to(signal, shapes[name]) if name == source else None for name in call.inputs]


def no_input(call: Call) -> tuple[int, ...]:
    """The signal goes to none of the inputs: only their shapes were read."""
    return ()


def fills_with_what_it_computed(call: Call) -> str:
    """Only a constant gets no signal."""
    return "fills with what it computed from the image" if isinstance(call.arguments.get("value"), Read) else ""


@register(
    aten.zeros_like.default,
    aten.ones_like.default,
    aten.full_like.default,
    aten.new_zeros.default,
    aten.fill.Tensor,
    aten.fill.Scalar,
    carries=no_input,
    refuses=fills_with_what_it_computed,
    linear=True,
    counterpart="stop",
)
def stop(signal: Tensor, call: Call, recorded: Recorded) -> list[Tensor | None]:
    """A constant as large as a map: no signal."""
    return [None] * len(call.inputs)


def turns_images(call: Call) -> str:
    """Only maps can be flipped, not the order of the images."""
    dimensions = {int(d) % (len(call.shape or ()) + 1) for d in call["dims"]}
    return "changes the order of the images" if 0 in dimensions else ""


@register(aten.flip.default, refuses=turns_images, linear=True, counterpart="flip back")
def flip_back(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """A mirror image: flip again."""
    return signal.flip(call["dims"])
