"""Options that several commands share, and what is read from them: one word means one thing everywhere.

Where commands differ (what a layer is asked for, what --force writes over), a function makes the option.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from .notes import note
from .numbers import parse_maps, parse_share, parse_size, parse_values

if TYPE_CHECKING:
    from ..deconvnet import DeconvNet, NetworkFrom

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def _read_by(parse: Callable[[str], Any]) -> Callable[[click.Context, click.Parameter, str | None], Any]:
    """What click makes of an option that is read so: a mistake in it is one of usage."""

    def read(ctx: click.Context, option: click.Parameter, text: str | None) -> Any:
        try:
            return None if text is None else parse(text)
        except ValueError as error:
            raise click.BadParameter(str(error)) from error

    return read


# --- a network ------------------------------------------------------------------------------------------


model_option = click.option(
    "-m", "--model", default="squeezenet1_1", show_default=True, metavar="NAME|shapes|FILE.py:FACTORY",
    help="The network; `deconvviz models` lists the names.",
)  # fmt: skip
precision_option = click.option(
    "--precision", default="fp32", show_default=True, type=click.Choice(["fp32", "bf16", "auto"]),
    help="Of signals on the way down. bf16 looks the same and is faster where the machine multiplies it; "
    "auto: there.",
)  # fmt: skip


RULES, UNPOOLINGS = ("deconvnet", "guided", "gradient"), ("switches", "centre", "spread")
"""What --rule and --unpool accept; the library knows them too, but with torch."""

rule_option = click.option(
    "--rule", default="deconvnet", show_default=True, type=click.Choice(RULES),
    help="What a rectification lets down: what is positive; what was active on the way up; or, guided, both.",
)  # fmt: skip
unpool_option = click.option(
    "--unpool", default="switches", show_default=True, type=click.Choice(UNPOOLINGS),
    help="Where poolings send it: to their maxima, the centres of their regions, or in equal shares to all of these.",
)  # fmt: skip


def method_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--rule and --unpool, the way down; the command takes them as `rule` and `unpool`."""
    return rule_option(unpool_option(command))


def model_options(
    weights: str = "DEFAULT", device: str = "auto", named: bool = True, projecting: bool = False
) -> Decorator:
    """All that says which network a command runs, and how; the command takes it as `network`, a `NetworkFrom`.

    `weights` and `device`: what they are if nothing is said; `named`: with --model; `projecting`: with --precision,
    and with --rule and --unpool.
    """
    options: list[Decorator] = [
        *[model_option] * named,
        *_network_options(weights, device),
        *[precision_option, rule_option, unpool_option] * projecting,
    ]

    def decorated(command: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(command)
        def with_network(*args: Any, **given: Any) -> Any:
            network = _network(click.get_current_context(), given)
            return command(*args, network=network, **{name: given[name] for name in given if name not in NETWORK})

        for option in reversed(options):
            option(with_network)
        return with_network

    return decorated


NETWORK = ("model", "weights", "device", "precision", "rule", "unpool", "size", "mean", "std")


def _network(ctx: click.Context, given: Mapping[str, Any]) -> "NetworkFrom":
    from ..deconvnet import NetworkFrom  # torch takes seconds: not before a command runs

    typed = [name for name in given if ctx.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE]
    return NetworkFrom(
        given.get("model", ""),
        given["weights"],
        given["device"],
        **{name: given[name] for name in ("precision", "rule", "unpool") if name in given},
        preprocessing={**(given["size"] or {}), **{name: given[name] for name in ("mean", "std") if given[name]}},
        asked="model" in typed or "weights" in typed,
    )


def _network_options(weights: str, device: str) -> list[Decorator]:
    return [
        click.option(
            "--weights", default=weights, show_default=True, metavar="DEFAULT|NAME|FILE|none",
            help="torchvision's best weights, another name of theirs, a local file of them, or random ones.",
        ),
        click.option("--device", default=device, show_default=True, help="auto, cpu, cuda, cuda:1, mps."),
        click.option(
            "--size", metavar="N|ROWSxCOLUMNS|any", callback=_read_by(parse_size),
            help="Pixels that pictures are resized and cut to; any: left at.  [default: the network's own]",
        ),
        click.option(
            "--mean", metavar="R,G,B|GREY", callback=_read_by(parse_values),
            help="Subtracted from values in [0, 1].  [default: the network's own, else ImageNet's]",
        ),
        click.option(
            "--std", metavar="R,G,B|GREY", callback=_read_by(parse_values),
            help="Divided by, then.  [default: the network's own, else ImageNet's]",
        ),
    ]  # fmt: skip


def load(network: "NetworkFrom") -> "DeconvNet":
    """The network that the options name. Raises UnknownModel, and what else loading it raises."""
    dv = network.load()
    if (place := dv.place) != "cpu":
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
frame_option = click.option(
    "--frame",
    default="effective",
    show_default=True,
    type=click.Choice(["effective", "field"]),
    help="What a tile shows: the middle of the receptive field, with 95 % of the energy, or all of it.",
)
tone_option = click.option(
    "--tone", default="colour", show_default=True, type=click.Choice(["colour", "grey"]),
    help="Of projections; grey: the mean of their channels.",
)  # fmt: skip


view_option = click.option(
    "--view", default="projection", show_default=True, type=click.Choice(["projection", "overlay"]),
    help="Beside each patch; overlay: the patch again, seen where the projection has energy.",
)  # fmt: skip


def look_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """All that says how tiles look; the command takes it as `look`, a `Look`."""

    @wraps(command)
    def with_look(*args: Any, frame: str, tone: str, smooth: float, view: str, **given: Any) -> Any:
        from ..drawing import Look

        return command(*args, look=Look(frame, tone, smooth, view), **given)

    for option in (smooth_option, view_option, tone_option, frame_option):
        option(with_look)
    return with_look


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
    return click.option("--shard", metavar="i/N", callback=_read_by(parse_share), help=help)


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
