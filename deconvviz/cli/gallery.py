"""Commands of galleries: write one, write the demo's, and serve one to this machine."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .exits import end
from .notes import note, written
from .options import (
    Format,
    batch_option,
    force_option,
    layers_option,
    look_options,
    maps_option,
    model_options,
    tile_option,
    workers_option,
)

if TYPE_CHECKING:
    from ..deconvnet import NetworkFrom
    from ..drawing import Look

over_a_gallery = force_option("Write over another gallery or other files there.")


@click.command()
@click.argument("sources", nargs=-1, required=True, metavar="INDEX|SOURCE...")
@model_options(projecting=True)
@layers_option("A layer to show")
@maps_option("all")
@click.option("--top", type=click.IntRange(1, 100), help="Images a feature map.  [default: 9, or all in the INDEX]")
@batch_option("Images scanned together.")
@workers_option("Threads that read pictures for a scan.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="The folder to write.")
@click.option("--no-patches", is_flag=True, help="Projections only: no image, and no name of one.")
@click.option("--single-file", is_flag=True, help="A selection as one HTML file, everything in it.")
@tile_option(32)
@click.option(
    "--image-format", default="webp", show_default=True, type=Format(["webp", "png", "jpeg"]), help="Of sheets."
)
@look_options
@over_a_gallery
def gallery(
    sources: Sequence[str], network: "NetworkFrom", layers: Sequence[str], channels: list[int] | None, output: Path,
    no_patches: bool, single_file: bool, force: bool, top: int | None, tile: int, image_format: str, look: "Look",
    **scanning: Any,
) -> None:  # fmt: skip
    """Write a gallery: a static site of feature maps, to be opened by double click or put on a web server.

    From an INDEX that `deconvviz scan` made, or from images (as for scan), which are scanned first, into an
    index beside the gallery. The same command goes on where an interrupted one stopped.
    """
    from ..pages import Place, Selection, Style, Told, make_gallery
    from .texts import Problems

    problems, skipped = Problems(), Problems()
    page = make_gallery(
        sources,
        Selection(layers, channels, top),
        Style(not no_patches, image_format, tile, look),
        Place(output, single_file, force),
        network,
        Told(report=problems, say=note, on_skip=skipped),
        scanning={name: value for name, value in scanning.items() if value is not None},
    )  # fmt: skip
    written(page)
    end(problems.count + skipped.count)


@click.command()
@click.option("-o", "--output", default="gallery/demo", show_default=True, type=click.Path(path_type=Path))
@look_options
@over_a_gallery
def demo(output: Path, force: bool, look: "Look") -> None:
    """Make a gallery of the embedded network on pictures of its own drawn world; nothing is downloaded."""
    from ..pages import make_demo

    written(make_demo(output, force, say=note, look=look))


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--port", default=8000, show_default=True, type=click.IntRange(0, 65535), help="0: any that is free.")
def serve(folder: Path, port: int) -> None:
    """Serve a gallery on 127.0.0.1, for this machine alone; Ctrl-C ends it."""
    from ..pages import server

    with server(folder, port) as running:
        note(f"http://127.0.0.1:{running.server_address[1]}/ shows {folder}; Ctrl-C ends it.")
        running.serve_forever()


COMMANDS = (gallery, demo, serve)
