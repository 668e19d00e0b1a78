"""What measurements are taken on: some units of each layer, drawn by lot, each where it fires most."""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from ..deconvnet import DeconvNet, Projection, Unit
from ..drawing import Box, common_box
from ..errors import UnsuitableInput
from ..mirror import spread_over_depth
from ..scanning import Index
from .choosing import usual_layers_of


@dataclass(frozen=True, eq=False)
class Sample:
    """A network, images (N, C, H, W) as it sees them, and units by layer, from shallow to deep, each in one image."""

    dv: DeconvNet
    images: Tensor
    units: dict[str, list[Unit]]

    def channels(self, layer: str) -> int:
        """How many feature maps a layer has."""
        return self.dv.layers_for(self.images.shape[1:])[layer].channels

    def one_hot(self, layer: str, channels: Sequence[int], strength: float = 1.0) -> Tensor:
        """Seeds (n, C) of one feature map each."""
        seeds = torch.zeros(len(channels), self.channels(layer))
        seeds[range(len(channels)), list(channels)] = strength
        return seeds


def sample_of_images(
    dv: DeconvNet,
    images: Sequence[Tensor],
    layers: Sequence[str],
    most: int | None,
    maps: int,
    seed: int,
) -> Sample:
    """Up to `maps` feature maps of each layer that fire, each in the image where it fires most."""
    inputs = _stacked(images)
    table = dv.layers_for(inputs.shape[1:])
    names = table.matching(layers) if layers else spread_over_depth(table, most or len(table))
    units = {}
    for layer, some in zip(names, _each_strongest(dv, inputs, names), strict=True):
        alive = [unit for unit in some if (unit.activation or 0) > 0]
        units[layer] = [alive[n] for n in _lot(len(alive), maps, seed)]
    return _checked(Sample(dv, inputs, units))


def _each_strongest(dv: DeconvNet, inputs: Tensor, names: Sequence[str]) -> list[list[Unit]]:
    """Of each layer the strongest unit of every feature map, in whichever image it is."""
    return [[best for (best, *_) in dv.strongest_images(inputs, name, 1)] for name in names]


def sample_of_index(
    index: Index,
    layers: Sequence[str],
    most: int | None,
    maps: int,
    seed: int,
    report: Callable[[str], object] = warnings.warn,
) -> Sample:
    """The same of an index: maps that fire, each in its strongest image."""
    images, units = dict[int, Tensor](), dict[str, list[Unit]]()
    numbers: dict[int, int] = {}
    for layer in usual_layers_of(index, layers, most):
        dead = set(index.dead(layer))
        alive = [channel for channel in range(index.channels(layer)) if channel not in dead]
        chosen = [alive[n] for n in _lot(len(alive), maps, seed)]
        units[layer] = []
        for projection in index.project(layer, chosen, 1, report):
            image = projection.unit.image or 0
            numbers.setdefault(image, len(numbers))
            images[image] = projection.input
            units[layer].append(replace(projection.unit, image=numbers[image]))
    return _checked(Sample(index.network, _stacked(list(images.values())), units))


def _stacked(images: Sequence[Tensor]) -> Tensor:
    if len({image.shape for image in images}) != 1:
        raise UnsuitableInput("measurements are taken on images of one size: give the network a size (--size)")
    return torch.stack(list(images))


def _lot(count: int, most: int, seed: int) -> list[int]:
    """`most` of so many, drawn by lot, in order."""
    return sorted(np.random.default_rng(seed).permutation(count)[:most].tolist())


def _checked(sample: Sample) -> Sample:
    if not any(len(units) > 1 for units in sample.units.values()):
        raise UnsuitableInput("too few feature maps fire on these images: none of the layers has two")
    return Sample(sample.dv, sample.images, {name: units for name, units in sample.units.items() if len(units) > 1})


def framed(p: Projection) -> tuple[Box, tuple[float, float]]:
    """The frame of a projection as far as it lies in the image, and where in it the middle of the field is."""
    box = common_box(p.box, p.frame)
    middle = (p.field[0] + p.field[2] - 1) / 2 - box[0], (p.field[1] + p.field[3] - 1) / 2 - box[1]
    return box, middle


def other_channels(dice: np.random.Generator, channels: int, units: Sequence[Unit]) -> list[int]:
    """For each unit another feature map of its layer, drawn by lot."""
    drawn = [int(dice.integers(channels - 1)) for _ in units]
    return [n + (n >= unit.channel) for n, unit in zip(drawn, units, strict=True)]
