"""Projections made up for tests of what is drawn of them, and the levels of a picture."""

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from deconvviz import Projection, Unit
from deconvviz.drawing import Box
from deconvviz.images import Preprocess

PLAIN = Preprocess(None, (0.0,) * 3, (1.0,) * 3, resize=None)


def projection(pixels: Tensor, field: Box, activation: float = 2.0, size: int = 32, channel: int = 7) -> Projection:
    """Of a unit with this receptive field, in an image of noise with `size` pixels a side."""
    top, left, bottom, right = (min(max(at, 0), size) for at in field)
    unit = Unit("conv", channel, 1, 2)
    return Projection(
        unit, activation, pixels, (top, left, bottom, right), field, "relu", torch.rand(3, size, size), PLAIN
    )


def levels(picture: Image.Image) -> np.ndarray:
    """Rows, columns, colours."""
    return np.asarray(picture.convert("RGB")).astype(int)


def hatching(rows: int, columns: int) -> np.ndarray:
    """What is drawn outside of images: diagonals, three of sixteen pixels wide, on a darker ground."""
    lines = np.zeros((rows, columns, 3), int)
    for row, column in np.ndindex(rows, columns):
        lines[row, column] = 124 if (row + column) % 16 in (0, 1, 2) else 92
    return lines


def hatched_outside(image: np.ndarray, rows: tuple[int, int], columns: tuple[int, int], pixels: int) -> np.ndarray:
    """A tile (N, N, 3) of a square of `pixels`, hatched where the middle of a pixel lies outside these rows, columns.

    `rows`, `columns`: the first inside, and the first after them, in pixels of the square.
    """
    shown, side = image.copy(), len(image)
    lines = hatching(side, side)
    for at in np.ndindex(side, side):
        inside = [a <= (n + 0.5) * pixels / side < b for n, (a, b) in zip(at, (rows, columns), strict=True)]
        if not all(inside):
            shown[at] = lines[at]
    return shown
