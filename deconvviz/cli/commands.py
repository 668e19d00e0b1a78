"""The command line: options in, one library call, paths out. The only file that knows click.

stdout carries written paths or JSON and nothing else; all else goes to stderr. torch is imported
inside commands, so that `--help` answers at once.
"""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..version import __version__
from .exits import end, errors_become_lines

if TYPE_CHECKING:
    from ..deconvnet import DeconvNet


class Commands(click.Group):
    """Commands whose errors become one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with errors_become_lines():
            return super().invoke(ctx)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="deconvviz")
def main() -> None:
    """See what any unit of a convolutional network responds to (Zeiler & Fergus' deconvnet).

    Start with `deconvviz demo`, which needs no download, or with your own picture:

    \b
        deconvviz project cat.jpg
    """


model_option = click.option(
    "-m", "--model", default="squeezenet1_1", show_default=True, metavar="NAME|shapes|FILE.py:FACTORY",
    help="The network; `deconvviz models` lists the names.",
)  # fmt: skip
weights_option = click.option(
    "--weights", default="DEFAULT", show_default=True, metavar="DEFAULT|NAME|FILE|none",
    help="torchvision's best weights, another name of theirs, a local state dict, or random ones.",
)  # fmt: skip
device_option = click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1, mps.")
precision_option = click.option(
    "--precision", default="fp32", show_default=True, type=click.Choice(["fp32", "bf16", "auto"]),
    help="Of signals on the way down. bf16 looks the same and is faster where the machine multiplies it; auto: there.",
)  # fmt: skip
gallery_force_option = click.option("--force", is_flag=True, help="Write over another gallery or other files there.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
smooth_option = click.option(
    "--smooth", default=0.0, show_default=True, type=click.FloatRange(0, 10), help="Gaussian, in pixels of the input."
)


def model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--model, --weights and --device, the same for every command that runs a network."""
    decorated: Callable[..., Any] = model_option(weights_option(device_option(command)))
    return decorated


@main.command()
@model_option
@json_option
def layers(model: str, as_json: bool) -> None:
    """List the layers of a network: everything that --layer accepts."""
    from .texts import layers_json, layers_table

    table = _load(model, "none", "cpu").layers
    click.echo(layers_json(model, table.values()) if as_json else "\n".join(layers_table(table.values())))


@main.command()
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...", type=click.Path(path_type=Path))
@model_options
@precision_option
@click.option("-l", "--layer", "names", multiple=True, metavar="NAME", help="A layer to show; repeatable.")
@click.option(
    "-u", "--unit", "units", multiple=True, metavar="LAYER:MAP[@ROW,COL]", help="A unit to show; wins over --layer."
)
@click.option("--top", default=9, show_default=True, type=click.IntRange(1, 100), help="Feature maps a layer.")
@smooth_option
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file for one image, a folder for several.")
@click.option("--json", "as_json", is_flag=True, help="Print what the pictures show, with scalings, as JSON.")
def project(
    images: Sequence[Path], model: str, weights: str, device: str, precision: str,
    names: Sequence[str], units: Sequence[str], top: int, smooth: float, output: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Show what the strongest feature maps of some layers respond to in each image.

    One picture for each image: image patches beside their projections, for each layer. Without --layer,
    four layers spread over the depth are chosen. Pictures go to gallery/ unless -o says where.
    """
    from ..deconvnet import Unit, picture_files, usual_layers
    from .texts import pictures_json, tell

    asked = [Unit.parse(unit) for unit in units]
    dv = _load(model, weights, device, precision)
    chosen = names if names or units else usual_layers(dv)
    if chosen is not names:
        _note(f"Layers: {', '.join(chosen)} (choose others with --layer).")
    made = picture_files(dv, images, chosen, asked, top, output, smooth)
    records, skipped = tell(made, len(images), paths=not as_json)
    if as_json:
        click.echo(pictures_json(records))
    if skipped and len(images) > 1:
        _note(f"{skipped} of {len(images)} images skipped.")
    end(skipped, len(images))


def _load(name: str, weights: str, device: str, precision: str = "fp32") -> "DeconvNet":
    from ..deconvnet import load_network

    dv, place = load_network(name, weights, device, precision)
    if place != "cpu":
        _note(f"Running on {place}.")
    return dv


def _note(text: str) -> None:
    click.echo(text, err=True)


def _written(page: Path) -> None:
    click.echo(str(page))
    _note(f"Open {page} in a browser.")


@main.command()
@click.option("-o", "--output", default="gallery/demo", show_default=True, type=click.Path(path_type=Path))
@gallery_force_option
def demo(output: Path, force: bool) -> None:
    """Make a gallery of the embedded network on pictures of its own drawn world; nothing is downloaded."""
    from ..pages import make_demo

    _written(make_demo(output, force, say=_note))


@main.command()
@json_option
@click.option("--check", "checked", metavar="NAME", help="Say whether this network can be mirrored, or what stops it.")
def models(as_json: bool, checked: str | None) -> None:
    """List the networks that --model accepts, beside timm:NAME and your own FILE.py:FACTORY."""
    from ..network import model_names
    from .texts import mirror_line, models_json

    if checked is not None:
        click.echo(mirror_line(checked, _load(checked, "none", "cpu").layers))
    else:
        names = model_names()
        click.echo(models_json(names) if as_json else "\n".join(names))


# --- a whole data set -----------------------------------------------------------------------------------

index_argument = click.argument("index", type=click.Path(path_type=Path))


def _share(ctx: click.Context, option: click.Parameter, text: str | None) -> tuple[int, int] | None:
    """What click makes of `--shard`: a mistake in it is one of usage."""
    from .texts import parse_share

    try:
        return parse_share(text) if text else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


@main.command()
@click.argument("sources", nargs=-1, required=True, metavar="SOURCE...")
@model_options
@click.option("-l", "--layer", "names", multiple=True, metavar="NAME|GLOB|all", help="A layer to watch; repeatable.")
@click.option("--top", default=9, show_default=True, type=click.IntRange(1, 1000), help="Images kept a feature map.")
@click.option("-o", "--output", default="index", show_default=True, type=click.Path(path_type=Path))
@click.option("--batch-size", type=click.IntRange(1), help="Images run together.  [default: 16 on CPU, else 64]")
@click.option("--workers", type=click.IntRange(1), help="Threads that read pictures.  [default: cores, at most 8]")
@click.option("--shard", metavar="i/N", callback=_share, help="Do every N-th part from the i-th, for `merge`.")
@click.option("--strict", is_flag=True, help="Stop at the first image that cannot be used.")
@click.option("--force", is_flag=True, help="Begin anew where a scan lies.")
def scan(
    sources: Sequence[str], model: str, weights: str, device: str, names: Sequence[str],
    top: int, output: Path, **how: Any,
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

    load, dv = from_anywhere(model, weights), _load(model, weights, device)
    index = run(dv, sources, names, top, output, load=load, on_skip=Problems(), **how)
    if not (index or how["shard"]):
        return  # the first rank says it
    click.echo(str(output))
    if said := skipped_line(index, output):
        _note(said)
        end(0 if under_torchrun() else 1)  # it would end all other ranks


@main.command()
@click.argument("folders", nargs=-1, required=True, metavar="INDEX...", type=click.Path(path_type=Path))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The index to write.")
@click.option("--partial", is_flag=True, help="Parts may be missing: the result is to be merged again.")
@click.option("--force", is_flag=True, help="Begin anew where another scan lies.")
def merge(folders: Sequence[Path], output: Path, partial: bool, force: bool) -> None:
    """Merge the shards of one scan (scan --shard) into one index."""
    from ..scanning import merge as run

    run(folders, output, partial, force)
    click.echo(str(output))


@main.command()
@index_argument
@click.argument("units", nargs=-1, metavar="[LAYER:MAP]...")
@click.option("--top", type=click.IntRange(1), help="Images a feature map.  [default: all in the index]")
@json_option
def top(index: Path, units: Sequence[str], top: int | None, as_json: bool) -> None:
    """Print the images that excite feature maps most; without any, what the index holds and what was skipped."""
    from ..deconvnet import Unit
    from ..scanning import open_index
    from .texts import index_json, index_lines, unit_lines

    asked, opened = [Unit.parse(unit) for unit in units], open_index(index)
    lines = [line for unit in asked for line in unit_lines(opened, unit, top)] or index_lines(opened)
    click.echo(index_json(opened, asked, top) if as_json else "\n".join(lines))


@main.command()
@index_argument
@click.option("-l", "--layer", required=True, metavar="NAME", help="The layer to show.")
@click.option("--maps", metavar="0-15,30", help="Its feature maps.  [default: the first 16]")
@click.option("-o", "--output", default="fig2.png", show_default=True, type=click.Path(path_type=Path))
@click.option("--tile", default=96, show_default=True, type=click.IntRange(16, 512), help="Pixels of a tile's side.")
@smooth_option
def figure(index: Path, layer: str, maps: str | None, output: Path, tile: int, smooth: float) -> None:
    """Draw Figure 2 from an index: for each feature map its strongest images beside their projections.

    A .png or, for print, a .pdf of 300 dots an inch.
    """
    from ..scanning import open_index, write_index_figure
    from .texts import Problems, parse_maps

    problems, chosen = Problems(), parse_maps(maps) if maps else None
    click.echo(str(write_index_figure(open_index(index), layer, chosen, output, tile, smooth, problems)))
    end(problems.count)


# --- galleries ------------------------------------------------------------------------------------------


@main.command()
@click.argument("sources", nargs=-1, required=True, metavar="INDEX|SOURCE...")
@model_options
@precision_option
@click.option("-l", "--layer", "names", multiple=True, metavar="NAME|GLOB|all", help="A layer to show; repeatable.")
@click.option("--maps", metavar="0-15,30", help="Its feature maps.  [default: all]")
@click.option("--top", type=click.IntRange(1, 100), help="Images a feature map.  [default: 9, or all in the INDEX]")
@click.option("--batch-size", type=click.IntRange(1), help="Images scanned together.")
@click.option("--workers", type=click.IntRange(1), help="Threads that read pictures for a scan.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The folder to write.")
@click.option("--no-patches", is_flag=True, help="Projections only: no image, and no name of one.")
@click.option("--single-file", is_flag=True, help="A selection as one HTML file, everything in it.")
@click.option("--tile", default=96, show_default=True, type=click.IntRange(32, 512), help="Pixels of a tile's side.")
@click.option(
    "--image-format", default="webp", show_default=True, type=click.Choice(["webp", "png", "jpeg"]), help="Of sheets."
)
@smooth_option
@gallery_force_option
@click.pass_context
def gallery(
    ctx: click.Context, /, sources: Sequence[str], model: str, weights: str, device: str, precision: str,
    names: Sequence[str], maps: str | None, output: Path, no_patches: bool, single_file: bool, force: bool,
    top: int | None, tile: int, image_format: str, smooth: float, **scanning: Any,
) -> None:  # fmt: skip
    """Write a gallery: a static site of feature maps, to be opened by double click or put on a web server.

    From an INDEX that `deconvviz scan` made, or from images (as for scan), which are scanned first, into an
    index beside the gallery. The same command goes on where an interrupted one stopped.
    """
    from ..pages import make_gallery
    from .texts import Problems, parse_maps

    problems, skipped, typed = Problems(), Problems(), click.core.ParameterSource.COMMANDLINE
    style = {"patches": not no_patches, "image_format": image_format, "tile": tile, "smoothing": smooth}
    page = make_gallery(
        sources, output, names, parse_maps(maps) if maps else None, top,
        network=partial(_load, device=device, precision=precision), load=(model, weights),
        asked=any(ctx.get_parameter_source(name) is typed for name in ("model", "weights")),
        scanning={name: value for name, value in scanning.items() if value is not None}, style=style,
        single_file=single_file, force=force, on_skip=skipped, report=problems, say=_note,
    )  # fmt: skip
    _written(page)
    end(problems.count + skipped.count)


@main.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0: any that is free.")
def serve(folder: Path, port: int) -> None:
    """Serve a gallery on 127.0.0.1, for this machine alone; Ctrl-C ends it."""
    from ..pages import server

    with server(folder, port) as running:
        _note(f"http://127.0.0.1:{running.server_address[1]}/ shows {folder}; Ctrl-C ends it.")
        running.serve_forever()
