"""bfloat16 on the way down: the pictures are the same, the switches and values are float32's."""

import json
import math

import numpy as np
import pytest
import torch
from networks import network

from deconvviz import machine, shapes
from deconvviz.deconvnet.deconvnet import DeconvNet
from deconvviz.deconvnet.projection import Projection
from deconvviz.deconvnet.visualise import picture_files
from deconvviz.drawing.tiles import signal_tile
from deconvviz.errors import UnsuitableInput
from deconvviz.network.models import load_model


def tile(projection: Projection) -> np.ndarray:
    return np.asarray(signal_tile(projection.pixels, projection.box, projection.field, 112)[0], dtype=float)


def psnr(first: np.ndarray, second: np.ndarray) -> float:
    error = ((first - second) ** 2).mean()
    return math.inf if error == 0 else 10 * math.log10(255**2 / error)


@pytest.mark.parametrize("layer", ["conv1", "conv2", "conv3", "conv4", "conv5", "classifier"])
def test_tiles_of_trained_units_are_alike(layer: str, pictures: list) -> None:
    model = load_model("shapes")
    exact, fast = DeconvNet(model), DeconvNet(model, precision="bf16")
    units = exact.strongest(pictures, layer, 9)
    alike = []
    for ours, theirs in zip(fast.project(pictures, units), exact.project(pictures, units), strict=True):
        assert ours.activation == theirs.activation
        assert ours.pixels.dtype == theirs.pixels.dtype == torch.float32
        alike.append(psnr(tile(ours), tile(theirs)))
        assert not torch.equal(ours.pixels, theirs.pixels) or ours.pixels.norm() == 0
    assert min(alike) >= 40


@pytest.fixture(scope="module")
def pictures() -> list:
    return [shapes.image(index) for index in range(3)]


@pytest.mark.parametrize(
    "name",
    [
        "alexnet",
        "vgg11_bn",
        "resnet18",
        pytest.param("densenet121", marks=pytest.mark.exhaustive),
        "mobilenet_v3_small",
        "googlenet",
    ],
)
def test_tiles_of_other_networks_are_alike(name: str) -> None:
    """Batch norm, gates, average pools, strides and branches in bfloat16."""
    side = 224 if name == "alexnet" else 96
    net, x = network(name), torch.randn(1, 3, side, side, generator=torch.Generator().manual_seed(6))
    exact, fast = DeconvNet(net), DeconvNet(net, precision="bf16")
    recording = exact.record(x, [layer := list(exact.layers_for(x.shape[1:]))[-3]])
    units = exact.strongest(recording, layer, 3)
    projections = fast.project(x, units), exact.project(recording, units)
    assert any(p.pixels.norm() > 0 for p in projections[1])
    for ours, theirs in zip(*projections, strict=True):
        assert ours.activation == pytest.approx(theirs.activation, rel=1e-4)
        assert psnr(tile(ours), tile(theirs)) >= 40


def test_auto_follows_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    cpu = torch.device("cpu")
    for has in (True, False):
        monkeypatch.setattr(machine, "multiplies_bfloat16", lambda device, has=has: has)
        assert machine.pick_precision("auto", cpu, torch.float32) == (torch.bfloat16 if has else torch.float32)
        assert machine.pick_precision("auto", cpu, torch.float64) == torch.float64
        assert machine.pick_precision("fp32", cpu, torch.float64) == torch.float64
        assert machine.pick_precision("bf16", cpu, torch.float64) == torch.bfloat16
    with pytest.raises(UnsuitableInput, match="precision='half': possible: fp32, bf16, auto"):
        DeconvNet(network("squeezenet1_1"), precision="half")


def test_pictures_state_it(tmp_path: object, pictures: list) -> None:
    path = tmp_path / "one.png"
    pictures[0].save(path)
    for precision, said in (("bf16", "bfloat16"), ("fp32", "float32")):
        dv = DeconvNet(load_model("shapes"), precision=precision)
        (made,) = picture_files(dv, [path], ["conv3"], top=2, out=tmp_path / precision)
        assert made.record["precision"] == said
        assert json.dumps(made.record)
