"""Projections handed on: to JSON, to NumPy, to matplotlib's axes."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure

from deconvviz import DeconvNet, Projection, Projections, load_model, shapes
from deconvviz.deconvnet import picture_files
from deconvviz.errors import UnsuitableInput

pytestmark = pytest.mark.quick


@pytest.fixture(scope="module")
def dv() -> DeconvNet:
    return DeconvNet(load_model("shapes"))


@pytest.fixture(scope="module")
def made(dv: DeconvNet) -> Projections:
    """The strongest unit of conv3, that of the classifier, and a silent one."""
    image = shapes.image(6)
    units = [dv.strongest(image, name, k=1)[0] for name in ("conv3", "classifier")]
    return dv.project(image, [*units, "classifier:3"])


def test_as_dict_says_what_the_command_line_says(dv: DeconvNet, made: Projections, tmp_path: Path) -> None:
    shapes.image(6).save(tmp_path / "owl.png")
    (done,) = picture_files(dv, [tmp_path / "owl.png"], ["conv3", "classifier"], top=28, out=tmp_path / "out.png")
    told = [{unit["unit"]: unit for unit in layer["units"]} for layer in json.loads(json.dumps(done.record))["layers"]]
    said = json.loads(json.dumps(made.as_dict()))
    assert (said["schema_version"], set(said)) == (2, {"schema_version", "projections"})
    assert done.record["schema_version"] == 2
    for one, p, layer in zip(said["projections"], made, (told[0], told[1], told[1]), strict=True):
        assert one == json.loads(json.dumps(p.as_dict()))
        theirs = layer[p.unit.place]
        assert {name: one[name] for name in theirs} == theirs | {"activation": pytest.approx(theirs["activation"])}
        assert set(one) - set(theirs) == {"schema_version", "rule", "unpool", "seeded", "layer", "read_at", "image"}
    first, owl, silent = said["projections"]
    assert (first["layer"], first["read_at"], first["image"], first["class"]) == ("conv3", "relu3", 0, None)
    assert (owl["class"], owl["silent"], silent["silent"], silent["scaling"]) == ("owl", False, True, None)


def test_the_text_of_a_unit_brings_it_back(dv: DeconvNet) -> None:
    images = [shapes.image(6), shapes.image(7)]
    found = dv.project(images, dv.strongest(images, "conv3", k=2))
    told = [one["unit"] for one in found.as_dict()["projections"]]
    assert [text.partition("#")[2] for text in told] == ["0", "0", "1", "1"]
    again = dv.project(images, told)
    assert [(p.unit, p.unit.image) for p in again] == [(p.unit, p.unit.image) for p in found]
    assert found[:1][0].as_dict()["image"] == 0


def test_numpy_gets_the_pixels(made: Projections) -> None:
    p = made[0]
    array = np.asarray(p)
    assert (array.dtype, array.shape) == (np.float32, tuple(p.pixels.shape))
    assert np.array_equal(array, p.pixels.numpy())
    double = np.asarray(p, dtype=np.float64)
    assert double.dtype == np.float64
    copied = np.array(p)
    copied += 1
    assert np.array_equal(np.asarray(p), array)
    assert not np.shares_memory(np.array(p, copy=True), p.pixels.numpy())
    in_double = replace(p, pixels=p.pixels.double() / 3)
    assert np.asarray(in_double).dtype == np.float32
    assert np.array_equal(np.asarray(in_double, np.float64), in_double.pixels.numpy())
    half = replace(p, pixels=p.pixels.bfloat16())
    assert np.array_equal(np.asarray(half), half.pixels.float().numpy())
    assert p.__array__(copy=False) is not None
    for other, dtype in ((in_double, None), (p, np.float64), (half, None)):
        with pytest.raises(ValueError, match="without a copy"):
            other.__array__(dtype, copy=False)


def drawn(p: Projection, **how: object) -> object:
    ax = Figure().subplots()
    assert p.plot(ax, **how) is ax  # type: ignore[arg-type]
    (image,) = ax.images
    return image


def test_a_projection_alone_on_an_axis(made: Projections) -> None:
    p = made[0]
    both, patch, alone = (np.asarray(drawn(p, only=only).get_array()) for only in (None, "patch", "projection"))
    assert np.array_equal(both[:, :224], patch)
    assert np.array_equal(both[:, -224:], alone)
    coloured = drawn(p, only="projection", cmap="RdBu")
    assert coloured.get_cmap().name == "RdBu"
    low, high = coloured.get_clim()
    values = np.asarray(coloured.get_array())
    assert low == -high == pytest.approx(-np.quantile(np.abs(values), 0.995))
    assert values.shape == (p.frame[2] - p.frame[0], p.frame[3] - p.frame[1])
    assert values.shape < (p.field[2] - p.field[0], p.field[3] - p.field[1])  # less than all of the field
    mean, (rows, columns) = p.canvas().mean(0), p.input.shape[-2:]
    for at in np.ndindex(values.shape):
        row, column = at[0] + p.frame[0], at[1] + p.frame[1]
        inside = 0 <= row < rows and 0 <= column < columns
        assert values[at] == pytest.approx(float(mean[row, column]) if inside else 0.0, rel=1e-5)


def test_a_silent_one_is_flat_in_colours_too(made: Projections) -> None:
    image = drawn(made[2], only="projection", cmap="gray")
    assert not np.asarray(image.get_array()).any()
    assert image.get_clim() == (-1, 1)


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"only": "image"}, "only='image': possible: projection, patch"),
        ({"cmap": "gray"}, "a colour map is for the projection alone"),
        ({"only": "patch", "cmap": "gray"}, "a colour map is for the projection alone"),
    ],
)
def test_what_cannot_be_drawn_is_said(made: Projections, how: dict[str, str], says: str) -> None:
    with pytest.raises(UnsuitableInput, match=says):
        made[0].plot(**how)


def test_notebooks_name_the_classes(made: Projections) -> None:
    assert "&nbsp;owl</small>" in made._repr_mimebundle_()["text/html"]
    assert "<b>classifier:6</b> &nbsp;owl" in made[1]._repr_mimebundle_()["text/html"]
    hostile = Projections([replace(made[1], category="<b>&")])
    for shown in (hostile, hostile[0]):
        assert "&lt;b&gt;&amp;" in shown._repr_mimebundle_()["text/html"]
        assert "<b>&" not in shown._repr_mimebundle_()["text/html"].replace("<b>&nbsp", "")


def test_the_pixels_are_untouched(made: Projections) -> None:
    before = torch.cat([p.pixels.flatten() for p in made]).clone()
    made.as_dict()
    drawn(made[0], only="projection", cmap="gray")
    assert torch.equal(torch.cat([p.pixels.flatten() for p in made]), before)
