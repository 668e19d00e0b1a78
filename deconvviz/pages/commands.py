"""How a visitor makes just the picture he sees again: at a shell, and in Python."""

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

USUAL = {"patches": True, "image_format": "webp", "tile": 128, "smoothing": 0.0}
"""What `write_gallery` takes by itself; only what differs is said."""


@dataclass(frozen=True)
class Origin:
    """What a gallery was made from.

    `index`: where it lies, as it was given; `load`: name and weights of its network, None for one of one's own;
    `dataset`: whether the images came from a data set of one's own.
    """

    index: Path
    load: tuple[str, str] | None
    dataset: bool


def commands(origin: Origin, gallery: Mapping[str, Any], layer: Mapping[str, Any]) -> dict[str, str]:
    """A command and lines of Python for one feature map of a layer; %MAP% stands for its number.

    A public gallery (one without patches) names no folders.
    """
    index = os.fspath(origin.index) if gallery["patches"] else origin.index.name
    out = f"{layer['file']}-%MAP%"
    return {
        "cli": "# the images came from a data set of your own: see Python"
        if origin.dataset
        else _command(origin, gallery, layer["layer"], index, out),
        "python": _python(origin, gallery, layer["layer"], index, out),
    }


def _command(origin: Origin, gallery: Mapping[str, Any], layer: str, index: str, out: str) -> str:
    flags = {
        "patches": "--no-patches",
        "image_format": f"--image-format {gallery['image_format']}",
        "tile": f"--tile {gallery['tile']}",
        "smoothing": f"--smooth {gallery['smoothing']:g}",
    }
    words = [f"deconvviz gallery {shlex.quote(index)} --layer {shlex.quote(layer)} --maps %MAP%"]
    words += [f"--top {gallery['top']}"] if gallery["top"] != gallery["kept"] else []
    words += [flags[key] for key, usual in USUAL.items() if gallery[key] != usual]
    words += ["--precision bf16"] if gallery["precision"] == "bfloat16" else []
    words += [f"-o {out}"]
    words += ["--model FILE.py:FACTORY"] if origin.load is None else []  # one's own
    return " ".join(words)


def _python(origin: Origin, gallery: Mapping[str, Any], layer: str, index: str, out: str) -> str:
    made, opening = [], [repr(index)]
    if origin.load is None:
        made.append("model = ...  # your network, with the weights of the scan")
        opening.append("model=model")
    elif gallery["precision"] == "bfloat16":
        name, weights = origin.load if gallery["patches"] else map(os.path.basename, origin.load)
        made.append(f"model = deconvviz.DeconvNet(deconvviz.load_model({name!r}, {weights!r}), precision='bf16')")
        opening.append("model=model")
    if origin.dataset:
        made.append("dataset = ...  # yours, as it was scanned")
        opening.append("images=dataset")
    how = [f"k={gallery['top']}"] if gallery["top"] != gallery["kept"] else []
    how += [f"{key}={gallery[key]!r}" for key, usual in USUAL.items() if gallery[key] != usual]
    extra = "".join(f", {one}" for one in how)
    return "\n".join(
        [
            "import deconvviz\n",
            *made,
            f"index = deconvviz.open_index({', '.join(opening)})",
            f"deconvviz.write_gallery(index, {out!r}, layers=[{layer!r}], maps=[%MAP%]{extra})",
            f"index.project({layer!r}, %MAP%)  # the same as tensors",
        ]
    )
