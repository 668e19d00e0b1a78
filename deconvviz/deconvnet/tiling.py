"""Projections as square tiles, and the patches beside them: in which frame, and how they look."""

from collections.abc import Sequence
from typing import Protocol

from PIL import Image
from torch import Tensor

from ..drawing import (
    USUAL,
    ZERO,
    Box,
    Look,
    Scaling,
    beyond,
    common_box,
    cut_to,
    enlarged,
    frame_around,
    overlay_tile,
    picture_tile,
    signal_tile,
    span,
)
from ..images import Preprocess, picture
from .units import Unit

GREY = (ZERO, ZERO, ZERO)


class Projected(Protocol):
    """What is known of a projection, to draw it (`Projection`)."""

    @property
    def unit(self) -> Unit:
        """Whose it is."""

    @property
    def pixels(self) -> Tensor:
        """Its values (C, h, w) inside `box`."""

    @property
    def box(self) -> Box:
        """Its receptive field, clipped to the image, in pixels of the input."""

    @property
    def field(self) -> Box:
        """The same, not clipped."""

    @property
    def frame(self) -> Box:
        """What tiles show of it."""

    @property
    def silent(self) -> bool:
        """Whether the unit does not fire."""

    @property
    def input(self) -> Tensor:
        """What the network saw (C, H, W)."""

    @property
    def preprocess(self) -> Preprocess | None:
        """How it came from the image."""


def frames_of(projections: Sequence[Projected], look: Look) -> list[Box]:
    """What the tile of each shows: its field, or the frame, of one size for all of one feature map, the largest."""
    if look.frame == "field":
        return [p.field for p in projections]
    sides: dict[tuple[str, int], int] = {}
    for p in projections:
        if not p.silent:
            one = p.unit.layer, p.unit.channel
            sides[one] = max(sides.get(one, 0), span(p.frame))
    most = [min(sides.get((p.unit.layer, p.unit.channel), span(p.field)), span(p.field)) for p in projections]
    return [frame_around(p.field, side) for p, side in zip(projections, most, strict=True)]


def projection_tile(
    projection: Projected, tile: int, frame: Box | None = None, look: Look = USUAL, full: float | None = None
) -> tuple[Image.Image, Scaling | None]:
    """The projection in a frame, by default its whole field, as a square tile, and how it was scaled; or its overlay.

    Plain grey, None, if it is silent. `full`: the magnitude that becomes full contrast, by default its own.
    """
    if projection.silent:
        return Image.new("RGB", (tile, tile), GREY), None
    frame = frame or projection.field
    pixels, box = cut_to(projection.pixels, projection.box, frame, beyond(look.smoothing))
    sharp = enlarged(span(projection.field), tile)
    drawn, scaling = signal_tile(pixels, box, frame, tile, look.smoothing, look.tone, sharp, full)
    if look.view == "overlay":
        shown = common_box(projection.box, frame)
        return overlay_tile(patch_tile(projection, tile, frame), drawn, shown, frame), scaling
    return drawn, scaling


def patch_tile(projection: Projected, tile: int, frame: Box | None = None) -> Image.Image:
    """The image region beside the projection, aligned with it."""
    frame = frame or projection.field
    shown = common_box(projection.box, frame)
    sharp = enlarged(span(projection.field), tile)
    return picture_tile(picture(projection.input, projection.preprocess, shown), shown, frame, tile, sharp)
