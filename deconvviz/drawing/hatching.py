"""Hatching: what a tile shows of neither image nor projection, outside the image, is not taken for zero's grey."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

DARK, LIGHT = 92, 124
"""Grey levels of the ground, and of the lines on it: darker than zero, so that an overlay shows them, too."""

PITCH = 16
"""Pixels from line to line, along a row: more lines would take more bytes than the pictures."""


def hatch(tile: NDArray[np.uint8], rows: slice, columns: slice, pixels: int) -> None:
    """Hatch a tile (3, N, N) that shows a square of `pixels` a side, outside of these rows and columns of it."""
    side = tile.shape[-1]
    top, bottom = (_edge(at, pixels, side) for at in (rows.start, rows.stop))
    left, right = (_edge(at, pixels, side) for at in (columns.start, columns.stop))
    if (top, left, bottom, right) == (0, 0, side, side):
        return
    lines = _lines(side)
    if top >= bottom or left >= right:
        tile[:] = lines
        return
    tile[:, :top], tile[:, bottom:] = lines[:top], lines[bottom:]
    tile[:, top:bottom, :left], tile[:, top:bottom, right:] = lines[top:bottom, :left], lines[top:bottom, right:]


def _edge(at: int, pixels: int, side: int) -> int:
    """The first pixel of a tile whose middle does not lie before this one of the square."""
    return min(max(-((pixels - 2 * at * side) // (2 * pixels)), 0), side)


@lru_cache(maxsize=8)
def _lines(side: int) -> NDArray[np.uint8]:
    """The whole square (N, N) of it."""
    diagonal = np.add.outer(np.arange(side), np.arange(side)) % PITCH
    return np.where(diagonal < 3, LIGHT, DARK).astype(np.uint8)
