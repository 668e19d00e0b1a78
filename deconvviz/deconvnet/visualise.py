"""The whole pipe in one call: image file → units → projections → one picture and its JSON record."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Any

from ..drawing import PICTURES, USUAL, Look, Page, check_writable, picture_ending, write_picture
from ..errors import DeconvvizError, UnreadableImage, UnsuitableInput, UnwritableOutput
from ..images import as_batch, printable
from ..mirror import Layer, Layers, mirrored, spread_over_depth
from ..version import __version__
from . import figures
from .asked import single_units
from .classes import class_score
from .contributions import check_part, layers_below
from .deconvnet import DeconvNet
from .figures import MOST_SHOWN, check_shown
from .projection import SCHEMA, Projection, unit_facts
from .units import Unit, images_of

SHOWN = {
    "effective": "the middle of each unit's receptive field, with 95 % of the projection's energy",
    "field": "each unit's receptive field",
}
"""What tiles show, by the frame of their look."""

DPI = 150
"""Dots an inch in print: a page of three blocks is as wide as a sheet of paper."""


def usual_layers(dv: DeconvNet, for_class: str | int | None = None, images: Iterable[Path] = ()) -> list[str]:
    """Four layers spread over the depth; says at once (NoMirrorRule) what cannot be mirrored.

    `for_class`: below the score of this class. `images`: where the network's input follows each picture, the layers are
    those for the first of these that can be read. Raises UnknownClass, UnknownLayer if there are none, and what the
    first image raises if none can be read.
    """
    table = _usual_table(dv, images)
    mirrored(table, table.graph.outputs)
    if for_class is not None:
        return layers_below(table, class_score(table, dv.model.categories, for_class), 4)
    return spread_over_depth(table, 4)


def _usual_table(dv: DeconvNet, images: Iterable[Path]) -> Layers:
    if dv.preprocess is None or dv.preprocess.usual_shape is not None:
        return dv.layers
    problems: list[DeconvvizError] = []
    for image in images:
        try:
            return dv.layers_for(as_batch(image, dv.preprocess).shape[1:])
        except (UnreadableImage, UnsuitableInput) as error:
            problems.append(error)
    if problems:
        raise problems[0]
    return dv.layers


@dataclass(frozen=True, eq=False)
class Pictured:
    """One image done: where its picture is and the record of all that it shows; or why it was skipped."""

    source: Path
    picture: Path | None
    record: dict[str, Any]
    skipped: str = ""


def picture_paths(sources: Sequence[Path], out: Path | None) -> list[Path]:
    """Where each image's picture goes: `out` is a file for one image, a folder for several.

    Without it, `gallery/`. Images of the same name get numbers. Raises UnwritableOutput for a file that is no picture
    by its name, and rather than write over one of the images.
    """
    single = len(sources) == 1 and out is not None and not out.is_dir()
    if out is not None and single and out.suffix:
        picture_ending(out)
    if out is not None and not single and (out.exists() or out.suffix.lower() in PICTURES) and not out.is_dir():
        raise UnwritableOutput(f"{out}: is a file; several images need a folder (-o FOLDER)")
    if single and out is not None and out.suffix:
        paths = [out]
    else:
        paths = []
        for source in sources:
            names = (f"{source.stem}{number}.png" for number in ("", *(f"-{n}" for n in range(2, len(sources) + 2))))
            paths.append(next(p for p in ((out or Path("gallery")) / name for name in names) if p not in paths))
    own = {source.resolve() for source in sources}
    for path in paths:
        if path.resolve() in own:
            raise UnwritableOutput(f"{path}: is one of the images themselves; choose another place with -o")
    return paths


def picture_files(
    dv: DeconvNet,
    sources: Iterable[Path],
    layers: Sequence[str],
    units: Sequence[Unit] = (),
    top: int = 9,
    out: Path | None = None,
    look: Look = USUAL,
    for_class: str | int | None = None,
) -> Iterator[Pictured]:
    """For each image file, one picture of its strongest units in `layers` (or of `units`), written at once.

    `layers`: names, aliases, globs, or `all`. `for_class`: those that contribute most to the score of this class, as
    for `DeconvNet.strongest`. A unit with an image is that of the image with this number alone; an image that none of
    the units is of has no picture. An image that cannot be read or taken is skipped and said so. Unknown layers and
    classes, images that are not there, more than MOST_SHOWN projections for one, and places that cannot be written to,
    raise before any image is read.
    """
    sources = list(sources)
    paths = picture_paths(sources, out)
    images_of([unit for unit in units if unit.image is not None], len(sources))
    asked = list(dict.fromkeys(unit.layer for unit in units)) or list(layers)
    if dv.preprocess is None or dv.preprocess.usual_shape is not None:
        found = dv.layers.matching(asked)  # an unknown layer is said before any image is read
        for number in range(len(sources)) if units else (0,):
            _check_shown(dv.layers, [unit for unit in units if unit.image in (None, number)], asked, top)
        if for_class is not None:
            check_part(dv.layers, found, class_score(dv.layers, dv.model.categories, for_class))
    for folder in {path.parent for path in paths}:
        check_writable(folder)
    for number, (source, path) in enumerate(zip(sources, paths, strict=True)):
        own = [replace(unit, image=None) for unit in units if unit.image in (None, number)]
        if units and not own:
            continue
        try:
            recording = dv.record(source, asked)
            table = dv.layers_for(recording.graph.input_shape)
            _check_shown(table, own, asked, top)
            shown = own or dv.strongest(recording, asked, top, for_class=for_class)
            if not shown:
                raise UnsuitableInput(f"{source}: nothing in {', '.join(asked)} contributes to class {for_class}")
            projections = dv.project(recording, shown)
        except (UnreadableImage, UnsuitableInput) as error:
            yield Pictured(source, None, {"image": str(source), "skipped": str(error)}, str(error))
            continue
        without = [] if own else [name for name in table.matching(asked) if name not in {u.layer for u in shown}]
        page, record = _draw(dv, table, source, projections, look, without)
        record["picture"] = str(path)
        write_picture(path, page, json.dumps(record), printable(source.name), DPI)
        yield Pictured(source, path, record)


def _check_shown(table: Layers, units: Sequence[Unit], layers: Sequence[str], top: int) -> None:
    """Raise UnsuitableInput for more than a picture can show: counted before anything is projected."""
    each = single_units((replace(unit, image=None) for unit in units), 1, lambda _: table)
    several = sum(1 for _ in islice(each, MOST_SHOWN + 1))
    strongest = sum(min(top, table[name].channels) for name in table.matching(layers)) if not units else 0
    check_shown(
        several + strongest,
        "name some positions (LAYER:MAP@ROW,COLUMN), or fewer layers or maps, or go through all by dv.stream in Python",
    )


def _draw(
    dv: DeconvNet,
    table: Layers,
    source: Path,
    projections: Sequence[Projection],
    look: Look,
    without: Sequence[str],
) -> tuple[Page, dict[str, Any]]:
    """The page and its record; `without`: the layers in which nothing contributes to the class."""
    model, names = dv.model, list(dict.fromkeys(p.unit.layer for p in projections))
    rows = [
        figures.Row(
            heading=_heading(table[name], name),
            remark=_remark(table[name], name),
            projections=[p for p in projections if p.unit.layer == name],
        )
        for name in names
    ]
    remarks = [
        f"{model.name}, weights {model.weights}; projected by {dv.method}" + _reduced(dv),
        f"tiles: {SHOWN[look.frame]}; {_said_of(look)}",
        "captions: " + "; ".join(_said_in_captions(projections)),
        *([f"nothing contributes to that score in {', '.join(without)}"] if without else []),
    ]
    page, made = figures.figure(rows, printable(source.name), remarks, projections[0].seen, look)
    record = {
        "schema_version": SCHEMA,
        "deconvviz": __version__,
        "model": model.name,
        "weights": model.weights,
        "precision": dv.signal_precision,
        **asdict(dv.method),
        "preprocess": asdict(dv.preprocess) if dv.preprocess else None,
        "image": str(source),
        "layers": [
            _layer_record(table[name], name, row, tiles) for name, row, tiles in zip(names, rows, made, strict=True)
        ],
    }
    return page, record


def _said_of(look: Look) -> str:
    """How the right tiles are made."""
    if look.view == "overlay":
        made = "the patch is as opaque as the projection is strong there, and grey where that is zero"
    else:
        made = "projections are scaled each by itself, grey is zero"
    more = (", in grey: the mean of their channels" if look.tone == "grey" else "") + (
        f", smoothed by {look.smoothing:g} px" if look.smoothing else ""
    )
    return f"{made}{more}; hatched is outside the image"


def _said_in_captions(projections: Sequence[Projection]) -> Iterator[str]:
    yield "number of the outline in the image, :feature map@row,column"
    yield "activation" + (" and class" if any(p.category for p in projections) else "")
    classes = dict.fromkeys(p.unit.for_class for p in projections if p.unit.contribution is not None)
    yield from (f"contribution to the score of {printable(name)}" for name in classes)


def _reduced(dv: DeconvNet) -> str:
    """What the picture says of its precision: nothing, if it is the network's own."""
    return ", in bfloat16" if dv.signal_precision == "bfloat16" else ""


def _heading(layer: Layer, name: str) -> str:
    names = dict.fromkeys([name, layer.name, layer.alias or name])
    return "  ·  ".join(names)


def _remark(layer: Layer, name: str) -> str:
    size = f" of {layer.size[0]} x {layer.size[1]}" if layer.size else ""
    field = layer.receptive_field
    sees = f"receptive field {field[0]} x {field[1]} px" if field else "sees the whole image"
    read = f", read after {layer.read_at}" if layer.read_at not in (name, layer.name) else ""
    what = "feature maps" if layer.size else "units"
    return f"{layer.channels} {what}{size}, {sees}{read}"


def _layer_record(layer: Layer, name: str, row: figures.Row, made: Sequence[figures.Made]) -> dict[str, Any]:
    return {
        "layer": name,
        "read_at": layer.read_at,
        "channels": layer.channels,
        "size": layer.size,
        "receptive_field": layer.receptive_field,
        "units": [unit_facts(p, how, frame) for p, (frame, how) in zip(row.projections, made, strict=True)],
    }
