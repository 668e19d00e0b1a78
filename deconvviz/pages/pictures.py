"""The whole pictures of the images that a gallery shows: written once, and kept while their regions are drawn."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .. import output
from ..machine import at_once
from ..projection import Projection
from ..sheets import encode
from .facts import Style
from .kept import picture_facts, picture_lies_there, picture_path

PICTURE_BYTES = 64 * 2**20
"""Of whole pictures kept in memory, about: other feature maps will show the same images."""

SMALL = 64
"""Pictures up to this side are stored without loss: each of their pixels is seen."""


class Pictures:
    """The whole pictures of images: each is written once, and kept in memory while others may need its regions."""

    def __init__(self, folder: Path, style: Style) -> None:
        self.folder, self.style = folder, style
        self.kept: dict[int, NDArray[np.uint8]] = {}
        self.written = set[int]()

    def keep(self, projections: Iterable[Projection]) -> list[int]:
        """See that each one's picture is in memory and in the folder; give the bytes of each one written now."""
        if sum(picture.nbytes for picture in self.kept.values()) > PICTURE_BYTES:
            self.kept.clear()
        new = {p.unit.image: p for p in projections if p.unit.image not in self.kept}
        self.kept.update(zip(new, at_once(lambda p: [np.asarray(p.image)], list(new.values())), strict=True))
        unwritten = [number for number in new if number not in self.written]
        self.written.update(unwritten)
        return at_once(self._write, unwritten)

    def region(self, projection: Projection) -> NDArray[np.uint8]:
        """What the projection's receptive field shows of its image (h, w, 3)."""
        top, left, bottom, right = projection.box
        return self.kept[projection.unit.image][top:bottom, left:right]

    def _write(self, number: int) -> Iterator[int]:
        if not picture_lies_there(self.folder, number, self.style):
            picture = Image.fromarray(self.kept[number])
            content = encode(picture, self.style.kind, max(picture.size) <= SMALL, picture_facts(number, self.style))
            yield output.write_content(picture_path(self.folder, number, self.style), content)
