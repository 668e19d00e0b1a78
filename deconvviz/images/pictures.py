"""The border to picture files: what counts as one, and from any of them to an upright RGB image."""

import os
import threading
import warnings
from io import BufferedReader
from pathlib import Path
from typing import IO

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from ..arguments import a_path, takes
from ..errors import UnreadableImage, UnsuitableInput, one_line

ImageSource = str | os.PathLike[str] | Image.Image
"""What a picture can be given as: a path, or a PIL image."""

SUFFIXES = (
    *(".apng", ".avif", ".bmp", ".dib", ".gif", ".jfif", ".jp2", ".jpe", ".jpeg", ".jpg"),
    *(".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tga", ".tif", ".tiff", ".webp"),
)
"""What counts as a picture in a folder or an archive. Files named one by one are always tried."""

SMALLEST_SIDE = 4
"""Pictures with a shorter side of fewer pixels hold nothing to see."""

HEADER = 1 << 16
"""Bytes of a file that are read at once, so that its header lies in memory when Pillow looks at it."""

_ONE_AT_A_TIME = threading.Lock()


@takes(path=a_path)
def read_image(path: str | os.PathLike[str], file: IO[bytes] | None = None) -> Image.Image:
    """Read a picture file as an upright RGB image (H × W, 8 bits a channel).

    EXIF orientation is applied; transparency is laid on white; 16-bit and floating-point greys are scaled
    to 8 bits; the first frame of an animation is taken. `file`: its bytes, where it is no file of its own
    but lies in an archive; `path` then only names it. Raises UnreadableImage, UnsuitableInput for what is no path.
    """
    path = Path(path)
    try:
        if file is None and path.is_dir():
            raise UnreadableImage(f"{path}: is a folder; name the image files in it ({path}/*)")
        with file or path.open("rb", buffering=HEADER) as stream, _opened(stream) as opened:
            opened.load()
            upright = ImageOps.exif_transpose(opened)
    except FileNotFoundError:
        raise UnreadableImage(f"{path}: no such file") from None
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise UnreadableImage(f"{path}: refused, it unpacks to too many pixels ({one_line(error)})") from error
    except UnidentifiedImageError as error:
        empty = file is None and path.stat().st_size == 0
        what = "is empty (zero bytes)" if empty else "is no picture that Pillow can open"
        raise UnreadableImage(f"{path}: {what}") from error
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        raise UnreadableImage(f"{path}: damaged or truncated ({one_line(error)})") from error
    if min(upright.size) < SMALLEST_SIDE:
        size = "×".join(map(str, upright.size))
        raise UnreadableImage(f"{path}: {size} pixels hold no picture; at least {SMALLEST_SIDE}×{SMALLEST_SIDE}")
    return to_rgb(upright)


def _opened(stream: IO[bytes]) -> Image.Image:
    """Pillow's image of a stream, with its warning of bombs turned into an error.

    Python's warning filters belong to the whole process, so one thread at a time changes them; the slow
    part, waiting for the disk, is done before.
    """
    if isinstance(stream, BufferedReader):
        stream.peek()
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        return Image.open(stream)


def from_pil(image: Image.Image) -> Image.Image:
    """A PIL image that somebody has opened, as RGB. Raises UnsuitableInput, UnreadableImage."""
    if 0 in image.size:
        raise UnsuitableInput(f"a picture has pixels; this PIL image is {image.width}×{image.height}")
    try:
        return to_rgb(image)
    except Exception as error:  # it is read only now, and Pillow's plug-ins raise nearly anything for damaged files
        name = getattr(image, "filename", "") or "a PIL image"
        raise UnreadableImage(f"{name}: opened, but closed, damaged or truncated ({one_line(error)})") from error


def to_rgb(image: Image.Image) -> Image.Image:
    """Any Pillow mode to RGB: transparency on white, deep greys scaled to 8 bits, not clipped."""
    if image.mode in ("I;16", "I;16L", "I;16B", "I;16N", "I", "F"):
        image = Image.fromarray(_to_8_bits(np.asarray(image), image.mode))
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        image = image.convert("RGBA")
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image)
    return image.convert("RGB")


def _to_8_bits(grey: np.ndarray, mode: str) -> np.ndarray:
    """Greys (H, W) of 16 or 32 bits to uint8: by the range of their type, floats by [0, 1] or [0, 255]."""
    grey = grey.astype(np.float64)
    top = 1.0 if mode == "F" and grey.max() <= 1 else 255.0
    if mode != "F" and (grey.max() > 255 or mode.startswith("I;16")):
        top = 65535.0
    scaled = np.nan_to_num(grey).clip(0, top) * (255 / top)
    return np.asarray(scaled.round(), dtype=np.uint8)
