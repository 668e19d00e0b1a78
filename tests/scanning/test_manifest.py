"""What a scan is: its identity changes with all that its result depends on, and with nothing else."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from scans import LAYERS, ONE
from torch import nn

from deconvviz.errors import UnusableIndex
from deconvviz.images import Preprocess
from deconvviz.scanning.manifest import BESIDE, Manifest, hash_weights, preprocess_facts, read_manifest

pytestmark = pytest.mark.quick

OTHER = {
    "model": "other",
    "weights": "ee" * 32,
    "preprocess": preprocess_facts(Preprocess(9)),
    "device": "cuda",
    "images": 101,
    "fingerprint": "ff" * 32,
    "layers": LAYERS[:1],
    "top": 4,
    "batch": 8,
    "part": 32,
    "quantiles": True,
}


def test_the_file_holds_everything(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(ONE.as_json())
    again = read_manifest(tmp_path)
    assert again == ONE
    assert (again.roots, again.load, again.identity) == (ONE.roots, ONE.load, ONE.identity)
    assert (again.channels, again.parts) == (6, 7)
    assert [n for part in range(7) for n in again.range_of(part)] == list(range(100))


def test_names_of_classes_are_kept_and_older_files_have_none(tmp_path: Path) -> None:
    named = replace(ONE, categories=tuple("abcdef"), scores=("cat",))
    (tmp_path / "manifest.json").write_text(named.as_json())
    again = read_manifest(tmp_path)
    assert (again.categories, again.scores) == (tuple("abcdef"), ("cat",))
    older = {name: value for name, value in json.loads(ONE.as_json()).items() if name not in ("categories", "scores")}
    (tmp_path / "manifest.json").write_text(json.dumps(older))
    assert (read_manifest(tmp_path).categories, read_manifest(tmp_path).identity) == ((), ONE.identity)
    (tmp_path / "manifest.json").write_text(replace(named, categories=("a", "b")).as_json())
    with pytest.raises(UnusableIndex, match="cannot be read as a manifest"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("name", OTHER)
def test_every_difference_counts_and_is_said(name: str) -> None:
    other = replace(ONE, **{name: OTHER[name]})
    assert other.identity != ONE.identity
    (said,) = ONE.differences(other)
    assert said.startswith(f"{name}: ")
    assert " there, " in said
    assert said.endswith(" now")


def test_where_things_lie_does_not_count() -> None:
    moved = replace(ONE, roots=("/elsewhere",), load=None, categories=tuple("abcdef"), scores=("cat",))
    assert moved.identity == ONE.identity
    assert ONE.differences(moved) == []
    assert set(OTHER) | set(BESIDE) == set(Manifest.__dataclass_fields__)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "is no index"),
        ("no json", "cannot be read as a manifest"),
        ("[]", "cannot be read as a manifest"),
        ('{"schema_version": 1}', "cannot be read as a manifest"),
        (json.dumps(json.loads(ONE.as_json()) | {"schema_version": 99}), "has schema version 99"),
    ],
)
def test_what_is_no_manifest(content: str | None, says: str, tmp_path: Path) -> None:
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(UnusableIndex, match=says):
        read_manifest(tmp_path)


def test_the_hash_of_weights_is_that_of_their_values() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
    before = hash_weights(net)
    assert hash_weights(net.train()) == before
    assert hash_weights(nn.Sequential(*net)) == before
    assert hash_weights(net.bfloat16()) != before
    net[1].running_mean[2] += 1
    assert len({before, hash_weights(net), hash_weights(net.double())}) == 3
