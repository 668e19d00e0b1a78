"""Several projections: a list that shows itself, patches beside projections."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, SupportsIndex, overload

import torch
from PIL import Image
from torch import Tensor

from ..arguments import a_path, takes
from ..drawing import USUAL, Box, Look, Page, notebook, write_picture
from ..errors import UnsuitableInput
from ..images import printable
from .figures import Row, check_shown, row_page, short_number, value_of
from .projection import SCHEMA, Projection
from .tiling import frames_of, patch_tile, projection_tile

ACROSS = 3
"""Units in a row of a notebook."""

CAPTIONS = "grey is zero, hatched is outside the image; below patches the feature map @row,column"
"""How to read them."""


class Projections(list[Projection]):
    """A list of projections, in the order of the units asked for; slices and sums of such lists are such lists too."""

    @overload
    def __getitem__(self, place: SupportsIndex, /) -> Projection: ...
    @overload
    def __getitem__(self, place: slice, /) -> "Projections": ...
    def __getitem__(self, place: Any, /) -> Any:
        chosen = super().__getitem__(place)
        return Projections(chosen) if isinstance(place, slice) else chosen

    def __add__(self, others: list[Projection], /) -> "Projections":  # type: ignore[override]
        """These, then others."""
        return Projections(super().__add__(others))

    def __radd__(self, others: list[Projection], /) -> "Projections":
        """Others, then these."""
        return Projections([*others, *self]) if isinstance(others, list) else NotImplemented

    @property
    def pixels(self) -> list[Tensor]:
        """The pixels (C, h, w) of each, inside its box: these differ in size at the borders of the image."""
        return [projection.pixels for projection in self]

    def canvas(self) -> Tensor:
        """The projections on their whole inputs (N, C, H, W). Raises UnsuitableInput if these differ in size."""
        shapes = {projection.input.shape for projection in self}
        if len(shapes) != 1:
            sizes = ", ".join("×".join(map(str, shape)) for shape in sorted(map(tuple, shapes))) or "no image at all"
            raise UnsuitableInput(
                f"one tensor needs inputs of one size, and these have {sizes}: take p.canvas() of each"
            )
        return torch.stack([projection.canvas() for projection in self])

    @property
    def image(self) -> Image.Image:
        """All of them as one picture: the patches, and beside them the projections. Raises UnsuitableInput for none.

        Of units in one image it also shows where they lie in it.
        """
        return self._page(USUAL).drawn()

    def _page(self, look: Look) -> Page:
        if not self:
            raise UnsuitableInput("there are no projections to draw: the list is empty")
        check_shown(len(self), "take some of them, as in projections[:100]")
        classes = dict.fromkeys(p.unit.for_class for p in self if p.unit.contribution is not None)
        beside = f" and the contribution to {', '.join(map(printable, classes))}" if classes else ""
        remark = f"{self._methods()}; {CAPTIONS}; below projections the activation{beside}"
        return row_page(Row(self._said(), remark, self), look)[0]

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
        write_picture(Path(path), self._page(Look(frame, tone, smoothing, view)), title=self._said())

    def as_dict(self) -> dict[str, Any]:
        """What they are, as JSON can hold it: `schema_version`, and `projections`, each as its own `as_dict`."""
        return {"schema_version": SCHEMA, "projections": [p.as_dict() for p in self]}

    def plot(self, ax: Any = None) -> Any:
        """Draw `image` on matplotlib's axes, the current ones by default, and return them."""
        return notebook.plot(self.image, ax, "")

    def _methods(self) -> str:
        """By which rules they came down."""
        return " and ".join(dict.fromkeys(str(projection.method) for projection in self))

    def _said(self) -> str:
        """How many there are, of which layers."""
        layers = list(dict.fromkeys(projection.unit.layer for projection in self))
        named = ", ".join(layers[:3]) + (", …" if len(layers) > 3 else "")
        return f"{len(self)} projection{'' if len(self) == 1 else 's'}" + (f" from {named}" if layers else "")

    def __repr__(self) -> str:
        units = ", ".join(f"{p.unit} {short_number(p.activation)}" for p in self[:3])
        return f"Projections({len(self)}: {units}{', …' if len(self) > 3 else ''})" if self else "Projections(none)"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """How notebooks show it: the first nine, the patch beside the projection."""
        how = f" ({self._methods()})" if self else ""
        heading = f"{notebook.text(self._said())}{how}: image patch, and what the unit saw there; grey is zero"
        return notebook.bundle(repr(self), units_html(self, heading))


def units_html(projections: Sequence[Projection], heading: str) -> str:
    """The first nine projections for a notebook, each with its patch, unit and activation."""
    shown = projections[: notebook.SHOWN]
    frames = frames_of(projections, USUAL)
    several = len({projection.unit.image for projection in shown}) > 1

    def draw(tile: int) -> str:
        cells = [_cell(projection, tile, frame, several) for projection, frame in zip(shown, frames, strict=False)]
        return notebook.side_by_side(cells, ACROSS, heading, len(projections) - len(shown))

    return notebook.fitting(draw, (96, 80, 64, 48, 32))


def _cell(projection: Projection, tile: int, frame: Box, several: bool) -> str:
    unit, signal = projection.unit, projection_tile(projection, tile, frame)[0]
    patch = notebook.picture(patch_tile(projection, tile, frame), f"patch of {unit.place} in image {unit.image}")
    drawn = notebook.picture(signal, f"projection of {unit.place} in image {unit.image}")
    said = f"{notebook.text(unit.place)} &nbsp;{value_of(projection)}"
    if unit.contribution is not None:
        said += f" to {notebook.text(unit.for_class)}"
    if projection.category:
        said += f" &nbsp;{notebook.text(projection.category)}"
    return f"{patch}{drawn}<br><small>{said}{f' &nbsp;image {unit.image}' if several else ''}</small>"
