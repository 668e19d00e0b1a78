"""One unit as one square tile: its projection, or the image patch beside it, on its receptive field.

How a projection is shown (the paper gives no formula): its floating-point values are resampled to the
tile first, then scaled by the tile's own 99.5 % quantile of |p|, with zero at mid-grey (#808080), and
clipped. Scaling first, or resampling without antialiasing, turns deep layers into speckle. Pixels
that are enlarged as they are (`enlarged`) are scaled before, by the quantile among themselves.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate

from .hatching import hatch
from .overlay import overlaid
from .resampling import common, resampled

QUANTILE = 0.995

ZERO = 128
"""The grey level of zero."""

TONES = ("colour", "grey")
"""The channels as colours, or their mean."""

Box = tuple[int, int, int, int]
"""(top, left, bottom, right) in pixels of the network's input; bottom and right are the first outside."""


@dataclass(frozen=True)
class Scaling:
    """How one tile was made: |p| of `scale` (at `quantile`) became full contrast, around grey level `zero`.

    `smoothing`: standard deviation, in pixels of the input, of the Gaussian applied first; 0: none. `tone`: one of
    TONES. `grey_gain`: how many times the contrast must be for the mean of the channels, scaled by itself.
    """

    quantile: float
    scale: float
    resampling: str
    smoothing: float = 0.0
    zero: int = ZERO
    tone: str = "colour"
    grey_gain: float = 1.0

    def as_json(self) -> dict[str, Any]:
        """The fields by name."""
        return asdict(self)


def signal_tile(
    pixels: Tensor,
    box: Box,
    field: Box,
    tile: int,
    smoothing: float = 0.0,
    tone: str = "colour",
    sharp: bool | None = None,
    full: float | None = None,
) -> tuple[Image.Image, Scaling]:
    """A projection (C, h, w) inside `box` as a tile of its receptive field, hatched where that leaves the image."""
    tiles, how = signal_tiles([pixels], [box], [field], tile, smoothing, tone, sharp, full)
    return as_picture(tiles[0].numpy()), how[0]


@torch.inference_mode()
def signal_tiles(
    signals: Sequence[Tensor],
    boxes: Sequence[Box],
    fields: Sequence[Box],
    tile: int,
    smoothing: float = 0.0,
    tone: str = "colour",
    sharp: bool | None = None,
    full: float | None = None,
) -> tuple[Tensor, list[Scaling]]:
    """The same for n projections whose receptive fields, or frames, are of one size (`span`): faster than one by one.

    The tiles are (n, 3, tile, tile) of uint8. `tone`: "grey" for the mean of the channels, scaled by itself. `sharp`:
    whether pixels are enlarged as they are; by default where they are few (`enlarged`). What of a signal lies beyond
    its frame is seen only by the smoothing. `full`: the magnitude that becomes full contrast, the same for all; by
    default each has its own.
    """
    if tone == "grey":
        signals = [signal.float().mean(0, keepdim=True) for signal in signals]
    pixels, margin = span(fields[0]), beyond(smoothing)
    sharp = enlarged(pixels, tile) if sharp is None else sharp
    places = [_places(box, field) for box, field in zip(boxes, fields, strict=True)]
    if sharp and smoothing <= 0:
        values = _together(signals, places, slice(0, pixels), slice(0, pixels))
    else:
        around = [tuple(_common(side, slice(-margin, pixels + margin)) for side in place) for place in places]
        rows, columns = (_reach(along) for along in zip(*around, strict=True))
        values = _together(signals, places, rows, columns)
        values = resampled(values, rows, columns, pixels, pixels if sharp else tile, smoothing, margin)
    scales = _scales(values) if full is None else [(QUANTILE, full)] * len(values)
    gains = [1.0] * len(scales) if tone == "grey" else _grey_gains(values, scales)
    contrasts = [127 / (scale or 1.0) for _, scale in scales]
    values *= torch.tensor(contrasts, dtype=torch.float32, device="cpu").view(-1, 1, 1, 1)
    levels = values.add_(ZERO + 0.5).clamp_(1, 255).to(torch.uint8)  # a half more: it drops the fraction
    resampling = "nearest" if sharp else "bicubic, antialiased"
    how = [
        Scaling(quantile, scale, resampling, smoothing, tone=tone, grey_gain=gain)
        for (quantile, scale), gain in zip(scales, gains, strict=True)
    ]
    return _hatched(_enlarge(levels, tile), places, pixels), how


def picture_tile(patch: Image.Image, box: Box, field: Box, tile: int, sharp: bool | None = None) -> Image.Image:
    """The image region inside `box`, aligned with its projection's tile and enlarged the same way."""
    return as_picture(picture_tiles([np.asarray(patch.convert("RGB"))], [box], [field], tile, sharp)[0].numpy())


@torch.inference_mode()
def picture_tiles(
    patches: Sequence[NDArray[np.uint8]],
    boxes: Sequence[Box],
    fields: Sequence[Box],
    tile: int,
    sharp: bool | None = None,
) -> Tensor:
    """The same for n regions (h, w, 3) whose receptive fields are of one size, as tiles (n, 3, tile, tile); uint8."""
    pixels = span(fields[0])
    squares = np.full((len(patches), pixels, pixels, 3), ZERO, np.uint8)
    places = [_places(box, field) for box, field in zip(boxes, fields, strict=True)]
    for square, patch, place in zip(squares, patches, places, strict=True):
        square[place] = patch
    tiles = torch.from_numpy(squares).permute(0, 3, 1, 2)
    if not (enlarged(pixels, tile) if sharp is None else sharp):
        tiles = interpolate(tiles, (tile, tile), mode="bicubic", antialias=True)
    return _hatched(_enlarge(tiles, tile).contiguous(), places, pixels)


def span(field: Box) -> int:
    """The side, in pixels of the input, of the square that a tile shows: the longer one of the receptive field."""
    return max(field[2] - field[0], field[3] - field[1])


def enlarged(pixels: int, tile: int) -> bool:
    """Whether so many pixels are shown on a tile's side as sharp squares; else they are antialiased."""
    return pixels * 4 <= tile


def _places(box: Box, field: Box) -> tuple[slice, slice]:
    """Where rows and columns of `box` lie on the square, of side `span`, in whose middle the receptive field is."""
    longer, starts = span(field), list[int]()
    for at in (0, 1):
        starts.append(box[at] - field[at] + (longer - (field[at + 2] - field[at])) // 2)
    return slice(starts[0], starts[0] + box[2] - box[0]), slice(starts[1], starts[1] + box[3] - box[1])


def beyond(smoothing: float) -> int:
    """Pixels around a frame that a Gaussian of this standard deviation sees."""
    return math.ceil(3 * smoothing)


def _common(one: slice, other: slice) -> slice:
    """What two stretches of a line have in common; empty, at the first's start, if that is nothing."""
    start = max(one.start, other.start)
    return slice(start, max(min(one.stop, other.stop), start))


def _reach(stretches: Sequence[slice]) -> slice:
    """The shortest stretch of a line that holds all of these."""
    return slice(min(s.start for s in stretches), max(s.stop for s in stretches))


def _together(signals: Sequence[Tensor], places: Sequence[tuple[slice, slice]], rows: slice, columns: slice) -> Tensor:
    """Signals (C, h, w) on zeros, in `rows` and `columns` (n, 3, H, W).

    One channel is shown as grey, and so is the mean of channels that are no colours.
    """
    size = (len(signals), 3, rows.stop - rows.start, columns.stop - columns.start)
    values = torch.zeros(size, dtype=torch.float32, device="cpu")
    for n, (signal, place) in enumerate(zip(signals, places, strict=True)):
        colours = signal if len(signal) in (1, 3) else signal.float().mean(0, keepdim=True)
        (down, its_rows), (across, its_columns) = common(rows, place[0]), common(columns, place[1])
        values[n, :, down, across] = colours[:, its_rows, its_columns]
    return values


def _scales(values: Tensor) -> list[tuple[float, float]]:
    """Of each tile (3, h, w) the quantile of |p| that becomes full contrast, and its value.

    It is QUANTILE, linearly between its neighbours, or else the largest: where fewer than one in 200 is not zero.
    """
    many = values[0].numel()
    if many == 1:
        return [(QUANTILE, v) if v else (1.0, v) for v in values.abs().flatten().tolist()]
    at = QUANTILE * (many - 1)
    above = many - int(at)
    groups = values.view(len(values), math.gcd(many, 16), -1)
    largest = torch.maximum(groups.amax(1), -groups.amin(1))
    # The largest values lie in the groups with the largest maxima: any other group has as many above it.
    number = min(above, groups.shape[2])
    these = torch.from_numpy(np.argpartition(largest.numpy(), -number)[:, -number:])
    candidates = groups.gather(2, these[:, None].expand(-1, groups.shape[1], -1)).abs_().flatten(1)
    highest = torch.from_numpy(np.sort(np.partition(candidates.numpy(), -above)[:, -above:]))
    usual = highest[:, 0].lerp(highest[:, 1], at - int(at))
    return [(QUANTILE, u) if u else (1.0, m) for u, m in zip(usual.tolist(), highest[:, -1].tolist(), strict=True)]


def overlay_tile(patch: Image.Image, signal: Image.Image, box: Box, field: Box) -> Image.Image:
    """The tile of a patch, seen where the tile of its projection is strong (see `overlay`); hatched as these are."""
    patches, signals = (np.asarray(tile.convert("RGB")).transpose(2, 0, 1) for tile in (patch, signal))
    levels = overlaid(patches, signals, ZERO)
    hatch(levels, *_places(box, field), span(field))
    return as_picture(levels)


def _hatched(tiles: Tensor, places: Sequence[tuple[slice, slice]], pixels: int) -> Tensor:
    """Tiles (n, 3, N, N) of squares of `pixels`, hatched where these show nothing, outside of `places`; in place."""
    for tile, (rows, columns) in zip(tiles.numpy(), places, strict=True):
        hatch(tile, rows, columns, pixels)
    return tiles


def _grey_gains(values: Tensor, scales: Sequence[tuple[float, float]]) -> list[float]:
    """How many times weaker than its colours the mean of them is, in each tile (3, h, w); 1 where it is nothing."""
    greys = _scales(values.mean(1, keepdim=True))
    return [colour / grey if grey else 1.0 for (_, colour), (_, grey) in zip(scales, greys, strict=True)]


def _enlarge(squares: Tensor, tile: int) -> Tensor:
    """Squares (n, 3, h, w) as large as tiles: those that are smaller are enlarged, their pixels sharp."""
    return squares if squares.shape[-1] == tile else interpolate(squares, (tile, tile), mode="nearest-exact")


def as_picture(planes: NDArray[np.uint8]) -> Image.Image:
    """Red, green and blue (3, H, W) as a picture."""
    return Image.merge("RGB", [Image.fromarray(plane) for plane in planes])
