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
        peaks = {m.channel: m.peak for m in maps}
        for facts in data["maps"]:
            for rank, entry in enumerate(facts["top"]):
                number, shown = entry["image"], entry["shown"]
                image = self._about.setdefault(number, {"number": number, **data["images"][str(number)], "units": []})
                image |= data["images"][str(number)]  # one layer may know its size, another not
                if shown is not None:
                    share = entry["activation"] / peaks[facts["map"]]
                    frame, scale = shown["frame"], float(f"{shown['scale']:.4g}")
                    image["units"].append((at, facts["map"], rank, round(share, 3), frame, scale))

    def listed(self) -> list[tuple[int, str | None, str | None, list[tuple[int, int]]]]:
        """Of each image its number, file, class, and the maps (and their layers) that show it: for the search."""
        return [
            (number, image["file"], image["class"], [(at, channel) for at, channel, *_ in image["units"]])
            for number, image in sorted(self._about.items())
        ]

    def each(self) -> list[dict[str, Any]]:
        """Of each image all that its page shows: the units by layer, those nearest to their peaks first."""
        return [
            {**image, "units": sorted(image["units"], key=lambda unit: (unit[0], -unit[3], unit[1]))}
            for _, image in sorted(self._about.items())
        ]
