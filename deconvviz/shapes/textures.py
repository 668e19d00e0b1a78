"""Textures: functions of the plane that mix two colours.

A pattern maps coordinates `u`, `v` (float arrays, in the units of the frame it is painted in) to a share of
the second colour, 0 to 1. A maker rolls the dice once, so that both doors of a car wear the same stripes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .dice import RGB, Dice, Palette, darker, lighter, luminance

Plane = NDArray[np.float32]
Pattern = Callable[[Plane, Plane], Plane]


@dataclass(frozen=True)
class Texture:
    """A fill that mixes two colours by a pattern."""

    pattern: Pattern
    first: RGB
    second: RGB

    def share(self, u: Plane, v: Plane) -> NDArray[np.uint8]:
        """How much of the second colour is at each coordinate, 0 to 255."""
        return (self.pattern(u, v) * np.float32(255)).astype(np.uint8)


Fill = RGB | Texture


def _step(wave: Plane) -> Plane:
    return (wave > 0).astype(np.float32)


def _turn(u: Plane, v: Plane, angle: float) -> tuple[Plane, Plane]:
    c, s = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return c * u + s * v, c * v - s * u


def stripes(dice: Dice, period: float) -> Pattern:
    """Make straight bands, level, upright or slanting."""
    angle, width = dice.pick((0.0, np.pi / 2, np.pi / 4, -np.pi / 4)), dice.between(-0.35, 0.35)
    return lambda u, v: _step(np.sin(_turn(u, v, angle)[0] * (2 * np.pi / period)) - width)


def planks(dice: Dice, period: float) -> Pattern:
    """Level boards with a joint between them."""
    joint = dice.between(0.2, 0.3)
    return lambda u, v: _step(joint - (v / (0.75 * period)) % 1.0)


def checks(dice: Dice, period: float) -> Pattern:
    """Make a chequerboard, upright or on its corner."""
    angle, k = dice.pick((0.0, 0.0, np.pi / 4)), np.float32(np.pi / period * 1.25)

    def pattern(u: Plane, v: Plane) -> Plane:
        a, b = _turn(u, v, angle)
        return _step(np.sin(a * k) * np.sin(b * k))

    return pattern


def dots(dice: Dice, period: float) -> Pattern:
    """Make rows of discs, each row shifted by half."""
    radius = dice.between(0.26, 0.36) ** 2

    def pattern(u: Plane, v: Plane) -> Plane:
        row = np.floor(v / period)
        a = u / period + 0.5 * (row % 2)
        return _step(radius - (a - np.floor(a) - 0.5) ** 2 - (v / period - row - 0.5) ** 2)

    return pattern


def bricks(dice: Dice, period: float) -> Pattern:
    """Make courses of bricks; the mortar is the second colour."""
    high, joint = 0.6 * period, dice.between(0.14, 0.2)

    def pattern(u: Plane, v: Plane) -> Plane:
        row = np.floor(v / high)
        a = u / (1.9 * high) + 0.5 * (row % 2)
        return np.maximum(_step(joint * 0.55 - (a - np.floor(a))), _step(joint - (v / high - row)))

    return pattern


def waves(dice: Dice, period: float) -> Pattern:
    """Make rolling bands."""
    swing, angle = dice.between(0.18, 0.3), dice.pick((0.0, 0.0, np.pi / 2))

    def pattern(u: Plane, v: Plane) -> Plane:
        a, b = _turn(u, v, angle)
        return _step(np.sin((b / period + swing * np.sin(a * (4.2 / period))) * (2 * np.pi)))

    return pattern


def zigzag(dice: Dice, period: float) -> Pattern:
    """Make bands with corners."""
    angle = dice.pick((0.0, 0.0, np.pi / 2))

    def pattern(u: Plane, v: Plane) -> Plane:
        a, b = _turn(u, v, angle)
        tooth = np.abs((a / (1.4 * period)) % 1.0 - 0.5)
        return _step(np.sin((b / period + tooth) * (2 * np.pi)))

    return pattern


def scales(dice: Dice, period: float) -> Pattern:
    """Overlapping round scales, as on fish, feathers and roof tiles."""
    line = dice.between(0.1, 0.16)

    def pattern(u: Plane, v: Plane) -> Plane:
        row = np.floor(v / (0.5 * period))
        a = u / period + 0.5 * (row % 2)
        a = a - np.floor(a) - 0.5
        rim = np.sqrt(a * a + (v / period - 0.5 * row) ** 2)
        return _step(line - np.abs(rim - 0.5))

    return pattern


def plaid(dice: Dice, period: float) -> Pattern:
    """Make two sets of bands that darken where they cross."""
    thin = dice.between(0.3, 0.7)

    def pattern(u: Plane, v: Plane) -> Plane:
        k = 2 * np.pi / period
        return (_step(np.sin(u * k) - thin) + _step(np.sin(v * k) - thin)) * np.float32(0.5)

    return pattern


def gradient(dice: Dice, period: float) -> Pattern:
    """A soft shade from top to bottom of the frame."""
    bend = dice.between(0.35, 0.6)
    return lambda u, v: np.clip(0.5 + bend * v + 0.2 * u, 0, 1).astype(np.float32)


Maker = Callable[[Dice, float], Pattern]
TEXTURES: tuple[Maker, ...] = (stripes, checks, dots, bricks, waves, zigzag, scales, plaid)


def cloth(dice: Dice, colours: Palette, main: RGB | None = None, chance: float = 0.6) -> Fill:
    """A fill for an object's body: any texture with the given chance, else softly shaded."""
    base = main or colours.main
    if not dice.chance(chance):
        return Texture(gradient(dice, 1), lighter(base, 0.3), darker(base, 0.3))
    return coat(dice, colours, TEXTURES, base)


def coat(dice: Dice, colours: Palette, makers: Sequence[Maker], base: RGB | None = None) -> Texture:
    """A fill by one of the given textures, in two colours that differ clearly in brightness."""
    first = base or colours.main
    other = dice.pick((colours.second, colours.light, darker(first, 0.6), lighter(first, 0.6)))
    if abs(luminance(first) - luminance(other)) < 50:
        other = darker(first, 0.65) if luminance(first) > 110 else lighter(first, 0.7)
    maker = dice.pick(makers)
    if maker is gradient:
        return Texture(gradient(dice, 1), lighter(first, 0.3), darker(first, 0.3))
    return Texture(maker(dice, dice.between(0.2, 0.34)), first, other)


def masonry(dice: Dice, colours: Palette, maker: Maker = bricks) -> Texture:
    """A wall of bricks, or of another texture."""
    base = dice.pick(colours.bright)
    joint = dice.pick((darker(base, 0.55), lighter(base, 0.75)))
    return Texture(maker(dice, dice.between(0.2, 0.32)), base, joint)
