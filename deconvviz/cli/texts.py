"""What the command line prints: tables of layers, lists of the strongest images, and what goes wrong."""

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tqdm import tqdm

from ..deconvnet import Pictured, Unit, short_number
from ..errors import UnknownUnit
from ..images import printable
from ..mirror import Layer, Layers, answered_as, mirrored
from ..scanning import Index, Ledger, read_manifest

HEADS = ("layer", "alias", "kind", "maps", "size", "jump", "receptive field", "mirror", "read after")


def layers_json(model: str, layers: Iterable[Layer]) -> str:
    """The table of layers as JSON."""
    return json.dumps({"schema_version": 1, "model": model, "layers": [asdict(layer) for layer in layers]})


def models_json(names: Sequence[str]) -> str:
    """The names of networks as JSON."""
    return json.dumps({"schema_version": 1, "models": names})


def pictures_json(records: Sequence[dict[str, Any]]) -> str:
    """What pictures show (`tell`) as JSON."""
    return json.dumps({"schema_version": 1, "pictures": records}, ensure_ascii=False, indent=1)


def layers_table(layers: Iterable[Layer]) -> list[str]:
    """The table of layers, a line each; columns that are empty throughout are left out."""
    rows = [HEADS, *(_cells(layer) for layer in layers)]
    shown = [n for n in range(len(HEADS)) if any(row[n] for row in rows[1:])]
    widths = [max(len(row[n]) for row in rows) for n in range(len(HEADS))]
    return ["  ".join(row[n].ljust(widths[n]) for n in shown).rstrip() for row in rows]


def mirror_line(name: str, table: Layers) -> str:
    """One line on a network that can be mirrored; NoMirrorRule names the layer that stops another."""
    rules = mirrored(table, table.graph.outputs)
    extended = sorted({answered_as(call) for call, rule in rules.items() if rule.extends_paper})
    beyond = f"; beyond the paper: {', '.join(extended)}" if extended else ""
    return f"{name} can be mirrored: {len(table)} layers{beyond}"


def _cells(layer: Layer) -> tuple[str, ...]:
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


# --- an index -------------------------------------------------------------------------------------------


def feature_maps(index: Index, texts: Sequence[str]) -> list[Unit]:
    """The feature maps that texts name, LAYER:MAP, also by globs; raises UnknownUnit for a position or an image."""
    asked = [Unit.parse(text) for text in texts]
    for unit, text in zip(asked, texts, strict=True):
        if unit != Unit(unit.layer, unit.channel):
            whole = f"{unit.layer}:{unit.channel}"
            raise UnknownUnit(f"{text}: an index lists whole feature maps, at their peaks in each image; write {whole}")
    return [Unit(name, unit.channel) for unit in asked for name in index.matching(unit.layer)]


def index_json(index: Index, units: Sequence[Unit], k: int | None) -> str:
    """The strongest images of some feature maps, their statistics, and what was skipped, as JSON."""
    skipped = [asdict(skipped) for skipped in index.skipped]
    listed = [_unit_record(index, unit, k) for unit in units]
    facts = {"schema_version": 1, "model": index.manifest.model, "images": index.manifest.images}
    whole = {**facts, "layers": index.layers, "skipped": skipped, "units": listed}
    return json.dumps(whole, indent=1, allow_nan=False)


def _unit_record(index: Index, unit: Unit, k: int | None) -> dict[str, Any]:
    facts = index.statistics(unit.layer, unit.channel)
    return {
        "unit": f"{unit.layer}:{unit.channel}",
        "class": index.class_name(unit.layer, unit.channel) or None,
        "dead": facts.dead,
        "count": facts.count,
        "mean": facts.mean,
        "deviation": facts.deviation,
        "maximum": facts.maximum if facts.count else None,
        "positive": facts.positive,
        "histogram": facts.histogram.tolist(),
        "edges": facts.edges.tolist(),
        "top": [
            {
                "activation": entry.activation,
                "row": entry.row,
                "column": entry.column,
                "number": entry.unit.image,
                "root": printable(entry.root),
                "image": printable(entry.name),
                "class": entry.category or None,
            }
            for entry in index.top(unit.layer, unit.channel, k)
        ],
    }


def unit_lines(index: Index, unit: Unit, k: int | None) -> list[str]:
    """The strongest images of a feature map, strongest first, below a line of statistics."""
    facts = index.statistics(unit.layer, unit.channel)
    name = printable(index.class_name(unit.layer, unit.channel))
    lines = [
        f"{unit.layer}:{unit.channel}  "
        + (f"{name}  " if name else "")
        + ("dead: " if facts.dead else "")
        + f"positive in {facts.positive} of {facts.count} images"
        + (f", maximum {short_number(facts.maximum)}, mean of the maxima " if facts.count else "")
        + (f"{short_number(facts.mean)} ± {short_number(facts.deviation)}" if facts.count else "")
    ]
    for entry in index.top(unit.layer, unit.channel, k):
        value = short_number(entry.activation)
        lines.append(f"  {value:>8}  {entry.unit.position:<8}  {printable(entry.name)}")
    return lines


def index_lines(index: Index) -> list[str]:
    """What an index holds: its making, layers, and images that were skipped."""
    m = index.manifest
    lines = [f"{m.model}: the {m.top} strongest of {m.images} images for each feature map"]
    lines += [f"  {name}  {channels} maps" for name, channels in index.layers.items()]
    return lines + [f"Skipped: {skipped.place}: {skipped.reason}" for skipped in index.skipped]


def skipped_line(index: Index | None, folder: Path) -> str:
    """How many images a scan has skipped and where they are listed; without an index, what its parts say. Or ""."""
    count = len(index.skipped) if index else Ledger(folder, read_manifest(folder)).skipped()
    where = (
        f"all are listed by: deconvviz top {folder}" if index else "they are listed by deconvviz top after the merge"
    )
    return f"{count} images skipped; {where}" if count else ""


def tell(made: Iterable[Pictured], count: int, paths: bool) -> tuple[list[dict[str, Any]], int]:
    """Print each picture's path (if `paths`) once it is written, and what is skipped.

    Returns the records of all, and how many were skipped.
    """
    records, skipped = [], 0
    for done in tqdm(made, total=count, unit="image", disable=None if count > 1 else True):
        records.append(done.record)
        skipped += bool(done.skipped)
        if done.skipped:
            tqdm.write(f"Skipped: {done.skipped}", file=sys.stderr)
        elif paths:
            tqdm.write(str(done.picture), file=sys.stdout)
    return records, skipped


class Problems:
    """Counts what is left out, and shows the first five, also while a progress bar is drawn."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, problem: object) -> None:
        """One more."""
        self.count += 1
        if self.count <= 5:
            tqdm.write(f"Skipped: {problem}", file=sys.stderr)
