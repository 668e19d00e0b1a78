"""Where images are: one record each, and many of them packed, so that thousands cost nothing until one is asked for."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Record:
    """Where an image is: `name` below a root, or `size` bytes at `offset` of the `archive` there.

    `root`: the root's number; `size` in bytes when it was listed (-1: no regular file); `category`: the name
    of its class, or "".
    """

    root: int
    archive: str
    name: str
    category: str
    offset: int
    size: int

    @property
    def place(self) -> str:
        """The path below its root; inside an archive, `ARCHIVE/NAME`."""
        return f"{self.archive}/{self.name}" if self.archive else self.name

    def as_bytes(self) -> bytes:
        """Its texts, each ended by a zero byte, which no file name holds."""
        return b"".join(os.fsencode(text) + b"\0" for text in (self.archive, self.name, self.category))

    @classmethod
    def from_bytes(cls, texts: bytes, root: int, offset: int, size: int) -> "Record":
        """The record with these texts."""
        archive, name, category = os.fsdecode(texts).split("\0")[:3]
        return cls(root, archive, name, category, offset, size)


@dataclass(frozen=True, eq=False)
class Records(Mapping[int, Record]):
    """Records by the numbers of their images, packed.

    `numbers` (n,) sorted; `places` (n, 3): root, offset, size; `starts`, `ends` (n,): where the texts of each
    lie in `texts`, which may hold others too.
    """

    numbers: NDArray[np.int64]
    places: NDArray[np.int64]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]
    texts: bytes

    @classmethod
    def of(cls, records: Mapping[int, Record]) -> "Records":
        """Pack these."""
        numbers = sorted(records)
        places = [[records[n].root, records[n].offset, records[n].size] for n in numbers]
        texts = [records[n].as_bytes() for n in numbers]
        return cls.packed(np.array(numbers, np.int64), np.array(places, np.int64).reshape(-1, 3), texts)

    @classmethod
    def packed(cls, numbers: NDArray[np.int64], places: NDArray[np.int64], texts: list[bytes]) -> "Records":
        """From arrays, and the texts of each."""
        ends = np.cumsum([0, *map(len, texts)], dtype=np.int64)
        return cls(numbers, places, ends[:-1], ends[1:], b"".join(texts))

    def __getitem__(self, number: int) -> Record:
        at = int(self.numbers.searchsorted(number))
        if at == len(self.numbers) or self.numbers[at] != number:
            raise KeyError(number)
        root, offset, size = self.places[at].tolist()
        return Record.from_bytes(self.texts[self.starts[at] : self.ends[at]], root, offset, size)

    def __iter__(self) -> Iterator[int]:
        return iter(self.numbers.tolist())

    def __len__(self) -> int:
        return len(self.numbers)

    def only(self, numbers: NDArray[np.int64]) -> "Records":
        """Those of these numbers, packed tightly."""
        kept = np.flatnonzero(np.isin(self.numbers, numbers))
        spans = zip(self.starts[kept].tolist(), self.ends[kept].tolist(), strict=True)
        return self.packed(self.numbers[kept], self.places[kept], [self.texts[start:end] for start, end in spans])

    def merge(self, other: "Records") -> "Records":
        """Both; what both hold is the same."""
        numbers, order = np.unique(np.concatenate([self.numbers, other.numbers]), return_index=True)
        shift = len(self.texts)
        return Records(
            numbers,
            np.concatenate([self.places, other.places])[order],
            np.concatenate([self.starts, other.starts + shift])[order],
            np.concatenate([self.ends, other.ends + shift])[order],
            self.texts + other.texts,
        )
