"""The k strongest images of every feature map, as arrays that merge.

Order: value descending, then image, row, column ascending, and one entry for each image. So merging is
associative, commutative and idempotent: whatever the order, the grouping, and what comes twice.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

NONE = np.iinfo(np.int64).max
"""The image of an entry that does not exist: sorts after all others."""


@dataclass(frozen=True, eq=False)
class Best:
    """For M feature maps the k strongest images: `values` float32, `images` int64, `rows`, `columns` int32.

    All (M, k), in order. Where there are fewer than k images: value -inf, image NONE, row and column 0.
    """

    values: NDArray[np.float32]
    images: NDArray[np.int64]
    rows: NDArray[np.int32]
    columns: NDArray[np.int32]

    @classmethod
    def empty(cls, maps: int, k: int) -> "Best":
        """Of no image."""
        places = np.zeros((maps, k), np.int32)
        return cls(np.full((maps, k), -np.inf, np.float32), np.full((maps, k), NONE), places, places)

    @property
    def k(self) -> int:
        """How many images each feature map keeps."""
        return self.values.shape[1]

    def of(self, maps: NDArray[np.intp]) -> "Best":
        """The same for some of the maps only."""
        return Best(self.values[maps], self.images[maps], self.rows[maps], self.columns[maps])

    def merge(self, other: "Best") -> "Best":
        """The k best of both, which count the same images by the same numbers."""
        touched = np.flatnonzero(other.values[:, 0] >= self.values[:, -1])  # few, once the lists have filled
        mine, theirs = self.of(touched), other.of(touched)
        both = Best(
            np.concatenate([mine.values, theirs.values], 1),
            np.concatenate([mine.images, theirs.images], 1),
            np.concatenate([mine.rows, theirs.rows], 1),
            np.concatenate([mine.columns, theirs.columns], 1),
        )
        merged = _once_each(_in_order(both), self.k)
        result = Best(*(array.copy() for array in (self.values, self.images, self.rows, self.columns)))
        result.values[touched], result.images[touched] = merged.values, merged.images
        result.rows[touched], result.columns[touched] = merged.rows, merged.columns
        return result


def gather(
    maps: int,
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
    order, which, rank = order[rank < k], which[rank < k], rank[rank < k]
    best = Best.empty(maps, k)
    best = Best(*(array.copy() for array in (best.values, best.images, best.rows, best.columns)))
    best.values[which, rank] = values[order] + np.float32(0)  # no negative zero
    best.images[which, rank] = images[order]
    best.rows[which, rank] = rows[order]
    best.columns[which, rank] = columns[order]
    return best


def _in_order(best: Best) -> Best:
    order = np.lexsort((best.columns, best.rows, best.images, -best.values), axis=1)
    arrays = (best.values, best.images, best.rows, best.columns)
    return Best(*(np.take_along_axis(array, order, 1) for array in arrays))  # type: ignore[arg-type]


def _once_each(best: Best, k: int) -> Best:
    """The first k of ordered entries, of each image only the first."""
    images = best.images
    earlier = np.tri(images.shape[1], k=-1, dtype=bool)
    again = ((images[:, :, None] == images[:, None, :]) & earlier).any(2) & (images != NONE)
    order = np.argsort(again, axis=1, kind="stable")[:, :k]
    kept = np.take_along_axis(~again, order, 1)
    arrays = (best.values, images, best.rows, best.columns)
    values, images, rows, columns = (np.take_along_axis(array, order, 1) for array in arrays)  # type: ignore[type-var]
    return Best(
        np.where(kept, values, np.float32(-np.inf)),
        np.where(kept, images, NONE),
        np.where(kept, rows, np.int32(0)),
        np.where(kept, columns, np.int32(0)),
    )
