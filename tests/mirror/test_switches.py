"""The switches of max-pooling against a search place by place."""

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import max_pool2d

from deconvviz.mirror.rules.pools import place_numbers, switches
from deconvviz.network.graph import Call

pytestmark = pytest.mark.quick

aten = torch.ops.aten


def pooling(kernel: list[int], stride: list[int], padding: list[int], dilation: list[int], ceil: bool) -> Call:
    names = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
    arguments = dict(zip(names, (kernel, stride, padding, dilation, ceil), strict=True))
    return Call("pool", aten.max_pool2d.default, arguments)


def searched(call: Call, pooled: Tensor, maps: Tensor) -> Tensor:
    """The number of the first place of each region that holds its maximum."""
    where, numbers = torch.full(pooled.shape, -1), place_numbers(call)
    (high, wide), (down, across), (above, left), (d, e) = (
        call[name] for name in ("kernel_size", "stride", "padding", "dilation")
    )
    for at in torch.cartesian_prod(*(torch.arange(n) for n in pooled.shape)).tolist():
        n, c, row, column = at
        for place in reversed(range(high * wide)):
            y, x = row * down - above + place // wide * d, column * across - left + place % wide * e
            if 0 <= y < maps.shape[2] and 0 <= x < maps.shape[3] and maps[n, c, y, x] == pooled[n, c, row, column]:
                where[n, c, row, column] = numbers[place]
    return where


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
@settings(max_examples=40, deadline=None)
@given(
    kernel=st.lists(st.integers(1, 4), min_size=2, max_size=2),
    stride=st.lists(st.integers(1, 4), min_size=2, max_size=2),
    dilation=st.lists(st.integers(1, 2), min_size=2, max_size=2),
    size=st.lists(st.integers(1, 9), min_size=2, max_size=2),
    padded=st.booleans(),
    ceil=st.booleans(),
)
def test_switches_are_where_the_first_maximum_lies(
    layout: torch.memory_format, kernel: list[int], stride: list[int], dilation: list[int], size: list[int],
    padded: bool, ceil: bool,
) -> None:  # fmt: skip
    padding = [k // 2 if padded else 0 for k in kernel]
    spans = [d * (k - 1) + 1 for d, k in zip(dilation, kernel, strict=True)]
    assume(all(n + 2 * p >= span for n, p, span in zip(size, padding, spans, strict=True)))
    maps = torch.randint(3, (2, 3, *size)).float().contiguous(memory_format=layout)  # many are equal
    call = pooling(kernel, stride, padding, dilation, ceil)
    call.input_shapes = (tuple(maps.shape[1:]),)
    pooled = max_pool2d(maps, kernel, stride, padding, dilation, ceil)
    (where,) = switches(call, pooled, maps)
    found = pooled.isfinite()  # a dilated region may lie in the padding altogether
    assert torch.equal(where.long()[found], searched(call, pooled, maps)[found])


def test_switches_of_wide_maps_are_counted_in_larger_numbers() -> None:
    maps = torch.rand(1, 1, 5, 20_000)
    call = pooling([3, 3], [2, 2], [0, 0], [1, 1], False)
    call.input_shapes = (tuple(maps.shape[1:]),)
    pooled = max_pool2d(maps, 3, 2)
    (where,) = switches(call, pooled, maps)
    assert where.dtype == torch.int32
    assert torch.equal(where[..., ::999].long(), torch.stack([  # every 999th region alone
        switches(call, pooled[..., n : n + 1], maps[..., 2 * n : 2 * n + 3])[0].long()[..., 0]
        for n in range(0, pooled.shape[-1], 999)
    ], -1))  # fmt: skip
