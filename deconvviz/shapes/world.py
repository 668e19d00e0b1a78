"""The world: an index in, a picture out, the same on every machine.

A picture is a cluttered backdrop, stray parts, and one object made of parts. Colours, size, turn and
place are rolled from the index, so that only parts, their composition and a few textures (the fur of a tiger,
the dots of a ladybird) give the class away.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from . import buildings, creatures, heads, plants, things, vehicles
from .dice import Dice, darker, lighter, luminance, mix, palette
from .parts import PARTS
from .pen import Pen, smooth
from .textures import TEXTURES, Texture, gradient

SIZE = 112  # pixels, both ways
FINE, COARSE = 3, 2  # the object and its backdrop are drawn so many times larger, then averaged down
OBJECTS = (
    vehicles.car,
    heads.face,
    plants.flower,
    buildings.house,
    creatures.fish,
    vehicles.bicycle,
    heads.owl,
    things.clock,
    creatures.butterfly,
    vehicles.bus,
    buildings.castle,
    creatures.snail,
    things.sign,
    heads.tiger,
    vehicles.train,
    plants.mushroom,
    vehicles.sailboat,
    plants.tree,
    vehicles.aeroplane,
    creatures.ladybird,
    things.book,
    heads.leopard,
    buildings.cabin,
    creatures.clownfish,
    plants.vase,
    heads.cat,
    creatures.beetle,
    plants.basket,
)
CLASSES = tuple(draw.__name__ for draw in OBJECTS)
TRAIN = range(1_000_000, 2_000_000)  # indices the network may learn from; below them all pictures are unseen
UNSEEN = range(1_000_000)
_TURNS_FREELY = {"butterfly", "ladybird", "beetle", "flower", "fish", "clownfish"}


def label(index: int) -> int:
    """The class of a picture, as a position in `CLASSES`."""
    return index % len(CLASSES)


def image(index: int) -> Image.Image:
    """The picture of an index >= 0: RGB, `SIZE` × `SIZE`, the same at every call."""
    if index < 0:
        raise ValueError(f"the world has no picture {index}: indices start at 0")
    dice = Dice(2014, index)
    ground = _layer(COARSE)
    _backdrop(ground, dice)
    _clutter(ground, dice)
    subject = _layer(FINE)
    _subject(subject, dice, label(index))
    front = np.asarray(subject.reduce(FINE), np.float32)
    back = np.asarray(ground.reduce(COARSE).convert("RGB"), np.float32)
    return Image.fromarray(_lit(front, back, dice), "RGB")


def _layer(scale: int) -> Image.Image:
    return Image.new("RGBA", (SIZE * scale, SIZE * scale))


def _pen(layer: Image.Image, dice: Dice, ink: tuple[int, int, int], width: float) -> Pen:
    half = layer.width / 2
    return Pen(layer, np.array([[half, 0.0, half], [0.0, half, half]]), ink, width * layer.width / SIZE)


def _backdrop(layer: Image.Image, dice: Dice) -> None:
    """A plain shade, a texture, or two of them meeting at a horizon; then patches of other textures."""
    colours = palette(dice)
    pen = _pen(layer, dice, colours.ink, 0.0)
    tones = [_faded(c, dice) for c in colours.bright]
    pen.box(-1, -1, 1, 1, _ground(dice, tones))
    if dice.chance(0.4):
        y, tilt = dice.between(-0.1, 0.6), dice.between(-0.15, 0.15)
        pen.polygon([(-1, y - tilt), (1, y + tilt), (1, 1), (-1, 1)], _ground(dice, dice.shuffled(tones)))
    for _ in range(dice.count(0, 3)):
        spot = pen.at(dice.between(-1, 1), dice.between(-1, 1), dice.between(0.25, 0.6), dice.between(0, 6.3))
        corners = [(np.cos(a) * dice.between(0.6, 1), np.sin(a) * dice.between(0.6, 1)) for a in np.linspace(0, 5.3, 6)]
        spot.polygon(smooth(corners) if dice.chance(0.5) else corners, _ground(dice, dice.shuffled(tones)))


def _faded(colour: tuple[int, int, int], dice: Dice) -> tuple[int, int, int]:
    """A background tone: less contrast than the objects have."""
    grey = round(luminance(colour))
    return mix(dice.pick((lighter, darker))(colour, dice.between(0.1, 0.55)), (grey, grey, grey), 0.25)


def _ground(dice: Dice, tones: list[tuple[int, int, int]]) -> Texture:
    if dice.chance(0.4):
        return Texture(gradient(dice, 1), tones[0], tones[1])
    pattern = dice.pick(TEXTURES)(dice, dice.between(0.1, 0.32))
    return Texture(pattern, tones[0], mix(tones[0], tones[1], dice.between(0.3, 0.8)))


def _clutter(layer: Image.Image, dice: Dice) -> None:
    """Stray parts, any with any, so that no single part gives the class away."""
    for _ in range(dice.count(1, 5)):
        colours = palette(dice)
        pen = _pen(layer, dice, colours.ink, dice.between(0.4, 1.2))
        x, y, size = dice.between(-0.95, 0.95), dice.between(-0.95, 0.95), dice.between(0.1, 0.26)
        dice.pick(PARTS)(dice, colours)(pen.at(x, y, size, dice.between(-0.6, 0.6)))


def _subject(layer: Image.Image, dice: Dice, kind: int) -> None:
    colours = palette(dice)
    outline = dice.between(0.5, 1.4) if dice.chance(0.7) else 0.0  # without one, colours meet each other
    pen = _pen(layer, dice, colours.ink, outline)
    size = dice.between(0.55, 0.94)
    room = 1.05 - size
    turn = np.pi if CLASSES[kind] in _TURNS_FREELY and dice.chance(0.5) else 0.3
    flip = dice.pick((-1, 1)) if CLASSES[kind] not in {"sign", "book", "bus", "sailboat"} else 1
    squeeze = dice.between(0.88, 1.12)
    frame = pen.at(dice.between(-room, room), dice.between(-room, room), 1, dice.between(-turn, turn))
    OBJECTS[kind](frame.at(0, 0, (flip * size * squeeze, size / squeeze)), dice, colours)


def _lit(front: NDArray[np.float32], back: NDArray[np.float32], dice: Dice) -> NDArray[np.uint8]:
    """The object over its shadow on the backdrop, modelled by light from one side: (SIZE, SIZE, 3)."""
    cover = Image.fromarray(front[..., 3].astype(np.uint8), "L")
    soft = np.asarray(cover.filter(ImageFilter.GaussianBlur(3.5)), np.float32) / 255
    angle, fall = dice.between(-0.9, 0.9), dice.between(2, 5)
    dx, dy = fall * np.sin(angle), fall * np.cos(angle)
    shadow = np.roll(soft, (round(dy), round(dx)), (0, 1))
    shaded = back * (1 - dice.between(0.25, 0.5) * shadow)[..., None]
    slope = np.gradient(soft)
    relief = np.clip((slope[0] * np.cos(angle) + slope[1] * np.sin(angle)) * dice.between(2.0, 4.5), -0.35, 0.35)
    body = front[..., :3] * (1 + relief)[..., None]
    share = front[..., 3:] / 255
    picture = shaded + share * (body - shaded)
    y, x = np.mgrid[-1 : 1 : SIZE * 1j, -1 : 1 : SIZE * 1j].astype(np.float32)
    light = 1.08 - dice.between(0.05, 0.16) * (x * x + y * y) - 0.06 * (x * np.sin(angle) + y * np.cos(angle))
    grain = dice.rng.random((SIZE, SIZE, 1), np.float32) * dice.between(2, 9)
    return np.asarray(np.clip(picture * light[..., None] + grain, 0, 255), np.uint8)
