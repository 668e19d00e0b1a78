"""A sketch of what each feature map did on the images: small, and enough to say which maps are alike.

Two maps are alike if their activations rise and fall together over the images. To keep all activations would take a
number for each image and map; those of a few hundred images, drawn by lot, tell correlations well enough: of n images
one of r is known to about (1 - r²) / sqrt(n). Which images these are depends on how many there are alone, so that every
part of a scan knows its own, and parts are joined by putting them together.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .lots import lots
from .tally import Integers

DRAWN = 256
"""Images in a sketch, at most: with two bytes for each, a feature map takes half a kilobyte before compression."""


@dataclass(frozen=True, eq=False)
class Sketch:
    """Of C feature maps: `numbers` (n,) int64 of images, rising; `bits` (n, C) uint16 of their maxima, as bfloat16."""

    numbers: Integers
    bits: NDArray[np.uint16]

    @classmethod
    def of(cls, numbers: Sequence[int], values: NDArray[np.float32]) -> "Sketch":
        """Of the maxima (n, C) in these images, rounded to bfloat16: the upper half of a float32."""
        largest = np.float32(3.3e38)  # above, bfloat16 would round to infinity
        rounded = np.clip(values, -largest, largest).astype(np.float32).view(np.uint32) + np.uint32(0x7FFF)
        return cls(np.asarray(numbers, np.int64), (rounded >> np.uint32(16)).astype(np.uint16))

    def __add__(self, other: "Sketch") -> "Sketch":
        """Of the images of both; those that are in both count once."""
        numbers, first = np.unique(np.concatenate([self.numbers, other.numbers]), return_index=True)
        return Sketch(numbers, np.concatenate([self.bits, other.bits])[first])

    def values(self, rows: Sequence[int]) -> NDArray[np.float32]:
        """The maxima (n, rows) of some feature maps."""
        return (self.bits[:, rows].astype(np.uint32) << np.uint32(16)).view(np.float32)

    def correlations(self, rows: Sequence[int]) -> NDArray[np.float64]:
        """Of the activations of these feature maps over the images (rows, rows): -1 to 1; 0 for a constant."""
        values = np.maximum(self.values(rows).astype(np.float64), 0)  # below zero it does not fire
        values -= values.mean(0) if len(values) else 0
        lengths = np.linalg.norm(values, axis=0)
        units = np.divide(values, lengths, out=np.zeros_like(values), where=lengths > 0)
        return np.asarray(np.clip(units.T @ units, -1, 1))


class Sketching:
    """The sketch while a part is done, batch after batch in the order of the images; `of` how many there are."""

    def __init__(self, channels: int, of: int) -> None:
        self.drawn = drawn(of)
        self.numbers, self.kept = list[int](), [np.zeros((0, channels), np.float32)]

    def add(self, values: NDArray[np.float32], numbers: Sequence[int]) -> None:
        """Some more images: `values` (images, C), finite, and their numbers."""
        places = [place for place, number in enumerate(numbers) if number in self.drawn]
        if places:
            self.numbers += [numbers[place] for place in places]
            self.kept.append(values[places])

    def sketch(self) -> Sketch:
        """What has been seen."""
        order = np.argsort(self.numbers, kind="stable")
        return Sketch.of(np.asarray(self.numbers, np.int64)[order].tolist(), np.concatenate(self.kept)[order])


def drawn(images: int) -> frozenset[int]:
    """The numbers of the images that are sketched, of so many: always the same ones."""
    if images <= DRAWN:
        return frozenset(range(images))
    numbers, tried = set[int](), 0
    while len(numbers) < DRAWN:
        numbers.add(int(lots(np.array([tried + images]))[0] % images))
        tried += 1
    return frozenset(numbers)
