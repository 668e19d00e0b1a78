"""Images of every feature map that are not its strongest: a few of each strength, drawn by lot.

Of each bin of a map's histogram (`tally`) the images with the smallest lots (`lots`) are kept: so merging is
associative, commutative and idempotent, as for the strongest, and no image is likelier than another.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .lots import lots
from .tally import BINS, Integers, bins, edges

KEPT = 9
"""Images of each bin: enough for three quantiles of three images, should they all fall into one."""


@dataclass(frozen=True, eq=False)
class Spread:
    """Of C feature maps: all (n,), in order of `which` (map times BINS plus bin), then of the images' lots.

    `which`, `images` int64, `values` float32: the maps' maxima there, above zero.
    """

    which: Integers
    values: NDArray[np.float32]
    images: Integers

    @classmethod
    def empty(cls) -> "Spread":
        """Of no image."""
        return cls(np.zeros(0, np.int64), np.zeros(0, np.float32), np.zeros(0, np.int64))

    @classmethod
    def of(cls, values: NDArray[np.float32], numbers: Sequence[int]) -> "Spread":
        """Of these images: their maxima (images, C), finite, and their numbers."""
        place, channel = np.nonzero(values > 0)
        found = values[place, channel]
        which = channel.astype(np.int64) * BINS + bins(found)
        return _kept(which, found, np.asarray(numbers, np.int64)[place])

    def merge(self, other: "Spread") -> "Spread":
        """Of the images of both, which may be the same ones."""
        return Spread.together([self, other])

    @classmethod
    def together(cls, several: Sequence["Spread"]) -> "Spread":
        """Of the images of all."""
        parts = [cls.empty(), *several]
        return _kept(*(np.concatenate([getattr(part, name) for part in parts]) for name in cls.__dataclass_fields__))

    def of_map(self, row: int) -> list[tuple[float, int]]:
        """Maxima and images of one feature map, strongest first."""
        here = slice(*np.searchsorted(self.which, [row * BINS, (row + 1) * BINS]).tolist())
        pairs = zip(self.values[here].tolist(), self.images[here].tolist(), strict=True)
        return sorted(pairs, key=lambda pair: (-pair[0], pair[1]))


def at_quantiles(
    entries: Sequence[tuple[float, int]], histogram: Integers, quantiles: Sequence[float], k: int
) -> list[list[tuple[float, int]]]:
    """For each quantile of the positive maxima the k entries nearest to it in strength, each entry once.

    `histogram` (BINS,) of the maxima: it says where the quantiles lie, within half an octave exactly. None at all if
    there are fewer entries than that takes.
    """
    if not k or len(entries) < k * len(quantiles):
        return []
    left, chosen = list(entries), []
    for quantile in quantiles:
        value = _quantile(histogram, quantile)
        near = sorted(left, key=lambda entry: (abs(np.log2(entry[0] / value)), entry[1]))[:k]
        chosen.append(sorted(near, key=lambda entry: (-entry[0], entry[1])))
        left = [entry for entry in left if entry not in near]
    return chosen


def _quantile(histogram: Integers, quantile: float) -> float:
    """A quantile of the positive maxima, as if those in a bin lay evenly in it."""
    counts = histogram[1:]
    rank = quantile * counts.sum()
    upto = np.cumsum(counts)
    at = int(np.searchsorted(upto, rank))
    inside = (rank - (upto[at] - counts[at])) / counts[at]
    return float(edges()[at] * 2.0 ** (inside / 2))


def _kept(which: Integers, values: NDArray[np.float32], images: Integers) -> Spread:
    """In order, each image once in a bin, and of each bin the first KEPT."""
    order = np.lexsort((images, lots(images), which))
    which, values, images = which[order], values[order], images[order]
    new = np.ones(len(which), bool)
    new[1:] = (which[1:] != which[:-1]) | (images[1:] != images[:-1])
    which, values, images = which[new], values[new], images[new]
    few = np.arange(len(which)) - np.searchsorted(which, which) < KEPT
    return Spread(which[few], values[few], images[few])
