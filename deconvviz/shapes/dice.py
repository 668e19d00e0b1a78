"""Chance and colour: the two things every picture of the world varies."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

RGB = tuple[int, int, int]
T = TypeVar("T")


class Dice:
    """Draws from a seed with `random()` alone, whose stream NumPy keeps stable between releases."""

    def __init__(self, *seed: int) -> None:
        self.rng = np.random.default_rng(seed)

    def chance(self, probability: float) -> bool:
        """Tell whether an event of this probability happens."""
        return bool(self.rng.random() < probability)

    def between(self, low: float, high: float) -> float:
        """Roll a number from `low` to `high`."""
        return low + (high - low) * float(self.rng.random())

    def count(self, low: int, high: int) -> int:
        """A whole number from `low` to `high`, both included."""
        return low + int(self.rng.random() * (high - low + 1))

    def pick(self, options: Sequence[T]) -> T:
        """Choose one of the options, all alike likely."""
        return options[int(self.rng.random() * len(options))]

    def shuffled(self, options: Sequence[T]) -> list[T]:
        """Return the options in random order."""
        return [options[i] for i in np.argsort(self.rng.random(len(options)))]


def mix(a: RGB, b: RGB, t: float) -> RGB:
    """The colour a share `t` of the way from `a` to `b`."""
    return (round(a[0] + (b[0] - a[0]) * t), round(a[1] + (b[1] - a[1]) * t), round(a[2] + (b[2] - a[2]) * t))


def darker(colour: RGB, t: float = 0.45) -> RGB:
    """Move a colour towards black by a share `t`."""
    return mix(colour, (16, 12, 34), t)


def lighter(colour: RGB, t: float = 0.45) -> RGB:
    """Move a colour towards white by a share `t`."""
    return mix(colour, (255, 252, 240), t)


def luminance(colour: RGB) -> float:
    """Perceived brightness, 0 to 255."""
    return 0.299 * colour[0] + 0.587 * colour[1] + 0.114 * colour[2]


def turned(colour: RGB, turn: float) -> RGB:
    """The colour with its hue moved by `turn` (1 is the whole circle)."""
    h, s, v = colorsys.rgb_to_hsv(*(c / 255 for c in colour))
    r, g, b = colorsys.hsv_to_rgb((h + turn) % 1.0, s, v)
    return round(255 * r), round(255 * g), round(255 * b)


def _scheme(codes: str) -> tuple[RGB, ...]:
    return tuple((int(c[0:2], 16), int(c[2:4], 16), int(c[4:6], 16)) for c in codes.split())


SCHEMES = tuple(
    _scheme(codes)
    for codes in (
        "e63946 f1c453 2a9d8f 457b9d f4a261",
        "ff6b6b ffd93d 6bcb77 4d96ff f3f0d7",
        "d62828 f77f00 fcbf49 3a7ca5 eae2b7",
        "7b2cbf ff9e00 00b4d8 ef476f c8e6a0",
        "ef476f ffd166 06d6a0 118ab2 fff3d6",
        "386641 a7c957 f2e8cf bc4749 e9a03b",
        "3d348b f7b801 f18701 f35b04 9bc1bc",
        "bf1a5b f26a8d f7d6bf 2d82b7 42e2b8",
        "264653 e9c46a e76f51 8ab17d efd9b4",
        "8338ec ff006e ffbe0b 3a86ff 8ce99a",
        "0081a7 00afb9 fdfcdc fed9b7 f07167",
        "9c6644 ddb892 b5c99a 718355 e2711d",
        "5f0f40 fb8b24 e36414 0f8b8d f2d0a4",
        "1d7874 679289 f4c095 ee2e31 f2e9dc",
    )
)


@dataclass(frozen=True)
class Palette:
    """The colours of one object: an outline, a light, and bright ones in random order."""

    ink: RGB
    light: RGB
    bright: tuple[RGB, ...]

    @property
    def main(self) -> RGB:
        """The colour of the body."""
        return self.bright[0]

    @property
    def second(self) -> RGB:
        """The colour beside the main one."""
        return self.bright[1]

    @property
    def third(self) -> RGB:
        """The colour of small parts."""
        return self.bright[2]


def palette(dice: Dice) -> Palette:
    """A hand-picked scheme with its hues turned together, so that no colour belongs to a class."""
    turn = dice.between(0, 1) if dice.chance(0.6) else dice.between(-0.03, 0.03)
    bright = tuple(dice.shuffled([turned(c, turn) for c in dice.pick(SCHEMES)]))
    ink = darker(dice.pick(bright), dice.between(0.55, 0.95))
    return Palette(ink, lighter(dice.pick(bright), 0.85), bright)
