"""The second and third step of Zeiler & Fergus 2014, §2.1: (ii) rectify, (iii) filter.

And the two layers around them that the paper has: local response normalisation and the fully
connected layers.
"""

import torch
from torch import Tensor, nn
from torch.nn.functional import conv2d, conv_transpose2d, pad

from ...network import Call, Weight
from ..bits import positive, positive_
from ..registry import Recorded, pointwise, register
from ..signals import Spatial
from ..window import POINTWISE, Reach, Reaches, pair
from .pools import size_below

aten = torch.ops.aten


# --- (ii) rectify -------------------------------------------------------------------------------------


def rectify_in_place(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """`rectify`, half the way through memory."""
    return positive_(signal)


@register(
    aten.relu.default,
    reach=pointwise,
    local=pointwise,
    role="rectify",
    around=0.0,
    in_place=rectify_in_place,
    fresh=True,
)
def rectify(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """`max(s, 0)`: the reconstructed maps are made positive, as all feature maps are (§2.1).

    The signal itself is rectified; whether the unit below was active plays no part (that would be
    backpropagation). The paper has ReLU only.
    """
    return positive(signal)


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


FEW_POSITIONS = 9
"""Windows of no more positions are painted one position at a time."""

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
    fresh=True,
    linear=True,
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
    if signal.shape[-2] * signal.shape[-1] <= FEW_POSITIONS and groups == 1 and dilation == stride == (1, 1):
        return paint(signal, weight)
    full = [d * (k - 1) for k, d in zip(weight.shape[2:], dilation, strict=True)]
    painted = conv2d(signal, weight, padding=full, dilation=dilation, groups=groups)
    if stride == (1, 1):
        return painted
    height, width = size_below(filter_reach(call), (signal.shape[-2], signal.shape[-1]))
    return interleave(painted, stride)[..., :height, :width]


def paint(signal: Tensor, flipped_weight: Tensor) -> Tensor:
    """The same, said literally: each value paints its filter, and what overlaps adds.

    For windows of a few positions: an ordinary convolution would mostly multiply the zeros around them.
    """
    (count, _, rows, columns), (into, out, height, width) = signal.shape, flipped_weight.shape
    filters = flipped_weight.permute(0, 2, 3, 1).reshape(-1, out)
    strokes = (signal.permute(0, 2, 3, 1).reshape(-1, out) @ filters.T).view(count, rows, columns, into, height, width)
    strokes = strokes.flip(-2, -1)
    size = (count, into, rows + height - 1, columns + width - 1)
    below = torch.zeros(size, dtype=signal.dtype, device=signal.device).contiguous(memory_format=torch.channels_last)
    for row in range(rows):
        for column in range(columns):
            below[..., row : row + height, column : column + width] += strokes[:, row, column]
    return below


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
    linear=True,
    refuses=other_than_a_parameter,
)
def filter_transposed_linear(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """A fully connected layer is a filter as large as its map: multiply by the transposed weights."""
    below: Tensor = signal @ call["weight"]
    return below


# --- local response normalisation ---------------------------------------------------------------------


@register(nn.LocalResponseNorm, reach=pointwise, local=pointwise, counterpart="pass", role="normalise", around=0.0)
def pass_contrast_normalisation(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """Pass the signal as it is.

    "We do not use any contrast normalization operations when in this reconstruction path" (§2.1).
    """
    return signal


# --- networks that upsample: their layers are transposed filters and unpooling themselves ------------------


@register(
    aten.conv_transpose2d.input,
    on_maps=True,
    counterpart="filter",
    role="filter",
    linear=True,
    refuses=other_than_a_parameter,
)
def filter_again(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """A transposed convolution ("deconvolution layer" of FCN, §3.3) is answered by the convolution itself."""
    stride, padding, dilation = (pair(call[name]) for name in ("stride", "padding", "dilation"))
    filtered = conv2d(signal, call["weight"], None, stride, padding, dilation, call["groups"])
    height, width = call.input_shapes[0][1:]
    return filtered[..., :height, :width]  # an output padding as large as the stride gives positions too many
