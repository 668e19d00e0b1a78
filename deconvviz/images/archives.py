"""Pictures in tar shards, as WebDataset writes them: listed once, then read from anywhere in the file."""

import os
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from ..errors import UnreadableImage, one_line
from .pictures import SUFFIXES

UNLISTED = "(the rest of it)"
"""Stands for what lies behind the place where a damaged archive could be followed no further."""


def list_members(path: str) -> Iterator[tuple[str, str, int, int]]:
    """The pictures in a tar shard in its own order: name, class or "", offset and size in bytes.

    `KEY.cls` beside `KEY.jpg` names the class. An archive that cannot be followed to its end (damaged,
    truncated, compressed) gives what came before, and then one member at offset -1 that cannot be read.
    """
    found: list[tarfile.TarInfo] = []
    classes: dict[str, str] = {}
    try:
        with tarfile.open(path, "r:") as shard:
            for member in shard:
                key, suffix = _key(member.name)
                content = shard.extractfile(member) if suffix == ".cls" and member.size < 1000 else None
                if content is not None:
                    classes[key] = content.read().decode("utf-8", "replace").strip().replace("\0", "")
                hidden = os.path.basename(member.name).startswith(".")
                if member.isreg() and not member.issparse() and suffix.lower().endswith(SUFFIXES) and not hidden:
                    found.append(member)
            broken = _goes_on(path, shard.offset)
    except (tarfile.TarError, OSError, EOFError, ValueError):
        broken = True
    for member in found:
        yield member.name, classes.get(_key(member.name)[0], ""), member.offset_data, member.size
    if broken:
        yield UNLISTED, "", -1, -1


def _goes_on(path: str, end: int) -> bool:
    """Whether something else than the end of an archive follows: `tarfile` stops there without a word."""
    with open(path, "rb") as file:
        file.seek(end)
        return file.read(tarfile.BLOCKSIZE).rstrip(b"\0") != b"" or 0 < os.path.getsize(path) - end < tarfile.BLOCKSIZE


def _key(name: str) -> tuple[str, str]:
    """WebDataset's key, all up to the first dot of the file's name, and the suffix after it."""
    folder, slash, file = name.rpartition("/")
    key, dot, suffix = file.partition(".")
    return folder + slash + key, dot + suffix


def read_member(path: Path, offset: int, size: int) -> BytesIO:
    """The bytes of a member, if the archive still has one of this size there. Raises UnreadableImage."""
    if offset < 0:
        raise UnreadableImage(f"{path}: the archive is damaged, truncated or compressed, and read no further")
    try:
        with path.open("rb") as file:
            file.seek(offset - tarfile.BLOCKSIZE)
            header = tarfile.TarInfo.frombuf(file.read(tarfile.BLOCKSIZE), "utf-8", "surrogateescape")
            content = file.read(size)
    except FileNotFoundError:
        raise UnreadableImage(f"{path}: no such file") from None
    except (OSError, tarfile.HeaderError) as error:
        raise UnreadableImage(f"{path}: has changed since it was listed ({one_line(error)})") from error
    if header.size != size:
        raise UnreadableImage(f"{path}: has changed since it was listed")
    return BytesIO(content)
