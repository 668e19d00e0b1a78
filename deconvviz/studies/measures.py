"""What pictures have of their unit: how they differ from those of others, and what the network makes of them."""

from collections.abc import Callable, Iterable

import numpy as np
import torch
from torch import Tensor

from ..deconvnet import Projection, Unit
from .likeness import difference
from .numbers import Number, Numbers
from .sampling import Sample, framed, other_channels

OTHERS, RANDOM_SEEDS = 3, 3
"""Other units and random seeds at the place of each unit."""


def specific(sample: Sample, seed: int, done: Callable[[], object]) -> Numbers:
    """How far a unit's picture is from those of other units at its place, and from those of random positive seeds.

    The norm of the difference of two pictures, each of norm 1 (Mahendran & Vedaldi 2016; Nie et al. 2018): of each unit
    the mean over three.
    """
    numbers: Numbers = {}
    for layer, units in sample.units.items():
        dice, channels = np.random.default_rng(seed), sample.channels(layer)
        recording = sample.dv.record(sample.images, [layer])
        own = sample.dv.project(recording, units)
        others, random = list[list[float]](), list[list[float]]()
        for _ in range(OTHERS):
            seeds = sample.one_hot(layer, other_channels(dice, channels, units))
            others.append(_differences(own, sample.dv.project(recording, units, seeds=seeds)))
        for _ in range(RANDOM_SEEDS):
            seeds = torch.from_numpy(np.abs(dice.standard_normal((len(units), channels)))).float()
            random.append(_differences(own, sample.dv.project(recording, units, seeds=seeds)))
        numbers[layer] = {
            "other units": Number.over(Number.over(each) for each in zip(*others, strict=True)),
            "random seeds": Number.over(Number.over(each) for each in zip(*random, strict=True)),
        }
        done()
    return numbers


def _differences(some: Iterable[Projection], others: Iterable[Projection]) -> list[float]:
    return [difference(p, q) for p, q in zip(some, others, strict=True)]


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
        seeds = sample.one_hot(layer, other_channels(dice, channels, units))
        others = sample.dv.project(sample.images, units, seeds=seeds)
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
