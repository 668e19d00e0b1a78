"""From a picture to a network's input, and back: so pictures show exactly what the network saw."""

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms import functional as transform

from ..arguments import as_whole, one_of, said
from ..errors import UnsuitableInput, one_line
from .pictures import ImageSource, from_pil, read_image
from .transforms import preset, read_transforms

LARGEST_RESIZED = 50_000_000
"""Pictures so long and thin that resizing them gives more pixels than this are refused."""

INTERPOLATIONS = [mode.value for mode in InterpolationMode]


@dataclass(frozen=True)
class Preprocess:
    """How a picture becomes a network's input, and back.

    Resize the shorter side to `resize` pixels (or to (rows, columns); None: do not resize), cut `size`
    (rows, columns) from the centre, scale to [0, 1], subtract `mean`, divide by `std`, both per channel.
    One mean means greyscale, three RGB. `interpolation`: nearest, bilinear, bicubic, lanczos, … as torchvision calls
    them. Raises UnsuitableInput.

    >>> Preprocess(64, (0.5,), (0.25,)).input_shape
    (1, 64, 64)
    """

    size: int | tuple[int, int] | None
    mean: Sequence[float] = (0.485, 0.456, 0.406)
    std: Sequence[float] = (0.229, 0.224, 0.225)
    resize: int | tuple[int, int] | None = -1
    interpolation: str = "bilinear"

    def __post_init__(self) -> None:
        mode = self.interpolation
        checked = {
            "size": _extent("size", self.size),
            "mean": _numbers("mean", self.mean),
            "std": _numbers("std", self.std),
            "resize": -1 if as_whole(self.resize) == -1 else _extent("resize", self.resize),
            "interpolation": one_of(INTERPOLATIONS)(
                "interpolation", mode.value if isinstance(mode, InterpolationMode) else mode
            ),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        if len(self.mean) != len(self.std):
            raise UnsuitableInput(
                f"mean={said(self.mean)} and std={said(self.std)}: as many of one as of the other are needed, "
                "one for greyscale, three for RGB"
            )
        if not all(value > 0 for value in self.std):
            raise UnsuitableInput(f"std={said(self.std)}: channels are divided by it, so each must be above 0")

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
        shape = self.resized if self.crop is None and isinstance(self.resized, tuple) else self.crop
        return None if shape is None else (len(self.mean), *shape)

    @property
    def usual_shape(self) -> tuple[int, int, int] | None:
        """(C, H, W) of the tensor for a square picture, or None if nothing is resized or cut."""
        if self.crop is None and isinstance(self.resized, int):
            return len(self.mean), self.resized, self.resized
        return self.input_shape

    def __call__(self, source: ImageSource) -> Tensor:
        """A picture to the network's input (C, H, W), float32. Raises UnreadableImage, UnsuitableInput."""
        image = from_pil(source) if isinstance(source, Image.Image) else read_image(source)
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
        """The same as somebody else's transforms, but reversible.

        `transforms`: weights of torchvision's or their `transforms()`; `Compose`, `v2` too, of resizing, cutting the
        centre, making a tensor and normalising, or a list of these; or timm's data configuration
        (`timm.data.resolve_data_config({}, model=net)`). A `Compose` is tried on pictures, and must give what the
        `Preprocess` gives: exactly, or to two of 255 levels where it resizes tensors. Raises UnsuitableInput, which
        names what has no meaning here: augmentation, a second resizing, ….
        """
        known = preset(transforms)
        if known is not None:
            return cls(**known)
        reading = read_transforms(transforms)
        preprocess = cls(**reading.arguments())
        mode = "L" if len(preprocess.mean) == 1 and not reading.grey else "RGB"
        problem = _differs(preprocess, transforms, mode, 1e-5 if reading.exact else 2 / 255)
        if problem:
            steps = f"{', '.join(reading.unknown)} among these transforms" if reading.unknown else "these transforms"
            raise UnsuitableInput(
                f"{steps} cannot be read as a Preprocess: on a picture, {problem}; write Preprocess(size, mean, std), "
                "or preprocess pictures yourself and give tensors"
            )
        return preprocess


def _differs(preprocess: Preprocess, transforms: Any, mode: str, tolerance: float) -> str:
    """What transforms give for pictures of this mode that the preprocessing does not; "" if that is the same."""
    steps = list(transforms) if isinstance(transforms, list | tuple) else [transforms]
    side = preprocess.resized or preprocess.crop or 37
    rows, columns = (side, side) if isinstance(side, int) else side
    for height, width in ((rows + 11, columns * 3 // 2 + 4), (rows * 3 // 2 + 3, columns + 10)):
        picture = _smooth(height, width).convert(mode)
        try:
            given, again = (_applied(steps, picture) for _ in range(2))
        except Exception as error:  # whatever somebody else's code raises
            return f"they raise {type(error).__name__} ({one_line(error)})"
        expected = preprocess(picture)
        if not isinstance(given, Tensor) or given.shape != expected.shape:
            what = str(tuple(given.shape)) if isinstance(given, Tensor) else said(given)
            return f"they give {what} in place of a tensor {tuple(expected.shape)}"
        if not torch.equal(given, again):
            return "they give another result each time"
        error_of = (given.float() - expected).abs() * torch.tensor(preprocess.std).view(-1, 1, 1)
        if not float(error_of.max()) <= tolerance:
            return f"they differ from {preprocess} by {float(error_of.max()) * 255:.3g} of 255 levels"
    return ""


def _applied(steps: list[Any], picture: Any) -> Any:
    return functools.reduce(lambda value, step: step(value), steps, picture)


def _smooth(height: int, width: int) -> Image.Image:
    """A picture without values that resizing would cut off, other at each place and in each channel."""
    coarse = np.random.default_rng(0).integers(40, 215, (12, 12, 3), dtype=np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def a_preprocess(name: str, value: Any) -> Any:
    """Check an argument: a `Preprocess`, or None. Raises UnsuitableInput."""
    if value is not None and not isinstance(value, Preprocess):
        size = isinstance(value, int | tuple)
        way = f"Preprocess({value}, mean, std)" if size else "Preprocess.of_transforms(…) reads transforms"
        raise UnsuitableInput(f"{name}={said(value)}: is no Preprocess; {way}")
    return value


def _extent(name: str, value: Any) -> Any:
    """Pixels: None, a side, or (rows, columns), from 1 on. Raises UnsuitableInput."""
    pair = isinstance(value, Sequence) and not isinstance(value, str) and len(value) == 2
    sides = [as_whole(side) for side in (value if pair else [value])]
    if value is not None and not all(side is not None and side >= 1 for side in sides):
        raise UnsuitableInput(f"{name}={said(value)}: pixels of a side, (rows, columns), or None are needed")
    return value if value is None else tuple(sides) if pair else sides[0]


def _numbers(name: str, value: Any) -> tuple[float, ...]:
    """One number for each channel, each finite. Raises UnsuitableInput."""
    try:
        numbers = [one if type(one) in (int, float) else float(one) for one in value]
    except (TypeError, ValueError, RuntimeError):  # no sequence, or not of numbers
        numbers = []
    if not numbers or isinstance(value, str | bytes) or not all(map(math.isfinite, numbers)):
        raise UnsuitableInput(
            f"{name}={said(value)}: one number for each channel is needed, in the units of [0, 1]: "
            "(0.5,) for greyscale, (0.5, 0.5, 0.5) for RGB"
        )
    if above := [one for one in numbers if one > 1]:
        raise UnsuitableInput(
            f"{name}={said(value)}: in the units of [0, 1], where {above[0]:g} is {above[0] / 255:.3g}"
        )
    return tuple(numbers)


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
