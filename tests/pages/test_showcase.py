"""The committed show-case: small, whole, and of today's pages."""

import json
from pathlib import Path

from deconvviz import __version__
from deconvviz.pages import assets

SHOWCASE = Path(__file__).parents[2] / "gallery" / "shapes"
MOST = 4_000_000


def test_it_is_complete_and_small() -> None:
    facts = json.loads((SHOWCASE / "gallery.json").read_text())
    assert facts["complete"]
    assert facts["deconvviz"] == __version__
    assert [layer["layer"] for layer in facts["layers"]] == ["conv1", "conv2", "conv3", "conv4", "conv5"]
    kept = [*SHOWCASE.rglob("*"), *SHOWCASE.parent.glob("*.*")]
    assert sum(path.stat().st_size for path in kept if path.is_file()) <= MOST


def test_its_assets_are_todays() -> None:
    for name, text in {"gallery.css": assets.style(), "gallery.js": assets.script()}.items():
        assert (SHOWCASE / "assets" / name).read_text() == text


def test_every_living_map_has_its_sheet() -> None:
    for layer in json.loads((SHOWCASE / "gallery.json").read_text())["layers"]:
        data = json.loads((SHOWCASE / "data" / f"{layer['file']}.json").read_text())
        for one in data["maps"]:
            sheet = SHOWCASE / "sheets" / layer["file"] / f"{one['map']:04d}.webp"
            assert sheet.is_file() != one["dead"], sheet
