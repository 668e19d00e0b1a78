"""Objects with walls and windows. Each is drawn within [-1, 1]²."""

from __future__ import annotations

import numpy as np

from .dice import Dice, Palette, darker, lighter
from .parts import window
from .pen import Pen
from .textures import (
    Fill,
    Maker,
    Texture,
    bricks,
    cloth,
    masonry,
    planks,
    scales,
)


def house(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw a brick house: roof, door, windows."""
    _home(pen, dice, colours, bricks)


def cabin(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw a cabin: a house of planks."""
    _home(pen, dice, colours, planks)


def _home(pen: Pen, dice: Dice, colours: Palette, maker: Maker) -> None:
    """What tells a house from a cabin is the texture of its wall."""
    wall, pane = masonry(dice, colours, maker), window(dice, colours)
    door, tile = cloth(dice, colours, colours.third, 0.4), dice.pick(colours.bright)
    tiled = dice.chance(0.6)
    roof = Texture(scales(dice, 0.24), tile, darker(tile, 0.5)) if tiled else cloth(dice, colours, tile, 0.7)
    eaves, ridge, side = dice.between(-0.25, -0.05), dice.between(-0.98, -0.8), dice.between(0.7, 0.85)
    if dice.chance(0.6):
        pen.box(0.34, -0.92, 0.56, eaves, darker(colours.second, 0.3))
    pen.box(-side, eaves, side, 0.9, wall)
    flat = dice.pick((0.0, 0.0, 0.4))
    pen.polygon([(-side - 0.16, eaves), (-flat, ridge), (flat, ridge), (side + 0.16, eaves)], roof)
    where = dice.pick((-0.42, 0.0, 0.42))
    pen.box(where - 0.16, 0.3, where + 0.16, 0.9, door)
    pen.disc(where + 0.09, 0.62, 0.04, colours.light)
    for x in {-0.42, 0.0, 0.42} - {where}:
        pane(pen.at(x, 0.4, (0.19, 0.23)))
    if dice.chance(0.6):
        pane(pen.at(0, (ridge + eaves) / 2 + 0.12, 0.17))


def castle(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw two towers, a wall between them and a gate."""
    wall, pane = (
        masonry(dice, colours, dice.pick((bricks, bricks, scales, planks))),
        window(dice, colours, arched=True),
    )
    gate = darker(colours.third, 0.6)
    pointed, cap = dice.chance(0.5), cloth(dice, colours, colours.second, 0.5)
    low, tall = dice.between(-0.15, 0.1), dice.between(-0.6, -0.35)
    _battlement(pen, -0.6, 0.6, low, wall)
    pen.box(-0.6, low, 0.6, 0.92, wall, outline=False)
    for side in (-1, 1):
        x = side * 0.68
        _battlement(pen, x - 0.3, x + 0.3, tall, wall)
        pen.box(x - 0.27, tall, x + 0.27, 0.92, wall)
        if pointed:
            pen.polygon([(x - 0.34, tall), (x, tall - 0.5), (x + 0.34, tall)], cap)
        else:
            pen.line([(x, tall), (x, tall - 0.42)], colours.ink, 0.05)
            pen.polygon([(x, tall - 0.42), (x + 0.26, tall - 0.32), (x, tall - 0.2)], colours.second)
        pane(pen.at(x, tall + 0.35, (0.13, 0.2)))
    arch = [(0.24 * np.cos(a), 0.45 + 0.24 * np.sin(a)) for a in np.linspace(np.pi, 2 * np.pi, 10)]
    pen.polygon([(-0.24, 0.92), *arch, (0.24, 0.92)], gate)
    for x in (-0.08, 0.08):
        pen.line([(x, 0.28), (x, 0.9)], lighter(gate, 0.4), 0.04)


def _battlement(pen: Pen, left: float, right: float, y: float, fill: Fill) -> None:
    tooth = (right - left) / 5
    for i in (0, 2, 4):
        pen.box(left + i * tooth, y - 0.16, left + (i + 1) * tooth, y + 0.06, fill)
