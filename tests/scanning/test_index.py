"""An index opened again: what it lists, what it projects, and what it refuses to show."""

import shutil
from pathlib import Path

import pytest
import torch
from files import draw
from PIL import Image

import deconvviz
from deconvviz import Index, shapes
from deconvviz.drawing import Look, Page
from deconvviz.errors import UnknownLayer, UnknownUnit, UnusableIndex, UnusableWeights
from deconvviz.scanning import index_figure, picture_index
from deconvviz.scanning.scanning import scan


@pytest.fixture(scope="module")
def scanned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the pictures `in` and the index `out`."""
    folder = tmp_path_factory.mktemp("scanned")
    for number in range(24):
        draw(folder / "in" / f"{number}.png", number)
    model = deconvviz.load_model("shapes")
    scan(
        model,
        folder / "in",
        ["conv1", "conv4", "classifier"],
        5,
        folder / "out",
        progress=False,
        load=("shapes", "DEFAULT"),
    )
    return folder


@pytest.fixture
def index(scanned: Path) -> Index:
    return deconvviz.open_index(scanned / "out")


def test_every_name_of_a_layer_is_understood(index: Index) -> None:
    assert index.layers == {"conv1": 32, "conv4": 128, "classifier": len(shapes.CLASSES)}
    for name in ("conv4", "relu4"):
        assert [e.name for e in index.top(name, 7)] == [e.name for e in index.top("conv4", 7)]
        assert index.top(name, 7)[0].unit.layer == name
    assert len({*index.top("conv1", 0)}) == 5  # values, which can be counted and compared
    assert len(index.top("conv1", 0, 2)) == 2
    assert len(index.top("conv1", 0, 99)) == 5
    assert index.top("conv1", 0, 0) == []
    with pytest.raises(UnknownLayer, match="no layer 'conv3' in .*; nearest: conv"):
        index.top("conv3", 0)
    with pytest.raises(UnknownUnit, match="conv1:32: there is no such feature map; conv1 has 0 … 31"):
        index.statistics("conv1", 32)
    assert "shapes, 24 images, 3 layers, top 5" in repr(index)
    assert (len(index), list(index)) == (3, ["conv1", "conv4", "classifier"])
    assert "relu4" in index
    assert "conv3" not in index


def test_maps_of_the_classifier_have_the_names_of_classes(index: Index, scanned: Path) -> None:
    assert [index.class_name("classifier", n) for n in range(len(shapes.CLASSES))] == list(shapes.CLASSES)
    assert index.class_name("conv4", 3) == ""
    with pytest.raises(UnknownUnit, match="no such feature map"):
        index.class_name("classifier", len(shapes.CLASSES))
    number = next(n for n in range(len(shapes.CLASSES)) if n not in index.dead("classifier"))
    shown = index.feature_map("classifier", number, 2)
    assert repr(shown).startswith(f"FeatureMap(classifier:{number} {shapes.CLASSES[number]}  peak")
    assert {p.category for p in shown.projections} == {shapes.CLASSES[number]}
    assert repr(index.feature_map("conv4", 3)).startswith("FeatureMap(conv4:3  ")
    assert index.manifest.scores == ("classifier",)


def test_a_feature_map_shows_its_pictures_above_their_names(index: Index) -> None:
    alive = next(n for n in range(128) if n not in index.dead("conv4"))
    html = index.feature_map("conv4", alive, 2)._repr_mimebundle_()["text/html"]
    first, second = (html.index(entry.name, html.rindex("base64,")) for entry in index.top("conv4", alive, 2))
    assert first < second
    assert html.count("base64,") >= 4  # a patch and a projection each
    dead = index.dead("conv4")[0]
    assert "dead: no image excites it" in index.feature_map("conv4", dead)._repr_mimebundle_()["text/html"]


def test_layers_are_asked_for_by_globs(index: Index) -> None:
    assert index.matching("relu4") == ["relu4"]
    assert index.matching("conv*") == ["conv1", "conv4"]
    assert index.matching(["relu4", "all"]) == ["relu4", "conv1", "classifier"]
    with pytest.raises(UnknownLayer, match=r"no layer matches 'conv\[23\]' in .*; nearest: conv"):
        index.matching("conv[23]")


def test_figures_of_several_layers_stand_one_below_the_other(index: Index) -> None:
    both = picture_index(index, "conv*", [0, 3, 11], tile=24)
    one, other = (picture_index(index, name, [0, 3, 11], tile=24) for name in ("conv1", "conv4"))
    assert both.size == (max(one.width, other.width), one.height + other.height)
    assert both.crop((0, 0, *one.size)).tobytes() == one.tobytes()
    assert both.crop((0, one.height, other.width, both.height)).tobytes() == other.tobytes()
    with pytest.raises(UnknownUnit, match="conv1:77: there is no such feature map"):
        picture_index(index, ["conv4", "conv1"], [77])


def test_a_figure_has_room_for_no_more_images_than_there_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(6):
        draw(tmp_path / "in" / f"{number}.png", number)
    model = deconvviz.load_model("shapes")
    few = scan(model, tmp_path / "in", ["conv1"], 9, tmp_path / "out", progress=False, load=("shapes", "DEFAULT"))
    asked: list[tuple[int, str]] = []

    def draws(cells: object, tile: int, across: int, count: int, heading: str, remark: str, look: Look) -> Page:
        asked.append((count, remark))
        return Page(1, 1)

    monkeypatch.setattr(index_figure, "figure2", draws)
    assert few is not None
    picture_index(few, "conv1", [3])
    assert asked == [
        (
            6,
            "shapes: all 6 images, first those that excite each map most, and what it saw there, "
            "by deconvnet, with switches; grey is zero",
        )
    ]


def test_projections_are_those_of_the_images(index: Index, scanned: Path) -> None:
    projections = index.project("conv4", [3, 11, 60])
    entries = [e for m in (3, 11, 60) for e in index.top("conv4", m) if e.activation]
    assert [p.unit for p in projections] == [e.unit for e in entries]
    dv = deconvviz.DeconvNet(deconvviz.load_model("shapes"))
    for projection, entry in zip(projections, entries, strict=True):
        (again,) = dv.project(scanned / "in" / entry.name, f"{entry.layer}:{entry.channel}@{entry.row},{entry.column}")
        assert again.activation == pytest.approx(entry.activation, rel=1e-4)
        assert projection.box == again.box
        assert torch.allclose(projection.pixels, again.pixels, atol=1e-4 * float(again.pixels.abs().max()))
    scores = [e.activation for e in index.top("classifier", 2, 3)]
    assert [p.activation for p in index.project("classifier", 2, k=3)] == pytest.approx([s for s in scores if s > 0])


def test_dead_maps_are_said_so_and_not_projected(index: Index) -> None:
    dead = [n for n in range(128) if index.statistics("conv4", n).dead]
    alive = next(n for n in range(128) if n not in dead)
    assert not index.statistics("conv4", alive).dead
    for channel in dead[:3]:
        assert index.project("conv4", channel) == []
    facts = index.statistics("conv4", alive)
    assert facts.count == facts.histogram.sum() == 24
    assert facts.maximum == index.top("conv4", alive)[0].activation


def test_changed_and_vanished_images_are_reported_not_shown(scanned: Path, tmp_path: Path) -> None:
    shutil.copytree(scanned, tmp_path / "copy")
    folder = tmp_path / "copy" / "in"
    index = deconvviz.open_index(tmp_path / "copy" / "out", images=folder)
    entries = index.top("conv4", 3)
    names = [entry.name for entry in entries]
    (folder / names[0]).unlink()
    draw(folder / names[1], 500)
    size = (folder / names[2]).stat().st_size
    same_size = (folder / names[2]).read_bytes()
    draw(folder / names[2], 501)
    with (folder / names[2]).open("r+b") as file:  # another picture of the same length
        file.truncate(size)
        file.seek(0, 2)
        file.write(bytes(size - file.tell()))
    assert (folder / names[2]).stat().st_size == len(same_size)
    told: list[str] = []
    projections = index.project("conv4", 3, report=told.append)
    assert [p.unit.image for p in projections] == [entry.unit.image for entry in entries[3:]]
    assert len(told) == 3
    assert all("not shown" in text and "\n" not in text for text in told)
    assert any(text.startswith(names[0]) and "no such file" in text for text in told)
    assert any("its activation is" in text or "truncated" in text for text in told)
    with pytest.warns(UserWarning, match="not shown"):
        index.project("conv4", 3)


def test_an_image_of_the_same_length_with_other_pixels(scanned: Path, tmp_path: Path) -> None:
    shutil.copytree(scanned, tmp_path / "copy")

    folder = tmp_path / "copy" / "in"
    (name, *_) = [entry.name for entry in deconvviz.open_index(tmp_path / "copy" / "out").top("conv4", 3)]
    size = (folder / name).stat().st_size
    Image.new("RGB", (64, 64), "blue").save(folder / name)
    with (folder / name).open("ab") as file:
        file.write(bytes(size - file.tell()))  # after its end: Pillow does not mind
    told: list[str] = []
    index = deconvviz.open_index(tmp_path / "copy" / "out", images=folder)
    assert len(index.project("conv4", 3, report=told.append)) == 4
    assert told[0].startswith(f"{name}: not shown for conv4:3@")
    assert "its activation is" in told[0]
    assert "in the scan" in told[0]


def test_folders_that_have_moved(scanned: Path, tmp_path: Path) -> None:
    shutil.copytree(scanned / "in", tmp_path / "elsewhere")
    moved = deconvviz.open_index(scanned / "out", images=str(tmp_path / "elsewhere"))
    assert len(moved.project("conv4", 3)) == 5
    with pytest.raises(UnusableIndex, match="came from 1 folders, not 2"):
        deconvviz.open_index(scanned / "out", images=[tmp_path, tmp_path])


def test_another_network_is_refused(scanned: Path, tmp_path: Path) -> None:
    with pytest.raises(UnusableIndex, match="was made with other weights of shapes"):
        deconvviz.open_index(scanned / "out", model=deconvviz.load_model("shapes", "none"))
    model = deconvviz.load_model("shapes")
    with pytest.raises(UnusableIndex, match="was made with another preprocessing"):
        deconvviz.open_index(scanned / "out", model=deconvviz.Model(model.net, deconvviz.Preprocess(64), "shapes"))
    assert deconvviz.open_index(scanned / "out", model=model).project("conv1", 0)
    shutil.copytree(scanned / "out", tmp_path / "out")
    manifest = tmp_path / "out" / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"DEFAULT"', '"gone.pth"'))
    with pytest.raises(UnusableWeights, match=r"gone\.pth"):
        deconvviz.open_index(tmp_path / "out").project("conv1", 0)


def test_what_is_no_index(tmp_path: Path, scanned: Path) -> None:
    for place in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UnusableIndex, match="is no index"):
            deconvviz.open_index(place)
    shutil.copytree(scanned / "out", tmp_path / "out")
    (tmp_path / "out" / "index.npz").write_bytes(b"damaged")
    with pytest.raises(UnusableIndex, match="the scan is not complete, parts 0 of 1 are missing"):
        deconvviz.open_index(tmp_path / "out")
