"""Where images come from: one order, records that find them again, and what is refused."""

import io
import os
import sys
from pathlib import Path

import pytest
import torch
from files import HOSTILE, Pictures, draw
from PIL import Image
from torch import Tensor

from deconvviz import shapes
from deconvviz.errors import UnreadableImage, UnsuitableInput
from deconvviz.images import Preprocess
from deconvviz.images.datasets import DatasetImages
from deconvviz.images.sources import Images, find_images, natural, printable

pytestmark = pytest.mark.quick

PREPROCESS = Preprocess(32)


def places(images: Images) -> list[str]:
    return [images.record(n).place for n in range(len(images))]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for number, name in enumerate(["b/img10.png", "b/img9.PNG", "a/x/deep.png", "top.png", ".hidden/h.png"]):
        draw(tmp_path / name, number)
    (tmp_path / "a" / "._img.png").write_text("what a Mac leaves")
    (tmp_path / "notes.txt").write_text("no picture")
    return tmp_path


def test_a_folder_in_natural_order_with_classes(tree: Path) -> None:
    images = find_images(tree)
    assert places(images) == [os.path.join("a", "x", "deep.png"), "b/img9.PNG", "b/img10.png", "top.png"]
    assert [images.record(n).category for n in range(4)] == ["a", "b", "b", ""]
    assert images.roots == (str(tree),)
    for number in range(4):
        record = images.record(number)
        assert torch.equal(images.read(number, record, PREPROCESS), PREPROCESS(tree / record.place))


def test_the_same_files_elsewhere_are_the_same_images(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    import shutil

    copy = tmp_path_factory.mktemp("copy") / "elsewhere"
    shutil.copytree(tree, copy)
    images, again = find_images(tree), find_images(str(copy))
    assert images.fingerprint == again.fingerprint
    (copy / "top.png").write_bytes((copy / "top.png").read_bytes() + b"x")
    assert find_images(copy).fingerprint != images.fingerprint


def test_several_sources_in_the_order_given(tree: Path) -> None:
    images = find_images([tree / "b", tree / "top.png", tree / "a" / "x" / "deep.png"])
    assert places(images) == ["img9.PNG", "img10.png", "top.png", "a/x/deep.png"]
    assert images.roots == (str(tree / "b"), str(tree))
    assert images.record(3).category == "a"


@pytest.mark.parametrize("end", ["\n", "\r\n", "\0"])
def test_lists_of_files(end: str, tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tree)
    text = end.join(["b/img10.png", "b/img9.PNG", "a"]) + end
    (tree / "list.txt").write_bytes(text.encode())
    expected = ["img10.png", "img9.PNG", "x/deep.png"]
    assert places(find_images("@list.txt")) == expected
    (tree / "marked.txt").write_bytes(b"\xef\xbb\xbf" + text.encode())  # as Windows' editors write it
    assert places(find_images("@marked.txt")) == expected
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert places(find_images("-")) == expected
    (tree / "list.txt").write_bytes(text.encode() + b"gone.png\n" + end.encode())
    with pytest.raises(UnreadableImage, match=r"gone\.png: no such file or folder|gone"):
        _ = [images := find_images("@list.txt"), images.read(3, images.record(3), PREPROCESS)]


def test_file_names_of_any_kind(tmp_path: Path) -> None:
    for name in HOSTILE:
        draw(os.path.join(os.fsencode(tmp_path / "d"), os.fsencode(name)))
    images = find_images(tmp_path)
    assert len(images) == len(HOSTILE)
    assert {images.record(n).name for n in range(6)} == {os.path.join("d", os.fsdecode(name)) for name in HOSTILE}
    for number in range(6):
        assert images.read(number, images.record(number), PREPROCESS).shape == (3, 32, 32)
        assert printable(images.record(number).name).isprintable()


def test_links_are_followed_but_not_in_circles(tree: Path) -> None:
    (tree / "a" / "up").symlink_to(tree)
    (tree / "again").symlink_to(tree / "b")
    assert [place for place in places(find_images(tree)) if "again" in place] == ["again/img9.PNG", "again/img10.png"]
    (tree / "a" / "loop").symlink_to("loop")
    (tree / "a" / "loop.png").symlink_to("loop.png")
    (tree / "dangling.png").symlink_to(tree / "nothing")
    images = find_images(tree)
    number = places(images).index("dangling.png")
    with pytest.raises(UnreadableImage, match="dangling.png: is no regular file, or a link to none"):
        images.read(number, images.record(number), PREPROCESS)


def test_a_folder_below_that_cannot_be_listed_is_skipped(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tree / "locked.tar").mkdir()
    scandir = os.scandir

    def refused(path: str) -> object:
        if path.endswith(("b", "locked.tar")):
            raise PermissionError(13, "Permission denied")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refused)
    images = find_images(tree)
    assert places(images) == ["a/x/deep.png", "b", "locked.tar", "top.png"]
    for number in (1, 2):
        with pytest.raises(UnreadableImage, match=r"(b|locked\.tar): the folder cannot be listed"):
            images.read(number, images.record(number), PREPROCESS)
    with pytest.raises(UnreadableImage, match="b: the folder cannot be listed"):
        find_images(tree / "b")


def test_what_is_no_regular_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    images = find_images(tmp_path)
    with pytest.raises(UnreadableImage, match=r"pipe\.png: is no regular file"):
        images.read(0, images.record(0), PREPROCESS)


def test_files_that_vanish_or_change(tree: Path) -> None:
    images = find_images(tree / "b")
    (tree / "b" / "img9.PNG").unlink()
    draw(tree / "b" / "img10.png", 77)
    with pytest.raises(UnreadableImage, match="no such file"):
        images.read(0, images.record(0), PREPROCESS)
    with pytest.raises(UnreadableImage, match=r"has changed since it was listed \(\d+ bytes then, \d+ now\)"):
        images.read(1, images.record(1), PREPROCESS)


def test_what_is_refused(tree: Path, tmp_path: Path) -> None:
    with pytest.raises(UnreadableImage, match="nowhere: no such file or folder"):
        find_images(tree / "nowhere")
    with pytest.raises(UnreadableImage, match="none.txt: the list cannot be read"):
        find_images("@none.txt")
    (tree / "empty").mkdir()
    with pytest.raises(UnsuitableInput, match="no image in .*empty"):
        find_images(tree / "empty")
    for twice in ([tree, tree / "b"], [tree / "b", tree / "b"], [tree / "b", tree / "b" / "img9.PNG"]):
        with pytest.raises(UnsuitableInput, match="would count twice"):
            find_images(twice)
    assert len(find_images([tree / "top.png", tree / "top.png"])) == 1
    images = find_images(tree / "top.png")
    with pytest.raises(UnsuitableInput, match="need a preprocessing"):
        images.read(0, images.record(0), None)


def test_memory_for_many_names() -> None:
    """A million images take tens of megabytes, not hundreds."""
    from deconvviz.images.records import Record

    many = Images(["/"], (Record(0, "", f"n{n:08d}/n{n:08d}_{n}.JPEG", f"n{n:08d}", -1, n) for n in range(20_000)))
    held = sys.getsizeof(many._texts) + sys.getsizeof(many._starts) + sys.getsizeof(many._places)
    assert held / len(many) < 100
    assert many.record(19_999).category == "n00019999"


def test_data_sets() -> None:
    images = find_images(Pictures())
    assert isinstance(images, DatasetImages)
    assert images.record(1) == images.record(1)
    assert (images.record(1).name, images.record(1).category) == ("pictures/1.png", "dog")
    assert images.read(2, images.record(2), None).mean() == 2
    assert images.fingerprint != find_images(Pictures(3)).fingerprint
    bare = find_images([torch.zeros(3, 8, 8)] and torch.utils.data.TensorDataset(torch.zeros(5, 3, 8, 8)))
    assert len(bare) == 5
    assert bare.record(4).name == "#4"
    with pytest.raises(UnsuitableInput, match="the data set is empty"):
        find_images(Pictures(0))

    class Wrong(Pictures):
        def __getitem__(self, number: int) -> tuple[Tensor, int]:
            return torch.zeros(32, 32, dtype=torch.uint8), 0

    with pytest.raises(UnsuitableInput, match="number 0 of the data set: pictures need a preprocessing"):
        DatasetImages(Wrong()).read(0, DatasetImages(Wrong()).record(0), None)

    class Drawn(Pictures):
        def __getitem__(self, number: int) -> tuple[Image.Image, int]:  # type: ignore[override]
            return shapes.image(number), 0

    assert DatasetImages(Drawn()).read(0, DatasetImages(Drawn()).record(0), PREPROCESS).shape == (3, 32, 32)


def test_data_sets_of_one_kind_and_length_differ_by_what_they_hold() -> None:
    kinds = {
        "tensors": [torch.full((3, 8, 8), float(n)) for n in range(5)],
        "pairs": [(torch.full((3, 8, 8), n, dtype=torch.bfloat16), 1) for n in range(5)],
        "pictures": [Image.new("RGB", (8, 8), (n, 0, 0)) for n in range(5)],
        "paths": [f"{n}.png" for n in range(5)],
    }

    class Listed(torch.utils.data.Dataset[object]):
        def __init__(self, items: list[object], targets: object = None) -> None:
            self.items, self.targets = items, targets

        def __len__(self) -> int:
            return len(self.items)

        def __getitem__(self, number: int) -> object:
            if self.items[number] is None:
                raise KeyError(number)
            return self.items[number]

    for items in kinds.values():
        first = DatasetImages(Listed(items)).fingerprint
        assert DatasetImages(Listed(list(items))).fingerprint == first
        for place in (0, 2, 4):
            other = [*items[:place], items[1], *items[place + 1 :]]
            assert DatasetImages(Listed(other)).fingerprint != first
            gone = [*items[:place], None, *items[place + 1 :]]
            assert DatasetImages(Listed(gone)).fingerprint != first
        assert DatasetImages(Listed(items, torch.arange(5))).fingerprint != first
        assert DatasetImages(Listed(items, ["no", "numbers", "but", "a", "list"])).fingerprint == first


def test_natural_order() -> None:
    names = ["x10", "x9", "X1", "x", "10", "9", "x9a", "x09"]
    assert sorted(names, key=natural) == ["9", "10", "X1", "x", "x09", "x9", "x9a", "x10"]
