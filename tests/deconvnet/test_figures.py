"""Tiles of projections: scaling as the method says, what is recorded, and what the eye must not be told."""

import re
from base64 import b64decode
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from drawn import hatched_outside, hatching, levels, projection
from PIL import Image
from torch import nn

from deconvviz import DeconvNet, Model, Projections, Unit, shapes
from deconvviz.deconvnet import figures, picture_files
from deconvviz.drawing import Look, Text
from deconvviz.errors import UnsuitableInput
from deconvviz.images import Preprocess

pytestmark = pytest.mark.quick


def test_zero_is_mid_grey_and_the_quantile_is_full_contrast() -> None:
    values = torch.zeros(3, 20, 20)
    values[0] = torch.linspace(-1, 1, 400).view(20, 20)
    tile, scaling = figures.projection_tile(projection(values, (0, 0, 20, 20)), 20)
    assert np.abs(levels(tile)[..., 1:] - 128).max() == 0
    expected = torch.cat([values[0].abs().flatten(), torch.zeros(800)]).quantile(0.995)
    assert scaling.scale == pytest.approx(float(expected), rel=0.02)
    assert scaling.quantile == 0.995
    assert levels(tile)[0, 0, 0] == 1
    assert levels(tile)[-1, -1, 0] == 255
    assert abs(levels(tile)[10, 0, 0] - 128) <= 2


def test_contrast_does_not_depend_on_the_units_strength() -> None:
    values = torch.randn(3, 24, 24, generator=torch.Generator().manual_seed(1))
    tiles = [figures.projection_tile(projection(values * scale, (0, 0, 24, 24)), 48)[0] for scale in (1e-3, 1.0, 1e5)]
    assert all(np.abs(levels(t) - levels(tiles[0])).max() <= 1 for t in tiles)


def test_sparse_projections_are_still_seen() -> None:
    values = torch.zeros(3, 30, 30)
    values[:, 4, 4] = 1.0
    tile, scaling = figures.projection_tile(projection(values, (0, 0, 30, 30)), 30)
    assert scaling.quantile == 1.0
    assert levels(tile)[4, 4].tolist() == [255, 255, 255]


def test_small_fields_stay_sharp_and_large_ones_are_antialiased() -> None:
    values = torch.zeros(3, 5, 5)
    values[:, 2, 2] = 1.0
    tile, scaling = figures.projection_tile(projection(values, (0, 0, 5, 5)), 100)
    assert scaling.resampling == "nearest"
    assert (levels(tile)[40:60, 40:60] == 255).all()
    assert (levels(tile)[:40] == 128).all()
    checks = torch.ones(3, 96, 96)
    checks[:, ::2, 1::2] = checks[:, 1::2, ::2] = -1
    tile, scaling = figures.projection_tile(projection(checks, (0, 0, 96, 96), size=96), 32)
    assert scaling.resampling == "bicubic, antialiased"
    assert scaling.scale < 0.2  # a checkerboard that the tile cannot show averages out


def test_outside_the_image_is_hatched_and_patches_are_aligned() -> None:
    p = projection(torch.ones(3, 6, 8), (-4, -2, 6, 8))
    tile, _ = figures.projection_tile(p, 100)
    white = np.full((100, 100, 3), 255)
    assert np.array_equal(levels(tile), hatched_outside(white, (4, 10), (2, 10), 10))
    patch = levels(figures.patch_tile(p, 100))
    outside = (hatched_outside(white, (4, 10), (2, 10), 10) != 255).all(2)
    assert np.array_equal(patch[outside], hatching(100, 100)[outside])
    assert np.abs(patch[~outside] - 128).max() > 0


def test_other_channel_counts() -> None:
    for channels in (1, 2, 5):
        tile, _ = figures.projection_tile(projection(torch.ones(channels, 9, 9), (0, 0, 9, 9)), 36)
        assert (levels(tile) == 255).all()


def test_oblong_fields_are_not_stretched() -> None:
    tile, _ = figures.projection_tile(projection(torch.ones(3, 8, 16), (0, 0, 8, 16)), 64)
    assert np.array_equal(levels(tile), hatched_outside(np.full((64, 64, 3), 255), (4, 12), (0, 16), 16))


@pytest.mark.parametrize("side", [1, 2, 9])
def test_fields_that_lie_wholly_in_the_border(side: int) -> None:
    p = projection(torch.zeros(3, 0, 0), (-side, -side, 0, 0))
    for drawn in (figures.patch_tile(p, 36), figures.projection_tile(p, 36)[0], p.show(36).crop((44, 0, 80, 36))):
        assert np.array_equal(levels(drawn), hatching(36, 36))


def test_smoothing_is_off_by_default_and_recorded() -> None:
    values = torch.randn(3, 24, 24)
    assert figures.projection_tile(projection(values, (0, 0, 24, 24)), 24)[1].smoothing == 0
    _, scaling = figures.projection_tile(projection(values, (0, 0, 24, 24)), 24, look=Look(smoothing=1.5))
    assert scaling.as_json()["smoothing"] == 1.5
    assert scaling.scale < float(values.abs().quantile(0.9))


@pytest.mark.parametrize("size", [1, 3, 7])
def test_smoothing_wider_than_the_field(size: int) -> None:
    """A small receptive field is smoothed as if grey lay around it, and by as much as is asked for."""
    values = torch.zeros(3, size, size)
    values[:, size // 2, size // 2] = 1.0
    tile, _ = figures.projection_tile(projection(values, (0, 0, size, size)), 8 * size, look=Look(smoothing=10))
    drawn = levels(tile).astype(float)
    assert drawn.min() >= 128
    assert drawn.max() == 255  # of a wide bell little differs inside a small field
    assert drawn.std() < 10


def test_silent_units_are_plain_grey_and_said_so() -> None:
    dead = projection(torch.randn(3, 9, 9), (0, 0, 9, 9), activation=0.0)
    page, made = figures.row_page(figures.Row("conv", "", [dead]))
    assert made == [((0, 0, 9, 9), None)]
    assert "silent 0" in [item.text for item in page.items if isinstance(item, Text)]
    assert (levels(dead.show(64))[:, 72:] == 128).all()
    assert levels(dead.show(64))[:, :64].std() > 0  # the patch is there
    assert "silent" in dead._repr_mimebundle_()["text/html"]
    fires = projection(dead.pixels, dead.box, activation=0.1)
    assert levels(fires.show(64))[:, 72:].std() > 0
    shown = [re.findall(r"base64,([^\"]*)", p._repr_mimebundle_()["text/html"])[2] for p in (dead, fires)]
    drawn = [levels(Image.open(BytesIO(b64decode(one)))) for one in shown]
    assert (drawn[0] == 128).all()
    assert drawn[1].std() > 0


@pytest.mark.parametrize("size", [80, None])
def test_more_than_a_picture_holds_is_said_before_it_is_projected(
    size: int | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes.image(6).resize((80, 80)).save(tmp_path / "owl.png")
    sizes = Preprocess(size) if size else Preprocess(None, resize=None)
    dv = DeconvNet(Model(nn.Sequential(nn.Conv2d(3, 9, 3), nn.ReLU(), nn.Conv2d(9, 5000, 1)), sizes, "net"))

    def never(*_: object, **__: object) -> None:
        raise AssertionError("projects")

    monkeypatch.setattr(DeconvNet, "project", never)
    for layers, units, top in (([], [Unit.parse("0:3@*")], 9), (["2"], [], 4097), ([], [Unit.parse("*:3@*")], 9)):
        made = picture_files(dv, [tmp_path / "owl.png"], layers, units, top, tmp_path / "out.png")
        if size:
            with pytest.raises(UnsuitableInput, match="more than 4096 projections are too many for one picture; name"):
                list(made)
        else:
            assert "too many for one picture" in next(made).skipped
    assert not (tmp_path / "out.png").exists()
    p = projection(torch.randn(3, 9, 9), (0, 0, 9, 9))
    with pytest.raises(UnsuitableInput, match=r"take some of them, as in projections\[:100\]"):
        Projections([p] * 4097).image  # noqa: B018
