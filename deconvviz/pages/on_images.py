"""What a gallery says of each image: the feature maps that have it among their strongest, and where they saw what."""

from collections.abc import Mapping, Sequence
from typing import Any

from .facts import MapFacts


class OnImages:
    """Image by image, gathered layer by layer."""

    def __init__(self) -> None:
        self._about: dict[int, dict[str, Any]] = {}

    def add(self, at: int, maps: Sequence[MapFacts], data: Mapping[str, Any]) -> None:
        """What the maps of layer `at` saw in their images; `data`: of the layer (`layer_json`)."""
        for number, about in data["images"].items():  # one layer may know its size, another not; some show none of it
            self._about.setdefault(int(number), {"number": int(number), "units": []}).update(about)
        peaks = {m.channel: m.peak for m in maps}
        for facts in data["maps"]:
            for rank, entry in enumerate(facts["top"]):
                shown = entry["shown"]
                if shown is not None:
                    share = entry["activation"] / peaks[facts["map"]]
                    frame, scale = shown["frame"], float(f"{shown['scale']:.4g}")
                    unit = (at, facts["map"], rank, round(share, 3), frame, scale)
                    self._about[entry["image"]]["units"].append(unit)

    @property
    def numbers(self) -> frozenset[int]:
        """Of the images."""
        return frozenset(self._about)

    def listed(self) -> list[tuple[int, str | None, str | None, list[tuple[int, int]]]]:
        """Of each image its number, file, class, and the maps (and their layers) that show it: for the search."""
        return [
            (number, image["file"], image["class"], [(at, channel) for at, channel, *_ in image["units"]])
            for number, image in sorted(self._about.items())
        ]

    def each(self) -> list[dict[str, Any]]:
        """Of each image all that its page shows: the units by layer, those nearest to their peaks first."""
        numbers = sorted(self._about)
        return [
            {
                **self._about[number],
                "before": numbers[place - 1] if place else None,
                "after": numbers[place + 1] if place + 1 < len(numbers) else None,
                "units": sorted(self._about[number]["units"], key=lambda unit: (unit[0], -unit[3], unit[1])),
            }
            for place, number in enumerate(numbers)
        ]
