"""The overlay against a slow way: pixel by pixel, by the formula."""

import math

import numpy as np
import pytest

from deconvviz.drawing import GAIN
from deconvviz.drawing.overlay import overlaid

pytestmark = pytest.mark.quick


def slowly(patch: np.ndarray, signal: np.ndarray) -> np.ndarray:
    """Levels (3, h, w), not yet rounded: grey, and so much of the patch as the signal has energy."""
    shown = np.zeros(patch.shape)
    for row, column in np.ndindex(*patch.shape[1:]):
        energy = sum(((int(level) - 128) / 127) ** 2 for level in signal[:, row, column]) / 3
        opacity = min(1.5 * math.sqrt(energy), 1.0)
        for channel in range(3):
            shown[channel, row, column] = 128 * (1 - opacity) + opacity * int(patch[channel, row, column])
    return shown


def noise(seed: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


@pytest.mark.parametrize("spread", [0.05, 0.3, 1.0])
def test_the_overlay_is_what_the_slow_way_gives(spread: float) -> None:
    patch = noise(0, 3, 20, 30)
    signal = np.rint(128 + spread * (noise(1, 3, 20, 30).astype(float) - 128)).astype(np.uint8)
    shown = overlaid(patch, signal, 128)
    assert shown.dtype == np.uint8
    assert np.abs(shown - slowly(patch, signal)).max() <= 0.51


def test_many_at_once_or_one_by_one() -> None:
    patches, signals = noise(2, 4, 3, 9, 9), noise(3, 4, 3, 9, 9)
    together = overlaid(patches, signals, 128)
    for patch, signal, shown in zip(patches, signals, together, strict=True):
        assert np.array_equal(overlaid(patch, signal, 128), shown)


def test_zero_is_grey_whatever_the_patch() -> None:
    assert (overlaid(noise(4, 3, 9, 9), np.full((3, 9, 9), 128, np.uint8), 128) == 128).all()


@pytest.mark.parametrize("level", [1, 255, 128 + 85, 128 - 85])  # of 85 on, two thirds of full contrast
def test_where_all_channels_are_strong_the_patch_is_seen_as_it_is(level: int) -> None:
    patch = noise(5, 3, 9, 9)
    assert np.array_equal(overlaid(patch, np.full((3, 9, 9), level, np.uint8), 128), patch)


def test_one_channel_alone_does_not_reach_it() -> None:
    signal = np.full((3, 1, 1), 128, np.uint8)
    signal[1] = 255
    shown = overlaid(np.zeros((3, 1, 1), np.uint8), signal, 128)
    assert shown.tolist() == np.full((3, 1, 1), round(128 * (1 - GAIN / math.sqrt(3)))).tolist()


def test_what_is_drawn_stays_as_it_is() -> None:
    patch, signal = noise(7, 3, 9, 9), noise(8, 3, 9, 9)
    before = patch.copy(), signal.copy()
    overlaid(patch, signal, 128)
    assert np.array_equal(patch, before[0])
    assert np.array_equal(signal, before[1])
