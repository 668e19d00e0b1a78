"""The rules side by side."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from browsing import draw, small_index
from PIL import Image
from torch import nn

import deconvviz
from deconvviz import DeconvNet, Preprocess, shapes
from deconvviz.errors import UnknownLayer, UnknownUnit, UnsuitableInput, UnwritableOutput
from deconvviz.mirror import Method
from deconvviz.mirror.method import ALL_METHODS
from deconvviz.studies import Comparison, compare

UNITS = ["conv3:40", "conv5:20", "conv5:59"]


@pytest.fixture(scope="module")
def dv() -> DeconvNet:
    return DeconvNet(deconvviz.load_model("shapes"))


@pytest.fixture(scope="module")
def nine(dv: DeconvNet) -> Comparison:
    return compare(dv, [shapes.image(3), shapes.image(8)], UNITS)


def test_projections_are_those_of_each_rule(dv: DeconvNet, nine: Comparison) -> None:
    images = [shapes.image(3), shapes.image(8)]
    assert set(nine.methods) == set(ALL_METHODS)
    assert len(nine.units) == 6  # of each unit one in each image
    for method in nine.methods:
        expected = dv.by(method.rule, method.unpool).project(images, nine.units)
        for p, q in zip(nine.projections[method], expected, strict=True):
            assert (p.unit, p.method) == (q.unit, method)
            assert torch.allclose(p.pixels, q.pixels, rtol=0, atol=1e-5 * float(q.pixels.abs().max()))


def test_all_units_here_owes_nothing_to_the_unit(dv: DeconvNet, nine: Comparison) -> None:
    """Of two units at one place it is one picture, up to its strength, which is that of the unit."""
    image = shapes.image(3)
    here = compare(dv, [image], ["conv5:20@6,6", "conv5:59@6,6"], unpools=["switches"])
    for method in here.methods:
        one, other = (p.pixels / p.pixels.norm() for p in here.all_units[method])
        assert torch.allclose(one, other, atol=1e-6)
    (seeded,) = dv.project(image, ["conv5:20@6,6"], seeds=torch.full((1, 128), 2.0))
    own = here.all_units[Method()][0].pixels
    assert torch.allclose(own / own.norm(), seeded.pixels / seeded.pixels.norm(), atol=1e-6)


def test_how_far_pictures_are_apart(nine: Comparison) -> None:
    assert np.shape(nine.differences) == np.shape(nine.from_all_units) == (6, 9)
    for row, differences in enumerate(nine.differences):
        assert differences[0] == 0
        p, q = (nine.projections[nine.methods[n]][row].canvas().double() for n in (0, 4))
        assert differences[4] == pytest.approx(float((p / p.norm() - q / q.norm()).norm()))
    assert all(0 < value <= 2 for row in nine.from_all_units for value in row)
    facts = nine.as_dict()
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    assert facts["methods"][4] == {"rule": "guided", "unpool": "centre"}
    assert all(unit["image"] for unit in facts["units"])
    assert len(facts["units"][0]["difference_from_all_units"]) == 9


def test_the_figure_has_a_row_for_each_unit_and_a_column_for_each_rule(nine: Comparison) -> None:
    figure = nine.figure()
    assert figure.width == 2 * 28 + 190 + 11 * 100
    assert (figure.height - nine.page().height, nine.image.tobytes()) == (0, figure.tobytes())
    tiles = [item for item in nine.page().items if hasattr(item, "image")]
    assert len(tiles) == 6 * 11
    texts = [item.text for item in nine.page().items if hasattr(item, "text")]
    assert {"with switches", "unpooled to the centre", "unpooled in equal shares"} <= set(texts)
    assert texts.count("guided") == 3
    assert any(text.startswith("conv5:59@") for text in texts)


def test_a_silent_unit_is_grey_and_its_differences_are_none(dv: DeconvNet, tmp_path: Path) -> None:
    image, unit = next(
        (shapes.image(n), f"conv5:{c}@0,0") for n in range(9) for c in range(128)
        if dv.project(shapes.image(n), [f"conv5:{c}@0,0"])[0].silent
    )  # fmt: skip
    found = compare(dv, [image], [unit], rules=["deconvnet", "gradient"], unpools=["switches"])
    found.save(tmp_path / "silent.json")
    assert all(p.silent and not p.seeded for p in found.projections[Method()])
    assert all(p.seeded and not p.silent for p in found.all_units[Method()])
    assert "nan" not in (tmp_path / "silent.json").read_text().lower()
    assert "nan" not in re.sub(r"data:[^\"]*", "", found.document().as_page())


def test_one_scale_shows_which_is_stronger(dv: DeconvNet) -> None:
    """The weakest of a row is then nearly grey; by itself each has full contrast."""
    both = [compare(dv, [shapes.image(3)], ["conv5:59"], rules=["gradient"], one_scale=one) for one in (False, True)]
    spreads = [
        [float(np.asarray(tile).std()) for tile in comparison._tiles()[0][1:4]] for comparison in both
    ]  # with switches, centre, spread
    norms = [float(both[0].projections[method][0].pixels.abs().max()) for method in both[0].methods]
    assert min(spreads[0]) > 5
    weakest = int(np.argmin(norms))
    assert spreads[1][weakest] < 0.7 * spreads[0][weakest]


@pytest.mark.parametrize("ending", ["png", "jpg", "webp", "pdf", "svg", "html", "json"])
def test_files_are_what_their_names_say(nine: Comparison, ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"nine.{ending}"
    nine.save(path)
    again = path.read_bytes()
    nine.save(str(path))
    assert path.read_bytes() == again
    begins = {"png": b"\x89PNG", "jpg": b"\xff\xd8", "webp": b"RIFF", "pdf": b"%PDF", "svg": b"<", "html": b"<!doctype"}
    assert again.lstrip().startswith(begins.get(ending, b"{"))
    if ending == "png":
        assert json.loads(Image.open(path).text["deconvviz"]) == nine.as_dict()
    with pytest.raises(UnwritableOutput, match=r"nine\.txt: choose a name that ends in \.png, .* or \.json"):
        nine.save(tmp_path / "nine.txt")


def test_pages_and_notebooks_say_the_same(nine: Comparison) -> None:
    page, cell = nine.document().as_page(), nine._repr_mimebundle_()["text/html"]
    assert page.count("<img ") == cell.count("<img ") == 6 * 11
    assert "<script" not in page
    assert "<style" not in cell
    for words in ("rules side by side", "unpooled to the centre", "owes nothing to the unit"):
        assert words in page
        assert words in cell
    assert repr(nine) == "Comparison(6 units of shapes by 9 rules)"
    alternatives = re.findall(r'alt="([^"]*)"', page)
    assert all(alternatives)


def test_units_are_chosen_where_none_are_named(dv: DeconvNet) -> None:
    found = compare(dv, [shapes.image(n) for n in range(3)], top=1, rules=["deconvnet"], unpools=["switches"])
    assert [unit.layer for unit in found.units] == ["conv2", "conv3", "conv4", "conv5"] * 3
    assert [unit.image for unit in found.units] == [0] * 4 + [1] * 4 + [2] * 4
    one = compare(dv, [shapes.image(1)], layers=["conv5"], top=3, rules=["guided"], unpools=["spread"])
    assert [unit.channel for unit in one.units] == [u.channel for u in dv.strongest(shapes.image(1), "conv5", 3)]


def test_of_an_index_maps_are_shown_in_their_strongest_images(tmp_path: Path) -> None:
    index = small_index(tmp_path, ["a/<b>.png", "a/2.png", "b/3.png"])
    layer = next(iter(index))
    found = compare(index, units=[f"{layer}:1"], top=2, rules=["deconvnet", "gradient"], unpools=["switches"])
    assert [unit.channel for unit in found.units] == [1, 1]
    entries = index.top(layer, 1, 2)
    assert list(found.names) == [entry.name for entry in entries]
    assert [p.activation for p in found.projections[Method()]] == pytest.approx(
        [e.activation for e in entries], rel=1e-4
    )
    assert "a/&lt;b&gt;.png" in found.document().as_page()
    usual = compare(index, top=1, rules=["deconvnet"], unpools=["switches"])
    assert {unit.layer for unit in usual.units} <= set(index)
    with pytest.raises(UnknownUnit, match="whole feature maps"):
        compare(index, units=[f"{layer}:1@0,0"])
    with pytest.raises(UnsuitableInput, match="its own images"):
        compare(index, [shapes.image(0)])


def test_images_of_different_sizes_and_files(tmp_path: Path) -> None:
    torch.manual_seed(2)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 6, 3), nn.ReLU())
    free = DeconvNet(net, Preprocess(None, (0.5,) * 3, (0.25,) * 3))
    one, two = (draw(tmp_path, ["one.png", "two.png"]) / name for name in ("one.png", "two.png"))
    Image.open(two).resize((40, 30)).save(two)
    found = compare(free, [one, two], ["3:2"])
    assert list(found.names) == ["one.png", "two.png"]
    assert len({p.input.shape for p in found.projections[Method()]}) == 2
    problems: list[str] = []
    (tmp_path / "three.png").write_bytes(b"no picture")
    assert len(compare(free, tmp_path, ["3:2"], report=problems.append).names) == 2
    assert len(problems) == 1
    assert problems[0].startswith("three.png: left out")


def test_what_cannot_be_compared(dv: DeconvNet) -> None:
    with pytest.raises(UnsuitableInput, match="needs images"):
        compare(dv)
    with pytest.raises(UnsuitableInput, match="rule='relu': possible"):
        compare(dv, [shapes.image(0)], rules=["relu"])
    with pytest.raises(UnsuitableInput, match="no rules to compare"):
        compare(dv, [shapes.image(0)], rules=[])
    with pytest.raises(UnknownLayer):
        compare(dv, [shapes.image(0)], layers=["nosuch"])
    with pytest.raises(UnsuitableInput, match="neither a network nor an index"):
        compare("shapes", [shapes.image(0)])
