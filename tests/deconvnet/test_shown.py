"""What a projection shows of itself: the frame, shared by the tiles of one map, and how it looks."""

import json
import os
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from drawn import hatching, levels, projection
from files import draw
from PIL import Image

from deconvviz import DeconvNet, Projection, Projections, load_model, shapes
from deconvviz.deconvnet import picture_files
from deconvviz.deconvnet.projection import unit_facts
from deconvviz.deconvnet.tiling import frames_of, patch_tile, projection_tile
from deconvviz.drawing import USUAL, Look, energy_share, enlarged, frame_around, signal_tile, span
from deconvviz.drawing.overlay import overlaid
from deconvviz.errors import UnsuitableInput, UnwritableOutput

pytestmark = pytest.mark.quick

SVG = "{http://www.w3.org/2000/svg}"


def bell(field: tuple[int, int, int, int], width: float, channel: int = 7, activation: float = 2.0) -> Projection:
    """As projections are: strong in the middle, and zero towards the border."""
    p = projection(torch.zeros(0), field, activation, 64, channel)
    top, left, bottom, right = p.box
    rows = torch.arange(top, bottom) - (field[0] + field[2] - 1) / 2
    columns = torch.arange(left, right) - (field[1] + field[3] - 1) / 2
    noise = torch.randn(3, len(rows), len(columns), generator=torch.Generator().manual_seed(channel))
    return replace(p, pixels=noise * torch.exp(-(rows[:, None].square() + columns.square()) / width**2))


NARROW, WIDE = bell((2, 2, 62, 62), 8.0), bell((-20, 10, 40, 70), 16.0)
OTHER = bell((2, 2, 62, 62), 12.0, channel=8)


def test_the_frame_is_the_middle_of_the_field_with_nearly_all_energy() -> None:
    for p in (NARROW, WIDE, OTHER):
        side = span(p.frame)
        assert p.frame == frame_around(p.field, side)
        assert 12 <= side < 60
        assert energy_share(p.pixels, p.box, p.field, side) >= 0.95 > energy_share(p.pixels, p.box, p.field, side - 2)
    assert span(NARROW.frame) < span(OTHER.frame) < span(WIDE.frame)


@pytest.mark.parametrize("field", [(2, 2, 62, 62), (-20, 10, 40, 70), (0, 0, 30, 17), (-9, -9, -4, -4)])
def test_the_frame_of_a_silent_unit_is_all_of_its_field(field: tuple[int, int, int, int]) -> None:
    for activation in (0.0, -1.0):
        p = bell(field, 4.0, activation=activation)
        assert p.frame == frame_around(field, span(field))
        assert p.as_dict()["frame"] == list(p.frame)
        assert p.as_dict()["energy"] is None


def test_the_tiles_of_a_map_share_a_frame_and_those_of_others_have_theirs() -> None:
    frames = frames_of([NARROW, OTHER, WIDE], USUAL)
    assert [span(frame) for frame in frames] == [span(WIDE.frame), span(OTHER.frame), span(WIDE.frame)]
    for p, frame in zip([NARROW, OTHER, WIDE], frames, strict=True):
        assert frame == frame_around(p.field, span(frame))
    elsewhere = replace(WIDE, unit=replace(WIDE.unit, layer="conv2"))
    assert frames_of([NARROW, elsewhere], USUAL) == [NARROW.frame, elsewhere.frame]
    assert frames_of([NARROW], USUAL) == [NARROW.frame]
    assert frames_of([WIDE, NARROW], USUAL) == [WIDE.frame, frame_around(NARROW.field, span(WIDE.frame))]
    assert frames_of([], USUAL) == []


def test_a_frame_is_never_larger_than_the_field_it_is_of() -> None:
    """Where fields follow the image, as below a global pooling, those of a map differ."""
    small = bell((0, 0, 20, 20), 6.0)
    frames = frames_of([small, WIDE], USUAL)
    assert frames == [small.field, WIDE.frame]
    assert span(WIDE.frame) > 20
    assert unit_facts(small, None, frames[0])["energy"] == 1.0


def test_a_silent_unit_takes_the_frame_of_its_map_and_never_makes_it_larger() -> None:
    silent = replace(NARROW, activation=0.0)
    assert frames_of([silent, NARROW], USUAL) == [NARROW.frame, NARROW.frame]
    assert frames_of([silent, OTHER], USUAL) == [silent.field, OTHER.frame]


def test_the_field_is_shown_whole_where_it_is_asked_for() -> None:
    assert frames_of([NARROW, WIDE, OTHER], Look(frame="field")) == [NARROW.field, WIDE.field, OTHER.field]


@pytest.mark.parametrize("look", [USUAL, Look(frame="field"), Look(tone="grey", smoothing=1.5)])
def test_show_is_the_patch_beside_the_projection(look: Look) -> None:
    for p in (NARROW, WIDE):
        shown = levels(p.show(100, look.frame, look.tone, look.smoothing))
        frame = p.field if look.frame == "field" else p.frame
        assert np.array_equal(shown[:, :100], levels(patch_tile(p, 100, frame)))
        assert (shown[:, 100:108] == 255).all()
        sharp = enlarged(span(p.field), 100)  # by the field: the maps of a layer look alike
        tile, _ = signal_tile(p.pixels, p.box, frame, 100, look.smoothing, look.tone, sharp)
        assert np.array_equal(shown[:, 108:], levels(tile))
    assert (levels(NARROW.show(100, tone="grey"))[:, 108:].std(2) == 0).all()


def test_frames_are_sharp_where_fields_are() -> None:
    """Not where the frame alone is small: the tiles of a layer are made one way."""
    narrow = bell((2, 2, 62, 62), 2.0)
    for tile, how in ((4 * span(narrow.frame), "bicubic, antialiased"), (4 * 60, "nearest")):
        assert 4 * span(narrow.frame) <= tile
        assert projection_tile(narrow, tile, narrow.frame)[1].resampling == how
        patch = levels(patch_tile(narrow, tile, narrow.frame))[:, : tile // span(narrow.frame) - 1]
        assert (patch == patch[:, :1]).all() == (how == "nearest")


def test_the_overlay_is_the_patch_seen_through_the_projection() -> None:
    shown = levels(NARROW.show(100, view="overlay"))
    patch, signal = patch_tile(NARROW, 100, NARROW.frame), projection_tile(NARROW, 100, NARROW.frame)[0]
    planes = overlaid(*(levels(tile).transpose(2, 0, 1).astype(np.uint8) for tile in (patch, signal)), 128)
    assert np.array_equal(shown[:, 108:], planes.transpose(1, 2, 0))
    own = levels(NARROW.overlay)
    assert own.shape == (224, 224, 3)
    assert np.array_equal(own, levels(NARROW.show(224, view="overlay"))[:, 232:])
    patch = levels(patch_tile(NARROW, 224, NARROW.frame))
    assert np.corrcoef(own[100:124, 100:124].ravel(), patch[100:124, 100:124].ravel())[0, 1] > 0.8
    assert (levels(replace(NARROW, activation=0.0).overlay) == 128).all()


def test_outside_the_image_an_overlay_is_hatched_too() -> None:
    shown = levels(WIDE.show(100, frame="field", view="overlay"))[:, 108:]
    assert np.array_equal(shown[:30], hatching(30, 100))


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"frame": "all"}, "frame='all': possible: effective, field"),
        ({"tone": "sepia"}, "tone='sepia': possible: colour, grey"),
        ({"view": "both"}, "view='both': possible: projection, overlay"),
        ({"smoothing": -1}, "smoothing=-1: a number from 0 to 100"),
        ({"tile": 0}, "tile=0: a whole number from 1"),
    ],
)
def test_looks_there_are_not_are_refused_before_anything_is_written(
    how: dict[str, object], says: str, tmp_path: Path
) -> None:
    for ask in (lambda: NARROW.show(**how), lambda: NARROW.save(tmp_path / "a.png", **how)):  # type: ignore[arg-type]
        with pytest.raises(UnsuitableInput, match=says):
            ask()
    assert list(tmp_path.iterdir()) == []


def test_a_projection_saves_what_it_shows(tmp_path: Path) -> None:
    how = {"tile": 60, "frame": "field", "tone": "grey", "smoothing": 1.0, "view": "overlay"}
    NARROW.save(tmp_path / "a.png", **how)  # type: ignore[arg-type]
    assert Image.open(tmp_path / "a.png").tobytes() == NARROW.show(**how).tobytes()  # type: ignore[arg-type]
    facts = json.loads(Image.open(tmp_path / "a.png").text["deconvviz"])
    assert facts == {
        "schema_version": 2,
        "unit": "conv:7@1,2",
        "rule": "deconvnet",
        "unpool": "switches",
        "seeded": False,
    }
    NARROW.save(tmp_path / "a.svg")
    assert ElementTree.parse(tmp_path / "a.svg").findtext(f"{SVG}title") == "conv:7@1,2, deconvnet, with switches"
    NARROW.save(tmp_path / "a.pdf")
    assert "conv:7@1,2".encode("utf-16-be").hex().encode() in (tmp_path / "a.pdf").read_bytes()
    with pytest.raises(UnwritableOutput):
        NARROW.save(tmp_path / "a.gif")


def test_a_list_saves_its_texts_as_text(tmp_path: Path) -> None:
    Projections([NARROW, replace(OTHER, input=NARROW.input)]).save(tmp_path / "a.svg")
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    said = [e.text for e in root.iter(f"{SVG}text")]
    assert {"2 projections from conv", "1   :7@1,2", "2   :8@1,2", "where in the image"} <= set(said)
    assert root.findtext(f"{SVG}title") == "2 projections from conv"


def test_a_list_saves_how_it_is_asked_to_look(tmp_path: Path) -> None:
    pictures = set()
    for how in ({}, {"frame": "field"}, {"tone": "grey"}, {"smoothing": 2.0}, {"view": "overlay"}):
        Projections([NARROW, OTHER]).save(tmp_path / "a.png", **how)
        pictures.add(Image.open(tmp_path / "a.png").tobytes())
    assert len(pictures) == 5
    assert Projections([NARROW, OTHER]).image.tobytes() in pictures
    with pytest.raises(UnsuitableInput, match="possible: effective, field"):
        Projections([NARROW]).save(tmp_path / "b.png", frame="all")
    assert not (tmp_path / "b.png").exists()


def test_facts_say_what_shows() -> None:
    facts = unit_facts(WIDE, None, WIDE.field)
    assert (facts["frame"], facts["energy"], facts["scaling"]) == (list(WIDE.field), 1.0, None)
    facts = json.loads(json.dumps(WIDE.as_dict()))
    assert facts["frame"] == list(WIDE.frame)
    assert 0.95 <= facts["energy"] < 1
    assert facts["scaling"]["tone"] == "colour"
    assert facts["scaling"]["grey_gain"] > 1
    assert (facts["box"], facts["field"]) == (list(WIDE.box), list(WIDE.field))


def test_records_say_what_pictures_show(tmp_path: Path) -> None:
    shapes.image(6).save(tmp_path / "owl.png")
    dv = DeconvNet(load_model("shapes"))
    look = Look("field", "grey", 1.5, "overlay")
    (done,) = picture_files(dv, [tmp_path / "owl.png"], ["conv4"], top=2, out=tmp_path / "a.svg", look=look)
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    assert json.loads(root.findtext(f"{SVG}metadata") or "") == json.loads(json.dumps(done.record))
    (layer,) = done.record["layers"]
    for unit in layer["units"]:
        assert unit["frame"] == unit["field"]
        assert unit["energy"] == 1.0
        assert (unit["scaling"]["tone"], unit["scaling"]["smoothing"]) == ("grey", 1.5)
    said = " ".join(e.text or "" for e in root.iter(f"{SVG}text"))
    for words in ("each unit's receptive field;", "smoothed by 1.5 px", "as opaque as", "the mean of their channels"):
        assert words in said
    (done,) = picture_files(dv, [tmp_path / "owl.png"], ["conv4"], top=2, out=tmp_path / "b.svg")
    assert all(unit["frame"] != unit["field"] for unit in done.record["layers"][0]["units"])
    assert "95 %" in " ".join(e.text or "" for e in ElementTree.parse(tmp_path / "b.svg").iter(f"{SVG}text"))


@pytest.mark.parametrize(
    "name",
    [
        *("new\nline.png", "quo'te\".png", "Größe 猫.png", "<b>&]]>.png", "emoji 😀.png"),
        "é\nx.png",
        os.fsdecode(b"\xff\xfe.png"),
    ],
    ids=ascii,
)
def test_pictures_are_made_of_files_of_any_name(name: str, tmp_path: Path) -> None:
    draw(tmp_path / name, 6)
    dv = DeconvNet(load_model("shapes"))
    for ending in ("png", "svg", "pdf"):
        (done,) = picture_files(dv, [tmp_path / name], ["conv3"], top=1, out=tmp_path / f"out.{ending}")
        assert done.picture is not None
    assert json.loads(Image.open(tmp_path / "out.png").text["deconvviz"])["image"] == str(tmp_path / name)
    assert ElementTree.parse(tmp_path / "out.svg").findtext(f"{SVG}title")
