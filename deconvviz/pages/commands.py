"""How a visitor makes just the picture he sees again: at a shell, and in Python."""

import os
import shlex
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..mirror import DECONVNET
from .asked import Style

_STYLE = asdict(Style())
USUAL = {**_STYLE.pop("look"), **_STYLE}
"""What `write_gallery` takes by itself; only what differs is said."""


@dataclass(frozen=True)
class Origin:
    """What a gallery was made from.

    `index`: where it lies, as it was given; `load`: name and weights of its network, None for one of one's own;
    `dataset`: whether the images came from a data set of one's own; `embedded`: pictures that everyone
    has (`shapes:420`), or "": with them the index can be made again and is not asked for.
    """

    index: Path
    load: tuple[str, str] | None
    dataset: bool
    embedded: str


def commands(origin: Origin, gallery: Mapping[str, Any], layer: Mapping[str, Any]) -> dict[str, str]:
    """A command and lines of Python for one feature map of a layer; %MAP% stands for its number."""
    name, out = layer["layer"], f"{layer['file']}-%MAP%"
    words = [f"--layer {shlex.quote(name)} --maps %MAP%", *_flags(gallery, origin), f"-o {out}"]
    words += ["--model FILE.py:FACTORY"] if origin.load is None else []  # one's own
    cli = f"deconvviz gallery {shlex.quote(origin.embedded or _index(origin, gallery))} {' '.join(words)}"
    how = [f"k={gallery['top']}"] if gallery["top"] != gallery["kept"] else []
    how += [f"{key}={gallery[key]!r}" for key, usual in USUAL.items() if gallery[key] != usual]
    count = f", {how[0]}" if gallery["top"] != gallery["kept"] else ""
    extra = "".join(f", {one}" for one in how)
    lines = [
        "import deconvviz\n",
        *_opened(origin, gallery, name, out),
        f"deconvviz.write_gallery(index, {out!r}, layers=[{name!r}], channels=[%MAP%]{extra})",
        f"index.project({name!r}, %MAP%{count})  # the same as tensors",
    ]
    if origin.dataset:
        cli = "# the images came from a data set of your own: see Python"
    return {"cli": cli, "python": "\n".join(lines)}


def trust_command(origin: Origin, gallery: Mapping[str, Any]) -> str:
    """What measures how far the projections can be trusted: of an index, whose galleries then say so.

    One of pictures that everyone has need not lie there: its network and these are enough.
    """
    way = "".join(f" --{name} {value}" for name, value in _method(gallery).items())
    if origin.embedded and origin.load and origin.load[1] == "DEFAULT":
        return f"deconvviz trust {shlex.quote(origin.load[0])} {origin.embedded}{way}"
    return f"deconvviz trust {shlex.quote(_index(origin, gallery))}{way}"


def _index(origin: Origin, gallery: Mapping[str, Any]) -> str:
    """Where the index lies, as a visitor may read it."""
    return _place(os.fspath(origin.index), gallery)


def _place(path: str, gallery: Mapping[str, Any]) -> str:
    """A path from where the gallery was written, if it is below; else, and in public, its last name alone.

    Public is a gallery without patches. A path of this machine would not help anybody else.
    """
    inside = os.path.relpath(path)
    elsewhere = inside.startswith(os.pardir) or not gallery["patches"]
    return os.path.basename(os.path.realpath(path)) if elsewhere else inside


def _load(origin: Origin, gallery: Mapping[str, Any]) -> tuple[str, str]:
    """Name and weights of the network; those that are files by their places."""
    name, weights = origin.load or ("", "")
    file, colon, factory = name.rpartition(":") if ".py:" in name else (name, "", "")
    return (
        _place(file, gallery) + colon + factory if colon else name,
        _place(weights, gallery) if os.sep in weights else weights,
    )


def _flags(gallery: Mapping[str, Any], origin: Origin) -> list[str]:
    flags = {
        "patches": "--no-patches",
        "image_format": f"--image-format {gallery['image_format']}",
        "tile": f"--tile {gallery['tile']}",
        "frame": f"--frame {gallery['frame']}",
        "tone": f"--tone {gallery['tone']}",
        "view": f"--view {gallery['view']}",
        "smoothing": f"--smooth {gallery['smoothing']:g}",
    }
    words = [flags[key] for key, usual in USUAL.items() if gallery[key] != usual]
    words += [f"--top {gallery['top']}"] if gallery["top"] != (9 if origin.embedded else gallery["kept"]) else []
    words += ["--precision bf16"] if gallery["precision"] == "bfloat16" else []
    words += [f"--{name} {value}" for name, value in _method(gallery).items()]
    if origin.embedded and origin.load:
        name, weights = map(shlex.quote, _load(origin, gallery))
        words += [f"--model {name}"] + ([f"--weights {weights}"] if weights != "DEFAULT" else [])
        words += _preprocessing(gallery["preprocess"]) if ".py:" in origin.load[0] else []
    return words


def _method(gallery: Mapping[str, Any]) -> dict[str, str]:
    """What of the way down is not the paper's."""
    return {name: gallery[name] for name, usual in asdict(DECONVNET).items() if gallery[name] != usual}


def _preprocessing(facts: Mapping[str, Any] | None) -> list[str]:
    """Options for how pictures became the input of a network that may be bare; none if options cannot say it."""
    if facts is None or facts["interpolation"] != "bilinear" or facts["resize"] != (-1 if facts["size"] else None):
        return []
    sides = [facts["size"]] if isinstance(facts["size"], int) else facts["size"] or ["any"]
    mean, std = (",".join(map(repr, facts[name])) for name in ("mean", "std"))
    return [f"--size {'x'.join(map(str, sides))} --mean {mean} --std {std}"]


def _written(value: Any) -> str:
    return repr(tuple(value) if isinstance(value, list) else value)


def _opened(origin: Origin, gallery: Mapping[str, Any], layer: str, out: str) -> list[str]:
    """The lines that open the index, or make it again."""
    low, made, opening = gallery["precision"] == "bfloat16", [], [repr(_index(origin, gallery))]
    if origin.load is None:
        made.append("model = ...  # your network, with the weights of the scan")
    elif low or origin.embedded:
        words = [*map(repr, _load(origin, gallery))]
        if ".py:" in origin.load[0] and gallery["preprocess"] is not None:
            facts = ", ".join(f"{name}={_written(value)}" for name, value in gallery["preprocess"].items())
            words.append(f"preprocess=deconvviz.Preprocess({facts})")
        loaded = f"deconvviz.load_model({', '.join(words)})"
        made.append("model = " + (f"deconvviz.DeconvNet({loaded}, precision='bf16')" if low else loaded))
    by = ", ".join(f"{name}={value!r}" for name, value in _method(gallery).items())
    end = f".by({by})" if by else ""
    if origin.embedded:
        again = f"deconvviz.scan(model, {origin.embedded!r}, [{layer!r}], k={gallery['top']}, out='{out}.index')"
        return [*made, f"index = {again}{end}"]
    if origin.dataset:
        made.append("dataset = ...  # yours, as it was scanned")
    opening += ["model=model"] * (origin.load is None or low) + ["images=dataset"] * origin.dataset
    return [*made, f"index = deconvviz.open_index({', '.join(opening)}){end}"]
