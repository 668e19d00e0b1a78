"""`compare` and `trust` at a shell."""

import json
from pathlib import Path

import pytest
from browsing import draw
from click.testing import CliRunner, Result
from PIL import Image

from deconvviz import load_model, scan
from deconvviz.cli import main


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("study") / "index"
    name = ("shapes", "DEFAULT")
    scan(load_model(*name), "shapes:24", ["conv3", "conv5"], k=4, out=folder, load=name)
    return folder


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_compare_of_an_image(here: Path) -> None:
    draw(here, ["a cat.png"])
    done = run("compare", "a cat.png", "--model", "shapes", "-u", "conv5:20", "-u", "conv3:4")
    assert (done.exit_code, done.stdout) == (0, "compare.png\n"), done.output
    facts = json.loads(Image.open("compare.png").text["deconvviz"])
    assert [unit["unit"].partition("@")[0] for unit in facts["units"]] == ["conv5:20", "conv3:4"]
    assert len(facts["methods"]) == 9
    assert facts["units"][0]["image"] == "a cat.png"


def test_compare_of_an_index_by_some_rules_as_json(index: Path, here: Path) -> None:
    asked = ["-u", "conv5:20", "--top", 3, "--rule", "guided", "--rule", "gradient", "--unpool", "spread"]
    done = run("compare", index, *asked, "-o", "a.html", "-o", "sub/b.pdf", "--json")
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert facts["methods"] == [{"rule": rule, "unpool": "spread"} for rule in ("guided", "gradient")]
    assert len(facts["units"]) == 3
    assert "a.html\n" in done.stderr
    assert Path("a.html").read_text().startswith("<!doctype html>")
    assert Path("sub/b.pdf").read_bytes().startswith(b"%PDF")


def test_trust_of_a_model_by_its_name(here: Path) -> None:
    done = run("trust", "shapes", "--quick", "--layer", "conv5", "--maps", 3, "-o", "t.json")
    assert (done.exit_code, done.stdout) == (0, "t.json\n"), done.output
    assert json.loads(Path("t.json").read_text())["units"] == {"conv5": 3}


def test_trust_of_an_index_lies_in_it(index: Path, here: Path) -> None:
    done = run("trust", index, "--maps", 3, "--seed", 5)
    assert done.exit_code == 0, done.output
    assert done.stdout.splitlines() == [str(index / name) for name in ("trust.json", "trust.html", "trust.png")]
    facts = json.loads((index / "trust.json").read_text())
    assert (facts["seed"], list(facts["units"])) == (5, ["conv3", "conv5"])
    again = run("trust", index, "--maps", 3, "--seed", 5, "--json", "-o", here / "x.png")
    assert json.loads(again.stdout) == facts


@pytest.mark.parametrize("command", ["compare", "trust"])
def test_what_is_wrong_is_said_before_any_work(command: str, index: Path, here: Path) -> None:
    for arguments, code, words in (
        (["nosuch"], 1, "nosuch: no such file or folder"),
        (["shapes:2", "--model", "shapes", "-o", "x.txt"], 1, "x.txt: choose a name that ends in .png"),
        ([index, "shapes:2"], 1, "is looked at alone"),
        ([index, "--layer", "conv9"], 1, "conv9"),
        ([index, "--rule", "relu"], 2, "'relu' is not one of"),
        ([], 2, "Missing argument"),
    ):
        done = run(command, *arguments)
        assert (done.exit_code, words in done.stderr) == (code, True), (arguments, done.output)
        assert done.stdout == ""
    assert list(here.iterdir()) == []
    assert run("trust", "squeezenet1_1").exit_code == 2


def test_images_that_cannot_be_read_are_left_out(here: Path) -> None:
    draw(here / "in", ["a.png", "b.png"])
    (here / "in" / "c.png").write_bytes(b"nothing")
    done = run("compare", "in", "--model", "shapes", "-u", "conv5:20", "--rule", "deconvnet", "--unpool", "switches")
    assert (done.exit_code, done.stdout) == (3, "compare.png\n"), done.output
    assert "Skipped: c.png: left out" in done.stderr


def test_project_and_figure_by_other_rules(index: Path, here: Path) -> None:
    draw(here, ["a.png"])
    done = run(
        "project", "a.png", "--model", "shapes", "-l", "conv5", "--rule", "guided", "--unpool", "centre", "--json"
    )
    (record,) = json.loads(done.stdout)["pictures"]
    assert (record["rule"], record["unpool"]) == ("guided", "centre")
    drawn = []
    for rule in ("deconvnet", "gradient"):
        assert run("figure", index, "-l", "conv5", "--maps", "20", "--rule", rule, "-o", f"{rule}.png").exit_code == 0
        picture = Image.open(f"{rule}.png")
        assert json.loads(picture.text["deconvviz"])["rule"] == rule
        drawn.append(picture.tobytes())
    assert drawn[0] != drawn[1]
