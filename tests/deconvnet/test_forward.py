"""Forward passes on crops: the same projections as with whole images, wherever the unit lies."""

from dataclasses import replace

import pytest
import torch
from networks import network
from oracles import relative_error
from torch import Tensor, nn

from deconvviz.deconvnet.ascent import ascent
from deconvviz.deconvnet.deconvnet import DeconvNet
from deconvviz.deconvnet.forward import record_crops
from deconvviz.deconvnet.passes import Pass, run
from deconvviz.deconvnet.plan import Crops
from deconvviz.deconvnet.projecting import How, project_pass
from deconvviz.deconvnet.units import Unit
from deconvviz.errors import NoMirrorRule, UnknownUnit, UnsuitableInput
from deconvviz.mirror import RULES, Reach

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
    start, way = table[layer].read_at, ascent(table, table[layer].read_at)
    assert way.runs_on_windows
    needed = way.windows(torch.tensor(places))
    recording = record_crops(table, start, [x[u.image] for u in units], needed, x)
    assert recording.maps[start].shape == (len(units), table[layer].channels, 1, 1)
    for n, (unit, expected) in enumerate(zip(units, whole, strict=True)):
        assert float(recording.maps[start][n, unit.channel]) == pytest.approx(expected.activation, rel=1e-12, abs=1e-15)
    forward = forced_crops(dv, x, units)
    cropped = [p for _, p in sorted(project_pass(forward, How(x.dtype, None), {}), key=lambda t: t[0])]
    assert sum(p.pixels.norm() > 0 for p in whole) >= 2
    for ours, expected in zip(cropped, whole, strict=True):
        assert ours.box == expected.box
        assert relative_error(ours.pixels, expected.pixels) <= 1e-12


def forced_crops(dv: DeconvNet, x: Tensor, units: list[Unit]) -> Pass:
    """The pass of all the units in one batch of crops, whether it pays or not."""
    table = dv.layers_for(x.shape[1:])
    way = ascent(table, table[units[0].layer].read_at)
    needed = way.windows(torch.tensor([[u.row, u.column] for u in units]))
    crops = Crops(dict(enumerate(units)), way.multiply_adds(needed), needed)
    (served,) = run(crops, table, dict(enumerate(x)), x)
    return served


def test_project_takes_crops_where_few_units_share_an_image(monkeypatch: pytest.MonkeyPatch) -> None:
    import deconvviz.deconvnet.passes as room

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


@pytest.mark.parametrize("shape", [(2, 7, 7), (7,), (7, 1), (1, 1, 7), (2, 1, 1), (1,), ()])
def test_constants_that_differ_by_position_are_met_whole(shape: tuple[int, ...]) -> None:
    net = nn.Sequential(nn.Conv2d(3, 2, 3), PositionShift(shape), nn.ReLU(), nn.Conv2d(2, 2, 3), nn.ReLU()).double()
    dv, x = DeconvNet(net), torch.randn(3, 3, 9, 9, dtype=torch.float64)
    alike = not shape or max(shape[-2:]) == 1
    assert ascent(dv.layers_for((3, 9, 9)), "4").runs_on_windows == alike
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


def test_a_bare_network_has_seen_images_that_went_forward_in_crops() -> None:
    dv = DeconvNet(nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU()))
    dv.project(torch.randn(1, 3, 20, 24), [Unit("0", 1, 2, 2)])
    assert dv.layers["0"].size == (18, 22)


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


def test_a_layer_under_two_names_is_served_in_one_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    import deconvviz.deconvnet.passes as room

    dv, x = DeconvNet(network("squeezenet1_1")), torch.randn(2, 3, 96, 96)
    one, same, other = "features.3.expand3x3", "features.3.expand3x3_activation", "features.3.squeeze"
    table = dv.layers_for((3, 96, 96))
    assert table[one].read_at == table[same].read_at != table[other].read_at
    units = [Unit(name, n, 3 + n, 4, image=n % 2) for n, name in enumerate([one, other, same, one, same])]
    served = room.located(table, dv.record(x, [one, other]), dict(enumerate(units)), dict(enumerate(x)))
    assert [[unit.number for unit in one.units] for one in served] == [[0, 2, 3, 4], [1]]
    taken = []
    monkeypatch.setattr(room, "record_crops", lambda *given: taken.append(len(given[2])) or record_crops(*given))
    projections = dv.project(x, units)
    assert taken == [4, 1]
    assert [(p.unit.layer, p.unit.channel) for p in projections] == [(u.layer, u.channel) for u in units]
    for made, unit in zip(projections, units, strict=True):
        (alone,) = dv.project(x, [unit])
        assert relative_error(made.pixels, alone.pixels) < 1e-5


@pytest.mark.parametrize(("layer", "reach"), [("features.5", Reach(3, 2, 1, 1)), ("features.8", Reach(2, 2, 0, 1))])
def test_a_rule_with_a_wrong_reach_is_found_out(layer: str, reach: Reach, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first crop is compared with the whole image, and that with the network itself."""
    pool = torch.ops.aten.max_pool2d.default
    broken = replace(RULES[pool], reach=lambda call, below: (reach, reach))
    monkeypatch.setitem(RULES, pool, broken)
    dv, x = DeconvNet(network("alexnet")), torch.randn(2, 3, 127, 127, generator=torch.Generator().manual_seed(2))
    with pytest.raises(NoMirrorRule, match=r"features\.[59]: .*other activations than the whole image.*wrong `reach`"):
        forced_crops(dv, x, [Unit(layer, n, 3, 2 + n, image=n) for n in range(2)])
