"""Numbers to pixels, and pixels to files.

Here live a unit's square tile (`tiles`), resampling with antialiasing (`resampling`), files that appear whole or not
at all (`output`), and the small pieces of plain HTML by which results show themselves in a notebook (`notebook`).
This wing gets boxes and arrays; it never knows what a unit, a network or a data set is.
"""

from . import notebook
from .frames import common_box, cut_to, energy_share, frame_around, frame_side
from .looks import FRAMES, USUAL, Look
from .output import (
    PICTURES,
    check_writable,
    compact,
    picture_ending,
    write_bytes,
    write_content,
    write_json,
    write_picture,
    write_text,
)
from .tiles import (
    QUANTILE,
    TONES,
    ZERO,
    Box,
    Scaling,
    as_picture,
    enlarged,
    picture_tile,
    picture_tiles,
    signal_tile,
    signal_tiles,
    span,
)

__all__ = [
    "Box",
    "FRAMES",
    "Look",
    "PICTURES",
    "QUANTILE",
    "Scaling",
    "TONES",
    "USUAL",
    "ZERO",
    "as_picture",
    "check_writable",
    "common_box",
    "compact",
    "cut_to",
    "energy_share",
    "enlarged",
    "frame_around",
    "frame_side",
    "notebook",
    "picture_ending",
    "picture_tile",
    "picture_tiles",
    "signal_tile",
    "signal_tiles",
    "span",
    "write_bytes",
    "write_content",
    "write_json",
    "write_picture",
    "write_text",
]
