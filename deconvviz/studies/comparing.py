"""The rules side by side: what of a projection the unit drew, and what the switches and masks of the image did.

Mahendran & Vedaldi 2016, "Salient deconvolutional networks": each way to answer rectifications with each way to undo
poolings. The last column is drawn by *all units here*: equal seeds on every feature map at the unit's place. It owes
nothing to the unit, so what a projection has in common with it says nothing of the unit either.
"""

import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import torch
from PIL import Image
from tqdm import tqdm

from ..arguments import takes, whole
from ..deconvnet import Projection, Projections, Unit, frames_of, patch_tile, projection_tile, short_number
from ..drawing import INK, QUIET, USUAL, Box, Look, Page, Shown, Text, broken, fitting
from ..errors import UnsuitableInput
from ..mirror import RECTIFICATIONS, UNPOOLINGS, Method
from .choosing import Chosen, choose
from .document import Document, Paragraph, Pictures, Table, number_cell
from .likeness import difference
from .result import Result, hidden, rounded

SCHEMA = 1

LABEL, GAP, MARGIN = 190, 4, 28
"""Pixels: of the column of names, between tiles, around the page."""

ALL_UNITS = "all units here"

GROUPS = {"switches": "with switches", "centre": "unpooled to the centre", "spread": "unpooled in equal shares"}


@dataclass(frozen=True, eq=False)
class Comparison(Result):
    """Projections of some units by several rules; a notebook shows it by itself.

    `units`, each in the image of its `image`, whose name is in `names`; `methods`: the rules, `projections` by these,
    in the order of the units; `all_units`: by the same, what equal seeds on all feature maps at each unit's place give.
    `differences` (units × methods) and `from_all_units` (the same): the norm of the difference of two pictures, each of
    norm 1, from the first method's picture, and from that of all units by the same method: 0 the same, 1.41 nothing in
    common.
    """

    model: str
    units: Sequence[Unit]
    names: Sequence[str]
    methods: Sequence[Method]
    projections: dict[Method, Projections]
    all_units: dict[Method, Projections]
    one_scale: bool = False
    tile: int = 96
    look: Look = USUAL

    @property
    def differences(self) -> list[list[float]]:
        """How far each method's picture is from that of the first."""
        return [[difference(p, row[0]) for p in row] for row in self._rows(self.projections)]

    @property
    def from_all_units(self) -> list[list[float]]:
        """How far each method's picture is from that of all units here by the same method."""
        pairs = zip(self._rows(self.projections), self._rows(self.all_units), strict=True)
        return [[difference(p, q) for p, q in zip(row, all_, strict=True)] for row, all_ in pairs]

    def _rows(self, made: Mapping[Method, Projections]) -> list[list[Projection]]:
        """Unit by unit, by all methods."""
        return [list(row) for row in zip(*(made[method] for method in self.methods), strict=True)]

    def __repr__(self) -> str:
        return f"Comparison({len(self.units)} units of {self.model} by {len(self.methods)} rules)"

    def as_dict(self) -> dict[str, Any]:
        """The units, the rules, and how far the pictures are apart."""
        rows = zip(self.units, self.names, self.differences, self.from_all_units, strict=True)
        return {
            "schema_version": SCHEMA,
            "model": self.model,
            "methods": [asdict(method) for method in self.methods],
            "units": [
                {
                    "unit": str(unit),
                    "image": name,
                    "activation": unit.activation,
                    "difference_from_first": list(map(rounded, first)),
                    "difference_from_all_units": list(map(rounded, all_)),
                }
                for unit, name, first, all_ in rows
            ],
        }

    # --- how it looks ------------------------------------------------------------------------------------

    def _tiles(self) -> list[list[Image.Image]]:
        """Row by row: the patch, the projections, and all units here, in the frame of the first of these."""
        rows, method = self._rows(self.projections), self.methods[0]
        first, all_units = self.projections[method], self.all_units[method]
        drawn = []
        for row, all_, frame in zip(rows, all_units, frames_of(first, self.look), strict=True):
            shown, field = [*row, all_], row[0].field
            full = max(_scale(p, frame, self.look, field) for p in row) if self.one_scale else None
            tiles = [projection_tile(_within(p, field), self.tile, frame, self.look, full)[0] for p in shown]
            drawn.append([patch_tile(row[0], self.tile, frame), *tiles])
        return drawn

    def _groups(self) -> list[tuple[str, int]]:
        """Neighbouring columns that unpool alike, and how many they are."""
        groups: list[tuple[str, int]] = [("", 1)]
        for method in self.methods:
            name = GROUPS[method.unpool]
            last, count = groups[-1]
            if last == name:
                groups[-1] = name, count + 1
            else:
                groups.append((name, 1))
        return [*groups, ("", 1)]

    def _heads(self) -> list[str]:
        return ["patch", *(method.rule for method in self.methods), ALL_UNITS]

    def _labels(self) -> list[list[str]]:
        return [
            [unit.place, f"activation {short_number(unit.activation or 0)}", name]
            for unit, name in zip(self.units, self.names, strict=True)
        ]

    def _title(self) -> str:
        return f"{self.model}: rules side by side"

    def _lead(self) -> str:
        scaled = "those of a row by one scale" if self.one_scale else "each by itself"
        return (
            f"Grey is zero; pictures are scaled {scaled}, in the frame of the first rule's. What the last column draws "
            "owes nothing to the unit: equal seeds on all feature maps at its place, sent down by the first rule."
        )

    def page(self) -> Page:
        """Rows are units, columns the patch, the rules, and all units here."""
        step, columns = self.tile + GAP, len(self.methods) + 2
        width = 2 * MARGIN + LABEL + columns * step
        lead = broken(self._lead(), 13, width - 2 * MARGIN)
        top = MARGIN + 40 + 18 * len(lead) + 56
        page = Page(width, top + len(self.units) * step + MARGIN)
        page.put(Text(MARGIN, MARGIN, fitting(self._title(), 22, width - 2 * MARGIN), 22))
        page.put(*(Text(MARGIN, MARGIN + 38 + 18 * n, line, 13, QUIET) for n, line in enumerate(lead)))
        left = MARGIN + LABEL
        for name, count in self._groups():
            page.put(Text(left, top - 40, fitting(name, 13, count * step - GAP), 13, INK))
            left += count * step
        for place, head in enumerate(self._heads()):
            page.put(Text(MARGIN + LABEL + place * step, top - 20, fitting(head, 12, self.tile), 12, QUIET))
        for row, (tiles, label) in enumerate(zip(self._tiles(), self._labels(), strict=True)):
            down = top + row * step
            for line, text in enumerate(label):
                size, colour = (14, INK) if line == 0 else (12, QUIET)
                page.put(Text(MARGIN, down + 4 + 19 * line, fitting(text, size, LABEL - 14), size, colour))
            page.put(*(Shown(MARGIN + LABEL + n * step, down, tile) for n, tile in enumerate(tiles)))
        return page

    def document(self) -> Document:
        """The pictures, then how far they are apart."""
        heads, labels = self._heads(), self._labels()
        rows = [
            (label, [(f"{head} of {label[0]}", tile) for head, tile in zip(heads, tiles, strict=True)])
            for label, tiles in zip(labels, self._tiles(), strict=True)
        ]
        numbers = [
            (unit.place, [number_cell(value, 2**0.5) for value in values])
            for unit, values in zip(self.units, self.from_all_units, strict=True)
        ]
        return Document(
            self._title(),
            self._lead(),
            [
                Pictures(heads, rows, self._groups()),
                Paragraph(
                    "How far each picture is from that of all units here by the same rule: the norm of their "
                    "difference, each scaled to norm 1. At 0 it would say nothing of the unit; at 1.41 they have "
                    "nothing in common."
                ),
                Table(["unit", *(f"{m.rule}, {m.unpool}" for m in self.methods)], numbers),
            ],
        )


def _within(p: Projection, field: Box) -> Projection:
    """The projection as if it had this receptive field: tiles of a row are enlarged alike."""
    return replace(p, field=field)


def _scale(p: Projection, frame: Box, look: Look, field: Box) -> float:
    """Which magnitude a projection's own scale makes full contrast; 0 if it is silent."""
    scaling = projection_tile(_within(p, field), 32, frame, look)[1]
    return scaling.scale if scaling else 0.0


# --- making it ------------------------------------------------------------------------------------------


@takes(top=whole(1), tile=whole(16, most=512))
def compare(
    what: Any,
    images: Any = None,
    units: Sequence[Unit | str] = (),
    *,
    rules: Iterable[str] = tuple(RECTIFICATIONS),
    unpools: Iterable[str] = tuple(UNPOOLINGS),
    layers: Sequence[str] = (),
    top: int = 2,
    one_scale: bool = False,
    tile: int = 96,
    look: Look = USUAL,
    report: Callable[[str], object] = warnings.warn,
    progress: bool | None = False,
) -> Comparison:
    """Project the same units by several rules: by default all nine, `rules` × `unpools`.

    `what`: a network (`DeconvNet`, `Model` or module) with `images`, or an `Index` alone, whose units are feature maps
    in their strongest images. `units`: which; by default the `top` strongest of each of `layers` (four over the depth)
    in each image, or of an index `top` images of the map with the highest peak. `one_scale`: one for each row, rather
    than each picture's own. `tile`: pixels of a side. Raises UnsuitableInput, UnknownLayer, UnknownUnit, NoMirrorRule,
    UnusableIndex.
    """
    methods = [Method(rule, unpool) for unpool in unpools for rule in rules]
    if not methods:
        raise UnsuitableInput("there are no rules to compare: name one at least")
    chosen = choose(what, images, units, layers, top, report)
    if not chosen.units:
        raise UnsuitableInput("there are no units to compare: no image excites those asked for")
    projections, all_units = dict[Method, Projections](), dict[Method, Projections]()
    with tqdm(total=2 * len(methods) * len(chosen.units), unit="projection", disable=hidden(progress)) as bar:
        for method in methods:
            projections[method], all_units[method] = project_both(chosen, method)
            bar.update(2 * len(chosen.units))
    shown = [projection.unit for projection in projections[methods[0]]]
    names = [chosen.names[unit.image or 0] for unit in shown]
    model = chosen.dv.model.name
    return Comparison(model, shown, names, methods, projections, all_units, one_scale, tile, look)


def project_both(chosen: Chosen, method: Method) -> tuple[Projections, Projections]:
    """Each unit's projection, and what equal seeds on all feature maps at its place give, of the same norm together."""
    dv, units = chosen.dv.by(method.rule, method.unpool), chosen.units
    layers = list(dict.fromkeys(unit.layer for unit in units))
    alike = len({image.shape for image in chosen.images}) == 1
    source: Any = dv.record(torch.stack(list(chosen.images)), layers) if alike else chosen.images  # one forward pass
    made, all_ = dict[int, Projection](), dict[int, Projection]()
    for layer in layers:
        numbers = [n for n, unit in enumerate(units) if unit.layer == layer]
        some = [units[n] for n in numbers]
        channels = dv.layers_for(chosen.images[0].shape)[layer].channels
        strengths = torch.tensor([[unit.activation or 1.0] for unit in some])  # of a silent one maybe below zero
        alone = torch.zeros(len(some), channels)
        alone[range(len(some)), [unit.channel for unit in some]] = strengths[:, 0]
        together = (strengths.abs() / channels**0.5).expand(-1, channels)
        found = dv.project(source, [*some, *some], seeds=torch.cat([alone, together]))
        made.update(zip(numbers, (replace(p, seeded=False) for p in found[: len(some)]), strict=True))
        all_.update(zip(numbers, found[len(some) :], strict=True))
    return tuple(Projections(some[n] for n in range(len(units))) for some in (made, all_))  # type: ignore[return-value]
