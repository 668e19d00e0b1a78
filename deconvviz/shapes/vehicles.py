"""Objects that travel: wheels, windows and letters in different company. Each is drawn within [-1, 1]²."""

from __future__ import annotations

import numpy as np

from .dice import Dice, Palette, darker, lighter
from .parts import wheel, window, word
from .pen import Pen, twice
from .textures import cloth


def car(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw a car from the side."""
    paint, tyre, pane = (
        cloth(dice, colours, chance=0.35),
        wheel(dice, colours),
        window(dice, colours, arched=False),
    )
    roof, back, front = dice.between(-0.72, -0.5), dice.between(-0.75, -0.4), dice.between(0.15, 0.4)
    radius, axle = dice.between(0.24, 0.31), dice.between(0.52, 0.6)
    cabin = [(back - 0.2, 0), (back + 0.05, roof), (front, roof), (front + 0.38, 0)]
    pen.polygon(cabin, paint)
    middle = (back + front) / 2 + 0.08
    pane(pen.at((back + middle) / 2 + 0.01, roof * 0.47, ((middle - back) / 2 - 0.04, -roof * 0.36)))
    pane(pen.at((front + middle) / 2 + 0.06, roof * 0.47, ((front - middle) / 2 + 0.02, -roof * 0.36)))
    hood = [(-0.6, -0.06), (0.4, -0.06), (0.92, 0.06)]
    pen.blob([(-1, 0.05), *hood, (1, 0.3), (0.9, 0.46), (-0.9, 0.46), (-1, 0.3)], paint)
    pen.line([(middle, 0), (middle, 0.42)])
    pen.line([(middle - 0.2, 0.12), (middle - 0.08, 0.12)], colours.ink, 0.05)
    pen.ellipse(0.93, 0.14, 0.06, 0.08, (255, 240, 160))
    pen.box(-1.0, 0.08, -0.92, 0.2, (214, 48, 60))
    for x in (-axle, axle):
        pen.disc(x, 0.44, radius * 1.15, darker(colours.main, 0.7), outline=False)
        tyre(pen.at(x, 0.46, radius))


def bus(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw a bus: a row of windows over a name."""
    paint, tyre = cloth(dice, colours, chance=0.3), wheel(dice, colours)
    pane = window(dice, colours, arched=False)
    top, panes, radius = dice.between(-0.85, -0.6), dice.count(3, 5), dice.between(0.19, 0.25)
    nose = [(0.9, top), (0.98, top + 0.12), (1, 0.45), (0.94, 0.56)]
    pen.blob([(-1, top + 0.1), (-0.92, top), *nose, (-0.96, 0.56), (-1, 0.46)], paint)
    step = 1.8 / panes
    for i in range(panes):
        pane(pen.at(-0.9 + step * (i + 0.5), top + 0.36, (step * 0.42, 0.24)))
    stripe = dice.pick((colours.light, colours.second, colours.third))
    pen.box(-0.98, top + 0.68, 0.98, 0.34, stripe)
    name = word(dice, colours, dice.count(4, 6), darker(stripe, 0.75))
    name(pen.at(0, (top + 1.02) / 2, (0.8, 0.3)))
    pen.disc(0.9, 0.42, 0.06, (255, 240, 160))
    for x in (-0.58, 0.56):
        tyre(pen.at(x, 0.56, radius))


def bicycle(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw a bicycle from the side."""
    tyre, radius = wheel(dice, colours, spoked=dice.chance(0.75)), dice.between(0.38, 0.46)
    frame, thick = dice.pick(colours.bright), dice.between(0.07, 0.11)
    rear, front, pedals = (-0.55, 0.4), (0.55, 0.4), (-0.05, 0.42)
    seat, head = (-0.22, dice.between(-0.3, -0.15)), (0.38, dice.between(-0.36, -0.2))
    for x, y in (rear, front):
        tyre(pen.at(x, y, radius))
    tubes = ((rear, pedals), (rear, seat), (seat, pedals), (pedals, head), (seat, head), (head, front))
    for colour, broad in ((darker(frame, 0.6), thick * 1.7), (frame, thick)):
        for tube in tubes:
            pen.line(tube, colour, broad)
    post, stem = (-0.26, seat[1] - 0.18), (0.33, head[1] - 0.24)
    pen.line([seat, post], colours.ink, thick)
    top = post[1]
    saddle = [(-0.5, top), (-0.28, top - 0.08), (-0.05, top), (-0.28, top + 0.05)]
    pen.blob(saddle, darker(colours.second, 0.3))
    bend = dice.between(-0.15, 0.2)
    pen.line([head, stem, (0.58, stem[1] - 0.06), (0.6, stem[1] + bend)], colours.ink, thick)
    pen.disc(*pedals, 0.13, lighter(frame))
    pen.disc(*pedals, 0.05, colours.ink)


def train(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw a steam engine."""
    boiler, cab = cloth(dice, colours, chance=0.4), cloth(dice, colours, colours.second, 0.4)
    tyre, pane, puff = wheel(dice, colours), window(dice, colours), lighter(dice.pick(colours.bright), 0.75)
    for i in range(dice.count(2, 4)):
        pen.disc(0.5 - 0.24 * i, -0.86 - 0.03 * i, 0.12 + 0.03 * i, puff)
    flare = dice.between(0.12, 0.2)
    chimney = twice([(flare - 0.01, -0.72), (0.07, -0.2)])
    pen.at(0.54, 0).polygon(chimney, darker(colours.main, 0.5))
    pen.blob([(0.0, -0.2), (0.05, -0.46), (0.14, -0.55), (0.23, -0.46), (0.28, -0.2)], colours.third)
    pen.blob([(-0.45, -0.28), (0.7, -0.28), (0.86, -0.22), (0.9, 0.05), (0.86, 0.3), (-0.45, 0.3)], boiler)
    for x in (-0.08, 0.36, 0.7):
        pen.box(x, -0.27, x + 0.07, 0.3, colours.third)
    pen.box(-0.92, -0.62, -0.26, 0.34, cab)
    pen.polygon([(-1.0, -0.6), (-0.9, -0.74), (-0.28, -0.74), (-0.18, -0.6)], darker(colours.second, 0.4))
    pane(pen.at(-0.6, -0.26, (0.2, 0.24)))
    pen.box(-0.95, 0.3, 0.9, 0.46, darker(colours.third, 0.3))
    pen.polygon([(0.86, 0.3), (1.0, 0.72), (0.78, 0.72), (0.74, 0.44)], darker(colours.second, 0.55))
    big = dice.between(0.25, 0.31)
    spots = [(-0.64, 0.74 - big, big), (-0.08, 0.74 - big, big), (0.32, 0.56, 0.18), (0.66, 0.56, 0.18)]
    for x, y, radius in spots:
        tyre(pen.at(x, y, radius))
    pen.line([(-0.64, 0.62 - big / 2), (-0.08, 0.62 - big / 2)], lighter(colours.third), 0.07)


def aeroplane(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw an aeroplane with a propeller or a jet."""
    body, sail = cloth(dice, colours, chance=0.35), cloth(dice, colours, colours.second, 0.6)
    pane = window(dice, colours)
    tail = dice.between(-0.75, -0.55)
    pen.polygon([(-0.62, -0.08), (-0.95, tail), (-0.72, tail), (-0.32, -0.12)], sail)
    pen.polygon([(0.25, -0.1), (-0.12, -0.55), (-0.3, -0.55), (-0.12, -0.1)], darker(colours.second, 0.25))
    back, nose = [(-0.5, -0.2), (0.2, -0.24), (0.7, -0.2)], (0.96, -0.02)
    pen.blob([(-0.98, -0.12), *back, nose, (0.75, 0.16), (0.1, 0.2), (-0.6, 0.1)], body)
    pen.blob([(0.55, -0.2), (0.7, -0.19), (0.85, -0.09), (0.72, -0.05), (0.56, -0.06)], (175, 220, 245))
    number = dice.count(4, 6)
    for i in range(number):
        pane(pen.at(-0.5 + 0.98 * i / number, -0.06, (0.075, 0.095)))
    low = dice.between(0.5, 0.75)
    pen.polygon([(0.34, 0.06), (-0.18, low), (-0.42, low), (-0.12, 0.06)], sail)
    pen.polygon([(-0.66, -0.02), (-0.98, 0.22), (-0.86, 0.24), (-0.4, 0.03)], darker(colours.second, 0.2))
    if dice.chance(0.5):
        pen.ellipse(0.98, -0.02, 0.045, 0.34, lighter(colours.third))
        pen.disc(0.97, -0.02, 0.08, colours.third)
    else:
        pen.ellipse(0.0, 0.34, 0.2, 0.1, colours.third)


def sailboat(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw a boat under two sails."""
    main = cloth(dice, colours, dice.pick((colours.light, colours.main)), 0.65)
    jib = cloth(dice, colours, colours.third, 0.5)
    mast, deck = dice.between(-0.1, 0.12), dice.between(0.36, 0.46)
    pen.line([(mast, deck), (mast, -0.98)], darker((150, 100, 60), 0.3), 0.07)
    bulge = dice.between(0.02, 0.14)
    for sail, x, top, clew, swell in (
        (main, mast + 0.06, -0.9, 0.85, bulge),
        (jib, mast - 0.07, -0.8, -0.75, -bulge),
    ):
        pen.polygon([(x, top), *_belly((x, top), (clew, 0.28), swell), (clew, 0.28), (x, 0.28)], sail)
    if dice.chance(0.4):
        word(dice, colours, 1, colours.ink)(pen.at(mast + 0.28, -0.05, 0.22))
    pen.polygon([(mast, -0.98), (mast + 0.32, -0.9), (mast, -0.8)], colours.second)
    hull = cloth(dice, colours, colours.second, 0.4)
    keel = [(0.72, 0.78), (0, 0.84), (-0.68, 0.78)]
    pen.blob([(-0.98, deck), (0, deck + 0.03), (1.0, deck - 0.04), *keel], hull)
    for x in (-0.4, 0, 0.4):
        pen.disc(x, deck + 0.19, 0.085, (160, 210, 240))
    crest = [(x, 0.82 + 0.05 * (-1) ** i) for i, x in enumerate(np.linspace(-1, 1, 12))]
    pen.line(crest, (235, 248, 255), 0.08)


def _belly(start: tuple[float, float], end: tuple[float, float], swell: float) -> list[tuple[float, float]]:
    """Spots between two corners of a sail, blown outwards by `swell`."""
    spots = []
    for t in (0.2, 0.4, 0.6, 0.8):
        x, y = start[0] + (end[0] - start[0]) * t, start[1] + (end[1] - start[1]) * t
        spots.append((x + swell * 4 * t * (1 - t), y))
    return spots
