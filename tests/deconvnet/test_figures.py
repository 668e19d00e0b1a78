"""Tiles and grids: scaling as the method says, what is recorded, and what the eye must not be told."""

import re
from base64 import b64decode
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn

from deconvviz import DeconvNet, Model, Projection, Projections, Unit, shapes
from deconvviz.deconvnet import figures, picture_files
from deconvviz.errors import UnsuitableInput
from deconvviz.images import Preprocess

pytestmark = pytest.mark.quick

PLAIN = Preprocess(None, (0.0,) * 3, (1.0,) * 3, resize=None)


def projection(pixels: Tensor, field: tuple[int, int, int, int], activation: float = 2.0, size: int = 32) -> Projection:
    box = (max(field[0], 0), max(field[1], 0), min(field[2], size), min(field[3], size))
    return Projection(Unit("conv", 7, 1, 2), activation, pixels, box, field, "relu", torch.rand(3, size, size), PLAIN)


def levels(tile: Image.Image) -> np.ndarray:
    return np.asarray(tile).astype(int)


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


def test_outside_the_image_is_grey_and_patches_are_aligned() -> None:
    p = projection(torch.ones(3, 6, 8), (-4, -2, 6, 8))
    tile, _ = figures.projection_tile(p, 100)
    patch = figures.patch_tile(p, 100)
    for picture in (tile, patch):
        assert (levels(picture)[:38] == 128).all()
        assert (levels(picture)[:, :18] == 128).all()
    assert np.abs(levels(patch)[45:, 25:] - 128).max() > 0
    assert (levels(tile)[45:, 25:] == 255).all()


def test_other_channel_counts() -> None:
    for channels in (1, 2, 5):
        tile, _ = figures.projection_tile(projection(torch.ones(channels, 9, 9), (0, 0, 9, 9)), 36)
        assert (levels(tile) == 255).all()


def test_oblong_fields_are_not_stretched() -> None:
    tile, _ = figures.projection_tile(projection(torch.ones(3, 8, 16), (0, 0, 8, 16)), 64)
    assert (levels(tile)[:16] == 128).all()
    assert (levels(tile)[20:44] == 255).all()


def test_fields_that_lie_wholly_in_the_border() -> None:
    p = projection(torch.zeros(3, 0, 0), (-1, -1, 0, 0))
    assert (levels(figures.patch_tile(p, 16)) == 128).all()
    assert (levels(figures.projection_tile(p, 16)[0]) == 128).all()


def test_smoothing_is_off_by_default_and_recorded() -> None:
    values = torch.randn(3, 24, 24)
    assert figures.projection_tile(projection(values, (0, 0, 24, 24)), 24)[1].smoothing == 0
    _, scaling = figures.projection_tile(projection(values, (0, 0, 24, 24)), 24, smoothing=1.5)
    assert scaling.as_json()["smoothing"] == 1.5
    assert scaling.scale < float(values.abs().quantile(0.9))


@pytest.mark.parametrize("size", [1, 3, 7])
def test_smoothing_wider_than_the_field(size: int) -> None:
    """A small receptive field is smoothed as if grey lay around it, and by as much as is asked for."""
    values = torch.zeros(3, size, size)
    values[:, size // 2, size // 2] = 1.0
    tile, _ = figures.projection_tile(projection(values, (0, 0, size, size)), 8 * size, smoothing=10)
    drawn = levels(tile).astype(float)
    assert drawn.min() >= 128
    assert drawn.max() == 255  # of a wide bell little differs inside a small field
    assert drawn.std() < 10


def test_silent_units_are_plain_grey_and_said_so() -> None:
    dead = projection(torch.randn(3, 9, 9), (0, 0, 9, 9), activation=0.0)
    picture, scalings = figures.row_picture(figures.Row("conv", "", [dead]), 64)
    assert scalings == [None]
    assert picture.width > 128
    assert (levels(dead.show(64))[:, 72:] == 128).all()
    assert levels(dead.show(64))[:, :64].std() > 0  # the patch is there
    assert "silent" in dead._repr_mimebundle_()["text/html"]
    fires = projection(dead.pixels, dead.box, activation=0.1)
    assert levels(fires.show(64))[:, 72:].std() > 0
    shown = [re.findall(r"base64,([^\"]*)", p._repr_mimebundle_()["text/html"])[2] for p in (dead, fires)]
    drawn = [levels(Image.open(BytesIO(b64decode(one)))) for one in shown]
    assert (drawn[0] == 128).all()
    assert drawn[1].std() > 0


def test_a_figure_has_its_size_whatever_its_texts() -> None:
    values = projection(torch.randn(3, 9, 9), (0, 0, 9, 9))
    rows = [figures.Row("layer " * 60, "remark " * 60, [values] * 4)]
    picture, scalings = figures.figure(rows, "a name " * 40 + "猫", ["x" * 400], Image.new("RGB", (640, 480)))
    assert picture.width < 1200
    assert [len(row) for row in scalings] == [4]


def test_remarks_are_broken_between_words_and_never_cut() -> None:
    text = (
        "captions: feature map @row,column and class; activation; contribution to the score of African crocodile, Nile"
    )
    lines = figures._broken(text, 14, 300)
    assert " ".join(lines) == text
    assert len(lines) > 1
    assert all(figures._font_for(line, 14).getlength(line) <= 300 for line in lines)
    assert figures._broken("short", 14, 300) == ["short"]
    assert "…" in figures._broken("x" * 400, 14, 300)[0]
    p = projection(torch.randn(3, 9, 9), (0, 0, 9, 9))
    rows = [figures.Row("conv", "", [p])]
    short, long = (figures.figure(rows, "", [remark], None)[0] for remark in ("a", "word " * 60))
    assert long.height == short.height + 22 * (len(figures._broken("word " * 60, 14, long.width - 56)) - 1)


def test_a_caption_has_position_and_class() -> None:
    p = projection(torch.randn(3, 9, 9), (0, 0, 9, 9))
    assert figures._name(p, several=False) == ":7@1,2"
    assert figures._name(replace(p, category="red\npanda"), several=False) == ":7@1,2 red\\npanda"
    figures.row_picture(figures.Row("", "", [replace(p, category="red\npanda 猫")]), 64)


def test_captions_say_the_image_where_there_are_several(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(figures, "tile_grid", lambda tiles, captions: said.extend(captions) or tiles[0])
    p = projection(torch.randn(3, 9, 9), (0, 0, 9, 9))
    first, other = (replace(p, unit=replace(p.unit, image=image)) for image in (0, 4))
    figures.row_picture(figures.Row("", "", [first, other]), 64)
    assert said[:2] == [":7@1,2#0", ":7@1,2#4"]
    said.clear()
    figures.row_picture(figures.Row("", "", [other, other]), 64)
    assert said[:2] == [":7@1,2", ":7@1,2"]


def test_captions_are_shortened_in_the_middle() -> None:
    short = figures._fitting("features.12.expand3x3.something", 12, 80)
    assert short.startswith("feat")
    assert "…" in short
    assert short.endswith("ing")


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


def test_figure2_holds_every_map() -> None:
    values = projection(torch.randn(3, 9, 9), (0, 0, 9, 9))
    cells = [figures.Cell("map 7", [values] * 9)] * 4
    page = figures.figure2(cells, tile=20, across=3)
    assert page.size[0] > 3 * 2 * 60
    titled = figures.figure2(cells, tile=20, across=3, heading="a layer " * 40, remark="猫 " * 200)
    assert titled.width == page.width
    room = page.width - 2 * figures.MARGIN
    lower = 36 + 22 * len(figures._broken("猫 " * 200, 14, room))
    assert titled.height == page.height + lower
    assert np.array_equal(levels(titled)[lower:][40:], levels(page)[40:])


def test_figure2_shows_dead_maps_and_missing_places_as_grey() -> None:
    values = projection(torch.randn(3, 9, 9), (0, 0, 9, 9))
    page = levels(figures.figure2([figures.Cell("dead", []), figures.Cell("one", [values])], tile=20, across=2))
    top, cell = figures.MARGIN + figures.CAPTION, 2 * 64 + 10
    assert (page[top : top + 20, figures.MARGIN : figures.MARGIN + 20] == 128).all()
    second = figures.MARGIN * 2 + cell
    assert (page[top : top + 20, second : second + 20] != 128).any()
    assert (page[top : top + 20, second + 22 : second + 42] == 128).all()
