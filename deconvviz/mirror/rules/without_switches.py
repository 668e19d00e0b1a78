"""Unpooling without the recorded switches: to the middle of each region, or in equal shares to all of it.

What is lost then is what the image told (Mahendran & Vedaldi 2016, "bottleneck information"): where in its region each
maximum was. Regions at a border of the map have only those places that lie on it.
"""

import torch
from torch import Tensor

from ...network import Call
from ..registry import Recorded, register
from ..window import Reach
from .averages import adaptive_reach, spread, spread_adaptive
from .pools import first_input, place_numbers, pool_reach, unpool
from .resizes import unpool_adaptive

aten = torch.ops.aten


def _on_the_map(reach: Reach, count: int, size: int) -> Tensor:
    """Which places of each region lie on the map, along one axis: (count, kernel) of bool."""
    first = torch.arange(count)[:, None] * reach.stride - reach.padding
    at = first + torch.arange(reach.kernel) * reach.dilation
    return (at >= 0) & (at < size)


def _middle(reach: Reach, count: int, size: int) -> Tensor:
    """Which place is in the middle of each region, of those on the map; of two the first: (count,)."""
    inside = _on_the_map(reach, count, size)
    return ((inside.cumsum(1) - 1 == (inside.sum(1, keepdim=True) - 1) // 2) & inside).int().argmax(1)


def middles(call: Call, pooled: Tensor, maps: Tensor) -> Recorded:
    """The middle of each region in place of its maximum, (1, 1, h, w), named as switches are."""
    rows, columns = (
        _middle(reach, count, size)
        for reach, count, size in zip(pool_reach(call), pooled.shape[-2:], maps.shape[-2:], strict=True)
    )
    numbers = torch.tensor(place_numbers(call))
    number = numbers[rows[:, None] * pool_reach(call)[1].kernel + columns]
    fits = torch.uint8 if int(numbers[-1]) <= torch.iinfo(torch.uint8).max else torch.int32
    return (number.to(pooled.device, fits)[None, None],)


register(
    aten.max_pool2d.default,
    aten.max_pool2d_with_indices.default,
    unpool="centre",
    reach=pool_reach,
    on_maps=True,
    record=middles,
    fresh=True,
    linear=True,
    extends_paper=True,
    counterpart="unpool to the centre",
)(unpool)


def places_of_regions(call: Call, pooled: Tensor, maps: Tensor) -> Recorded:
    """How many places each region has on the map: (1, 1, h, w)."""
    rows, columns = (
        _on_the_map(reach, count, size).sum(1)
        for reach, count, size in zip(pool_reach(call), pooled.shape[-2:], maps.shape[-2:], strict=True)
    )
    return ((rows[:, None] * columns).to(pooled)[None, None],)


register(
    aten.max_pool2d.default,
    aten.max_pool2d_with_indices.default,
    unpool="spread",
    reach=pool_reach,
    on_maps=True,
    record=places_of_regions,
    linear=True,
    extends_paper=True,
    counterpart="spread",
)(spread)


def adaptive_middles(call: Call, pooled: Tensor, maps: Tensor) -> Recorded:
    """The middle of each region of an adaptive pooling: its place on the flattened map below (1, 1, h, w)."""
    rows, columns = (
        torch.tensor([(o * size // count - (-(o + 1) * size // count) - 1) // 2 for o in range(count)])
        for count, size in zip(pooled.shape[-2:], maps.shape[-2:], strict=True)
    )
    at = rows[:, None] * maps.shape[-1] + columns
    return (at.to(pooled.device)[None, None],)


register(
    aten.adaptive_max_pool2d.default,
    unpool="centre",
    on_maps=True,
    record=adaptive_middles,
    carries=first_input,
    linear=True,
    extends_paper=True,
    counterpart="unpool to the centre",
)(unpool_adaptive)
register(
    aten.adaptive_max_pool2d.default,
    unpool="spread",
    reach=adaptive_reach,
    on_maps=True,
    carries=first_input,
    linear=True,
    extends_paper=True,
    counterpart="spread",
)(spread_adaptive)
