"""What a gallery costs on top of the projections it shows.

    python -m benchmarks.gallery [--network NAME] [--images FOLDER] [--layer NAME]... [--maps N]

A gallery is made as `deconvviz gallery` makes it, some feature maps at a time. Before or after each of these steps, the
same units are projected alone. So both are measured within seconds of each other, and all is counted that the gallery
does: pictures of the images undone and written, memory that is new, sheets drawn, encoded and written. Pages, which
are written at the end, are not.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from time import perf_counter
from typing import Any

import deconvviz
from deconvviz import Index, Unit
from deconvviz.pages.facts import sections
from deconvviz.pages.gallery import style_of
from deconvviz.pages.kept import Work
from deconvviz.pages.pictures import Pictures
from deconvviz.pages.sheetmaking import make_sheets
from deconvviz.projection import Projection

from .measure import machine, median, seconds, table


class Measured:
    """An index that also projects alone what each step asks for: before the step and after it, turn about."""

    def __init__(self, index: Index, before: bool) -> None:
        self.index, self.before, self.since = index, before, 0.0
        self.steps = list[Sequence[Unit]]()
        self.alone, self.whole = list[float](), list[float]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.index, name)

    def stream(self, units: Sequence[Unit], report: Callable[[str], object]) -> Iterator[Projection]:
        """As the index would; between a step and the next the clock stands still."""
        self.stop()
        self.steps.append(units)
        if self._now():
            self._project()
        self.since = perf_counter()
        return self.index.stream(units, report)

    def stop(self) -> None:
        """A step ends."""
        if self.steps:
            self.whole.append(perf_counter() - self.since)
            if not self._now():
                self._project()

    def _now(self) -> bool:
        return (len(self.steps) % 2 == 1) == self.before

    def _project(self) -> None:
        self.alone.append(seconds(lambda: [None for _ in self.index.stream(self.steps[-1])]))


def measured(index: Index, work: Work, folder: Path, before: bool) -> Measured:
    """Make the sheets of a gallery once."""
    one = Measured(index, before)
    for _ in make_sheets(one, work, Pictures(folder, style_of(index)), print, lambda _: None):  # type: ignore[arg-type]
        pass
    one.stop()
    return one


def named(units: Sequence[Unit]) -> tuple[str, int]:
    """The layers of a step, and how many feature maps it has."""
    return " to ".join(dict.fromkeys([units[0].layer, units[-1].layer])), len({(u.layer, u.channel) for u in units})


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="squeezenet1_1")
    parser.add_argument("--images", default="shapes:200", help="a folder, or drawn pictures")
    parser.add_argument("--weights", default="none", help="as for deconvviz scan")
    parser.add_argument("--layer", action="append", default=[])
    parser.add_argument("--maps", type=int, help="so many of each layer, evenly spread (default: all)")
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    print(f"{machine('cpu')}\n")
    with tempfile.TemporaryDirectory() as folder:
        model = deconvviz.load_model(given.network, given.weights)
        index = deconvviz.scan(model, given.images, out=Path(folder) / "index", progress=False)
        assert index is not None  # this is no cluster
        maps = []
        for section in sections(index, given.layer, None, style_of(index)):
            alive = [number for number in section.maps if number not in set(index.dead(section.name))]
            maps += [(section, number) for number in alive[:: max(len(alive) // (given.maps or len(alive)), 1)]]
        runs = [measured(index, Work(maps), Path(folder) / f"{n}", before=n % 2 == 0) for n in range(given.rounds)]
    rows, total = [], [0.0, 0.0]
    for n, (layers, many) in enumerate(map(named, runs[0].steps)):
        alone, whole = median([run.alone[n] for run in runs]), median([run.whole[n] for run in runs])
        total = [total[0] + alone, total[1] + whole]
        row = (1e3 * part / many for part in (alone, whole, whole - alone))
        rows.append([layers, str(many), *(f"{value:.1f}" for value in row), f"{whole / alone - 1:+.0%}"])
    print(table(["layers", "maps", "projections, ms a map", "with sheets", "sheet", "more"], rows))
    print(
        f"\n{given.network}, {len(maps)} feature maps: projections {total[0]:.0f} s, with sheets {total[1]:.0f} s: "
        f"{total[1] / total[0] - 1:+.0%}"
    )


if __name__ == "__main__":
    main()
