"""What a scan knows of one feature map: its strongest images, its statistics, and their projections."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from ..arguments import a_path, takes
from ..deconvnet import Cell, Projections, Unit, figure2, short_number, units_html
from ..drawing import USUAL, Look, Page, notebook, write_picture
from ..errors import DeconvvizError
from ..images import printable


@dataclass(frozen=True)
class Entry:
    """One of the strongest images of a feature map: `unit` with its activation and the image's number.

    `name`: the file below its folder (`ARCHIVE/NAME` in an archive), with that folder's name before it where
    several were scanned; `category`: its class, or ""; `root`: the folder, "" for a data set.
    """

    unit: Unit
    name: str
    category: str
    root: str

    @property
    def layer(self) -> str:
        """The layer, by the name that it was asked for by."""
        return self.unit.layer

    @property
    def channel(self) -> int:
        """Which of the layer's feature maps."""
        return self.unit.channel

    @property
    def row(self) -> int | None:
        """Where the feature map peaks in this image; None in a layer of vectors."""
        return self.unit.row

    @property
    def column(self) -> int | None:
        """Where the feature map peaks in this image; None in a layer of vectors."""
        return self.unit.column

    @property
    def activation(self) -> float:
        """The feature map's peak in this image."""
        return self.unit.activation or 0.0


@dataclass(frozen=True, eq=False)
class Statistics:
    """Of a feature map's maxima, one for each of `count` images.

    `positive`: how many of them are above zero; `histogram[0]` counts the others, `histogram[n]` those from
    `edges[n - 1]` up to the next edge (the first and last of these bins have no end).
    """

    count: int
    mean: float
    deviation: float
    maximum: float
    positive: int
    histogram: NDArray[np.int64] = field(repr=False)
    edges: NDArray[np.float64] = field(repr=False)

    @property
    def dead(self) -> bool:
        """Whether no image excites it."""
        return self.maximum <= 0


@dataclass(frozen=True, eq=False)
class FeatureMap:
    """One feature map in an index, which notebooks show by itself.

    `top`: its strongest images, strongest first; `statistics` of its maxima over all images; `project`: what
    makes its projections. The network runs when these are asked for first, on the images of `top` alone. `category`:
    the class whose score it is, "" unless its layer is the classifier's output.
    """

    layer: str
    channel: int
    top: Sequence[Entry]
    statistics: Statistics
    project: Callable[[], Projections]
    category: str = ""

    @cached_property
    def projections(self) -> Projections:
        """The strongest units projected, strongest first; made once. What `Index.project` raises is raised here."""
        return self.project()

    @property
    def pixels(self) -> list[Tensor]:
        """The pixels (C, h, w) of each projection, inside its box."""
        return self.projections.pixels

    @property
    def image(self) -> Image.Image:
        """The feature map as in Figure 2 of Zeiler & Fergus 2014: patches, and beside them the projections."""
        return self._page(USUAL).drawn()

    def _page(self, look: Look) -> Page:
        return figure2([Cell(self._said(), self.projections)], tile=112, count=max(len(self.top), 1), look=look)

    @takes(path=a_path)
    def save(
        self,
        path: str | os.PathLike[str],
        frame: str = "effective",
        tone: str = "colour",
        smoothing: float = 0.0,
        view: str = "projection",
    ) -> None:
        """Write `image` as PNG, JPEG, WebP, PDF or SVG, by its ending; tiles look as for `Projection.show`.

        Raises UnwritableOutput, also for any other ending, and UnsuitableInput as `show` does.
        """
        page = self._page(Look(frame, tone, smoothing, view))
        write_picture(Path(path), page, title=f"{self.layer}:{self.channel}")

    def plot(self, ax: Any = None) -> Any:
        """Draw `image` on matplotlib's axes, the current ones by default, and return them."""
        return notebook.plot(self.image, ax, "")

    def _said(self) -> str:
        facts = self.statistics
        fires = f"fires in {facts.positive} of {facts.count} images"
        named = f" {printable(self.category)}" if self.category else ""
        return f"{self.layer}:{self.channel}{named}  " + (
            "dead: no image excites it" if facts.dead else f"peak {short_number(facts.maximum)}, {fires}"
        )

    def __repr__(self) -> str:
        return f"FeatureMap({self._said()})"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """How notebooks show it: its strongest images, as patches beside projections, and their names."""
        heading = f"<b>{notebook.text(self._said())}</b>"
        if self.statistics.dead:  # there is nothing to project, and no image that excites it
            return notebook.bundle(repr(self), f"<div>{heading}</div>")
        columns = 4 if any(entry.category for entry in self.top) else 3
        rows = [(short_number(e.activation), e.unit.position, e.name, e.category)[:columns] for e in self.top]
        heads = ("activation", "at", "image", "class")[:columns]
        names = notebook.table(heads, rows[: notebook.SHOWN], numbers=(0,))
        try:
            pictures = units_html(self.projections, heading)
        except DeconvvizError as error:  # a notebook shows what there is
            pictures = f"<div>{heading}<br>no projections: {notebook.text(error)}</div>"
        return notebook.bundle(repr(self), pictures + names)
