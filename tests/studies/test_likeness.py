"""Measures of how alike two pictures are, against scikit-image, SciPy and plain loops."""

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import stats
from skimage.feature import hog
from skimage.metrics import structural_similarity

from deconvviz import Projection, Unit
from deconvviz.studies.likeness import (
    alike_in_direction,
    correlation,
    difference,
    edges,
    flattened,
    magnitudes,
    oriented,
    ranked,
    spearman,
    ssim,
)

pytestmark = pytest.mark.quick


def noise(*shape: int, seed: int = 7) -> NDArray[np.float64]:
    return np.random.default_rng(seed).standard_normal(shape)


def picture(rows: int = 41, columns: int = 33, seed: int = 7) -> NDArray[np.float64]:
    return noise(rows, columns, seed=seed) + np.linspace(0, 3, columns)


def projection(pixels: torch.Tensor, corner: tuple[int, int] = (0, 0), size: int = 24) -> Projection:
    box = (*corner, corner[0] + pixels.shape[1], corner[1] + pixels.shape[2])
    return Projection(Unit("conv", 0), 1.0, pixels, box, box, "conv", torch.zeros(3, size, size), None)


def test_rank_correlation_is_scipys_also_with_ties() -> None:
    assert np.isnan(spearman(np.zeros((9, 9)), picture(9, 9)))
    for values in (picture(), np.round(picture())):
        other = np.round(picture(*values.shape, seed=8), 1)
        expected = stats.spearmanr(values.ravel(), other.ravel()).statistic
        assert spearman(values, other) == pytest.approx(expected, abs=1e-12)
    assert ranked(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == [2.5, 0, 2.5, 1]


def test_structural_similarity_is_that_of_scikit_image() -> None:
    one, other = picture(), picture(seed=8)
    scaled = [(values - values.min()) / (values.max() - values.min()) for values in (one, other)]
    expected = structural_similarity(*scaled, win_size=5, data_range=1.0)
    assert ssim(one, other) == pytest.approx(expected, abs=1e-12)
    assert ssim(one, one) == pytest.approx(1)
    assert ssim(one, 5 * one - 3) == pytest.approx(1)  # only the range is scaled away


def test_directions_are_those_of_scikit_image() -> None:
    """Its cells are weighted in the same way; it takes differences over two pixels, and zero at the border."""
    values = picture(64, 48)
    inside = hog(values, 9, (8, 8), (1, 1), "L2", feature_vector=False)[1:-1, 1:-1, 0, 0]
    ours = oriented(values)[1:-1, 1:-1]
    assert ours.shape == inside.shape
    assert np.corrcoef(ours.ravel(), inside.ravel())[0, 1] > 0.95
    assert alike_in_direction(values, 3 * values + 1) == pytest.approx(1)
    assert abs(alike_in_direction(picture(64, 64), noise(64, 64, seed=8))) < 0.4


def test_edges_are_sobels_by_plain_loops() -> None:
    image = torch.from_numpy(noise(3, 9, 8))
    padded = np.pad(image.numpy(), ((0, 0), (1, 1), (1, 1)), mode="edge")
    across = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    expected = np.zeros((9, 8))
    for row, column in np.ndindex(9, 8):
        near = padded[:, row : row + 3, column : column + 3]
        expected[row, column] = np.sqrt(((near * across).sum((1, 2)) ** 2 + (near * across.T).sum((1, 2)) ** 2).sum())
    assert np.allclose(edges(image, (0, 0, 9, 8)), expected, atol=1e-12)
    assert np.allclose(edges(image, (2, 1, 5, 7)), expected[2:5, 1:7], atol=1e-12)


def test_what_is_flattened_has_one_mean_energy_at_every_distance() -> None:
    rows, columns = np.mgrid[:21, :17]
    bell = np.exp(-np.hypot(rows - 10, columns - 8) / 4)
    values = bell * np.abs(noise(*bell.shape))
    flat = flattened(values, (10, 8))
    distance = np.round(np.hypot(rows - 10, columns - 8)).astype(int)
    for at in range(distance.max() + 1):
        assert (flat[distance == at] ** 2).mean() == pytest.approx(1)
    assert flattened(np.zeros((4, 4)), (1.5, 1.5)).max() == 0


def test_two_bells_agree_over_the_field_and_not_when_flattened() -> None:
    """What trust must not fall for: two pictures that are both strongest in the middle, and nothing else."""
    rows, columns = np.mgrid[:41, :41]
    bell = np.exp(-np.hypot(rows - 20, columns - 20) / 4)
    one, other = (bell * (1 + np.abs(noise(*bell.shape, seed=seed))) for seed in (1, 2))
    assert spearman(one, other) > 0.6
    assert abs(spearman(flattened(one, (20, 20)), flattened(other, (20, 20)))) < 0.12


def test_the_difference_of_pictures() -> None:
    p = projection(torch.randn(3, 8, 8, generator=torch.Generator().manual_seed(1)), (2, 3))
    assert difference(p, p) == 0
    assert difference(p, projection(4 * p.pixels, (2, 3))) == pytest.approx(0, abs=1e-6)
    assert difference(p, projection(torch.ones(3, 8, 8), (12, 12))) == pytest.approx(2**0.5)  # side by side
    assert difference(p, projection(-p.pixels, (2, 3))) == pytest.approx(2)
    assert np.isnan(difference(p, projection(torch.zeros(3, 8, 8))))
    assert magnitudes(p, (2, 3, 10, 11)).shape == (8, 8)
    assert magnitudes(p, (2, 3, 10, 11))[0, 0] == pytest.approx(float(p.pixels[:, 0, 0].norm()))
    assert np.isnan(correlation(np.ones(4), np.arange(4.0)))
