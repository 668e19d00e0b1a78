"""What the pages of a gallery say of layers, feature maps and their making, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from .facts import MapFacts


def by(size: Sequence[int] | None) -> str:
    """Rows and columns: `13 × 13`."""
    return "" if size is None else " × ".join(map(str, size))


def sees(layer: Mapping[str, Any]) -> str:
    """What a unit of the layer sees."""
    field = layer["receptive_field"]
    return f"each unit sees {by(field)} pixels" if field else "each unit sees the whole image"


def deep(layer: Mapping[str, Any]) -> str:
    """How deep the layer lies."""
    return "the first filter" if layer["depth"] == 1 else f"{layer['depth']} filters deep"


def maps(layer: Mapping[str, Any]) -> str:
    """How many feature maps the layer has, or how many of them are shown."""
    count, of = layer["channels"], f" of {by(layer['size'])}" if layer["size"] else ""
    what = "feature maps" if layer["size"] else "units"
    return f"{count} {what}{of}" if layer["shown"] == count else f"{layer['shown']} of {count} {what}{of}"


def dead(layer: Mapping[str, Any], count: int) -> str:
    """How many of all its maps are dead."""
    every = "" if layer["shown"] == layer["channels"] else f" of all {layer['channels']}"
    return f"{count}{every} dead" if count else "none dead"


def alternative_text(layer: str, facts: MapFacts) -> str:
    """What a sheet shows, in words: `Top 9 of features.12 map 3, mostly dog`."""
    if not facts.entries:
        return f"{layer} map {facts.number} is dead: no image excites it"
    same = round((facts.concentration or 0) * len(facts.entries))
    like = f", {'mostly' if 2 * same > len(facts.entries) else 'some'} {facts.category}" if same > 1 else ""
    return f"Top {len(facts.entries)} of {layer} map {facts.number}{like}"


def made_of(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How a gallery was made, line by line."""
    preprocess = facts["preprocess"] or {}
    precision = "float32" if facts["precision"] == "float32" else f"{facts['precision']} (switches in float32)"
    return [
        ("Network", f"{facts['model']}, weights {facts['weights'][:12]}"),
        ("Images", f"{', '.join(facts['sources']) or 'a data set'}: {facts['images']}, {facts['skipped']} skipped"),
        ("Input", f"{by(_pair(preprocess['size']))} pixels" if preprocess.get("size") else "as the images are"),
        ("Shown", f"the {facts['top']} strongest images of each feature map, one position in each"),
        ("Projections", precision + (f", smoothed by {facts['smoothing']:g} px" if facts["smoothing"] else "")),
        ("Scaling", "each tile by the 99.5 % quantile of its own values; zero is mid-grey"),
        ("Scan", facts["scan"][:12]),
        ("Made with", f"deconvviz {facts['deconvviz']}"),
    ]


def _pair(size: int | Sequence[int]) -> Sequence[int]:
    return (size, size) if isinstance(size, int) else size
