"""What a gallery says of layers and feature maps, beside their pictures."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..deconvnet import image_of
from ..drawing import enlarged
from ..errors import UnknownUnit
from ..images import printable
from ..mirror import Layer
from ..scanning import QUANTILES, Entry, Index, Statistics
from .asked import Selection, Style
from .layers import choose_layers
from .names import file_names
from .sheets import Layout, tile_size

OF_EACH = 3
"""Images shown of each quantile."""


@dataclass(frozen=True)
class Section:
    """One layer of a gallery: the feature maps it shows, and how their sheets are laid out.

    `name` as the index has it, `file`: its pages' name without ending, `row`: its line in the table of
    layers, `depth`: how many filters deep it lies, `sharp`: whether its tiles show enlarged pixels; `middle`: how the
    sheets are laid out that show images which are not the strongest, None if the index keeps none.
    """

    name: str
    file: str
    row: Layer
    depth: int
    channels: Sequence[int]
    layout: Layout
    sharp: bool
    middle: Layout | None = None

    def layout_of(self, facts: "MapFacts") -> Layout:
        """How the sheet of these images is laid out."""
        return self.middle if facts.middle and self.middle else self.layout


@dataclass(frozen=True, eq=False)
class MapFacts:
    """One feature map: its statistics, and its strongest images that excite it, strongest first.

    `category`: the class that most of these images have (the first of several), or ""; `scores`: the class whose
    score the feature map is, "" unless its layer is the classifier's output; `liked`: how many of the images have that
    class, if the map can be said to like it (`labels`), else 0; `grey`: what the contrast of its tiles is multiplied by
    where they are shown in grey; `alike`: the maps shown of the layer that are most like it, with their correlations;
    `middle`: whether its images are from the middle of its range instead.
    """

    channel: int
    statistics: Statistics
    entries: Sequence[Entry]
    category: str
    scores: str = ""
    liked: int = 0
    grey: float = 1.0
    alike: Sequence[tuple[int, float]] = ()
    middle: bool = False

    @property
    def label(self) -> str:
        """What class it likes, in words: `dog, 5 of 9`; or ""."""
        return f"{self.category}, {self.liked} of {len(self.entries)}" if self.liked else ""

    @property
    def dead(self) -> bool:
        """Whether no image excites it."""
        return self.statistics.dead

    @property
    def peak(self) -> float:
        """Its largest activation."""
        return self.statistics.maximum

    @property
    def mean(self) -> float:
        """The mean activation of the images shown."""
        return sum(e.activation for e in self.entries) / max(len(self.entries), 1)

    @property
    def density(self) -> float:
        """In what share of the images it fires."""
        return self.statistics.positive / max(self.statistics.count, 1)

    @property
    def concentration(self) -> float | None:
        """What share of the images shown have the commonest class; None where there are no classes."""
        same = sum(entry.category == self.category for entry in self.entries)
        return same / len(self.entries) if self.category else None

    @property
    def agreement(self) -> float:
        """How well the images shown agree, 0 to 1: the share of their commonest class.

        Where there are no classes: the weakest of their activations, as a share of the strongest.
        """
        if self.concentration is not None:
            return self.concentration
        return self.entries[-1].activation / self.peak if self.entries and self.peak > 0 else 0.0

    @property
    def images(self) -> tuple[int, ...]:
        """The numbers of the images shown."""
        return tuple(image_of(entry.unit) for entry in self.entries)


def sections(
    index: Index, selection: Selection, style: Style, say: Callable[[str], object] | None = None
) -> list[Section]:
    """The layers of a gallery; `say` is told of those left out, which have none of the channels.

    Raises UnknownLayer, UnknownUnit for channels that none of them has.
    """
    names, table, channels = choose_layers(index, selection.layers), index.network.layers, selection.channels
    check_channels(channels, {name: index.layers[name] for name in names})
    files = file_names(names)
    found = []
    for name in names:
        row, count = table[name], index.layers[name]
        chosen = range(count) if channels is None else sorted({channel for channel in channels if channel < count})
        field = (0, 0, *row.receptive_field) if row.receptive_field else None
        tile = tile_size(field, style.tile)
        layout = Layout(tile, selection.count(index), style.patches)
        if len(chosen):
            sharp = row.receptive_field is not None and enlarged(max(row.receptive_field), tile)
            middle = Layout(tile, OF_EACH * len(QUANTILES), style.patches) if index.manifest.quantiles else None
            found.append(Section(name, files[name], row, table.depth(name), list(chosen), layout, sharp, middle))
        elif say is not None:
            say(f"{name} is left out: it has feature maps 0 … {count - 1}")
    if not found:
        raise UnknownUnit(f"no feature maps are asked for of {', '.join(names)}")
    return found


def check_channels(channels: Sequence[int] | None, counts: Mapping[str, int]) -> None:
    """Raise UnknownUnit for channels that none of these layers has; `counts`: how many each has."""
    most = max(counts.values())
    beyond = [channel for channel in channels or () if not 0 <= channel < most]
    if beyond:
        raise UnknownUnit(f"there is no feature map {beyond[0]} in {', '.join(counts)}: they have 0 … {most - 1}")


def map_fact(index: Index, section: Section, channel: int, middle: bool = False) -> MapFacts:
    """Of one feature map that a layer's page shows: its strongest images, or those from the `middle` of its range."""
    if middle:
        best = [entry for some in index.middle(section.name, channel, OF_EACH).values() for entry in some]
    else:
        best = index.top(section.name, channel, section.layout.count)
    entries = [_printable(entry) for entry in best if entry.activation > 0]
    counted = Counter(entry.category for entry in entries if entry.category).most_common(1)
    statistics, scores = index.statistics(section.name, channel), index.class_name(section.name, channel)
    liked = counted[0][0] if counted else ""
    return MapFacts(channel, statistics, entries, liked, printable(scores), middle=middle)


def alike(index: Index, section: Section, k: int = 5) -> dict[int, list[tuple[int, float]]]:
    """Of each feature map shown of the layer those that are most like it, and how much: they rise and fall with it."""
    correlations, dead = index.correlations(section.name), set(index.dead(section.name))
    shown = [channel for channel in section.channels if channel not in dead]
    if correlations is None:
        return {}
    found = {}
    for channel in shown:
        others = sorted((-float(correlations[channel, n]), n) for n in shown if n != channel)[:k]
        found[channel] = [(n, -negative) for negative, n in others if negative < 0]
    return found


def map_facts(index: Index, section: Section, middle: bool = False) -> Iterator[MapFacts]:
    """Of all feature maps that a layer's page shows, one after the other."""
    return (map_fact(index, section, channel, middle) for channel in section.channels)


def _printable(entry: Entry) -> Entry:
    """With a file and a class that any text file can hold."""
    return Entry(entry.unit, name=printable(entry.name), category=printable(entry.category), root=entry.root)


def map_json(
    facts: MapFacts, sheet: Mapping[str, Any] | None, middle: tuple[MapFacts, Mapping[str, Any] | None] | None = None
) -> dict[str, Any]:
    """One feature map in a gallery's data: its statistics and its images, with what its sheet says of their tiles.

    `middle`: the same of its images from the middle of its range.
    """
    statistics = facts.statistics
    counted = [int(n) for n in statistics.histogram]
    used = [n for n, count in enumerate(counted) if count]
    first, last = (used[0], used[-1]) if used else (0, -1)
    return {
        "map": facts.channel,
        "dead": facts.dead,
        "peak": statistics.maximum if statistics.count else None,
        "mean_of_top": facts.mean,
        "mean": statistics.mean,
        "deviation": statistics.deviation,
        "positive": statistics.positive,
        "scores": facts.scores or None,
        "class": facts.category or None,
        "concentration": facts.concentration,
        "label": facts.label or None,
        "alike": [(channel, round(correlation, 2)) for channel, correlation in facts.alike],
        "histogram": {"first": first, "counts": counted[first : last + 1]},
        "top": _entries_json(facts, sheet),
        **({"middle": _entries_json(*middle)} if middle and middle[0].entries else {}),
    }


def _entries_json(facts: MapFacts, sheet: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    tiles = sheet["tiles"] if sheet else [None] * len(facts.entries)
    return [_entry_json(entry, tile) for entry, tile in zip(facts.entries, tiles, strict=True)]


def _entry_json(entry: Entry, tile: Mapping[str, Any] | None) -> dict[str, Any]:
    shown = (
        {name: tile[name] for name in ("box", "field", "frame", "energy", "scale", "quantile", "grey")}
        if tile
        else None
    )
    at = {"row": entry.row, "column": entry.column}
    return {"image": entry.unit.image, "activation": entry.activation, **at, "shown": shown}


def images_json(maps: Iterable[MapFacts], names: bool) -> dict[str, dict[str, Any]]:
    """The images that a layer's maps show, by number: their class, and their file if `names` are for visitors."""
    entries = {entry.unit.image: entry for facts in maps for entry in facts.entries}
    return {
        str(number): {"file": entry.name if names else None, "class": entry.category or None}
        for number, entry in sorted(entries.items())
    }
