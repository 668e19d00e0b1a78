"""A projection: what one unit responds to, in pixel space, and how it shows itself; made in `projecting`.

A unit that does not fire is `silent`: its projection would be zero or noise, and is drawn plain grey everywhere.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor

from ..drawing import ZERO, Box, Scaling, notebook, picture_tile, signal_tile, write_picture
from ..images import Preprocess, picture
from .units import Unit

GREY = (ZERO, ZERO, ZERO)


@dataclass(frozen=True, eq=False)
class Projection:
    """What one unit responds to, in pixel space; a notebook shows it by itself.

    `pixels` (C, h, w): the projection inside `box`, in the network's input space (zero is grey), with negative
    values, since nothing is rectified after the last filter (§2.1); float, on the CPU.
    `box`: the unit's receptive field, clipped to the image, as (top, left, bottom, right) in pixels of the
    network's input; `field`: the same, not clipped. `activation`: the unit's value, which seeded it;
    `read_at`: the layer it was read after; `input` (C, H, W): what the network saw; `category`: the class whose
    score the unit is, "" unless its layer is the classifier's output.
    """

    unit: Unit
    activation: float
    pixels: Tensor
    box: Box
    field: Box
    read_at: str
    input: Tensor
    preprocess: Preprocess | None
    category: str = ""

    def canvas(self) -> Tensor:
        """The projection on the whole input (C, H, W): exactly zero outside the receptive field."""
        top, left, bottom, right = self.box
        canvas = torch.zeros_like(self.input, dtype=self.pixels.dtype)
        canvas[:, top:bottom, left:right] = self.pixels
        return canvas

    @property
    def silent(self) -> bool:
        """Whether the unit did not fire: its projection would be zero or noise, and is drawn plain grey."""
        return self.activation <= 0

    @property
    def seen(self) -> Image.Image:
        """The picture that the network saw, RGB, H × W: its input with the preprocessing undone."""
        return picture(self.input, self.preprocess)

    @property
    def patch(self) -> Image.Image:
        """The region of that picture beside the projection: the receptive field, clipped to the image."""
        return picture(self.input, self.preprocess, self.box)

    def show(self, tile: int = 224) -> Image.Image:
        """The patch beside the projection, on square tiles of `tile` × `tile` pixels.

        The projection is resampled to the tile, then scaled by the tile's own 99.5 % quantile; grey (128) is zero.
        That of a unit that is silent is plain grey.
        """
        both = Image.new("RGB", (2 * tile + 8, tile), (255, 255, 255))
        both.paste(patch_tile(self, tile), (0, 0))
        both.paste(projection_tile(self, tile)[0], (tile + 8, 0))
        return both

    @property
    def image(self) -> Image.Image:
        """The picture that the projection shows itself as: `show()`, the patch beside it."""
        return self.show()

    def save(self, path: str | os.PathLike[str], tile: int = 224) -> None:
        """Write `image`, or `show(tile)` for tiles of another size, as PNG, JPEG, WebP or PDF, by the path's ending.

        Raises UnwritableOutput, also for any other ending.
        """
        write_picture(Path(path), self.show(tile), title=str(self.unit))

    def plot(self, ax: Any = None) -> Any:
        """Draw `image` on matplotlib's axes, the current ones by default, and return them."""
        return notebook.plot(self.image, ax, f"{self.unit}  activation {self.activation:.3g}")

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """How notebooks show it by itself: the image with the receptive field, the patch, the projection."""
        return notebook.bundle(repr(self), notebook.fitting(self._as_html, (160, 128, 96, 64)))

    def _as_html(self, tile: int) -> str:
        height, width = self.box[2] - self.box[0], self.box[3] - self.box[1]
        panels = (
            (notebook.framed(self.seen, self.box, tile), "image", "the image; the box is the receptive field"),
            (patch_tile(self, tile), "patch", f"patch: {height} × {width} pixels of it"),
            (projection_tile(self, tile)[0], "projection", "projection; grey is zero"),
        )
        cells = [
            f"{notebook.picture(drawn, f'{what} of {self.unit}')}<br><small>{said}</small>"
            for drawn, what, said in panels
        ]
        fires = ", silent: it does not fire" if self.silent else ""
        name = f" &nbsp;{notebook.text(self.category)}" if self.category else ""
        heading = f"<b>{notebook.text(self.unit)}</b>{name} &nbsp;activation {self.activation:.3g}{fires}"
        if self.unit.contribution is not None:
            heading += f" &nbsp;contribution {self.unit.contribution:+.3g} to {notebook.text(self.unit.for_class)}"
        return notebook.side_by_side(cells, len(cells), heading)

    def __repr__(self) -> str:
        return f"Projection({self.unit}, activation {self.activation:.4g}, box {self.box})"


def projection_tile(projection: Projection, tile: int, smoothing: float = 0.0) -> tuple[Image.Image, Scaling | None]:
    """The projection on its receptive field as a square tile, and how it was scaled; plain grey, None, if silent."""
    if projection.silent:
        return Image.new("RGB", (tile, tile), GREY), None
    return signal_tile(projection.pixels, projection.box, projection.field, tile, smoothing)


def patch_tile(projection: Projection, tile: int) -> Image.Image:
    """The image region beside the projection, aligned with it."""
    return picture_tile(projection.patch, projection.box, projection.field, tile)
