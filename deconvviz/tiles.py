"""One unit as one square tile: its projection, or the image patch beside it, on its receptive field.

How a projection is shown (the paper gives no formula): its floating-point values are resampled to the
tile first, then scaled by the tile's own 99.5 % quantile of |p|, with zero at mid-grey (#808080), and
clipped. Scaling first, or resampling without antialiasing, turns deep layers into speckle.
"""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
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
    squares = _squares([_of_colours(signal) for signal in signals], boxes, fields, 0)
    if smoothing > 0:
        reach = math.ceil(3 * smoothing)
        ground = pad(squares, [reach] * 4)  # outside it is zero too: the blur would reflect what is inside
        squares = gaussian_blur(ground, [2 * reach + 1] * 2, [smoothing] * 2)[..., reach:-reach, reach:-reach]
    values, resampling = _resample(squares, side)
    scales = _scales(values)
    contrast = torch.tensor([127 / (scale or 1.0) for _, scale in scales]).view(-1, 1, 1, 1)
    levels = (values * contrast).add_(128).clamp_(1, 255).round_().to(torch.uint8)
    how = [Scaling(quantile, scale, resampling, smoothing) for quantile, scale in scales]
    return list(zip(_images(levels), how, strict=True))


def picture_tile(patch: Image.Image, box: Box, field: Box, side: int) -> Image.Image:
    """The image region inside `box`, aligned with its projection's tile and enlarged the same way."""
    return picture_tiles([patch], [box], [field], side)[0]


def picture_tiles(
    patches: Sequence[Image.Image], boxes: Sequence[Box], fields: Sequence[Box], side: int
) -> list[Image.Image]:
    """The same for regions whose receptive fields are of one size."""
    squares = _squares([pil_to_tensor(patch.convert("RGB")) for patch in patches], boxes, fields, 128)
    return _images(_resample(squares.contiguous(memory_format=torch.channels_last), side)[0])


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


def _squares(parts: Sequence[Tensor], boxes: Sequence[Box], fields: Sequence[Box], ground: int) -> Tensor:
    """Parts (3, h, w), each of its box, on whole receptive fields, centred in squares (n, 3, span, span)."""
    side = span(fields[0])
    squares = parts[0].new_full((len(parts), 3, side, side), ground)
    for square, part, box, field in zip(squares, parts, boxes, fields, strict=True):
        height, width = field[2] - field[0], field[3] - field[1]
        top, left = box[0] - field[0] + (side - height) // 2, box[1] - field[1] + (side - width) // 2
        square[:, top : top + part.shape[1], left : left + part.shape[2]] = part
    return squares


def _resample(squares: Tensor, side: int) -> tuple[Tensor, str]:
    """Squares (n, 3, span, span) to (n, 3, side, side): float, or uint8."""
    if enlarged(squares.shape[-1], side):
        return interpolate(squares, (side, side), mode="nearest-exact"), "nearest"
    return interpolate(squares, (side, side), mode="bicubic", antialias=True), "bicubic, antialiased"


def _scales(values: Tensor) -> list[tuple[float, float]]:
    """Of each tile (3, side, side) the quantile of |p| that becomes full contrast, and its value.

    It is QUANTILE, linearly between its neighbours, or else the largest: where fewer than one in 200 is not zero.
    """
    magnitudes = values.abs().flatten(1)
    at = QUANTILE * (magnitudes.shape[1] - 1)
    above = magnitudes.topk(magnitudes.shape[1] - int(at)).values  # what lies below is not sorted
    usual = above[:, -1].lerp(above[:, -2:][:, 0], at - int(at))
    return [(QUANTILE, u) if u else (1.0, m) for u, m in zip(usual.tolist(), above[:, 0].tolist(), strict=True)]


def _images(levels: Tensor) -> list[Image.Image]:
    """Tiles (n, 3, side, side) of uint8 as pictures."""
    return [Image.fromarray(tile) for tile in levels.permute(0, 2, 3, 1).contiguous().numpy()]
