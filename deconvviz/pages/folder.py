"""The folder that a gallery is written to: whose it is, and what may be taken away there."""

import json
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from ..drawing import check_writable, write_json
from ..errors import UnwritableOutput

NAME = "gallery.json"
SCHEMA = 1

_OWN = re.compile(
    r"(index|image)\.html|(classes|images)\.(js|json)|image/\d{7,}\.js|assets/gallery\.(css|js)"
    r"|sheets/[^/]+/\d{4,}(-middle)?\.(webp|png|jpg)|images/\d{7,}\.(webp|png|jpg)"
)
"""What a gallery consists of, beside the pages of its layers."""


def read(folder: Path) -> dict[str, Any]:
    """What the folder's gallery says of itself; nothing, if there is none, or if the file is something else."""
    try:
        facts = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return facts if isinstance(facts, dict) and {"schema_version", "gallery"} <= set(facts) else {}


def refuse_foreign(folder: Path, force: bool) -> None:
    """Raise UnwritableOutput if the folder holds anything but a gallery, unless `force`; before any work."""
    if folder.exists() and not folder.is_dir():
        raise UnwritableOutput(f"{folder}: is a file, and a gallery is a folder; choose another place with -o")
    found = sorted(path.name for path in folder.iterdir()) if folder.exists() else []
    if found and not read(folder) and not force:
        some = ", ".join(found[:3]) + ("…" if len(found) > 3 else "")
        raise UnwritableOutput(
            f"{folder}: holds other files ({some}); choose another folder with -o, or write there with --force"
        )


def prepare(folder: Path, gallery: str, force: bool) -> None:
    """See that the folder is empty, or holds this very gallery; with `force`, make way for it.

    Of another gallery only what galleries write is taken away, and its `gallery.json` last: an interrupted
    removal is gone on with.
    """
    refuse_foreign(folder, force)
    check_writable(folder)
    there = read(folder)
    mine = there.get("gallery") == gallery
    if there and not mine:
        if not force:
            raise UnwritableOutput(
                f"{folder}: holds another gallery; choose another folder with -o, or write there with --force"
            )
        take_away(folder, there.get("layers", []), [])
        for path in sorted(folder.rglob("*")):
            if _OWN.fullmatch(path.relative_to(folder).as_posix()) and path.is_file() and not path.is_symlink():
                path.unlink()
    layers = there.get("layers", []) if mine else []
    write_json(folder / NAME, {"schema_version": SCHEMA, "gallery": gallery, "complete": False, "layers": layers})


def take_away_images(folder: Path, shown: Collection[int]) -> None:
    """Remove what pages of images read that the gallery shows no more."""
    for path in (folder / "image").glob("*.js"):
        if re.fullmatch(r"\d{7,}", path.stem) and int(path.stem) not in shown:
            path.unlink(missing_ok=True)


def take_away(folder: Path, before: Any, now: Sequence[dict[str, Any]]) -> None:
    """Remove the pages of layers that the gallery showed before and shows no more; their sheets may be of use again."""
    listed = before if isinstance(before, list) else []
    files = {layer["file"] for layer in listed if isinstance(layer, dict) and isinstance(layer.get("file"), str)}
    for file in files - {layer["file"] for layer in now}:
        if re.fullmatch(r"[A-Za-z0-9._-]+", file):  # a plain name, whatever the file said
            for path in (f"layers/{file}.html", f"data/{file}.js", f"data/{file}.json"):
                (folder / path).unlink(missing_ok=True)
