"""Commands on a whole data set: scan it, join the shards of a scan, and see what an index holds."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .exits import end
from .notes import note
from .options import (
    batch_option,
    force_option,
    json_option,
    layers_option,
    load,
    look_options,
    maps_option,
    method_options,
    model_options,
    shard_option,
    tile_option,
    workers_option,
)

if TYPE_CHECKING:
    from ..deconvnet import NetworkFrom
    from ..drawing import Look

index_argument = click.argument("index", type=click.Path(path_type=Path))


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@model_options()
@layers_option("A layer to watch")
@click.option("--top", default=9, show_default=True, type=click.IntRange(1, 1000), help="Images kept a feature map.")
@click.option("-o", "--output", default="index", show_default=True, type=click.Path(path_type=Path))
@batch_option("Images run together.  [default: 16 on CPU, else 64]")
@workers_option("Threads that read pictures.  [default: cores, at most 8]")
@shard_option("Do every N-th part from the i-th, for `merge`.")
@click.option("--also-quantiles", is_flag=True, help="Keep images from the middle of each map's range, too.")
@click.option("--strict", is_flag=True, help="Stop at the first image that cannot be used.")
@force_option("Begin anew where a scan lies.")
def scan(
    sources: Sequence[str], network: "NetworkFrom", layers: Sequence[str], top: int, output: Path, **how: Any
) -> None:  # fmt: skip
    """Find the images that excite each feature map most, in a data set of any size.

    SOURCE: a folder, an image, a .tar shard, @LIST.txt, or - for a list on standard input; several are taken
    together. The same command goes on where an interrupted one stopped. Run it under torchrun, or with
    --shard on several machines. Without --layer, all rectified layers are watched.
    """
    from ..network import from_anywhere
    from ..scanning import scan as run
    from ..scanning import under_torchrun
    from .texts import Problems, skipped_line

    again, dv = from_anywhere(network.model, network.weights), load(network)
    index = run(dv, sources, layers, top, output, load=again, on_skip=Problems(), **how)
    if not (index or how["shard"]):
        return  # the first rank says it
    click.echo(str(output))
    if said := skipped_line(index, output):
        note(said)
        end(0 if under_torchrun() else 1)  # it would end all other ranks


@click.command()
@click.argument("folders", nargs=-1, required=True, metavar="INDEX...", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The index to write.")
@click.option("--partial", is_flag=True, help="Parts may be missing: the result is to be merged again.")
@force_option("Begin anew where another scan lies.")
def merge(folders: Sequence[Path], output: Path, partial: bool, force: bool) -> None:
    """Merge the shards of one scan (scan --shard) into one index."""
    from ..scanning import merge as run

    run(folders, output, partial, force)
    click.echo(str(output))


@click.command()
@index_argument
@click.argument("units", nargs=-1, metavar="[LAYER:MAP]...")
@click.option("--top", type=click.IntRange(1), help="Images a feature map.  [default: all in the index]")
@json_option()
def top(index: Path, units: Sequence[str], top: int | None, as_json: bool) -> None:
    """Print the images that excite feature maps most; without any, what the index holds and what was skipped."""
    from ..scanning import open_index
    from .texts import feature_maps, index_json, index_lines, unit_lines

    opened = open_index(index)
    asked = feature_maps(opened, units)
    lines = [line for unit in asked for line in unit_lines(opened, unit, top)] or index_lines(opened)
    click.echo(index_json(opened, asked, top) if as_json else "\n".join(lines))


@click.command()
@index_argument
@layers_option("A layer to show", required=True)
@maps_option("the first 16")
@click.option("-o", "--output", default="fig2.png", show_default=True, type=click.Path(path_type=Path))
@tile_option(16)
@method_options
@look_options
def figure(
    index: Path, layers: Sequence[str], channels: list[int] | None, output: Path, tile: int, look: "Look", **way: str
) -> None:
    """Draw Figure 2 from an index: for each feature map its strongest images beside their projections.

    A .png, .jpg, .webp, .svg or, for print, a .pdf, of 300 dots an inch. Several layers stand one below the other.
    """
    from ..scanning import open_index, write_index_figure
    from .texts import Problems

    problems = Problems()
    found = open_index(index)
    found.matching(layers)  # before the network is loaded
    click.echo(str(write_index_figure(found.by(**way), layers, channels, output, tile, look, problems)))
    end(problems.count)


COMMANDS = (scan, merge, top, figure)
