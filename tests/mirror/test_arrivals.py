"""Signals that have arrived: how they meet and land, and that only memory of ours is written over."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

import deconvviz
from deconvviz.deconvnet.deconvnet import DeconvNet
from deconvviz.mirror import descent, mirrored, walk
from deconvviz.mirror.arrivals import Arrivals, Signal, Way
from deconvviz.mirror.signals import Grid, place
from deconvviz.mirror.window import POINTWISE, Reach, Windows

pytestmark = pytest.mark.quick

SIDE = 9
GRID = Grid((2, 3), (SIDE, SIDE))
OURS = [(False, False), (True, False), (False, True), (True, True)]


def signal(origins: list[tuple[int, int]], size: tuple[int, int], ours: bool = False, seed: int = 0) -> Signal:
    """Of two channels, in windows of one size."""
    values = torch.randn(len(origins), 2, *size, generator=torch.Generator().manual_seed(seed))
    return Signal(values, GRID, Windows(torch.tensor(origins), size), ours)


def on_map(arrived: Signal) -> Tensor:
    """Its values on whole maps, by `place` alone."""
    assert arrived.windows is not None
    return place(arrived.values, GRID.spatial, arrived.windows, Windows.whole(len(arrived.values), GRID.size)).clone()


def checked_meeting(one: Signal, other: Signal) -> Signal:
    """The sum of two signals, right, ours, and with nothing written over that is not."""
    before, expected = (one.values.clone(), other.values.clone()), on_map(one) + on_map(other)
    met = one.meet(other)
    assert torch.equal(on_map(met), expected)
    assert met.ours
    for side, values in zip((one, other), before, strict=True):
        shared = met.values.untyped_storage().data_ptr() == side.values.untyped_storage().data_ptr()
        assert side.ours if shared else torch.equal(side.values, values)
    return met


@pytest.mark.parametrize(("first", "second"), OURS)
def test_in_the_same_windows_one_is_added_onto_the_one_that_is_ours(first: bool, second: bool) -> None:
    one, other = signal([(1, 2), (4, 0)], (3, 4), first), signal([(1, 2), (4, 0)], (3, 4), second, seed=1)
    met = checked_meeting(one, other)
    assert met.windows.same_as(one.windows)
    expected = one if first else other if second else None
    assert [met.values is side.values for side in (one, other)] == [side is expected for side in (one, other)]


@pytest.mark.parametrize("swapped", [False, True])
@pytest.mark.parametrize(("large_ours", "small_ours"), OURS)
def test_a_signal_is_added_onto_one_that_holds_its_windows(large_ours: bool, small_ours: bool, swapped: bool) -> None:
    large, small = signal([(1, 1), (0, 2)], (6, 5), large_ours), signal([(2, 3), (4, 2)], (2, 2), small_ours, seed=1)
    met = checked_meeting(*((small, large) if swapped else (large, small)))
    assert (met.values is large.values) == large_ours
    assert met.values is not small.values


@pytest.mark.parametrize(("first", "second"), OURS)
def test_where_neither_holds_the_other_both_move(first: bool, second: bool) -> None:
    one, other = signal([(0, 0), (1, 0)], (2, 2), first), signal([(5, 4), (6, 6)], (3, 2), second, seed=1)
    met = checked_meeting(one, other)
    assert met.windows.size == (8, 8)
    assert met.windows.origin.tolist() == [[0, 0], [1, 0]]


@pytest.mark.parametrize(("first", "second"), OURS)
def test_vectors_add_into_new_memory(first: bool, second: bool) -> None:
    one, other = Signal(torch.rand(3, 5), None, None, first), Signal(torch.rand(3, 5), None, None, second)
    before = one.values.clone(), other.values.clone()
    met = one.meet(other)
    assert torch.equal(met.values, before[0] + before[1])
    assert torch.equal(one.values, before[0])
    assert torch.equal(other.values, before[1])
    assert met.ours
    assert met.windows is met.grid is None


sizes = st.tuples(st.integers(1, 4), st.integers(1, 4))
boxes = st.tuples(
    sizes, st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=3, max_size=3), st.booleans()
)


@given(one=boxes, other=boxes, third=boxes)
def test_however_signals_lie_they_add_on_the_map(one: tuple, other: tuple, third: tuple) -> None:
    """Windows that lie otherwise in each sample; the sum of two meets a third."""
    first, second, last = (signal(at, size, ours, n) for n, (size, at, ours) in enumerate((one, other, third)))
    met = checked_meeting(first, second)
    checked_meeting(met, last)


def test_rows_and_columns_may_be_other_dimensions() -> None:
    last = Grid((1, 2), GRID.size)  # (N, H, W, C)
    one, other = signal([(0, 1)], (5, 5), ours=True), signal([(2, 2)], (2, 3), seed=1)
    expected = checked_meeting(one, other).values.permute(0, 2, 3, 1)
    one, other = (
        Signal(s.values.permute(0, 2, 3, 1), last, s.windows, s.ours)
        for s in (signal([(0, 1)], (5, 5), ours=True), other)
    )
    assert torch.equal(one.meet(other).values, expected)


# --- landing --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("ours", [False, True])
def test_what_a_pointwise_rule_gives_lands_where_the_signal_was(ours: bool) -> None:
    above = signal([(1, 1), (2, 3)], (3, 3))
    part = above.values * 2
    landed = above.below(part, (Reach(), Reach()), Way("below", GRID, GRID), ours)
    assert landed.values is part
    assert landed.windows is above.windows
    assert landed.ours == ours


def test_what_hangs_over_the_border_is_cut_off() -> None:
    above, reach = signal([(0, 0), (0, 0)], (2, 2)), Reach(kernel=3, padding=1)
    part = torch.rand(2, 2, 4, 4)  # from row and column -1 on
    landed = above.below(part, (reach, reach), Way("below", GRID, GRID), ours=True)
    assert torch.equal(landed.values, part[..., 1:, 1:])
    assert landed.windows.origin.tolist() == [[0, 0], [0, 0]]
    assert landed.windows.size == (3, 3)
    assert landed.ours


def test_where_rows_and_columns_are_read_as_others_it_lands_on_whole_maps() -> None:
    above, there = signal([(2, 3)], (2, 2)), Grid((1, 2), (SIDE, 2))
    part = torch.rand(1, 2, 2, 2)
    landed = above.below(part, POINTWISE, Way("below", there, GRID), ours=False)
    around = landed.values.clone()
    assert torch.equal(around[..., 2:4, 3:5], part)
    around[..., 2:4, 3:5] = 0
    assert not around.any()
    assert landed.grid == there
    assert landed.windows.same_as(Windows.whole(1, there.size))


@pytest.mark.parametrize("grid", [GRID, None])
def test_whole_maps_and_vectors_land_as_they_are(grid: Grid | None) -> None:
    above = Signal(torch.rand(2, 7), None, None)
    part = torch.rand(2, 2, SIDE, SIDE) if grid else torch.rand(2, 4)
    landed = above.below(part, None, Way("below", grid, None), ours=True)
    assert landed.values is part
    assert landed.grid == grid
    assert landed.windows is None if grid is None else landed.windows.same_as(Windows.whole(2, GRID.size))


def test_a_rule_in_another_precision_is_answered_in_the_signals_own() -> None:
    above = Signal(torch.rand(2, 7, dtype=torch.bfloat16), None, None)
    assert above.below(torch.rand(2, 4), None, Way("below", None, None), ours=True).values.dtype == torch.bfloat16


def test_a_signal_on_whole_maps_is_zero_around_its_windows() -> None:
    one = signal([(0, 0), (5, 6)], (3, 3), ours=True)
    assert torch.equal(one.whole().values, on_map(one))
    vectors = Signal(torch.rand(2, 3), None, None)
    assert vectors.whole() is vectors


# --- all that has arrived ----------------------------------------------------------------------------------


def test_what_lands_waits_until_it_is_taken() -> None:
    one, other = signal([(0, 0)], (2, 2)), signal([(1, 1)], (2, 2), seed=1)
    arrived = Arrivals(torch.tensor([0]), {"a": one})
    assert "a" in arrived
    assert "b" not in arrived
    arrived.land("b", other)
    assert arrived.filled == one.values.nbytes + other.values.nbytes
    assert arrived.take("b") is other
    assert "b" not in arrived
    arrived.land("a", other)
    assert torch.equal(on_map(arrived.take("a")), on_map(one) + on_map(other))
    assert arrived.filled == 0


def test_halves_hold_all_samples_in_order_and_share_none() -> None:
    maps, vectors = signal([(n, 5 - n) for n in range(5)], (2, 3), ours=True), Signal(torch.rand(5, 4), None, None)
    before = maps.values.clone()
    arrived = Arrivals(torch.tensor([3, 1, 4, 1, 5]), {"maps": maps, "vectors": vectors})
    first, second = arrived.halves()
    assert (first.samples, second.samples) == (2, 3)
    assert torch.cat([first.images, second.images]).tolist() == [3, 1, 4, 1, 5]
    assert first.filled + second.filled == arrived.filled
    assert torch.equal(torch.cat([half.take("vectors").values for half in (first, second)]), vectors.values)
    lower, upper = first.take("maps"), second.take("maps")
    assert torch.equal(torch.cat([lower.windows.origin, upper.windows.origin]), maps.windows.origin)
    assert lower.ours
    assert upper.ours
    lower.values.zero_()
    assert torch.equal(upper.values, before[2:])


# --- on the walk ------------------------------------------------------------------------------------------------


class Fork(nn.Module):
    """The seed's signal goes to three summands: rectified, rectified likewise, and as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.filter = nn.Conv2d(2, 2, 3, padding=1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.filter(x)
        return x.relu() + (x + x.relu())


def test_a_step_works_in_its_signal_only_where_it_is_ours() -> None:
    torch.manual_seed(0)
    net = Fork()
    table, x = DeconvNet(net).layers_for((2, SIDE, SIDE)), torch.randn(2, 2, SIDE, SIDE)
    last = table.graph.calls[-1].name
    keepers = {call.name: rule.record for call, rule in mirrored(table, [last]).items() if rule.record}
    recording = deconvviz.mirror.record(table.graph, x, [last], keepers)
    seed = torch.randn(2, 2, SIDE, SIDE)
    before = seed.clone()
    windows = Windows.whole(2, GRID.size)
    with torch.inference_mode():
        (below,) = walk(descent(table, last, x.dtype, {}), recording, seed, windows, torch.arange(2), most=2**30)
        expected = nn.functional.conv_transpose2d(2 * before.clamp(min=0) + before, net.filter.weight, padding=1)
    assert torch.equal(seed, before)
    assert torch.allclose(below.values, expected, atol=1e-6)
