"""What a result says, in the order in which it says it: for a page of HTML, and for a notebook."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from PIL import Image


@dataclass(frozen=True)
class Heading:
    """A heading within the page."""

    text: str
    kind: str = "heading"


@dataclass(frozen=True)
class Paragraph:
    """A paragraph; `quiet`: a remark in small print."""

    text: str
    quiet: bool = False
    kind: str = "paragraph"


@dataclass(frozen=True, eq=False)
class Pictures:
    """Rows of pictures under heads: `rows` of a label (lines of text) and its pictures, in words and as images."""

    heads: Sequence[str]
    rows: Sequence[tuple[Sequence[str], Sequence[tuple[str, Image.Image]]]]
    groups: Sequence[tuple[str, int]] = ()
    kind: str = "pictures"

    def sources(self) -> list[tuple[Sequence[str], list[tuple[str, str, Image.Image]]]]:
        """The same with the addresses of the images, which hold them."""
        return [(label, [(said, _uri(image), image) for said, image in cells]) for label, cells in self.rows]


@dataclass(frozen=True)
class Cell:
    """A number in a table: as text, and, if it lies on a scale from 0 to 1, as the length of a bar."""

    text: str
    share: float | None = None


def number_cell(value: float | None, most: float) -> Cell:
    """A number, with its standard error if it has one, and a bar as long as its share of `most`; – for NaN or None."""
    if value is None or value != value:
        return Cell("–")
    error = getattr(value, "error", float("nan"))
    said = f"{value:.2f}" + (f" ± {error:.2f}" if error == error else "")
    return Cell(said, min(max(value / most, 0.0), 1.0))


@dataclass(frozen=True)
class Table:
    """Rows under heads, the first cell of each its name."""

    heads: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell]]]
    kind: str = "table"


Block = Heading | Paragraph | Pictures | Table


@dataclass(frozen=True)
class Document:
    """A title, what it is about, and what it says."""

    title: str
    lead: str
    blocks: Sequence[Block]

    def as_page(self) -> str:
        """One HTML page that needs nothing beside it."""
        return str(_template("study.html").render(document=self, whole=True)) + "\n"

    def as_fragment(self) -> str:
        """The same for a notebook: without style sheet and script."""
        return str(_template("study.html").render(document=self, whole=False))


@cache
def _template(name: str) -> Any:
    environment = Environment(
        loader=PackageLoader("deconvviz.studies"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def _uri(image: Image.Image) -> str:
    buffer = BytesIO()
    image.save(buffer, "PNG", optimize=True)
    return f"data:image/png;base64,{b64encode(buffer.getvalue()).decode()}"
