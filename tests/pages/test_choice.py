"""Which feature maps a gallery shows first."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from deconvviz.deconvnet.units import Unit
from deconvviz.pages.choice import agreeing, first_look, start_here
from deconvviz.pages.facts import MapFacts
from deconvviz.scanning.feature_map import Entry, Statistics

pytestmark = pytest.mark.quick


def facts(
    number: int, peak: float, positive: int, images: Sequence[int], category: str = "", weakest: float = 1.0
) -> MapFacts:
    """A feature map that fires in so many of 100 images, and most in these, all of one class.

    `weakest`: the activation in the last of them, as a share of the peak.
    """
    excited = [peak] * (len(images) - 1) + [weakest * peak]
    entries = [
        Entry(Unit("l", number, 0, 0, image=n, activation=activation), f"{n}.png", category, "")
        for n, activation in zip(images, excited, strict=False)
    ]
    histogram, edges = np.zeros(1, np.int64), np.zeros(1)
    return MapFacts(number, Statistics(100, peak / 10, 0.0, peak, positive, histogram, edges), entries, category)


def mixed(number: int, kinds: Sequence[str]) -> MapFacts:
    """A feature map whose images are of these classes, most of them of the first; no other map shows them."""
    one = facts(number, 1.0, 5, [100 * number + n for n in range(len(kinds))], kinds[0])
    entries = [
        Entry(e.unit, name=e.name, category=kind, root=e.root) for e, kind in zip(one.entries, kinds, strict=True)
    ]
    return replace(one, entries=entries, category=max(kinds, key=kinds.count))


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


# --- the maps of a layer whose images agree best ------------------------------------------------------------


def agreed(maps: Sequence[MapFacts], count: int = 24) -> list[int]:
    return [one.channel for one in agreeing(maps, count)]


def test_without_classes_maps_agree_whose_images_excite_them_about_equally() -> None:
    maps = [facts(n, 10.0, 5, [2 * n, 2 * n + 1], weakest=weakest) for n, weakest in enumerate((0.2, 0.9, 0.5, 0.7))]
    assert agreed(maps) == [1, 3, 2, 0]
    assert agreed(maps, 2) == [1, 3]
    assert agreed([facts(3, 5.0, 1, [1]), facts(2, 6.0, 1, [2]), facts(1, 5.0, 1, [3])]) == [2, 1, 3]  # all agree


def test_with_classes_maps_agree_most_of_whose_images_are_of_one() -> None:
    kinds = [("cat", "dog", "cat"), ("dog", "dog", "dog"), ("cat", "dog", "owl")]
    maps = [mixed(n, kind) for n, kind in enumerate(kinds)]
    assert [one.agreement for one in maps] == pytest.approx([2 / 3, 1, 1 / 3])
    assert agreed(maps) == [1, 0, 2]


def test_maps_of_low_peak_and_those_without_a_full_set_agree_about_nothing() -> None:
    strong = [facts(n, 10.0 - n, 5, [2 * n, 2 * n + 1], weakest=0.1) for n in range(4)]
    weak = [facts(n, 1.0, 5, [2 * n, 2 * n + 1]) for n in range(4, 8)]
    few, dead = facts(8, 20.0, 1, [99]), facts(9, 0.0, 0, [])
    assert agreed([*strong, *weak, few, dead]) == [0, 1, 2, 3]
    assert agreed([*strong[:1], *weak[:2], few, dead]) == [4, 5, 0]  # so few that all are looked at
    assert agreed([]) == []


# --- the first look -----------------------------------------------------------------------------------------


def looked(best: Sequence[Sequence[MapFacts]], shares: Sequence[float], count: int = 8) -> list[tuple[int, int]]:
    return [(at, one.channel) for at, one in first_look(best, shares, count)]


def layer(at: int, count: int, weakest: float) -> list[MapFacts]:
    """Maps that are unlike each other; their images agree so well."""
    return [facts(n, 1.0, 5, [1000 * at + 2 * n, 1000 * at + 2 * n + 1], weakest=weakest) for n in range(count)]


def test_the_first_look_is_at_layers_of_the_middle() -> None:
    best = [layer(at, 4, 0.5) for at in range(5)]
    assert looked(best, [0.05, 0.25, 0.5, 0.76, float("inf")]) == [(at, n) for at in (1, 2) for n in range(4)]
    assert looked(best, [0.24, 0.76, 0.75, 1.0, float("inf")]) == [(2, n) for n in range(4)]
    assert looked(best, [0.01, 0.02, 0.03, 0.04, 1.0]) == []
    assert looked(best[:1], [0.3]) == []  # one layer: its maps are in sight anyway


def test_the_first_look_is_at_maps_whose_images_agree_best() -> None:
    best = [
        [facts(n, 1.0, 5, [100 * at + 2 * n, 100 * at + 2 * n + 1], weakest=weakest) for n, weakest in enumerate(some)]
        for at, some in enumerate(((0.1, 0.9, 0.6), (0.8, 0.2, 0.7)))
    ]
    assert looked(best, [0.3, 0.3], 4) == [(0, 1), (0, 2), (1, 0), (1, 2)]


def test_no_layer_has_more_than_half_of_the_first_look_while_others_have_some() -> None:
    many, shares = layer(0, 12, 0.9), [0.3, 0.5, 0.6]
    assert looked([many, layer(1, 12, 0.2), []], shares) == [(at, n) for at in (0, 1) for n in range(4)]
    few = [many, layer(1, 1, 0.2), layer(2, 1, 0.1)]
    assert looked(few, shares) == [*((0, n) for n in range(6)), (1, 0), (2, 0)]
    assert looked([many, [], []], shares) == [(0, n) for n in range(8)]


def test_the_first_look_has_whole_rows_of_four() -> None:
    some = [layer(0, 4, 0.9), layer(1, 3, 0.8)]
    assert looked(some, [0.3, 0.5]) == [(0, n) for n in range(4)]
    assert looked([layer(0, 2, 0.9), layer(1, 1, 0.8)], [0.3, 0.5]) == []
    assert looked(some, [0.3, 0.5], 6) == [(0, n) for n in range(3)] + [(1, 0)]  # at most half, then the best


def test_the_first_look_shows_maps_that_like_the_same_only_if_there_are_no_others() -> None:
    same = [facts(n, 1.0, 5, [1, 2]) for n in range(4)]
    assert looked([same, []], [0.3, 1.0]) == [(0, n) for n in range(4)]
    assert looked([same[:3], []], [0.3, 1.0]) == []
    others = [facts(n, 1.0, 5, [n, n + 10], weakest=0.5) for n in range(4, 7)]
    assert looked([[*same, *others], []], [0.3, 1.0], 4) == [(0, n) for n in (0, 4, 5, 6)]
    assert looked([[*same[:3], facts(3, 0.0, 0, [])], []], [0.3, 1.0]) == []
    cats = [facts(n, 1.0, 5, [2 * n, 2 * n + 1], "cat") for n in range(6)]
    rest = [mixed(n, ("cow", "cow", "cow", "dog")) for n in (6, 7)]
    rest += [mixed(n, ("owl", "owl", f"bird {n}", "dog")) for n in (8, 9)]
    assert looked([[*cats, *rest]], [0.3], 4) == []  # of one layer
    assert looked([[*cats, *rest], []], [0.3, 1.0], 4) == [(0, n) for n in (0, 1, 6, 8)]  # a cat, a cow, an owl, a cat
