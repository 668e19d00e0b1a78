"""Small animals: fish, butterflies, snails, beetles. Each is drawn within [-1, 1]²."""

from __future__ import annotations

import numpy as np

from .dice import Dice, Palette, darker, lighter, luminance
from .parts import eye, shell
from .pen import Pen, smooth
from .textures import (
    Fill,
    Texture,
    bricks,
    checks,
    cloth,
    coat,
    dots,
    gradient,
    scales,
    stripes,
    waves,
    zigzag,
)


def fish(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw a fish in scales or checks."""
    _swimmer(pen, dice, colours, coat(dice, colours, (scales, scales, checks)))


def clownfish(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw a striped fish."""
    _swimmer(pen, dice, colours, coat(dice, colours, (stripes, waves)))


def _swimmer(pen: Pen, dice: Dice, colours: Palette, body: Fill) -> None:
    """What tells a clownfish from another fish is its stripes."""
    fin, look, high = cloth(dice, colours, colours.second, 0.5), eye(dice, colours), dice.between(0.38, 0.58)
    fork = dice.between(0.3, 0.5)
    pen.blob([(-0.5, 0), (-0.98, -fork), (-0.84, 0), (-0.98, fork)], fin)
    pen.blob([(-0.25, -high * 0.7), (-0.1, -high - 0.25), (0.35, -high - 0.12), (0.4, -high * 0.6)], fin)
    pen.blob([(-0.1, high * 0.7), (-0.2, high + 0.22), (0.2, high * 0.8)], fin)
    back = [(-0.3, -high * 0.75), (0.2, -high), (0.72, -high * 0.5)]
    pen.blob([(-0.65, 0), *back, (0.97, 0.02), *((x, -y) for x, y in reversed(back))], body)
    arc = np.linspace(-1, 1, 9)
    pen.line(np.stack([0.36 - 0.14 * (arc**2 - 1), 0.75 * high * arc], 1), darker(colours.main, 0.6), 0.06)
    look(pen.at(0.66, -high * 0.25, dice.between(0.13, 0.18)))
    pen.line([(0.94, 0.1), (0.78, 0.14)], colours.ink, 0.06)
    pen.blob([(0.2, 0.05), (-0.12, -0.02), (-0.16, 0.24), (0.12, 0.22)], fin)


def butterfly(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw a butterfly from above, an eyespot on each wing."""
    upper, lower = cloth(dice, colours, chance=0.5), cloth(dice, colours, colours.second, 0.5)
    spot, ring = dice.pick((colours.third, colours.light)), darker(colours.main, 0.75)
    high, wide, low = dice.between(-0.95, -0.7), dice.between(0.82, 0.98), dice.between(0.6, 0.9)
    size = dice.between(0.15, 0.21)
    for side in (-1, 1):
        half = pen.at(0, 0, (side, 1))
        half.blob([(0.05, 0.05), (0.7, 0.05), (0.72, low * 0.75), (0.35, low), (0.06, 0.4)], lower)
        tip = [(0.3, high * 0.8), (wide, high), (wide * 0.98, -0.25)]
        half.blob([(0.04, -0.15), *tip, (0.5, 0.15), (0.05, 0.12)], upper)
        for x, y, r in ((0.64, high * 0.58, size), (0.42, 0.4, size * 0.8)):
            pen.disc(side * x, y, r, ring, outline=False)
            pen.disc(side * x, y, r * 0.72, spot, outline=False)
            pen.disc(side * x, y, r * 0.36, ring, outline=False)
        curl = [(side * 0.03, -0.4), (side * 0.12, -0.7), (side * 0.3, -0.88)]
        pen.line(curl, colours.ink, 0.045)
        pen.disc(side * 0.31, -0.89, 0.06, colours.ink)
    rings = lambda u, v: (np.sin(v * 26) > 0).astype(np.float32)  # noqa: E731
    body = Texture(rings, darker(colours.third, 0.5), darker(colours.third, 0.8))
    pen.ellipse(0, 0.05, 0.09, 0.5, body)
    pen.disc(0, -0.42, 0.11, darker(colours.third, 0.6))


def snail(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw a snail: a spiral shell and eyes on stalks."""
    flesh, look = cloth(dice, colours, colours.second, 0.3), eye(dice, colours)
    rise, size = dice.between(-0.62, -0.4), dice.between(0.52, 0.62)
    for x in (0.62, 0.86):
        top = (x + dice.between(-0.04, 0.08), rise + dice.between(-0.1, 0.1))
        pen.line([(0.7, 0.3), top], darker(colours.second, 0.5), 0.13)
        pen.line([(0.7, 0.3), top], lighter(colours.second, 0.1), 0.07)
        look(pen.at(*top, 0.15))
    neck = [(0.42, 0.3), (0.55, -0.02), (0.85, -0.05), (0.95, 0.25)]
    pen.blob([(-1, 0.74), (-0.7, 0.5), (0, 0.42), *neck, (0.8, 0.62), (0.4, 0.78)], flesh)
    pen.line([(0.78, 0.34), (0.9, 0.3)], colours.ink, 0.05)
    shell(dice, colours)(pen.at(-0.15, 0.02, size))


def ladybird(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw a dotted beetle from above."""
    spots, dark = dots(dice, dice.between(0.36, 0.48)), darker(colours.second, 0.8)
    base = colours.main if luminance(colours.main) > 100 else lighter(colours.main)
    _insect(pen, dice, colours, Texture(spots, base, dark))


def beetle(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw a beetle from above, in any coat but dots."""
    _insect(pen, dice, colours, coat(dice, colours, (stripes, zigzag, gradient, bricks)))


def _insect(pen: Pen, dice: Dice, colours: Palette, back: Fill) -> None:
    """What tells a ladybird from another beetle is its dots."""
    dark = darker(colours.second, 0.8)
    for y in (-0.3, 0.1, 0.5):
        pen.line([(-0.95, y + 0.16), (-0.75, y), (0.75, y), (0.95, y + 0.16)], dark, 0.08)
    for side in (-1, 1):
        pen.line([(side * 0.1, -0.7), (side * 0.3, -0.98)], dark, 0.06)
    pen.disc(0, -0.55, 0.38, dark)
    for side in (-1, 1):
        pen.disc(side * 0.24, -0.68, 0.12, colours.light)
    shape = smooth([(-0.05, -0.5), (-0.7, -0.25), (-0.78, 0.3), (-0.3, 0.88), (-0.02, 0.92), (-0.02, 0)], 6)
    gap = dice.between(0.0, 0.16)
    for side in (-1, 1):
        pen.at(0, -0.5, (side, 1), angle=-side * gap).at(0, 0.5).polygon(-shape * (1, -1), back)
