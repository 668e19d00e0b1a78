"""Forward passes on crops: the same projections as with whole images, wherever the unit lies."""

import pytest
import torch
from networks import network
from oracles import relative_error
from torch import Tensor, nn

from deconvviz.deconvnet.crops import can_crop, multiply_adds, record_crops, windows_needed
from deconvviz.deconvnet.deconvnet import DeconvNet
from deconvviz.deconvnet.passes import divide
from deconvviz.deconvnet.units import Unit
from deconvviz.errors import UnknownUnit, UnsuitableInput
from deconvviz.mirror.window import Windows

CROPPED = {
    "alexnet": "features.8",
    "vgg11_bn": "features.18",
    "squeezenet1_1": "features.7",
    "resnet18": "layer2.1",
    "resnet50": "layer2.3",
    "googlenet": "inception3b",
    "densenet121": "features.denseblock1",
    "mnasnet0_5": "layers.9",
    "mobilenet_v2": "features.7",
}
"""Networks and a layer of each whose units see less than the image of 160 pixels."""


def corners_and_middle(size: tuple[int, int]) -> list[tuple[int, int]]:
    rows, columns = size
    return [
        (0, 0),
        (0, columns - 1),
        (rows - 1, 0),
        (rows - 1, columns - 1),
        (rows // 2, columns // 2),
        (1, columns // 3),
    ]


@pytest.mark.parametrize("name", CROPPED)
def test_crops_give_the_same_projections_in_float64(name: str) -> None:
    layer, side = CROPPED[name], 161
    dv = DeconvNet(network(name).double())
    x = torch.randn(3, 3, side, side - 6, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    table = dv.layers_for(x.shape[1:])
    places = corners_and_middle(table[layer].size)
    units = [Unit(layer, 3 * n, *at, image=n % 3) for n, at in enumerate(places)]
    whole = dv.project(dv.record(x, [layer]), units)
    start, positions = table[layer].read_at, torch.tensor(places)
    assert can_crop(table, start)
    recording = record_crops(table, start, [x[u.image] for u in units], positions, x, dv._keepers(table, [start]))
    assert recording.maps[start].shape == (len(units), table[layer].channels, 1, 1)
    for n, (unit, expected) in enumerate(zip(units, whole, strict=True)):
        assert float(recording.maps[start][n, unit.channel]) == pytest.approx(expected.activation, rel=1e-12, abs=1e-15)
    cropped = [p for f in forced_crops(dv, x, units) for _, p in sorted(dv._project_pass(f, {}), key=lambda t: t[0])]
    assert sum(p.pixels.norm() > 0 for p in whole) >= 2
    for ours, expected in zip(cropped, whole, strict=True):
        assert ours.box == expected.box
        assert relative_error(ours.pixels, expected.pixels) <= 1e-12


def forced_crops(dv: DeconvNet, x: Tensor, units: list[Unit]) -> list:
    """The pass of all the units in one batch of crops, whether it pays or not."""
    from deconvviz.deconvnet.passes import crop_pass

    table = dv.layers_for(x.shape[1:])
    start = table[units[0].layer].read_at
    positions = torch.tensor([[u.row, u.column] for u in units])
    recording = record_crops(table, start, [x[u.image] for u in units], positions, x, dv._keepers(table, [start]))
    return [crop_pass(recording, start, units, [x[u.image] for u in units], list(range(len(units))))]


def test_project_takes_crops_where_few_units_share_an_image(monkeypatch: pytest.MonkeyPatch) -> None:
    import deconvviz.deconvnet.deconvnet as room

    dv, x = DeconvNet(network("squeezenet1_1")), torch.randn(4, 3, 128, 128)
    taken = []
    monkeypatch.setattr(room, "record_crops", lambda *given: taken.append(len(given[2])) or record_crops(*given))
    one_each = [Unit("features.3", 5, 7, 7, image=n) for n in range(4)]
    cropped = dv.project(x, one_each)
    assert sum(taken) == 4
    whole = dv.project(dv.record(x, ["features.3"]), one_each)
    assert max(relative_error(c.pixels, w.pixels) for c, w in zip(cropped, whole, strict=True)) < 1e-5
    taken.clear()
    dv.project(x[:1], [Unit("features.3", n, 7, 7) for n in range(64)] * 4)
    assert not taken


def test_what_cannot_be_cropped_is_not() -> None:
    gated = DeconvNet(network("mobilenet_v3_small"))
    table = gated.layers_for((3, 96, 96))
    assert not can_crop(table, table["features.4"].read_at)  # its gate looks at the whole map
    assert not can_crop(table, table["classifier.3"].read_at)
    plain = DeconvNet(network("resnet18")).layers_for((3, 96, 96))
    assert can_crop(plain, plain["layer2.1"].read_at)


@pytest.mark.parametrize("shape", [(2, 7, 7), (7,), (7, 1), (1, 1, 7), (2, 1, 1), (1,), ()])
def test_constants_that_differ_by_position_are_met_whole(shape: tuple[int, ...]) -> None:
    net = nn.Sequential(nn.Conv2d(3, 2, 3), PositionShift(shape), nn.ReLU(), nn.Conv2d(2, 2, 3), nn.ReLU()).double()
    dv, x = DeconvNet(net), torch.randn(3, 3, 9, 9, dtype=torch.float64)
    alike = not shape or max(shape[-2:]) == 1
    assert can_crop(dv.layers_for((3, 9, 9)), "4") == alike
    units = [Unit("4", n, 1, 2 * n, image=n) for n in range(2)]
    whole = dv.project(dv.record(x, ["4"]), units)
    for ours, theirs in zip(dv.project(x, units), whole, strict=True):
        assert ours.activation == pytest.approx(theirs.activation, rel=1e-12, abs=1e-15)
        assert relative_error(ours.pixels, theirs.pixels) <= 1e-12


class PositionShift(nn.Module):
    """A parameter that is added; if it differs by position, a crop would meet the wrong ones."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.rand(shape))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.shift


def test_windows_needed_and_their_cost() -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(2, 4, 3), nn.ReLU())
    table = DeconvNet(net).layers_for((1, 20, 20))
    needed = windows_needed(table, "4", torch.tensor([[0, 0], [3, 3]]))
    assert needed["input"].size == (8, 8)
    assert needed["input"].origin.tolist() == [[0, 0], [5, 5]]
    assert multiply_adds(table, "4") == 20 * 20 * 18 + 8 * 8 * 72
    assert multiply_adds(table, "4", needed) == 2 * (6 * 6 * 18 + 72)


def test_bad_units_are_refused_before_anything_is_cropped() -> None:
    dv, x = DeconvNet(network("squeezenet1_1")), torch.randn(1, 3, 96, 96)
    with pytest.raises(UnknownUnit, match="no row 99"):
        dv.project(x, [Unit("features.3", 0, 99, 0)])
    with pytest.raises(UnknownUnit, match="no feature map 64000"):
        dv.project(x, [Unit("features.3", 64000, 1, 1)])
    with pytest.raises(UnknownUnit, match="no image 3"):
        dv.project(x, [Unit("features.3", 0, 1, 1, image=3)])
    with pytest.raises(UnsuitableInput, match="activation is nan"):
        dv.project(torch.full((1, 3, 96, 96), float("nan")), [Unit("features.0", 0, 1, 1)])


def test_units_are_divided_by_layer_and_number() -> None:
    dv = DeconvNet(network("squeezenet1_1"))
    table = dv.layers_for((3, 160, 160))
    few = [Unit("features.3", 1, 5, 5, image=n) for n in range(3)]
    many = [Unit("features.7", 1, n % 5, n // 5, image=0) for n in range(25)]
    nowhere = [Unit("features.4", 1, image=2)]
    units = [*few, *many, *nowhere]
    cropped, whole = divide(table, units, range(len(units)))
    assert [(layer, sorted(some)) for layer, some in cropped] == [("features.3", [0, 1, 2])]
    assert sorted(whole) == list(range(3, len(units)))


def test_windows_seen_from_others() -> None:
    crop = Windows(torch.tensor([[3, 4], [0, 0]]), (6, 6))
    at = Windows(torch.tensor([[5, 5], [1, 1], [4, 4]]), (2, 2))
    assert at.seen_from(crop, torch.tensor([0, 1, 0])).origin.tolist() == [[2, 1], [1, 1], [1, 0]]
