"""Writing files so that nothing half-written is ever seen: under a temporary name, then `os.replace`."""

import json
import os
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ..errors import UnwritableOutput


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


_UMASK = _umask()
"""Read once: reading it sets it for a moment, for all threads of the process."""


def write_bytes(path: Path, write: Callable[[IO[bytes]], object]) -> Path:
    """Let `write` fill a temporary file beside `path`, then put it in place. Raises UnwritableOutput."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, temporary = tempfile.mkstemp(prefix=f".{path.name[:40]}.", dir=path.parent)
    except OSError as error:
        raise UnwritableOutput(_why(path, error)) from error
    try:
        with os.fdopen(handle, "wb") as file:
            write(file)
        os.chmod(temporary, 0o666 & ~_UMASK)
        os.replace(temporary, path)
    except OSError as error:
        raise UnwritableOutput(_why(path, error)) from error
    finally:
        Path(temporary).unlink(missing_ok=True)
    return path


def write_content(path: Path, content: bytes) -> int:
    """Write bytes; give how many."""
    write_bytes(path, lambda file: file.write(content))
    return len(content)


def write_text(path: Path, text: str) -> Path:
    """Write UTF-8 text."""
    return write_bytes(path, lambda file: file.write(text.encode()))


def compact(content: Any) -> str:
    """JSON in as few bytes as can be."""
    return json.dumps(content, separators=(",", ":"), allow_nan=False)


def write_json(path: Path, content: Any) -> Path:
    """Write JSON in as few bytes as can be, on one line."""
    return write_text(path, compact(content) + "\n")


def write_png(path: Path, image: Image.Image, facts: str = "", dpi: int | None = None) -> Path:
    """Write a PNG; `facts` (JSON) travel inside it under the key `deconvviz`; `dpi`: dots an inch in print."""
    info = PngInfo()
    if facts:
        info.add_itxt("deconvviz", facts)
    buffer = BytesIO()
    image.save(buffer, "PNG", pnginfo=info, **({"dpi": (dpi, dpi)} if dpi else {}))
    return write_bytes(path, lambda file: file.write(buffer.getvalue()))


def write_pdf(path: Path, image: Image.Image, title: str, dpi: int = 300) -> Path:
    """Write a PDF of one page, the picture at `dpi` dots an inch. It carries no date: same input, same bytes."""
    buffer, never = BytesIO(), time.gmtime(0)
    image.save(buffer, "PDF", resolution=dpi, title=title, quality=95, subsampling=0, creationDate=never, modDate=never)
    return write_bytes(path, lambda file: file.write(buffer.getvalue()))


def check_writable(folder: Path) -> None:
    """Raise UnwritableOutput now rather than after the work."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except FileExistsError as error:
        raise UnwritableOutput(f"{folder}: is a file, and a folder is needed; choose another place with -o") from error
    except OSError as error:
        raise UnwritableOutput(_why(folder, error)) from error


def _why(path: Path, error: OSError) -> str:
    return f"{path}: cannot be written ({error.strerror or error}); choose another place with -o"
