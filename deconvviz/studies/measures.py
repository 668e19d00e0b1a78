"""Five measurements of what projections can be trusted for. Each takes a sample and gives numbers, layer by layer."""

from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import Tensor

from ..deconvnet import Projection, Unit, carried
from ..mirror import Layers
from .likeness import (
    Values,
    alike_in_direction,
    difference,
    edges,
    flattened,
    magnitudes,
    spearman,
    ssim,
)
from .random_weights import Randomised, groups_below
from .sampling import Sample, framed


class Number(float):
    """A mean over units, NaN of none, and its standard `error`: how far the mean of other units may well be from it."""

    error: float = float("nan")

    @classmethod
    def over(cls, values: Iterable[float]) -> "Number":
        """Over the values that are numbers."""
        known = [value for value in values if value == value]
        number = cls(np.mean(known)) if known else cls("nan")
        if len(known) > 1:
            number.error = float(np.std(known, ddof=1) / len(known) ** 0.5)
        return number


Numbers = dict[str, dict[str, Number]]
"""By layer, then by what was measured."""

OTHERS, RANDOM_SEEDS, VECTORS = 3, 3, 5
"""Other units and random seeds at the place of each unit; random vectors for the convergence, as Sixt et al. take."""


# --- 1. is it specific? -------------------------------------------------------------------------------------


def specific(sample: Sample, seed: int, done: Callable[[], object]) -> Numbers:
    """How far a unit's picture is from those of other units at its place, and from those of random positive seeds.

    The norm of the difference of two pictures, each of norm 1 (Mahendran & Vedaldi 2016; Nie et al. 2018).
    """
    numbers: Numbers = {}
    for layer, units in sample.units.items():
        dice, channels = np.random.default_rng(seed), sample.channels(layer)
        own = sample.dv.project(sample.images, units)
        others, random = list[float](), list[float]()
        for _ in range(OTHERS):
            chosen = [int(dice.integers(channels - 1)) for _ in units]
            chosen = [n + (n >= unit.channel) for n, unit in zip(chosen, units, strict=True)]
            seeds = sample.one_hot(layer, chosen)
            others += _differences(own, sample.dv.project(sample.images, units, seeds=seeds))
        for _ in range(RANDOM_SEEDS):
            seeds = torch.from_numpy(np.abs(dice.standard_normal((len(units), channels)))).float()
            random += _differences(own, sample.dv.project(sample.images, units, seeds=seeds))
        numbers[layer] = {"other units": Number.over(others), "random seeds": Number.over(random)}
        done()
    return numbers


def _differences(some: Iterable[Projection], others: Iterable[Projection]) -> list[float]:
    return [difference(p, q) for p, q in zip(some, others, strict=True)]


# --- 2. is it learned? --------------------------------------------------------------------------------------


def learned(sample: Sample, seed: int, stages: int, done: Callable[[], object]) -> Numbers:
    """How alike a unit's picture stays when weights are random (Adebayo et al. 2018).

    "cascade 1 … n": of the layers from the unit's own downward, until all are; "alone 1 … n": of one group at a time.
    Each by four measures; those but the first inside the frame, each pixel relative to what is usual at its distance
    from the middle: else rank correlation sees that pictures are strongest in the middle, and little more.
    """
    randomised, numbers = Randomised(sample.dv, seed), Numbers()
    for layer, units in sample.units.items():
        table = sample.dv.layers_for(sample.images.shape[1:])
        groups = groups_below(table, layer, sample.dv.net, stages)
        own = sample.dv.project(sample.images, units)
        strengths = torch.tensor([[unit.activation or 1.0] for unit in units])
        seeds = sample.one_hot(layer, [unit.channel for unit in units]) * strengths
        found = numbers.setdefault(layer, {})
        for stage in range(len(groups)):
            cascade = [path for group in groups[: stage + 1] for path in group]
            for name, paths in ((f"cascade {stage + 1}", cascade), (f"alone {stage + 1}", groups[stage])):
                with randomised.without(paths) as other:
                    pictures = other.project(sample.images, units, seeds=seeds)
                found |= {f"{name} {key}": value for key, value in _likenesses(own, pictures).items()}
            done()
        found |= {key: found[f"cascade {len(groups)} {key}"] for key in LIKENESSES if groups}
    return numbers


LIKENESSES = ("rank, whole field", "rank", "structure", "direction")
"""How pictures are held against each other: Spearman of |p| over the whole field; inside the frame, relative to the
distance from the middle, Spearman, SSIM, and the correlation of histograms of oriented gradients."""


def _likenesses(own: Iterable[Projection], others: Iterable[Projection]) -> dict[str, Number]:
    rows = [_likeness(p, q) for p, q in zip(own, others, strict=True)]
    return {key: Number.over(row[key] for row in rows) for key in LIKENESSES}


def _likeness(p: Projection, q: Projection) -> dict[str, float]:
    box, middle = framed(p)
    flat, other = (flattened(magnitudes(one, box), middle) for one in (p, q))
    whole = spearman(magnitudes(p, p.box), magnitudes(q, p.box))
    enough = min(flat.shape) > 5
    return dict(
        zip(
            LIKENESSES,
            (
                whole,
                spearman(flat, other),
                ssim(flat, other) if enough else float("nan"),
                alike_in_direction(flat, other),
            ),
            strict=True,
        )
    )


# --- 3. whose structure is it? ------------------------------------------------------------------------------


def structure(sample: Sample, seed: int, done: Callable[[], object]) -> Numbers:
    """How a unit's picture follows the edges of its image, with switches, without, and with all weights random.

    Rank correlations inside the frame, relative to the distance from the middle; the edges are Sobel's.
    """
    randomised, numbers = Randomised(sample.dv, seed), Numbers()
    for layer, units in sample.units.items():
        table = sample.dv.layers_for(sample.images.shape[1:])
        everything = [path for group in groups_below(table, layer, sample.dv.net, 1) for path in group]
        with_switches = sample.dv.by(unpool="switches").project(sample.images, units)
        without = sample.dv.by(unpool="centre").project(sample.images, units)
        seeds = sample.one_hot(layer, [unit.channel for unit in units])
        with randomised.without(everything) as other:
            random = other.by(unpool="switches").project(sample.images, units, seeds=seeds)
        rows = [_edges(*three) for three in zip(with_switches, without, random, strict=True)]
        numbers[layer] = {key: Number.over(row[key] for row in rows) for key in rows[0]}
        done()
    return numbers


def _edges(p: Projection, without: Projection, random: Projection) -> dict[str, float]:
    box, middle = framed(p)
    outline = flattened(edges(p.input, box), middle)

    def flat(one: Projection) -> Values:
        return flattened(magnitudes(one, box), middle)

    return {
        "edges, with switches": spearman(flat(p), outline),
        "edges, without": spearman(flat(without), outline),
        "edges, random weights": spearman(flat(random), outline),
        "with and without": spearman(flat(p), flat(without)),
    }


# --- 4. does the network agree? -----------------------------------------------------------------------------


def agreement(sample: Sample, seed: int, done: Callable[[], object]) -> Numbers:
    """What a unit makes of its own picture: on grey, with as much contrast as its patch had.

    The share of its activation that comes back, and the unit's rank among its layer's at its place, as a share of
    them: 0 the strongest, 0.5 the middle. Beside it the same for the picture's pixels, shuffled, and for another unit's
    picture.
    """
    grey = sample.images.mean((0, 2, 3), keepdim=True)[0]
    numbers: Numbers = {}
    for layer, units in sample.units.items():
        dice, channels = np.random.default_rng(seed), sample.channels(layer)
        own = sample.dv.project(sample.images, units)
        chosen = [int(dice.integers(channels - 1)) for _ in units]
        chosen = [n + (n >= unit.channel) for n, unit in zip(chosen, units, strict=True)]
        others = sample.dv.project(sample.images, units, seeds=sample.one_hot(layer, chosen))
        fed = {
            "own picture": [_fed(p, p.pixels, grey) for p in own],
            "shuffled pixels": [_fed(p, _shuffled(p, dice), grey) for p in own],
            "another unit's": [_fed(p, q.pixels, grey) for p, q in zip(own, others, strict=True)],
        }
        found = numbers.setdefault(layer, {})
        for name, images in fed.items():
            shares, ranks = _answers(sample, layer, units, torch.stack(images))
            found |= {f"share, {name}": shares, f"rank, {name}": ranks}
        done()
    return numbers


def _fed(p: Projection, pixels: Tensor, grey: Tensor) -> Tensor:
    """A picture on grey, with the contrast that the patch has against it."""
    top, left, bottom, right = p.box
    patch = p.input[:, top:bottom, left:right] - grey
    norm = float(pixels.norm())
    image = grey.expand_as(p.input).clone()
    image[:, top:bottom, left:right] += pixels * (float(patch.norm()) / norm if norm else 0.0)
    return image


def _shuffled(p: Projection, dice: np.random.Generator) -> Tensor:
    """The pixels of a picture, each somewhere else in its frame."""
    (top, left, bottom, right), pixels = framed(p)[0], p.pixels.clone()
    inside = pixels[:, top - p.box[0] : bottom - p.box[0], left - p.box[1] : right - p.box[1]]
    order = torch.from_numpy(dice.permutation(inside[0].numel()))
    inside.copy_(inside.flatten(1)[:, order].view(inside.shape))
    return pixels


def _answers(sample: Sample, layer: str, units: list[Unit], images: Tensor) -> tuple[Number, Number]:
    """The mean share of the activation, and the mean rank, 0 … 1, of each unit in its own image of these."""
    table = sample.dv.layers_for(images.shape[1:])
    read_at = table[layer].read_at
    maps = sample.dv.record(images, [layer]).maps[read_at].movedim(table.channel_dimension(read_at), 1)
    shares, ranks = list[float](), list[float]()
    for n, unit in enumerate(units):
        here = maps[n] if unit.row is None else maps[n, :, unit.row, unit.column]
        value = float(here[unit.channel])
        shares.append(value / float(unit.activation or 1.0))
        equal = int((here == value).sum()) - 1  # where nothing fires none is the strongest
        ranks.append((int((here > value).sum()) + equal / 2) / max(len(here) - 1, 1))
    return Number.over(shares), Number.over(ranks)


# --- 5. do signals converge? --------------------------------------------------------------------------------


def convergence(sample: Sample, seed: int, done: Callable[[], object]) -> Numbers:
    """How alike random signals become on the way down: the cosine similarity convergence of Sixt et al. 2020.

    From each layer five random vectors at every position go down through an image; at each position below it is
    measured how alike those are that have arrived, by the cosine between them: the median, for each layer below and for
    the pixels. 1: whatever was asked for, the same arrives.
    """
    table = sample.dv.layers_for(sample.images.shape[1:])
    layers, numbers = list(sample.units), Numbers()
    for at, layer in enumerate(layers):
        start = table[layer].read_at
        recording = sample.dv.record(sample.images[:1], [layer])
        dice = torch.Generator().manual_seed(seed)
        shape = (VECTORS, *recording.maps[start].shape[1:])
        seeds = torch.randn(shape, generator=dice).to(recording.maps[start])
        passed = {call.name for call in table.graph.needed_for([start])}
        below = [name for name in layers[:at] if table[name].read_at in passed]
        numbers[layer] = found = {
            f"at {name}": _median_cosine(table, carried(table, recording, start, seeds, _zeros(), end), end)
            for name, end in [*((n, table[n].read_at) for n in below), ("pixels", "input")]
        }
        if below:
            found["below"] = found[f"at {below[-1]}"]
        done()
    return numbers


def _zeros() -> Tensor:
    return torch.zeros(VECTORS, dtype=torch.int64)


def _median_cosine(table: Layers, signals: Tensor, end: str) -> Number:
    """Of pairs of signals (V, C, …), position by position."""
    channels = 1 if end == "input" else table.channel_dimension(end)
    vectors = signals.movedim(channels, -1).flatten(1, -2).double() if signals.ndim > 2 else signals[:, None].double()
    norms = vectors.norm(dim=-1, keepdim=True)
    scaled = torch.where(norms > 0, vectors / norms.clamp(min=1e-300), torch.nan)
    pairs = torch.combinations(torch.arange(len(scaled)), 2)
    cosines = (scaled[pairs[:, 0]] * scaled[pairs[:, 1]]).sum(-1)
    known = cosines[~cosines.isnan()]
    return Number(known.median()) if len(known) else Number("nan")
