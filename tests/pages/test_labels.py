"""When a gallery says of a feature map that it likes a class."""

from collections.abc import Sequence

import numpy as np
import pytest

from deconvviz.deconvnet.units import Unit
from deconvviz.pages.facts import MapFacts
from deconvviz.pages.labels import labelled
from deconvviz.pages.words import alternative_text
from deconvviz.scanning.feature_map import Entry, Statistics

pytestmark = pytest.mark.quick


def facts(kinds: Sequence[str], peak: float = 1.0) -> MapFacts:
    """A feature map with an image of each of these classes; its own is the commonest."""
    entries = [
        Entry(Unit("l", 3, 0, 0, image=n, activation=peak), f"{n}.png", kind, "") for n, kind in enumerate(kinds)
    ]
    statistics = Statistics(100, peak / 10, 0.0, peak, len(kinds), np.zeros(1, np.int64), np.zeros(1))
    named = [kind for kind in kinds if kind]
    return MapFacts(3, statistics, entries, max(named, key=named.count, default=""))


def label(one: MapFacts, count: int = 9, strongest: float = 1.0) -> str:
    """What is said of it in a layer with this peak."""
    return labelled([one], count, strongest)[0].label


def of(same: int, count: int) -> list[str]:
    """So many dogs, and nothing else twice."""
    return ["dog"] * same + [f"kind {n}" for n in range(count - same)]


@pytest.mark.parametrize(
    ("same", "shown", "count", "said"),
    [
        (9, 9, 9, True),
        (5, 9, 9, True),
        (4, 9, 9, False),
        (5, 5, 9, True),  # five images excite it, and all are of the class
        (4, 4, 9, False),  # all that there are, and too few of nine
        (3, 4, 4, True),  # 6.75 of nine
        (2, 4, 4, False),  # 4.5 of nine
        (2, 3, 3, True),
        (1, 3, 3, False),
        (2, 2, 2, True),
        (1, 2, 2, False),
        (1, 1, 1, False),  # any single image is of one class
        (10, 18, 18, True),
        (9, 18, 18, False),
    ],
)
def test_five_of_nine_images_make_a_class_liked_or_as_many_in_proportion(
    same: int, shown: int, count: int, said: bool
) -> None:
    assert label(facts(of(same, shown)), count) == (f"dog, {same} of {shown}" if said else "")


def test_a_map_that_hardly_fires_likes_nothing() -> None:
    dogs = of(9, 9)
    assert label(facts(dogs, peak=1.0), strongest=10.0) == "dog, 9 of 9"
    assert label(facts(dogs, peak=0.99), strongest=10.0) == ""
    assert label(facts(dogs, peak=30.0), strongest=10.0) == "dog, 9 of 9"  # it is the strongest itself


def test_nothing_is_said_where_there_are_no_classes_and_of_the_dead() -> None:
    assert label(facts([""] * 9)) == ""
    assert label(facts([], peak=0.0)) == ""
    assert [one.label for one in labelled([facts([], peak=0.0)], 9, 0.0)] == [""]  # a layer of nothing else
    assert labelled([], 9, 0.0) == []


def test_an_image_without_a_class_is_of_none() -> None:
    assert label(facts(["dog"] * 4 + [""] * 5)) == ""
    liked = facts(["dog"] * 5 + [""] * 4)
    assert label(liked) == "dog, 5 of 9"


def test_a_sheets_alternative_text_claims_no_more_than_the_label() -> None:
    liked, not_liked = labelled([facts(of(5, 9)), facts(of(4, 9))], 9, 1.0)
    assert alternative_text("conv5", liked) == "Top 9 of conv5 map 3, 5 of them dog"
    assert alternative_text("conv5", not_liked) == "Top 9 of conv5 map 3"
