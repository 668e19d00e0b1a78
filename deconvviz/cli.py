"""The command line: options in, one library call, paths out. The only file that knows click.

stdout carries written paths or JSON and nothing else; all else goes to stderr. Exit codes: 0 done,
1 error, 2 usage, 3 done but some inputs were skipped, 130 interrupted. torch is imported inside
commands, so that `--help` answers at once.
"""

import errno
import json
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from . import __version__
from .errors import DeconvvizError, UnknownModel

if TYPE_CHECKING:
    from .deconvnet import DeconvNet
    from .layers import Layer
    from .units import Unit

SKIPPED = 3
INTERRUPTED = 130


class Commands(click.Group):
    """Turns the errors that deconvviz raises on purpose into one line and exit code 1."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; this is the one place where errors become lines and exit codes."""
        try:
            return super().invoke(ctx)
        except DeconvvizError as error:
            click.echo(f"Error: {error}", err=True)
            ctx.exit(1)
        except KeyboardInterrupt:
            click.echo("Interrupted; what is written is complete.", err=True)
            ctx.exit(INTERRUPTED)
        except BrokenPipeError:  # `deconvviz layers | head`
            sys.stderr.close()
            ctx.exit(0)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            click.echo("Error: standard output cannot be written (no space left)", err=True)
            os._exit(1)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="deconvviz")
def main() -> None:
    """See what any unit of a convolutional network responds to (Zeiler & Fergus' deconvnet).

    Start with `deconvviz demo`, which needs no download, or with your own picture:

    \b
        deconvviz project cat.jpg
    """


def model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--model, --weights and --device, the same for every command that runs a network."""
    for option in (
        click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1, mps."),
        click.option(
            "--weights",
            default="DEFAULT",
            show_default=True,
            metavar="DEFAULT|NAME|FILE|none",
            help="torchvision's best weights, another name of theirs, a local state dict, or random ones.",
        ),
        model_option,
    ):
        command = option(command)
    return command


precision_option = click.option(
    "--precision",
    default="fp32",
    show_default=True,
    type=click.Choice(["fp32", "bf16", "auto"]),
    help="Of signals on the way down: bf16 is several times faster on processors with matrix units for it, and looks "
    "the same; auto takes it there.",
)

model_option = click.option(
    "-m",
    "--model",
    default="squeezenet1_1",
    show_default=True,
    metavar="NAME|shapes|FILE.py:FACTORY",
    help="The network; `deconvviz models` lists the names.",
)


@main.command()
@model_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def layers(model: str, as_json: bool) -> None:
    """List the layers of a network: everything that --layer accepts."""
    table = _load(model, "none", "cpu").layers
    if as_json:
        click.echo(json.dumps({"schema_version": 1, "model": model, "layers": [_row(r) for r in table.values()]}))
        return
    heads = ("layer", "alias", "kind", "maps", "size", "jump", "receptive field", "mirror", "read after")
    rows = [_cells(layer) for layer in table.values()]
    widths = [max(len(row[n]) for row in [heads, *rows]) for n in range(len(heads))]
    shown = [n for n in range(len(heads)) if any(row[n] for row in rows)]
    for row in [heads, *rows]:
        click.echo("  ".join(row[n].ljust(widths[n]) for n in shown).rstrip())


def _row(layer: "Layer") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(layer)


def _cells(layer: "Layer") -> tuple[str, ...]:
    return (
        layer.name,
        layer.alias or "",
        layer.kind,
        str(layer.channels),
        _by(layer.size, "vector"),
        _by(layer.jump, "-"),
        _by(layer.receptive_field, "whole image"),
        layer.mirror or "no rule",
        layer.read_at if layer.read_at != layer.name else "",
    )


def _by(size: tuple[float, float] | None, otherwise: str) -> str:
    if size is None:
        return otherwise
    return f"{size[0]:g}" if size[0] == size[1] else f"{size[0]:g}x{size[1]:g}"


@main.command()
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...", type=click.Path(path_type=Path))
@model_options
@precision_option
@click.option("-l", "--layer", "names", multiple=True, metavar="NAME", help="A layer to show; repeatable.")
@click.option(
    "-u", "--unit", "units", multiple=True, metavar="LAYER:MAP[@ROW,COL]", help="A unit to show; wins over --layer."
)
@click.option("--top", default=9, show_default=True, type=click.IntRange(1, 100), help="Feature maps a layer.")
@click.option(
    "--smooth", default=0.0, show_default=True, type=click.FloatRange(0, 10), help="Gaussian, in pixels of the input."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file for one image, a folder for several.")
@click.option("--json", "as_json", is_flag=True, help="Print what the pictures show, with scalings, as JSON.")
def project(
    images: Sequence[Path],
    model: str,
    weights: str,
    device: str,
    precision: str,
    names: Sequence[str],
    units: Sequence[str],
    top: int,
    smooth: float,
    output: Path | None,
    as_json: bool,
) -> None:
    """Show what the strongest feature maps of some layers respond to in each image.

    One picture for each image: image patches beside their projections, for each layer. Without --layer,
    four layers spread over the depth are chosen. Pictures go to gallery/ unless -o says where.
    """
    from tqdm import tqdm

    from .units import Unit
    from .visualise import picture_files

    asked = [Unit.parse(unit) for unit in units]
    dv = _load(model, weights, device, precision)
    chosen = _chosen_layers(dv, names, asked)
    made = picture_files(dv, images, chosen, asked, top, output, smooth)
    records, skipped = [], []
    for done in tqdm(made, total=len(images), unit="image", disable=None if len(images) > 1 else True):
        records.append(done.record)
        if done.skipped:
            skipped.append(done.skipped)
            tqdm.write(f"Skipped: {done.skipped}", file=sys.stderr)
        elif not as_json:
            tqdm.write(str(done.picture), file=sys.stdout)
    if as_json:
        click.echo(json.dumps({"schema_version": 1, "pictures": records}, ensure_ascii=False, indent=1))
    if skipped:
        if len(images) > 1:
            click.echo(f"{len(skipped)} of {len(images)} images skipped.", err=True)
        raise SystemExit(1 if len(skipped) == len(images) else SKIPPED)


def _load(name: str, weights: str, device: str, precision: str = "fp32") -> "DeconvNet":
    from .deconvnet import DeconvNet
    from .models import load_model, pick_device

    chosen = pick_device(device)
    model = load_model(name, weights)
    if model.preprocess is None:
        raise UnknownModel(
            f"{name}: gives a bare network; return deconvviz.Model(net, deconvviz.Preprocess(size, mean, std), "
            "'name'), so that pictures can become its input"
        )
    model.net.to(chosen)
    if str(chosen) != "cpu":
        click.echo(f"Running on {chosen}.", err=True)
    return DeconvNet(model, precision=precision)


def _chosen_layers(dv: "DeconvNet", names: Sequence[str], units: Sequence["Unit"]) -> list[str]:
    from .walk import mirrored

    if names or units:
        return list(names)
    table = dv.layers
    mirrored(table.graph, table.graph.outputs)  # say at once what cannot be mirrored
    chosen = table.spread_over_depth(4)
    click.echo(f"Layers: {', '.join(chosen)} (choose others with --layer).", err=True)
    return chosen


@main.command()
@click.option("-o", "--output", default="gallery/demo", show_default=True, type=click.Path(path_type=Path))
def demo(output: Path) -> None:
    """Show what the embedded network sees in its own drawn world: pictures and a page, no download."""
    from .demo import make_demo

    for path in make_demo(output):
        click.echo(str(path))
    click.echo(f"Open {output / 'index.html'} in a browser.", err=True)


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.option("--check", "checked", metavar="NAME", help="Say whether this network can be mirrored, or what stops it.")
def models(as_json: bool, checked: str | None) -> None:
    """List the networks that --model accepts, beside timm:NAME and your own FILE.py:FACTORY."""
    from .models import model_names

    if checked is not None:
        click.echo(_check(checked))
        return
    if as_json:
        click.echo(json.dumps({"schema_version": 1, "models": model_names()}))
        return
    for name in model_names():
        click.echo(name)


def _check(name: str) -> str:
    """One line on a network that can be mirrored; NoMirrorRule names the layer that stops another."""
    from .walk import mirrored

    table = _load(name, "none", "cpu").layers
    rules = mirrored(table.graph, table.graph.outputs)
    extended = sorted({str(call.operator.__name__).split(".")[0] for call, r in rules.items() if r.extends_paper})
    beyond = f"; beyond the paper: {', '.join(extended)}" if extended else ""
    return f"{name} can be mirrored: {len(table)} layers{beyond}"
