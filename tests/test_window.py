"""Window arithmetic against what convolutions really read."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import conv1d

from deconvviz.signals import clear_outside, cut, place
from deconvviz.window import Field, Reach, Windows

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


def test_unions_and_whole_maps() -> None:
    one = Windows(torch.tensor([[0, 0], [4, 4]]), (3, 3))
    other = Windows(torch.tensor([[1, -1], [5, 3]]), (3, 2))
    union = one.union(other)
    assert union.origin.tolist() == [[0, -1], [4, 3]]
    assert union.size == (4, 4)
    assert one.fitted((3, 9)).origin.tolist() == [[0, 0], [0, 4]]
    assert one.of(1).origin.tolist() == [[4, 4]]
    assert Field().union(Field(jump=Field().jump * 2)) is None


def test_place_moves_and_clips() -> None:
    signal = torch.arange(1.0, 9).view(2, 1, 2, 2)
    source = Windows(torch.tensor([[0, 0], [1, 2]]), (2, 2))
    target = Windows.whole(2, (3, 3))
    placed = place(signal, (2, 3), source, target)
    assert placed[0, 0].tolist() == [[1, 2, 0], [3, 4, 0], [0, 0, 0]]
    assert placed[1, 0].tolist() == [[0, 0, 0], [0, 0, 5], [0, 0, 7]]
    assert torch.equal(place(signal.permute(0, 2, 3, 1), (1, 2), source, target), placed.permute(0, 2, 3, 1))


def test_clear_outside_clears_only_that() -> None:
    windows = Windows(torch.tensor([[-1, 0], [2, 3], [1, 1]]), (2, 2))
    cleared = clear_outside(torch.ones(3, 1, 2, 2), (2, 3), windows, (4, 4))
    assert cleared[:, 0].tolist() == [[[0, 0], [1, 1]], [[1, 0], [1, 0]], [[1, 1], [1, 1]]]


def test_cut_takes_windows_of_maps_and_keeps_what_broadcasts() -> None:
    maps = torch.arange(32.0).view(2, 1, 4, 4)
    windows = Windows(torch.tensor([[1, 1], [-1, 3]]), (2, 2))
    images = torch.tensor([1, 0])
    assert cut(maps, (2, 3), images, windows)[:, 0].tolist() == [[[21, 22], [25, 26]], [[3, 3], [3, 3]]]
    assert cut(maps[:1, :, :1, :1], (2, 3), images, windows).shape == (2, 1, 1, 1)
    assert cut(torch.arange(2.0), None, images, None).tolist() == [1, 0]
