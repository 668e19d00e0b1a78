"""Statistics of every feature map over the images: how many, sum, sum of squares, maximum, histogram.

All are of the maps' maxima, one value per image and feature map. Sums are kept exactly, as integers in
fixed point: so adding them up in any order and any grouping gives the same bytes, which floating-point
numbers do not.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating]
Integers = NDArray[np.int64]

LIMBS, LOWEST = 12, -96
"""A sum is Σ limb[n] · 2^(32·n + LOWEST): from 2^-96 to 2^288, more than squares of float32 can need."""

FIRST, LAST = -20, 20
BINS = 2 + 2 * (LAST - FIRST)
"""Bin 0: not positive; then two bins an octave from 2^FIRST to 2^LAST, the outer two without end."""


@dataclass(frozen=True, eq=False)
class Tally:
    """Statistics of C feature maps over the images seen: `count` of them is the same for all maps.

    `sums`, `squares` (C, LIMBS) int64: exact; `maximum` (C,) float32; `positive` (C,) int64: in how many
    images the maximum is above zero; `histogram` (C, BINS) int64.
    """

    count: int
    sums: Integers
    squares: Integers
    maximum: NDArray[np.float32]
    positive: Integers
    histogram: Integers

    @classmethod
    def empty(cls, channels: int) -> "Tally":
        """Of no image."""
        nothing = np.zeros((channels, LIMBS), np.int64)
        lowest = np.full(channels, -np.inf, np.float32)
        return cls(0, nothing, nothing, lowest, np.zeros(channels, np.int64), np.zeros((channels, BINS), np.int64))

    @classmethod
    def of(cls, values: NDArray[np.float32]) -> "Tally":
        """Of these images: `values` (images, C), finite."""
        counting = Counting(values.shape[1])
        counting.add(values)
        return counting.tally()

    def __add__(self, other: "Tally") -> "Tally":
        """Of the images of both, which must be different ones."""
        return Tally(
            self.count + other.count,
            carry(self.sums + other.sums),
            carry(self.squares + other.squares),
            np.maximum(self.maximum, other.maximum),
            self.positive + other.positive,
            self.histogram + other.histogram,
        )


class Counting:
    """Statistics of C feature maps while a part is done, batch after batch in the order of the images.

    Within a part that order is always the same, so that plain floating-point sums do, and cost less.
    """

    def __init__(self, channels: int) -> None:
        self.count, self.sums, self.squares = 0, np.zeros(channels), np.zeros(channels)
        self.maximum = np.full(channels, -np.inf, np.float32)
        self.positive, self.histogram = np.zeros(channels, np.int64), np.zeros((channels, BINS), np.int64)

    def add(self, values: NDArray[np.float32]) -> None:
        """Some more images: `values` (images, C), finite."""
        every = np.arange(values.shape[1])
        for row, which in zip(values.astype(np.float64), bins(values), strict=True):
            self.sums += row
            self.squares += row * row
            self.histogram[every, which] += 1
        self.count += len(values)
        self.positive += (values > 0).sum(axis=0)
        self.maximum = np.maximum(self.maximum, values.max(axis=0, initial=-np.inf) + np.float32(0))  # no negative zero

    def tally(self) -> Tally:
        """What has been counted."""
        sums, squares = to_limbs(self.sums), to_limbs(self.squares)
        return Tally(self.count, sums, squares, self.maximum, self.positive.copy(), self.histogram.copy())


def to_limbs(values: NDArray[np.float64]) -> Integers:
    """Floating-point numbers (C,) as fixed-point ones (C, LIMBS); what lies below 2^LOWEST is cut off."""
    mantissa, exponent = np.frexp(values)
    digits = (mantissa * 2.0**53).astype(np.int64)  # exact: value = digits · 2^(exponent − 53)
    place = exponent.astype(np.int64) - 53 - LOWEST
    digits = np.where(place < 0, digits >> np.minimum(-place, 63), digits)
    limb, shift = np.divmod(np.maximum(place, 0), 32)
    low, high = digits & 0xFFFFFFFF, digits >> 32  # 32 bits each (high is signed), shifted by up to 31
    low, high = low << shift, high << shift
    limbs, rows = np.zeros((len(values), LIMBS), np.int64), np.arange(len(values))
    limbs[rows, limb] += low & 0xFFFFFFFF
    limbs[rows, limb + 1] += (low >> 32) + (high & 0xFFFFFFFF)
    limbs[rows, limb + 2] += high >> 32
    return carry(limbs)


def carry(limbs: Integers) -> Integers:
    """The same numbers with every limb but the last in [0, 2^32): each number has one such form."""
    limbs = limbs.copy()
    for place in range(LIMBS - 1):
        over = limbs[:, place] >> 32
        limbs[:, place] -= over << 32
        limbs[:, place + 1] += over
    return limbs


def from_limbs(limbs: Integers) -> NDArray[np.float64]:
    """Fixed-point numbers (C, LIMBS) rounded to the nearest floating-point ones (C,)."""
    exact = (sum(int(limb) << (32 * place) for place, limb in enumerate(row)) for row in limbs)
    return np.array([_scaled(whole) for whole in exact], np.float64)


def _scaled(whole: int) -> float:
    return whole / (1 << -LOWEST)  # Python divides integers exactly, then rounds once


def bins(values: NDArray[np.float32]) -> NDArray[np.intp]:
    """The histogram's bin of each value. By exponent and mantissa, without a logarithm: exact everywhere."""
    mantissa, exponent = np.frexp(values)
    octave = 2 * (exponent - 1 - FIRST) + (mantissa >= np.float32(0.5**0.5))
    return np.asarray(np.where(values > 0, 1 + np.clip(octave, 0, BINS - 2), 0), np.intp)


def edges() -> NDArray[np.float64]:
    """The lower edges of bins 1 …; the first bin, 0, holds what is not positive."""
    return 2.0 ** (FIRST + np.arange(BINS - 1) / 2)
