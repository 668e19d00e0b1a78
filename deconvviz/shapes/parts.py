"""The parts objects share: wheels, windows, eyes, petals, wings, letters, leaves, shells.

A maker rolls the dice once and returns a `Part`, which draws that look around (0, 0) within the unit circle
of any pen: both wheels of a bicycle are alike.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .dice import RGB, Dice, Palette, darker, lighter, mix
from .pen import Pen, smooth
from .textures import Texture, cloth, gradient

Part = Callable[[Pen], None]


def wheel(dice: Dice, colours: Palette, spoked: bool | None = None) -> Part:
    """A tyre and, inside, either thin spokes or a disc with bolts."""
    tyre = mix((26, 24, 34), dice.pick(colours.bright), dice.between(0, 0.25))
    rim = dice.pick((colours.light, (205, 208, 214), lighter(dice.pick(colours.bright))))
    thin = dice.chance(0.35) if spoked is None else spoked
    spokes, hub, start = dice.count(5, 8), dice.between(0.2, 0.3), dice.between(0, 1)
    bolt = dice.pick((colours.ink, dice.pick(colours.bright)))

    def open_wheel(pen: Pen) -> None:
        ring = np.linspace(0, 2 * np.pi, 49)
        for i in range(spokes):
            a = start + np.pi * i / spokes
            pen.line([(np.cos(a), np.sin(a)), (-np.cos(a), -np.sin(a))], rim, 0.05)
        pen.line(np.stack([0.88 * np.cos(ring), 0.88 * np.sin(ring)], 1), tyre, 0.22)
        pen.disc(0, 0, hub * 0.6, bolt)

    def disc_wheel(pen: Pen) -> None:
        pen.disc(0, 0, 1, tyre)
        pen.disc(0, 0, 0.58, rim)
        for i in range(spokes):
            a = start + 2 * np.pi * i / spokes
            pen.disc(0.4 * np.cos(a), 0.4 * np.sin(a), 0.08, bolt, outline=False)
        pen.disc(0, 0, hub, bolt, outline=False)

    return open_wheel if thin else disc_wheel


def window(dice: Dice, colours: Palette, arched: bool | None = None) -> Part:
    """Panes behind a frame, square or with a round arch; glass with a glint."""
    frame = dice.pick((colours.light, (245, 240, 228), lighter(colours.third, 0.6)))
    top = dice.pick(((150, 205, 240), (255, 226, 130), (70, 90, 130), lighter(colours.second, 0.4)))
    glass = Texture(gradient(dice, 1), lighter(top, 0.45), darker(top, 0.3))
    round_top = dice.chance(0.3) if arched is None else arched
    across, down = dice.chance(0.8), dice.chance(0.8)
    bow = np.linspace(np.pi, 2 * np.pi, 13)

    def shape(size: float) -> list[tuple[float, float]]:
        if round_top:
            arch = [(size * np.cos(a), size * (np.sin(a) * 0.8 - 0.2)) for a in bow]
            return [(-size, size), *arch, (size, size)]
        return [(-size, -size), (size, -size), (size, size), (-size, size)]

    def draw(pen: Pen) -> None:
        pen.polygon(shape(0.98), frame)
        pen.polygon(shape(0.74), glass, outline=False)
        if down:
            pen.box(-0.1, -0.9, 0.1, 0.9, frame, outline=False)
        if across:
            pen.box(-0.8, -0.02, 0.8, 0.18, frame, outline=False)

    return draw


def eye(dice: Dice, colours: Palette, slit: bool = False) -> Part:
    """White, iris, pupil and a glint."""
    iris = dice.pick(colours.bright)
    look, up = dice.between(-0.2, 0.2), dice.between(-0.15, 0.2)
    size = dice.between(0.58, 0.74)
    pupil = (size * 0.28, size * 0.9) if slit else (size * 0.58, size * 0.58)

    def draw(pen: Pen) -> None:
        pen.disc(0, 0, 1, (250, 248, 240))
        pen.disc(look, up, size, Texture(gradient(dice, 1), darker(iris, 0.3), lighter(iris, 0.2)), outline=False)
        pen.ellipse(look, up, *pupil, (18, 14, 24), outline=False)
        pen.disc(look - 0.24, up - 0.26, 0.2, (255, 255, 255), outline=False)

    return draw


def petals(dice: Dice, colours: Palette) -> Part:
    """A ring of petals around a dotted heart."""
    number, long = dice.count(5, 9), dice.between(0.9, 1.0)
    wide = dice.between(1.5, 1.9) / number
    colour, heart = colours.main, dice.pick((colours.second, darker(colours.second, 0.5)))
    fill = Texture(lambda u, v: np.clip(u * 1.1, 0, 1), darker(colour, 0.35), lighter(colour, 0.25))
    pointed, start, core = dice.between(0.75, 1.0), dice.between(0, 6), dice.between(0.24, 0.36)
    outline = smooth([(0.1, 0), (0.45, -wide * 0.75), (0.85 * pointed, -wide * 0.8), (long, 0),
                      (0.85 * pointed, wide * 0.8), (0.45, wide * 0.75)], 5)  # fmt: skip

    def draw(pen: Pen) -> None:
        for i in range(number):
            pen.at(0, 0, angle=start + 2 * np.pi * i / number).polygon(outline, fill)
        pen.disc(0, 0, core, heart)
        for i in range(7):
            a, r = 0.9 * i, core * (0.62 if i else 0)
            pen.disc(r * np.cos(a), r * np.sin(a), 0.05, lighter(heart, 0.6), outline=False)

    return draw


def leaf(dice: Dice, colours: Palette) -> Part:
    """A pointed leaf with a midrib and veins, along x."""
    colour = mix(dice.pick(colours.bright), (60, 150, 70), dice.between(0.2, 0.9))
    wide, vein = dice.between(0.3, 0.5), dice.pick((lighter(colour, 0.5), darker(colour, 0.4)))
    fill = Texture(gradient(dice, 1), lighter(colour, 0.25), darker(colour, 0.25))

    def draw(pen: Pen) -> None:
        pen.polygon([*_bow(-1, 1, -wide), *_bow(1, -1, wide)], fill)
        pen.line([(-1, 0), (0.9, 0)], vein, 0.07)
        for x in (-0.5, -0.1, 0.3):
            pen.line([(x + 0.25, -wide * 0.62), (x, 0), (x + 0.25, wide * 0.62)], vein, 0.05)

    return draw


def _bow(start: float, end: float, rise: float) -> list[tuple[float, float]]:
    """A shallow arc from (start, 0) to (end, 0)."""
    return [(start + (end - start) * t, rise * 4 * t * (1 - t)) for t in np.linspace(0, 1, 9)]


def wing(dice: Dice, colours: Palette) -> Part:
    """A feathered wing, its shoulder at (-1, 0), its feathers down and to the right."""
    cover, tip = dice.pick(colours.bright), dice.pick(colours.bright)
    fills = [mix(cover, tip, t) for t in (0.0, 0.45, 0.9)]
    feathers = dice.count(5, 7)

    def draw(pen: Pen) -> None:
        for row, (fill, reach) in reversed(list(enumerate(zip(fills, (0.8, 1.35, 1.95), strict=True)))):
            for i in range(feathers - row % 2):
                a = 0.12 + 1.25 * i / feathers
                pen.at(-0.9, -0.5, angle=a).ellipse(reach * 0.5, 0, reach * 0.5, 0.17, fill)
        pen.disc(-0.86, -0.46, 0.2, fills[0])

    return draw


def shell(dice: Dice, colours: Palette) -> Part:
    """A spiral shell."""
    fill = cloth(dice, colours, dice.pick(colours.bright), 0.4)
    stripe = darker(dice.pick(colours.bright), 0.5)
    turns, side = dice.between(2.3, 3.2), dice.pick((-1, 1))
    t = np.linspace(0, 1, 70)
    radius = 0.9 * (1 - t) ** 0.8
    coil = np.stack([side * radius * np.cos(turns * 2 * np.pi * t), radius * np.sin(turns * 2 * np.pi * t)], 1)

    def draw(pen: Pen) -> None:
        pen.disc(0, 0, 1, fill)
        pen.line(coil, stripe, 0.13)

    return draw


STROKES = {  # each letter's strokes, as spots "x,y" in tenths
    "A": "-7,10 0,-10 7,10 | -4,3 4,3",
    "E": "6,-10 -6,-10 -6,10 6,10 | -6,0 4,0",
    "F": "6,-10 -6,-10 -6,10 | -6,0 4,0",
    "H": "-6,-10 -6,10 | 6,-10 6,10 | -6,0 6,0",
    "K": "-6,-10 -6,10 | 6,-10 -6,1 6.5,10",
    "M": "-8,10 -7,-10 0,4 7,-10 8,10",
    "N": "-6,10 -6,-10 6,10 6,-10",
    "O": "-2.5,-10 -7,-4 -7,4 -2.5,10 2.5,10 7,4 7,-4 2.5,-10 -2.5,-10",
    "P": "-6,10 -6,-10 3,-10 6.5,-5.5 3,0 -6,0",
    "R": "-6,10 -6,-10 3,-10 6.5,-5.5 3,0 -6,0 | 0,0 6.5,10",
    "S": "6,-7 2,-10 -3,-10 -6,-6 -3,-1 3,1 6,6 3,10 -3,10 -6,7",
    "T": "-7,-10 7,-10 | 0,-10 0,10",
    "X": "-6.5,-10 6.5,10 | 6.5,-10 -6.5,10",
    "Z": "-6,-10 6,-10 -6,10 6,10",
}


def _spots(stroke: str) -> list[tuple[float, float]]:
    pairs = (spot.split(",") for spot in stroke.split())
    return [(float(x) / 10, float(y) / 10) for x, y in pairs]


LETTERS = tuple([_spots(stroke) for stroke in one.split("|")] for one in STROKES.values())


def letter(dice: Dice, colours: Palette, ink: RGB | None = None) -> Part:
    """One capital, in thick strokes."""
    strokes, colour = dice.pick(LETTERS), ink or dice.pick((colours.ink, *colours.bright))
    thick = dice.between(0.32, 0.48)

    def draw(pen: Pen) -> None:
        for stroke in strokes:
            pen.line(stroke, colour, thick)

    return draw


def word(dice: Dice, colours: Palette, number: int, ink: RGB) -> Part:
    """Letters side by side, filling x from -1 to 1."""
    letters = [letter(dice, colours, ink) for _ in range(number)]
    size = 0.78 / number

    def draw(pen: Pen) -> None:
        for i, one in enumerate(letters):
            one(pen.at((2 * i + 1) / number - 1, 0, (size, size * 1.35)))

    return draw


PARTS = (wheel, window, eye, petals, leaf, wing, shell, letter)
