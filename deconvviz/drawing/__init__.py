"""Numbers to pixels, and pixels to files.

Here live a unit's square tile (`tiles`), what of its field that shows (`frames`) and how it looks (`looks`), pages of
tiles and texts (`page`) as pixels, SVG or PDF, files that appear whole or not at all (`output`), and the small pieces
of plain HTML by which results show themselves in a notebook (`notebook`).
This wing gets boxes and arrays; it never knows what a unit, a network or a data set is.
"""

from . import notebook
from .frames import common_box, cut_to, energy_share, frame_around, frame_side
from .lettering import beside, broken, fitting, text_width
from .looks import USUAL, Look
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
from .overlay import GAIN
from .page import INK, QUIET, Number, Outline, Page, Shown, Text
from .tiles import (
    QUANTILE,
    ZERO,
    Box,
    Scaling,
    as_picture,
    beyond,
    enlarged,
    overlay_tile,
    picture_tile,
    picture_tiles,
    signal_tile,
    signal_tiles,
    span,
)

__all__ = [
    "Box",
    "GAIN",
    "INK",
    "Look",
    "Number",
    "Outline",
    "PICTURES",
    "Page",
    "QUANTILE",
    "QUIET",
    "Scaling",
    "Shown",
    "Text",
    "USUAL",
    "ZERO",
    "as_picture",
    "beside",
    "beyond",
    "broken",
    "check_writable",
    "common_box",
    "compact",
    "cut_to",
    "energy_share",
    "enlarged",
    "fitting",
    "frame_around",
    "frame_side",
    "notebook",
    "overlay_tile",
    "picture_ending",
    "picture_tile",
    "picture_tiles",
    "signal_tile",
    "signal_tiles",
    "span",
    "text_width",
    "write_bytes",
    "write_content",
    "write_json",
    "write_picture",
    "write_text",
]
