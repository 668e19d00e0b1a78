"""What every study gives: a result that shows itself, writes itself, and holds its numbers."""

import json
import os
from abc import ABC, abstractmethod
from pathlib import Path
from typing import Any

from PIL import Image

from ..arguments import a_path, takes
from ..drawing import PICTURES, Page, notebook, write_json, write_picture, write_text
from ..errors import UnwritableOutput
from .document import Document

DPI = 200
"""Dots an inch in print."""

ENDINGS = (*PICTURES, ".html", ".json")
"""How the files end that a result can be written as."""


def result_ending(path: Path) -> str:
    """The ending that says what a result is written as, one of `ENDINGS`. Raises UnwritableOutput for any other."""
    ending = path.suffix.lower()
    if ending not in ENDINGS:
        *names, last = ENDINGS
        raise UnwritableOutput(f"{path}: choose a name that ends in {', '.join(names)} or {last}")
    return ending


def rounded(value: float) -> float | None:
    """A number for JSON; None where there was nothing to measure."""
    return round(float(value), 4) if value == value else None


def hidden(progress: bool | None) -> bool | None:
    """What tqdm's `disable` is for `progress`; None: shown at a terminal alone."""
    return None if progress is None else not progress


class Result(ABC):
    """A study's result."""

    @abstractmethod
    def page(self) -> Page:
        """Its figure as a page: pictures and texts in their places."""

    @abstractmethod
    def document(self) -> Document:
        """What it says, as a page to read."""

    @abstractmethod
    def as_dict(self) -> dict[str, Any]:
        """All its numbers, as JSON can hold them, beside `schema_version`."""

    def figure(self) -> Image.Image:
        """The figure as a picture."""
        return self.page().drawn()

    @property
    def image(self) -> Image.Image:
        """The picture that the result shows itself as: `figure()`."""
        return self.figure()

    @takes(path=a_path)
    def save(self, path: str | os.PathLike[str]) -> None:
        """Write it: as a figure (PNG, JPEG, WebP, PDF, SVG), as a page to read (HTML), or its numbers (JSON).

        The path's ending says which. Raises UnwritableOutput, also for any other ending.
        """
        path = Path(path)
        ending = result_ending(path)
        if ending == ".html":
            write_text(path, self.document().as_page())
        elif ending == ".json":
            write_json(path, self.as_dict())
        else:
            write_picture(path, self.page(), json.dumps(self.as_dict()), self.document().title, DPI)

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """How notebooks show it: what it says, with its pictures."""
        return notebook.bundle(repr(self), self.document().as_fragment())
