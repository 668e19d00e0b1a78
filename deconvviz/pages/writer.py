"""Fill the templates and write the pages."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from ..deconvnet import short_number
from ..drawing import GAIN, compact, write_text
from . import assets, words
from .assets import Assets
from .commands import Origin, commands, trust_command
from .facts import MapFacts
from .names import sheet_name
from .on_images import OnImages

MOST_OF_A_CLASS = 48
"""Feature maps that the search for a class finds at most."""


@dataclass(frozen=True, eq=False)
class Listing:
    """A layer as a page lists it: its number in the gallery, its maps, and what its data says (`layer_json`)."""

    at: int
    maps: Sequence[MapFacts]
    data: Mapping[str, Any]


@dataclass(frozen=True)
class Inline:
    """What a page without a folder holds itself, as URIs: `sheets` by layer and map, whole `images` by number.

    `middle`: sheets of images that are not the strongest, by unit.
    """

    sheets: Mapping[tuple[int, int], str]
    middle: Mapping[str, str]
    images: Mapping[str, str]


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("deconvviz.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


# --- pages ----------------------------------------------------------------------------------------------


class Pages:
    """The pages of one gallery in `folder`; `facts`: what it says of itself (`gallery_json`).

    `greys`: of each layer the contrast of its maps in grey, by their numbers, for cards that a script makes.
    """

    def __init__(self, folder: Path, facts: Mapping[str, Any], origin: Origin) -> None:
        self.folder, self.facts, self.origin = folder, facts, origin
        self.greys = list[Mapping[int, float]]()

    def write_assets(self) -> None:
        """The stylesheet and the script."""
        for name, text in {"gallery.css": assets.style(), "gallery.js": assets.script()}.items():
            write_text(self.folder / "assets" / name, text)

    def write_layer(self, listing: Listing) -> Path:
        """The page of a layer, and its data."""
        file = self.facts["layers"][listing.at]["file"]
        self._write_data(f"data/{file}", "deconvvizLayer", listing.data)
        return write_text(self.folder / "layers" / f"{file}.html", self._layer_page([listing]))

    def write_single(self, path: Path, listings: Sequence[Listing], inline: Inline) -> Path:
        """All layers as one page that needs nothing beside it."""
        return write_text(path, self._layer_page(listings, inline))

    def write_index(self, first: Sequence[tuple[int, MapFacts]], starts: Sequence[Sequence[MapFacts]]) -> Path:
        """The first page: `first` a few maps (and their layers) to look at, then of each layer those to start at."""
        facts, layers = self.facts, self.facts["layers"]
        shown = [
            _shape(layer)
            | {
                "facts": ", ".join([words.deep(layer), words.maps(layer), words.sees(layer), words.dead(layer)]),
                "link": f"All {layer['shown']}",
                "cards": [self._card(at, m, "") for m in sorted(starts[at], key=lambda m: m.channel)],
            }
            for at, layer in enumerate(layers)
        ]
        lead = words.lead_of_all(facts, facts["images"] - facts["skipped"])
        page = self._render(
            "index.html",
            title=f"{facts['model']} · deconvviz",
            description=lead,
            lead=lead,
            assets=Assets(""),
            first=[self._card(at, m, "") | {"layer": _shape(layers[at])} for at, m in first],
            classes=any(m.category for maps in starts for m in maps),
            layers=shown,
            made=words.made_of(facts),
            page=self._page(self._with_greys()),
        )
        return write_text(self.folder / "index.html", page)

    def _with_greys(self) -> list[Mapping[str, Any]]:
        return [layer | {"grey": grey} for layer, grey in zip(self.facts["layers"], self.greys, strict=True)]

    def write_classes(self, classes: Mapping[str, Sequence[tuple[int, ...]]]) -> None:
        """For the search: of each class the feature maps that like it most: how many there are, and of the first
        layer, map, how many of how many images."""
        few = [
            (name, len(maps), sorted(maps, key=lambda m: -m[2])[:MOST_OF_A_CLASS])
            for name, maps in sorted(classes.items())
        ]
        self._write_data("classes", "deconvvizClasses", few)

    def write_images(self, on_images: OnImages) -> None:
        """For the search, of each image the maps that show it; and the page of images, with what it shows of each."""
        self._write_data("images", "deconvvizImages", on_images.listed())
        if not self.facts["patches"]:
            return
        for image in on_images.each():
            text = f"deconvvizImage({compact(image)});\n"
            write_text(self.folder / "image" / f"{image['number']:07d}.js", text)
        page = self._render(
            "image.html",
            title=f"Images · {self.facts['model']} · deconvviz",
            description=f"What the feature maps of {self.facts['model']} saw in an image.",
            assets=Assets(""),
            classes=any(category for _, _, category, _ in on_images.listed()),
            page=self._page(self._with_greys()),
        )
        write_text(self.folder / "image.html", page)

    def _write_data(self, name: str, function: str, content: Any) -> None:
        """Once as JSON, and once as a script that calls a function of the pages: from file:// they load no JSON."""
        data = compact(content)
        write_text(self.folder / f"{name}.json", f"{data}\n")
        write_text(self.folder / f"{name}.js", f"{function}({data});\n")

    def _layer_page(self, listings: Sequence[Listing], inline: Inline | None = None) -> str:
        """The page of one layer; or of several, with all they show inside."""
        layers, facts, here = self.facts["layers"], self.facts, [listing.at for listing in listings]
        entries = [
            layer | (commands(self.origin, facts, layer) if at in here else {}) for at, layer in enumerate(layers)
        ]
        names = words.several([layers[at]["layer"] for at in here])
        alone = len(here) == 1
        page = self._page(entries)
        return self._render(
            "layer.html",
            title=f"{names} · {facts['model']} · deconvviz",
            heading=names,
            alias=layers[here[0]]["alias"] if alone else None,
            description=f"{words.count([layers[at] for at in here])} of {names} in {facts['model']}: "
            "what each responds to.",
            lead=words.lead(facts, [layers[at] for at in here], listings[0].data["seen"]),
            assets=Assets("", inline=True) if inline else Assets("../"),
            index_href=None if inline else "../index.html",
            before=layers[here[0] - 1] if here[0] and not inline else None,
            after=layers[here[0] + 1] if here[0] + 1 < len(layers) and not inline else None,
            classes=any(m.category for listing in listings for m in listing.maps),
            lists=[self._list(listing, alone, inline) for listing in listings],
            page=page | {"images": inline.images, "middle": inline.middle} if inline else page,
            data=[listing.data for listing in listings] if inline else None,
        )

    def _list(self, listing: Listing, alone: bool, inline: Inline | None) -> dict[str, Any]:
        layer, at = self.facts["layers"][listing.at], listing.at
        cards = []
        for m in listing.maps:
            card = self._card(at, m, "../") | {"id": f"u{m.channel}" if alone else f"u{m.channel}-{at}"}
            card["data"] |= {"peak": f"{m.peak:.6g}", "mean": f"{m.mean:.6g}", "density": f"{m.density:.4g}"}
            if m.category:
                card["data"] |= {"class": sum(entry.category == m.category for entry in m.entries)}
            if m.liked:
                card["data"] |= {"likes": m.category}
            if inline and m.entries:
                card["src"] = inline.sheets[at, m.channel]
            cards.append(card)
        about = [words.maps(layer), words.sees(layer), words.dead(layer)]
        return _shape(layer) | {"at": at, "facts": ", ".join(about), "shown": len(cards), "cards": cards}

    def _page(self, layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """What the script needs; stars are kept by the scan, so that they outlive another look."""
        facts = self.facts
        return {"id": facts["scan"][:24], "model": facts["model"], "top": facts["top"], "layers": layers}

    def _render(self, template: str, **context: Any) -> str:
        facts = self.facts
        said = {name: facts[name] for name in ("model", "patches", "view", "tone", "frame", "top", "trust")}
        context = said | {"gain": GAIN, "method": words.method_of(facts)} | context
        context["trust_command"] = trust_command(self.origin, facts)
        return _environment().get_template(template).render(context) + "\n"

    def _card(self, at: int, facts: MapFacts, base: str) -> dict[str, Any]:
        """What the templates need of a feature map: its sheet, and what is said of it."""
        layer = self.facts["layers"][at]
        sheet = layer["sheet"]
        src = f"{base}sheets/{layer['file']}/{sheet_name(facts.channel)}.{sheet['ending']}"
        return {
            "id": None,
            "unit": f"{layer['layer']}:{facts.channel}",
            "number": facts.channel,
            "scores": f"score of {facts.scores}" if facts.scores else "",
            "dead": facts.dead,
            "src": src if facts.entries else None,
            "width": sheet["width"],
            "height": sheet["height"],
            "alt": words.alternative_text(layer["layer"], facts),
            "label": facts.label,
            "grey": f"{facts.grey:.3g}",
            "peak": short_number(facts.peak) if math.isfinite(facts.peak) else "",
            "data": {"number": facts.channel},
        }


def _shape(layer: Mapping[str, Any]) -> dict[str, Any]:
    """What the templates need of a layer: its names, and the proportions of its sheets."""
    sheet = layer["sheet"]
    return {
        "name": layer["layer"],
        "alias": layer["alias"],
        "file": layer["file"],
        "sharp": sheet["sharp"],
        "ratio": round(sheet["width"] / sheet["height"], 5),
        "block_ratio": round(sheet["block"] / sheet["height"], 5),
    }
