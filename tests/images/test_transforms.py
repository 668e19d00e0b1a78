"""Others' transforms as a `Preprocess`: those that it can do give the same values, all others are refused by name."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import timm
import torch
import torchvision
from PIL import Image
from torch import nn
from torchvision import transforms as v1
from torchvision.transforms import InterpolationMode, v2
from torchvision.transforms._presets import ImageClassification

import deconvviz
from deconvviz import Preprocess
from deconvviz.errors import UnsuitableInput

pytestmark = pytest.mark.quick

MEAN, STD = [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]
CUBIC = InterpolationMode.BICUBIC
CONFIG: dict[str, Any] = {
    "input_size": (3, 96, 96),
    "interpolation": "bicubic",
    "mean": (0.4, 0.5, 0.6),
    "std": (0.2, 0.3, 0.4),
    "crop_pct": 0.9,
    "crop_mode": "center",
}

SAME: dict[str, tuple[Any, float]] = {
    "the usual": (v1.Compose([v1.Resize(80), v1.CenterCrop(64), v1.ToTensor(), v1.Normalize(MEAN, STD)]), 0),
    "nested, and twice normalised": (
        v1.Compose([v1.Compose([v1.Resize((70, 90), CUBIC)]), v1.ToTensor(), *[v1.Normalize(MEAN, STD)] * 2]),
        0,
    ),
    "a list": ([v1.Resize(64), v1.ToTensor()], 0),
    "no resizing": (v1.Compose([v1.CenterCrop((40, 30)), v1.ToTensor(), v1.Normalize(MEAN, STD)]), 0),
    "bytes": (v1.Compose([v1.PILToTensor(), v1.ConvertImageDtype(torch.float32)]), 0),
    "v2": (
        v2.Compose([v2.Resize(64), v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Normalize(MEAN, STD)]),
        0,
    ),
    "not scaled": (v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32), v2.Normalize([120.0] * 3, [60.0] * 3)]), 0),
    "tensors are resized": (
        v2.Compose([v2.ToImage(), v2.Resize(64, CUBIC), v2.CenterCrop(60), v2.ToDtype(torch.float32, scale=True)]),
        2 / 255,
    ),
    "floats are resized": (v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.Resize(64)]), 2 / 255),
    "a function that does nothing": (v1.Compose([lambda image: image.convert("RGB"), v1.Resize(64), v1.ToTensor()]), 0),
    "modules in a row": (nn.Sequential(v2.Resize(64), v2.PILToTensor(), v2.ConvertImageDtype(torch.float)), 0),
    "grey": (v1.Compose([v1.Resize(28), v1.Grayscale(), v1.ToTensor(), v1.Normalize((0.13,), (0.3,))]), 1 / 255),
    "weights": (torchvision.models.ResNet18_Weights.DEFAULT, 0),
    "weights' transforms, not called": (torchvision.models.EfficientNet_B0_Weights.DEFAULT.transforms, 0),
    "timm's configuration": (CONFIG, 0),
    "timm's, squashed": (CONFIG | {"crop_mode": "squash", "input_size": (3, 80, 96)}, 0),
    "timm's own transforms": (timm.data.create_transform(**CONFIG), 0),
}


def applied(transforms: Any, image: Image.Image) -> torch.Tensor:
    if isinstance(transforms, dict):
        transforms = timm.data.create_transform(**transforms)
    if isinstance(transforms, torchvision.models.WeightsEnum):
        transforms = transforms.transforms()
    if getattr(transforms, "func", None):
        transforms = transforms()
    for step in transforms if isinstance(transforms, list) else [transforms]:
        image = step(image)
    return image  # type: ignore[return-value]


@pytest.mark.parametrize("what", SAME)
def test_the_same_values(what: str) -> None:
    transforms, tolerance = SAME[what]
    preprocess = Preprocess.of_transforms(transforms)
    smooth = np.random.default_rng(7).integers(30, 220, (9, 9, 3), dtype=np.uint8)
    for size in ((150, 111), (97, 140)):
        image = Image.fromarray(smooth).resize(size, Image.Resampling.BICUBIC)
        given, made = applied(transforms, image), preprocess(image)
        assert given.shape == made.shape
        error = (given - made).abs() * torch.tensor(preprocess.std).view(-1, 1, 1)
        assert float(error.max()) <= tolerance + 1e-6


def test_one_mean_is_a_grey_pictures() -> None:
    preprocess = Preprocess.of_transforms(v1.Compose([v1.ToTensor(), v1.Normalize((0.1307,), (0.3081,))]))
    assert preprocess == Preprocess(None, (0.1307,), (0.3081,), resize=None)
    assert Preprocess.of_transforms(v1.Compose([v1.Grayscale(), v1.ToTensor()])).mean == (0.0,)


@pytest.mark.parametrize("numbers", [(0.5, 0.25), (0.5, [0.25] * 3), (torch.tensor(0.5), np.float32(0.25))])
def test_a_number_alone_counts_for_all_channels(numbers: tuple[Any, Any]) -> None:
    transforms = v1.Compose([v1.Resize((20, 30)), v1.ToTensor(), v1.Normalize(*numbers)])
    assert Preprocess.of_transforms(transforms) == Preprocess(None, (0.5,) * 3, (0.25,) * 3, resize=(20, 30))


def test_a_number_alone_makes_no_colours() -> None:
    grey = Preprocess.of_transforms(v1.Compose([v1.Grayscale(), v1.ToTensor(), v1.Normalize(0.5, 0.25)]))
    assert (grey.mean, grey.std) == ((0.5,), (0.25,))


def test_what_a_picture_is_resized_to_is_known_beforehand() -> None:
    preprocess = Preprocess.of_transforms(v1.Compose([v1.Resize((20, 30)), v1.ToTensor()]))
    assert preprocess.usual_shape == preprocess.input_shape == (3, 20, 30)
    net = deconvviz.DeconvNet(nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()), preprocess)
    assert net.layers["0"].size == (18, 28)
    follows = Preprocess(None, resize=20)
    assert (follows.usual_shape, follows.input_shape) == ((3, 20, 20), None)


class Wobbly:
    def __call__(self, image: Image.Image) -> Image.Image:
        return image.rotate(5 + 80 * float(torch.rand(1)))


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "augmentation": (
        lambda: v1.Compose([v1.RandomResizedCrop(64), v1.RandomHorizontalFlip(), v1.ToTensor()]),
        "RandomResizedCrop, RandomHorizontalFlip: augmentation has no meaning here",
    ),
    "augmentation of v2": (lambda: v2.Compose([v2.ColorJitter(), v2.ToImage()]), "ColorJitter: augmentation"),
    "augmentation in a list": (lambda: [[v2.RandAugment()], v1.ToTensor()], "RandAugment: augmentation"),
    "timm's for training": (lambda: timm.data.create_transform(**CONFIG, is_training=True), "augmentation"),
    "the wrong order": (lambda: v1.Compose([v1.CenterCrop(64), v1.Resize(32)]), "Resize after CenterCrop"),
    "two resizings": (lambda: v1.Compose([v1.Resize(64), v1.Resize(32)]), "Resize after another one"),
    "two crops": (lambda: v1.Compose([v1.CenterCrop(64), v1.CenterCrop(32)]), "CenterCrop after another one"),
    "a largest side": (lambda: v1.Resize(64, max_size=70), "max_size"),
    "no antialias": (lambda: v1.Compose([v1.ToTensor(), v1.Resize(64, antialias=False)]), "without antialias"),
    "three greys": (lambda: v1.Grayscale(3), "three channels"),
    "bytes of floats": (lambda: v1.Compose([v1.ToTensor(), v1.ConvertImageDtype(torch.uint8)]), "ConvertImageDtype to"),
    "padding": (lambda: v1.Compose([v1.Pad(4), v1.ToTensor()]), r"Pad among .* they give \(3, 56, 67\)"),
    "a function that does something": (
        lambda: v1.Compose([v1.ToTensor(), v1.Lambda(lambda x: x * 2)]),
        "Lambda among .* differ from .* 255 levels",
    ),
    "something by chance": (lambda: v1.Compose([Wobbly(), v1.ToTensor()]), "Wobbly among .* another result each time"),
    "no tensor": (lambda: v1.Compose([v1.Resize(64)]), "in place of a tensor"),
    "what raises": (lambda: v1.Compose([v1.Normalize(MEAN, STD)]), "they raise TypeError"),
    "half precision": (lambda: v1.Compose([v1.PILToTensor(), v1.ConvertImageDtype(torch.half)]), "levels"),
    "no transform": (lambda: 3, "3 is no transform"),
    "no configuration": (lambda: {"mean": (0.5,)}, "has no input_size, std, interpolation"),
    "timm's with a mean alone": (lambda: CONFIG | {"mean": 0.5}, "mean=0.5: one number for each channel"),
    "timm's with a size alone": (lambda: CONFIG | {"input_size": 224}, r"input_size=224: \(channels, rows, columns\)"),
    "timm's without a crop": (lambda: CONFIG | {"crop_pct": 0.0, "crop_mode": "squash"}, "crop_pct=0.0"),
    "timm's with a crop in words": (lambda: CONFIG | {"crop_pct": "most"}, "crop_pct='most': a number from 0 to 1"),
    "a class": (lambda: v1.Compose, r"Compose is a class: Compose\(…\) makes"),
    "a class among them": (lambda: [v1.ToTensor, v1.Normalize(MEAN, STD)], "ToTensor is a class"),
    "means that are none": (lambda: v1.Compose([v1.ToTensor(), v1.Normalize("a", 3)]), "Normalize cannot be read"),
    "steps that are none": (lambda: v1.Compose(3), "Compose among these transforms"),
    "a class of weights' transforms": (
        lambda: functools.partial(ImageClassification),
        "ImageClassification cannot be made",
    ),
    "timm's border": (lambda: CONFIG | {"crop_mode": "border"}, "crop_mode 'border'"),
    "weights of detection": (lambda: torchvision.models.detection.FCOS_ResNet50_FPN_Weights.DEFAULT, "is no transform"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_has_no_meaning_here_is_named(what: str) -> None:
    make, says = REFUSED[what]
    with pytest.raises(UnsuitableInput, match=says) as caught:
        Preprocess.of_transforms(make())
    assert "\n" not in str(caught.value)
