"""What is asked for: a unit without an image is one of each image, `@*` is every position, a glob one of each layer."""

from pathlib import Path

import pytest
import torch
from networks import Small
from torch import Tensor, nn

from deconvviz import DeconvNet, Preprocess, Unit, shapes
from deconvviz.errors import UnknownLayer, UnknownUnit

pytestmark = pytest.mark.quick


def small() -> DeconvNet:
    torch.manual_seed(0)
    return DeconvNet(Small(nn.Conv2d(3, 4, 5), nn.MaxPool2d(2), nn.Conv2d(4, 3, 3)))


def images(count: int = 3) -> Tensor:
    return torch.rand(count, 3, 16, 14, generator=torch.Generator().manual_seed(8))


@pytest.mark.parametrize("given", ["tensor", "list", "recording"])
def test_a_map_is_that_of_each_image(given: str) -> None:
    dv, x = small(), images()
    asked = {"tensor": x, "list": list(x), "recording": dv.record(x, "all")}[given]
    made = dv.project(asked, ["second:1", "first:2#1", Unit("second", 0, 1, 2)])
    assert [p.unit.image for p in made] == [0, 1, 2, 1, 0, 1, 2]
    assert [p.unit.place for p in made[4:]] == ["second:0@1,2"] * 3
    for number, projection in enumerate(made[:3]):
        (alone,) = dv.project(x[number : number + 1], "second:1")
        assert projection.unit.position == alone.unit.position
        assert torch.allclose(projection.pixels, alone.pixels, atol=1e-6)
    assert [p.unit for p in dv.stream(asked, ["second:1", "first:2#1", Unit("second", 0, 1, 2)], ahead=2)] == [
        p.unit for p in made
    ]


def test_texts_of_units_bring_them_back() -> None:
    """Also those of the first image, beside others."""
    dv, x = small(), images()
    units = dv.strongest(x, ["first", "second"], k=2)
    again = dv.project(x, [str(unit) for unit in units])
    assert [p.unit for p in again] == units
    assert [str(p.unit) for p in again] == [str(unit) for unit in units]
    (only,) = dv.project(x[:1], str(dv.strongest(x[:1], "second", k=1)[0]))
    assert "#" not in str(only.unit)


def test_every_position_of_a_map() -> None:
    dv, x = small(), images(2)
    rows, columns = dv.layers_for(x.shape[1:])["second"].size
    made = dv.project(x, "second:1@*#1")
    assert [(p.unit.row, p.unit.column) for p in made] == [(r, c) for r in range(rows) for c in range(columns)]
    assert {p.unit.image for p in made} == {1}
    maps = dv.record(x, "second").maps["relu2"][1, 1]
    assert torch.allclose(torch.tensor([p.activation for p in made]).view(rows, columns), maps, atol=1e-5)
    assert len(dv.project(x, "second:1@*")) == 2 * rows * columns
    assert len(list(dv.stream(x, ["second:1@*"], ahead=5))) == 2 * rows * columns
    several = dv.project(x, "[fs]*:0@*#0")
    assert [p.unit.layer for p in several] == ["first"] * 120 + ["second"] * (rows * columns)


def test_every_position_counts_in_each_image_by_its_own_size() -> None:
    """Also where sizes differ, of tensors and of pictures kept at their size, and before any image was seen."""
    tensors = [torch.rand(3, 16, 14), torch.rand(3, 20, 14)]
    assert [p.unit.image for p in small().project(tensors, "second:0@*")] == [0] * 4 * 3 + [1] * 6 * 3
    dv = DeconvNet(small().net, Preprocess(None))
    pictures = [shapes.image(0).resize((14, 16)), shapes.image(1).resize((14, 20))]
    assert [p.unit.image for p in dv.project(pictures, "second:0@*")] == [0] * 4 * 3 + [1] * 6 * 3


@pytest.mark.parametrize(
    ("asked", "error", "says"),
    [
        ("second:0#3", UnknownUnit, "there is no image 3; the images are 0 … 2"),
        ("*:0#3", UnknownUnit, "there is no image 3"),
        ("second:9@*", UnknownUnit, "no feature map 9"),
        ("thrid:0@*", UnknownLayer, "no layer 'thrid'"),
        ("thrid*:0#1", UnknownLayer, "matches"),
    ],
)
def test_what_there_is_not_is_said(asked: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        small().project(images(), asked)


def test_vectors_have_no_positions() -> None:
    dv = DeconvNet(nn.Sequential(nn.Flatten(), nn.Linear(12, 3)))
    with pytest.raises(UnknownUnit, match=r"1:0@\*#0: 1 is a vector without positions; write 1:MAP"):
        dv.project(torch.rand(2, 3, 2, 2), "1:0@*")


def test_a_unit_of_one_image_makes_one_picture(tmp_path: Path) -> None:
    from deconvviz import load_model
    from deconvviz.deconvnet import picture_files

    paths = [tmp_path / f"{number}.png" for number in range(3)]
    for number, path in enumerate(paths):
        shapes.image(number).save(path)
    dv, asked = DeconvNet(load_model("shapes")), [Unit.parse("conv1:3#1"), Unit.parse("conv2:5@2,3#1")]
    (made,) = picture_files(dv, paths, (), asked, out=tmp_path / "out")
    assert made.source == paths[1]
    assert [u["unit"].partition("@")[0] for row in made.record["layers"] for u in row["units"]] == [
        "conv1:3",
        "conv2:5",
    ]
    everyone = list(picture_files(dv, paths, (), [Unit.parse("conv1:3"), asked[1]], out=tmp_path / "out"))
    assert [[len(row["units"]) for row in one.record["layers"]] for one in everyone] == [[1], [1, 1], [1]]
    with pytest.raises(UnknownUnit, match="no image 3"):
        list(picture_files(dv, paths, (), [Unit.parse("conv1:3#3")], out=tmp_path / "new"))
    assert not (tmp_path / "new").exists()
