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


# --- words ----------------------------------------------------------------------------------------------


def _by(size: Sequence[int] | None) -> str:
    return "" if size is None else " × ".join(map(str, size))


def _sees(layer: Mapping[str, Any]) -> str:
    field = layer["receptive_field"]
    return f"each unit sees {_by(field)} pixels" if field else "each unit sees the whole image"


def _deep(layer: Mapping[str, Any]) -> str:
    return "the first filter" if layer["depth"] == 1 else f"{layer['depth']} filters deep"


def _maps(layer: Mapping[str, Any]) -> str:
    count, of = layer["channels"], f" of {_by(layer['size'])}" if layer["size"] else ""
    what = "feature maps" if layer["size"] else "units"
    return f"{count} {what}{of}" if layer["shown"] == count else f"{layer['shown']} of {count} {what}{of}"


def _dead(count: int) -> str:
    return f"{count} dead" if count else "none dead"


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
        ("Input", f"{_by(_pair(preprocess['size']))} pixels" if preprocess.get("size") else "as the images are"),
        ("Shown", f"the {facts['top']} strongest images of each feature map, one position in each"),
        ("Projections", precision + (f", smoothed by {facts['smoothing']:g} px" if facts["smoothing"] else "")),
        ("Scaling", "each tile by the 99.5 % quantile of its own values; zero is mid-grey"),
        ("Scan", facts["scan"][:12]),
        ("Made with", f"deconvviz {facts['deconvviz']}"),
    ]


def _pair(size: int | Sequence[int]) -> Sequence[int]:
    return (size, size) if isinstance(size, int) else size


# --- pages ----------------------------------------------------------------------------------------------


class Pages:
    """The pages of one gallery in `folder`; `facts`: what it says of itself; `index`: where its index lies."""

    def __init__(self, folder: Path, facts: Mapping[str, Any], index: Path) -> None:
        self.folder, self.facts, self.index = folder, facts, index

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
        layer = layers[at] | self._commands(layers[at]) | _listed(layers[at], maps)
        entries = layers[:at] + [layer] + layers[at + 1 :]
        sheets = inline["sheets"] if inline else None
        return self._render(
            "layer.html",
            title=f"{layer['layer']} · {facts['model']} · deconvviz",
            description=f"{_maps(layer)} of {layer['layer']} in {facts['model']}: what each responds to.",
            lead=self._lead(layer, data),
            assets=assets,
            index_href=index_href,
            before=layers[at - 1] if at and not inline else None,
            after=layers[at + 1] if at + 1 < len(layers) and not inline else None,
            layer={**_shape(layer), "classes": any(m.category for m in maps)},
            cards=[self._card(layer, m, data, "../", f"u{m.number}", sheets) for m in maps],
            page={"id": facts["gallery"], "model": facts["model"], "top": facts["top"], "layer": at, "layers": entries}
            | ({"images": inline["images"]} if inline else {}),
            data=data if inline else None,
        )

    def write_index(
        self, layers: Sequence[tuple[Sequence[MapFacts], Sequence[MapFacts]]], datas: Sequence[Mapping[str, Any]]
    ) -> Path:
        """The first page: of each layer all its feature maps and those to start at, and its data."""
        facts, shown = self.facts, []
        for layer, (_, start), data in zip(facts["layers"], layers, datas, strict=True):
            about = [_deep(layer), _maps(layer), _sees(layer), _dead(data["dead"])]
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
        maps_of = zip(facts["layers"], (maps for maps, _ in layers), strict=True)
        entries = [layer | _listed(layer, maps) for layer, maps in maps_of]
        lead = (
            f"What {total:,} feature maps in {len(entries)} layers respond to: "
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
            made=made_of(facts),
            page={"id": facts["gallery"], "model": facts["model"], "top": facts["top"], "layers": entries},
        )
        return write_text(self.folder / "index.html", page)

    def write_classes(self, classes: Mapping[str, Iterable[tuple[int, int, int]]]) -> None:
        """For the search: of each class the feature maps (layer, map, how many of its images) that like it most."""
        few = [(name, sorted(maps, key=lambda m: -m[2])[:MOST_OF_A_CLASS]) for name, maps in sorted(classes.items())]
        write_text(self.folder / "data" / "classes.js", f"deconvvizClasses({compact(few)});\n")

    def _render(self, template: str, **context: Any) -> str:
        context = {"model": self.facts["model"], "patches": self.facts["patches"], **context}
        return _environment().get_template(template).render(context) + "\n"

    def _lead(self, layer: Mapping[str, Any], data: Mapping[str, Any]) -> str:
        parts = [_maps(layer), _sees(layer), _deep(layer), _dead(data["dead"])]
        return "; ".join(parts) + f". For each, the {self.facts['top']} of {data['seen']:,} images that excite it most."

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
            "alt": alternative_text(layer["layer"], facts),
            "category": facts.category if (facts.concentration or 0) > 0.5 else "",
            "peak": number(facts.peak) if math.isfinite(facts.peak) else "",
            "data": shown,
        }

    def _commands(self, layer: Mapping[str, Any]) -> dict[str, str]:
        """How to make just this picture again, at a shell and in Python; %MAP% stands for the map's number."""
        facts, name, index = self.facts, layer["layer"], os.fspath(self.index)
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
        return {
            "cli": f"deconvviz gallery {shlex.quote(index)} --layer {shlex.quote(name)} --maps %MAP%{extra} -o {out}",
            "python": "import deconvviz\n\n"
            f"index = deconvviz.open_index({index!r})\n"
            f"deconvviz.write_gallery(index, {out!r}, layers=[{name!r}], maps=[%MAP%]{keywords})\n"
            f"index.project({name!r}, %MAP%)  # the same as tensors",
        }


def _listed(layer: Mapping[str, Any], maps: Sequence[MapFacts]) -> dict[str, Any]:
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
