"""The border to picture files: what is refused, in one line, and what trips others but is good."""

from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from files import SAYS, hostile
from PIL import Image

from deconvviz.errors import UnreadableImage, UnsuitableInput
from deconvviz.images import Preprocess, picture, read_image
from deconvviz.images.pictures import to_rgb

pytestmark = pytest.mark.quick

RAMP = np.tile(np.linspace(0, 255, 40, dtype=np.uint8), (30, 1))  # 30 rows, 40 columns, dark to bright


def save(path: Path, image: Image.Image, **options: object) -> Path:
    image.save(path, **options)
    return path


def test_upright_rgb(tmp_path: Path) -> None:
    rgb = Image.fromarray(np.stack([RAMP] * 3, 2))
    turned = Image.Exif()
    turned[0x0112] = 6  # the camera was held upright: rotate by 90°
    image = read_image(save(tmp_path / "turned.jpg", rgb, exif=turned, quality=95))
    assert (image.mode, image.size) == ("RGB", (30, 40))
    assert image.getpixel((15, 2))[0] < 40 < 200 < image.getpixel((15, 37))[0]


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "LA", "CMYK", "YCbCr", "HSV", "LAB"])
def test_every_mode_becomes_rgb(mode: str) -> None:
    image = to_rgb(Image.fromarray(np.stack([RAMP] * 3, 2)).convert("L" if mode == "LA" else "RGB").convert(mode))
    assert image.mode == "RGB"
    assert np.asarray(image)[:, 0].mean() < np.asarray(image)[:, -1].mean() or mode in ("HSV", "LAB")


@pytest.mark.parametrize(
    ("values", "name"),
    [
        (RAMP.astype(np.uint16) * 257, "sixteen.png"),
        (RAMP.astype(np.int32) * 257, "thirty-two.tiff"),
        (RAMP.astype(np.float32) / 255, "unit.tiff"),
        (RAMP.astype(np.float32), "float.tiff"),
    ],
)
def test_deep_greys_are_scaled_not_clipped(values: np.ndarray, name: str, tmp_path: Path) -> None:
    grey = np.asarray(read_image(save(tmp_path / name, Image.fromarray(values))))[..., 0]
    assert np.abs(grey.astype(int) - RAMP).max() <= 1


def test_transparency_is_laid_on_white(tmp_path: Path) -> None:
    clear = Image.new("RGBA", (8, 8), (0, 0, 0, 0))
    assert read_image(save(tmp_path / "clear.png", clear)).getpixel((4, 4)) == (255, 255, 255)
    palette = Image.new("P", (8, 8), 0)
    palette.putpalette([10, 20, 30, 40, 50, 60])
    path = save(tmp_path / "palette.png", palette, transparency=0)
    assert read_image(path).getpixel((4, 4)) == (255, 255, 255)


def test_first_frame_of_an_animation(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in ("red", "blue")]
    path = save(tmp_path / "moving.gif", frames[0], save_all=True, append_images=frames[1:])
    assert read_image(path).getpixel((4, 4)) == (255, 0, 0)


@pytest.mark.parametrize("name", ["Größe 猫.png", "with space.png", "'quoted\".png", "-dash.png", "%41#?.png"])
def test_any_file_name(name: str, tmp_path: Path) -> None:
    assert read_image(save(tmp_path / name, Image.new("RGB", (8, 8)))).size == (8, 8)


@pytest.mark.parametrize("kind", SAYS)
def test_hostile_files_are_refused_in_one_line(kind: str, tmp_path: Path) -> None:
    path = hostile(kind, tmp_path)
    with pytest.raises(UnreadableImage, match=SAYS[kind]) as caught:
        read_image(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["squeezenet1_1", "inception_v3", "efficientnet_b1", "resnet50", "convnext_tiny"])
def test_preprocess_equals_the_weights_own(name: str) -> None:
    transforms = torchvision.models.get_model_weights(name).DEFAULT.transforms()
    pixels = np.random.default_rng(1).integers(0, 255, (301, 407, 3), dtype=np.uint8)
    image = Image.fromarray(pixels)
    preprocess = Preprocess.of_transforms(transforms)
    assert torch.equal(preprocess(image), transforms(image))
    assert preprocess.input_shape == tuple(preprocess(image).shape)


def test_preprocess_both_ways() -> None:
    preprocess = Preprocess(None, resize=None)
    image = Image.fromarray(np.random.default_rng(2).integers(0, 255, (9, 7, 3), dtype=np.uint8))
    assert np.array_equal(np.asarray(picture(preprocess(image), preprocess)), np.asarray(image))
    grey = Preprocess(8, (0.5,), (0.5,))(Image.new("RGB", (20, 10), "white"))
    assert grey.shape == (1, 8, 8)
    assert picture(torch.randn(5, 6, 7), None).size == (7, 6)


def test_unsuitable_pictures() -> None:
    with pytest.raises(UnsuitableInput, match="too long and thin"):
        Preprocess(224)(Image.new("RGB", (30000, 4)))
    with pytest.raises(UnsuitableInput, match="give a tensor"):
        Preprocess(8, (0.5,) * 5, (0.5,) * 5)(Image.new("RGB", (9, 9)))
