"""Commands that ask something of a network by its projections, and measure the answer."""

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .exits import end
from .options import (
    RULES,
    UNPOOLINGS,
    Decorator,
    json_option,
    layers_option,
    load,
    look_options,
    model_options,
)

if TYPE_CHECKING:
    from ..deconvnet import NetworkFrom

sources_argument = click.argument("sources", nargs=-1, required=True, metavar="INDEX|IMAGE...")


def outputs_option(usual: str) -> Decorator:
    """-o, once or several times; the command takes the paths as `outputs`."""
    return click.option(
        "-o", "--output", "outputs", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
        help="A figure (.png, .jpg, .webp, .pdf, .svg), a page (.html) or the numbers (.json); repeatable.  "
        f"[default: {usual}]",
    )  # fmt: skip


@click.command()
@sources_argument
@model_options()
@click.option(
    "-u", "--unit", "units", multiple=True, metavar="LAYER:MAP[@ROW,COL][#IMAGE]",
    help="A unit to show, of an index a whole feature map; repeatable. Wins over --layer.",
)  # fmt: skip
@layers_option("A layer whose strongest units are shown")
@click.option("--top", default=2, show_default=True, type=click.IntRange(1, 100), help="Units a layer, images a map.")
@click.option("--rule", "rules", multiple=True, type=click.Choice(RULES), help="A rule to show; repeatable.")
@click.option(
    "--unpool", "unpools", multiple=True, type=click.Choice(UNPOOLINGS), help="A way to unpool to show; repeatable."
)
@click.option("--one-scale", is_flag=True, help="Scale all projections of a row alike, rather than each by itself.")
@click.option("--tile", default=96, show_default=True, type=click.IntRange(32, 512), help="Pixels of a tile's side.")
@look_options
@outputs_option("compare.png")
@json_option("Print how far the pictures are apart, as JSON.")
def compare(
    sources: Sequence[str], network: "NetworkFrom", units: Sequence[str], layers: Sequence[str],
    rules: Sequence[str], unpools: Sequence[str], outputs: Sequence[Path], as_json: bool, **how: Any,
) -> None:  # fmt: skip
    """Show units by several rules side by side: what is the unit's, and what the switches of the image draw.

    Of images the strongest units of four layers; of an INDEX the feature maps with the highest peaks, in their
    strongest images; or those of --unit. All nine rules, unless some are named. The last column is drawn by
    all feature maps at the unit's place alike: it owes nothing to the unit.
    """
    from ..studies import compare as run
    from .texts import Problems

    problems = Problems()
    outputs = _checked(outputs or [Path("compare.png")])
    what, images = _opened(sources, network)
    result = run(
        what, images, units, rules=rules or RULES, unpools=unpools or UNPOOLINGS, layers=layers, report=problems,
        progress=None, **how,
    )  # fmt: skip
    _saved(result, outputs, as_json)
    end(problems.count)


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="INDEX|MODEL|IMAGE...")
@model_options(projecting=True)
@layers_option("A layer to measure")
@click.option("--maps", type=click.IntRange(2, 1000), help="Feature maps a layer, drawn by lot.  [default: 24]")
@click.option("--images", "count", type=click.IntRange(1), help="How many of them, spread over all.  [default: 64]")
@click.option("--quick", is_flag=True, help="8 maps of four layers in 16 images.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Of all that is drawn by lot.")
@outputs_option("trust.html and trust.png, of an INDEX in its folder")
@json_option("Print the numbers as JSON.")
def trust(
    sources: Sequence[str], network: "NetworkFrom", outputs: Sequence[Path], as_json: bool, **how: Any
) -> None:  # fmt: skip
    """Measure how far a network's projections can be trusted, on these very images.

    Do they depend on the unit, on what was learned, on the switches; does the network recognise them; do
    signals converge? Each with its source, and what a useless method would give. INDEX: of `deconvviz scan`;
    the result is kept with it, and galleries show it. MODEL: a name, before its images; `shapes` has its own.
    """
    from ..scanning import Index
    from ..studies import trust as run
    from ..studies import write_trust
    from .texts import Problems

    problems = Problems()
    _checked(outputs)
    what, images = _opened(*_named(sources, network))
    if isinstance(what, Index) and how["count"] is not None:
        raise click.UsageError("--images chooses of images; an index has its own")
    result = run(what, images, report=problems, progress=None, **how)
    folder = Path()
    if isinstance(what, Index):
        folder = what.folder
        click.echo(str(write_trust(what, result)), err=as_json)
    _saved(result, outputs or [folder / "trust.html", folder / "trust.png"], as_json)
    end(problems.count)


def _named(sources: Sequence[str], network: "NetworkFrom") -> tuple[Sequence[str], "NetworkFrom"]:
    """The first source is the network's name, if it is one of those known and no file."""
    from ..network import model_names

    first, *rest = sources
    known = first in model_names() or first.startswith("timm:") or ".py:" in first
    if not known or Path(first).exists():
        return sources, network
    if not rest and first != "shapes":
        raise click.UsageError(f"{first} needs images to look at: deconvviz trust {first} IMAGE...")
    return rest or ["shapes:64"], replace(network, model=first, asked=True)


def _opened(sources: Sequence[str], network: "NetworkFrom") -> tuple[Any, Any]:
    """An index and None, or a network and where its images are."""
    from ..errors import UnusableIndex
    from ..images import find_images
    from ..scanning import is_manifest, network_of, open_index, read_manifest

    indexes = [source for source in sources if is_manifest(Path(source))]
    if not indexes:
        images = find_images(sources)  # before the network, which may take minutes to come
        return load(network), images
    if len(sources) > 1:
        raise UnusableIndex(f"{indexes[0]}: is an index, and is looked at alone")
    folder, manifest = Path(indexes[0]), read_manifest(Path(indexes[0]))
    asked = network_of(folder, manifest, network)
    return open_index(folder, asked.load(manifest.as_preprocess())), None


def _checked(outputs: Sequence[Path]) -> Sequence[Path]:
    """The paths, if results can be written there: said before any work."""
    from ..drawing import check_writable
    from ..studies import result_ending

    for path in outputs:
        result_ending(path)
        check_writable(path.parent)
    return outputs


def _saved(result: Any, outputs: Sequence[Path], as_json: bool) -> None:
    """Write the result to each of these paths; print these, or its numbers."""
    for path in outputs:
        result.save(path)
        click.echo(str(path), err=as_json)
    if as_json:
        click.echo(json.dumps(result.as_dict()))


COMMANDS = (compare, trust)
