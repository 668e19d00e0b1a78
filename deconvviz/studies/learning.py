"""What of a picture was learned, and what the image's switches and edges draw: weights are taken away."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

import torch

from ..deconvnet import Projection, Unit
from .likeness import Values, alike_in_direction, edges, flattened, magnitudes, spearman, ssim
from .numbers import Number, Numbers
from .random_weights import Randomised, groups_below
from .sampling import Sample, framed


def learned(sample: Sample, seed: int, stages: int, done: Callable[[], object]) -> Numbers:
    """How alike a unit's picture stays when weights are random (Adebayo et al. 2018).

    "cascade 1 … n": of the layers from the unit's own downward, until all are; "alone 1 … n": of one group at a time.
    Each by four measures; those but the first inside the frame, each pixel relative to what is usual at its distance
    from the middle: else rank correlation sees that pictures are strongest in the middle, and little more. What
    pictures of *another image* have in common with it, all weights random, is what the grid of strides and poolings
    gives: less than that cannot be had.
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
            cascade = [name for group in groups[: stage + 1] for name in group]
            for name, some in ((f"cascade {stage + 1}", cascade), (f"alone {stage + 1}", groups[stage])):
                with randomised.without(some) as other:
                    pictures = other.project(sample.images, units, seeds=seeds)
                found |= {f"{name} {key}": value for key, value in _likenesses(own, pictures).items()}
            done()
        if groups:
            found |= {key: found[f"cascade {len(groups)} {key}"] for key in LIKENESSES}
            with randomised.without([name for group in groups for name in group]) as other:
                elsewhere = other.project(sample.images, in_another_image(units), seeds=seeds)
            chance = _likenesses(own, elsewhere) if len({unit.image for unit in units}) > 1 else {}
            found |= {f"{key}, another image": value for key, value in chance.items()}
    return numbers


def in_another_image(units: Sequence[Unit]) -> list[Unit]:
    """The same units, each in the image of the next one that has another."""
    images = [unit.image for unit in units]
    return [
        replace(
            unit, image=next((i for i in (*images[n:], *images[:n]) if i != unit.image), unit.image), activation=None
        )
        for n, unit in enumerate(units)
    ]


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
        everything = [name for group in groups_below(table, layer, sample.dv.net, 1) for name in group]
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
