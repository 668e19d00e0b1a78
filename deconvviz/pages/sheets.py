"""One picture for each feature map of a gallery: its projections beside its patches, on mid-grey.

As in Figure 2 of Zeiler & Fergus 2014. A sheet says by itself what it shows: facts travel inside it (EXIF
ImageDescription), so that a gallery can go on from the sheets that lie there.
"""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..drawing import ZERO, Box, compact, enlarged
from ..errors import UnwritableOutput

GAP, BETWEEN = 2, 10
"""Pixels of mid-grey between tiles, and between projections and patches."""

ENDINGS = {"webp": "webp", "png": "png", "jpeg": "jpg"}
"""Formats of sheets, and how their names end."""

IMAGE_DESCRIPTION = 0x010E

DRAWN = 9
"""Counts up when sheets are drawn in another way: then none is kept."""

MOST = 100
"""Images that a sheet shows at most: what it says of them must fit into EXIF."""


@dataclass(frozen=True)
class Layout:
    """Where tiles lie on a sheet: `count` of them, `tile` × `tile` pixels each, in a block as square as can be.

    The block of projections is on the left; that of patches, if `patches`, on the right.
    """

    tile: int
    count: int
    patches: bool = True

    @property
    def columns(self) -> int:
        """Tiles in a row of a block."""
        return math.ceil(math.sqrt(self.count))

    @property
    def rows(self) -> int:
        """Rows of a block."""
        return math.ceil(self.count / self.columns)

    @property
    def block(self) -> tuple[int, int]:
        """Width and height of a block in pixels."""
        return self.columns * (self.tile + GAP) - GAP, self.rows * (self.tile + GAP) - GAP

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the sheet in pixels."""
        width, height = self.block
        return (2 * width + BETWEEN if self.patches else width), height

    def place(self, rank: int, patch: bool = False) -> tuple[int, int]:
        """Left and top of a tile.

        >>> Layout(tile=10, count=9).place(4), Layout(tile=10, count=9).place(4, patch=True)
        ((12, 12), (56, 12))
        """
        left = self.block[0] + BETWEEN if patch else 0
        return left + rank % self.columns * (self.tile + GAP), rank // self.columns * (self.tile + GAP)


def format_named(name: str) -> str:
    """The format of this name, which is one of ENDINGS; "jpg" is "jpeg". Raises UnwritableOutput.

    >>> format_named("jpg"), format_named("png")
    ('jpeg', 'png')
    """
    known = "jpeg" if name == "jpg" else name
    if known not in ENDINGS:
        raise UnwritableOutput(f"{name!r}: sheets are written as {', '.join(ENDINGS)}")
    return known


def tile_size(field: Box | None, most: int) -> int:
    """The size of tiles that show a receptive field: where its pixels are enlarged, all of them alike.

    >>> tile_size((0, 0, 11, 11), 128), tile_size((0, 0, 99, 99), 128)
    (121, 128)
    """
    pixels = most if field is None else max(field[2] - field[0], field[3] - field[1])
    return most // pixels * pixels if enlarged(pixels, most) else most


def empty_sheet(layout: Layout, room: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A sheet (3, H, W) with nothing on it but mid-grey, in `room` for as many bytes: tiles are laid on it (`lay`)."""
    width, height = layout.size
    sheet = room[: 3 * height * width].reshape(3, height, width)
    sheet.fill(ZERO)
    return sheet


def lay(tile: NDArray[np.uint8], sheet: NDArray[np.uint8], place: tuple[int, int]) -> None:
    """Put a tile (3, N, N) on a sheet, in a place of its layout."""
    (left, top), (height, width) = place, tile.shape[1:]
    sheet[:, top : top + height, left : left + width] = tile


def encode(picture: Image.Image, kind: str, sharp: bool, facts: Mapping[str, Any] | None = None) -> bytes:
    """A picture as a file's bytes; `sharp`: enlarged pixels, which nothing may smear."""
    buffer, exif = BytesIO(), Image.Exif()
    if facts is not None:
        exif[IMAGE_DESCRIPTION] = compact(facts)
    how: dict[str, Any] = {
        "webp": {"lossless": sharp, "method": 2, "quality": 70},
        "png": {"compress_level": 6},
        "jpeg": {"quality": 88, "subsampling": 0 if sharp else 2},
    }[kind]
    picture.save(buffer, kind, exif=exif, **how)
    return buffer.getvalue()


def read_facts(path: Path) -> dict[str, Any] | None:
    """What a sheet says of itself; None if there is no such sheet, or it is no sheet."""
    try:
        with Image.open(path, formats=tuple(ENDINGS)) as opened:  # Pillow would try six others first
            facts = json.loads(opened.getexif()[IMAGE_DESCRIPTION])
    except (
        OSError,
        Image.DecompressionBombError,
        SyntaxError,
        KeyError,
        ValueError,
        TypeError,
    ):
        return None
    return facts if isinstance(facts, dict) else None
