"""What the pages of a gallery say of layers, feature maps and their making, in words."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..mirror import Method
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
    return "right after the first filter" if layer["depth"] == 1 else f"{layer['depth']} filters above the pixels"


def maps(layer: Mapping[str, Any]) -> str:
    """How many feature maps the layer has, or how many of them are shown."""
    count, of = layer["channels"], f" of {by(layer['size'])}" if layer["size"] else ""
    what = ("feature map" if layer["size"] else "unit") + ("s" if count != 1 else "")
    return f"{count} {what}{of}" if layer["shown"] == count else f"{layer['shown']} of {count} {what}{of}"


def dead(layer: Mapping[str, Any]) -> str:
    """How many of the maps shown are dead."""
    return f"{len(layer['dead'])} dead" if layer["dead"] else "none dead"


def several(names: Sequence[str]) -> str:
    """Names in a row: `conv1, conv2 and conv3`; of more than three, how many."""
    if len(names) > 3:
        return f"{len(names)} layers"
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names)


def count(layers: Sequence[Mapping[str, Any]]) -> str:
    """How many feature maps are shown of some layers."""
    return maps(layers[0]) if len(layers) == 1 else f"{sum(layer['shown'] for layer in layers):,} feature maps"


def lead(gallery: Mapping[str, Any], layers: Sequence[Mapping[str, Any]], seen: int) -> str:
    """What the page of these layers shows, of a scan that saw so many images."""
    which = f"the {gallery['top']} of {seen:,} images that excite it most"
    each = f"For each, {which}." if gallery["patches"] else f"For each, what it saw in {which}."
    if len(layers) > 1:
        return f"{count(layers)} in all. {each}"
    parts = [maps(layers[0]), sees(layers[0]), deep(layers[0]), dead(layers[0])]
    return f"{'; '.join(parts)}. {each}"


def lead_of_all(gallery: Mapping[str, Any], seen: int) -> str:
    """What a whole gallery shows, of a scan that saw so many images."""
    layers, total = gallery["layers"], sum(layer["shown"] for layer in gallery["layers"])
    which = f"the {gallery['top']} of {seen:,} images that excite it most"
    saw = f"of each, {which}, and what it saw in them" if gallery["patches"] else f"of each, what it saw in {which}"
    what = f"{total:,} feature map{'s' * (total != 1)} in {len(layers)} layer{'s' * (len(layers) != 1)}"
    return f"What {what} respond{'s' * (total == 1)} to: {saw}, carried back to pixels."


def alternative_text(layer: str, facts: MapFacts) -> str:
    """What a sheet shows, in words: `Top 9 of features.12 map 3, 6 of them dog`."""
    named = f"{layer} map {facts.channel}" + (f", the score of {facts.scores}," if facts.scores else "")
    if not facts.entries:
        return f"{named} is dead: no image excites it"
    like = f", {facts.liked} of them {facts.category}" if facts.liked else ""
    return f"Top {len(facts.entries)} of {named.rstrip(',')}{like}"


def made_of(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """How a gallery was made, line by line."""
    preprocess = facts["preprocess"] or {}
    where = f" of {', '.join(facts['sources'])}" if facts["sources"] else ""
    smoothed = f", smoothed by {facts['smoothing']:g} px" if facts["smoothing"] else ""
    precision = "float32" if facts["precision"] == "float32" else f"{facts['precision']} (switches in float32)"
    return [
        ("Network", f"{facts['model']}, weights with the fingerprint {facts['weights'][:12]}"),
        ("Images", f"{facts['images']:,}{where}, {facts['skipped'] or 'none'} skipped"),
        ("Input", f"{by(_pair(preprocess['size']))} pixels" if preprocess.get("size") else "as the images are"),
        ("Shown", f"the {facts['top']} strongest images of each feature map, one position in each"),
        ("Projections", f"by {method_of(facts)}, {precision}{smoothed}"),
        (
            "Scaling",
            "each tile by the 99.5 % quantile of its own magnitudes (nearly all zero: by the largest); grey is zero",
        ),
        ("Scan", facts["scan"][:12]),
        ("Made with", f"deconvviz {facts['deconvviz']}"),
    ]


def method_of(facts: Mapping[str, Any]) -> str:
    """By which way down a gallery's projections came."""
    return str(Method(facts["rule"], facts["unpool"]))


def _pair(size: int | Sequence[int]) -> Sequence[int]:
    return (size, size) if isinstance(size, int) else size
