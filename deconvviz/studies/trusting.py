"""How far a network's projections can be trusted: five measurements, each with its number, source and sentence.

Nothing here is tuned to look well. Where the method fails, the sentence says so.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from PIL import Image, ImageDraw
from tqdm import tqdm

from ..arguments import takes, whole
from ..drawing import INK, QUIET, Page, Shown, Text, broken, fitting
from ..errors import UnsuitableInput
from ..mirror import Method
from ..scanning import Index
from .choosing import a_network, read_all
from .converging import convergence
from .document import Cell, Document, Heading, Paragraph, Table, number_cell
from .learning import learned, structure
from .measures import agreement, specific
from .numbers import Numbers
from .result import Result, hidden, rounded
from .sampling import Sample, sample_of_images, sample_of_index
from .verdicts import MEASURES, Measure, sentence

SCHEMA = 1

MAPS, STAGES = 24, 4
"""Feature maps of each layer, and steps in which weights are taken away."""

IMAGES = 64
"""Images in which it is looked where feature maps fire most; an index has its own."""

QUICK_MAPS, QUICK_STAGES, QUICK_IMAGES, QUICK_LAYERS = 8, 2, 16, 4
"""The same in the quick form, and how many layers over the depth."""

WIDTH, MARGIN = 1120, 32
"""Pixels of the figure, and around it."""


@dataclass(frozen=True, eq=False)
class Trust(Result):
    """What was measured of a network's projections on some images; a notebook shows it by itself.

    `numbers`: by measure ("specific", "learned", "structure", "agreement", "convergence"), then by layer, then by what
    was measured (see `docs/trust.md`): means over units, each with its standard `.error`; NaN where there was nothing
    to measure. `units`: of how many feature maps of
    each layer, in how many `images`; `seed`: of all that was drawn by lot; `scan`: the identity of the index, if it was
    of one.
    """

    model: str
    method: Method
    images: int
    units: dict[str, int]
    seed: int
    quick: bool
    numbers: dict[str, Numbers]
    scan: str = ""

    @property
    def layers(self) -> list[str]:
        """The layers, from shallow to deep."""
        return list(self.units)

    @property
    def sentences(self) -> dict[str, str]:
        """What each measure says, in words."""
        return {measure.key: sentence(measure.key, self.numbers[measure.key]) for measure in MEASURES}

    def __repr__(self) -> str:
        return f"Trust({self.model}, {self.method}: {sum(self.units.values())} units of {len(self.units)} layers)"

    def as_dict(self) -> dict[str, Any]:
        """All numbers, with what they are and what they say; None where there was nothing to measure."""
        return {
            "schema_version": SCHEMA,
            "model": self.model,
            **asdict(self.method),
            "images": self.images,
            "units": self.units,
            "seed": self.seed,
            "quick": self.quick,
            "scan": self.scan,
            "measures": {
                measure.key: {
                    "question": measure.question,
                    "source": measure.source,
                    "useless": measure.useless,
                    "sentence": self.sentences[measure.key],
                    "layers": _known(self.numbers[measure.key]),
                }
                for measure in MEASURES
            },
        }

    # --- how it looks ------------------------------------------------------------------------------------

    def _title(self) -> str:
        return f"{self.model}: how far its pictures can be trusted"

    def _lead(self) -> str:
        units, layers = sum(self.units.values()), len(self.units)
        return (
            f"Projections by {self.method}, measured on {units} feature maps of {layers} layers, each where it fires "
            f"most in {self.images} images; drawn by lot with seed {self.seed}"
            f"{', in the quick form' if self.quick else ''}."
        )

    def _rows(self, measure: Measure) -> list[tuple[str, list[Cell]]]:
        return [
            (layer, [number_cell(found.get(column.key), column.most) for column in measure.columns])
            for layer, found in self.numbers[measure.key].items()
        ]

    def _heads(self, measure: Measure) -> list[str]:
        return ["layer", *(column.head for column in measure.columns)]

    def document(self) -> Document:
        """Measure by measure: what is asked, what came out, what a useless method would give, and the source."""
        blocks: list[Heading | Paragraph | Table] = []
        for measure in MEASURES:
            blocks += [
                Heading(measure.question),
                Paragraph(self.sentences[measure.key]),
                Table(self._heads(measure), self._rows(measure)),
                Paragraph(f"{measure.how} Of a useless method: {measure.useless}. {measure.source}.", quiet=True),
            ]
        return Document(self._title(), self._lead(), blocks)

    def page(self) -> Page:
        """The same as a figure."""
        items: list[Text | Shown] = [Text(MARGIN, MARGIN, fitting(self._title(), 24, WIDTH - 2 * MARGIN), 24)]
        top = MARGIN + 40
        top = _put(items, self._lead(), top, 14, QUIET) + 18
        for measure in MEASURES:
            items.append(Text(MARGIN, top, measure.question, 18))
            top = _put(items, self.sentences[measure.key], top + 28, 14, INK) + 6
            top = self._table(items, measure, top)
            top = _put(items, f"Of a useless method: {measure.useless}. {measure.source}.", top + 4, 12, QUIET) + 24
        return Page(WIDTH, top + MARGIN, [*items])

    def _table(self, items: list[Text | Shown], measure: Measure, top: int) -> int:
        heads, rows = self._heads(measure), self._rows(measure)
        step = min((WIDTH - 2 * MARGIN - 170) // max(len(heads) - 1, 1), 190)
        lefts = [MARGIN, *(MARGIN + 170 + n * step for n in range(len(heads) - 1))]
        items += [
            Text(left, top, fitting(head, 12, (170 if n == 0 else step) - 10), 12, QUIET)
            for n, (left, head) in enumerate(zip(lefts, heads, strict=True))
        ]
        top += 20
        for name, cells in rows:
            items.append(Text(MARGIN, top, fitting(name, 13, 160), 13))
            for left, cell in zip(lefts[1:], cells, strict=True):
                items.append(Text(left, top, cell.text, 13))
                if cell.share is not None and step > 130:
                    items.append(Shown(left + 86, top + 4, _bar(cell.share, step - 102)))
            top += 22
        return top


def _put(items: list[Text | Shown], text: str, top: int, size: int, colour: tuple[int, int, int]) -> int:
    """Put a text in lines; where the next may stand."""
    lines = broken(text, size, WIDTH - 2 * MARGIN)
    items += [Text(MARGIN, top + (size + 6) * n, line, size, colour) for n, line in enumerate(lines)]
    return top + (size + 6) * len(lines)


def _bar(share: float, width: int) -> Image.Image:
    bar = Image.new("RGB", (width, 8), (220, 220, 216))
    if (long := round(share * width)) > 0:
        ImageDraw.Draw(bar).rectangle((0, 0, long - 1, 7), (156, 58, 43))
    return bar


def _known(numbers: Numbers) -> dict[str, dict[str, dict[str, float | None]]]:
    return {
        layer: {
            key: {"mean": rounded(value), "error": rounded(value.error), "units": value.count}
            for key, value in found.items()
        }
        for layer, found in numbers.items()
    }


# --- making it ------------------------------------------------------------------------------------------


@takes(maps=whole(2, None), stages=whole(1, None), seed=whole(0), count=whole(1, None))
def trust(
    what: Any,
    images: Any = None,
    *,
    layers: Sequence[str] = (),
    maps: int | None = None,
    stages: int | None = None,
    quick: bool = False,
    seed: int = 0,
    count: int | None = None,
    report: Callable[[str], object] = warnings.warn,
    progress: bool | None = False,
) -> Trust:
    """Measure on this very network and these images how far projections can be trusted.

    `what`: a network (`DeconvNet`, `Model` or module) with `images` of one size, or an `Index` alone; measured is the
    way down that it has (`rule` and `unpool`). `maps` feature maps of each of `layers`, by default 24 of what blocks
    put out, drawn by lot; weights are taken away in `stages` steps, 4. `count` of the images, spread over all, 64.
    `quick`: 8 maps of four layers, 2 steps, 16 images. The network is left as found. `progress`: show it; None: at a
    terminal. Raises UnsuitableInput, UnknownLayer, NoMirrorRule, UnusableIndex.
    """
    most, maps = (QUICK_LAYERS, maps or QUICK_MAPS) if quick else (None, maps or MAPS)
    stages = stages or (QUICK_STAGES if quick else STAGES)
    if isinstance(what, Index):
        if images is not None:
            raise UnsuitableInput("an index has its own images: give it alone, or the network and the images")
        sample = sample_of_index(what, layers, most, maps, seed, report)
    else:
        if images is None:
            raise UnsuitableInput("a study of a network needs images to look at")
        dv = a_network(what)
        read, _ = read_all(dv, images, report, count or (QUICK_IMAGES if quick else IMAGES))
        sample = sample_of_images(dv, read, layers, most, maps, seed)
    numbers = _measured(sample, seed, stages, progress)
    return Trust(
        sample.dv.model.name,
        sample.dv.method,
        len(sample.images),
        {layer: len(units) for layer, units in sample.units.items()},
        seed,
        quick,
        numbers,
        what.manifest.identity if isinstance(what, Index) else "",
    )


def _measured(sample: Sample, seed: int, stages: int, progress: bool | None) -> dict[str, Numbers]:
    many = len(sample.units)
    with tqdm(total=many * (4 + stages), unit="step", disable=hidden(progress)) as bar:
        return {
            "specific": specific(sample, seed, bar.update),
            "learned": learned(sample, seed, stages, bar.update),
            "structure": structure(sample, seed, bar.update),
            "agreement": agreement(sample, seed, bar.update),
            "convergence": convergence(sample, seed, bar.update),
        }
