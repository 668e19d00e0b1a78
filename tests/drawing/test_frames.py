"""Frames against a slow way: lay the projection on its whole field, and try every square around the middle."""

import numpy as np
import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from deconvviz.drawing import Box, common_box, cut_to, energy_share, frame_around, frame_side, span

pytestmark = pytest.mark.quick

SIZE = 32
"""Of the image."""


def clipped(field: Box) -> Box:
    top, left = (min(max(at, 0), SIZE) for at in field[:2])
    return top, left, max(min(field[2], SIZE), top), max(min(field[3], SIZE), left)


def laid_out(pixels: torch.Tensor, box: Box, field: Box) -> np.ndarray:
    """The projection's energy on the square around its field."""
    height, width = field[2] - field[0], field[3] - field[1]
    longer = max(height, width)
    square = np.zeros((longer, longer))
    for row in range(box[2] - box[0]):
        for column in range(box[3] - box[1]):
            down = box[0] + row - field[0] + (longer - height) // 2
            across = box[1] + column - field[1] + (longer - width) // 2
            square[down, across] = sum(float(value) ** 2 for value in pixels[:, row, column])
    return square


def inner(square: np.ndarray, side: int) -> float:
    """The energy in the square of this side in the middle."""
    edge = (len(square) - side) / 2
    assert edge == int(edge)
    return float(square[int(edge) : int(edge) + side, int(edge) : int(edge) + side].sum())


def slow_side(square: np.ndarray) -> int:
    """The smallest square in the middle with 95 % of the energy and twelve pixels a side, or all if it has fewer."""
    longer = len(square)
    for side in range(1, longer + 1):
        in_the_middle, wide_enough = (longer - side) % 2 == 0, side >= 12
        if in_the_middle and wide_enough and inner(square, side) >= 0.95 * square.sum() > 0:
            return side
    return longer


@st.composite
def placed(draw: st.DrawFn) -> tuple[torch.Tensor, Box, Box]:
    """A projection with its box and field: oblong or not, odd or even, within the image or leaving it; as if a bell."""
    height = draw(st.integers(1, 60))
    width = draw(st.one_of(st.just(height), st.integers(1, 60)))
    top, left = draw(st.integers(-50, 30)), draw(st.integers(-50, 30))
    field = (top, left, top + height, left + width)
    box = clipped(field)
    generator = torch.Generator().manual_seed(draw(st.integers(0, 999)))
    pixels = torch.randn(3, box[2] - box[0], box[3] - box[1], generator=generator)
    rows = torch.arange(box[0], box[2]) - (field[0] + field[2] - 1) / 2
    columns = torch.arange(box[1], box[3]) - (field[1] + field[3] - 1) / 2
    away = rows[:, None].square() + columns.square()
    return pixels * torch.exp(-away / draw(st.sampled_from([4.0, 30.0, 200.0, 1e6]))), box, field


@given(placed())
def test_the_frame_is_what_the_slow_way_gives(laid: tuple[torch.Tensor, Box, Box]) -> None:
    pixels, box, field = laid
    square = laid_out(pixels, box, field)
    side = frame_side(pixels, box, field)
    assert side == slow_side(square)
    assert min(12, span(field)) <= side <= span(field)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("longer", [1, 2, 11, 12, 13, 14, 15, 31])
def test_one_pixel_in_the_middle_needs_the_smallest_frame(longer: int, dtype: torch.dtype) -> None:
    pixels = torch.zeros(3, longer, longer, dtype=dtype)
    pixels[1, longer // 2, longer // 2] = -100.0  # squared it is more than half precision holds
    field = (0, 0, longer, longer)
    least = {1: 1, 2: 2, 11: 11, 12: 12, 13: 13, 14: 12, 15: 13, 31: 13}
    assert frame_side(pixels * 100, field, field) == least[longer]


def test_what_lies_at_the_edge_needs_all_of_the_field() -> None:
    pixels = torch.zeros(3, 40, 40)
    pixels[:, 0, 20] = 1.0
    assert frame_side(pixels, (0, 0, 40, 40), (0, 0, 40, 40)) == 40
    pixels[:, 20, 20] = 5.0  # 4 % may be left out
    assert frame_side(pixels, (0, 0, 40, 40), (0, 0, 40, 40)) == 12


def test_the_share_is_met_to_the_last_pixel() -> None:
    pixels = torch.zeros(1, 30, 30, dtype=torch.float64)
    pixels[0, 15, 15], pixels[0, 3, 15] = 95**0.5, 5**0.5 * 0.999
    assert frame_side(pixels, (0, 0, 30, 30), (0, 0, 30, 30)) == 12
    pixels[0, 3, 15] = 5**0.5 * 1.001
    assert frame_side(pixels, (0, 0, 30, 30), (0, 0, 30, 30)) == 24


@pytest.mark.parametrize("field", [(0, 0, 20, 20), (-5, -5, -2, -2), (0, 3, 9, 30), (-20, 5, 40, 18)])
def test_where_nothing_is_all_of_the_field_shows(field: Box) -> None:
    box = clipped(field)
    pixels = torch.zeros(3, box[2] - box[0], box[3] - box[1])
    assert frame_side(pixels, box, field) == span(field)
    assert energy_share(pixels, box, field, span(field)) == 0.0


@given(placed(), st.integers(0, 30))
def test_the_share_of_energy_is_what_the_slow_way_gives(laid: tuple[torch.Tensor, Box, Box], less: int) -> None:
    pixels, box, field = laid
    side = span(field) - 2 * less
    assume(side > 0)
    square = laid_out(pixels, box, field)
    share = energy_share(pixels, box, field, side)
    assert share == pytest.approx(inner(square, side) / square.sum() if square.sum() else 0.0, abs=1e-12)
    assert 0 <= share <= 1 + 1e-12
    frame = frame_side(pixels, box, field)
    if square.sum():
        assert energy_share(pixels, box, field, frame) >= 0.95
        assert energy_share(pixels, box, field, span(field)) == pytest.approx(1)


@given(placed(), st.integers(0, 30))
def test_a_frame_is_a_square_around_the_middle(laid: tuple[torch.Tensor, Box, Box], less: int) -> None:
    _, _, field = laid
    whole = frame_around(field, span(field))
    for at in (0, 1):
        assert whole[at] <= field[at] < field[at + 2] <= whole[at + 2]
        before, after = field[at] - whole[at], whole[at + 2] - field[at + 2]
        assert after - before in (0, 1)  # where the shorter side is even and the longer one odd, or the other way round
    side = max(span(field) - 2 * less, 1)
    if (span(field) - side) % 2 == 0:
        top, left, bottom, right = frame_around(field, side)
        assert (bottom - top, right - left) == (side, side)
        assert (top + bottom, left + right) == (whole[0] + whole[2], whole[1] + whole[3])


def test_a_square_larger_than_the_field_holds_all_of_it() -> None:
    pixels = torch.randn(3, 20, 20)
    for side in (20, 22, 50, 400):
        assert energy_share(pixels, (0, 0, 20, 20), (0, 0, 20, 20), side) == 1.0


@given(placed(), st.integers(0, 30), st.integers(0, 9))
def test_what_is_cut_out_is_what_lies_in_the_frame_or_near_it(
    laid: tuple[torch.Tensor, Box, Box], less: int, margin: int
) -> None:
    pixels, box, field = laid
    side = span(field) - 2 * less
    assume(side > 0)
    frame = frame_around(field, side)
    part, shown = cut_to(pixels, box, frame, margin)
    assert part.shape == (3, shown[2] - shown[0], shown[3] - shown[1])
    places = [(r, c) for r in range(box[0], box[2]) for c in range(box[1], box[3])]
    (top, left), (bottom, right) = (at - margin for at in frame[:2]), (at + margin for at in frame[2:])
    within = [(r, c) for r, c in places if top <= r < bottom and left <= c < right]
    if not margin:
        assert shown == cut_to(pixels, box, frame)[1] == common_box(box, frame)
    assert part[0].numel() == len(within)
    for row, column in within:
        at = pixels[:, row - box[0], column - box[1]]
        assert torch.equal(part[:, row - shown[0], column - shown[1]], at)


boxes = st.tuples(*[st.integers(-9, 9)] * 2, *[st.integers(0, 9)] * 2).map(
    lambda b: (b[0], b[1], b[0] + b[2], b[1] + b[3])
)


@given(boxes, boxes)
def test_what_two_boxes_have_in_common(one: Box, other: Box) -> None:
    def places(box: Box) -> set[tuple[int, int]]:
        return {(row, column) for row in range(box[0], box[2]) for column in range(box[1], box[3])}

    found = common_box(one, other)
    assert places(found) == places(one) & places(other)
    assert one[0] <= found[0] <= found[2] <= one[2]  # also where it is empty
    assert one[1] <= found[1] <= found[3] <= one[3]
