"""Window arithmetic against what convolutions really read."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import conv1d

from deconvviz.mirror.signals import cut, map_like, place
from deconvviz.mirror.window import Field, Reach, Windows

pytestmark = pytest.mark.quick

reaches = st.builds(
    Reach, kernel=st.integers(1, 5), stride=st.integers(1, 3), padding=st.integers(0, 3), dilation=st.integers(1, 3)
)


@settings(max_examples=60, deadline=None)
@given(stack=st.lists(reaches, min_size=1, max_size=3), position=st.integers(0, 2), size=st.integers(500, 510))
def test_fields_hold_exactly_what_convolutions_read(stack: list[Reach], position: int, size: int) -> None:
    """First and last pixel with a gradient are the ends of the receptive field, clipped to the image."""
    x = torch.zeros(1, 1, size, dtype=torch.float64, requires_grad=True)
    y, field = x, Field()
    for reach in stack:
        weight = torch.ones(1, 1, reach.kernel, dtype=torch.float64)
        y = conv1d(y, weight, stride=reach.stride, padding=reach.padding, dilation=reach.dilation)
        field = field.above(reach)
    y[0, 0, position].backward()
    read = x.grad[0, 0].nonzero().flatten().tolist()
    first, end = field.box(position)
    assert all(max(first, 0) <= pixel < min(end, size) for pixel in read)  # none at all, deep in a border
    if all(reach.padding == 0 for reach in stack):  # otherwise the ends may lie in an inner border
        assert (read[0], read[-1] + 1) == (first, end)


@given(reach=reaches, start=st.integers(-4, 9), size=st.integers(1, 9))
def test_window_below_is_what_its_ends_read(reach: Reach, start: int, size: int) -> None:
    windows = Windows(torch.tensor([[start, start]]), (size, size)).below((reach, reach))
    first = start * reach.stride - reach.padding
    last = (start + size - 1) * reach.stride - reach.padding + reach.dilation * (reach.kernel - 1)
    assert windows.origin[0].tolist() == [first, first]
    assert windows.size[0] == last - first + 1


def test_unions_hold_both_and_stay_on_the_map() -> None:
    one = Windows(torch.tensor([[0, 0], [4, 4]]), (3, 3))
    other = Windows(torch.tensor([[1, 0], [5, 3]]), (3, 2))
    union = one.union(other, (8, 7))
    assert union.origin.tolist() == [[0, 0], [4, 3]]
    assert union.size == (4, 4)
    assert one.of(slice(1, None)).origin.tolist() == [[4, 4]]
    assert Field().union(Field(jump=Field().jump * 2)) is None


boxes = st.lists(st.tuples(st.integers(-6, 14), st.integers(-6, 14)), min_size=1, max_size=4)


@given(origins=boxes, rows=st.integers(1, 9), columns=st.integers(1, 9), height=st.integers(1, 12))
def test_fitted_windows_lie_on_the_map_and_hold_all_that_does(
    origins: list[tuple[int, int]], rows: int, columns: int, height: int
) -> None:
    windows, size = Windows(torch.tensor(origins), (rows, columns)), (height, 11)
    fitted = windows.fitted(size)
    for axis in (0, 1):
        start, end = fitted.origin[:, axis], fitted.origin[:, axis] + fitted.size[axis]
        assert bool((start >= 0).all())
        assert bool((end <= size[axis]).all())
        needed = [set(range(o[axis], o[axis] + windows.size[axis])) & set(range(size[axis])) for o in origins]
        assert all(n <= set(range(s, e)) for n, s, e in zip(needed, start.tolist(), end.tolist(), strict=True))
        assert fitted.size[axis] == max(1, *(len(n) for n in needed))  # and no larger than that


def test_a_part_of_a_batch_gets_windows_of_its_own_size() -> None:
    """At the corner a sample touches less; alone it takes a smaller window, also further down."""
    both = Windows(torch.tensor([[-2, -2], [4, 4]]), (4, 4)).fitted((10, 10))
    assert both.size == (4, 4)
    step = (Reach(3, 1, 1), Reach(3, 1, 1))
    assert both.of(slice(0, 1)).below(step).fitted((10, 10)).size == (3, 3)
    assert both.below(step).fitted((10, 10)).size == (6, 6)


def test_place_moves_and_clips() -> None:
    signal = torch.arange(1.0, 9).view(2, 1, 2, 2)
    source = Windows(torch.tensor([[0, 0], [1, 2]]), (2, 2))
    target = Windows.whole(2, (3, 3))
    placed = place(signal, (2, 3), source, target)
    assert placed[0, 0].tolist() == [[1, 2, 0], [3, 4, 0], [0, 0, 0]]
    assert placed[1, 0].tolist() == [[0, 0, 0], [0, 0, 5], [0, 0, 7]]
    assert torch.equal(place(signal.permute(0, 2, 3, 1), (1, 2), source, target), placed.permute(0, 2, 3, 1))


def test_place_moves_samples_that_lie_differently_one_by_one() -> None:
    signal = torch.arange(1.0, 9).view(2, 1, 2, 2)
    source, target = Windows(torch.tensor([[0, 0], [1, 2]]), (2, 2)), Windows(torch.tensor([[1, 0], [1, 1]]), (2, 2))
    assert place(signal, (2, 3), source, target)[:, 0].tolist() == [[[3, 4], [0, 0]], [[0, 5], [0, 7]]]
    nowhere = Windows(torch.tensor([[7, 7], [7, 7]]), (2, 2))
    assert not place(signal, (2, 3), source, nowhere).any()


def test_channels_stay_last_in_memory() -> None:
    last = torch.rand(2, 3, 4, 4).contiguous(memory_format=torch.channels_last)
    assert map_like(last[..., 1:, 1:], (5, 6)).is_contiguous(memory_format=torch.channels_last)
    assert map_like(last.contiguous(), (5, 6)).is_contiguous()


def test_cut_takes_windows_of_maps_and_keeps_what_broadcasts() -> None:
    maps = torch.arange(32.0).view(2, 1, 4, 4)
    windows = Windows(torch.tensor([[1, 1], [-1, 3]]), (2, 2))
    images = torch.tensor([1, 0])
    assert cut(maps, (2, 3), images, windows)[:, 0].tolist() == [[[21, 22], [25, 26]], [[3, 3], [3, 3]]]
    assert cut(maps[:1, :, :1, :1], (2, 3), images, windows).shape == (2, 1, 1, 1)
    assert cut(torch.arange(2.0), None, images, None).tolist() == [1, 0]
    alone = Windows(torch.tensor([[1, 1], [1, 1]]), (2, 2))
    same = cut(maps, (2, 3), torch.tensor([1, 1]), alone)
    assert same[:, 0].tolist() == [[[21, 22], [25, 26]]] * 2
    beyond = Windows(torch.tensor([[3, 3], [3, 3]]), (2, 2))
    assert cut(maps, (2, 3), torch.tensor([1, 1]), beyond)[0, 0].tolist() == [[31, 31], [31, 31]]


def test_windows_seen_from_others() -> None:
    crop = Windows(torch.tensor([[3, 4], [0, 0]]), (6, 6))
    at = Windows(torch.tensor([[5, 5], [1, 1], [4, 4]]), (2, 2))
    assert at.seen_from(crop, torch.tensor([0, 1, 0])).origin.tolist() == [[2, 1], [1, 1], [1, 0]]
