"""Projections: what units respond to, in pixel space.

Zeiler & Fergus 2014, §2.1: "To examine a given convnet activation, we set all other activations in the
layer to zero and pass the feature maps as input to the attached deconvnet layer." The seed is the
activation's own value, so a projection scales with it.
"""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor

from .images import Preprocess, picture
from .layers import Layers
from .output import write_png
from .recording import Recording
from .signals import place
from .tiles import Box, picture_tile, signal_tile
from .units import Unit
from .walk import walk
from .window import Windows


@dataclass(frozen=True, eq=False)
class Projection:
    """What one unit responds to, in pixel space.

    `pixels` (C, h, w): the projection inside `box`, in the network's input space (zero is grey);
    `box`: the unit's receptive field, clipped to the image; `field`: the same, not clipped;
    `activation`: the unit's value, which seeded it; `input` (C, H, W): what the network saw.
    """

    unit: Unit
    activation: float
    pixels: Tensor
    box: Box
    field: Box
    read_at: str
    input: Tensor
    preprocess: Preprocess | None

    def canvas(self) -> Tensor:
        """The projection on the whole input (C, H, W): zero outside the receptive field."""
        top, left, bottom, right = self.box
        canvas = torch.zeros_like(self.input, dtype=self.pixels.dtype)
        canvas[:, top:bottom, left:right] = self.pixels
        return canvas

    @property
    def image(self) -> Image.Image:
        """The picture that the network saw."""
        return picture(self.input, self.preprocess)

    @property
    def patch(self) -> Image.Image:
        """The region of that picture beside the projection: the receptive field, clipped to the image."""
        top, left, bottom, right = self.box
        return self.image.crop((left, top, right, bottom))

    def show(self, side: int = 224) -> Image.Image:
        """The patch beside the projection, each a square tile of `side` pixels."""
        both = Image.new("RGB", (2 * side + 8, side), (255, 255, 255))
        both.paste(picture_tile(self.patch, self.box, self.field, side), (0, 0))
        both.paste(signal_tile(self.pixels, self.box, self.field, side)[0], (side + 8, 0))
        return both

    def save(self, path: str | os.PathLike[str], side: int = 224) -> None:
        """Write `show(side)` as a PNG. Raises UnwritableOutput."""
        write_png(Path(path), self.show(side))

    def _repr_png_(self) -> bytes:
        """How notebooks show it by itself."""
        buffer = BytesIO()
        self.show().save(buffer, "PNG")
        return buffer.getvalue()

    def __repr__(self) -> str:
        return f"Projection({self.unit}, activation {self.activation:.4g}, box {self.box})"


def project_units(
    table: Layers, recording: Recording, layer: str, units: Sequence[Unit], preprocess: Preprocess | None
) -> list[Projection]:
    """Seed each unit with its activation, walk down, cut out its receptive field."""
    read_at = table[layer].read_at
    maps, channel = recording.maps[read_at], table.channel_dimension(read_at)
    shape = [1] * maps.ndim
    shape[0], shape[channel] = len(units), maps.shape[channel]
    seed = maps.new_zeros(shape)
    along = seed.view(len(units), -1)
    for sample, unit in enumerate(units):
        along[sample, unit.channel] = unit.activation or 0.0
    windows = None
    if table.spatial[read_at] is not None:
        windows = Windows(torch.tensor([[u.row, u.column] for u in units], dtype=torch.int64), (1, 1))
    images = torch.tensor([unit.image for unit in units])
    with torch.no_grad():
        signal, windows = walk(table, recording, read_at, seed, windows, images)
    assert windows is not None  # images have rows and columns
    signal = signal.cpu()
    return [
        _cut_out(table, recording, unit, read_at, signal[n : n + 1], windows.of(n), preprocess)
        for n, unit in enumerate(units)
    ]


def _cut_out(
    table: Layers, recording: Recording, unit: Unit, read_at: str, signal: Tensor,
    window: Windows, preprocess: Preprocess | None,
) -> Projection:  # fmt: skip
    """The part of a signal (1, C, h, w) in `window` that lies in the unit's receptive field and the image."""
    height, width = recording.images.shape[-2:]
    field, fields = (0, 0, height, width), table.fields[read_at]
    if fields is not None and unit.row is not None and unit.column is not None:
        (top, bottom), (left, right) = fields[0].box(unit.row), fields[1].box(unit.column)
        field = (top, left, bottom, right)
    top, left = min(max(field[0], 0), height), min(max(field[1], 0), width)
    box = (top, left, max(min(field[2], height), top), max(min(field[3], width), left))
    inside = Windows(torch.tensor([box[:2]]), (box[2] - box[0], box[3] - box[1]))
    pixels = place(signal, (2, 3), window, inside)[0]
    return Projection(
        unit=unit,
        activation=float(unit.activation or 0.0),
        pixels=pixels.clone(),
        box=box,
        field=field,
        read_at=read_at,
        input=recording.images[unit.image].cpu(),
        preprocess=preprocess,
    )
