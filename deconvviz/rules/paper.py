"""The three steps of Zeiler & Fergus 2014, §2.1: (i) unpool, (ii) rectify, (iii) filter.

And the two layers around them that the paper has: local response normalisation and the fully
connected layers.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d, pad

from ..bits import positive, put_where
from ..graph import Call, Weight
from ..mirror import Recorded, pointwise, register
from ..signals import Spatial, map_like
from ..window import POINTWISE, Reach, Reaches, pair

aten = torch.ops.aten


# --- (i) unpool ---------------------------------------------------------------------------------------


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

    The first of equal maxima wins, as in torch's own max-pooling.
    """
    reaches, numbers = pool_reach(call), place_numbers(call)
    ends = size_below(reaches, _size(pooled))
    after = [end - r.padding - have for end, r, have in zip(ends, reaches, _size(maps), strict=True)]
    border = [reaches[1].padding, max(after[1], 0), reaches[0].padding, max(after[0], 0)]
    around = pad(maps, border, value=float("-inf")) if any(border) else maps
    places = inside_pools(reaches, _size(pooled))
    size = next(d for d in (torch.uint8, torch.int16, torch.int32) if numbers[-1] <= torch.iinfo(d).max)
    where = torch.zeros_like(pooled, dtype=size)
    searching: Tensor | None = None
    for number, (row, column) in enumerate(places[:-1]):
        differs = around[..., row, column] != pooled
        searching = differs if searching is None else searching.logical_and_(differs)
        where.add_(searching, alpha=numbers[number + 1] - numbers[number])  # not here: on to the next place
    return (where,)


@register(
    aten.max_pool2d.default,
    aten.max_pool2d_with_indices.default,
    reach=pool_reach,
    on_maps=True,
    record=switches,
    around=float("-inf"),
)
def unpool(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """Put each value back to the place where its maximum was, as the switches say; zero elsewhere.

    Where regions overlap (AlexNet, ZFNet, ResNet) one place may be the maximum of several: their values
    add, as in backpropagation. (`torch.nn.MaxUnpool2d` keeps only one of them.)
    """
    (where,), reaches = recorded, pool_reach(call)
    height, width = size_below(reaches, _size(signal))
    if not side_by_side(reaches):
        return _add_at(signal, where, reaches, (height, row_length(call)))[..., :width]
    below = map_like(signal, (height, width), None)
    for number, (row, column) in enumerate(inside_pools(reaches, _size(signal))):
        put_where(signal, where, number, below[..., row, column])
    return below


def _add_at(signal: Tensor, where: Tensor, reaches: Reaches, size: tuple[int, int]) -> Tensor:
    """Add each value at its place on maps of `size`; `where`: counted from its region's first place."""
    (rows, columns), (down, across) = reaches, _size(signal)
    corners = torch.arange(0, down * rows.stride, rows.stride, device=signal.device)[:, None] * size[1]
    at = corners + torch.arange(0, across * columns.stride, columns.stride, device=signal.device) + where
    # torch's own backward pass of max-pooling; it takes kernels only to check the sizes
    kernel = [size[0] - (down - 1) * rows.stride, size[1] - (across - 1) * columns.stride]
    stride = [rows.stride, columns.stride]
    below: Tensor = aten.max_pool2d_with_indices_backward(
        signal, map_like(signal, size, None), kernel, stride, [0, 0], [1, 1], False, at
    )
    return below


def _size(signal: Tensor) -> tuple[int, int]:
    return signal.shape[-2], signal.shape[-1]


# --- (ii) rectify -------------------------------------------------------------------------------------


@register(aten.relu.default, reach=pointwise, role="rectify", around=0.0)
@register(
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
    reach=pointwise,
    role="rectify",
    around=0.0,
    extends_paper=True,
)
def rectify(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """`max(s, 0)`: the reconstructed maps are made positive, as all feature maps are (§2.1).

    The signal itself is rectified; whether the unit below was active plays no part (that would be
    backpropagation). The paper has ReLU only; other activations are answered likewise, which extends it.
    A sigmoid at the output passes the signal of its logit: that signal is the seed, which is positive.
    """
    return positive(signal)


def not_from_zero(call: Call) -> str:
    """Only `clamp(min=0)`, with or without an upper bound, is an activation."""
    return "" if call["min"] == 0 else f"clamps at {call['min']}, and only clamping at 0 is a rectification"


@register(aten.clamp.default, aten.clamp_min.default, reach=pointwise, role="rectify", refuses=not_from_zero)
def rectify_clamp(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """`x.clamp(min=0)` is a ReLU by another name."""
    return signal.clamp(min=0)


# --- (iii) filter -------------------------------------------------------------------------------------


def other_than_a_parameter(call: Call) -> str:
    """A filter that the network computes from the image is no filter with a transpose of its own."""
    return "" if isinstance(call.arguments["weight"], Weight) else "filters with weights computed from the image"


def filter_reach(call: Call, below: Spatial | None = None) -> Reaches:
    """Reach of a convolution. "same" padding puts the odd position at the end, as torch does."""
    kernel, dilation = tuple(call["weight"].shape[2:]), pair(call["dilation"])
    padding = call["padding"]
    if padding == "same":
        padding = [d * (k - 1) // 2 for k, d in zip(kernel, dilation, strict=True)]
    padding = (0, 0) if padding == "valid" else pair(padding)
    stride = pair(call["stride"])
    rows, columns = (Reach(*sizes) for sizes in zip(kernel, stride, padding, dilation, strict=True))
    return rows, columns


FEW_CHANNELS = 16
"""A filter with no more channels than these leaves most of a processor's vector or matrix units idle."""


def flipped_filters(call: Call) -> Recorded:
    """What `filter_transposed` filters with: flipped filters, interleaved ones, or the filters themselves."""
    weight: Tensor = call["weight"]
    if pair(call["stride"]) == (1, 1):
        weight = flipped(weight, call["groups"])
    elif interleaves(call):
        weight = flipped(by_phase(weight, pair(call["stride"])), 1)
    return (weight.contiguous(memory_format=torch.channels_last),)


def interleaves(call: Call) -> bool:
    """Whether a filter with a stride is answered by one without, which computes all its phases at once."""
    few = call.input_shapes[0][0] <= FEW_CHANNELS and call["groups"] == 1
    return few and pair(call["dilation"]) == (1, 1) and pair(call["stride"]) != (1, 1)


def by_phase(weight: Tensor, stride: tuple[int, int]) -> Tensor:
    """Filters (out, in, h, w) of a stride s as filters (out, in·s·s, ⌈h/s⌉, ⌈w/s⌉) without one.

    The place j = s·q + r of a filter paints pixel s·(i + q) + r for position i: so the r-th of every s
    pixels is painted by the r-th of every s places alone (Shi et al. 2016, "sub-pixel" convolution).
    """
    (rows, columns), (out, into, height, width) = stride, weight.shape
    whole = pad(weight, (0, -width % columns, 0, -height % rows))
    parts = whole.view(out, into, whole.shape[2] // rows, rows, whole.shape[3] // columns, columns)
    return parts.permute(0, 1, 3, 5, 2, 4).flatten(1, 3)


@register(
    aten.conv2d.default,
    aten.conv2d.padding,
    reach=filter_reach,
    on_maps=True,
    pack=flipped_filters,
    around=0.0,
    counterpart="transposed filter",
    role="filter",
    refuses=other_than_a_parameter,
)
def filter_transposed(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """The transposed filters: each value paints its filter, and what overlaps adds. No bias.

    "In practice this means flipping each filter vertically and horizontally" (§2.1): with stride 1 it is
    an ordinary convolution with flipped filters. Unpadded: windows grow by the reach of the filter.
    """
    (weight,), groups, dilation, stride = recorded, call["groups"], pair(call["dilation"]), pair(call["stride"])
    if stride != (1, 1) and not interleaves(call):
        return conv_transpose2d(signal, weight, stride=stride, dilation=dilation, groups=groups)
    full = [d * (k - 1) for k, d in zip(weight.shape[2:], dilation, strict=True)]
    painted = conv2d(signal, weight, padding=full, dilation=dilation, groups=groups)
    if stride == (1, 1):
        return painted
    height, width = size_below(filter_reach(call), _size(signal))
    return interleave(painted, stride)[..., :height, :width]


def interleave(phases: Tensor, stride: tuple[int, int]) -> Tensor:
    """Signals (B, C·s·s, h, w) of all phases → (B, C, h·s, w·s)."""
    (rows, columns), (count, channels, height, width) = stride, phases.shape
    parts = phases.reshape(count, channels // (rows * columns), rows, columns, height, width)
    return parts.permute(0, 1, 4, 2, 5, 3).reshape(count, -1, height * rows, width * columns)


def flipped(weight: Tensor, groups: int) -> Tensor:
    """Filters (out, in/groups, h, w) with input and output swapped and both axes flipped."""
    out, into, *kernel = weight.shape
    grouped = weight.reshape(groups, out // groups, into, *kernel).transpose(1, 2)
    return grouped.reshape(groups * into, out // groups, *kernel).flip(2, 3)


def linear_reach(call: Call, below: Spatial | None = None) -> Reaches | None:
    """A 1×1 filter where it is applied at each position of a map (N, H, W, C); else the whole."""
    last = len(call.shape or ())
    return POINTWISE if below is not None and last not in below else None


@register(
    aten.linear.default,
    reach=linear_reach,
    counterpart="transposed filter",
    role="filter",
    refuses=other_than_a_parameter,
)
def filter_transposed_linear(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """A fully connected layer is a filter as large as its map: multiply by the transposed weights."""
    below: Tensor = signal @ call["weight"]
    return below


# --- local response normalisation ---------------------------------------------------------------------


@register(nn.LocalResponseNorm, reach=pointwise, counterpart="pass", role="normalise", around=0.0)
def pass_contrast_normalisation(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """Pass the signal as it is.

    "We do not use any contrast normalization operations when in this reconstruction path" (§2.1).
    """
    return signal


# --- networks that upsample: their layers are transposed filters and unpooling themselves ------------------


@register(
    aten.conv_transpose2d.input, on_maps=True, counterpart="filter", role="filter", refuses=other_than_a_parameter
)
def filter_again(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """A transposed convolution ("deconvolution layer" of FCN, §3.3) is answered by the convolution itself."""
    stride, padding, dilation = (pair(call[name]) for name in ("stride", "padding", "dilation"))
    filtered = conv2d(signal, call["weight"], None, stride, padding, dilation, call["groups"])
    height, width = call.input_shapes[0][1:]
    return filtered[..., :height, :width]  # an output padding as large as the stride gives positions too many


def indices(call: Call, output: Tensor, maps: Tensor, where: Tensor) -> Recorded:
    """Where an unpooling layer put each value: places of the flattened map below (N, C, h, w)."""
    return (where,)


def first_input(call: Call) -> tuple[int, ...]:
    """The signal goes to the first input only; others are indices, gates or statistics."""
    return (0,)


@register(
    aten.max_unpool2d.default, on_maps=True, record=indices, carries=first_input, counterpart="pool at the switches"
)
def take_from_switches(signal: Tensor, call: Call, recorded: Recorded) -> list[Tensor | None]:
    """An unpooling layer in the network (SegNet): take each value from where it was put."""
    (where,) = recorded
    return [signal.flatten(2).gather(2, where.flatten(2)).reshape(where.shape), None]
