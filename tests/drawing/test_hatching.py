"""Hatching against a slow way: pixel by pixel, by where its middle lies."""

import numpy as np
import pytest
import torch
from drawn import hatched_outside, hatching, levels
from hypothesis import given
from hypothesis import strategies as st

from deconvviz.drawing import picture_tiles, signal_tile
from deconvviz.drawing.hatching import hatch

pytestmark = pytest.mark.quick


def hatched(image: np.ndarray, rows: tuple[int, int], columns: tuple[int, int], pixels: int) -> np.ndarray:
    tile = image.transpose(2, 0, 1).astype(np.uint8)
    hatch(tile, slice(*rows), slice(*columns), pixels)
    return tile.transpose(1, 2, 0).astype(int)


def noise(side: int) -> np.ndarray:
    return np.random.default_rng(side).integers(0, 256, (side, side, 3))


stretches = st.tuples(st.integers(-4, 40), st.integers(0, 40)).map(lambda s: (s[0], s[0] + s[1]))


@given(stretches, stretches, st.integers(1, 40), st.integers(1, 50))
def test_hatched_is_what_lies_outside(rows: tuple[int, int], columns: tuple[int, int], pixels: int, side: int) -> None:
    image = noise(side)
    assert np.array_equal(hatched(image, rows, columns, pixels), hatched_outside(image, rows, columns, pixels))


def test_what_fills_its_tile_is_left_as_it_is() -> None:
    image = noise(30)
    assert np.array_equal(hatched(image, (0, 10), (0, 10), 10), image)
    assert np.array_equal(hatched(image, (-3, 12), (-1, 10), 10), image)


@pytest.mark.parametrize(("rows", "columns"), [((4, 4), (0, 10)), ((0, 10), (7, 7)), ((10, 14), (0, 10))])
def test_where_nothing_is_inside_all_is_hatched(rows: tuple[int, int], columns: tuple[int, int]) -> None:
    assert np.array_equal(hatched(noise(30), rows, columns, 10), hatching(30, 30))


def test_hatching_is_never_taken_for_the_grey_of_zero() -> None:
    lines = hatching(64, 64)
    assert set(np.unique(lines)) == {92, 124}
    assert np.mean(lines == 124) == 3 / 16


def test_tiles_do_not_share_their_hatching() -> None:
    first, second = np.zeros((2, 3, 20, 20), np.uint8)
    hatch(first, slice(5, 5), slice(5, 5), 10)
    first[:] = 7
    hatch(second, slice(5, 5), slice(5, 5), 10)
    assert np.array_equal(second.transpose(1, 2, 0), hatching(20, 20))


@pytest.mark.parametrize(
    ("cut", "pixels", "side"),
    [
        *((1, 3, 112), (2, 5, 32), (3, 5, 32), (2, 16, 72), (5, 18, 72), (7, 20, 96)),
        *((cut, *size) for cut in (1, 3) for size in ((4, 30), (16, 72))),
    ],
)
def test_sharp_pixels_are_hatched_as_wholes(cut: int, pixels: int, side: int) -> None:
    """Neither is a line of the image hatched over nor does one of zero's grey show beside it, at either end."""
    for field in ((-cut, -cut, pixels - cut, pixels - cut), (cut, cut, pixels + cut, pixels + cut)):
        box = (max(field[0], 0), max(field[1], 0), min(field[2], pixels), min(field[3], pixels))
        inside = box[0] - field[0], box[2] - field[0]
        tile, how = signal_tile(torch.ones(3, box[2] - box[0], box[3] - box[1]), box, field, side)
        assert how.resampling == "nearest"
        white = np.full((side, side, 3), 255)
        assert np.array_equal(levels(tile), hatched_outside(white, inside, inside, pixels))
        patch = np.full((box[2] - box[0], box[3] - box[1], 3), 255, np.uint8)
        shown = picture_tiles([patch], [box], [field], side)[0].numpy().transpose(1, 2, 0)
        assert np.array_equal(shown, hatched_outside(white, inside, inside, pixels))
