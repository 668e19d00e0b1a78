"""The whole pictures of the images that a gallery shows: written once, and kept while their regions are drawn."""

import weakref
from collections.abc import Iterator, Sequence

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
        self.elsewhere: weakref.WeakValueDictionary[int, NDArray[np.uint8]] = weakref.WeakValueDictionary()
        self.written = set[int]()

    def of(self, projections: Sequence[Projection], at_once: AtOnce) -> tuple[list[NDArray[np.uint8]], list[int]]:
        """The picture of each one's image; and the bytes of each one that is written now.

        Images come in the same order again and again. So what is in memory stays; when that is full, others are known
        as long as somebody has them.
        """
        numbers = [image_of(p.unit) for p in projections]
        there = {n: self.kept.get(n, self.elsewhere.get(n)) for n in numbers}
        new = {n: p for n, p in zip(numbers, projections, strict=True) if there[n] is None}
        made = dict(zip(new, at_once(lambda p: [np.asarray(p.seen)], list(new.values())), strict=True))
        if sum(picture.nbytes for picture in self.kept.values()) < PICTURE_BYTES:
            self.kept |= made
        self.elsewhere.update(made)
        pictures = {n: picture if picture is not None else made[n] for n, picture in there.items()}
        unwritten = [(n, pictures[n]) for n in pictures if n not in self.written]
        self.written.update(n for n, _ in unwritten)
        return [pictures[n] for n in numbers], at_once(self._write, unwritten)

    def _write(self, one: tuple[int, NDArray[np.uint8]]) -> Iterator[int]:
        (number, shown), store = one, self.store
        if not store.has_picture(number):
            picture = Image.fromarray(shown)
            content = encode(picture, store.style.image_format, max(picture.size) <= SMALL, store.picture_facts(number))
            yield write_content(store.picture_path(number), content)
