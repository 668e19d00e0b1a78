"""The demo: the embedded network on pictures of its own world, as Figure 2 of Zeiler & Fergus 2014.

For a selection of feature maps of each convolution: the nine pictures that excite it most, as patches,
beside the nine projections.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

from PIL import Image

from . import figures, output, shapes
from .deconvnet import DeconvNet
from .models import load_model
from .pages import write_demo_page
from .pages.writer import Plate
from .recording import Recording
from .units import Unit

PICTURES = 420  # of the embedded world: enough that nine of them agree on what a map likes
MAPS = 12  # shown of each layer


def make_demo(folder: Path) -> Iterator[Path]:
    """Write one picture for each convolution of the embedded network, then `index.html`; yield each path."""
    output.check_writable(folder)
    model = load_model("shapes")
    dv = DeconvNet(model)
    names = [name for name, layer in dv.layers.items() if layer.kind == "Conv2d"]
    recording = dv.record([shapes.image(number) for number in range(PICTURES)], names)
    plates = []
    for name in names:
        layer, chosen = dv.layers[name], choose_maps(dv.strongest_images(recording, name), MAPS)
        image = _figure(dv, recording, chosen)
        path = output.write_png(folder / f"{name}.png", image)
        field = layer.receptive_field or (shapes.SIZE, shapes.SIZE)
        remark = f"{len(chosen)} of {layer.channels} feature maps; each unit sees {field[0]} × {field[1]} pixels."
        numbers = ", ".join(str(units[0].channel) for units in chosen)
        alt = f"Top nine patches beside their projections for feature maps {numbers} of {name}"
        plates.append(Plate(path.name, image.width, image.height, name, remark, alt))
        yield path
    yield write_demo_page(
        folder,
        "What a small network sees",
        f"The embedded network of deconvviz tells {len(shapes.CLASSES)} kinds of drawn things apart. For some feature "
        f"maps of each convolution, the nine of {PICTURES} pictures that excite it most, beside what it saw in them.",
        plates,
    )


def choose_maps(by_map: Sequence[Sequence[Unit]], count: int) -> list[Sequence[Unit]]:
    """`count` maps worth showing, in map order: each has found something that recurs, and not the same.

    First come maps whose last picture here still excites them nearly as much as the first; dead maps are
    left out, and maps that like the same pictures as one already chosen, as far as there are others.
    """
    alive = [units for units in by_map if (units[-1].activation or 0) > 0]
    ranked = sorted(alive, key=lambda units: -(units[-1].activation or 0) / (units[0].activation or 1))
    chosen: list[Sequence[Unit]] = []
    for units in ranked:
        images = {unit.image for unit in units}
        if all(len(images & {unit.image for unit in other}) * 3 < len(images) for other in chosen):
            chosen.append(units)
    chosen += [units for units in ranked if units not in chosen]
    return sorted(chosen[:count], key=lambda units: units[0].channel)


def _figure(dv: DeconvNet, recording: Recording, maps: Sequence[Sequence[Unit]]) -> Image.Image:
    projections = dv.project(recording, [unit for units in maps for unit in units])
    count = len(maps[0])
    groups = [projections[start : start + count] for start in range(0, len(projections), count)]
    return figures.figure2([figures.Cell(figures.map_caption(group), group) for group in groups], count=count)
