"""Writing files so that nothing half-written is ever seen: under a temporary name, then `os.replace`."""

import json
import os
import tempfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from PIL import Image
from PIL.PngImagePlugin import PngInfo

from ..errors import UnwritableOutput, one_line
from .page import Page, a_page
from .pdf import as_pdf
from .svg import as_svg


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


PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".pdf", ".svg")
"""Endings of the pictures that can be written."""


def picture_ending(path: Path) -> str:
    """The ending that says what a picture is written as, one of `PICTURES`. Raises UnwritableOutput for any other."""
    ending = path.suffix.lower()
    if ending not in PICTURES:
        *names, last = PICTURES
        raise UnwritableOutput(
            f"{path}: pictures are written as PNG, JPEG, WebP, PDF or SVG; choose a name that ends in "
            f"{', '.join(names)} or {last}"
        )
    return ending


def write_picture(
    path: Path, picture: Page | Image.Image, facts: str = "", title: str = "", dpi: int | None = None
) -> Path:
    """Write a picture as what its name says: PNG, JPEG, WebP (without loss), or a page of PDF or SVG, text as text.

    `facts` (JSON) travel inside PNG, under the key `deconvviz`, and SVG, as metadata; `title` stands in PDF and SVG;
    `dpi`: dots an inch in print, 300 in a PDF by default. Same input, same bytes. Raises UnwritableOutput, also for any
    other ending.
    """
    ending = picture_ending(path)
    if ending in (".svg", ".pdf"):
        page = picture if isinstance(picture, Page) else a_page(picture)
        content = as_svg(page, title, facts) if ending == ".svg" else as_pdf(page, title, dpi or 300)
        return write_bytes(path, lambda file: file.write(content))
    image = picture.drawn() if isinstance(picture, Page) else picture
    buffer, printed = BytesIO(), {"dpi": (dpi, dpi)} if dpi else {}
    try:
        if ending == ".png":
            info = PngInfo()
            if facts:
                info.add_itxt("deconvviz", facts)
            image.save(buffer, "PNG", pnginfo=info, **printed)
        elif ending == ".webp":
            image.save(buffer, "WEBP", lossless=True, quality=100)
        else:
            image.save(buffer, "JPEG", **_FINE, **printed)
    except (OSError, ValueError, KeyError) as error:  # sides beyond what the format holds; a Pillow without it
        raise UnwritableOutput(
            f"{path}: a picture of {image.width} x {image.height} pixels cannot be written as {ending[1:]} "
            f"({one_line(error)}); choose a name that ends in .png"
        ) from error
    return write_bytes(path, lambda file: file.write(buffer.getvalue()))


_FINE: dict[str, Any] = {"quality": 95, "subsampling": 0}
"""How JPEGs are made: colours as sharp as brightness."""


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
