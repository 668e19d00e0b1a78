"""A part of a scan: what a range of images leaves behind, merged or not, and its form as a file.

The file is a npz without pickles; the same content gives the same bytes.
"""

import json
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import reduce
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import UnusableIndex
from ..images import Records
from .best import Best
from .sketch import Sketch
from .spread import Spread
from .tally import Integers, Tally


@dataclass(frozen=True)
class Skipped:
    """An image that could not be used: its number, where it is, and why."""

    number: int
    place: str
    reason: str

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}"


@dataclass(frozen=True, eq=False)
class Part:
    """What the images of the parts `numbers` (sorted) leave behind, for all feature maps of all layers in a row.

    `records`: where the images in the lists of `best` are, by number. `scan`: the identity of the scan that
    it belongs to, so that parts of different scans are never mixed. `sketch`: None in files of 0.1, which had none;
    `spread`: None unless the scan was to keep it.
    """

    scan: str
    numbers: tuple[int, ...]
    best: Best
    tally: Tally
    records: Records
    skipped: tuple[Skipped, ...]
    sketch: Sketch | None = None
    spread: Spread | None = None

    @property
    def listed(self) -> Integers:
        """The numbers of the images that are in a list, whose records are needed; some several times, and NONE."""
        lists = [self.best.images.ravel(), *([self.spread.images] if self.spread else [])]
        return np.concatenate(lists)

    def merge(self, other: "Part") -> "Part":
        """Both in one. Parts that this one holds already change nothing; raises UnusableIndex if only some are new."""
        if self.scan != other.scan:
            raise UnusableIndex("parts of different scans cannot be merged")
        mine, theirs = set(self.numbers), set(other.numbers)
        if theirs <= mine:
            return self
        if mine & theirs:
            if mine <= theirs:
                return other
            raise UnusableIndex(
                f"parts {ranges(mine & theirs)} are in two merged files that each hold others too: "
                "merge the files that those were made from"
            )
        both = Part(
            scan=self.scan,
            numbers=tuple(sorted(mine | theirs)),
            best=self.best.merge(other.best),
            tally=self.tally + other.tally,
            records=self.records,
            skipped=tuple(sorted((*self.skipped, *other.skipped), key=lambda skipped: skipped.number)),
            sketch=self.sketch + other.sketch if self.sketch and other.sketch else None,
            spread=self.spread.merge(other.spread) if self.spread and other.spread else None,
        )
        part = replace(both, records=self.records.merge(other.records.only(both.listed)))
        return part if len(part.records) <= 2 * len(self.records) else part.trimmed()

    def trimmed(self) -> "Part":
        """Without records of images that are in no list any more."""
        return replace(self, records=self.records.only(self.listed))

    def as_npz(self) -> bytes:
        """The file's bytes."""
        part = self.trimmed()
        skipped = json.dumps([[s.number, s.place, s.reason] for s in part.skipped])
        arrays: dict[str, Any] = {
            "scan": np.frombuffer(self.scan.encode(), np.uint8),
            "numbers": np.array(part.numbers, np.int64),
            **{f"best_{name}": array for name, array in vars(part.best).items()},
            **{f"tally_{name}": np.asarray(array) for name, array in vars(part.tally).items()},
            "record_numbers": part.records.numbers,
            "record_places": part.records.places,
            "record_ends": part.records.ends,
            "record_texts": np.frombuffer(part.records.texts, np.uint8),
            "skipped": np.frombuffer(skipped.encode(), np.uint8),
            **({f"sketch_{name}": array for name, array in vars(part.sketch).items()} if part.sketch else {}),
            **({f"spread_{name}": array for name, array in vars(part.spread).items()} if part.spread else {}),
        }
        buffer = BytesIO()
        np.savez_compressed(buffer, **arrays)
        return buffer.getvalue()


def read_part(path: Path) -> Part:
    """Read a part's file; raises UnusableIndex if it is none or is damaged."""
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return _from_arrays(arrays)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error, IndexError, TypeError) as error:
        raise UnusableIndex(
            f"{path}: is no part of a scan, or is damaged ({type(error).__name__}); remove it and scan again"
        ) from error


def read_label(path: Path) -> tuple[str, tuple[int, ...]] | None:
    """Which scan a file belongs to and which parts it holds, without reading all of it; None if it is damaged."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return file["scan"].tobytes().decode(), tuple(file["numbers"].tolist())
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return None


def count_skipped(path: Path) -> int:
    """How many images a part's file says could not be used, without reading all of it; 0 if it is damaged or gone."""
    try:
        with np.load(path, allow_pickle=False) as file:
            return len(json.loads(file["skipped"].tobytes()))
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
        return 0


def merge_all(parts: Iterable[Part]) -> Part:
    """Many in one, one after the other: memory holds two at a time."""
    return reduce(Part.merge, parts)


def _from_arrays(arrays: dict[str, NDArray[Any]]) -> Part:
    ends, texts = arrays["record_ends"], arrays["record_texts"].tobytes()
    starts = np.concatenate([[0], ends])[:-1].astype(np.int64)
    records = Records(arrays["record_numbers"], arrays["record_places"], starts, ends, texts)
    tally: dict[str, Any] = {n.removeprefix("tally_"): array for n, array in arrays.items() if n.startswith("tally_")}
    spread = {n.removeprefix("spread_"): array for n, array in arrays.items() if n.startswith("spread_")}
    sketch = Sketch(arrays["sketch_numbers"], arrays["sketch_bits"]) if "sketch_bits" in arrays else None
    part = Part(
        scan=arrays["scan"].tobytes().decode(),
        numbers=tuple(arrays["numbers"].tolist()),
        best=Best(**{name.removeprefix("best_"): a for name, a in arrays.items() if name.startswith("best_")}),
        tally=Tally(**{**tally, "count": int(tally["count"])}),
        records=records,
        skipped=tuple(Skipped(*entry) for entry in json.loads(arrays["skipped"].tobytes())),
        sketch=sketch,
        spread=Spread(**spread) if spread else None,
    )
    _check(part)
    return part


def _check(part: Part) -> None:
    """Raise ValueError unless what is kept beside the best fits them, and all images listed have records."""
    channels, sketch, spread = len(part.best.values), part.sketch, part.spread
    if sketch is not None and sketch.bits.shape != (len(sketch.numbers), channels):
        raise ValueError("the sketch is of other feature maps")
    if spread is not None and not len(spread.which) == len(spread.values) == len(spread.images):
        raise ValueError("the spread is cut")
    if spread is not None and not np.isin(spread.images, part.records.numbers).all():
        raise ValueError("the spread has images that are not known")


def ranges(numbers: Iterable[int]) -> str:
    """Whole numbers in short: `0-3, 7`.

    >>> ranges([3, 0, 1, 2, 7])
    '0-3, 7'
    """
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return ", ".join(f"{first}-{last}" if last > first else str(first) for first, last in runs)
