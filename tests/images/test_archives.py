"""Tar shards: listed once, read from anywhere, and what becomes of damaged ones."""

import io
import tarfile
from pathlib import Path

import pytest
import torch

from deconvviz import shapes
from deconvviz.errors import UnreadableImage
from deconvviz.images import Preprocess
from deconvviz.images.archives import UNLISTED, list_members
from deconvviz.images.sources import find_images

pytestmark = pytest.mark.quick

PREPROCESS = Preprocess(32)


def png(number: int) -> bytes:
    buffer = io.BytesIO()
    shapes.image(number).save(buffer, "PNG")
    return buffer.getvalue()


def shard(path: Path, names: list[str], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for number, name in enumerate(names):
            for suffix, content in ((".png", png(number)), (".cls", b"%d\n" % (number % 3)), (".txt", b"a text")):
                member = tarfile.TarInfo(name + suffix)
                member.size = len(content)
                archive.addfile(member, io.BytesIO(content))
    return path


@pytest.mark.parametrize("names", [["000", "001", "002"], ["n/" + "long" * 40, "猫 é", "quo'te\nline"]])
def test_members_are_read_as_the_files_they_were(names: list[str], tmp_path: Path) -> None:
    shard(tmp_path / "shard-9.tar", names)
    shard(tmp_path / "shard-10.tar", ["z"])
    images = find_images(tmp_path)
    assert [images.record(n).place for n in range(4)] == [
        *(f"shard-9.tar/{n}.png" for n in names),
        "shard-10.tar/z.png",
    ]
    assert [images.record(n).category for n in range(4)] == ["0", "1", "2", "0"]
    for number in range(3):
        assert torch.equal(images.read(number, images.record(number), PREPROCESS), PREPROCESS(shapes.image(number)))


def test_damaged_archives_give_what_they_have(tmp_path: Path) -> None:
    path = shard(tmp_path / "a.tar", ["0", "1", "2"])
    whole = path.read_bytes()
    offsets = [offset for _, _, offset, _ in list_members(str(path))]
    path.write_bytes(whole[: offsets[1] + 700] + b"x" * 512 + whole[offsets[1] + 1212 :])
    assert [member[0] for member in list_members(str(path))] == ["0.png", "1.png", "2.png"]
    path.write_bytes(whole[: offsets[2] - 100])
    assert [member[0] for member in list_members(str(path))] == ["0.png", "1.png", UNLISTED]
    images = find_images(path)
    assert images.read(1, images.record(1), PREPROCESS).shape == (3, 32, 32)
    with pytest.raises(UnreadableImage, match="a.tar: the archive is damaged, truncated or compressed"):
        images.read(2, images.record(2), PREPROCESS)


@pytest.mark.parametrize("content", [b"", b"no archive", b"\0" * 3000])
def test_what_is_no_archive(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "x.tar").write_bytes(content)
    assert [member[0] for member in list_members(str(tmp_path / "x.tar"))] in ([UNLISTED], [])


def test_compressed_archives_are_refused(tmp_path: Path) -> None:
    shard(tmp_path / "x.tar", ["0"], "w:gz")
    assert [member[0] for member in list_members(str(tmp_path / "x.tar"))] == [UNLISTED]


def test_archives_that_change_are_noticed(tmp_path: Path) -> None:
    path = shard(tmp_path / "a.tar", ["0", "1"])
    images = find_images(path)
    shard(path, ["other", "0", "1"])
    path.write_bytes(path.read_bytes()[512:])
    with pytest.raises(UnreadableImage, match="has changed since it was listed"):
        images.read(1, images.record(1), PREPROCESS)
    path.unlink()
    with pytest.raises(UnreadableImage, match="no such file"):
        images.read(1, images.record(1), PREPROCESS)
