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
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
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
    whole = _on_field(_of_colours(pixels), box, field)
    if smoothing > 0:
        kernel, sigma = [2 * math.ceil(3 * smoothing) + 1] * 2, [smoothing] * 2
        whole = gaussian_blur(torch.from_numpy(whole), kernel, sigma).numpy()
    values, resampling = _resample(whole, side)
    quantile, (scale, largest) = QUANTILE, _quantile_and_largest(np.abs(values).ravel())
    if scale == 0:  # fewer than one value in 200 is not zero
        quantile, scale = 1.0, largest
    levels = np.clip(values * np.float32(127 / (scale or 1.0)) + 128, 1, 255)
    drawn = Image.fromarray(np.rint(levels).astype(np.uint8).transpose(1, 2, 0).copy())
    return drawn, Scaling(quantile, scale, resampling, smoothing)


def _quantile_and_largest(magnitudes: NDArray[np.float32]) -> tuple[float, float]:
    """The value at QUANTILE, linearly between its neighbours, and the largest; what lies below is not sorted."""
    at = QUANTILE * (magnitudes.size - 1)
    above = torch.from_numpy(magnitudes).topk(magnitudes.size - int(at)).values
    return float(above[-1].lerp(above[-2:][0], at - int(at))), float(above[0])


def picture_tile(patch: Image.Image, box: Box, field: Box, side: int) -> Image.Image:
    """The image region inside `box`, aligned with its projection's tile and enlarged the same way."""
    span, (top, left) = _square(box, field)
    square = Image.new("RGB", (span, span), (128, 128, 128))
    square.paste(patch, (left, top))
    return square.resize((side, side), _resampling(span, side))


def _square(box: Box, field: Box) -> tuple[int, tuple[int, int]]:
    """The side of the square that holds the field, centred, and where the box begins on it."""
    height, width = field[2] - field[0], field[3] - field[1]
    side = max(height, width)
    return side, (box[0] - field[0] + (side - height) // 2, box[1] - field[1] + (side - width) // 2)


def _resampling(span: int, side: int) -> Image.Resampling:
    """Small fields stay sharp pixels, others are antialiased."""
    return Image.Resampling.NEAREST if span * 4 <= side else Image.Resampling.BICUBIC


def _of_colours(pixels: Tensor) -> NDArray[np.float32]:
    """Channels that are no colours: their mean."""
    given = pixels.detach().cpu().float()
    return np.asarray((given if len(given) in (1, 3) else given.mean(0, keepdim=True)).numpy(), np.float32)


def _on_field(pixels: NDArray[np.float32], box: Box, field: Box) -> NDArray[np.float32]:
    """Pixels (C, h, w) of the box, on the whole receptive field, as a square of three channels."""
    span, (top, left) = _square(box, field)
    square = np.zeros((3, span, span), np.float32)
    square[:, top : top + pixels.shape[1], left : left + pixels.shape[2]] = pixels
    return square


def _resample(values: NDArray[np.float32], side: int) -> tuple[NDArray[np.float32], str]:
    """Values (3, n, n) to (3, side, side). Pillow does it, in floating point: other threads run meanwhile."""
    how = _resampling(values.shape[-1], side)
    resized = [np.asarray(Image.fromarray(channel).resize((side, side), how)) for channel in values]
    return np.stack(resized), "nearest" if how is Image.Resampling.NEAREST else "bicubic, antialiased"
