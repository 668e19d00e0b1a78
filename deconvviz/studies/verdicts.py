"""What the measurements mean, in words: what is asked, what a useless method would give, and what these numbers say."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .numbers import Numbers

APART = 2**0.5
"""The difference of two pictures of norm 1 that have nothing in common."""


@dataclass(frozen=True)
class Column:
    """A number in a measure's table: its key, what stands above it, and the longest bar."""

    key: str
    head: str
    most: float = 1.0


@dataclass(frozen=True)
class Measure:
    """One measurement: the `question` it answers, `how`, what a `useless` method would give, and the `source`.

    `columns`: what its table shows of each layer.
    """

    key: str
    question: str
    how: str
    useless: str
    source: str
    columns: tuple[Column, ...]


MEASURES = (
    Measure(
        "specific",
        "1. Do pictures depend on the unit?",
        "How far a unit's picture is from those of other units at its place, and from those of random positive seeds "
        "on all feature maps there: the norm of the difference of two pictures, each of norm 1, 0 to 1.41.",
        "0, the same picture whichever unit is asked",
        "Mahendran & Vedaldi 2016; Nie, Zhang & Patel 2018",
        (Column("other units", "from other units'", APART), Column("random seeds", "from random seeds'", APART)),
    ),
    Measure(
        "learned",
        "2. Do pictures depend on what was learned?",
        "How alike pictures stay when all weights from the unit's layer down are random: rank correlation over the "
        "whole field, which mostly sees that pictures are strongest in the middle; then inside the frame, each pixel "
        "relative to what is usual at its distance from the middle: rank correlation, structural similarity, and the "
        "correlation of histograms of oriented gradients. Beside each, what pictures of another image have in common "
        "with it: that comes of the grid of strides and poolings, and is chance here.",
        "1, the same picture whatever the weights",
        "Adebayo et al. 2018",
        (
            Column("rank, whole field", "rank, whole field"),
            Column("rank", "rank, in the frame"),
            Column("rank, another image", "another image"),
            Column("structure", "SSIM"),
            Column("structure, another image", "another image"),
            Column("direction", "HOG"),
            Column("direction, another image", "another image"),
        ),
    ),
    Measure(
        "structure",
        "3. Whose structure is it?",
        "Rank correlation, in the frame and relative to the distance from the middle, of the picture with the edges of "
        "its image (Sobel): with switches, unpooled to the centre without them, and with switches but random weights; "
        "and of the pictures with and without switches.",
        "as much with random weights as with the learned ones",
        "Mahendran & Vedaldi 2016; Nie, Zhang & Patel 2018; Adebayo et al. 2018",
        (
            Column("edges, with switches", "edges, with switches"),
            Column("edges, without", "edges, without"),
            Column("edges, random weights", "edges, random weights"),
            Column("with and without", "with and without"),
        ),
    ),
    Measure(
        "agreement",
        "4. Does the network agree?",
        "The picture on grey, with the contrast of its patch, is shown to the network: what share of the activation "
        "comes back, and the unit's rank among all of its layer at that place, 0 the first, 1 the last; the same for "
        "the picture's pixels shuffled, and for the picture of another unit.",
        "no more than from shuffled pixels, and a rank of 0.5",
        "Re-activation, a measure of this project's own",
        (
            Column("share, own picture", "share back", 2.0),
            Column("share, shuffled pixels", "of it shuffled", 2.0),
            Column("share, another unit's", "of another's", 2.0),
            Column("rank, own picture", "rank"),
            Column("rank, another unit's", "rank, another's"),
        ),
    ),
    Measure(
        "convergence",
        "5. Do signals converge?",
        "Five random signals from all of a layer go down through an image; at each position the cosine between what "
        "arrives of them, the median: at the nearest layer below, and at the pixels.",
        "1, the same arrives whatever was asked",
        "Sixt, Granz & Landgraf 2020: above 0.99 for the deconvnet on VGG-16 and ResNet-50",
        (Column("below", "at the layer below"), Column("at pixels", "at the pixels")),
    ),
)


def sentence(key: str, numbers: Numbers) -> str:
    """What a measure's numbers say, in words; that there was nothing to measure, where one that it needs is none."""
    try:
        said = _SENTENCES[key](numbers)
    except KeyError:  # there are no weights to take away, say, or no second image
        said = "nan"
    last = _ends(numbers)[1]
    return f"Of {last} there was nothing to measure here." if "nan" in re.findall(r"nan\b", said) else said


def _ends(numbers: Numbers) -> tuple[str, str]:
    """The shallowest layer and the deepest."""
    names = list(numbers)
    return names[0], names[-1]


def _specific(numbers: Numbers) -> str:
    first, last = _ends(numbers)
    near, far = numbers[first]["other units"], numbers[last]["other units"]
    if far < 0.5:
        verdict = f"pictures of {last} hardly depend on which unit is asked"
    elif far < 0.9:
        verdict = f"pictures of {last} depend on the unit only in part"
    else:
        verdict = "which unit is asked matters"
    apart = f"{near:.2f} apart in {first}" + (f" and {far:.2f} in {last}" if last != first else "")
    return (
        f"Two units at one place draw pictures that are {apart} (0 is the same picture, 1.41 nothing in common): "
        f"{verdict}."
    )


def _learned(numbers: Numbers) -> str:
    last = _ends(numbers)[1]
    whole, inside = numbers[last]["rank, whole field"], numbers[last]["rank"]
    chance = numbers[last]["rank, another image"]
    if inside - chance >= 0.3:
        verdict = "most of what they look like needs no learning"
    elif inside - chance >= 0.08:
        verdict = "a part of what they look like needs no learning"
    else:
        verdict = "what is theirs needs the learned weights"
    return (
        f"With random weights pictures of {last} still agree by {inside:.2f} inside the frame, those of another image "
        f"by {chance:.2f} (1 is the same; {whole:.2f} over the whole field, where both are just strongest in the "
        f"middle): {verdict}."
    )


def _structure(numbers: Numbers) -> str:
    last = _ends(numbers)[1]
    found = numbers[last]
    given, without, random = (found[f"edges, {which}"] for which in ("with switches", "without", "random weights"))
    if max(given, random) < 0.05:
        verdict = "they follow the image's edges neither way"
    elif without < 0.5 * max(given, random):
        verdict = "what looks like the image comes from the switches"
        if random >= 0.75 * given:
            verdict += ", and random weights draw it as well"
    elif random >= 0.75 * given:
        verdict = "random weights follow the image as well"
    else:
        verdict = "they follow the image's edges with switches and without"
    return (
        f"Pictures of {last} follow the edges of their image by {given:.2f} with switches, {without:.2f} without them, "
        f"{random:.2f} with random weights: {verdict}."
    )


def _agreement(numbers: Numbers) -> str:
    last = _ends(numbers)[1]
    found = numbers[last]
    share, shuffled = found["share, own picture"], found["share, shuffled pixels"]
    own, other = found["rank, own picture"], found["rank, another unit's"]
    if share <= 2 * max(shuffled, 0.05):
        verdict = "to the network the picture is hardly more than its pixels in any order"
    elif own < 0.1 and own < 0.75 * other:
        verdict = "the network finds the unit in its picture, and less in another's"
    elif own < 0.75 * other:
        verdict = "the network finds the unit more in its own picture than in another's, but others fire as strongly"
    else:
        verdict = "but it does so as well for another unit's picture: what is seen in it is not this unit's own"
    return (
        f"Shown its own picture, a unit of {last} fires at {share:.2f} of what it did ({shuffled:.2f} for the same "
        f"pixels shuffled), with a rank of {own:.2f} among its layer ({other:.2f} in another unit's picture): "
        f"{verdict}."
    )


def _convergence(numbers: Numbers) -> str:
    last = _ends(numbers)[1]
    cosine = numbers[last]["at pixels"]
    if cosine > 0.99:
        verdict = "whatever is asked of it, nearly the same colours arrive"
    elif cosine > 0.9:
        verdict = "signals have largely become one"
    else:
        verdict = "signals stay apart"
    return f"Random signals from {last} arrive at the pixels with a median cosine of {cosine:.3f}: {verdict}."


_SENTENCES: dict[str, Callable[[Numbers], str]] = {
    "specific": _specific,
    "learned": _learned,
    "structure": _structure,
    "agreement": _agreement,
    "convergence": _convergence,
}


def of_layer(found: Mapping[str, Mapping[str, Mapping[str, float | None]]]) -> str:
    """What was measured of one layer, in one sentence; `found`: its numbers by measure, as `Trust.as_dict` has them."""
    known = {(measure, key): one["mean"] for measure, some in found.items() for key, one in some.items()}
    said = {
        ("specific", "other units"): "another unit at the same place draws a picture {:.2f} apart (1.41: nothing in "
        "common)",
        ("learned", "rank"): "with random weights {:.2f} of the rank correlation stays in the frame",
        ("learned", "rank, another image"): "and {:.2f} with a picture of another image",
        ("agreement", "share, own picture"): "shown its own picture, a unit fires at {:.2f} of what it did",
    }
    parts = [text.format(value) for key, text in said.items() if (value := known.get(key)) is not None]
    return "; ".join(parts).replace("; and ", ", ")
