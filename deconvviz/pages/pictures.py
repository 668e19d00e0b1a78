"""The whole pictures of the images that a gallery shows: written once, and kept while their regions are drawn."""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..deconvnet import Projection, image_of
from ..drawing import write_content
from ..machine import AtOnce
from .kept import Store
from .sheets import encode

PICTURE_BYTES = 64 * 2**20
"""Of whole pictures kept in memory, about: other feature maps will show the same images."""

SMALL = 64
"""Pictures up to this side are stored without loss: each of their pixels is seen."""


class Pictures:
    """Pictures by the numbers of their images, each (H, W, 3) of uint8."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.kept: dict[int, NDArray[np.uint8]] = {}
        self.passing: dict[int, NDArray[np.uint8]] = {}
        self.written = set[int]()

    def keep(self, projections: Iterable[Projection], at_once: AtOnce) -> list[int]:
        """See that each one's picture is in memory and in the folder; give the bytes of each one written now.

        Images come in the same order again and again. So what is in memory stays; when that is full, others are kept
        until the next call.
        """
        new = {image_of(p.unit): p for p in projections if p.unit.image not in self.kept}
        full = sum(picture.nbytes for picture in self.kept.values()) >= PICTURE_BYTES
        self.passing = dict(zip(new, at_once(lambda p: [np.asarray(p.seen)], list(new.values())), strict=True))
        if not full:
            self.kept |= self.passing
        unwritten = [number for number in new if number not in self.written]
        self.written.update(unwritten)
        return at_once(self._write, unwritten)

    def region(self, projection: Projection) -> NDArray[np.uint8]:
        """What the projection's receptive field shows of its image (h, w, 3)."""
        top, left, bottom, right = projection.box
        return self._picture(image_of(projection.unit))[top:bottom, left:right]

    def _picture(self, number: int) -> NDArray[np.uint8]:
        return self.kept[number] if number in self.kept else self.passing[number]

    def _write(self, number: int) -> Iterator[int]:
        store = self.store
        if not store.has_picture(number):
            picture = Image.fromarray(self._picture(number))
            content = encode(picture, store.style.image_format, max(picture.size) <= SMALL, store.picture_facts(number))
            yield write_content(store.picture_path(number), content)
