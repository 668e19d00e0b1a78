"""Commands that look at one network and a few images: what can be asked, and pictures of it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .exits import end
from .notes import note
from .options import json_option, layers_option, load, look_options, model_options

if TYPE_CHECKING:
    from ..deconvnet import NetworkFrom
    from ..drawing import Look


@click.command()
@model_options(weights="none", device="cpu")
@json_option()
def layers(network: "NetworkFrom", as_json: bool) -> None:
    """List the layers of a network: everything that --layer accepts."""
    from .texts import layers_json, layers_table

    table = load(network).layers
    click.echo(layers_json(network.model, table.values()) if as_json else "\n".join(layers_table(table.values())))


@click.command()
@json_option()
@click.option("--check", "checked", metavar="NAME", help="Say whether this network can be mirrored, or what stops it.")
@model_options(weights="none", device="cpu", named=False)
def models(network: "NetworkFrom", as_json: bool, checked: str | None) -> None:
    """List the networks that --model accepts, beside timm:NAME and your own FILE.py:FACTORY."""
    from ..network import model_names
    from .texts import mirror_line, models_json

    if checked is not None:
        click.echo(mirror_line(checked, load(replace(network, model=checked)).layers))
    else:
        names = model_names()
        click.echo(models_json(names) if as_json else "\n".join(names))


@click.command()
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...", type=click.Path(path_type=Path))
@model_options(projecting=True)
@layers_option("A layer to show")
@click.option(
    "-u",
    "--unit",
    "units",
    multiple=True,
    metavar="LAYER:MAP[@ROW,COL][#IMAGE]",
    help="A unit to show, or with @* every one of a map; #0 in the first image alone. Wins over --layer.",
)
@click.option(
    "--for-class",
    metavar="NAME|NUMBER",
    help="Show the feature maps that contribute most to the score of this class; a part of a name must fit one alone.",
)
@click.option("--top", default=9, show_default=True, type=click.IntRange(1, 100), help="Feature maps a layer.")
@look_options
@click.option("-o", "--output", type=click.Path(path_type=Path), help="A file for one image, a folder for several.")
@json_option("Print what the pictures show, with scalings, as JSON.")
def project(
    images: Sequence[Path], network: "NetworkFrom", layers: Sequence[str], units: Sequence[str],
    for_class: str | None, top: int, look: "Look", output: Path | None, as_json: bool,
) -> None:  # fmt: skip
    """Show what the strongest feature maps of some layers respond to in each image.

    One picture for each image: image patches beside their projections, for each layer. Without --layer,
    four layers spread over the depth are chosen. Pictures go to gallery/ unless -o says where.
    """
    if units and for_class is not None:
        raise click.UsageError("--for-class chooses the feature maps itself: leave out --unit, or --for-class")
    from ..deconvnet import Unit, picture_files, usual_layers
    from .texts import pictures_json, tell

    asked = [Unit.parse(unit) for unit in units]
    dv = load(network)
    chosen = layers if layers or units else usual_layers(dv, for_class, images)
    if chosen is not layers:
        note(f"Layers: {', '.join(chosen)} (choose others with --layer).")
    made = picture_files(dv, images, chosen, asked, top, output, look, for_class)
    records, skipped = tell(made, len(images), paths=not as_json)
    if as_json:
        click.echo(pictures_json(records))
    if skipped and len(images) > 1:
        note(f"{skipped} of {len(images)} images skipped.")
    end(skipped, len(images))


COMMANDS = (layers, models, project)
