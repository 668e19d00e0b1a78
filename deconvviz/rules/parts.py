"""Operators that take a part: slices, splits, chunks. What was not taken gets no signal."""

import torch
from torch import Tensor

from ..graph import Call
from ..mirror import Recorded, register
from ..signals import Spatial
from ..window import POINTWISE, Reaches

aten = torch.ops.aten


def dimension(call: Call) -> int:
    """The dimension along which a part is taken, counted from the front."""
    return int(call["dim"]) % (len(call.input_shapes[0]) + 1)


def part(call: Call) -> range:
    """The positions along `dimension` that this part holds."""
    size = (0, *call.input_shapes[0])[dimension(call)]
    if call.operator is aten.slice.Tensor:
        return range(size)[slice(call["start"], call["end"], call["step"])]
    if call.operator is aten.select.int:
        return range(size)[int(call["index"]) % size :][:1]
    number, sizes = call.pick or 0, call.arguments.get("split_sizes") or call.arguments["split_size"]
    start = sizes * number if isinstance(sizes, int) else sum(sizes[:number])
    return range(size)[start : start + (sizes if isinstance(sizes, int) else sizes[number])]


def takes_images(call: Call) -> str:
    """Slices of the batch would choose images; `x[:, …]` slices it from end to end, and that is nothing."""
    if dimension(call) == 0 and (call.operator is not aten.slice.Tensor or (call["start"] or call["step"] != 1)):
        return "takes a part of the batch of images"
    return ""


def part_reach(call: Call) -> Reaches | None:
    """Pointwise where feature maps of (N, C, H, W) are taken; whole where rows or columns are."""
    return POINTWISE if len(call.input_shapes[0]) == 3 and dimension(call) in (0, 1) else None


def part_spatial(call: Call, below: Spatial | None) -> Spatial | None:
    """As in the input; a selected dimension is gone, and what came after it moves down."""
    if below is None or call.operator is not aten.select.int:
        return below
    if dimension(call) in below:
        return None
    rows, columns = (d - (d > dimension(call)) for d in below)
    return rows, columns


@register(
    aten.slice.Tensor,
    aten.select.int,
    aten.split.Tensor,
    aten.split_with_sizes.default,
    reach=part_reach,
    spatial=part_spatial,
    refuses=takes_images,
    counterpart="put back",
)
def put_back(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """A part of a map: put the signal back where it was taken; the rest gets zero."""
    along = dimension(call)
    if along == 0:
        return signal
    if call.operator is aten.select.int:
        signal = signal.unsqueeze(along)
    taken, shape = part(call), list(signal.shape)
    shape[along] = call.input_shapes[0][along - 1]
    below = signal.new_zeros(shape)
    below.movedim(along, 0)[taken.start : taken.stop : taken.step] = signal.movedim(along, 0)
    return below
