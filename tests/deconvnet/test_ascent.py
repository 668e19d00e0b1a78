"""The way up, by the sizes of real networks: what may be cropped, and what a forward pass costs."""

import pytest
import torch
from networks import network
from torch import Tensor, nn

import deconvviz.deconvnet.ascent as room
from deconvviz.deconvnet.ascent import ascent, ascents
from deconvviz.deconvnet.deconvnet import DeconvNet
from deconvviz.deconvnet.plan import Crops, WholeImages, plan
from deconvviz.deconvnet.units import Unit


def test_what_cannot_be_cropped_is_not() -> None:
    gated = DeconvNet(network("mobilenet_v3_small"))
    table = gated.layers_for((3, 96, 96))
    assert not ascent(table, table["features.4"].read_at).runs_on_windows  # its gate looks at the whole map
    assert not ascent(table, table["classifier.3"].read_at).runs_on_windows
    plain = DeconvNet(network("resnet18")).layers_for((3, 96, 96))
    assert ascent(plain, plain["layer2.1"].read_at).runs_on_windows


def test_windows_needed_and_their_cost() -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(2, 4, 3), nn.ReLU())
    way = ascent(DeconvNet(net).layers_for((1, 20, 20)), "4")
    needed = way.windows(torch.tensor([[0, 0], [3, 3]]))
    assert needed["input"].size == (8, 8)
    assert needed["input"].origin.tolist() == [[0, 0], [5, 5]]
    assert way.multiply_adds() == 20 * 20 * 18 + 8 * 8 * 72
    assert way.multiply_adds(needed) == 2 * (6 * 6 * 18 + 72)


@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v3_small", "standardised"])
def test_the_price_of_whole_images_is_what_the_modules_do(name: str) -> None:
    net = Standardised() if name == "standardised" else network(name)
    dv, products = DeconvNet(net), []
    last = list(dv.layers_for((3, 64, 48)))[-1]

    def count(module: nn.Module, inputs: tuple[Tensor, ...], output: Tensor) -> None:
        products.append(module.weight.numel() * output[0, 0].numel())

    counted = [module for module in net.modules() if isinstance(module, nn.Conv2d | nn.Linear)]
    hooks = [module.register_forward_hook(count) for module in counted]
    with torch.no_grad():
        net.eval()(torch.zeros(1, 3, 64, 48))
    for hook in hooks:
        hook.remove()
    units = [Unit(last, 1, image=0), Unit(last, 0, image=1), Unit(last, 0, image=0)]
    (forward,) = plan(ascents(dv.layers_for((3, 64, 48)), [last]), dict(enumerate(units))).passes
    assert forward.price == 2 * sum(products)


class Standardised(nn.Module):
    """A filter whose weights are computed from others, and one as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = StandardisedConv(3, 6, 3), nn.Conv2d(6, 4, (1, 3), stride=2, groups=2)

    def forward(self, x: Tensor) -> Tensor:
        return self.second(self.first(x).relu()).relu()


class StandardisedConv(nn.Conv2d):
    """Weights without their mean."""

    def forward(self, x: Tensor) -> Tensor:
        return self._conv_forward(x, self.weight - self.weight.mean((1, 2, 3), keepdim=True), self.bias)


def test_units_are_divided_by_layer_and_number() -> None:
    dv = DeconvNet(network("squeezenet1_1"))
    table = dv.layers_for((3, 160, 160))
    few = [Unit("features.3", 1, 5, 5, image=n) for n in range(3)]
    many = [Unit("features.7", 1, n % 5, n // 5, image=0) for n in range(25)]
    nowhere = [Unit("features.4", 1, image=2)]
    units = [*few, *many, *nowhere]
    passes = plan(ascents(table, {unit.layer for unit in units}), dict(enumerate(units))).passes
    cropped = [forward for forward in passes if isinstance(forward, Crops)]
    whole = [number for forward in passes if isinstance(forward, WholeImages) for number in forward.units]
    assert [(forward.layer, sorted(forward.units)) for forward in cropped] == [("features.3", [0, 1, 2])]
    assert sorted(whole) == list(range(3, len(units)))


def test_each_stage_is_made_once_for_all_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    table, made = DeconvNet(network("squeezenet1_1")).layers_for((3, 96, 96)), []
    stage = room._stage
    monkeypatch.setattr(room, "_stage", lambda table, call: made.append(call.name) or stage(table, call))
    ways = ascents(table, table)
    assert len(made) == len(set(made))
    assert ways["features.3.expand3x3"] is ways["features.3.expand3x3_activation"]
    for name in ("features.0", "features.6", "features.12.expand1x1"):
        assert ways[name] == ascent(table, table[name].read_at)
        assert ways[name].top.name == table[name].read_at
