"""The captured network beside the network itself: what differs is an error that says where."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from deconvviz import DeconvNet
from deconvviz.errors import UncapturableModel
from deconvviz.network import compare
from deconvviz.network import graph as graphs

pytestmark = pytest.mark.quick

FACTOR = [3.0]


class Net(nn.Module):
    """`middle` stands between two layers."""

    def __init__(self, middle: Callable[[Tensor], Tensor] = torch.relu) -> None:
        super().__init__()
        self.below, self.above, self.last = nn.Conv2d(1, 3, 3), nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 1)
        self.middle = middle
        self.runs = 0

    def forward(self, x: Tensor) -> Tensor:
        self.runs += 1
        return self.last(torch.relu(self.above(self.middle(self.below(x)))))  # type: ignore[no-any-return]


def images(count: int = 3) -> Tensor:
    return torch.randn(count, 1, 12, 12, generator=torch.Generator().manual_seed(3))


def test_state_outside_of_the_network_is_found_out() -> None:
    dv = DeconvNet(Net(lambda x: x * FACTOR[0]))
    dv.layers_for((1, 12, 12))
    FACTOR[0] = 2.0
    try:
        assert dv.strongest(images(), "below")
        with pytest.raises(UncapturableModel, match=r"than its capture, first in mul \(at .*test_comp.*:\d+"):
            dv.strongest(images(), "last")
        with pytest.raises(UncapturableModel, match="first in mul"):  # nor the next time
            dv.project(images(), ["above:0@4,4"])
    finally:
        FACTOR[0] = 3.0


@pytest.mark.parametrize("layer", ["above", "last"])
def test_a_broken_capture_is_found_out(monkeypatch: pytest.MonkeyPatch, layer: str) -> None:
    """As if torch's filter were ours to break: what the capture runs is not what the network runs."""
    broken = {torch.ops.aten.relu.default: lambda x: x.clamp(min=0.1)}
    monkeypatch.setattr(graphs, "_ANY_LAYOUT", graphs._ANY_LAYOUT | broken)
    monkeypatch.setattr(graphs, "_IN_PLACE", {})
    monkeypatch.setattr(broken[torch.ops.aten.relu.default], "__module__", "torch._ops.aten")
    with pytest.raises(UncapturableModel, match="first in relu"):
        DeconvNet(Net()).strongest(images(), layer)
    with pytest.raises(UncapturableModel, match="first in relu"):
        DeconvNet(Net()).project(images(), [f"{layer}:0@2,2"])  # over crops


def test_the_network_runs_once_more_and_only_once() -> None:
    net = Net()
    seen: list[int] = []
    net.below.register_forward_hook(lambda module, args, output: seen.append(output.shape[0]))
    dv = DeconvNet(net)
    dv.layers_for((1, 12, 12))
    seen.clear()
    for _ in range(3):
        dv.strongest(images(), "last")
        dv.strongest(images(), ["below", "above"])  # on the way to the last
        dv.project(images(), ["above:1@2,2", "last:0"])
    assert seen == [3]
    assert net.runs == 0  # what the forward pass keeps is put back


def test_where_nothing_shows_what_is_computed_from_it_counts() -> None:
    """A fused kernel goes past the value in the middle."""
    fused = nn.TransformerEncoderLayer(100, 4, 8, batch_first=True)
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(2), fused).eval()
    dv = DeconvNet(net)
    assert dv.strongest(images(), "0")
    table = dv.layers_for((1, 12, 12))
    names = [call.name for call in table.graph.calls if call.batched and call.shape]
    maps = graphs.run(table.graph.calls, images(), names)
    with torch.no_grad():
        compare(table.graph, images(), maps)
    assert set(names) <= table.graph.compared


def test_what_the_network_says_itself_is_handed_on() -> None:
    def careful(x: Tensor) -> Tensor:
        if torch.compiler.is_exporting() or FACTOR[0] == 3:
            return x
        raise ValueError("not today")

    dv = DeconvNet(Net(careful))
    dv.layers_for((1, 12, 12))
    FACTOR[0] = 0.0
    try:
        with pytest.raises(UncapturableModel, match="Net itself fails on 3 images of 1×12×12: not today"):
            dv.strongest(images(), "below")
    finally:
        FACTOR[0] = 3.0


class State(nn.Module):
    alpha: Any = 0.5

    def __init__(self) -> None:
        super().__init__()
        self.filter = nn.Conv2d(1, 2, 3, bias=False)
        self.settings = {"scales": [1.0, 2.0]}

    def forward(self, x: Tensor) -> Tensor:
        return self.filter(x) * self.alpha * self.settings["scales"][-1]  # type: ignore[no-any-return]


def in_the_list(net: State) -> None:
    net.settings["scales"][-1] = 3.0


def in_place(net: State) -> None:
    net.alpha.fill_(3.0)


CHANGES: dict[str, Callable[[State], Any]] = {
    "an attribute": lambda net: setattr(net, "alpha", 0.25),
    "a list in a dict": in_the_list,
    "a hook before": lambda net: net.filter.register_forward_pre_hook(lambda module, args: (args[0] * 2,)),
    "a hook after": lambda net: net.filter.register_forward_hook(lambda module, args, output: output * 2),
    "another forward": lambda net: setattr(net.filter, "forward", lambda x: torch.cat([x, -x], 1)),
    "a module": lambda net: setattr(net, "filter", nn.Conv2d(1, 2, 3, bias=False)),
    "of the class": lambda net: setattr(State, "alpha", 0.125),
    "a weight's shape": lambda net: setattr(net.filter, "weight", nn.Parameter(torch.randn(5, 1, 3, 3))),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_what_forward_sees_may_change(change: Callable[[State], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(State, "alpha", 0.5)
    net = State().eval()
    dv = DeconvNet(net)
    before = dv.record(images(), "mul_1").maps["mul_1"]
    assert dv.layers_for((1, 12, 12)) is dv.layers_for((1, 12, 12))
    change(net)
    maps = dv.record(images(), "mul_1").maps["mul_1"]
    with torch.no_grad():
        expected = net(images())
    assert maps.shape == expected.shape
    assert torch.allclose(maps, expected, atol=1e-6)
    assert before.shape != maps.shape or not torch.allclose(before, maps)


def test_a_tensor_among_the_attributes_may_change_in_place() -> None:
    net = State().eval()
    net.alpha = torch.tensor(0.5)
    dv = DeconvNet(net)
    dv.record(images(), "mul_1")
    in_place(net)
    with torch.no_grad():
        assert torch.allclose(dv.record(images(), "mul_1").maps["mul_1"], net(images()), atol=1e-6)


def test_weights_may_change_without_another_capture() -> None:
    net = State().eval()
    dv = DeconvNet(net)
    table = dv.layers_for((1, 12, 12))
    nn.init.ones_(net.filter.weight)
    with torch.no_grad():
        assert torch.allclose(dv.record(images(), "mul_1").maps["mul_1"], net(images()), atol=1e-6)
    assert dv.layers_for((1, 12, 12)) is table
