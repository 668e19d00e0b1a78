"""Transforms of torchvision's (`v2`, too), and timm's data configuration, read as what a `Preprocess` does.

That is: resize, cut the centre, scale, normalise, in this order. What is none of it is said by name. Classes are told
by their names, and what is not known is taken for nothing: `Preprocess.of_transforms` proves each reading on pictures.
"""

import functools
import inspect
import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn
from torchvision.models import WeightsEnum

from ..arguments import as_whole, between, holds_several, said
from ..errors import UnsuitableInput, one_line

PRESETS = ("ImageClassification", "SemanticSegmentation")
"""What weights of torchvision's give as `transforms()`."""

AUGMENTATION = re.compile(
    "Random|MixUp|CutMix|AugMix|AutoAugment|RandAugment|TrivialAugment|ElasticTransform|ScaleJitter|ColorJitter"
    "|GaussianNoise|FiveCrop|TenCrop"
)

ORDER = "a Preprocess resizes, then cuts the centre, then scales to [0, 1] and normalises"


@dataclass
class Reading:
    """What steps do to a picture of values v in [0, 1].

    `size`, `resize` and `interpolation` as of a `Preprocess`; the value of a channel becomes (v - mean) / std;
    `stage`: whether it is a "picture", or a tensor of "uint8" or "float"; `exact`: whether Pillow resizes the picture;
    `unknown`: steps that are taken for nothing.
    """

    size: tuple[int, int] | None = None
    resize: int | tuple[int, int] | None = None
    interpolation: str = "bilinear"
    mean: tuple[float, ...] = (0.0,)
    std: tuple[float, ...] = (1 / 255,)
    grey: bool = False
    normalised: bool = False
    stage: str = "picture"
    exact: bool = True
    unknown: list[str] = field(default_factory=list)

    def arguments(self) -> dict[str, Any]:
        """Those of the `Preprocess`."""
        spread = 1 if self.grey or self.normalised else 3  # one mean is a grey picture's
        side = self.size[0] if self.size and self.size[0] == self.size[1] else self.size
        return {
            "size": side,
            "mean": self.mean * spread,
            "std": self.std * spread,
            "resize": self.resize,
            "interpolation": self.interpolation,
        }


def read_transforms(transforms: Any) -> Reading:
    """What these steps do, taken one after the other. Raises UnsuitableInput for what has no meaning here."""
    reading, wrong, augmentation = Reading(), list[str](), list[str]()
    for step in _steps(transforms):
        name = getattr(step, "__name__", type(step).__name__)
        known = [STEPS[kind.__name__] for kind in type(step).__mro__ if kind.__name__ in STEPS]
        if isinstance(step, type):
            wrong.append(f"{name} is a class: {name}(…) makes a transform")
        elif known:
            wrong += filter(None, [_read(known[0], reading, step)])
        elif AUGMENTATION.match(name):
            augmentation.append(name)
        elif callable(step):
            reading.unknown.append(name)
        else:
            wrong.append(f"{said(step)} is no transform")
    if augmentation:
        raise UnsuitableInput(
            f"{', '.join(augmentation)}: augmentation has no meaning here, where a picture gives the same each time; "
            "give the transforms of validation"
        )
    if wrong:
        raise UnsuitableInput(f"{', '.join(wrong)}: {ORDER}; preprocess pictures yourself and give tensors")
    return reading


def preset(transforms: Any) -> dict[str, Any] | None:
    """The arguments of a `Preprocess` that does what weights' own transforms or timm's data configuration say.

    None for other transforms. Raises UnsuitableInput for a configuration that no `Preprocess` follows.
    """
    if isinstance(transforms, WeightsEnum):
        transforms = transforms.transforms
    if isinstance(transforms, functools.partial) and inspect.isclass(transforms.func):
        try:
            transforms = transforms()
        except Exception as error:  # whatever the class wants
            name = transforms.func.__name__
            raise UnsuitableInput(f"{name} cannot be made ({one_line(error)}): make it, and give that") from error
    if isinstance(transforms, Mapping):
        return _of_timm(transforms)
    if type(transforms).__name__ not in PRESETS:
        return None
    resize, crop = transforms.resize_size, getattr(transforms, "crop_size", None)
    return {
        "size": crop[0] if crop else None,
        "mean": tuple(transforms.mean),
        "std": tuple(transforms.std),
        "resize": resize[0] if len(resize) == 1 else (resize[0], resize[1]),
        "interpolation": transforms.interpolation.value,
    }


def _of_timm(config: Mapping[str, Any]) -> dict[str, Any]:
    """`timm.data.resolve_data_config`, as `timm.data.create_transform` follows it for evaluation."""
    lacking = [key for key in ("input_size", "mean", "std", "interpolation") if key not in config]
    if lacking:
        raise UnsuitableInput(
            f"the data configuration has no {', '.join(lacking)}; "
            "timm.data.resolve_data_config({}, model=net) gives all"
        )
    sizes = [as_whole(size) for size in config["input_size"]] if holds_several(config["input_size"]) else []
    if len(sizes) != 3 or not all(size is not None and size >= 1 for size in sizes):
        raise UnsuitableInput(f"input_size={said(config['input_size'])}: (channels, rows, columns) are needed")
    _, rows, columns = map(int, sizes)  # type: ignore[arg-type]
    share, mode = (
        _share(0.875 if config.get("crop_pct") is None else config["crop_pct"]),
        config.get("crop_mode") or "center",
    )
    both = math.floor(rows / share), math.floor(columns / share)
    if mode != "squash" and not (mode == "center" and rows == columns):
        raise UnsuitableInput(
            f"crop_mode {said(mode)} for {rows}×{columns} pixels: {ORDER}; "
            "preprocess pictures yourself and give tensors"
        )
    return {
        "size": (rows, columns),
        "mean": config["mean"],
        "std": config["std"],
        "resize": both if mode == "squash" else both[0],
        "interpolation": config["interpolation"],
    }


def _share(value: Any) -> float:
    """How much of the resized picture is cut out, along a side."""
    share: float = between(0, 1)("crop_pct", value)
    if share == 0:
        raise UnsuitableInput(f"crop_pct={said(value)}: which part of a picture's side is kept, above 0")
    return share


def _steps(transforms: Any) -> Iterator[Any]:
    """The transforms, with those that hold others taken apart."""
    held = transforms.transforms if type(transforms).__name__ == "Compose" else transforms
    if isinstance(held, Sequence | nn.Sequential | nn.ModuleList) and not isinstance(held, str):
        for step in held:
            yield from _steps(step)
    else:
        yield transforms


# --- one step: what it does to the reading; returns what is wrong with it, or "" --------------------------


def _read(read: Callable[[Reading, Any], str], reading: Reading, step: Any) -> str:
    try:
        return read(reading, step)
    except (AttributeError, TypeError, ValueError, RuntimeError) as error:  # torchvision checks few of its arguments
        return f"{type(step).__name__} cannot be read ({one_line(error)})"


def _resize(reading: Reading, step: Any) -> str:
    size = step.size if isinstance(step.size, int) else tuple(step.size or ())
    if reading.resize is not None or reading.size is not None:
        return f"Resize after {'another one' if reading.resize is not None else 'CenterCrop'}"
    if getattr(step, "max_size", None) is not None or size == ():
        return "Resize with max_size"
    if reading.stage != "picture" and getattr(step, "antialias", True) is False:
        return "Resize without antialias"
    reading.exact = reading.exact and reading.stage == "picture"
    reading.resize = size if isinstance(size, int) else size[0] if len(size) == 1 else (size[0], size[1])
    reading.interpolation = getattr(step.interpolation, "value", "bilinear")
    return ""


def _crop(reading: Reading, step: Any) -> str:
    if reading.size is not None:
        return "CenterCrop after another one"
    rows, columns = (step.size, step.size) if isinstance(step.size, int) else step.size
    reading.size = (rows, columns)
    return ""


def _to_tensor(reading: Reading, step: Any) -> str:
    if reading.stage != "float":
        reading.std, reading.stage = (1.0,), "float"
    return ""


def _unscaled(reading: Reading, step: Any) -> str:
    reading.stage = "uint8" if reading.stage == "picture" else reading.stage
    return ""


def _converted(reading: Reading, step: Any) -> str:
    dtype = step.dtype
    if not isinstance(dtype, torch.dtype) or not dtype.is_floating_point:
        return "" if reading.stage == "uint8" and dtype == torch.uint8 else f"{type(step).__name__} to {said(dtype)}"
    if reading.stage == "uint8":
        scaled = getattr(step, "scale", True)
        reading.std, reading.stage = (1.0,) if scaled else reading.std, "float"
    return ""


def _normalise(reading: Reading, step: Any) -> str:
    alike = all(torch.as_tensor(values).ndim == 0 for values in (step.mean, step.std))  # in however many channels
    mean, std = (torch.as_tensor(v, dtype=torch.float64).reshape(-1).tolist() for v in (step.mean, step.std))
    count = max(len(reading.mean), len(mean), len(std))
    if {len(mean), len(std), len(reading.mean)} - {1, count}:
        return "Normalize of another number of channels"
    before = zip(*(values * (count // len(values)) for values in (reading.mean, reading.std)), strict=True)
    new = list(zip(before, mean * (count // len(mean)), std * (count // len(std)), strict=True))
    reading.mean = tuple(m0 + m * s0 for (m0, s0), m, _ in new)
    reading.std = tuple(s0 * s for (_, s0), _, s in new)
    reading.normalised |= not alike
    return ""


def _grey(reading: Reading, step: Any) -> str:
    reading.grey, reading.exact = True, False  # Pillow and torch round differently
    return "" if step.num_output_channels == 1 else "Grayscale with three channels"


def _nothing(reading: Reading, step: Any) -> str:
    return ""


STEPS: dict[str, Callable[[Reading, Any], str]] = {
    "Resize": _resize,
    "CenterCrop": _crop,
    "ToTensor": _to_tensor,
    "PILToTensor": _unscaled,
    "ToImage": _unscaled,
    "ConvertImageDtype": _converted,
    "ToDtype": _converted,
    "Normalize": _normalise,
    "Grayscale": _grey,
    "Identity": _nothing,
    "ToPureTensor": _nothing,
}
"""What a `Preprocess` can do, by the names of torchvision's classes."""
