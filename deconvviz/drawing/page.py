"""A page: texts, pictures and outlines in their places; drawn as pixels here, as text and shapes by `svg`, `pdf`."""

from dataclasses import dataclass, field

from PIL import Image, ImageDraw

from .lettering import font_for, text_width

Colour = tuple[int, int, int]

GROUND: Colour = (250, 250, 248)
INK: Colour = (28, 28, 30)
QUIET: Colour = (96, 96, 101)
ACCENT: Colour = (235, 94, 40)
"""The colour of outlines."""

WHITE: Colour = (255, 255, 255)

NUMBER = 11
"""Size of the numbers of outlines, in pixels."""


@dataclass(frozen=True)
class Text:
    """A line of text, `left` and `top` in pixels of the page."""

    left: float
    top: float
    text: str
    size: int
    colour: Colour = INK


@dataclass(frozen=True, eq=False)
class Shown:
    """A picture, as many pixels of the page as it has itself."""

    left: int
    top: int
    image: Image.Image


@dataclass(frozen=True)
class Outline:
    """A rectangle's line, white around it so that it is seen on any picture: (left, top, right, bottom)."""

    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Number:
    """A number on a disc, around a point."""

    across: float
    down: float
    text: str

    @property
    def radius(self) -> float:
        """Of the disc, in pixels."""
        return max(8.0, text_width(self.text, NUMBER) / 2 + 3)


Item = Text | Shown | Outline | Number


@dataclass(eq=False)
class Page:
    """A page of `width` × `height` pixels; what is put on it later lies above."""

    width: int
    height: int
    items: list[Item] = field(default_factory=list)

    def put(self, *items: Item) -> None:
        """Put these on it."""
        self.items += items

    def lay(self, other: "Page", left: int, top: int) -> None:
        """Put all that is on another page on this one."""
        self.items += [_moved(item, left, top) for item in other.items]

    def drawn(self) -> Image.Image:
        """The page as a picture."""
        picture = Image.new("RGB", (self.width, self.height), GROUND)
        draw = ImageDraw.Draw(picture)
        for item in self.items:
            if isinstance(item, Text):
                draw.text((item.left, item.top), item.text, item.colour, font_for(item.text, item.size))
            elif isinstance(item, Shown):
                picture.paste(item.image, (item.left, item.top))
            elif isinstance(item, Outline):
                left, top, right, bottom = (round(edge) for edge in item.box)
                right, bottom = max(right, left + 1), max(bottom, top + 1)  # of nearly nothing, too, something is seen
                draw.rectangle((left - 1, top - 1, right, bottom), outline=WHITE, width=3)
                draw.rectangle((left, top, right - 1, bottom - 1), outline=ACCENT)
            else:
                middle = (item.across, item.down)
                draw.circle(middle, item.radius, ACCENT, WHITE)
                draw.text(middle, item.text, WHITE, font_for(item.text, NUMBER), anchor="mm")
        return picture


def a_page(image: Image.Image) -> Page:
    """A picture as a page of its size, with nothing else on it."""
    return Page(image.width, image.height, [Shown(0, 0, image)])


def _moved(item: Item, left: int, top: int) -> Item:
    if isinstance(item, Text):
        return Text(item.left + left, item.top + top, item.text, item.size, item.colour)
    if isinstance(item, Shown):
        return Shown(item.left + left, item.top + top, item.image)
    if isinstance(item, Outline):
        first, above, right, bottom = item.box
        return Outline((first + left, above + top, right + left, bottom + top))
    return Number(item.across + left, item.down + top, item.text)
