"""The k strongest images of every feature map, as arrays that merge.

Order: value descending, then image, row, column ascending, and one entry for each image. So merging is
associative, commutative and idempotent: whatever the order, the grouping, and what comes twice.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

NONE = np.iinfo(np.int64).max
"""The image of an entry that does not exist: sorts after all others."""


@dataclass(frozen=True, eq=False)
class Best:
    """For C feature maps the k strongest images: `values` float32, `images` int64, `rows`, `columns` int32.

    All (C, k), in order. Where there are fewer than k images: value -inf, image NONE, row and column 0.
    """

    values: NDArray[np.float32]
    images: NDArray[np.int64]
    rows: NDArray[np.int32]
    columns: NDArray[np.int32]

    @classmethod
    def empty(cls, channels: int, k: int) -> "Best":
        """Of no image."""
        places = np.zeros((channels, k), np.int32)
        return cls(np.full((channels, k), -np.inf, np.float32), np.full((channels, k), NONE), places, places)

    @property
    def k(self) -> int:
        """How many images each feature map keeps."""
        return int(self.values.shape[1])

    def merge(self, other: "Best") -> "Best":
        """The k best of both, which count the same images by the same numbers."""
        touched = np.flatnonzero(other.values[:, 0] >= self.values[:, -1])  # few, once the lists have filled
        both = _each(lambda mine, theirs: np.concatenate([mine[touched], theirs[touched]], 1), self, other)
        merged = _once_each(_in_order(both), self.k)
        return _each(lambda mine, new: _replaced(mine, touched, new), self, merged)


def gather(
    channels: int,
    k: int,
    which: NDArray[np.int64],
    values: NDArray[np.float32],
    images: NDArray[np.int64],
    rows: NDArray[np.int32],
    columns: NDArray[np.int32],
) -> Best:
    """The best of candidates given one by one: `which` map each belongs to; all (n,), at most one an image and map."""
    order = np.lexsort((columns, rows, images, -values, which))
    which = which[order]
    rank = np.arange(len(which)) - np.searchsorted(which, which)
    kept = rank < k
    order, at = order[kept], (which[kept], rank[kept])
    given = Best(values + np.float32(0), images, rows, columns)  # no negative zero
    return _each(lambda none, new: _replaced(none, at, new[order]), Best.empty(channels, k), given)


def _each(change: Callable[..., NDArray[Any]], *bests: Best) -> Best:
    """The same change to each of the four arrays."""
    return Best(*(change(*arrays) for arrays in zip(*(vars(best).values() for best in bests), strict=True)))


def _replaced(array: NDArray[Any], where: Any, new: NDArray[Any]) -> NDArray[Any]:
    changed = array.copy()
    changed[where] = new
    return changed


def _in_order(best: Best) -> Best:
    order = np.lexsort((best.columns, best.rows, best.images, -best.values), axis=1)
    return _each(lambda array: np.take_along_axis(array, order, 1), best)


def _once_each(best: Best, k: int) -> Best:
    """The first k of ordered entries, of each image only the first."""
    images = best.images
    earlier = np.tri(images.shape[1], k=-1, dtype=bool)
    again = ((images[:, :, None] == images[:, None, :]) & earlier).any(2)
    order = np.argsort(again, axis=1, kind="stable")[:, :k]
    kept = np.take_along_axis(~again, order, 1)
    empty = Best.empty(*order.shape)
    return _each(lambda array, none: np.where(kept, np.take_along_axis(array, order, 1), none), best, empty)
