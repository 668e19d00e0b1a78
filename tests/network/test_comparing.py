"""The captured network beside the network itself: what differs is an error that says where."""

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from deconvviz import DeconvNet
from deconvviz.errors import UncapturableModel, UnsuitableInput
from deconvviz.network import compare, comparing, running
from deconvviz.network import graph as graphs

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


@pytest.mark.quick
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


@pytest.mark.quick
def test_what_lies_inside_of_a_function_of_torchs_does_not_differ() -> None:
    """Softshrink is taken apart; the network has no such product, but another of this shape."""
    net = Net(lambda x: torch.maximum(nn.functional.softshrink(x), 0.1 * x)).double()
    graph = DeconvNet(net).layers_for((1, 12, 12)).graph
    inside = [call.name for call in graph.calls if "softshrink" in call.function]
    assert inside == ["abs", "gt", "sign", "mul", "sub", "mul_1", "where"]
    assert comparing._first_that_differs(graph, images().double(), [call.name for call in graph.calls]) is None


@pytest.mark.parametrize("again", [lambda x: torch.mul(x, 3.0), lambda x: x.mul(3.0)], ids=["function", "method"])
def test_what_is_used_twice_is_no_inside(again: Callable[[Tensor], Tensor]) -> None:
    """A product that hangs on state, hidden by a sign, and another one after it."""

    class Twice(Net):
        def forward(self, x: Tensor) -> Tensor:
            return again(self.above(torch.sign(torch.mul(self.below(x), FACTOR[0]))))

    dv = DeconvNet(Twice())
    dv.layers_for((1, 12, 12))
    FACTOR[0] = 2.0
    try:
        with pytest.raises(UncapturableModel, match="first in mul"):
            dv.record(images(), "mul")
    finally:
        FACTOR[0] = 3.0


@pytest.mark.parametrize("channels", [1, 3])
def test_images_are_left_as_they_were(channels: int) -> None:
    """Also by a network that works in place on them."""

    class Overwriting(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.below, self.above = nn.Conv2d(channels, 3, 3), nn.Conv2d(3, 4, 3)

        def forward(self, x: Tensor) -> Tensor:
            return self.above(self.below(x.sub_(0.5)).relu())

    net, x = Overwriting().double(), torch.rand(2, channels, 9, 9, dtype=torch.float64)
    given, dv = x.clone(), DeconvNet(net)
    dv.record(x, "below")
    assert torch.allclose(dv.record(x, "above").maps["above"], net(given.clone()), rtol=1e-12)
    assert torch.equal(x, given)


@pytest.mark.parametrize("layer", ["above", "last"])
def test_a_broken_capture_is_found_out(monkeypatch: pytest.MonkeyPatch, layer: str) -> None:
    break_relu(monkeypatch)
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
        dv.strongest(images(), ["below", "above"])
        dv.project(images(), ["above:1@2,2", "last:0"])
    assert seen == [3, 3]
    dv = DeconvNet(net)
    dv.layers_for((1, 12, 12))
    seen.clear()
    for layer in ("below", "above", "above", "last", "below", "last"):
        dv.strongest(images(), layer)
    assert seen == [3, 3, 3]  # each up to its layer
    assert net.runs == 0  # what the forward pass keeps is put back


def break_relu(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if torch's operator were ours to break: what the capture runs is not what the network runs."""
    broken = {torch.ops.aten.relu.default: lambda x: x.clamp(min=0.1)}
    monkeypatch.setattr(broken[torch.ops.aten.relu.default], "__module__", "torch._ops.aten")
    monkeypatch.setattr(graphs, "_ANY_LAYOUT", graphs._ANY_LAYOUT | broken)
    monkeypatch.setattr(running, "IN_PLACE", {})


def test_where_a_fused_kernel_goes_past_a_value_what_is_computed_from_it_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fused = nn.TransformerEncoderLayer(100, 4, 8, batch_first=True)
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(2), fused).eval()
    dv = DeconvNet(net)
    assert dv.strongest(images(), "0")
    table = dv.layers_for((1, 12, 12))
    names = [call.name for call in table.graph.calls if call.batched and call.shape]
    maps = running.run(table.graph.calls, images(), names)
    compare(table.graph, images(), maps)
    assert set(names) <= table.graph.compared
    table.graph.compared.clear()
    break_relu(monkeypatch)
    with pytest.raises(UncapturableModel, match="other values than its capture"):
        compare(table.graph, images(), running.run(table.graph.calls, images(), names))


def test_what_the_network_says_itself_is_handed_on() -> None:
    def careful(x: Tensor) -> Tensor:
        if torch.compiler.is_compiling() or FACTOR[0] == 3:
            return x
        raise ValueError("not today")

    dv = DeconvNet(Net(careful))
    dv.layers_for((1, 12, 12))
    FACTOR[0] = 0.0
    try:
        with pytest.raises(UncapturableModel, match="Net itself fails on 3 images of 1×12×12: not today"):
            dv.strongest(images(), "last")
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


def hidden(middle: Callable[[Tensor], Tensor], layer: str, after: nn.Module | None = None) -> None:
    """What a capture does otherwise than the network is found out, though what comes after hides it."""
    net = nn.Sequential(nn.Conv2d(1, 4, 3), Apply(middle), *([after] if after else [])).eval()
    dv = DeconvNet(net)
    dv.layers_for((1, 24, 24))
    FACTOR[0] = 2.0
    try:
        with pytest.raises(UncapturableModel, match="other values than its capture"):
            dv.record(torch.randn(2, 1, 24, 24, generator=torch.Generator().manual_seed(3)), layer)
    finally:
        FACTOR[0] = 3.0


class Apply(nn.Module):
    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


HIDDEN: dict[str, tuple[Callable[[Tensor], Tensor], str, nn.Module | None]] = {
    "on some columns": (lambda x: torch.cat([x[..., :8], x[..., 8:] * FACTOR[0]], -1), "1", None),
    "by a normalisation": (lambda x: x * FACTOR[0], "1", nn.InstanceNorm2d(4)),
    "by a ReLU": (lambda x: nn.functional.leaky_relu(x, FACTOR[0] / 10), "1", nn.ReLU()),
    "as what came before": (lambda x: x * (FACTOR[0] - 2), "1", None),
}


@pytest.mark.parametrize(("middle", "layer", "after"), HIDDEN.values(), ids=list(HIDDEN))
def test_nothing_hides_a_difference(middle: Callable[[Tensor], Tensor], layer: str, after: nn.Module | None) -> None:
    hidden(middle, layer, after)


def test_a_first_batch_that_is_not_finite_is_compared_too() -> None:
    dv, x = DeconvNet(Net(lambda x: x * FACTOR[0])), images()
    dv.layers_for((1, 12, 12))
    x[0, 0, 5, 5] = torch.inf
    dv.record(x, "mul")
    FACTOR[0] = 2.0
    try:
        dv = DeconvNet(Net(lambda x: x * FACTOR[0]))
        dv.layers_for((1, 12, 12))
        FACTOR[0] = 3.0
        with pytest.raises(UncapturableModel, match="first in mul"):
            dv.record(x, "mul")
    finally:
        FACTOR[0] = 3.0


def rectified_in_part(x: Tensor) -> Tensor:
    x[:, :2].relu_()
    return x


def filled_in_part(x: Tensor) -> Tensor:
    whole = torch.zeros_like(x)
    whole[:, :2] = x[:, :2]
    return whole


@pytest.mark.parametrize("function", [rectified_in_part, filled_in_part])
def test_what_is_overwritten_in_part_at_the_end_is_the_networks_own(function: Callable[[Tensor], Tensor]) -> None:
    net = nn.Sequential(nn.Conv2d(1, 4, 3), Apply(function)).eval()
    with torch.no_grad():
        expected = net(images())
    assert torch.equal(DeconvNet(net).record(images(), "1").maps["1"], expected)


def test_a_head_that_fails_does_not_keep_one_from_the_layers_below() -> None:
    def fails(x: Tensor) -> Tensor:
        if not torch.compiler.is_compiling():
            raise ValueError("no head")
        return x

    net = nn.Sequential(Net(), Apply(fails), nn.Conv2d(2, 2, 1))
    assert DeconvNet(net).strongest(images(), ["0.below", "0.above"])
    with pytest.raises(UncapturableModel, match="itself fails on 3 images of 1×12×12: no head"):
        DeconvNet(net).strongest(images(), "2")


def test_what_forward_keeps_in_lists_and_dicts_is_put_back() -> None:
    class Keeping(Net):
        def __init__(self) -> None:
            super().__init__()
            self.kept: list[Tensor] = []
            self.acts: dict[str, list[Tensor]] = {"maps": []}

        def forward(self, x: Tensor) -> Tensor:
            y = super().forward(x)
            self.kept.append(y)
            self.acts["maps"].append(y)
            self.acts["last"] = [y]
            return y

    net = Keeping()
    dv = DeconvNet(net)
    if torch.__version__ < "2.7":
        with pytest.raises(
            UncapturableModel, match=r"keeps tensors in a list or dict, which torch 2\.6\S* cannot follow"
        ):
            dv.strongest(images(), "last")
    else:
        for _ in range(3):
            dv.strongest(images(), "last")
        assert len(dv._tables) == 1
    assert (net.kept, net.acts) == ([], {"maps": []})


@dataclass(slots=True)
class Settings:
    alpha: float = 0.5

    def now(self) -> float:
        return self.alpha


class Configured(nn.Module):
    shared = SimpleNamespace(alpha=0.5)

    def __init__(self) -> None:
        super().__init__()
        self.filter, self.act = nn.Conv2d(1, 2, 3, bias=False), nn.ReLU()
        self.settings = Settings()
        self.schedule = Settings().now

    def forward(self, x: Tensor) -> Tensor:
        return self._inside(x) * self.settings.alpha * self.schedule() * self.shared.alpha

    def _inside(self, x: Tensor) -> Tensor:
        return self.act(self.filter(x))  # type: ignore[no-any-return]


def become_tanh(net: Configured) -> None:
    net.act.__class__ = nn.Tanh  # type: ignore[assignment]


SEEN: dict[str, Callable[[Configured], Any]] = {
    "slots": lambda net: setattr(net.settings, "alpha", 0.25),
    "behind a method": lambda net: setattr(net.schedule.__self__, "alpha", 0.25),  # type: ignore[attr-defined]
    "an object of the class": lambda net: setattr(Configured.shared, "alpha", 0.25),
    "another class": become_tanh,
    "a method of the class": lambda net: setattr(Configured, "_inside", lambda self, x: self.filter(x)),
}


@pytest.mark.parametrize("change", SEEN.values(), ids=list(SEEN))
def test_what_forward_sees_through_objects_may_change(
    change: Callable[[Configured], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Configured, "_inside", Configured._inside)
    monkeypatch.setattr(Configured, "shared", SimpleNamespace(alpha=0.5))
    net = Configured().eval()
    dv = DeconvNet(net)
    before = dv.record(images(), "mul_2").maps["mul_2"]
    change(net)
    with torch.no_grad():
        expected = net(images())
    after = dv.record(images(), "mul_2").maps["mul_2"]
    assert torch.allclose(after, expected, atol=1e-6)
    assert not torch.allclose(before, after)


def test_autocast_is_part_of_what_was_captured() -> None:
    net = Net().eval()
    dv = DeconvNet(net)
    with torch.autocast("cpu"):
        dv.record(images(), "last")
    with torch.no_grad():
        assert torch.allclose(dv.record(images(), "last").maps["last"], net(images()), atol=1e-6)


def test_a_recording_is_projected_also_when_the_network_has_changed() -> None:
    net = State().eval()
    dv = DeconvNet(net)
    recording = dv.record(images(), "mul_1")
    (before,) = dv.project(recording, ["mul_1:0@3,3#1"])
    net.alpha = 0.25
    dv.record(images(), "mul_1")
    (after,) = dv.project(recording, ["mul_1:0@3,3#1"])
    assert torch.equal(before.pixels, after.pixels)
    with pytest.raises(UnsuitableInput, match="made of another network"):
        DeconvNet(State()).project(recording, ["mul_1:0@3,3#1"])
