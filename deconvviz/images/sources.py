"""Where many images come from: folders, files, lists of files, tar shards, data sets. One order for all.

An image is known by its number in that order, and found again by its `Record`: paths relative to a root, so
that an index still holds when a folder is moved. Listing reads no picture.
"""

import codecs
import hashlib
import os
import re
import stat
import sys
from array import array
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from torch import Tensor

from .. import shapes
from ..errors import UnreadableImage, UnsuitableInput
from .archives import list_members, read_member
from .datasets import DatasetImages, by_number, listed
from .pictures import SUFFIXES, read_image
from .preprocess import Preprocess
from .records import Record

Source = str | os.PathLike[str]

EMBEDDED = r"shapes:[1-9]\d*"
"""A source: so many pictures of the embedded world, drawn as they are read."""


class Images:
    """The images of folders, files and archives, in one order; some 60 bytes of memory each.

    `roots`: absolute folders; `fingerprint`: of all names, classes and sizes in order, but not of the roots.
    """

    thread_safe = True
    """Whether several threads may read at once."""

    def __init__(self, roots: Sequence[str], records: Iterable[Record]) -> None:
        self.roots = tuple(roots)
        self._texts, self._starts, self._places = bytearray(), array("q", [0]), array("q")
        digest = hashlib.sha256()
        for record in records:
            texts = record.as_bytes()
            self._texts += texts
            self._starts.append(len(self._texts))
            self._places.extend((record.root, record.offset, record.size))
            digest.update(texts + b"%d\n" % record.size)
        self.fingerprint = digest.hexdigest()

    def __len__(self) -> int:
        return len(self._starts) - 1

    def record(self, number: int) -> Record:
        """Where image `number` is."""
        texts = bytes(self._texts[self._starts[number] : self._starts[number + 1]])
        root, offset, size = self._places[3 * number : 3 * number + 3]
        return Record.from_bytes(texts, root, offset, size)

    def read(self, number: int, record: Record, preprocess: Preprocess | None) -> Tensor:
        """The image as the network's input (C, H, W). Raises UnreadableImage, UnsuitableInput."""
        if preprocess is None:
            raise UnsuitableInput("pictures need a preprocessing: give DeconvNet(net, Preprocess(size, mean, std))")
        root = Path(self.roots[record.root])
        if record.archive:
            content = read_member(root / record.archive, record.offset, record.size)
            return preprocess(read_image(root / record.place, content))
        path = root / record.name
        _check_unchanged(path, record)
        return preprocess(path)


AnyImages = Images | DatasetImages


def find_images(sources: Any) -> AnyImages:
    """The images of a folder, a file, a `.tar` shard, `@LIST.txt`, `-` (a list on standard input), several of
    these, a map-style data set, or pictures in memory, in one order: as given, folders in natural order of names.

    Raises UnreadableImage if a source is not there, UnsuitableInput if there is no image in them.
    """
    if isinstance(sources, Images | DatasetImages):
        found: AnyImages = sources
    elif (dataset := by_number(given := listed(sources))) is not None:
        found = DatasetImages(dataset)
    elif embedded := _embedded(given):
        found = embedded
    else:
        roots, paths = _roots_of(given)
        found = Images(roots, (r for number, some in enumerate(paths) for r in _records(roots[number], number, some)))
        if not len(found):
            raise UnsuitableInput(
                f"no image in {', '.join(map(str, given[:3]))}: looked in all folders below for names that end in "
                f"{', '.join(sorted(SUFFIXES)[:8])}, …"
            )
    if not len(found):
        raise UnsuitableInput("the data set is empty: there is no image to look at")
    return found


def reopen(roots: Sequence[str]) -> AnyImages | None:
    """The images of a scan from where it found them; None if a data set of one's own gave them."""
    if tuple(roots) == ("",):
        return None
    return _embedded(roots) or Images(roots, ())


def is_embedded(roots: Sequence[str]) -> bool:
    """Whether a scan saw pictures of the embedded world: everyone has them."""
    return any(re.fullmatch(EMBEDDED, root) for root in roots)


def _embedded(sources: Sequence[Source]) -> DatasetImages | None:
    """`shapes:420`: that many pictures of the embedded world, as a data set."""
    names = [os.fspath(source) for source in sources]
    asked = [name for name in names if re.fullmatch(EMBEDDED, name) and not os.path.exists(name)]
    if asked and len(names) > 1:
        raise UnsuitableInput(f"{asked[0]} is a data set of its own and is not mixed with others")
    return DatasetImages(shapes.Pictures(int(asked[0].partition(":")[2])), asked[0]) if asked else None


def _roots_of(sources: Sequence[Source]) -> tuple[list[str], list[list[str]]]:
    """The roots in order, and the paths below each: a folder is one of its own, files share their common one."""
    roots, below, files = [], [], list[str]()

    def close() -> None:
        if files:
            roots.append(os.path.commonpath([os.path.dirname(file) for file in files]))
            below.append(list(dict.fromkeys(files)))
            files.clear()

    for path in map(os.path.abspath, _expand_lists(sources)):
        if os.path.isdir(path):
            close()
            roots.append(path)
            below.append([path])
        else:
            files.append(path)
    close()
    folders = [root for root, paths in zip(roots, below, strict=True) if paths == [root]]
    for folder in folders:
        for path in (path for paths in below for path in paths):
            if path.startswith(os.path.join(folder, "")) or (path == folder and folders.count(folder) > 1):
                raise UnsuitableInput(f"{path} lies in {folder}, which is given too: its images would count twice")
    return roots, below


def _expand_lists(sources: Sequence[Source]) -> Iterator[str]:
    """Sources with `@LIST.txt` and `-` replaced by the paths in them, one a line (or ended by zero bytes)."""
    for source in sources:
        text = os.fspath(source)
        if text == "-":
            yield from _lines(sys.stdin.buffer.read())
        elif text.startswith("@") and not os.path.exists(text):
            try:
                yield from _lines(Path(text[1:]).read_bytes())
            except OSError as error:
                raise UnreadableImage(f"{text[1:]}: the list cannot be read ({error.strerror})") from error
        elif not os.path.exists(text):
            raise UnreadableImage(f"{text}: no such file or folder")
        else:
            yield text


def _lines(content: bytes) -> Iterator[str]:
    content = content.removeprefix(codecs.BOM_UTF8)
    lines = content.split(b"\0") if b"\0" in content else content.splitlines()
    return (os.fsdecode(line) for line in lines if line.strip())


def _records(root: str, number: int, paths: Sequence[str]) -> Iterator[Record]:
    for path in paths:
        for file in _walk(path, ()) if path == root else [path]:
            name = os.path.relpath(file, root)
            if name.endswith(".tar") and not os.path.isdir(file):
                for member, category, offset, size in list_members(file):
                    yield Record(number, name, member, category or _top_folder(member), offset, size)
            else:
                yield Record(number, "", name, _top_folder(name), -1, _size(file))


def _top_folder(name: str) -> str:
    return Path(name).parts[0] if len(Path(name).parts) > 1 else ""


def _size(path: str) -> int:
    """Bytes of a regular file; -1 for what is none (a pipe would wait for ever) or is not there."""
    try:
        found = os.stat(path)
    except OSError:
        return -1
    return found.st_size if stat.S_ISREG(found.st_mode) else -1


def _walk(folder: str, above: tuple[tuple[int, int], ...]) -> Iterator[str]:
    """Pictures and archives in a folder and below, in natural order; hidden ones are left out.

    Links are followed, but not back into a folder that holds them. A folder below that cannot be listed is
    given itself, as if it were a picture: it will be skipped, and said so.
    """
    try:
        here = os.stat(folder)
        entries = sorted(os.scandir(folder), key=lambda entry: natural(entry.name))
    except OSError as error:
        if above:
            yield folder
            return
        raise UnreadableImage(f"{printable(folder)}: the folder cannot be listed ({error.strerror})") from error
    if (here.st_dev, here.st_ino) in above:
        return
    for entry in entries:
        if entry.name.startswith("."):
            continue
        if _is_folder(entry):
            yield from _walk(entry.path, (*above, (here.st_dev, here.st_ino)))
        elif os.path.splitext(entry.name)[1].lower() in SUFFIXES or entry.name.endswith(".tar"):
            yield entry.path


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:  # a link to itself, or a place that may not be looked at
        return False


def natural(name: str) -> tuple[Any, ...]:
    """A key that sorts `10` after `9`.

    >>> sorted(["b", "a10", "a9", "a"], key=natural)
    ['a', 'a9', 'a10', 'b']
    """
    digits = re.split(r"([0-9]+)", name)
    return tuple((int(word), "") if place % 2 else (-1, word) for place, word in enumerate(digits)), name


def _check_unchanged(path: Path, record: Record) -> None:
    size = _size(str(path))
    if size == record.size >= 0:
        return
    if not os.path.lexists(path):
        raise UnreadableImage(f"{path}: no such file")
    if path.is_dir():
        raise UnreadableImage(f"{path}: the folder cannot be listed")
    if size == record.size:
        raise UnreadableImage(f"{path}: is no regular file, or a link to none")
    raise UnreadableImage(f"{path}: has changed since it was listed ({record.size} bytes then, {size} now)")


def printable(text: str) -> str:
    r"""A file name on one line of a terminal: control characters and undecodable bytes are written out.

    >>> printable("a\nb")
    'a\\nb'
    """
    if text.isprintable():  # as nearly all are
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
