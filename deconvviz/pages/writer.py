"""Fill the templates and write the pages."""

import json
import math
import os
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from ..figures import number
from ..output import write_text
from . import words
from .facts import MapFacts
from .names import sheet_name

MOST_OF_A_CLASS = 48
"""Feature maps that the search for a class finds at most."""


@dataclass(frozen=True)
class Assets:
    """The stylesheet and the script: beside the pages at `base`, or written into them."""

    base: str
    inline: bool = False

    @property
    def style(self) -> Markup:
        """The stylesheet: our own text, not to be escaped."""
        return Markup(_template_text("gallery.css"))

    @property
    def script(self) -> Markup:
        """The script."""
        return Markup(_template_text("gallery.js"))


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("deconvviz.pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _template_text(name: str) -> str:
    return files("deconvviz.pages").joinpath("templates", name).read_text(encoding="utf-8")


def compact(content: Any) -> str:
    """JSON in as few bytes as can be."""
    return json.dumps(content, separators=(",", ":"), allow_nan=False)


# --- pages ----------------------------------------------------------------------------------------------


class Pages:
    """The pages of one gallery in `folder`.

    `facts`: what it says of itself; `index`: where its index lies; `load`: name and weights of its network, None
    for one of one's own; `dataset`: whether the images came from a data set of one's own.
    """

    def __init__(
        self, folder: Path, facts: Mapping[str, Any], index: Path, load: tuple[str, str] | None, dataset: bool
    ) -> None:
        self.folder, self.facts, self.load, self.dataset = folder, facts, load, dataset
        self.index = os.fspath(index) if facts["patches"] else index.name  # a public gallery names no folders

    def write_assets(self) -> None:
        """The stylesheet and the script."""
        for name in ("gallery.css", "gallery.js"):
            write_text(self.folder / "assets" / name, _template_text(name))

    def write_layer(self, at: int, maps: Sequence[MapFacts], data: Mapping[str, Any]) -> Path:
        """The page of layer number `at`, and its data: once as JSON and once as a script that pages can load."""
        file = self.facts["layers"][at]["file"]
        text = compact(data)
        write_text(self.folder / "data" / f"{file}.json", text + "\n")
        write_text(self.folder / "data" / f"{file}.js", f"deconvvizLayer({text});\n")
        page = self.layer_page(at, maps, data, Assets("../"), "../index.html")
        return write_text(self.folder / "layers" / f"{file}.html", page)

    def layer_page(
        self, at: int, maps: Sequence[MapFacts], data: Mapping[str, Any], assets: Assets, index_href: str | None,
        inline: Mapping[str, Any] | None = None,
    ) -> str:  # fmt: skip
        """The page of layer number `at`; `inline`: sheets, images and data to be held by the page itself."""
        layers, facts = self.facts["layers"], self.facts
        layer = layers[at] | self._commands(layers[at])
        entries = layers[:at] + [layer] + layers[at + 1 :]
        sheets = inline["sheets"] if inline else None
        return self._render(
            "layer.html",
            title=f"{layer['layer']} · {facts['model']} · deconvviz",
            description=f"{words.maps(layer)} of {layer['layer']} in {facts['model']}: what each responds to.",
            lead=self._lead(layer, data),
            assets=assets,
            index_href=index_href,
            before=layers[at - 1] if at and not inline else None,
            after=layers[at + 1] if at + 1 < len(layers) and not inline else None,
            layer={**_shape(layer), "classes": any(m.category for m in maps)},
            cards=[self._card(layer, m, data, "../", f"u{m.number}", sheets) for m in maps],
            page={
                "id": facts["scan"][:24],
                "model": facts["model"],
                "top": facts["top"],
                "layer": at,
                "layers": entries,
            }
            | ({"images": inline["images"]} if inline else {}),
            data=data if inline else None,
        )

    def write_index(self, layers: Sequence[Sequence[MapFacts]], datas: Sequence[Mapping[str, Any]]) -> Path:
        """The first page: of each layer the maps to start at, and its data."""
        facts, shown = self.facts, []
        for layer, start, data in zip(facts["layers"], layers, datas, strict=True):
            about = [words.deep(layer), words.maps(layer), words.sees(layer), words.dead(layer, data["dead"])]
            shown.append(
                _shape(layer)
                | {
                    "facts": ", ".join(about),
                    "link": f"All {layer['shown']}",
                    "cards": [self._card(layer, m, data, "", None) for m in start],
                }
            )
        total = sum(layer["shown"] for layer in facts["layers"])
        seen = facts["images"] - facts["skipped"]
        lead = (
            f"What {total:,} feature maps in {len(layers)} layers respond to: "
            + (f"the {facts['top']} of {seen:,} images that excite each one most, " if facts["patches"] else "")
            + ("and " if facts["patches"] else "")
            + "what it saw in them, carried back to pixels. Of each layer, four maps to start at."
        )
        page = self._render(
            "index.html",
            title=f"{facts['model']} · deconvviz",
            description=lead,
            lead=lead,
            model=facts["model"],
            assets=Assets(""),
            layers=shown,
            made=words.made_of(facts),
            page=self._page(facts["layers"]),
        )
        return write_text(self.folder / "index.html", page)

    def write_classes(self, classes: Mapping[str, Iterable[tuple[int, int, int]]]) -> None:
        """For the search: of each class the feature maps (layer, map, how many of its images) that like it most."""
        few = [(name, sorted(maps, key=lambda m: -m[2])[:MOST_OF_A_CLASS]) for name, maps in sorted(classes.items())]
        text = compact(few)
        write_text(self.folder / "classes.json", text + "\n")
        write_text(self.folder / "classes.js", f"deconvvizClasses({text});\n")

    def _page(self, layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """What the script needs; stars are kept by the scan, so that they outlive another look."""
        facts = self.facts
        return {"id": facts["scan"][:24], "model": facts["model"], "top": facts["top"], "layers": layers}

    def _render(self, template: str, **context: Any) -> str:
        context = {"model": self.facts["model"], "patches": self.facts["patches"], **context}
        return _environment().get_template(template).render(context) + "\n"

    def _lead(self, layer: Mapping[str, Any], data: Mapping[str, Any]) -> str:
        parts = [words.maps(layer), words.sees(layer), words.deep(layer), words.dead(layer, data["dead"])]
        which = f"the {self.facts['top']} of {data['seen']:,} images that excite it most"
        return "; ".join(parts) + (
            f". For each, {which}." if self.facts["patches"] else f". For each, what it saw in {which}."
        )

    def _card(
        self, layer: Mapping[str, Any], facts: MapFacts, data: Mapping[str, Any], base: str, id: str | None,
        sheets: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        sheet, src = layer["sheet"], None
        if facts.entries:
            file = f"{base}sheets/{layer['file']}/{sheet_name(facts.number)}.{sheet['ending']}"
            src = sheets[str(facts.number)] if sheets else file
        shown: dict[str, Any] = {"number": facts.number}
        if id is not None:
            shown |= {"peak": f"{facts.peak:.6g}", "mean": f"{facts.mean:.6g}", "density": f"{facts.density:.4g}"}
            if facts.category:
                shown |= {"class": f"{facts.concentration:.4g}", "classes": ", ".join(facts.categories)}
        return {
            "id": id,
            "unit": f"{layer['layer']}:{facts.number}",
            "number": facts.number,
            "dead": facts.dead,
            "src": src,
            "width": sheet["width"],
            "height": sheet["height"],
            "alt": words.alternative_text(layer["layer"], facts),
            "category": facts.category if (facts.concentration or 0) > 0.5 else "",
            "peak": number(facts.peak) if math.isfinite(facts.peak) else "",
            "data": shown,
        }

    def _commands(self, layer: Mapping[str, Any]) -> dict[str, str]:
        """How to make just this picture again, at a shell and in Python; %MAP% stands for the map's number."""
        facts, name, index = self.facts, layer["layer"], self.index
        out = f"{layer['file']}-%MAP%"
        options = {"patches": True, "image_format": "webp", "tile": 128, "smoothing": 0.0}
        flags = {
            "patches": "--no-patches",
            "image_format": f"--image-format {facts['image_format']}",
            "tile": f"--tile {facts['tile']}",
            "smoothing": f"--smooth {facts['smoothing']:g}",
        }
        other = [key for key, usual in options.items() if facts[key] != usual]
        fewer = facts["top"] != facts["kept"]
        extra = f" --top {facts['top']}" if fewer else ""
        extra += "".join(f" {flags[key]}" for key in other)
        extra += " --precision bf16" if facts["precision"] == "bfloat16" else ""
        keywords = f", k={facts['top']}" if fewer else ""
        keywords += "".join(f", {key}={facts[key]!r}" for key in other)
        model, opening = "", repr(index)
        if self.load is None:
            model, opening = "model = ...  # your network, with the weights of the scan\n", opening + ", model=model"
        elif facts["precision"] == "bfloat16":
            name, weights = self.load if facts["patches"] else map(os.path.basename, self.load)
            loaded = f"deconvviz.load_model({name!r}, {weights!r})"
            model, opening = f"model = deconvviz.DeconvNet({loaded}, precision='bf16')\n", opening + ", model=model"
        if self.dataset:
            model, opening = model + "dataset = ...  # yours, as it was scanned\n", opening + ", images=dataset"
        cli = f"deconvviz gallery {shlex.quote(index)} --layer {shlex.quote(name)} --maps %MAP%{extra} -o {out}"
        cli += " --model FILE.py:FACTORY" if self.load is None else ""  # one's own
        return {
            "cli": "# the images came from a data set of your own: see Python" if self.dataset else cli,
            "python": f"import deconvviz\n\n{model}"
            f"index = deconvviz.open_index({opening})\n"
            f"deconvviz.write_gallery(index, {out!r}, layers=[{name!r}], maps=[%MAP%]{keywords})\n"
            f"index.project({name!r}, %MAP%)  # the same as tensors",
        }


def listed(layer: Mapping[str, Any], maps: Sequence[MapFacts]) -> dict[str, Any]:
    """The numbers of the maps shown (None: all), and of those that are dead."""
    numbers = None if layer["shown"] == layer["channels"] else [m.number for m in maps]
    return {"maps": numbers, "dead": [m.number for m in maps if not m.entries]}


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
