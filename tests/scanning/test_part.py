"""Parts: their files hold everything, always in the same bytes; merging counts each part once."""

from dataclasses import replace
from itertools import permutations
from pathlib import Path

import numpy as np
import pytest
from scans import make

from deconvviz.errors import UnusableIndex
from deconvviz.images.records import Records
from deconvviz.scanning.best import Best
from deconvviz.scanning.part import Part, merge_all, ranges, read_label, read_part
from deconvviz.scanning.tally import Tally

pytestmark = pytest.mark.quick


def test_files_hold_everything(tmp_path: Path) -> None:
    part = make(3)
    path = tmp_path / "part.npz"
    path.write_bytes(part.as_npz())
    again = read_part(path)
    assert again.as_npz() == part.as_npz()
    assert read_label(path) == ("a scan", (3,))
    assert dict(again.records) == dict(part.trimmed().records)
    assert all(again.records[n].name.endswith(str(n)) for n in again.records)
    assert again.skipped == part.skipped
    assert again.numbers == (3,)
    assert (again.best.values == part.best.values).all()
    np.load(path, allow_pickle=False)["tally_sums"]


def test_every_order_and_grouping_gives_the_same_bytes() -> None:
    parts = [make(number) for number in range(4)]
    expected = merge_all(parts).as_npz()
    for order in permutations(parts):
        assert merge_all(order).as_npz() == expected
    a, b, c, d = parts
    assert a.merge(b).merge(c.merge(d)).as_npz() == expected
    assert d.merge(a.merge(c)).merge(b).as_npz() == expected


def test_what_comes_twice_counts_once() -> None:
    a, b, c = (make(number) for number in range(3))
    whole = a.merge(b).merge(c)
    for again in (a, b.merge(c), whole):
        assert whole.merge(again).as_npz() == whole.as_npz()
        assert again.merge(whole).as_npz() == whole.as_npz()
    assert whole.tally.count == 12
    with pytest.raises(UnusableIndex, match="parts 1 are in two merged files"):
        a.merge(b).merge(b.merge(c))
    with pytest.raises(UnusableIndex, match="different scans"):
        a.merge(make(1, scan="another"))


def test_only_records_that_are_shown_are_kept() -> None:
    part = make(0, images=50)
    assert len(part.records) == 50
    assert part.spread is not None
    shown = {*part.best.images.ravel().tolist(), *part.spread.images.tolist()}
    assert set(part.trimmed().records) == shown
    assert set(part.merge(make(1, images=50)).trimmed().records) > shown - set(range(50))
    strongest = set(part.best.images.ravel().tolist())
    assert set(replace(part, spread=None).trimmed().records) == strongest < shown


def test_parts_of_0_1_have_no_sketch_and_what_is_merged_with_them_has_none(tmp_path: Path) -> None:
    old = replace(make(0), sketch=None, spread=None)
    (tmp_path / "old.npz").write_bytes(old.as_npz())
    again = read_part(tmp_path / "old.npz")
    assert (again.sketch, again.spread) == (None, None)
    for both in (again.merge(make(1)), make(1).merge(again)):
        assert (both.sketch, both.spread, both.tally.count) == (None, None, 8)


@pytest.mark.parametrize("damage", ["empty", "cut", "text", "flipped", "missing"])
def test_damaged_files_are_said_so(damage: str, tmp_path: Path) -> None:
    path, content = tmp_path / "part.npz", make(0).as_npz()
    middle = bytes(byte ^ 255 for byte in content[500:700])
    damaged = {"empty": b"", "cut": content[:-400], "text": b"hello", "flipped": content[:500] + middle + content[700:]}
    if damage in damaged:
        path.write_bytes(damaged[damage])
    with pytest.raises(UnusableIndex, match="part.npz: is no part of a scan, or is damaged"):
        read_part(path)
    if damage != "flipped":
        assert read_label(path) is None


def test_an_empty_part(tmp_path: Path) -> None:
    empty = Part("a scan", (0,), Best.empty(3, 2), Tally.empty(3), Records.of({}), ())
    (tmp_path / "part.npz").write_bytes(empty.as_npz())
    assert read_part(tmp_path / "part.npz").merge(make(1)).numbers == (0, 1)


def test_ranges() -> None:
    assert ranges([]) == ""
    assert ranges({5, 1, 2}) == "1-2, 5"
