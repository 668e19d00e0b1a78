"""Which feature maps a gallery shows first."""

from collections.abc import Sequence

import numpy as np
import pytest

from deconvviz.deconvnet.units import Unit
from deconvviz.pages.choice import first_look, start_here
from deconvviz.pages.facts import MapFacts
from deconvviz.scanning.feature_map import Entry, Statistics

pytestmark = pytest.mark.quick


def facts(number: int, peak: float, positive: int, images: Sequence[int], category: str = "") -> MapFacts:
    """A feature map that fires in so many of 100 images, and most in these, all of one class."""
    entries = [Entry(Unit("l", number, 0, 0, image=n, activation=peak), f"{n}.png", category, "") for n in images]
    histogram, edges = np.zeros(1, np.int64), np.zeros(1)
    return MapFacts(number, Statistics(100, peak / 10, 0.0, peak, positive, histogram, edges), entries, category)


def chosen(maps: Sequence[MapFacts], count: int = 4) -> list[int]:
    return sorted(one.channel for one in start_here(maps, count))


def test_high_peaks_of_rare_maps_come_first_and_dead_ones_last() -> None:
    maps = [facts(n, 1.0 + n, 100 - 10 * n, [3 * n, 3 * n + 1]) for n in range(8)]
    dead = facts(8, 0.0, 0, [])
    assert chosen([*maps, dead], 3) == [5, 6, 7]
    assert chosen([dead, maps[0]], 4) == [0, 8]
    assert chosen([], 4) == []


def test_maps_that_like_the_same_are_not_shown_twice() -> None:
    strong = [facts(n, 10.0 - n / 10, 5, [1, 2, 3], "") for n in range(4)]
    others = [facts(4, 9.0, 5, [4, 5, 6], "cat"), facts(5, 8.9, 5, [7, 8, 9], "cat"), facts(6, 8.0, 5, [10, 11, 12])]
    weak = [facts(n, 1.0, 5, [100 + n, 200 + n, 300 + n]) for n in range(7, 14)]  # only half is looked at
    assert chosen([*strong, *others, *weak], 3) == [
        0,
        4,
        6,
    ]  # one of the first four, one that likes cats


def test_a_map_without_a_full_set_of_images_waits() -> None:
    assert chosen([facts(0, 9.0, 1, [1]), facts(1, 1.0, 2, [2, 3]), facts(2, 1.1, 2, [4, 5])], 2) == [1, 2]


def test_the_first_look_takes_turns_among_middle_layers() -> None:
    def layer(at: int) -> list[MapFacts]:
        return [facts(n, 1.0, 5, [100 * at + 10 * n, 100 * at + 10 * n + 1]) for n in range(4)]

    starts, shares = [layer(at) for at in range(4)], [0.05, 0.3, 0.6, float("inf")]
    assert looked(starts, shares, 8) == [(at, n) for at in (1, 2) for n in range(4)]
    assert looked(starts, shares, 5) == [(1, 0), (1, 1), (2, 0), (2, 1)]  # whole rows of four
    assert looked(starts, [0.01, 0.02, 0.03, 1.0]) == []
    starts[2] = starts[2][::-1]  # the best first
    starts[1][3] = facts(3, 1.0, 5, [7, 8], "cat")
    assert looked(starts, shares, 4) == [(1, 0), (1, 3), (2, 2), (2, 3)]


def test_the_first_look_shows_maps_that_like_the_same_only_if_there_are_no_others() -> None:
    same = [facts(n, 1.0, 5, [1, 2]) for n in range(4)]
    assert looked([same, []], [0.3, 1.0]) == [(0, n) for n in range(4)]
    assert looked([same[:3], []], [0.3, 1.0]) == []
    assert looked([same], [0.3]) == []  # one layer: they are in sight anyway
    others = [facts(n, 1.0, 5, [n, n + 10]) for n in range(4, 7)]
    assert looked([[*same, *others], []], [0.3, 1.0], 4) == [(0, n) for n in (0, 4, 5, 6)]
    assert looked([[*same[:3], facts(3, 0.0, 0, [])], []], [0.3, 1.0]) == []


def looked(starts: Sequence[Sequence[MapFacts]], shares: Sequence[float], count: int = 8) -> list[tuple[int, int]]:
    return [(at, one.channel) for at, one in first_look(starts, shares, count)]
