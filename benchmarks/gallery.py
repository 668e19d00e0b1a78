"""What a gallery costs on top of the projections it shows.

    python -m benchmarks.gallery [--network NAME] [--images FOLDER] [--maps N]

Of each layer as many neighbouring feature maps as are made together are projected twice, turn about: alone, and drawn,
encoded and written as sheets. Times are weighted by how many maps each layer has. The whole pictures of the images
are read and written before: a gallery does that once for all its layers.
"""

import argparse
import tempfile
from pathlib import Path

import deconvviz
from deconvviz import Index
from deconvviz.pages.facts import Section, map_fact, sections
from deconvviz.pages.gallery import style_of
from deconvviz.pages.kept import Work
from deconvviz.pages.pictures import Pictures
from deconvviz.pages.sheetmaking import MAPS_TOGETHER, make_sheets

from .measure import machine, median, seconds, table


def projections_alone(index: Index, work: Work) -> None:
    """What the sheets show, as the gallery asks for it."""
    units = [entry.unit for section, number in work.maps for entry in map_fact(index, section, number).entries]
    for _ in index.stream(units):
        pass


def with_sheets(index: Index, work: Work, pictures: Pictures) -> None:
    """The same, drawn and written."""
    for _ in make_sheets(index, work, pictures, print, lambda _: None):
        pass


def measured(index: Index, section: Section, maps: int, rounds: int, pictures: Pictures) -> tuple[float, float]:
    """Milliseconds a feature map: projections alone, and with sheets."""
    alive = [(section, n) for n in section.maps if n not in set(index.dead(section.name))][:maps]
    if not alive:
        return 0.0, 0.0
    work = Work(alive)
    with_sheets(index, work, pictures)
    pairs = [
        (
            seconds(lambda: projections_alone(index, work)),
            seconds(lambda: with_sheets(index, work, pictures)),
        )
        for _ in range(rounds)
    ]
    return tuple(1e3 * median([pair[n] for pair in pairs]) / len(alive) for n in (0, 1))  # type: ignore[return-value]


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", default="squeezenet1_1")
    parser.add_argument("--images", default="shapes:200", help="a folder, or drawn pictures")
    parser.add_argument("--layer", action="append", default=[])
    parser.add_argument("--maps", type=int, default=MAPS_TOGETHER)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    print(f"{machine('cpu')}\n")
    with tempfile.TemporaryDirectory() as folder:
        model = deconvviz.load_model(given.network, "none")
        index = deconvviz.scan(model, given.images, out=Path(folder) / "index", progress=False)
        assert index is not None  # this is no cluster
        style = style_of(index)
        shown = sections(index, given.layer, None, style)
        pictures = Pictures(Path(folder) / "gallery", style)
        rows, total = [], [0.0, 0.0]
        for section in shown:
            alone, whole = measured(index, section, given.maps, given.rounds, pictures)
            maps = len(section.maps) - len(index.dead(section.name))
            total = [total[0] + alone * maps / 1e3, total[1] + whole * maps / 1e3]
            more = f"{whole / alone - 1:+.0%}" if alone else ""
            rows.append([section.name, str(maps), f"{alone:.1f}", f"{whole:.1f}", f"{whole - alone:.1f}", more])
        print(table(["layer", "maps", "projections, ms a map", "with sheets", "sheet", "more"], rows))
        print(
            f"\n{given.network}, whole gallery: projections {total[0]:.0f} s, with sheets {total[1]:.0f} s: "
            f"{total[1] / total[0] - 1:+.0%}"
        )


if __name__ == "__main__":
    main()
