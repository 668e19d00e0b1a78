"""Smooth signals and resample them: both are linear, along rows and along columns, so products of matrices do them."""

import math
from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import interpolate, pad
from torchvision.transforms.functional import gaussian_blur

_Band = tuple[slice, slice, Tensor]
"""Some lines of a tile, the pixels of the receptive field that they show, and the weights (lines, pixels)."""

LINES = 16
"""Of a tile that are multiplied together: far lines show different pixels, so each part of a tile needs few of them."""


def resampled(
    values: Tensor, rows: slice, columns: slice, pixels: int, tile: int, smoothing: float, margin: int = 0
) -> Tensor:
    """Values (n, 3, H, W), in `rows` and `columns` of squares of `pixels`, as tiles (n, 3, tile, tile); float32.

    Elsewhere the squares are zero. `smoothing`: standard deviation, in pixels, of a Gaussian that comes first, and sees
    up to `margin` pixels around the squares. All n together, in few calls: threads that call torch for one after the
    other often wait for Python's lock.
    """
    rows, columns = (slice(side.start + margin, side.stop + margin) for side in (rows, columns))
    down, tiles = (
        values.new_empty(*values.shape[:2], tile, values.shape[3]),
        values.new_empty(*values.shape[:2], tile, tile),
    )
    with torch.autocast("cpu", enabled=False):
        bands = _bands(pixels, tile, smoothing, margin)
        for lines, shown, weights in bands:
            here, its = common(rows, shown)
            torch.matmul(weights[:, its], values.flatten(0, 1)[:, here], out=down.flatten(0, 1)[:, lines])
        for lines, shown, weights in bands:
            here, its = common(columns, shown)
            torch.mm(down.flatten(0, 2)[:, here], weights[:, its].T, out=tiles.flatten(0, 2)[:, lines])
    return tiles


def common(one: slice, other: slice) -> tuple[slice, slice]:
    """What two stretches of a line have in common, counted from the start of each.

    >>> common(slice(2, 8), slice(5, 20))
    (slice(3, 6, None), slice(0, 3, None))
    """
    start = max(one.start, other.start)
    end = max(min(one.stop, other.stop), start)
    return slice(start - one.start, end - one.start), slice(start - other.start, end - other.start)


@lru_cache(maxsize=64)
def _bands(pixels: int, tile: int, smoothing: float, margin: int) -> tuple[_Band, ...]:
    """`_along` in parts, without most of its zeros."""
    bands, start = list[_Band](), 0
    for weights in torch.split(_along(pixels, tile, smoothing, margin), LINES):
        used = weights.any(0).nonzero()
        shown = slice(int(used.min()), int(used.max()) + 1)
        bands.append((slice(start, start + len(weights)), shown, weights[:, shown].clone()))
        start += len(weights)
    return tuple(bands)


def _along(pixels: int, tile: int, smoothing: float, margin: int) -> Tensor:
    """How a line of a square, with what is around it, becomes a line of a tile: a matrix (tile, pixels + 2 margins)."""
    wide = pixels + 2 * margin
    single = torch.eye(wide, dtype=torch.float32, device="cpu").view(1, 1, wide, wide)
    if smoothing > 0:
        reach = math.ceil(3 * smoothing)
        ground = pad(single, [0, 0, reach, reach])  # outside it is zero too: the blur would reflect what is inside
        single = gaussian_blur(ground, [1, 2 * reach + 1], [smoothing] * 2)[..., reach:-reach, :]
    single = single[:, :, margin : margin + pixels]
    if tile != pixels:
        single = interpolate(single, (tile, wide), mode="bicubic", antialias=True)
    return single[0, 0]
