"""Merging lists of the best: against a plain sort of everything, in any order, grouping and repetition."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deconvviz.scanning.best import NONE, Best, gather

pytestmark = pytest.mark.quick

Entry = tuple[float, int, int, int]
"""(value, image, row, column)."""

entries = st.lists(
    st.tuples(st.sampled_from([-1.5, -0.0, 0.0, 0.5, 2.0, 3.25]), *(st.integers(0, n) for n in (12, 3, 3))), max_size=14
)
maps = st.tuples(entries, entries)


def one_an_image(some: list[Entry]) -> list[Entry]:
    """Of each image its first entry in order."""
    ordered = sorted(some, key=lambda e: (-e[0], *e[1:]))
    return [e for n, e in enumerate(ordered) if e[1] not in {other[1] for other in ordered[:n]}]


def best_of(two: tuple[list[Entry], list[Entry]], k: int) -> Best:
    flat = [(which, *e) for which, some in enumerate(two) for e in one_an_image(some)]
    which, values, images, rows, columns = (
        (np.array(column) for column in zip(*flat, strict=True)) if flat else [[]] * 5
    )
    return gather(
        2, k, np.array(which, np.int64), np.array(values, np.float32), np.array(images, np.int64),
        np.array(rows, np.int32), np.array(columns, np.int32),
    )  # fmt: skip


def same(a: Best, b: Best) -> bool:
    return all(
        x.tobytes() == y.tobytes() and x.dtype == y.dtype
        for x, y in zip(vars(a).values(), vars(b).values(), strict=True)
    )


def listed(best: Best, which: int) -> list[Entry]:
    found = zip(best.values[which], best.images[which], best.rows[which], best.columns[which], strict=True)
    return [(float(v), int(i), int(r), int(c)) for v, i, r, c in found if i != NONE]


@given(maps, st.integers(1, 5))
def test_the_best_are_the_first_of_all_in_order(two: tuple[list[Entry], list[Entry]], k: int) -> None:
    best = best_of(two, k)
    for which in (0, 1):
        assert listed(best, which) == one_an_image(two[which])[:k]
        assert not np.signbit(best.values[which][best.values[which] == 0]).any()


@given(maps, maps, maps, st.integers(1, 4))
def test_merging_is_associative_commutative_and_idempotent(a: tuple, b: tuple, c: tuple, k: int) -> None:
    x, y, z = (best_of(some, k) for some in (a, b, c))
    assert same(x.merge(y), y.merge(x))
    assert same(x.merge(y).merge(z), x.merge(y.merge(z)))
    assert same(x.merge(x), x)
    assert same(x.merge(y).merge(y).merge(x), x.merge(y))
    assert same(x.merge(Best.empty(2, k)), x)
    for which in (0, 1):
        assert listed(x.merge(y), which) == one_an_image([*a[which], *b[which]])[:k]


@given(st.lists(st.integers(0, 40), unique=True, max_size=30), st.lists(st.integers(0, 30), max_size=4), st.randoms())
def test_any_partition_gives_the_same_bytes(images: list[int], cuts: list[int], chance: object) -> None:
    everything = [(float(n % 4), n, n % 3, n % 5) for n in images]
    edges = [0, *sorted(min(cut, len(everything)) for cut in cuts), len(everything)]
    parts = [best_of((everything[i:j], everything[i:j][::2]), 3) for i, j in pairwise(edges)]
    chance.shuffle(parts)  # type: ignore[attr-defined]
    merged = parts[0]
    for part in parts[1:]:
        merged = merged.merge(part)
    assert listed(merged, 0) == one_an_image(everything)[:3]
