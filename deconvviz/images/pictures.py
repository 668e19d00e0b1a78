"""Both image borders: picture file → RGB → tensor on the way in, tensor → RGB on the way out.

`Preprocess` works in both directions, so that pictures show exactly what the network saw.
"""

import os
import threading
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch
from PIL import Image, ImageOps, UnidentifiedImageError
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as transform

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

LARGEST_RESIZED = 50_000_000
"""Pictures so long and thin that resizing them gives more pixels than this are refused."""


def read_image(path: str | os.PathLike[str], file: IO[bytes] | None = None) -> Image.Image:
    """Read a picture file as an upright RGB image (H × W, 8 bits a channel).

    EXIF orientation is applied; transparency is laid on white; 16-bit and floating-point greys are scaled
    to 8 bits; the first frame of an animation is taken. `file`: its bytes, where it is no file of its own
    but lies in an archive; `path` then only names it. Raises UnreadableImage.
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


@dataclass(frozen=True)
class Preprocess:
    """How a picture becomes a network's input, and back.

    Resize the shorter side to `resize` pixels (or to (rows, columns); None: do not resize), cut `size`
    (rows, columns) from the centre, scale to [0, 1], subtract `mean`, divide by `std`, both per channel.
    One mean means greyscale, three RGB.

    >>> Preprocess(64, (0.5,), (0.25,)).input_shape
    (1, 64, 64)
    """

    size: int | tuple[int, int] | None
    mean: Sequence[float] = (0.485, 0.456, 0.406)
    std: Sequence[float] = (0.229, 0.224, 0.225)
    resize: int | tuple[int, int] | None = -1
    interpolation: str = "bilinear"

    @property
    def crop(self) -> tuple[int, int] | None:
        """Rows and columns of the network's input; None: those of the picture."""
        if self.size is None or isinstance(self.size, tuple):
            return self.size
        return self.size, self.size

    @property
    def resized(self) -> int | tuple[int, int] | None:
        """What the picture is resized to before the crop: by default, so that the crop just fits."""
        if self.resize != -1:
            return self.resize
        return None if self.crop is None else max(self.crop)

    @property
    def input_shape(self) -> tuple[int, int, int] | None:
        """(C, H, W) of the tensors it gives, or None if they follow the picture."""
        return None if self.crop is None else (len(self.mean), *self.crop)

    @property
    def usual_shape(self) -> tuple[int, int, int] | None:
        """(C, H, W) of the tensor for a square picture, or None if nothing is resized or cut."""
        if self.crop is None and isinstance(self.resized, int):
            return len(self.mean), self.resized, self.resized
        return self.input_shape

    def __call__(self, source: ImageSource) -> Tensor:
        """A picture to the network's input (C, H, W), float32. Raises UnreadableImage, UnsuitableInput."""
        image = to_rgb(source) if isinstance(source, Image.Image) else read_image(source)
        if len(self.mean) not in (1, 3):
            raise UnsuitableInput(
                f"a picture has 1 or 3 channels, this network takes {len(self.mean)}: give a tensor (N, C, H, W)"
            )
        image = image.convert("L") if len(self.mean) == 1 else image
        if self.resized is not None:
            image = transform.resize(image, self._fitting(image), InterpolationMode(self.interpolation))
        if self.crop is not None:
            image = transform.center_crop(image, list(self.crop))
        scaled = transform.convert_image_dtype(transform.pil_to_tensor(image), torch.float32)
        normalised: Tensor = transform.normalize(scaled, list(self.mean), list(self.std))
        return normalised

    def _fitting(self, image: Image.Image) -> list[int]:
        size = self.resized
        if isinstance(size, int):
            pixels = size * size * max(image.size) / min(image.size)
            if pixels > LARGEST_RESIZED:
                raise UnsuitableInput(
                    f"a picture of {image.width}×{image.height} is too long and thin: resized to a shorter side "
                    f"of {size} it would have {pixels:.2g} pixels; crop it first"
                )
            return [size]
        return list(size or ())

    def undo(self, tensor: Tensor) -> Tensor:
        """The network's input (…, C, H, W) back to values in [0, 1]."""
        mean, std = (torch.tensor(list(v)).view(-1, 1, 1).to(tensor) for v in (self.mean, self.std))
        return (tensor * std + mean).clamp(0, 1)

    @classmethod
    def of_transforms(cls, transforms: Any) -> "Preprocess":
        """The same as a torchvision weights' `transforms()`, but reversible."""
        resize, crop = transforms.resize_size, getattr(transforms, "crop_size", None)
        return cls(
            size=crop[0] if crop else None,
            mean=tuple(transforms.mean),
            std=tuple(transforms.std),
            resize=resize[0] if len(resize) == 1 else (resize[0], resize[1]),
            interpolation=transforms.interpolation.value,
        )


def picture(tensor: Tensor, preprocess: Preprocess | None, box: tuple[int, int, int, int] | None = None) -> Image.Image:
    """What the network saw, as an RGB image: its input (C, H, W) with the preprocessing undone.

    Without a preprocessing, or with channels that are not colours, each tensor is stretched from its
    smallest to its largest value, and the first three channels (or the first) are shown. `box` (top, left,
    bottom, right): only this part of the picture.
    """
    given = tensor.detach().cpu().float().numpy()
    part = given if box is None else given[:, box[0] : box[2], box[1] : box[3]]
    if preprocess is not None and len(preprocess.mean) == len(tensor) and len(tensor) in (1, 3):
        mean, std = (np.array(v, np.float32).reshape(-1, 1, 1) for v in (preprocess.mean, preprocess.std))
        values = part * std
        values += mean
        values.clip(0, 1, out=values)
    else:
        shown = 3 if len(tensor) >= 3 else 1
        low, high = given[:shown].min(), given[:shown].max()
        values = (part[:shown] - low) / max(high - low, np.float32(1e-12))
    values *= 255
    levels = np.rint(values, out=values).astype(np.uint8).transpose(1, 2, 0)
    return Image.fromarray(np.repeat(levels, 3, 2) if levels.shape[2] == 1 else levels.copy())
