"""Objects that grow, and what holds them. Each is drawn within [-1, 1]²."""

from __future__ import annotations

import numpy as np

from .dice import Dice, Palette, darker, lighter, mix
from .parts import leaf, petals
from .pen import Pen, twice
from .textures import (
    Fill,
    Texture,
    checks,
    cloth,
    coat,
    gradient,
    plaid,
    waves,
    zigzag,
)

CAP_SPOTS = (  # across, height and radius on a mushroom's cap
    (-0.55, 0.35, 0.11),
    (-0.18, 0.72, 0.13),
    (0.3, 0.62, 0.15),
    (0.02, 0.25, 0.12),
    (0.6, 0.22, 0.1),
    (-0.32, 0.1, 0.08),
)


def flower(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw one bloom on a stem with two leaves."""
    bloom, green, y = petals(dice, colours), leaf(dice, colours), dice.between(-0.42, -0.3)
    bend = dice.between(-0.25, 0.25)
    stem = [(bend * t * (1 - t) * 4, y + (0.98 - y) * t) for t in np.linspace(0, 1, 9)]
    pen.line(stem, (40, 110, 60), 0.1)
    green(pen.at(bend * 0.8 + 0.3, 0.52, 0.36, angle=-dice.between(0.2, 0.7)))
    green(pen.at(bend * 0.8 - 0.3, 0.62, (-0.36, 0.36), angle=dice.between(0.2, 0.7)))
    bloom(pen.at(0, y, dice.between(0.52, 0.62)))


def tree(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw a tree with a round crown and fruit, or a conifer."""
    grooves = lambda u, v: (np.sin(u * 60 + 2 * np.sin(v * 9)) > 0.3).astype(np.float32)  # noqa: E731
    bark = Texture(grooves, (140, 95, 60), (95, 62, 42))
    pen.polygon(twice([(0.13, -0.2), (0.16, 0.75), (0.3, 0.96)]), bark)
    pen.line([(0.0, 0.35), (0.34, 0.05)], (110, 75, 50), 0.1)
    crown = cloth(dice, colours, mix(colours.main, (70, 160, 80), dice.between(0, 0.8)), 0.4)
    if dice.chance(0.35):  # a conifer
        for i in range(3):
            wide, y = 0.42 + 0.17 * (2 - i), 0.42 - 0.42 * i
            pen.polygon(twice([(0, y - 0.62), (wide * 0.25, y - 0.55), (wide, y)]), crown)
        return
    for _ in range(6):
        a, r = dice.between(0, 2 * np.pi), dice.between(0.25, 0.42)
        pen.disc(r * 1.2 * np.cos(a), -0.38 + r * np.sin(a), dice.between(0.3, 0.38), crown)
    pen.disc(0, -0.38, 0.48, crown, outline=False)
    fruit, green = colours.second, leaf(dice, colours)
    for _ in range(dice.count(3, 7)):
        a, r = dice.between(0, 2 * np.pi), dice.between(0, 0.5)
        x, y = r * 1.2 * np.cos(a), -0.38 + r * np.sin(a)
        green(pen.at(x + 0.12, y - 0.1, 0.14, angle=-0.6))
        pen.disc(x, y, 0.09, fruit)


def mushroom(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw a mushroom with a spotted cap."""
    cap, foot = colours.main, lighter(colours.second, 0.75)
    wide, y, high = dice.between(0.75, 0.95), dice.between(0.0, 0.2), dice.between(-0.9, -0.65)
    stem = Texture(gradient(dice, 1), foot, darker(foot, 0.35))
    pen.blob(twice([(0.24, y - 0.1), (0.22, 0.5), (0.34, 0.88), (0, 0.95)]), stem)
    gills = Texture(lambda u, v: (np.sin(u * 50) > 0).astype(np.float32), foot, darker(foot, 0.4))
    pen.ellipse(0, y, wide * 0.96, 0.15, gills)
    shade = Texture(gradient(dice, 1), lighter(cap, 0.15), darker(cap, 0.35))
    dome = [(wide * np.cos(a), y - (high - y) * np.sin(a)) for a in np.linspace(np.pi, 2 * np.pi, 24)]
    pen.polygon([*dome, (0.5 * wide, y + 0.09), (0, y + 0.12), (-0.5 * wide, y + 0.09)], shade)
    spot, size = dice.pick((colours.light, lighter(colours.third, 0.5))), dice.between(0.8, 1.2)
    for x, t, r in CAP_SPOTS:
        pen.ellipse(x * wide, y + (high - y) * t, r * size, r * size * 0.8, spot, outline=False)


def vase(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw a pot in waves or zigzags."""
    _pot(pen, dice, colours, coat(dice, colours, (waves, zigzag)))


def basket(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw a pot in checks or plaid."""
    _pot(pen, dice, colours, coat(dice, colours, (checks, plaid)))


def _pot(pen: Pen, dice: Dice, colours: Palette, fill: Fill) -> None:
    """What tells a vase from a basket is its texture; either may hold leaves or flowers."""
    belly, foot = dice.between(0.6, 0.8), dice.between(0.3, 0.5)
    neck, y = dice.between(0.35, 0.55), dice.between(-0.4, -0.2)
    plant = dice.pick((leaf, petals, None))
    if plant is not None:
        tuft, size = plant(dice, colours), 0.36 if plant is leaf else 0.27
        for x, lift in ((-0.32, 0.2), (0.32, 0.22), (0.0, 0.36)):
            pen.line([(x * 0.4, y), (x, y - lift)], (50, 120, 60), 0.07)
            tuft(pen.at(x, y - lift - 0.06, size, angle=-np.pi / 2 + x * 1.6))
    if dice.chance(0.5):
        ring = [(0.24 * np.cos(a), 0.22 * np.sin(a)) for a in np.linspace(0, 2 * np.pi, 24)]
        for side in (-1, 1):
            pen.at(side * belly * 0.9, y + 0.4).line(ring, darker(colours.third), 0.1)
    pen.blob(twice([(neck, y), (belly, y + 0.5), (foot + 0.1, 0.82), (foot, 0.95)]), fill)
    pen.ellipse(0, y, neck * 1.1, 0.11, colours.third)
    pen.ellipse(0, y, neck * 0.85, 0.06, darker(colours.third, 0.6), outline=False)
