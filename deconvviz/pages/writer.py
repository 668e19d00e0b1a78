"""Fill the templates and write the pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, PackageLoader, StrictUndefined

from ..output import write_text


@dataclass(frozen=True)
class Plate:
    """One picture on a page: its file name beside the page, its size in pixels, and what it shows."""

    file: str
    width: int
    height: int
    title: str
    remark: str
    alt: str


def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("deconvviz.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def write_demo_page(folder: Path, title: str, lead: str, plates: Sequence[Plate]) -> Path:
    """Write `index.html` into `folder`: a title, a lead, and the plates from shallow to deep."""
    page = _environment().get_template("demo.html").render(title=title, lead=lead, plates=plates)
    return write_text(folder / "index.html", page)
