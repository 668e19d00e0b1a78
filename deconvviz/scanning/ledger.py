"""A scan on disk: which parts are done. The files are the ledger; nothing else is kept of the progress.

    INDEX/manifest.json          what the scan is
    INDEX/parts/00017-SCAN.npz   a finished part, written under a temporary name and then put in place
    INDEX/parts/00017-SCAN.claim somebody works on it: touched now and then, and stale when it is not
    INDEX/index.npz              the merged result, once every part is there; the parts are then removed

SCAN is the beginning of the scan's identity: two scans that begin at one place at once keep apart.

Claims only save work. If two processes ever do the same part, they write the same bytes.
"""

import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ..drawing import check_writable, write_bytes, write_text
from ..errors import UnusableIndex, UnwritableOutput
from .manifest import NAME, Manifest, is_manifest, read_manifest
from .part import Part, count_skipped, merge_all, ranges, read_label, read_part

STALE = 60.0
"""Seconds after which a claim that nobody touches counts no more, where its process cannot be asked."""

UNSIGNED = 1.0
"""Seconds after which a claim that says nothing counts no more: its process died before it could write its name."""

RESULT = "index.npz"

OURS = re.compile(r"[0-9]+-[0-9a-f]{12}\.(npz|claim)|\.[0-9]+-[0-9a-f]{12}\.npz\.[a-z0-9_]{8}")
"""Names of parts, of claims, and of parts half written. Whatever else lies in `parts` is somebody's own."""


class Ledger:
    """The folder of one scan."""

    def __init__(self, folder: Path, manifest: Manifest) -> None:
        self.folder, self.manifest = folder, manifest
        self.parts = folder / "parts"
        self.identity = manifest.identity

    @property
    def complete(self) -> bool:
        """Whether the merged result is there."""
        label = read_label(self.folder / RESULT)
        return label is not None and label[0] == self.identity and len(label[1]) == self.manifest.parts

    def missing(self) -> list[int]:
        """The parts that are not done, in order. Files that are damaged, or of another scan, do not count."""
        if self.complete:
            return []
        done = {number for numbers in self.files().values() for number in numbers}
        return [number for number in range(self.manifest.parts) if number not in done]

    def has(self, number: int) -> bool:
        """Whether a part is done."""
        label = read_label(self._path(number))
        return (label is not None and label[0] == self.identity) or self.complete

    def write(self, part: Part) -> None:
        """Put a finished part in place. Raises UnwritableOutput; what is there already stays."""
        content = part.as_npz()
        for last in (False, False, True):
            try:
                write_bytes(self._path(part.numbers[0]), lambda file: file.write(content))
                return
            except UnwritableOutput as error:
                if last or not isinstance(error.__cause__, FileNotFoundError):
                    raise
                if self.complete:  # another process has merged, and has removed the folder under our hands
                    return

    def finish(self) -> Part:
        """Merge all parts, in order, into the result, and remove them. Raises UnusableIndex if some are missing."""
        missing = self.missing()
        if missing:
            raise UnusableIndex(f"{self.folder}: parts {ranges(missing)} of {self.manifest.parts} are missing")
        if not self.complete:
            try:
                part = self.merged()
                write_bytes(self.folder / RESULT, lambda file: file.write(part.as_npz()))
            except UnusableIndex:
                if not self.complete:  # else another process has merged and removed them meanwhile
                    raise
        result = read_part(self.folder / RESULT)
        self.remove_parts()
        return result

    def merged(self) -> Part:
        """The parts that are there, in one; raises UnusableIndex if there is none."""
        if self.complete:
            return read_part(self.folder / RESULT)
        files = self.files()
        if not files:
            raise UnusableIndex(f"{self.folder}: holds no finished part of a scan")
        return merge_all(read_part(path) for path in files)

    def _path(self, number: int, suffix: str = "npz") -> Path:
        return self.parts / f"{number:05d}-{self.identity[:12]}.{suffix}"

    def files(self, folder: Path | None = None) -> dict[Path, tuple[int, ...]]:
        """The files with results of this scan, here or in another folder, and the parts that each holds."""
        folder = folder or self.folder
        paths = [*sorted((folder / "parts").glob("*.npz")), folder / RESULT]
        found = {path: read_label(path) for path in paths}
        return {path: label[1] for path, label in found.items() if label is not None and label[0] == self.identity}

    def listed(self) -> set[int]:
        """The parts whose files are there, by their names only: cheap, for showing how far all have come."""
        try:
            names = [path.name for path in self.parts.iterdir() if OURS.fullmatch(path.name)]
        except OSError:
            return set()
        return {int(name.partition("-")[0]) for name in names if name.endswith(f"-{self.identity[:12]}.npz")}

    def skipped(self) -> int:
        """How many images could not be used, in the parts that are there."""
        return sum(count_skipped(path) for path in self.files())

    def remove_parts(self) -> None:
        """Remove what a scan has left in `parts`, and that folder if nothing else is in it."""
        with suppress(OSError):
            for path in self.parts.iterdir():
                if OURS.fullmatch(path.name):
                    path.unlink(missing_ok=True)
            self.parts.rmdir()

    # --- claims ---------------------------------------------------------------------------------------

    def claim(self, number: int) -> bool:
        """Say that this process works on a part; False if another one does."""
        path = self._path(number, "claim")
        if self._is_claimed(path):
            return False
        path.unlink(missing_ok=True)
        try:
            self.parts.mkdir(parents=True, exist_ok=True)
            with path.open("x") as file:
                file.write(f"{socket.gethostname()} {os.getpid()}")
        except (FileExistsError, FileNotFoundError):  # not found: all is done, and the folder was just removed
            return False
        except OSError as error:
            raise UnwritableOutput(f"{path}: cannot be written ({error.strerror}); free some space") from error
        return True

    def touch(self, number: int) -> None:
        """Say that the work on a part goes on."""
        with suppress(OSError):
            os.utime(self._path(number, "claim"))

    def release(self, number: int) -> None:
        """Say that the work on a part has ended, done or not."""
        with suppress(OSError):
            self._path(number, "claim").unlink(missing_ok=True)

    @contextmanager
    def claimed(self, number: int) -> Iterator[bool]:
        """Hold the claim of a part, if it is to be had."""
        held = self.claim(number)
        try:
            yield held
        finally:
            if held:
                self.release(number)

    @staticmethod
    def _is_claimed(path: Path) -> bool:
        try:
            age = time.time() - path.stat().st_mtime
            host, _, process = path.read_text().partition(" ")
        except OSError:
            return False
        if not process:
            return age < UNSIGNED
        if host == socket.gethostname() and process.isdecimal():
            return int(process) != os.getpid() and _alive(int(process)) and age < STALE
        return age < STALE


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def open_ledger(folder: Path, manifest: Manifest, force: bool = False) -> Ledger:
    """The ledger of this scan, begun or taken up again.

    Raises UnusableIndex, with the differences, if another scan lies there. `force` begins anew: it removes the
    files of the scan that lies there, this one or another, but nothing that is not a scan's.
    """
    check_writable(folder)
    ledger = Ledger(folder, manifest)
    path = folder / NAME
    if path.exists() and not is_manifest(folder):
        raise UnusableIndex(f"{path}: is not of a scan, and is left alone; choose another place with -o")
    if path.exists() and not force:
        try:
            differences = read_manifest(folder).differences(manifest)
        except UnusableIndex as error:
            differences = [str(error)]
        if differences:
            raise UnusableIndex(
                f"{folder}: holds another scan ({'; '.join(differences)}); choose another place with -o, "
                "or --force to begin anew there"
            )
    elif path.exists():
        ledger.remove_parts()
        (folder / RESULT).unlink(missing_ok=True)
        path.unlink(missing_ok=True)  # the last: a removal that is interrupted is taken up again
    elif (folder / RESULT).exists() and read_label(folder / RESULT) is None:
        raise UnusableIndex(f"{folder / RESULT}: is not of a scan, and is left alone; choose another place with -o")
    if not path.exists():
        write_text(path, manifest.as_json())
        if read_manifest(folder).identity != ledger.identity:
            raise UnusableIndex(f"{folder}: another scan has begun there at this moment; choose another place with -o")
    return ledger
