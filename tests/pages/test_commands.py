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


def told(preprocess: Preprocess, model: str) -> tuple[list[str], str]:
    origin = Origin(Path("index"), (model, "DEFAULT"), False, "shapes:20")
    facts = {**USUAL, "top": 9, "kept": 9, "precision": "float32", "preprocess": preprocess_facts(preprocess)}
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
