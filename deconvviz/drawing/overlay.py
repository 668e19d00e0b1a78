"""The overlay: an image patch, seen where the projection has energy, and grey where it is zero."""

import numpy as np
from numpy.typing import NDArray

FULL = 127
"""Grey levels from zero to full contrast."""

GAIN = 1.5
"""Of the opacity: the three channels of a projection are seldom at full contrast together."""


def overlaid(patches: NDArray[np.uint8], signals: NDArray[np.uint8], zero: int) -> NDArray[np.uint8]:
    """Tiles of patches (…, 3, h, w), as opaque as the tiles of their projections are strong there, on the grey of zero.

    The opacity is the root of the projection's energy, the mean square of its channels, relative to full contrast,
    times GAIN, at most 1. Nothing is invented: it is what both tiles show.
    """
    strength = (signals.astype(np.float32) - zero) / FULL
    opacity = np.minimum(GAIN * np.sqrt(np.square(strength).mean(-3, keepdims=True)), 1)
    levels: NDArray[np.uint8] = np.rint(zero + opacity * (patches.astype(np.float32) - zero)).astype(np.uint8)
    return levels
