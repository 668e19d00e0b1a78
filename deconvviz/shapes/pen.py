"""A pen that draws filled, outlined shapes in its own frame of coordinates.

The frame's unit square is [-1, 1]², x to the right and y down; `at` gives a pen whose frame is moved,
scaled and turned, so that a wheel is drawn once, around (0, 0), and put anywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageChops, ImageDraw

from .dice import RGB
from .textures import Fill, Texture

Points = Sequence[tuple[float, float]] | NDArray[np.float64]
_CIRCLE = np.linspace(0, 2 * np.pi, 40, endpoint=False)


@dataclass(frozen=True)
class Pen:
    """Draws on an RGBA `layer`; `frame` (2, 3) maps local coordinates to the layer's pixels."""

    layer: Image.Image
    frame: NDArray[np.float64]
    ink: RGB
    width: float  # of outlines, in layer pixels; 0 draws none

    def at(self, x: float, y: float, scale: float | tuple[float, float] = 1.0, angle: float = 0.0) -> Pen:
        """A pen for the frame centred on (x, y), scaled and turned clockwise by `angle` radians."""
        sx, sy = scale if isinstance(scale, tuple) else (scale, scale)
        c, s = np.cos(angle), np.sin(angle)
        local = np.array([[c * sx, -s * sy, x], [s * sx, c * sy, y], [0, 0, 1]])
        return Pen(self.layer, self.frame @ local, self.ink, self.width)

    def inked(self, ink: RGB, width: float = 1.0) -> Pen:
        """The same pen with another outline colour, and its width multiplied."""
        return Pen(self.layer, self.frame, ink, self.width * width)

    def polygon(self, points: Points, fill: Fill, outline: bool = True) -> None:
        """Fill the shape between the points, then draw its outline."""
        spots = np.asarray(points, float) @ self.frame[:, :2].T + self.frame[:, 2]
        flat: list[tuple[float, float]] = [(x, y) for x, y in spots.tolist()]
        first = fill.first if isinstance(fill, Texture) else fill
        ImageDraw.Draw(self.layer).polygon(flat, fill=(*first, 255))
        if isinstance(fill, Texture):
            self._textured(spots, flat, fill)
        if outline and self.width > 0.5:
            self._stroke(flat + flat[:1], self.ink, self.width)

    def ellipse(self, x: float, y: float, rx: float, ry: float, fill: Fill, outline: bool = True) -> None:
        """Draw an ellipse of radii `rx` and `ry` around (x, y)."""
        self.polygon(np.stack([x + rx * np.cos(_CIRCLE), y + ry * np.sin(_CIRCLE)], 1), fill, outline)

    def disc(self, x: float, y: float, radius: float, fill: Fill, outline: bool = True) -> None:
        """Draw a circle around (x, y)."""
        self.ellipse(x, y, radius, radius, fill, outline)

    def box(self, left: float, top: float, right: float, bottom: float, fill: Fill, outline: bool = True) -> None:
        """Draw a rectangle along the frame's axes."""
        self.polygon([(left, top), (right, top), (right, bottom), (left, bottom)], fill, outline)

    def blob(self, points: Points, fill: Fill, outline: bool = True) -> None:
        """A smooth closed shape through the points."""
        self.polygon(smooth(points), fill, outline)

    def line(self, points: Points, colour: RGB | None = None, width: float = 0.0) -> None:
        """An open stroke; `width` in the frame's units, 0 for the outline's own."""
        spots = np.asarray(points, float) @ self.frame[:, :2].T + self.frame[:, 2]
        wide = width * float(np.sqrt(abs(np.linalg.det(self.frame[:, :2])))) if width else max(self.width, 2.0)
        self._stroke([(x, y) for x, y in spots.tolist()], colour or self.ink, wide)

    def _stroke(self, flat: list[tuple[float, float]], colour: RGB, width: float) -> None:
        draw = ImageDraw.Draw(self.layer)
        draw.line(flat, fill=(*colour, 255), width=max(1, round(width)))
        if len(flat) < 14 and width > 2.5:  # round the corners; curves need none
            r = (width - 1) / 2
            for x, y in flat:
                draw.ellipse((x - r, y - r, x + r, y + r), fill=(*colour, 255))

    def _textured(self, spots: NDArray[np.float64], flat: list[tuple[float, float]], fill: Texture) -> None:
        wide, high = self.layer.size
        left, top = np.maximum(np.floor(spots.min(0)), 0).astype(int).tolist()
        right, bottom = (np.ceil(spots.max(0)) + 1).astype(int).tolist()
        right, bottom = min(right, wide), min(bottom, high)
        if right <= left or bottom <= top:
            return
        mask = Image.new("L", (right - left, bottom - top))
        ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in flat], fill=255)
        (a, b), (c, d) = self.frame[:, :2].tolist()
        back = np.array([[d, -b], [-c, a]], np.float32) / np.float32(a * d - b * c)
        x = np.arange(left, right, dtype=np.float32)[None] - np.float32(self.frame[0, 2])
        y = np.arange(top, bottom, dtype=np.float32)[:, None] - np.float32(self.frame[1, 2])
        share = fill.share(back[0, 0] * x + back[0, 1] * y, back[1, 0] * x + back[1, 1] * y)
        cover = ImageChops.multiply(mask, Image.fromarray(share))
        self.layer.paste((*fill.second, 255), (left, top, right, bottom), cover)


def twice(half: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
    """The closed outline whose left half mirrors the right one, given from top to bottom."""
    return [*half, *((-x, y) for x, y in reversed(half) if x)]


def smooth(points: Points, steps: int = 6) -> NDArray[np.float64]:
    """A closed Catmull-Rom curve through the points, `steps` spots from each to the next."""
    p = np.asarray(points, float)
    before, after, later = np.roll(p, 1, 0), np.roll(p, -1, 0), np.roll(p, -2, 0)
    t = np.linspace(0, 1, steps, endpoint=False)[None, :, None]
    b, p, a, e = before[:, None], p[:, None], after[:, None], later[:, None]
    curve = p + 0.5 * t * (a - b + t * (2 * b - 5 * p + 4 * a - e + t * (3 * (p - a) + e - b)))
    return np.asarray(curve.reshape(-1, 2))
