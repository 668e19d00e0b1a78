"""Statistics: exact whatever the grouping, and equal to NumPy's."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from deconvviz.scanning.tally import BINS, LIMBS, LOWEST, Tally, bins, edges, from_limbs, to_limbs

pytestmark = pytest.mark.quick

floats = st.floats(-(2.0**90), 2.0**90, width=32)
numbers = st.one_of(floats, st.floats(-8, 8, width=32))


def same(a: Tally, b: Tally) -> bool:
    both = zip(vars(a).values(), vars(b).values(), strict=True)
    return all(np.asarray(x).tobytes() == np.asarray(y).tobytes() for x, y in both)


def columns(values: list[float]) -> NDArray[np.float32]:
    return np.array(values, np.float32).reshape(-1, 1)


@given(st.one_of(st.floats(-1e60, 1e60), st.floats(-1, 1)))
def test_fixed_point_is_exact_above_its_last_bit(value: float) -> None:
    limbs = to_limbs(np.array([value]))
    exact = sum(Fraction(int(limb)) * Fraction(2) ** (32 * n + LOWEST) for n, limb in enumerate(limbs[0]))
    assert 0 <= Fraction(value) - exact < Fraction(2) ** LOWEST
    assert ((limbs[:, :-1] >= 0) & (limbs[:, :-1] < 2**32)).all()
    if abs(value) > 1e-10:
        assert from_limbs(limbs)[0] == value


def test_the_largest_activations_fit() -> None:
    most = float(np.finfo(np.float32).max)
    total = Tally.of(columns([most] * 4))
    assert from_limbs(total.sums)[0] == 4 * most
    assert from_limbs(total.squares)[0] == pytest.approx(4 * most**2)
    assert total.squares.shape == (1, LIMBS)


@given(st.lists(numbers, min_size=3, max_size=20), st.integers(1, 19), st.integers(1, 19))
def test_any_grouping_and_order_gives_the_same_bytes(values: list[float], i: int, j: int) -> None:
    i, j = sorted((min(i, len(values) - 1), min(j, len(values) - 1)))
    a, b, c = (Tally.of(columns(some)) for some in (values[:i], values[i:j], values[j:]))
    assert same((a + b) + c, a + (b + c))
    assert same(a + b + c, c + a + b)
    assert same(a + Tally.empty(1), a)


def test_statistics_are_those_of_numpy() -> None:
    values = np.random.default_rng(0).normal(size=(300, 5)).astype(np.float32) * 30
    tally = Tally.of(values[:100]) + Tally.of(values[100:])
    assert tally.count == 300
    assert np.allclose(from_limbs(tally.sums), values.astype(float).sum(0), rtol=1e-12)
    assert np.allclose(from_limbs(tally.squares), (values.astype(float) ** 2).sum(0), rtol=1e-12)
    assert (tally.maximum == values.max(0)).all()
    assert (tally.positive == (values > 0).sum(0)).all()
    assert tally.histogram.shape == (5, BINS)
    assert (tally.histogram.sum(1) == 300).all()
    assert (tally.histogram[:, 0] == (values <= 0).sum(0)).all()


def test_bins_are_between_their_edges() -> None:
    values = np.concatenate([np.random.default_rng(1).lognormal(0, 4, 2000), edges()[1:-1]]).astype(np.float32)
    low, high = np.append(0, edges())[bins(values)], np.append(edges(), np.inf)[bins(values)]
    inner = (bins(values) > 1) & (bins(values) < BINS - 1)
    assert inner.sum() > 1000
    assert (values[inner] >= low[inner] * (1 - 1e-7)).all()
    assert (values[inner] < high[inner] * (1 + 1e-7)).all()
    assert bins(np.array([-3, 0, -0.0, 1e-30, 1e30], np.float32)).tolist() == [0, 0, 0, 1, BINS - 1]


def test_where_the_bins_begin_and_end_is_part_of_the_file_format() -> None:
    assert (len(edges()), edges()[0], edges()[-1]) == (BINS - 1, 2.0**-20, 2.0**20)
