"""When a gallery says that a feature map likes a class: not of one image, and not of a map that hardly fires."""

from collections.abc import Sequence
from dataclasses import replace

from .facts import MapFacts

OF_NINE = 5
"""Of nine images so many must be of one class; of another number, as many in proportion."""

LEAST_PEAK = 0.1
"""Of the layer's strongest activation, which the map's peak must reach."""


def labelled(maps: Sequence[MapFacts], count: int, strongest: float) -> list[MapFacts]:
    """The maps of a layer, those that like a class with how many of their images are of it (`MapFacts.liked`).

    `count`: how many images of each map are shown if they excite it; `strongest`: the layer's largest activation.
    """
    return [replace(m, liked=_liked(m, count, strongest)) for m in maps]


def _liked(facts: MapFacts, count: int, strongest: float) -> int:
    """How many of the images are of the commonest class; 0 if to say so would be too much said."""
    same = sum(entry.category == facts.category for entry in facts.entries if facts.category)
    enough = 9 * same >= OF_NINE * count and same > 1 and facts.peak >= LEAST_PEAK * strongest
    return same if enough else 0
