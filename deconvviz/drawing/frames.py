"""The frame: the middle of a receptive field, where nearly all of a projection lies.

Most of a deep unit's receptive field is empty: its *effective* receptive field is much smaller (Luo et al. 2016,
arXiv:1701.04128). So a tile shows the frame, the smallest square around the middle of the field that holds 95 % of the
projection's energy, the sum of its squared pixels.
"""

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from .tiles import Box, span

SHARE = 0.95
"""How much of a projection's energy its frame holds, at least."""

LEAST = 12
"""Pixels of a frame's side at least, if the receptive field has as many."""


def frame_side(pixels: Tensor, box: Box, field: Box) -> int:
    """The side, in pixels of the input, of the frame of a projection (C, h, w) in `box` of the receptive `field`.

    As odd or even as the field's longer side, so that their middles are the same. The whole of it for a projection that
    is zero everywhere.
    """
    longer = span(field)
    inside = _energy_inside(pixels, box, field)
    if not inside[0] > 0:
        return longer
    enough = int(np.flatnonzero(inside >= SHARE * inside[0]).max())
    return longer - 2 * min(enough, max(longer - LEAST, 0) // 2)


def energy_share(pixels: Tensor, box: Box, field: Box, side: int) -> float:
    """How much of a projection's energy lies in the square of this side around the middle of the field: 0 to 1.

    A side in pixels of the input, as odd or even as the field's longer one; all of it if it is larger.
    """
    inside = _energy_inside(pixels, box, field)
    cut = max(span(field) - side, 0) // 2
    return float(inside[cut] / inside[0]) if inside[0] > 0 and cut < len(inside) else 0.0


def frame_around(field: Box, side: int) -> Box:
    """The square of this side around the middle of a receptive field, in pixels of the input."""
    corner = [field[at] - (span(field) - (field[at + 2] - field[at])) // 2 for at in (0, 1)]
    top, left = (start + (span(field) - side) // 2 for start in corner)
    return top, left, top + side, left + side


def common_box(one: Box, other: Box) -> Box:
    """What two boxes have in common; empty, at a corner of the first, if that is nothing."""
    top, left = (min(max(one[at], other[at]), one[at + 2]) for at in (0, 1))
    return top, left, max(min(one[2], other[2]), top), max(min(one[3], other[3]), left)


def cut_to(pixels: Tensor, box: Box, frame: Box, margin: int = 0) -> tuple[Tensor, Box]:
    """The part of a projection (C, h, w) in `box` that lies in the frame, or that far around it, and where that is."""
    top, left, bottom, right = frame
    shown = common_box(box, (top - margin, left - margin, bottom + margin, right + margin))
    rows, columns = (slice(shown[at] - box[at], shown[at + 2] - box[at]) for at in (0, 1))
    return pixels[:, rows, columns], shown


def _energy_inside(pixels: Tensor, box: Box, field: Box) -> NDArray[np.float64]:
    """The energy that is left when 0, 1, 2, … pixels are cut off on each side of the square around the field."""
    longer = span(field)
    energy = pixels.detach().double().square().sum(0).numpy()
    square = frame_around(field, longer)
    depths = []
    for at in (0, 1):
        places = np.arange(box[at] - square[at], box[at + 2] - square[at])
        depths.append(np.minimum(places, longer - 1 - places))
    depth = np.minimum(depths[0][:, None], depths[1][None, :])
    by_depth = np.bincount(depth.ravel(), weights=energy.ravel(), minlength=(longer + 1) // 2)
    return by_depth[::-1].cumsum()[::-1]
