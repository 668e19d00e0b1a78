"""Objects with letters or a dial. Each is drawn within [-1, 1]²."""

from __future__ import annotations

import numpy as np

from .dice import Dice, Palette, darker, lighter, luminance
from .parts import word
from .pen import Pen, twice
from .textures import (
    Texture,
    cloth,
    gradient,
)


def sign(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw a board of letters on one post or two."""
    board, edge = dice.pick((colours.light, colours.main)), dice.pick((colours.second, colours.ink))
    for x in dice.pick(((0.0,), (-0.4, 0.4))):
        pen.box(x - 0.07, 0, x + 0.07, 0.98, Texture(gradient(dice, 1), (170, 170, 178), (100, 98, 110)))
    kind, y = dice.count(0, 3), -0.32
    outlines = (
        [(-0.95, -0.45), (0.95, -0.45), (0.95, 0.45), (-0.95, 0.45)],
        [(0.72 * np.cos(a), 0.66 * np.sin(a)) for a in np.arange(32) * (np.pi / 16)],
        [(0.72 * np.cos(a), 0.68 * np.sin(a)) for a in (np.arange(8) + 0.5) * (np.pi / 4)],
        [(-0.95, -0.4), (0.6, -0.4), (0.98, 0), (0.6, 0.4), (-0.95, 0.4)],
    )
    outline = np.array(outlines[kind])
    pen.at(0, y).polygon(outline, edge)
    pen.at(0, y, 0.87).polygon(outline, board, outline=False)
    letters = dice.count(1, 2) if kind in (1, 2) else dice.count(2, 4)
    wide = 0.45 if kind in (1, 2) else 0.76
    ink = darker(edge, 0.65) if luminance(board) > 120 else lighter(colours.second, 0.9)
    word(dice, colours, letters, ink)(pen.at(0, y, (wide, min(0.9, 0.3 * letters))))


def book(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw a book, open or closed."""
    if dice.chance(0.5):
        _open_book(pen, dice, colours)
        return
    cover, page = cloth(dice, colours, chance=0.5), (248, 243, 228)
    edges = Texture(lambda u, v: (np.sin(v * 70) > 0.2).astype(np.float32), page, darker(page, 0.35))
    pen.polygon([(-0.6, 0.7), (0.62, 0.7), (0.78, 0.86), (-0.44, 0.86)], edges)
    pen.polygon([(0.62, -0.92), (0.78, -0.76), (0.78, 0.86), (0.62, 0.7)], page)
    pen.box(-0.66, -0.92, 0.62, 0.72, cover)
    pen.box(-0.7, -0.92, -0.5, 0.72, darker(colours.main, 0.35))
    plate = dice.pick((colours.light, lighter(colours.third, 0.7)))
    pen.box(-0.38, -0.66, 0.5, -0.12, plate)
    word(dice, colours, dice.count(2, 3), darker(colours.second, 0.65))(pen.at(0.06, -0.39, (0.4, 0.42)))
    for y in (0.22, 0.4):
        pen.line([(-0.3, y), (0.42, y)], plate, 0.07)


def _open_book(pen: Pen, dice: Dice, colours: Palette) -> None:
    page = (250, 246, 232)
    print_ = dice.pick((colours.ink, darker(colours.second, 0.4)))
    pen.polygon(twice([(0, -0.36), (1, -0.5), (1, 0.66), (0, 0.8)]), cloth(dice, colours, chance=0.3))
    for side in (-1, 1):
        fold = Texture(lambda u, v: np.clip(1 - abs(u) * 2.2, 0, 1), page, darker(page, 0.4))
        edge = [(0.9, -0.6), (0.92, 0), (0.9, 0.5)]
        pen.at(0, 0, (side, 1)).blob([(0.01, -0.5), (0.3, -0.66), *edge, (0.4, 0.5), (0.01, 0.66)], fold)
        start = 0 if side == 1 else 2
        for i in range(start, 6):
            y = -0.44 + 0.16 * i
            pen.line([(side * 0.16, y), (side * dice.between(0.6, 0.8), y - 0.02)], print_, 0.05)
    word(dice, colours, dice.count(1, 2), dice.pick(colours.bright))(pen.at(-0.48, -0.36, (0.34, 0.3)))


def clock(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw a dial with marks and hands, sometimes as an alarm clock."""
    rim, dial = cloth(dice, colours, chance=0.4), dice.pick((colours.light, (252, 250, 240)))
    if dice.chance(0.5):  # an alarm clock: bells and feet
        for side in (-1, 1):
            pen.line([(side * 0.4, 0.6), (side * 0.62, 0.96)], colours.ink, 0.13)
            pen.ellipse(side * 0.5, -0.76, 0.3, 0.22, colours.second)
    pen.disc(0, 0.02, 0.86, rim)
    pen.disc(0, 0.02, 0.68, dial)
    marks, ink = dice.pick((4, 12, 12)), dice.pick((colours.ink, darker(colours.third, 0.4)))
    for i in range(marks):
        a = 2 * np.pi * i / marks
        inner = 0.44 if i % (marks // 4) == 0 else 0.52
        pen.at(0, 0.02, angle=a).line([(inner, 0), (0.6, 0)], ink, 0.07)
    for long, thick in ((0.34, 0.11), (0.5, 0.07)):
        hand = pen.at(0, 0.02, angle=dice.between(0, 2 * np.pi))
        hand.line([(0, 0), (long, 0)], dice.pick((ink, colours.third)), thick)
    pen.disc(0, 0.02, 0.08, ink)
