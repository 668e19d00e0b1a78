"""The files are the ledger: what is done, claims, full disks, and two who write at one place."""

import errno
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scans import ONE, make

from deconvviz.errors import UnusableIndex, UnwritableOutput
from deconvviz.scanning import ledger as ledgers
from deconvviz.scanning.ledger import Ledger, open_ledger
from deconvviz.scanning.manifest import Manifest
from deconvviz.scanning.part import Part

SCAN = replace(ONE, images=12, part=4, top=2, layers=(replace(ONE.layers[0], channels=3, pieces=((0, 3),)),))


def part(ledger: Ledger, number: int) -> Part:
    return make(number, scan=ledger.identity)


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return open_ledger(tmp_path / "index", SCAN)


def test_from_parts_to_the_result(ledger: Ledger) -> None:
    assert ledger.missing() == [0, 1, 2]
    for number in (2, 0):
        ledger.write(part(ledger, number))
    assert ledger.missing() == [1]
    with pytest.raises(UnusableIndex, match="parts 1 of 3 are missing"):
        ledger.finish()
    ledger.write(part(ledger, 1))
    result = ledger.finish()
    assert result.numbers == (0, 1, 2)
    assert sorted(os.listdir(ledger.folder)) == ["index.npz", "manifest.json"]
    assert (ledger.complete, ledger.missing(), ledger.has(2)) == (True, [], True)
    assert ledger.finish().as_npz() == result.as_npz()


def test_damaged_and_foreign_files_are_not_parts(ledger: Ledger) -> None:
    ledger.write(part(ledger, 0))
    (path,) = ledger.parts.glob("*.npz")
    path.with_name(path.name.replace("00000", "00001")).write_bytes(path.read_bytes()[:-50])
    path.with_name(path.name.replace("00000", "00002")).write_bytes(make(2, scan="another").as_npz())
    assert ledger.missing() == [1, 2]
    assert not ledger.has(1)


def test_nothing_is_listed_where_no_folder_is_yet(ledger: Ledger) -> None:
    ledger.write(part(ledger, 2))
    assert ledger.listed() == {2}
    (path,) = ledger.parts.iterdir()
    path.unlink()
    ledger.parts.rmdir()
    assert ledger.listed() == set()


def test_another_scan_is_refused_with_the_differences(ledger: Ledger) -> None:
    ledger.write(part(ledger, 0))
    other = replace(SCAN, top=5, batch=8)
    with pytest.raises(UnusableIndex, match=r"holds another scan \(top: 2 there, 5 now; batch: 4 there, 8 now\)"):
        open_ledger(ledger.folder, other)
    assert ledger.missing() == [1, 2]
    assert open_ledger(ledger.folder, SCAN).missing() == [1, 2]
    anew = open_ledger(ledger.folder, other, force=True)
    assert anew.missing() == [0, 1, 2]
    assert list(ledger.folder.rglob("*.npz")) == []


def test_force_begins_the_same_scan_anew(ledger: Ledger) -> None:
    ledger.write(part(ledger, 0))
    assert open_ledger(ledger.folder, SCAN, force=True).missing() == [0, 1, 2]
    for number in range(3):
        ledger.write(part(ledger, number))
    ledger.finish()
    assert open_ledger(ledger.folder, SCAN, force=True).missing() == [0, 1, 2]


@pytest.mark.parametrize("how", ["finish", "force"])
def test_files_of_others_in_a_folder_called_parts_stay(how: str, ledger: Ledger) -> None:
    own = ["bolt.jpg", "00001.npz", "12-photo.npz", "7-0123456789ab.claim.txt", ".00000-0123456789ab.npz"]
    ledger.parts.mkdir()
    for name in own:
        (ledger.parts / name).write_text("mine")
    (ledger.parts / "deeper").mkdir()
    (ledger.parts / f".00000-{ledger.identity[:12]}.npz.abcd_123").write_text("half written")
    for number in range(3):
        ledger.write(part(ledger, number))
    ledger.claim(0)
    if how == "finish":
        ledger.finish()
    else:
        open_ledger(ledger.folder, replace(SCAN, top=5), force=True)
    assert sorted(os.listdir(ledger.parts)) == sorted([*own, "deeper"])


@pytest.mark.parametrize("content", ['{"name": "my web app"}', "[]", "no JSON"])
def test_a_manifest_of_something_else_is_left_alone(content: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(content)
    for force in (False, True):
        with pytest.raises(UnusableIndex, match=r"manifest\.json: is not of a scan, and is left alone"):
            open_ledger(tmp_path, SCAN, force)
    assert (tmp_path / "manifest.json").read_text() == content


def test_an_index_file_of_something_else_is_left_alone(tmp_path: Path) -> None:
    np.savez(tmp_path / "index.npz", mine=np.zeros(3))
    with pytest.raises(UnusableIndex, match=r"index\.npz: is not of a scan, and is left alone"):
        open_ledger(tmp_path, SCAN, force=True)


def test_the_folder_of_parts_removed_under_ones_hands(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process finishes between the making of the folder and the writing into it."""
    twin = Ledger(ledger.folder, SCAN)
    for number in range(3):
        twin.write(part(twin, number))
    mkdir = Path.mkdir

    def late(path: Path, *arguments: object, **options: object) -> None:
        mkdir(path, *arguments, **options)  # type: ignore[arg-type]
        if path == ledger.parts:
            monkeypatch.setattr(Path, "mkdir", mkdir)
            twin.finish()

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", late)
        assert not ledger.claim(1)
    again = open_ledger(ledger.folder, SCAN, force=True)
    for number in range(3):
        again.write(part(again, number))
    monkeypatch.setattr(Path, "mkdir", late)
    again.write(part(again, 1))
    assert again.complete
    assert sorted(os.listdir(ledger.folder)) == ["index.npz", "manifest.json"]


def test_two_scans_at_one_place_at_once_keep_apart(tmp_path: Path) -> None:
    other = replace(SCAN, batch=8)
    ledger = open_ledger(tmp_path, SCAN)
    late = Ledger(tmp_path, other)  # had looked before the first one wrote its manifest
    late.write(part(late, 0))
    ledger.write(part(ledger, 0))
    assert (ledger.missing(), late.missing()) == ([1, 2], [1, 2])
    for number in (1, 2):
        ledger.write(part(ledger, number))
    assert ledger.finish().scan == ledger.identity


def test_a_full_disk_loses_nothing(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    ledger.write(part(ledger, 0))

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(UnwritableOutput, match=r"cannot be written \(No space left on device\)"):
            ledger.write(part(ledger, 1))
    assert sorted(path.name[:5] for path in ledger.parts.iterdir()) == ["00000"]
    assert ledger.missing() == [1, 2]


def test_one_part_is_for_one_process(ledger: Ledger) -> None:
    code = f"""
import sys; from pathlib import Path; from deconvviz.scanning.ledger import Ledger
import deconvviz.scanning.manifest as m, time
ledger = Ledger(Path({str(ledger.folder)!r}), m.read_manifest(Path({str(ledger.folder)!r})))
print(ledger.claim(1), flush=True); time.sleep(60)
"""
    other = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    try:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        assert not ledger.claim(1)
        assert ledger.claim(0)
    finally:
        other.kill()
        other.wait()
    assert ledger.claim(1)  # it died: its claim is void at once
    ledger.release(1)
    with ledger.claimed(2) as held:
        assert held
        assert {path.name[:5] for path in ledger.parts.glob("*.claim")} == {"00000", "00002"}
    assert {path.name[:5] for path in ledger.parts.glob("*.claim")} == {"00000"}


def test_a_claim_whose_process_died_before_it_signed_is_void_after_a_moment(ledger: Ledger) -> None:
    ledger.claim(0)
    (path,) = ledger.parts.glob("*.claim")
    path.write_text("")
    assert not ledger.claim(0)  # somebody may be about to sign
    moment = time.time() - 5
    os.utime(path, (moment, moment))
    assert ledger.claim(0)


def test_claims_of_other_machines_hold_while_they_are_touched(ledger: Ledger) -> None:
    ledger.claim(0)
    (path,) = ledger.parts.glob("*.claim")
    path.write_text("elsewhere 123")
    assert not ledger.claim(0)
    old = time.time() - ledgers.STALE - 1
    os.utime(path, (old, old))
    ledger.touch(0)
    assert not ledger.claim(0)
    os.utime(path, (old, old))
    assert ledger.claim(0)


def test_a_result_removed_under_ones_hands(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process merges and removes the parts while this one is about to."""
    for number in range(3):
        ledger.write(part(ledger, number))
    merged, twin = Ledger.merged, Ledger(ledger.folder, SCAN)

    def late(self: Ledger) -> Part:
        if self is ledger:
            monkeypatch.setattr(Ledger, "merged", merged)
            files = self.files()
            twin.finish()
            from deconvviz.scanning.part import merge_all, read_part

            return merge_all(read_part(path) for path in files)
        return merged(self)

    monkeypatch.setattr(Ledger, "merged", late)
    assert ledger.finish().numbers == (0, 1, 2)


def test_unreadable_body_is_said_when_it_is_met(ledger: Ledger) -> None:
    for number in range(3):
        ledger.write(part(ledger, number))
    path = sorted(ledger.parts.glob("*.npz"))[1]
    content = path.read_bytes()
    path.write_bytes(content[:900] + bytes(200) + content[1100:])
    assert isinstance(SCAN, Manifest)
    with pytest.raises(UnusableIndex, match="damaged.*remove it and scan again"):
        ledger.finish()
    path.unlink()
    ledger.write(part(ledger, 1))
    assert np.isfinite(ledger.finish().best.values).all()
