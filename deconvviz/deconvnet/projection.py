"""A projection: what one unit responds to, in pixel space, and how it shows itself; made in `projecting`.

A unit that does not fire is `silent`: its projection would be zero or noise, and is drawn plain grey everywhere.
"""

import json
import math
import os
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from ..arguments import a_path, said, takes, whole
from ..drawing import (
    QUANTILE,
    Box,
    Look,
    Scaling,
    common_box,
    cut_to,
    energy_share,
    frame_around,
    frame_side,
    notebook,
    span,
    write_picture,
)
from ..errors import UnsuitableInput
from ..images import Preprocess, picture
from ..mirror import DECONVNET, Method
from .tiling import frames_of, patch_tile, projection_tile
from .units import Unit

LARGEST_TILE = 8192
"""Pixels of a side."""

TILE, SMALL = 224, 112
"""Pixels of a tile's side: of one projection alone, and of many together."""

SCHEMA = 2
"""The version of records of units and pictures: `as_dict`, `deconvviz project --json`."""


@dataclass(frozen=True, eq=False)
class Projection:
    """What one unit responds to, in pixel space; a notebook shows it by itself.

    `pixels` (C, h, w): the projection inside `box`, in the network's input space (zero is grey), with negative
    values, since nothing is rectified after the last filter (§2.1); float, on the CPU.
    `box`: the unit's receptive field, clipped to the image, as (top, left, bottom, right) in pixels of the
    network's input; `field`: the same, not clipped. `activation`: the unit's value, which seeded it;
    `read_at`: the layer it was read after; `input` (C, H, W): what the network saw; `category`: the class whose
    score the unit is, "" unless its layer is the classifier's output; `method`: the rule and the way to unpool by which
    it came down; `seeded`: whether seeds of one's own stood in place of the activation: then it is no unit's picture.
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
    method: Method = DECONVNET
    seeded: bool = False

    def canvas(self) -> Tensor:
        """The projection on the whole input (C, H, W): exactly zero outside the receptive field."""
        top, left, bottom, right = self.box
        canvas = torch.zeros_like(self.input, dtype=self.pixels.dtype)
        canvas[:, top:bottom, left:right] = self.pixels
        return canvas

    @property
    def silent(self) -> bool:
        """Whether the unit did not fire: its projection would be zero or noise, and is drawn plain grey."""
        return self.activation <= 0 and not self.seeded

    @cached_property
    def frame(self) -> Box:
        """What tiles show of the receptive field, as (top, left, bottom, right) in pixels of the network's input.

        The smallest square around its middle that holds 95 % of the projection's energy, the sum of its squared pixels,
        of at least 12 pixels: the effective receptive field (Luo et al. 2016). All of it for a unit that is silent.
        """
        side = span(self.field) if self.silent else frame_side(self.pixels, self.box, self.field)
        return frame_around(self.field, side)

    @property
    def seen(self) -> Image.Image:
        """The picture that the network saw, RGB, H × W: its input with the preprocessing undone."""
        return picture(self.input, self.preprocess)

    @property
    def patch(self) -> Image.Image:
        """The region of that picture beside the projection: the receptive field, clipped to the image."""
        return picture(self.input, self.preprocess, self.box)

    @takes(tile=whole(1, most=LARGEST_TILE))
    def show(
        self,
        tile: int = TILE,
        frame: str = "effective",
        tone: str = "colour",
        smoothing: float = 0.0,
        view: str = "projection",
    ) -> Image.Image:
        """The patch beside the projection, on square tiles of `tile` × `tile` pixels.

        They show the `frame`, or with frame="field" the whole receptive field. The projection is smoothed by a Gaussian
        of standard deviation `smoothing` in pixels of the input, resampled to the tile, then scaled by the tile's own
        99.5 % quantile; grey (128) is zero. tone="grey": the mean of its channels. view="overlay": instead of it the
        patch, as opaque as the projection is strong (`overlay`). That of a unit that is silent is plain grey. Hatched
        is what lies outside the image. Raises UnsuitableInput for another frame, tone or view.
        """
        look = Look(frame, tone, smoothing, view)
        (shown,) = frames_of([self], look)
        both = Image.new("RGB", (2 * tile + 8, tile), (255, 255, 255))
        both.paste(patch_tile(self, tile, shown), (0, 0))
        both.paste(projection_tile(self, tile, shown, look)[0], (tile + 8, 0))
        return both

    @property
    def overlay(self) -> Image.Image:
        """The patch in its frame, seen where the projection has energy, of 224 × 224 pixels.

        Its opacity is the root of the projection's energy relative to full contrast; where that is zero it is grey.
        """
        return projection_tile(self, TILE, self.frame, Look(view="overlay"))[0]

    @property
    def image(self) -> Image.Image:
        """The picture that the projection shows itself as: `show()`, the patch beside it."""
        return self.show()

    @takes(path=a_path, tile=whole(1, most=LARGEST_TILE))
    def save(
        self,
        path: str | os.PathLike[str],
        tile: int = TILE,
        frame: str = "effective",
        tone: str = "colour",
        smoothing: float = 0.0,
        view: str = "projection",
    ) -> None:
        """Write what `show` shows as PNG, JPEG, WebP, PDF or SVG, by the path's ending.

        PNG and SVG say inside whose it is, and by which rule. Raises UnwritableOutput, also for any other ending, and
        UnsuitableInput as `show` does.
        """
        how = {**asdict(self.method), "seeded": self.seeded}
        facts = json.dumps({"schema_version": SCHEMA, "unit": str(self.unit), **how})
        shown = self.show(tile, frame, tone, smoothing, view)
        write_picture(Path(path), shown, facts, f"{self.unit}, {self.method}")

    def plot(self, ax: Any = None, only: str | None = None, cmap: Any = None) -> Any:
        """Draw `image` on matplotlib's axes, the current ones by default, and return them.

        `only`: "projection" or "patch", one of its two halves alone. `cmap`, with only="projection": the mean over
        the channels in a colour map of matplotlib's, zero in its middle, its ends at the 99.5 % quantile of magnitudes.
        Raises UnsuitableInput for any other `only`, or a `cmap` for anything else.
        """
        if only not in (None, "projection", "patch"):
            raise UnsuitableInput(f"only={said(only)}: possible: projection, patch")
        if cmap is not None and only != "projection":
            raise UnsuitableInput('a colour map is for the projection alone: plot(only="projection", cmap=…)')
        title = f"{self.unit}  activation {self.activation:.3g}"
        if cmap is not None:
            values, scale = self._mean_of_channels()
            return notebook.plot(values.numpy(), ax, title, cmap=cmap, vmin=-scale, vmax=scale)
        if only is None:
            return notebook.plot(self.image, ax, title)
        drawn = patch_tile(self, TILE, self.frame) if only == "patch" else projection_tile(self, TILE, self.frame)[0]
        return notebook.plot(drawn, ax, title)

    def _mean_of_channels(self) -> tuple[Tensor, float]:
        """The projection as one map (h, w) in its frame, zero outside of the image, and where it is full."""
        pixels, (top, left, bottom, right) = cut_to(self.pixels, self.box, self.frame)
        first_row, first_column, last_row, last_column = self.frame
        values = torch.zeros(last_row - first_row, last_column - first_column)
        if not self.silent:
            inside = pixels.detach().float().mean(0)
            values[top - first_row : bottom - first_row, left - first_column : right - first_column] = inside
        magnitudes = np.abs(values.numpy())
        return values, float(np.quantile(magnitudes, QUANTILE) or magnitudes.max() or 1.0)

    def as_dict(self) -> dict[str, Any]:
        """What it is, as JSON can hold it: what `deconvviz project --json` says of a unit, and where it was read.

        Beside `schema_version`: `rule` and `unpool`, the way down, and `seeded`; `layer`, `read_at` and `image` (the
        number of the unit's), then the record of the unit: its text (`Unit.parse` reads it), place, class and
        activation, what it contributes to which class, whether it is silent, `box`, `field` and `frame` in pixels of
        the input, the share of its `energy` in the frame, and how a tile of 112 pixels is scaled (None if silent).
        """
        whose = {"layer": self.unit.layer, "read_at": self.read_at, "image": self.unit.image}
        how = {**asdict(self.method), "seeded": self.seeded}
        facts = unit_facts(self, projection_tile(self, SMALL, self.frame)[1], self.frame)
        return {"schema_version": SCHEMA, **how, **whose, **facts, "unit": str(self.unit)}

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """`pixels` for NumPy, (C, h, w) of float32 unless another `dtype` is asked for."""
        wanted, own = np.dtype(np.float32 if dtype is None else dtype), self.pixels.detach()
        held = own.float() if own.dtype is torch.bfloat16 else own  # which NumPy does not know
        if copy is False and (held is not own or held.numpy().dtype != wanted):
            raise ValueError(f"pixels of {own.dtype} cannot be had as {wanted} without a copy")
        return held.numpy().astype(wanted, copy=bool(copy))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """How notebooks show it by itself: the image with the frame, the patch, the projection, the overlay."""
        return notebook.bundle(repr(self), notebook.fitting(self._as_html, (160, 128, 96, 64)))

    def _as_html(self, tile: int) -> str:
        outlined = common_box((0, 0, *self.input.shape[-2:]), self.frame)
        part, field = _extent(common_box(self.frame, self.field)), _extent(self.field)
        whole = f"all of its {field}" if part == field else f"{part} of its {field}"
        panels = (
            (notebook.framed(self.seen, outlined, tile), "image", "the image; the box is the frame"),
            (patch_tile(self, tile, self.frame), "patch", f"patch: {whole} pixels"),
            (projection_tile(self, tile, self.frame)[0], "projection", "projection; grey is zero"),
            (projection_tile(self, tile, self.frame, Look(view="overlay"))[0], "overlay", "the patch seen through it"),
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
        heading += f" &nbsp;<small>{self.method}</small>"
        return notebook.side_by_side(cells, len(cells), heading)

    def __repr__(self) -> str:
        how = ("" if self.method.of_the_paper else f", {self.method}") + (", from seeds of its own" * self.seeded)
        return f"Projection({self.unit}, activation {self.activation:.4g}, box {self.box}{how})"


def _extent(box: Box) -> str:
    return f"{box[2] - box[0]} × {box[3] - box[1]}"


def unit_facts(projection: Projection, scaling: Scaling | None, frame: Box) -> dict[str, Any]:
    """A unit in records of pictures, with how its tile is scaled, and what of its field that shows."""
    unit, p = projection.unit, projection
    share = None if p.silent else round(energy_share(p.pixels, p.box, p.field, span(frame)), 4)
    return {
        "unit": unit.place,
        "channel": unit.channel,
        "class": projection.category or None,
        "row": unit.row,
        "column": unit.column,
        "activation": projection.activation if math.isfinite(projection.activation) else None,
        "contribution": unit.contribution,
        "for_class": unit.for_class or None,
        "silent": projection.silent,
        "box": list(projection.box),
        "field": list(projection.field),
        "frame": list(frame),
        "energy": share,
        "scaling": scaling.as_json() if scaling else None,
    }
