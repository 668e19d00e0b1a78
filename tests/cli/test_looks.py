"""Options by which one says how tiles look, and what pictures are written as: they do what they say."""

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from files import draw
from PIL import Image
from shell import deconvviz

SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with six pictures in `IN`, and an `index` of them."""
    folder = tmp_path_factory.mktemp("looks")
    for number in range(6):
        draw(folder / "IN" / f"{number}.png", number)
    done = deconvviz("scan", "IN", "-m", "shapes", "-l", "conv3", "-o", "index", cwd=folder)
    assert done.returncode == 0, done.stderr
    return folder


def projected(place: Path, *words: object) -> tuple[list[dict[str, Any]], bytes]:
    """The records of the units, and the picture."""
    command = ["project", "IN/5.png", "-m", "shapes", "-l", "conv3", "--top", "2", "-o", "out.png", "--json"]
    done = deconvviz(*command, *words, cwd=place)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)["pictures"][0]["layers"][0]["units"], Image.open(place / "out.png").tobytes()


def test_project_takes_a_look(place: Path) -> None:
    usual, picture = projected(place)
    looks = {
        "frame": ("--frame", "field"),
        "tone": ("--tone", "grey"),
        "view": ("--view", "overlay"),
        "smoothing": ("--smooth", "2.5"),
    }
    pictures = {picture}
    for what, words in looks.items():
        units, picture = projected(place, *words)
        pictures.add(picture)
        for one, other in zip(units, usual, strict=True):
            assert (one["frame"] == one["field"]) == (what == "frame")
            assert one["scaling"]["tone"] == ("grey" if what == "tone" else "colour")
            assert one["scaling"]["smoothing"] == (2.5 if what == "smoothing" else 0)
            assert (one == other) == (what == "view")
    assert len(pictures) == 5  # each makes another picture
    assert projected(place, "--frame", "effective", "--tone", "colour", "--view", "projection")[1] in pictures


def test_figure_takes_a_look(place: Path) -> None:
    pictures = set()
    for words in ((), ("--frame", "field"), ("--tone", "grey"), ("--view", "overlay"), ("--smooth", "2.5")):
        command = ["figure", "index", "-l", "conv3", "--maps", "0-3", "--tile", "40", "-o", "fig.png"]
        done = deconvviz(*command, *words, cwd=place)
        assert (done.returncode, done.stdout) == (0, "fig.png\n"), done.stderr
        pictures.add(Image.open(place / "fig.png").tobytes())
    assert len(pictures) == 5


@pytest.mark.parametrize("words", [("--frame", "all"), ("--tone", "gray"), ("--view", "both"), ("--smooth", "11")])
@pytest.mark.parametrize("command", [["project", "IN/5.png", "-m", "shapes"], ["figure", "index"]])
def test_looks_there_are_not_are_misuse(command: list[str], words: tuple[str, str], place: Path) -> None:
    done = deconvviz(*command, "-l", "conv3", "-o", "none.png", *words, cwd=place)
    assert (done.returncode, done.stdout) == (2, "")
    assert f"'{words[0]}'" in done.stderr
    assert not (place / "none.png").exists()


def test_pictures_are_written_as_text_and_shapes(place: Path) -> None:
    for words in (["project", "IN/5.png", "-m", "shapes"], ["figure", "index", "--maps", "0-3"]):
        for name in ("a.svg", "a.pdf"):
            done = deconvviz(*words, "-l", "conv3", "-o", name, cwd=place)
            assert (done.returncode, done.stdout) == (0, f"{name}\n"), done.stderr
        root = ElementTree.parse(place / "a.svg").getroot()
        said = [e.text or "" for e in root.iter(f"{SVG}text")]
        assert any("conv3" in text for text in said)
        assert len(list(root.iter(f"{SVG}image"))) > 8
        assert (place / "a.pdf").read_bytes().startswith(b"%PDF-")
