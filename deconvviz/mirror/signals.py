"""What moves on the way down: signals, that is, tensors of equal windows with an origin for each sample.

A signal for a map (N, C, H, W) has the shape (B, C, h, w): B units, each with its own window of h × w
positions. Which two dimensions are rows and columns is said by `spatial` (a permuted map keeps its
windows). These functions are the only ones that know where a window lies on its map.
"""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from .window import Windows

Spatial = tuple[int, int]
"""The dimensions of a tensor that are rows and columns."""


class Grid(NamedTuple):
    """Rows and columns of maps in a tensor: which dimensions they are, and how many there are of each."""

    spatial: Spatial
    size: tuple[int, int]

    @classmethod
    def of(cls, spatial: Spatial | None, shape: tuple[int, ...]) -> "Grid | None":
        """Those of maps of this shape, the batch not counted; None if it has no such dimensions."""
        if spatial is None or len(shape) < max(spatial):
            return None
        return cls(spatial, (shape[spatial[0] - 1], shape[spatial[1] - 1]))


def place(signal: Tensor, spatial: Spatial, source: Windows, target: Windows, around: float = 0.0) -> Tensor:
    """Move a signal from its windows into others: positions that are new are `around`, others are cut off.

    May return a view of `signal`, which is not to be changed.
    """
    if source.same_as(target):
        return signal
    maps = signal.movedim(spatial, (-2, -1))
    offsets = source.origin - target.origin
    if bool((offsets == offsets[:1]).all()):
        placed = _shift(maps, offsets[0].tolist(), target.size, around)
    else:
        placed = map_like(maps, target.size, around)
        for sample, offset in enumerate(offsets.tolist()):
            _copy(maps[sample], offset, placed[sample])
    return placed.movedim((-2, -1), spatial)


def crop(signal: Tensor, origin: tuple[int, int], box: tuple[int, int, int, int]) -> Tensor:
    """Of one signal (C, h, w) that begins at `origin`, what lies in a box (top, left, bottom, right): a new tensor."""
    top, left, bottom, right = box
    cropped = torch.zeros(len(signal), bottom - top, right - left, dtype=signal.dtype)
    _copy(signal, [origin[0] - top, origin[1] - left], cropped)
    return cropped


def map_like(maps: Tensor, size: tuple[int, int], value: float | None = 0.0) -> Tensor:
    """Maps (..., *size) of one value, or None: not filled yet; channels last in memory if they are so in `maps`."""
    shape = (*maps.shape[:-2], *size)
    last = maps.ndim == 4 and maps.stride(1) == 1
    layout = torch.channels_last if last else torch.contiguous_format
    new = torch.empty(shape, dtype=maps.dtype, device=maps.device, memory_format=layout)
    return new if value is None else new.fill_(value)


def _shift(maps: Tensor, offset: list[int], size: tuple[int, int], around: float) -> Tensor:
    """Maps (..., h, w) put at `offset` of a map (..., *size) of `around`; what does not fit is cut off."""
    inside = all(o <= 0 and o + have >= want for o, have, want in zip(offset, maps.shape[-2:], size, strict=True))
    if inside:
        top, left = -offset[0], -offset[1]
        return maps[..., top : top + size[0], left : left + size[1]]
    placed = map_like(maps, size, around)
    _copy(maps, offset, placed)
    return placed


def add(signal: Tensor, spatial: Spatial, source: Windows, onto: Tensor, target: Windows) -> None:
    """Add a signal in its windows to another in others, in place, as far as they overlap."""
    maps, sums = signal.movedim(spatial, (-2, -1)), onto.movedim(spatial, (-2, -1))
    offsets = source.origin - target.origin
    if bool((offsets == offsets[:1]).all()):
        _copy(maps, offsets[0].tolist(), sums, Tensor.add_)
    else:
        for sample, offset in enumerate(offsets.tolist()):
            _copy(maps[sample], offset, sums[sample], Tensor.add_)


def _copy(
    source: Tensor, offset: list[int], target: Tensor, put: Callable[[Tensor, Tensor], object] = Tensor.copy_
) -> None:
    """Copy maps (..., h, w) to `offset` of larger or smaller ones (or `put` them otherwise), as far as they overlap."""
    theirs, ours = [], []
    for start, have, want in zip(offset, source.shape[-2:], target.shape[-2:], strict=True):
        first, end = max(start, 0), min(start + have, want)
        if end <= first:
            return
        theirs.append(slice(first, end))
        ours.append(slice(first - start, end - start))
    there, here = target[..., theirs[0], theirs[1]], source[..., ours[0], ours[1]]
    put(there, here)


def cut(recorded: Tensor, spatial: Spatial | None, images: Tensor, windows: Windows | None) -> Tensor:
    """The windows of a recorded tensor, one for each sample.

    `recorded` is (N, …) over the images of the recording or (1, …) if it is the same for all; `images`
    (B,) says which image each sample comes from. Dimensions of size 1 stay: they broadcast. Positions
    outside the map repeat its border; the signal is zero there.
    """
    chosen = images if len(recorded) > 1 else torch.zeros_like(images)
    if spatial is None or windows is None or recorded.ndim <= max(spatial):
        return recorded[chosen.to(recorded.device)]
    maps = recorded.movedim(spatial, (1, 2))
    if windows.together and bool((chosen == chosen[:1]).all()):  # one window for all: no copy
        (top, left), image = windows.origin[0].tolist(), int(chosen[0])
        rows, columns = (_span(t, n, s) for t, n, s in zip((top, left), windows.size, maps.shape[1:3], strict=True))
        if rows is not None and columns is not None:
            one = maps[image : image + 1, rows, columns].movedim((1, 2), spatial)
            return one.expand(len(images), *one.shape[1:])
    chosen = chosen.to(recorded.device)
    over_rows, over_columns = (_positions(windows, axis, maps.shape[1 + axis]).to(recorded.device) for axis in (0, 1))
    picked = maps[chosen[:, None, None], over_rows[:, :, None], over_columns[:, None, :]]
    return picked.movedim((1, 2), spatial)


def _span(start: int, count: int, size: int) -> slice | None:
    """The positions of one window on a map of `size`, if all of them lie on it."""
    if size == 1:
        return slice(0, 1)
    return slice(start, start + count) if start >= 0 and start + count <= size else None


def _positions(windows: Windows, axis: int, size: int) -> Tensor:
    """Rows (or columns) of a map of `size` that each window covers: (B, h), or (B, 1) for a size of 1."""
    if size == 1:
        return torch.zeros(len(windows.origin), 1, dtype=torch.int64)
    return (windows.origin[:, axis, None] + torch.arange(windows.size[axis])).clamp(0, size - 1)
