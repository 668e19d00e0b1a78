"""What moves on the way down: signals, that is, tensors of equal windows with an origin for each sample.

A signal for a map (N, C, H, W) has the shape (B, C, h, w): B units, each with its own window of h × w
positions. Which two dimensions are rows and columns is said by `spatial` (a permuted map keeps its
windows). These three functions are the only ones that know where a window lies on its map.
"""

import torch
from torch import Tensor
from torch.nn.functional import pad

from .window import Windows

Spatial = tuple[int, int]
"""The dimensions of a tensor that are rows and columns."""


def place(signal: Tensor, spatial: Spatial, source: Windows, target: Windows) -> Tensor:
    """Move a signal from its windows into others: positions that are new are zero, others are cut off."""
    if source.same_as(target):
        return signal
    maps = signal.movedim(spatial, (-2, -1))
    offsets = source.origin - target.origin
    if bool((offsets == offsets[:1]).all()):
        placed = _shift(maps, offsets[0].tolist(), target.size)
    else:
        shifted = [_shift(m, o, target.size) for m, o in zip(maps, offsets.tolist(), strict=True)]
        placed = torch.stack(shifted)
    return placed.movedim((-2, -1), spatial)


def _shift(maps: Tensor, offset: list[int], size: tuple[int, int]) -> Tensor:
    """Maps (..., h, w) put at `offset` of a zero map (..., *size); negative padding cuts off."""
    (top, left), (rows, columns) = offset, maps.shape[-2:]
    if top >= size[0] or left >= size[1] or top + rows <= 0 or left + columns <= 0 or 0 in size:
        return maps.new_zeros(*maps.shape[:-2], *size)  # nothing of it is inside
    return pad(maps, (left, size[1] - left - columns, top, size[0] - top - rows))


def clear_outside(signal: Tensor, spatial: Spatial, windows: Windows, map_size: tuple[int, int]) -> Tensor:
    """Zero what hangs over the border of the map: such positions never existed. Changes `signal`."""
    for axis in (0, 1):
        start, size = windows.origin[:, axis], windows.size[axis]
        before, after = -start, start + size - map_size[axis]  # how far each window hangs over
        along = signal.movedim(spatial[axis], 1)
        for sample in ((before > 0) | (after > 0)).nonzero().flatten().tolist():
            along[sample, : max(int(before[sample]), 0)] = 0
            along[sample, max(size - max(int(after[sample]), 0), 0) :] = 0
    return signal


def cut(recorded: Tensor, spatial: Spatial | None, images: Tensor, windows: Windows | None) -> Tensor:
    """The windows of a recorded tensor, one for each sample.

    `recorded` is (N, …) over the images of the recording or (1, …) if it is the same for all; `images`
    (B,) says which image each sample comes from. Dimensions of size 1 stay: they broadcast. Positions
    outside the map repeat its border; the signal is zero there.
    """
    chosen = images if len(recorded) > 1 else torch.zeros_like(images)
    chosen = chosen.to(recorded.device)
    if spatial is None or windows is None or recorded.ndim <= max(spatial):
        return recorded[chosen]
    maps = recorded.movedim(spatial, (-2, -1))
    rows, columns = (_positions(windows, axis, maps.shape[axis - 2]).to(recorded.device) for axis in (0, 1))
    picked = maps[chosen[:, None, None], ..., rows[:, :, None], columns[:, None, :]]
    return picked.movedim((1, 2), (-2, -1)).movedim((-2, -1), spatial)


def _positions(windows: Windows, axis: int, size: int) -> Tensor:
    """Rows (or columns) of a map of `size` that each window covers: (B, h), or (B, 1) for a size of 1."""
    if size == 1:
        return torch.zeros(len(windows.origin), 1, dtype=torch.int64)
    return (windows.origin[:, axis, None] + torch.arange(windows.size[axis])).clamp(0, size - 1)
