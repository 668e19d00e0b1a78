"""The scan: the same bytes however it is shared out, stopped and resumed; what becomes of every kind of fault."""

import errno
import os
import shutil
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from files import HOSTILE, SAYS, Pictures, draw, hostile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from networks import Fragile, randomised
from PIL import Image
from scans import result, run, small_parts, tiny, whole
from torch import nn

import deconvviz
from deconvviz import Index, Model, Preprocess, shapes
from deconvviz.errors import UnreadableImage, UnsuitableInput, UnusableIndex, UnwritableOutput
from deconvviz.images.sources import find_images
from deconvviz.scanning import scanning as scans
from deconvviz.scanning.job import Job, part_size
from deconvviz.scanning.ledger import Ledger, open_ledger
from deconvviz.scanning.part import Skipped, merge_all, read_part
from deconvviz.scanning.reading import reading_ahead
from deconvviz.scanning.scanning import take_part


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(43):
        draw(folder / "ab"[number % 2] / f"{number}.png", number)
    return folder


@pytest.fixture(scope="module")
def expected(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> bytes:
    out = tmp_path_factory.mktemp("expected")
    run(pictures, out)
    return result(out)


# --- what is found --------------------------------------------------------------------------------------


def test_what_is_found_is_what_looking_at_everything_finds(pictures: Path, tmp_path: Path) -> None:
    model = tiny()
    index = whole(run(pictures, tmp_path, model, layers=["0", "4"]))
    dv, images = deconvviz.DeconvNet(model), find_images(pictures)
    paths = [pictures / images.record(n).place for n in range(43)]
    for layer in ("0", "4"):
        for channel, units in enumerate(dv.strongest_images(paths, layer, 4)):
            entries = index.top(layer, channel)
            assert [entry.unit.image for entry in entries] == [unit.image for unit in units]
            for entry, unit in zip(entries, units, strict=True):
                assert (entry.row, entry.column) == (unit.row, unit.column)
                assert entry.activation == pytest.approx(unit.activation, rel=1e-5)
                assert pictures / entry.name == paths[unit.image]
                assert entry.category == entry.name[0]


def test_the_network_is_left_as_found(pictures: Path, tmp_path: Path) -> None:
    model = tiny()
    model.net.train()
    before = {name: tensor.clone() for name, tensor in model.net.state_dict().items()}
    run(pictures, tmp_path, model)
    assert model.net.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.net.state_dict().items())
    assert not any(module._forward_hooks for module in model.net.modules())


def test_parts_are_whole_batches_and_not_too_many() -> None:
    for count, batch in ((1, 16), (200, 16), (10_000, 64), (1_300_000, 16), (10**9, 64)):
        size = part_size(count, batch)
        assert size % batch == 0
        assert -(-count // size) <= 10_000


# --- the same bytes -------------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [1, 5])
def test_any_number_of_workers(workers: int, pictures: Path, expected: bytes, tmp_path: Path) -> None:
    run(pictures, tmp_path, workers=workers)
    assert result(tmp_path) == expected


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    order=st.permutations(range(11)), cuts=st.lists(st.integers(0, 11), max_size=3), again=st.sets(st.integers(0, 10))
)
def test_any_order_sharing_and_retry_gives_the_same_bytes(
    order: list[int], cuts: list[int], again: set[int], pictures: Path, expected: bytes, parts: Callable[[int], Path]
) -> None:
    edges = [0, *sorted(cuts), 11]
    shards = [order[i:j] for i, j in pairwise(edges) if j > i]
    shards[0] = [*shards[0], *(part for part in again if part in shards[0])]
    merged = [merge_all(read_part(parts(number)) for number in shard) for shard in shards]
    assert merge_all(merged).as_npz() == expected


@pytest.fixture(scope="module")
def parts(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """Each part, done by itself, in an order of its own."""
    folder = tmp_path_factory.mktemp("parts")
    job = Job(deconvviz.DeconvNet(tiny()), find_images(pictures), (), False, 2, lambda skipped: None)
    with small_parts():
        ledger = open_ledger(folder, job.manifest(4, 4, None))
    assert ledger.manifest.parts == 11
    with reading_ahead(job.read, 2) as batches_of, scans.tqdm(disable=True) as bar:
        for number in (7, 3, 10, 0, 1, 9, 2, 8, 6, 5, 4):
            ledger.write(take_part(job, ledger, number, batches_of, bar))
    files = {numbers[0]: path for path, numbers in ledger.files().items()}
    return lambda number: files[number]


@pytest.mark.parametrize("count", [2, 12])
def test_shards_are_merged_to_the_same_bytes(count: int, pictures: Path, expected: bytes, tmp_path: Path) -> None:
    shards = [tmp_path / f"shard{number}" for number in range(count)]
    for number in reversed(range(count)):
        assert run(pictures, shards[number], shard=(number, count)) is None
    with_parts = [shard for shard in shards if list(shard.rglob("*.npz"))]
    index = deconvviz.merge(with_parts, tmp_path / "merged")
    assert whole(index).manifest.images == 43
    assert result(tmp_path / "merged") == expected


def test_stopped_at_any_moment_and_resumed(
    pictures: Path, expected: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, left, stops = scans.look_at, [0], 0

    def interrupted(*arguments: Any) -> Any:
        left[0] -= 1
        if left[0] < 0:
            raise KeyboardInterrupt
        return look(*arguments)

    monkeypatch.setattr(scans, "look_at", interrupted)
    while not (tmp_path / "index.npz").exists():
        left[0] = 1 + stops % 2
        try:
            run(pictures, tmp_path)
        except KeyboardInterrupt:
            stops += 1
            assert not list(tmp_path.rglob("*.claim"))
            with pytest.raises(
                UnusableIndex, match="not complete, parts .* of 11 are missing; run the same scan again"
            ):
                deconvviz.open_index(tmp_path)
    assert stops >= 5
    assert result(tmp_path) == expected
    monkeypatch.setattr(scans, "look_at", None)  # nothing is left to do
    assert whole(run(pictures, tmp_path)).manifest.images == 43


def test_ranks_share_the_parts_and_the_first_takes_over(
    pictures: Path, expected: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    monkeypatch.setenv("RANK", "1")
    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "has", lambda *_: True)  # others are at everything
        assert run(pictures, tmp_path) is None
    assert not (tmp_path / "index.npz").exists()
    monkeypatch.setenv("RANK", "0")
    assert whole(run(pictures, tmp_path)).manifest.parts == 11
    assert result(tmp_path) == expected


def test_what_others_have_done_counts_in_the_progress(
    pictures: Path, expected: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, parts: Callable[[int], Path]
) -> None:
    bars, shown, take = [], [], scans.take_part

    def bar_of(*arguments: Any, **options: Any) -> Any:
        bars.append(scans_tqdm(*arguments, **options, mininterval=0))
        return bars[-1]

    def meanwhile(job: Job, ledger: Ledger, part: int, *rest: Any) -> Any:
        shown.append(bars[0].n)
        if part == 0:
            for other in (4, 10):
                shutil.copy(parts(other), ledger.parts)
        return take(job, ledger, part, *rest)

    scans_tqdm = scans.tqdm
    monkeypatch.setattr(scans, "tqdm", bar_of)
    monkeypatch.setattr(scans, "take_part", meanwhile)
    run(pictures, tmp_path, progress=True)
    assert (shown, bars[0].n) == ([0, 11, 15, 19, 23, 27, 31, 35, 39], 43)
    assert result(tmp_path) == expected


def test_force_under_torchrun(pictures: Path, expected: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first rank clears the place, the others do not; and nobody does after a restart."""
    run(pictures, tmp_path)
    counted: list[int] = []
    take = scans.take_part
    monkeypatch.setattr(scans, "take_part", lambda *given: (counted.append(given[2]), take(*given))[1])
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "0")
    run(pictures, tmp_path, force=True)
    assert counted == [0, 2, 4, 6, 8, 10, 1, 3, 5, 7, 9]
    monkeypatch.setenv("RANK", "1")
    run(pictures, tmp_path, force=True)
    monkeypatch.setenv("RANK", "0")
    monkeypatch.setenv("TORCHELASTIC_RESTART_COUNT", "1")
    run(pictures, tmp_path, force=True)
    assert len(counted) == 11
    assert result(tmp_path) == expected


def test_other_settings_are_refused(pictures: Path, tmp_path: Path) -> None:
    run(pictures, tmp_path)
    before = result(tmp_path)
    with pytest.raises(UnusableIndex, match="top: 4 there, 5 now"):
        run(pictures, tmp_path, k=5)
    other = tiny()
    other.net[0].bias.data += 1  # type: ignore[index, union-attr]
    with pytest.raises(UnusableIndex, match="weights: [0-9a-f]{8} there, [0-9a-f]{8} now"):
        run(pictures, tmp_path, other)
    with pytest.raises(UnusableIndex, match="images: 43 there, 21 now"):
        run(pictures / "b", tmp_path)
    assert result(tmp_path) == before
    assert whole(run(pictures / "b", tmp_path, other, force=True)).manifest.images == 21


# --- faults ---------------------------------------------------------------------------------------------


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    folder = tmp_path / "mixed"
    for number in range(9):
        draw(folder / f"{number}.png", number)
    return folder


def places(index: Index) -> dict[str, str]:
    return {skipped.place: skipped.reason for skipped in index.skipped}


def test_hostile_files_are_skipped_and_listed(mixed: Path, tmp_path: Path) -> None:
    kinds = [kind for kind in SAYS if kind not in ("missing", "folder")]
    for kind in kinds:
        hostile(kind, mixed)
    told: list[Skipped] = []
    index = whole(run(mixed, tmp_path / "out", on_skip=told.append))
    assert {place.partition(".")[0] for place in places(index)} == set(kinds)
    for place, reason in places(index).items():
        assert SAYS[place.partition(".")[0]] in reason
        assert str(mixed) not in reason
    assert {skipped.place for skipped in told} == set(places(index))
    assert index.statistics("0", 0).count == 9
    with pytest.raises(UnreadableImage, match="mixed"):
        run(mixed, tmp_path / "strict", strict=True)


def test_a_skipped_image_does_not_change_the_others(mixed: Path, tmp_path: Path) -> None:
    """Its place in the batch is kept: the others' values stay the same to the last bit."""
    good = whole(run(mixed, tmp_path / "good"))
    (mixed / "4.png").write_bytes(b"no picture")
    bad = whole(run(mixed, tmp_path / "bad"))
    assert list(places(bad)) == ["4.png"]
    for channel in range(6):
        entries = [e for e in good.top("0", channel) if e.unit.image != 4]
        values = {e.unit.image: e.activation for e in bad.top("0", channel)}
        assert all(values[e.unit.image] == e.activation for e in entries)


def test_file_names_of_any_kind(tmp_path: Path) -> None:
    for number, name in enumerate(HOSTILE):
        draw(os.path.join(os.fsencode(tmp_path / "in"), os.fsencode(name)), number)
    with open(os.path.join(os.fsencode(tmp_path / "in"), b"bad\n\xff.png"), "wb") as file:
        file.write(b"no picture")
    index = whole(run(tmp_path / "in", tmp_path / "out"))
    found = {entry.name for channel in range(6) for entry in index.top("0", channel, 9)}
    assert found <= {os.fsdecode(name) for name in HOSTILE}
    assert len(found) > 3
    assert places(index) == {r"bad\n\udcff.png": "is no picture that Pillow can open"}
    assert len(index.project("0", [0, 1])) == 8


def test_files_that_vanish_or_change_during_the_scan(
    mixed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = find_images(mixed)
    (mixed / "2.png").unlink()
    draw(mixed / "5.png", 99)
    index = whole(run(found, tmp_path / "out"))
    assert list(places(index)) == ["2.png", "5.png"]
    assert places(index)["2.png"] == "no such file"
    assert places(index)["5.png"].startswith("has changed since it was listed (")
    with pytest.raises(UnusableIndex, match="images: 9 there, 8 now; fingerprint: "):
        run(mixed, tmp_path / "out")


@pytest.mark.parametrize("what", ["none", "unreadable"])
def test_no_image_that_can_be_used(what: str, tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    if what == "unreadable":
        (folder / "a.png").write_text("no picture")
    says = "no image in" if what == "none" else "none of the 1 images could be used; the first, a.png: is no picture"
    with pytest.raises(UnsuitableInput, match=says):
        run(folder, tmp_path / "out")


def test_a_full_disk(pictures: Path, expected: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace, left = os.replace, [5]

    def full(*arguments: Any) -> None:
        left[0] -= 1
        if left[0] < 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        replace(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(UnwritableOutput, match=r"cannot be written \(No space left on device\)"):
            run(pictures, tmp_path)
    assert len(list(tmp_path.rglob("*.npz"))) == 4  # and the manifest
    assert not [path for path in tmp_path.rglob(".*") if path.is_file()]
    run(pictures, tmp_path)
    assert result(tmp_path) == expected


def test_activations_that_are_no_numbers(tmp_path: Path) -> None:
    class Given(Pictures):
        def __getitem__(self, number: int) -> tuple[torch.Tensor, int]:
            image = torch.rand(3, 12, 12, generator=torch.Generator().manual_seed(number))
            image[0, 0, 0] = 9 if number in (1, 6) else 0
            return image, 0

    model = Model(randomised(Fragile()), None, "fragile")
    index = whole(run(Given(8), tmp_path, model))
    assert [skipped.number for skipped in index.skipped] == [1, 6]
    assert "are not finite" in index.skipped[0].reason
    assert index.statistics("relu", 0).count == 6
    broken = Model(nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU()), None, "broken")
    broken.net[0].weight.data[:] = torch.nan  # type: ignore[index, union-attr]
    with pytest.raises(UnsuitableInput, match=r"none of the 8 images could be used.*not finite"):
        run(Given(8), tmp_path / "broken", broken)


def test_images_of_many_sizes_and_one_below_the_minimum(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for number, size in enumerate([(30, 40), (40, 30), (30, 40), (6, 6), (31, 31)]):
        shapes.image(number).resize(size).save(folder / f"{number}.png")
    (folder / "5.png").write_text("no picture")
    index = whole(run(folder, tmp_path / "out", tiny(size=None)))
    assert set(places(index)) == {"3.png", "5.png"}
    assert "cannot take images of 3×6×6" in places(index)["3.png"]
    assert index.statistics("4", 0).count == 4
    for projection in index.project("4", range(8)):
        assert projection.input.shape[1:] in {(30, 31), (31, 31), (40, 30), (30, 40)}


def test_data_sets(tmp_path: Path) -> None:
    class Given(Pictures):
        def __getitem__(self, number: int) -> tuple[torch.Tensor, int]:
            if number == 3:
                raise KeyError("gone")
            return torch.rand(3, 24, 24, generator=torch.Generator().manual_seed(number)), 0

    index = whole(run(Given(10), tmp_path))
    assert index.skipped == (Skipped(3, "pictures/3.png", "KeyError ('gone')"),)
    assert index.top("0", 1)[0].category in ("cat", "dog")
    assert len(index.project("0", [1])) == 4
    with pytest.raises(UnusableIndex, match="was made from a data set"):
        deconvviz.open_index(tmp_path, model=tiny()).project("0", 1)
    again = deconvviz.open_index(tmp_path, model=tiny(), images=Given(10))
    assert [p.unit for p in again.project("0", 1)] == [p.unit for p in index.project("0", 1)]


def test_networks_that_need_their_own_layout(pictures: Path, tmp_path: Path) -> None:
    """A network that flattens maps by a view cannot run with channels last; it is scanned all the same."""

    class Viewing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.last = nn.Conv2d(3, 4, 5, stride=4), nn.Linear(4 * 5 * 5, 3)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            x = self.conv(x).relu()
            return self.last(x.view(x.size(0), -1))  # type: ignore[no-any-return]

    index = whole(run(pictures, tmp_path, tiny(Viewing()), layers=["all"]))
    assert index.layers["last"] == 3
    assert index.top("last", 2)[0].row is None


def test_low_precision_and_one_colour(pictures: Path, tmp_path: Path) -> None:
    net = nn.Sequential(nn.Conv2d(1, 3, 3), nn.ReLU()).bfloat16()
    model = Model(net, Preprocess(12, (0.5,), (0.5,)), "grey")
    index = whole(run(pictures, tmp_path, model))
    assert index.statistics("0", 0).count == 43
    assert np.isfinite(index.statistics("0", 0).mean)


def test_one_picture(tmp_path: Path) -> None:
    Image.new("RGB", (30, 30), "red").save(tmp_path / "one.png")
    index = whole(run(tmp_path / "one.png", tmp_path / "out"))
    assert [len(index.top("0", channel)) for channel in range(6)] == [1] * 6
    shutil.rmtree(tmp_path / "out")
