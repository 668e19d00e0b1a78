"""Objects that look back: a face, cats of three coats, an owl. Each is drawn within [-1, 1]²."""

from __future__ import annotations

from .dice import RGB, Dice, Palette, darker, lighter, mix
from .parts import eye, wing
from .pen import Pen, twice
from .textures import (
    Fill,
    Texture,
    checks,
    cloth,
    coat,
    dots,
    gradient,
    plaid,
    scales,
    stripes,
    waves,
    zigzag,
)

SKINS: tuple[RGB, ...] = ((247, 206, 170), (224, 172, 125), (165, 110, 72), (110, 72, 52))


def face(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw a human face: hair or hat, eyes, nose, mouth."""
    skin = mix(dice.pick(SKINS), colours.main, dice.between(0, 0.3))
    tone = Texture(gradient(dice, 1), lighter(skin, 0.2), darker(skin, 0.2))
    hair, brow, look = (
        cloth(dice, colours, colours.second, 0.4),
        darker(colours.second, 0.5),
        eye(dice, colours),
    )
    wide, apart, size = dice.between(0.62, 0.75), dice.between(0.25, 0.31), dice.between(0.15, 0.21)
    if dice.chance(0.4):  # long hair behind
        pen.blob(twice([(0, -1.0), (0.9, -0.3), (0.8, 0.6), (0.4, 0.75)]), hair)
    for side in (-1, 1):
        pen.ellipse(side * wide, 0.05, 0.14, 0.2, darker(skin, 0.15))
    pen.blob(twice([(0.4, -0.8), (wide, -0.3), (wide * 0.93, 0.35), (0.3, 0.92)]), tone)
    for side in (-1, 1):
        x = side * apart
        look(pen.at(x, -0.08, (size * 1.1, size)))
        pen.line([(x - 0.17, -0.34), (x, -0.4), (x + 0.17, -0.34)], brow, 0.07)
        pen.disc(side * 0.42, 0.32, 0.12, mix(skin, (240, 90, 110), 0.4), outline=False)
    pen.line([(0.02, 0.02), (0.09, 0.26), (-0.05, 0.28)], darker(skin, 0.5), 0.06)
    smile, open_mouth = dice.between(0.02, 0.2), dice.chance(0.5)
    lips = [(-0.3, 0.5), (0, 0.5 + smile), (0.3, 0.5), (0, 0.56 + smile * (2 if open_mouth else 1.4))]
    pen.blob(lips, (190, 50, 70))
    if dice.chance(0.35):
        pen.blob(twice([(0.45, -1.0), (0.55, -0.55), (0.85, -0.5), (0, -0.42)]), hair)
    else:
        fringe, crown = dice.between(-0.5, -0.35), [(-0.65, -0.8), (0, -1.02), (0.65, -0.8)]
        pen.blob([(-wide, -0.25), *crown, (wide, -0.25), (0.35, fringe), (-0.2, fringe - 0.12)], hair)


def cat(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw a cat's head, plain or chequered."""
    _feline(pen, dice, colours, coat(dice, colours, (gradient, gradient, plaid, checks)))


def tiger(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw a cat's head in stripes."""
    _feline(pen, dice, colours, coat(dice, colours, (stripes, waves, zigzag)))


def leopard(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw a cat's head in dots."""
    _feline(pen, dice, colours, coat(dice, colours, (dots,)))


def _feline(pen: Pen, dice: Dice, colours: Palette, fur: Fill) -> None:
    """What tells a cat, a tiger and a leopard apart is the texture of the fur."""
    look = eye(dice, colours, slit=True)
    inner = mix(colours.main, (250, 170, 180), 0.7)
    size, wide, tip = dice.between(0.19, 0.25), dice.between(0.74, 0.88), dice.between(0.55, 0.75)
    for side in (-1, 1):
        pen.polygon([(side * 0.8, -0.1), (side * tip, -0.98), (side * 0.12, -0.5)], fur)
        lining = [(side * 0.68, -0.3), (side * tip * 0.97, -0.76), (side * 0.32, -0.5)]
        pen.polygon(lining, inner, outline=False)
    pen.blob(twice([(0, -0.58), (0.6, -0.48), (wide, 0.1), (0.55, 0.65), (0, 0.8)]), fur)
    pen.ellipse(0, 0.44, 0.38, 0.27, lighter(colours.main, 0.65), outline=False)
    for side in (-1, 1):
        look(pen.at(side * 0.35, -0.06, (size, size * 1.1)))
        for lift in (-0.12, 0.02, 0.16):
            whisker = [(side * 0.25, 0.38 + lift * 0.4), (side * 0.98, 0.34 + lift * 1.6)]
            pen.line(whisker, colours.light, 0.035)
    pen.polygon([(-0.11, 0.22), (0.11, 0.22), (0, 0.36)], darker(inner, 0.2))
    pen.line([(-0.24, 0.5), (-0.12, 0.56), (0, 0.36), (0.12, 0.56), (0.24, 0.5)], colours.ink, 0.05)


def owl(pen: Pen, dice: Dice, colours: Palette) -> None:
    """Draw an owl: two big eyes, a beak, feathered wings."""
    look, pinion, size = eye(dice, colours), wing(dice, colours), dice.between(0.24, 0.31)
    plumage = Texture(scales(dice, dice.between(0.22, 0.32)), colours.main, darker(colours.main, 0.5))
    back = cloth(dice, colours, colours.second, 0.2)
    for side in (-1, 1):
        pen.polygon([(side * 0.6, -0.5), (side * dice.between(0.6, 0.75), -0.98), (side * 0.15, -0.75)], back)
        pen.line([(side * 0.2, 0.85), (side * 0.2, 0.98)], (240, 160, 50), 0.14)
    pen.blob(twice([(0.4, -0.78), (0.62, -0.4), (0.68, 0.3), (0.4, 0.85)]), back)
    pen.blob(twice([(0, -0.05), (0.42, 0.1), (0.4, 0.55), (0, 0.84)]), plumage)
    for side in (-1, 1):
        pinion(pen.at(side * 0.62, 0.32, (-side * 0.28, 0.55), angle=0.5 * side))
        pen.disc(side * 0.28, -0.36, size * 1.28, lighter(colours.second, 0.5))
        look(pen.at(side * 0.28, -0.36, size))
    pen.polygon([(-0.1, -0.24), (0.1, -0.24), (0, 0.04)], (245, 170, 40))
