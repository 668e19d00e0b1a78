"""How alike two pictures are: several measures, since each of them is blind to something.

Whole-field rank correlation mostly sees that projections are strongest in the middle: so what is compared can be cut to
the frame, and each pixel divided by the mean energy at its distance from the middle (`flattened`).
"""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import avg_pool2d, conv2d, pad

from ..deconvnet import Projection
from ..drawing import Box

Values = NDArray[np.float64]


def difference(one: Projection, other: Projection) -> float:
    """The norm of the difference of two projections in one image, each scaled to norm 1.

    0: the same picture; √2 ≈ 1.41: nothing in common. NaN if one of them is zero.
    """
    a, b = (p.canvas().double().flatten() for p in (one, other))
    norms = float(a.norm()), float(b.norm())
    if not all(norms):
        return float("nan")
    return float((a / norms[0] - b / norms[1]).norm())


def ranked(values: Values) -> Values:
    """Ranks of numbers, those of equal ones their mean."""
    order = np.argsort(values, kind="stable")
    sorted_ = values[order]
    first = np.r_[True, sorted_[1:] != sorted_[:-1]]
    group = first.cumsum() - 1
    edges = np.r_[np.flatnonzero(first), len(values)]
    means = (edges[:-1] + edges[1:] - 1) / 2
    ranks = np.empty(len(values))
    ranks[order] = means[group]
    return ranks


def correlation(one: Values, other: Values) -> float:
    """Pearson's; NaN if one of them is constant."""
    a, b = one - one.mean(), other - other.mean()
    norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
    return float((a * b).sum() / norm) if norm > 0 else float("nan")


def spearman(one: Values, other: Values) -> float:
    """Rank correlation of two pictures, pixel by pixel: −1 … 1, 0 for pictures that are nothing to each other."""
    return correlation(ranked(one.ravel()), ranked(other.ravel()))


def ssim(one: Values, other: Values, window: int = 5) -> float:
    """Structural similarity (Wang et al. 2004) of two pictures of one size, both scaled to 0 … 1; window as in Sixt et
    al. 2020."""
    a, b = (torch.from_numpy(_unit_range(values))[None, None] for values in (one, other))

    def mean(values: Tensor) -> Tensor:
        return avg_pool2d(values, window, 1)

    many = window * window
    sample = many / (many - 1)
    mean_a, mean_b = mean(a), mean(b)
    var_a, var_b = (sample * (mean(x * x) - m * m) for x, m in ((a, mean_a), (b, mean_b)))
    both = sample * (mean(a * b) - mean_a * mean_b)
    c1, c2 = 0.01**2, 0.03**2
    top = (2 * mean_a * mean_b + c1) * (2 * both + c2)
    return float((top / ((mean_a**2 + mean_b**2 + c1) * (var_a + var_b + c2))).mean())


def _unit_range(values: Values) -> Values:
    low, high = float(values.min()), float(values.max())
    return (values - low) / (high - low) if high > low else np.zeros_like(values)


def oriented(values: Values, cell: int = 8, bins: int = 9) -> Values:
    """Histograms of oriented gradients (Dalal & Triggs 2005) of a picture (h, w): cells of 8 pixels, nine directions.

    Each histogram is scaled to norm 1: direction counts, not strength.
    """
    if min(values.shape) < 2:  # there are no differences
        return np.zeros((1, 1, bins))
    down, across = np.gradient(values)
    strength, angle = np.hypot(down, across), np.mod(np.arctan2(down, across), np.pi)
    number = np.minimum((angle / np.pi * bins).astype(int), bins - 1)
    rows, columns = max(values.shape[0] // cell, 1), max(values.shape[1] // cell, 1)
    found = np.zeros((rows, columns, bins))
    for row in range(rows):
        for column in range(columns):
            place = np.s_[row * cell : (row + 1) * cell, column * cell : (column + 1) * cell]
            found[row, column] = np.bincount(number[place].ravel(), strength[place].ravel(), minlength=bins)
    norms = np.linalg.norm(found, axis=2, keepdims=True)
    scaled: Values = np.divide(found, norms, out=np.zeros_like(found), where=norms > 0)
    return scaled


def alike_in_direction(one: Values, other: Values) -> float:
    """The correlation of two pictures' histograms of oriented gradients."""
    return correlation(oriented(one).ravel(), oriented(other).ravel())


# --- pictures as numbers ---------------------------------------------------------------------------------


def magnitudes(p: Projection, box: Box) -> Values:
    """|p| of a projection inside a box of the image (h, w): the root of the sum over its channels' squares."""
    top, left, bottom, right = box
    values: Values = p.canvas().double().square().sum(0).sqrt()[top:bottom, left:right].numpy()
    return values


def flattened(values: Values, middle: tuple[float, float]) -> Values:
    """Magnitudes (h, w), each divided by the root of the mean energy at its distance from `middle` (row, column)."""
    rows, columns = (np.arange(n) - at for n, at in zip(values.shape, middle, strict=True))
    distance = np.round(np.hypot(rows[:, None], columns[None, :])).astype(int).ravel()
    energy = np.bincount(distance, (values**2).ravel()) / np.maximum(np.bincount(distance), 1)
    usual = np.sqrt(energy)[distance].reshape(values.shape)
    flat: Values = np.divide(values, usual, out=np.zeros_like(values), where=usual > 0)
    return flat


def edges(image: Tensor, box: Box) -> Values:
    """How strong edges of an image (C, H, W) are inside a box (h, w): Sobel's filters, over all channels."""
    top, left, bottom, right = box
    filters = torch.tensor([[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]], [[-1, -2, -1], [0, 0, 0], [1, 2, 1]]]).double()
    padded = pad(image.double()[:, None], (1, 1, 1, 1), mode="replicate")
    found = conv2d(padded, filters[:, None]).square().sum((0, 1)).sqrt()
    values: Values = found[top:bottom, left:right].numpy()
    return values
