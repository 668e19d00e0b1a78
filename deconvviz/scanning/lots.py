"""Lots: which images are drawn where not all can be kept. By their numbers alone, the same ones on every machine."""

import numpy as np
from numpy.typing import NDArray


def lots(numbers: NDArray[np.int64]) -> NDArray[np.uint64]:
    """Numbers (n,) without order or pattern, one for each (splitmix64 of Steele, Lea & Flood 2014)."""
    with np.errstate(over="ignore"):
        mixed = numbers.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(mixed ^ (mixed >> np.uint64(31)))
