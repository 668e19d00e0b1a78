"""What a gallery costs on top of the projections it shows.

    python -m benchmarks.gallery [--network NAME] [--images FOLDER] [--weights FILE] [--layer NAME]... [--maps N]

`write_gallery` makes a gallery, some feature maps at a time. Before or after each of these steps, turn about, the same
units are projected alone, and the gallery waits. So both are measured within seconds of each other, and all is counted
that the gallery does. The rows are its steps, from the first projection to the last sheet; the total has what lies
between and after them too: the pages, and memory that is new.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from time import perf_counter
from typing import Any

import deconvviz
from deconvviz import Index, Unit
from deconvviz.deconvnet.projection import Projection
from deconvviz.pages.commands import USUAL
from deconvviz.scanning.feature_map import Entry

from .measure import machine, median, seconds, table


class WatchedIndex:
    """An index that measures what is made of its projections, and projects the same alone."""

    def __init__(self, index: Index, alone_first: bool) -> None:
        self.index, self.alone_first = index, alone_first
        self.step, self.since = list[Unit](), 0.0
        self.steps, self.maps, self.alone, self.whole = list[str](), list[int](), list[float](), list[float]()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.index, name)

    def stream(self, units: Iterable[Unit], report: Callable[[str], object]) -> Iterator[Projection]:
        """A step begins."""
        self.step = list(units)
        self.steps.append(" to ".join(dict.fromkeys([self.step[0].layer, self.step[-1].layer])))
        self.maps.append(len({(unit.layer, unit.channel) for unit in self.step}))
        if self.alone_first:
            self.project()
        self.since = perf_counter()
        return self.index.stream(self.step, report)

    def top(self, layer: str, channel: int, k: int | None = None) -> list[Entry]:
        """The gallery asks for what it shows next: if a step was under way, its last sheet is written now."""
        if self.step:
            self.whole.append(perf_counter() - self.since)
            if not self.alone_first:
                self.project()
            self.step, self.alone_first = [], not self.alone_first
        return self.index.top(layer, channel, k)

    def project(self) -> None:
        """What the gallery waits for."""
        self.alone.append(seconds(lambda: [None for _ in self.index.stream(self.step)]))


def written(index: Index, alone_first: bool, layers: list[str], **how: Any) -> tuple[WatchedIndex, float]:
    """Write a gallery once: its steps, and how long it took without what was projected alone."""
    watched = WatchedIndex(index, alone_first)
    with tempfile.TemporaryDirectory() as folder:
        whole = seconds(lambda: deconvviz.write_gallery(watched, folder, layers, **how))  # type: ignore[arg-type]
    return watched, whole - sum(watched.alone)


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="squeezenet1_1")
    parser.add_argument("--weights", default="none", help="as for deconvviz scan; none: random")
    parser.add_argument("--images", default="shapes:200", help="a folder, or drawn pictures")
    parser.add_argument("--layer", action="append", default=[])
    parser.add_argument("--maps", type=int, help="so many of each layer (default: all)")
    parser.add_argument("--tile", type=int, default=USUAL["tile"])
    parser.add_argument("--rounds", type=int, default=4, help="an even number: in every other one, alone comes first")
    given = parser.parse_args()
    print(f"{machine('cpu')}\n")
    with tempfile.TemporaryDirectory() as folder:
        model = deconvviz.load_model(given.network, given.weights)
        index = deconvviz.scan(model, given.images, out=Path(folder) / "index", progress=False)
        assert index is not None  # this is no cluster
        for layer in index.layers:
            index.project(layer, 0)  # what is prepared once is prepared now
        channels = range(given.maps) if given.maps else None
        runs = [
            written(index, n % 2 == 0, given.layer, channels=channels, tile=given.tile) for n in range(given.rounds)
        ]
    seen, rows = [watched for watched, _ in runs], []
    for n, (layers, many) in enumerate(zip(seen[0].steps, seen[0].maps, strict=True)):
        alone = 1e3 * median([watched.alone[n] for watched in seen]) / many
        sheet = 1e3 * median([watched.whole[n] - watched.alone[n] for watched in seen]) / many
        rows.append([layers, str(many), f"{alone:.1f}", f"{sheet:.1f}", f"{sheet / alone:+.0%}"])
    print(table(["layers", "maps", "projections, ms a map", "sheet on top", "more"], rows))
    print(f"\n{given.network}, {sum(seen[0].maps)} feature maps, tiles of {given.tile} pixels, each round:")
    for watched, whole in runs:
        alone = sum(watched.alone)
        sheets = f"sheets {sum(watched.whole) - alone:.0f} s more, all else {whole - sum(watched.whole):.0f} s"
        print(f"projections {alone:.0f} s, gallery {whole:.0f} s ({sheets}): {whole / alone - 1:+.0%}")


if __name__ == "__main__":
    main()
