"""One unit as one square tile: its projection, or the image patch beside it, on its receptive field.

How a projection is shown (the paper gives no formula): its floating-point values are resampled to the
tile first, then scaled by the tile's own 99.5 % quantile of |p|, with zero at mid-grey (#808080), and
clipped. Scaling first, or resampling without antialiasing, turns deep layers into speckle.
"""

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn.functional import interpolate
from torchvision.transforms.functional import gaussian_blur

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
    whole = _on_field(pixels, box, field, 0.0)
    if smoothing > 0:
        whole = gaussian_blur(whole, [2 * math.ceil(3 * smoothing) + 1] * 2, [smoothing] * 2)
    values, resampling = _resample(whole, side)
    magnitudes = values.abs().flatten()
    quantile, scale = QUANTILE, float(magnitudes.quantile(QUANTILE))
    if scale == 0:  # fewer than one value in 200 is not zero
        quantile, scale = 1.0, float(magnitudes.max())
    levels = 128 + 127 * (values / (scale or 1.0)).clamp(-1, 1)
    return _to_image(levels, side), Scaling(quantile, scale, resampling, smoothing)


def picture_tile(patch: Image.Image, box: Box, field: Box, side: int) -> Image.Image:
    """The image region inside `box`, aligned with its projection's tile and enlarged the same way."""
    pixels = torch.from_numpy(np.array(patch)).permute(2, 0, 1).float()
    values, _ = _resample(_on_field(pixels, box, field, 128.0), side)
    return _to_image(values, side)


def _on_field(pixels: Tensor, box: Box, field: Box, outside: float) -> Tensor:
    """Pixels (C, h, w) of the box, on the whole receptive field, as a square of three channels."""
    (height, width), (top, left) = (field[2] - field[0], field[3] - field[1]), (box[0] - field[0], box[1] - field[1])
    if len(pixels) not in (1, 3):
        pixels = pixels.mean(0, keepdim=True)  # channels that are no colours: their mean
    side = max(height, width)
    square = pixels.new_full((3, side, side), outside, dtype=torch.float32)
    top, left = top + (side - height) // 2, left + (side - width) // 2
    square[:, top : top + pixels.shape[1], left : left + pixels.shape[2]] = pixels.float()
    return square


def _resample(values: Tensor, side: int) -> tuple[Tensor, str]:
    """Values (3, n, n) to (3, side, side): small fields stay sharp pixels, others are antialiased."""
    if values.shape[-1] * 4 <= side:
        return interpolate(values[None], (side, side), mode="nearest-exact")[0], "nearest"
    return interpolate(values[None], (side, side), mode="bicubic", antialias=True)[0], "bicubic, antialiased"


def _to_image(levels: Tensor, side: int) -> Image.Image:
    pixels = levels.clamp(0, 255).round().to(torch.uint8).permute(1, 2, 0).contiguous()
    return Image.frombytes("RGB", (side, side), pixels.numpy().tobytes())
