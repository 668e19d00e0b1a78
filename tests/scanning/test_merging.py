"""Merging shards: trees of any shape, repetitions, and what is refused."""

import shutil
from pathlib import Path

import pytest
from files import draw
from scans import result, run, tiny

from deconvviz import merge
from deconvviz.errors import UnusableIndex


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Four shards; the folder `whole` beside them holds the scan done at once."""
    folder = tmp_path_factory.mktemp("shards")
    for number in range(30):
        draw(folder / "in" / f"{number}.png", number)
    (folder / "in" / "bad.png").write_text("no picture")
    run(folder / "in", folder / "whole")
    for number in range(4):
        run(folder / "in", folder / str(number), shard=(number, 4))
    return [folder / str(number) for number in range(4)]


def test_trees_of_merges_give_the_same_bytes(shards: list[Path], tmp_path: Path) -> None:
    a, b, c, d = shards
    assert merge([a, c], tmp_path / "ac", partial=True) is None
    assert merge([d], tmp_path / "d", partial=True) is None
    assert merge([tmp_path / "ac", b], tmp_path / "acb", partial=True) is None
    index = merge([tmp_path / "d", a, tmp_path / "acb", tmp_path / "acb"], tmp_path / "out")
    assert index is not None
    assert [skipped.place for skipped in index.skipped] == ["bad.png"]
    assert result(tmp_path / "out") == result(a.parent / "whole")
    again = merge([tmp_path / "out", a], tmp_path / "again")
    assert again is not None
    assert result(tmp_path / "again") == result(tmp_path / "out")


def test_into_one_of_the_shards(shards: list[Path], tmp_path: Path) -> None:
    shutil.copytree(shards[0], tmp_path / "0")
    assert merge(shards[1:], tmp_path / "0") is not None
    assert result(tmp_path / "0") == result(shards[0].parent / "whole")
    assert sorted(path.name for path in (tmp_path / "0").iterdir()) == ["index.npz", "manifest.json"]


def test_missing_parts_are_named_and_can_be_scanned_there(shards: list[Path], tmp_path: Path) -> None:
    with pytest.raises(UnusableIndex, match="parts 1, 3, 5, 7 of 8 are in none of these"):
        merge([shards[0], shards[2]], tmp_path / "out")
    merge([shards[0], shards[2]], tmp_path / "out", partial=True)
    assert run(shards[0].parent / "in", tmp_path / "out") is not None  # does what is missing
    assert result(tmp_path / "out") == result(shards[0].parent / "whole")


def test_other_scans_are_refused(shards: list[Path], tmp_path: Path) -> None:
    run(shards[0].parent / "in", tmp_path / "other", tiny(size=20))
    with pytest.raises(UnusableIndex, match=r"other: is of another scan than .*0 \(preprocess: "):
        merge([shards[0], tmp_path / "other"], tmp_path / "out")
    with pytest.raises(UnusableIndex, match="other: holds another scan"):
        merge(shards, tmp_path / "other")
    assert merge(shards, tmp_path / "other", force=True) is not None
    with pytest.raises(UnusableIndex, match="is no index"):
        merge([tmp_path], tmp_path / "out")
