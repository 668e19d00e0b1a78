"""Operators that repeat, roll, turn or pick values: each value goes back to the one that it is a copy of.

They are linear, and torch knows the transpose of each: its own backward pass, which depends on no value.
"""

import torch
from torch import Tensor

from ...network import Call, Weight
from ..registry import Recorded, register
from ..signals import Spatial
from ..window import POINTWISE, Reaches

aten = torch.ops.aten


def transposed(signal: Tensor, call: Call) -> Tensor:
    """The transpose of a linear operator of one tensor, applied to a signal (B, …) for its output."""
    moved = moved_dimensions(call)
    kept = [n if d in moved else signal.shape[d] for d, n in enumerate(call.input_shapes[0], start=1)]
    shape = (len(signal), *kept)  # rows and columns that stay where they are may be a window's
    with torch.inference_mode(False), torch.enable_grad():
        below = torch.zeros(shape, dtype=signal.dtype, device=signal.device, requires_grad=True)
        (arrived,) = torch.autograd.grad(call(below), below, signal.clone())
    return arrived


def moved_dimensions(call: Call) -> set[int]:
    """The dimensions along which values are not where they were, counted from the front."""
    count, operator = len(call.input_shapes[0]) + 1, call.operator
    everything = set(range(count))
    if operator in (aten.repeat.default, aten.tile.default):
        times = list(call["repeats"] if operator is aten.repeat.default else call["dims"])
        if len(times) > count:
            return everything
        return {d + count - len(times) for d, n in enumerate(times) if n != 1}
    if operator is aten.pad.default:
        return {count - 1 - d for d in range(len(call["pad"]) // 2)}
    if operator is aten.index.Tensor:
        picked = [d for d, index in enumerate(call.arguments["indices"]) if index is not None]
        single = len(picked) == 1 and len(call.shape or ()) + 1 == count
        return set(picked) if single or 0 in picked else everything - {0}
    named = call["dim"] if "dim" in call.arguments else call["dims"]
    dimensions = [named] if isinstance(named, int) else list(named or [])
    return {int(d) % count for d in dimensions} or everything


def moves_images(call: Call) -> str:
    """Only what is beside the batch may move, and by an order that does not depend on the image."""
    if 0 in moved_dimensions(call):
        return "moves or repeats the images of a batch"
    order = call.arguments.get("index"), *(call.arguments.get("indices") or [])
    fixed = len(call.reads) == 1 and all(index is None or isinstance(index, Weight) for index in order)
    return "" if fixed else "picks values by an order computed from the image"


def rearranged_reach(call: Call, below: Spatial | None = None) -> Reaches | None:
    """Pointwise where feature maps are moved; whole where rows or columns are."""
    same = below is not None and len(call.shape or ()) == len(call.input_shapes[0])
    return POINTWISE if same and not moved_dimensions(call) & set(below or ()) else None


@register(
    aten.repeat.default,
    aten.tile.default,
    aten.repeat_interleave.self_int,
    aten.roll.default,
    aten.rot90.default,
    aten.index_select.default,
    aten.index.Tensor,
    reach=rearranged_reach,
    refuses=moves_images,
    linear=True,
    counterpart="put back",
)
def put_each_back(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """Copies of values in other places: what reaches them adds where they came from."""
    return transposed(signal, call)
