"""The first step of Zeiler & Fergus 2014, §2.1: (i) unpool, with the recorded switches.

"… the max pooling operation is non-invertible, however we can obtain an approximate inverse by recording
the locations of the maxima within each pooling region in a set of switch variables."
"""

import torch
from torch import Tensor
from torch.nn.functional import pad

from ...network import Call
from ..bits import put_where
from ..registry import Recorded, register
from ..signals import Spatial, map_like
from ..window import Reach, Reaches, pair

aten = torch.ops.aten


def pool_reach(call: Call, below: Spatial | None = None) -> Reaches:
    """Reach of a pooling layer; an empty stride means the kernel's size."""
    kernel, padding = pair(call["kernel_size"]), pair(call["padding"])
    stride = pair(call["stride"] or call["kernel_size"])
    dilation = pair(call.arguments.get("dilation", 1))
    rows, columns = (Reach(*sizes) for sizes in zip(kernel, stride, padding, dilation, strict=True))
    return rows, columns


def inside_pools(reaches: Reaches, size: tuple[int, int]) -> list[tuple[slice, slice]]:
    """For each place inside a pooling region, in row-major order: where it lies, for `size` regions.

    The slices cut one position per region out of a map that starts at the first region's corner.
    """
    steps = [
        [slice(j * r.dilation, j * r.dilation + (n - 1) * r.stride + 1, r.stride) for j in range(r.kernel)]
        for r, n in zip(reaches, size, strict=True)
    ]
    return [(row, column) for row in steps[0] for column in steps[1]]


def size_below(reaches: Reaches, size: tuple[int, int]) -> tuple[int, int]:
    """Rows and columns that `size` regions read."""
    rows, columns = ((n - 1) * r.stride + r.span for r, n in zip(reaches, size, strict=True))
    return rows, columns


def side_by_side(reaches: Reaches) -> bool:
    """Whether the regions of a pooling cover the map below once (VGG), rather than overlap or leave gaps."""
    return all(reach.kernel == reach.stride and reach.dilation == 1 for reach in reaches)


def row_length(call: Call) -> int:
    """How many positions of the map below are counted as one row: its own and what regions reach beyond."""
    return int(call.input_shapes[0][-1]) + 2 * pool_reach(call)[1].span


def place_numbers(call: Call) -> list[int]:
    """What stands for each place inside a region, in row-major order.

    Where regions lie side by side: 0, 1, 2, …; else how many positions of the map below, counted row by
    row, lie between the region's first place and this one.
    """
    rows, columns = pool_reach(call)
    if side_by_side((rows, columns)):
        return list(range(rows.kernel * columns.kernel))
    offsets = [(i * rows.dilation, j * columns.dilation) for i in range(rows.kernel) for j in range(columns.kernel)]
    return [i * row_length(call) + j for i, j in offsets]


def switches(call: Call, pooled: Tensor, maps: Tensor) -> Recorded:
    """Which place of its region held each maximum (N, C, h, w), as `place_numbers` names it; uint8 if it fits.

    torch's max-pooling knows, but tells by position on the map: y·width + x. Less its region's corner, that is
    i·width + j for place (i, j), and only rows of another length are left to be counted.
    """
    reaches, numbers = pool_reach(call), place_numbers(call)
    (rows, columns), padding = reaches, [reach.padding for reach in reaches]
    if columns.span > maps.shape[-1]:  # a map so narrow that places of two rows would get one number
        maps = pad(maps, [columns.padding, columns.padding, rows.padding, rows.padding], value=float("-inf"))
        padding = [0, 0]
    kernel, stride, dilation = ([getattr(r, name) for r in reaches] for name in ("kernel", "stride", "dilation"))
    at = aten.max_pool2d_with_indices(maps, kernel, stride, padding, dilation, call["ceil_mode"])[1]
    size = _size(pooled)
    tops, lefts = (torch.arange(n, device=at.device) * s - p for n, s, p in zip(size, stride, padding, strict=True))
    width, fits = maps.shape[-1], torch.iinfo(torch.int16).max
    number = torch.int16 if max(numbers[-1], rows.span * width) <= fits else torch.int32
    corners = tops[:, None] * width + lefts
    where = at[..., : size[0], : size[1]].to(number) - corners.to(number)  # right modulo 2¹⁶, and the difference fits
    in_row = [where >= row * rows.dilation * width for row in range(1, rows.kernel)]  # all, before any number changes
    for beyond in in_row:
        where.add_(beyond, alpha=numbers[columns.kernel] - rows.dilation * width)
    return (where.to(torch.uint8) if numbers[-1] <= torch.iinfo(torch.uint8).max else where,)


@register(
    aten.max_pool2d.default,
    aten.max_pool2d_with_indices.default,
    reach=pool_reach,
    on_maps=True,
    record=switches,
    around=float("-inf"),
    fresh=True,
    linear=True,
)
def unpool(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """Put each value back to the place where its maximum was, as the switches say; zero elsewhere.

    Where regions overlap (AlexNet, ZFNet, ResNet) one place may be the maximum of several: their values
    add, as in backpropagation. (`torch.nn.MaxUnpool2d` keeps only one of them.)
    """
    (where,), reaches = recorded, pool_reach(call)
    height, width = size_below(reaches, _size(signal))
    if not side_by_side(reaches):
        length = row_length(call)
        if length > 2 * width:  # a small window of a wide map: count its own rows
            rows = torch.div(where, length, rounding_mode="floor").long()
            where, length = where - rows * (length - width), width
        return _add_at(signal, where, reaches, (height, length))[..., :width]
    below = map_like(signal, (height, width), None)
    for number, (row, column) in enumerate(inside_pools(reaches, _size(signal))):
        put_where(signal, where, number, below[..., row, column])
    return below


def _size(signal: Tensor) -> tuple[int, int]:
    return signal.shape[-2], signal.shape[-1]


def _add_at(signal: Tensor, where: Tensor, reaches: Reaches, size: tuple[int, int]) -> Tensor:
    """Add each value at its place on maps of `size`; `where`: counted from its region's first place."""
    (rows, columns), (down, across) = reaches, _size(signal)
    corners = torch.arange(0, down * rows.stride, rows.stride, device=signal.device)[:, None] * size[1]
    at = corners + torch.arange(0, across * columns.stride, columns.stride, device=signal.device) + where
    if signal.device.type not in ("cpu", "cuda"):  # others look for the maxima again, whatever is recorded
        flat = signal.new_zeros(*signal.shape[:2], size[0] * size[1])
        flat.scatter_add_(2, at.expand(signal.shape).flatten(2), signal.flatten(2))
        return flat.view(*signal.shape[:2], *size)
    # torch's own backward pass of max-pooling; regions of this kernel are as many and hold all places
    kernel = [size[0] - (down - 1) * rows.stride, size[1] - (across - 1) * columns.stride]
    stride = [rows.stride, columns.stride]
    below: Tensor = aten.max_pool2d_with_indices_backward(
        signal, map_like(signal, size, None), kernel, stride, [0, 0], [1, 1], False, at.expand(signal.shape)
    )
    return below


# --- networks that upsample: unpooling is a layer of theirs -------------------------------------------------


def indices(call: Call, output: Tensor, maps: Tensor, where: Tensor) -> Recorded:
    """Where an unpooling layer put each value: places of the flattened map below (N, C, h, w)."""
    return (where,)


def first_input(call: Call) -> tuple[int, ...]:
    """The signal goes to the first input only; others are indices, gates or statistics."""
    return (0,)


@register(
    aten.max_unpool2d.default,
    on_maps=True,
    record=indices,
    carries=first_input,
    linear=True,
    counterpart="pool at the switches",
)
def take_from_switches(signal: Tensor, call: Call, recorded: Recorded) -> list[Tensor | None]:
    """An unpooling layer in the network (SegNet): take each value from where it was put."""
    (where,) = recorded
    return [signal.flatten(2).gather(2, where.flatten(2)).reshape(where.shape), None]
