"""Options that several commands share, and what is read from them: one word means one thing everywhere.

Where commands differ (what a layer is asked for, what --force writes over), a function makes the option.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from .notes import note
from .numbers import parse_maps, parse_share

if TYPE_CHECKING:
    from ..deconvnet import DeconvNet

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

# --- a network ------------------------------------------------------------------------------------------

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


def model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--model, --weights and --device, the same for every command that runs a network."""
    decorated: Callable[..., Any] = model_option(weights_option(device_option(command)))
    return decorated


def load(model: str, weights: str, device: str, precision: str = "fp32") -> "DeconvNet":
    """The network that these options name. Raises UnknownModel, and what else loading it raises."""
    from ..deconvnet import load_network

    dv, place = load_network(model, weights, device, precision)
    if place != "cpu":
        note(f"Running on {place}.")
    return dv


# --- what to show ---------------------------------------------------------------------------------------


def layers_option(help: str, required: bool = False) -> Decorator:
    """--layer, given once for each layer or family of layers; the command takes them as `layers`."""
    return click.option(
        "-l", "--layer", "layers", multiple=True, required=required, metavar="NAME|GLOB|all",
        help=f"{help}; repeatable.",
    )  # fmt: skip


def maps_option(usual: str) -> Decorator:
    """--maps, the feature maps of a layer; the command takes their numbers as `channels`, or None."""
    text = f"Its feature maps.  [default: {usual}]"
    return click.option("--maps", "channels", metavar="0-15,30", callback=_channels, help=text)


def _channels(ctx: click.Context, option: click.Parameter, text: str | None) -> list[int] | None:
    return parse_maps(text) if text else None


# --- how it looks ---------------------------------------------------------------------------------------

smooth_option = click.option(
    "--smooth", default=0.0, show_default=True, type=click.FloatRange(0, 10), help="Gaussian, in pixels of the input."
)


class Format(click.Choice[str]):
    """A format of pictures. `jpg` is let through: the library knows it as `jpeg`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """One of the choices, or `jpg`."""
        return "jpg" if value == "jpg" else super().convert(value, param, ctx)


def tile_option(least: int) -> Decorator:
    """--tile, of `least` pixels or more."""
    return click.option(
        "--tile", default=96, show_default=True, type=click.IntRange(least, 512), help="Pixels of a tile's side."
    )


# --- how it runs, and where it goes ---------------------------------------------------------------------


def shard_option(help: str) -> Decorator:
    """--shard, one part of several; the command takes it as two numbers, or None."""
    return click.option("--shard", metavar="i/N", callback=_share, help=help)


def _share(ctx: click.Context, option: click.Parameter, text: str | None) -> tuple[int, int] | None:
    """What click makes of `--shard`: a mistake in it is one of usage."""
    try:
        return parse_share(text) if text else None
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def batch_option(help: str) -> Decorator:
    """--batch-size; None: what suits the machine."""
    return click.option("--batch-size", type=click.IntRange(1), help=help)


def workers_option(help: str) -> Decorator:
    """--workers; None: what suits the machine."""
    return click.option("--workers", type=click.IntRange(1), help=help)


def force_option(help: str) -> Decorator:
    """--force, to write where something lies."""
    return click.option("--force", is_flag=True, help=help)


def json_option(help: str = "Print JSON.") -> Decorator:
    """--json; the command takes it as `as_json`."""
    return click.option("--json", "as_json", is_flag=True, help=help)
