"""Tiles against a slow way: lay the projection on its whole receptive field, blur it, resample it, sort its values."""

import math

import numpy as np
import pytest
import torch
from drawn import hatched_outside, levels
from PIL import Image
from torch.nn.functional import interpolate, pad
from torchvision.transforms.functional import gaussian_blur, pil_to_tensor

from deconvviz.drawing import beyond, cut_to, frame_around
from deconvviz.drawing.resampling import _bands
from deconvviz.drawing.tiles import QUANTILE, Box, enlarged, picture_tiles, signal_tile, signal_tiles, span

# Of each a receptive field, and the part of it that lies in the image.
PLACES: list[tuple[Box, Box]] = [
    ((0, 0, 3, 3), (0, 0, 3, 3)),
    ((-2, 4, 13, 19), (0, 4, 13, 19)),
    ((-20, -30, 27, 17), (0, 0, 27, 17)),
    ((-20, -30, 27, 17), (0, 0, 20, 16)),  # as large as the one before: they are drawn together
    ((10, -50, 121, 61), (10, 0, 121, 61)),
    ((-100, -90, 123, 133), (0, 0, 112, 112)),
    ((0, -8, 40, 24), (0, 0, 40, 24)),  # taller than wide
    ((-250, -200, 350, 400), (0, 0, 80, 90)),  # much larger than the image
    ((30, 40, 90, 100), (30, 40, 30, 40)),  # nothing of it lies there
]


def strewn(box: Box, channels: int = 3) -> torch.Tensor:
    """A projection in a box, many of its values zero, and no two channels alike."""
    generator = torch.Generator().manual_seed(box[2] + channels)
    pixels = torch.randn(channels, box[2] - box[0], box[3] - box[1], generator=generator)
    return pixels * (torch.rand(pixels.shape, generator=generator) < 0.4)


def slowly(pixels: torch.Tensor, box: Box, field: Box, side: int, smoothing: float) -> tuple[np.ndarray, float]:
    """The values of a tile (3, side, side), and what becomes full contrast."""
    longer, height, width = span(field), field[2] - field[0], field[3] - field[1]
    square = torch.zeros(1, 3, longer, longer, dtype=torch.float64)
    top, left = box[0] - field[0] + (longer - height) // 2, box[1] - field[1] + (longer - width) // 2
    square[0, :, top : top + pixels.shape[1], left : left + pixels.shape[2]] = pixels
    if smoothing:
        reach = math.ceil(3 * smoothing)
        ground = pad(square, [reach] * 4)
        square = gaussian_blur(ground, [2 * reach + 1] * 2, [smoothing] * 2)[..., reach:-reach, reach:-reach]
    if enlarged(longer, side):
        scale = np.quantile(square.abs().numpy(), QUANTILE) or square.abs().max()
        return interpolate(square, (side, side), mode="nearest-exact")[0].numpy(), float(scale)
    values = interpolate(square, (side, side), mode="bicubic", antialias=True)[0].numpy()
    return values, float(np.quantile(np.abs(values), QUANTILE) or np.abs(values).max())


def lies(box: Box, field: Box) -> tuple[tuple[int, int], tuple[int, int]]:
    """The rows and columns of a box on the square in whose middle the field is; none at all where it is empty."""
    if box[0] == box[2] or box[1] == box[3]:
        return (0, 0), (0, 0)
    starts = [box[at] - field[at] + (span(field) - (field[at + 2] - field[at])) // 2 for at in (0, 1)]
    rows, columns = ((start, start + box[at + 2] - box[at]) for at, start in enumerate(starts))
    return rows, columns


@pytest.mark.parametrize("smoothing", [0.0, 0.7, 2.5])
@pytest.mark.parametrize("side", [30, 64, 128])
@pytest.mark.parametrize(("field", "box"), PLACES)
def test_tiles_are_what_the_slow_way_gives(field: Box, box: Box, side: int, smoothing: float) -> None:
    pixels = strewn(box)
    tile, scaling = signal_tile(pixels, box, field, side, smoothing)
    values, scale = slowly(pixels.double(), box, field, side, smoothing)
    assert scaling.scale == pytest.approx(scale, rel=1e-4)
    assert (scaling.resampling == "nearest") == enlarged(span(field), side)
    expected = np.clip(128 + 127 * values / (scale or 1.0), 1, 255).transpose(1, 2, 0)
    assert np.abs(levels(tile) - hatched_outside(expected, *lies(box, field), span(field))).max() <= 0.51


@pytest.mark.parametrize("sharp", [None, True, False])
@pytest.mark.parametrize("tone", ["colour", "grey"])
@pytest.mark.parametrize("smoothing", [0.0, 0.7, 2.5])
@pytest.mark.parametrize(("field", "box"), [place for place in PLACES if 15 <= span(place[0]) < 200])
def test_frames_are_cut_from_the_whole_field_after_it_is_smoothed(
    field: Box, box: Box, smoothing: float, tone: str, sharp: bool | None
) -> None:
    pixels, side = strewn(box), span(field)
    frame = frame_around(field, side - 2 * (side // 5))
    part, where = cut_to(pixels, box, frame, beyond(smoothing))
    tile, scaling = signal_tile(part, where, frame, 2 * span(frame) if sharp else 40, smoothing, tone, sharp)
    double = pixels.double() if tone == "colour" else pixels.double().mean(0, keepdim=True).expand(3, -1, -1)
    smoothed, _ = slowly(double, box, field, side, smoothing)  # as large as the field: its pixels as they are
    cut = side // 5
    square = torch.from_numpy(smoothed[:, cut : side - cut, cut : side - cut])[None]
    if sharp or (sharp is None and enlarged(span(frame), 40)):
        values, own = interpolate(square, (tile.width,) * 2, mode="nearest-exact")[0].numpy(), square.numpy()
    else:
        values = own = interpolate(square, (40, 40), mode="bicubic", antialias=True)[0].numpy()
    scale = np.quantile(np.abs(own), QUANTILE) or np.abs(own).max()
    assert scaling.scale == pytest.approx(float(scale), rel=1e-4)
    expected = np.clip(128 + 127 * values / (scale or 1.0), 1, 255).transpose(1, 2, 0)
    assert np.abs(levels(tile) - hatched_outside(expected, *lies(box, frame), span(frame))).max() <= 0.51


@pytest.mark.parametrize("share", [0.0, 0.001, 0.004, 0.006, 0.5])
@pytest.mark.parametrize("side", [1, 2, 7, 25, 64])
def test_the_quantile_whatever_share_is_zero(share: float, side: int) -> None:
    generator = torch.Generator().manual_seed(side)
    pixels = torch.randn(3, side, side, generator=generator) * (torch.rand(3, side, side, generator=generator) < share)
    box, magnitudes = (0, 0, side, side), pixels.abs().flatten()
    _, scaling = signal_tile(pixels, box, box, 4 * side)  # each of its pixels is seen
    usual = float(torch.quantile(magnitudes.double(), QUANTILE))
    assert scaling.quantile == (QUANTILE if usual else 1.0)
    assert scaling.scale == pytest.approx(usual or float(magnitudes.max()), rel=1e-5)


def test_drawn_together_or_one_by_one() -> None:
    alike = [place for place in PLACES if span(place[0]) == 47]
    fields, boxes = [field for field, _ in alike], [box for _, box in alike]
    signals = [torch.randn(3, box[2] - box[0], box[3] - box[1]) for box in boxes]
    pictures = [np.random.default_rng(0).integers(0, 255, (*signal.shape[1:], 3), np.uint8) for signal in signals]
    for signal, box, field, tile, scaling in zip(
        signals, boxes, fields, *signal_tiles(signals, boxes, fields, 64), strict=True
    ):
        alone, how = signal_tile(signal, box, field, 64)
        assert how.scale == pytest.approx(scaling.scale, rel=1e-6)
        assert (pil_to_tensor(alone).int() - tile.int()).abs().max() <= 1
    patches = picture_tiles(pictures, boxes, fields, 64)
    for picture, box, field, patch in zip(pictures, boxes, fields, patches, strict=True):
        assert (picture_tiles([picture], [box], [field], 64)[0] == patch).all()


@pytest.mark.parametrize("side", [30, 128])
@pytest.mark.parametrize(("field", "box"), PLACES)
def test_patches_are_what_the_slow_way_gives(field: Box, box: Box, side: int) -> None:
    patch = np.random.default_rng(0).integers(0, 256, (box[2] - box[0], box[3] - box[1], 3), np.uint8)
    tile = picture_tiles([patch], [box], [field], side)[0].numpy().transpose(1, 2, 0).astype(int)
    square = Image.new("RGB", (span(field),) * 2, (128, 128, 128))
    height, width = field[2] - field[0], field[3] - field[1]
    left, top = (span(field) - width) // 2 - field[1] + box[1], (span(field) - height) // 2 - field[0] + box[0]
    if patch.size:
        square.paste(Image.fromarray(patch), (left, top))
    how = Image.Resampling.NEAREST if enlarged(span(field), side) else Image.Resampling.BICUBIC
    expected = hatched_outside(levels(square.resize((side, side), how)), *lies(box, field), span(field))
    assert np.abs(tile - expected).max() <= 2


@pytest.mark.parametrize("smoothing", [0.0, 0.7])
@pytest.mark.parametrize("side", [64, 128])
@pytest.mark.parametrize(("field", "box"), PLACES)
def test_grey_is_the_mean_of_the_channels_scaled_by_itself(field: Box, box: Box, side: int, smoothing: float) -> None:
    pixels = strewn(box)
    tile, scaling = signal_tile(pixels, box, field, side, smoothing, "grey")
    values, scale = slowly((pixels.double().sum(0, keepdim=True) / 3).expand(3, -1, -1), box, field, side, smoothing)
    assert scaling.scale == pytest.approx(scale, rel=1e-4)
    assert (scaling.tone, scaling.grey_gain, scaling.smoothing) == ("grey", 1.0, smoothing)
    expected = np.clip(128 + 127 * values / (scale or 1.0), 1, 255).transpose(1, 2, 0)
    shown = levels(tile)
    assert np.abs(shown - hatched_outside(expected, *lies(box, field), span(field))).max() <= 0.51
    assert (shown == shown[..., :1]).all()


@pytest.mark.parametrize("side", [64, 128])
@pytest.mark.parametrize(("field", "box"), PLACES)
def test_the_gain_makes_grey_of_colour(field: Box, box: Box, side: int) -> None:
    pixels = strewn(box)
    _, scaling = signal_tile(pixels, box, field, side)
    own = span(field) if enlarged(span(field), side) else side  # sharp pixels are counted once each
    values, scale = slowly(pixels.double(), box, field, own, 0.0)
    magnitudes = np.abs(values.mean(0))
    grey = np.quantile(magnitudes, QUANTILE) or magnitudes.max()
    assert scaling.tone == "colour"
    assert scaling.grey_gain == pytest.approx(scale / grey if grey else 1.0, rel=1e-3)


def test_the_gain_is_one_where_there_is_nothing_to_gain() -> None:
    box, one = (0, 0, 40, 40), strewn((0, 0, 40, 40), 1)
    assert signal_tile(one, box, box, 64)[1].grey_gain == pytest.approx(1.0, rel=0.02)  # quantiles of other numbers
    assert signal_tile(one * 0, box, box, 64)[1].grey_gain == 1.0
    assert signal_tile(torch.cat([one, -one, one * 0]), box, box, 160)[1].grey_gain == 1.0  # they cancel
    assert signal_tile(torch.cat([one, one * 0, one * 0]), box, box, 160)[1].grey_gain > 2.5


@pytest.mark.parametrize("pixels", [9, 60])
@pytest.mark.parametrize("dtype", [torch.float64, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_signals_of_any_dtype_and_channels(channels: int, dtype: torch.dtype, pixels: int) -> None:
    box, signal = (0, 0, pixels, pixels), torch.randn(channels, pixels, pixels).to(dtype)
    colours = signal.float() if channels in (1, 3) else signal.float().mean(0, keepdim=True)
    tile, scaling = signal_tile(signal, box, box, 40)
    same, how = signal_tile(colours.expand(3, -1, -1), box, box, 40)
    assert tile.tobytes() == same.tobytes()
    assert scaling == how


@pytest.mark.parametrize("pixels", [9, 60])
def test_whatever_torch_is_set_to(pixels: int) -> None:
    box, signal = (0, 0, pixels, pixels), torch.randn(3, pixels, pixels)
    _bands.cache_clear()
    before = torch.get_default_dtype()
    try:
        torch.set_default_dtype(torch.float64)
        first = signal_tile(signal, box, box, 40, 0.8)[0]
    finally:
        torch.set_default_dtype(before)
    with torch.autocast("cpu"):
        _bands.cache_clear()
        second = signal_tile(signal, box, box, 40, 0.8)[0]
    _bands.cache_clear()
    assert first.tobytes() == second.tobytes() == signal_tile(signal, box, box, 40, 0.8)[0].tobytes()


def test_one_value_that_is_none_does_not_spoil_the_others() -> None:
    signal = torch.randn(3, 10, 10)
    signal[1, 4, 5] = torch.inf
    tile = np.asarray(signal_tile(signal, (0, 0, 10, 10), (0, 0, 10, 10), 100)[0])
    assert len(np.unique(tile)) > 20
