"""One unit as one square tile: its projection, or the image patch beside it, on its receptive field.

How a projection is shown (the paper gives no formula): its floating-point values are resampled to the
tile first, then scaled by the tile's own 99.5 % quantile of |p|, with zero at mid-grey (#808080), and
clipped. Scaling first, or resampling without antialiasing, turns deep layers into speckle. Pixels
that are enlarged as they are (`enlarged`) are scaled before, by the quantile among themselves.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from typing import Any

import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate, pad
from torchvision.transforms.functional import gaussian_blur, pil_to_tensor

QUANTILE = 0.995

Box = tuple[int, int, int, int]
"""(top, left, bottom, right) in pixels of the network's input; bottom and right are the first outside."""


@dataclass(frozen=True)
class Scaling:
    """How one tile was made: |p| of `scale` (at `quantile`) became full contrast, zero level 128.

    `smoothing`: standard deviation, in pixels of the input, of the Gaussian applied first; 0: none.
    """

    quantile: float
    scale: float
    resampling: str
    smoothing: float = 0.0
    zero: int = 128

    def as_json(self) -> dict[str, Any]:
        """The fields by name."""
        return asdict(self)


def signal_tile(pixels: Tensor, box: Box, field: Box, side: int, smoothing: float = 0.0) -> tuple[Image.Image, Scaling]:
    """A projection (C, h, w) inside `box` as a tile of its receptive field, grey where that leaves the image."""
    return signal_tiles([pixels], [box], [field], side, smoothing)[0]


@torch.inference_mode()
def signal_tiles(
    signals: Sequence[Tensor], boxes: Sequence[Box], fields: Sequence[Box], side: int, smoothing: float = 0.0
) -> list[tuple[Image.Image, Scaling]]:
    """The same for projections whose receptive fields are of one size (`span`): faster than one by one."""
    pixels, sharp = span(fields[0]), enlarged(span(fields[0]), side)
    lines = pixels if sharp else side
    values = torch.zeros(len(signals), 3, lines, lines, dtype=torch.float32, device="cpu")
    with torch.autocast("cpu", enabled=False):
        for value, signal, box, field in zip(values, signals, boxes, fields, strict=True):
            rows, columns = _places(box, field)
            if sharp and smoothing <= 0:
                value[:, rows, columns] = _of_colours(signal)
            else:  # where the signal is zero there is nothing to add
                along = _along(pixels, side, smoothing)
                torch.matmul(along[:, rows], _of_colours(signal) @ along[:, columns].T, out=value)
    scales = _scales(values)
    for value, (_, scale) in zip(values, scales, strict=True):
        value.mul_(127 / (scale or 1.0))
    levels = values.add_(128).clamp_(1, 255).round_().to(torch.uint8)
    resampling = "nearest" if sharp else "bicubic, antialiased"
    how = [Scaling(quantile, scale, resampling, smoothing) for quantile, scale in scales]
    return list(zip(_images(levels, side), how, strict=True))


def picture_tile(patch: Image.Image, box: Box, field: Box, side: int) -> Image.Image:
    """The image region inside `box`, aligned with its projection's tile and enlarged the same way."""
    return picture_tiles([pil_to_tensor(patch.convert("RGB"))], [box], [field], side)[0]


@torch.inference_mode()
def picture_tiles(
    patches: Sequence[Tensor], boxes: Sequence[Box], fields: Sequence[Box], side: int
) -> list[Image.Image]:
    """The same for regions (3, h, w) of uint8 whose receptive fields are of one size."""
    pixels = span(fields[0])
    size = (len(patches), 3, pixels, pixels)
    squares = torch.empty(size, dtype=torch.uint8, device="cpu", memory_format=torch.channels_last).fill_(128)
    for square, patch, box, field in zip(squares, patches, boxes, fields, strict=True):
        rows, columns = _places(box, field)
        square[:, rows, columns] = patch
    if not enlarged(pixels, side):
        squares = interpolate(squares, (side, side), mode="bicubic", antialias=True)
    return _images(squares, side)


def span(field: Box) -> int:
    """The side, in pixels of the input, of the square that a tile shows: the longer one of the receptive field."""
    return max(field[2] - field[0], field[3] - field[1])


def enlarged(pixels: int, side: int) -> bool:
    """Whether so many pixels are shown on a tile's side as sharp squares; else they are antialiased."""
    return pixels * 4 <= side


def _of_colours(pixels: Tensor) -> Tensor:
    """Three channels; of channels that are no colours, the mean three times."""
    given = pixels.detach().cpu().float()
    return (given if len(given) in (1, 3) else given.mean(0, keepdim=True)).expand(3, -1, -1)


def _places(box: Box, field: Box) -> tuple[slice, slice]:
    """Where rows and columns of `box` lie on the square, of side `span`, in whose middle the receptive field is."""
    longer, starts = span(field), list[int]()
    for at in (0, 1):
        starts.append(box[at] - field[at] + (longer - (field[at + 2] - field[at])) // 2)
    return slice(starts[0], starts[0] + box[2] - box[0]), slice(starts[1], starts[1] + box[3] - box[1])


@lru_cache(maxsize=64)
def _along(pixels: int, side: int, smoothing: float) -> Tensor:
    """How a line of a receptive field becomes a line of a tile: a matrix (side, pixels), smoothing and resampling.

    Both are linear, in rows and in columns, so two products of matrices do them. Pixels that will be enlarged stay
    as many as they are.
    """
    single = torch.eye(pixels, dtype=torch.float32, device="cpu").view(1, 1, pixels, pixels)
    if smoothing > 0:
        reach = math.ceil(3 * smoothing)
        ground = pad(single, [0, 0, reach, reach])  # outside it is zero too: the blur would reflect what is inside
        single = gaussian_blur(ground, [1, 2 * reach + 1], [smoothing] * 2)[..., reach:-reach, :]
    if not enlarged(pixels, side):
        single = interpolate(single, (side, pixels), mode="bicubic", antialias=True)
    return single[0, 0]


def _scales(values: Tensor) -> list[tuple[float, float]]:
    """Of each tile (3, h, w) the quantile of |p| that becomes full contrast, and its value.

    It is QUANTILE, linearly between its neighbours, or else the largest: where fewer than one in 200 is not zero.
    """
    many = values[0].numel()
    at = QUANTILE * (many - 1)
    above = many - int(at)
    groups = values.view(len(values), math.gcd(many, 16), -1)
    largest = torch.maximum(groups.amax(1), -groups.amin(1))
    # The largest values lie in the groups with the largest maxima: any other group has as many above it.
    these = largest.topk(min(above, groups.shape[2]), sorted=False).indices
    highest = groups.gather(2, these[:, None].expand(-1, groups.shape[1], -1)).abs_().flatten(1).topk(above).values
    usual = highest[:, -1].lerp(highest[:, -2:][:, 0], at - int(at))
    return [(QUANTILE, u) if u else (1.0, m) for u, m in zip(usual.tolist(), highest[:, 0].tolist(), strict=True)]


def _images(levels: Tensor, side: int) -> list[Image.Image]:
    """Squares (n, 3, h, w) of uint8 as pictures; those that are smaller are enlarged, their pixels sharp."""
    pictures = [Image.fromarray(square) for square in levels.permute(0, 2, 3, 1).contiguous().numpy()]
    return [p if p.width == side else p.resize((side, side), Image.Resampling.NEAREST) for p in pictures]
