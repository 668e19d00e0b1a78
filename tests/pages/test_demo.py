"""The demo: a gallery of the embedded network, from nothing but the package."""

import json
from pathlib import Path

import pytest
from PIL import Image

from deconvviz import open_index
from deconvviz.pages import in_one_go


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    patch = pytest.MonkeyPatch()
    patch.setattr(in_one_go, "PICTURES", 40)
    try:
        return in_one_go.make_demo(tmp_path_factory.mktemp("made") / "demo")
    finally:
        patch.undo()


def test_a_page_for_each_convolution_and_a_sheet_for_each_living_map(made: Path) -> None:
    facts = json.loads((made.parent / "gallery.json").read_text())
    assert [layer["layer"] for layer in facts["layers"]] == ["conv1", "conv2", "conv3", "conv4", "conv5"]
    for layer in facts["layers"]:
        data = json.loads((made.parent / "data" / f"{layer['file']}.json").read_text())
        sheets = list((made.parent / "sheets" / layer["file"]).iterdir())
        assert len(sheets) == sum(not m["dead"] for m in data["maps"])
        assert (made.parent / "layers" / f"{layer['file']}.html").is_file()


def test_sheets_show_something(made: Path) -> None:
    for folder in (made.parent / "sheets").iterdir():
        colours = Image.open(sorted(folder.iterdir())[0]).convert("RGB").quantize(64).getcolors()
        assert colours is not None
        assert len(colours) > 16


def test_its_index_lies_beside_it_and_finds_the_pictures_again(made: Path) -> None:
    index = open_index(made.parent.with_name("demo.index"))
    assert index.manifest.roots == ("shapes:40",)
    assert index.project("conv2", 5, k=1)[0].unit == index.top("conv2", 5)[0].unit
