"""What the command line prints about an index."""

import json
from pathlib import Path

import pytest
from files import draw
from scans import run, whole

from deconvviz import Index, Unit, open_index
from deconvviz.cli.texts import Problems, index_json, index_lines, unit_lines
from deconvviz.errors import UnsuitableInput

pytestmark = pytest.mark.quick


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("texts")
    for number in range(9):
        draw(folder / "in" / "new\nline" / f"{number}.png", number)
    (folder / "in" / "bad.png").write_text("no picture")
    return whole(run(folder / "in", folder / "out"))


def test_lines(index: Index) -> None:
    head, *lines = unit_lines(index, Unit("0", 2), None)
    assert head.startswith("0:2  positive in ")
    assert "of 9 images, maximum " in head
    assert len(lines) == 4
    assert all(r"new\nline/" in line and "@" in line for line in lines)
    about = index_lines(index)
    assert about[0] == "tiny: the 4 strongest of 10 images for each feature map"
    assert "  0  6 maps" in about
    assert about[-1] == "Skipped: bad.png: is no picture that Pillow can open"
    assert not any("\n" in line for line in (head, *lines, *about))


def test_json(index: Index) -> None:
    said = json.loads(index_json(index, [Unit("0", 2), Unit("4", 1)], 3))
    assert said["schema_version"] == 1
    assert said["skipped"] == [{"number": 0, "place": "bad.png", "reason": "is no picture that Pillow can open"}]
    first = said["units"][0]
    assert (first["unit"], first["count"], sum(first["histogram"])) == ("0:2", 9, 9)
    assert [len(unit["top"]) for unit in said["units"]] == [3, 3]
    values = [entry["activation"] for entry in first["top"]]
    assert values == sorted(values, reverse=True)
    assert {entry["class"] for entry in first["top"]} == {"new\nline"}


def test_the_first_five_problems_are_shown(capsys: pytest.CaptureFixture[str]) -> None:
    problems = Problems()
    for number in range(8):
        problems(f"file {number}")
    said = capsys.readouterr()
    assert said.err.splitlines() == [f"Skipped: file {n}" for n in range(5)]
    assert (said.out, problems.count) == ("", 8)


def test_pictures_of_several_folders_are_told_apart_and_none_is_valid_json(tmp_path: Path) -> None:
    for number in range(4):
        draw(tmp_path / ("one", "two")[number % 2] / f"{number // 2}.png", number)
    made = whole(run([tmp_path / "one", tmp_path / "two"], tmp_path / "index"))
    entries = made.top("0", 0)
    assert sorted(entry.name for entry in entries) == ["one/0.png", "one/1.png", "two/0.png", "two/1.png"]
    assert {entry.root for entry in entries} == {str(tmp_path / "one"), str(tmp_path / "two")}
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "no.png").write_text("no picture")
    with pytest.raises(UnsuitableInput, match="none of the 1 images"):
        run(tmp_path / "bad", tmp_path / "empty")
    empty = open_index(tmp_path / "empty")
    (unit,) = json.loads(index_json(empty, [Unit("0", 0)], None), parse_constant=pytest.fail)["units"]
    assert (unit["count"], unit["maximum"], unit["top"], len(unit["edges"]) > 10) == (0, None, [], True)
    assert "inf" not in unit_lines(empty, Unit("0", 0), None)[0]
