"""The commands that a gallery tells its visitors."""

import shlex
from pathlib import Path
from typing import Any

import pytest

from deconvviz.cli.numbers import parse_size, parse_values
from deconvviz.images import Preprocess
from deconvviz.pages.commands import USUAL, Origin, commands
from deconvviz.scanning.manifest import preprocess_facts

pytestmark = pytest.mark.quick

WAY = {"rule": "deconvnet", "unpool": "switches"}


def told(preprocess: Preprocess, model: str) -> tuple[list[str], str]:
    origin = Origin(Path("index"), (model, "DEFAULT"), False, "shapes:20")
    facts = {**USUAL, "top": 9, "kept": 9, "precision": "float32", **WAY, "preprocess": preprocess_facts(preprocess)}
    both = commands(origin, facts, {"layer": "conv1", "file": "conv1"})
    return shlex.split(both["cli"]), both["python"]


@pytest.mark.parametrize(
    "preprocess",
    [Preprocess(28, (0.1307,), (0.3081,)), Preprocess((48, 64), (0.4, 0.5, 0.6)), Preprocess(None, resize=None)],
)
def test_how_pictures_become_the_input_of_a_network_from_a_file(preprocess: Preprocess) -> None:
    words, python = told(preprocess, "/home/net.py:bare")
    given: dict[str, Any] = {name: words[words.index(f"--{name}") + 1] for name in ("size", "mean", "std")}
    values = {name: parse_values(given[name]) for name in ("mean", "std")}
    assert Preprocess(**parse_size(given["size"]), **values) == preprocess
    loaded = next(line for line in python.splitlines() if "load_model" in line)
    assert f"preprocess=deconvviz.{preprocess}" in loaded


def test_others_know_it_themselves() -> None:
    assert "--size" not in told(Preprocess(64), "shapes")[0]
    assert "--size" not in told(Preprocess(64, interpolation="bicubic"), "/home/net.py:whole")[0]


def both(origin: Origin, **differing: Any) -> tuple[list[str], str]:
    """What is told of a map of a gallery that is the usual one but for this."""
    facts = {**USUAL, "top": 9, "kept": 9, "precision": "float32", **WAY, "preprocess": None, **differing}
    said = commands(origin, facts, {"layer": "conv1", "file": "conv1"})
    return shlex.split(said["cli"]), said["python"]


def test_an_index_below_is_named_by_its_path_any_other_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for index, patches, named in [
        (tmp_path / "scans" / "photos.index", True, "scans/photos.index"),
        (Path("scans/photos.index"), True, "scans/photos.index"),
        (tmp_path / "scans" / "photos.index", False, "photos.index"),  # in public
        (tmp_path.parent / "photos.index", True, "photos.index"),
        (Path("../photos.index"), True, "photos.index"),
        (Path("/data/my photos"), True, "my photos"),
    ]:
        words, python = both(Origin(index, ("shapes", "DEFAULT"), False, ""), patches=patches)
        assert words[:3] == ["deconvviz", "gallery", named]
        assert f"deconvviz.open_index({named!r})" in python


def test_no_command_holds_a_place_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    network = f"{tmp_path}/net.py:make", f"{tmp_path}/weights.pt"
    for origin in (
        Origin(tmp_path / "index", network, False, "shapes:20"),
        Origin(tmp_path / "index", network, False, ""),
        Origin(tmp_path / "index", None, True, ""),
    ):
        for differing in ({}, {"patches": False}, {"precision": "bfloat16"}):
            words, python = both(origin, **differing)
            assert not [word for word in words if "/" in word]
            assert str(tmp_path.parent) not in python
            assert "/" not in python.replace(str(origin.embedded), "")
    words, python = both(Origin(tmp_path / "index", network, False, "shapes:20"))
    assert words[words.index("--model") + 1] == "net.py:make"
    assert words[words.index("--weights") + 1] == "weights.pt"
    assert "load_model('net.py:make', 'weights.pt')" in python


def test_only_what_differs_from_the_usual_is_said() -> None:
    origin = Origin(Path("index"), ("shapes", "DEFAULT"), False, "")
    words, python = both(origin)
    assert words == ["deconvviz", "gallery", "index", "--layer", "conv1", "--maps", "%MAP%", "-o", "conv1-%MAP%"]
    assert "channels=[%MAP%])" in python
    looks = {"frame": ("field", "--frame"), "tone": ("grey", "--tone"), "view": ("overlay", "--view")}
    for name, (value, option) in looks.items():
        words, python = both(origin, **{name: value})
        assert words[words.index(option) + 1] == value
        assert f"channels=[%MAP%], {name}={value!r})" in python
    words, python = both(origin, smoothing=1.5, tile=128, patches=False)
    assert words[words.index("--smooth") + 1] == "1.5"
    assert "--no-patches" in words
    assert "smoothing=1.5, patches=False, tile=128)" in python
