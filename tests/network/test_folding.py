"""Folding batch normalisation: the same values to rounding, the network as it was, and where it is left alone."""

import pytest
import torch
from networks import network, randomised
from oracles import relative_error
from torch import Tensor, nn

from deconvviz import DeconvNet
from deconvviz.network import run
from deconvviz.network.folding import fold


class Shared(nn.Module):
    """A convolution that something else reads too; one without bias, one with; a normalisation without weights."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(4, 4, 3, stride=2, groups=2, bias=False)
        self.c = nn.Conv2d(4, 6, 3, padding="same", dilation=2)
        self.n1, self.n2 = nn.BatchNorm2d(4), nn.BatchNorm2d(4)
        self.n3 = nn.BatchNorm2d(6, affine=False)

    def forward(self, x: Tensor) -> Tensor:
        a = self.a(x)
        return self.n3(self.c(self.n2(self.b(self.n1(a) + a)).relu())).relu()


def shared() -> nn.Module:
    torch.manual_seed(0)
    net = Shared()
    net.n3.weight = net.n3.bias = None  # type: ignore[assignment]
    for norm in (net.n1, net.n2):
        norm.weight.data.uniform_(0.5, 2)
    for norm in (net.n1, net.n2, net.n3):
        norm.running_mean.normal_()  # type: ignore[union-attr]
        norm.running_var.uniform_(0.5, 2)  # type: ignore[union-attr]
    return net.eval()


def test_values_are_the_same_and_the_network_is_left_alone() -> None:
    net, x = shared().double(), torch.randn(3, 3, 12, 12, dtype=torch.float64)
    before = {name: tensor.clone() for name, tensor in net.state_dict().items()}
    graph = DeconvNet(net, input_shape=(3, 12, 12)).layers.graph
    calls = fold(graph.calls, [])
    gone = {call.name for call in graph.calls} - {call.name for call in calls}
    assert gone == {"b"}  # `a` is read twice; padding "same" is another operator
    last = graph.outputs[0]
    with torch.no_grad():
        assert relative_error(run(calls, x, [last])[last], net(x)) < 1e-13
    assert all(torch.equal(tensor, before[name]) for name, tensor in net.state_dict().items())
    assert {call.name for call in fold(graph.calls, ["b"])} == {call.name for call in graph.calls}


@pytest.mark.parametrize(
    "name", ["resnet18", pytest.param("densenet121", marks=pytest.mark.exhaustive), "mobilenet_v3_small"]
)
def test_networks(name: str) -> None:
    net = randomised(network(name)).double()
    graph = DeconvNet(net, input_shape=(3, 64, 64)).layers.graph
    calls, x = fold(graph.calls, []), torch.randn(2, 3, 64, 64, dtype=torch.float64)
    assert len(calls) < len(graph.calls) - 15
    with torch.no_grad():
        (last,) = graph.outputs
        assert relative_error(run(calls, x, [last])[last], net(x)) < 1e-10


def test_low_precision_is_left_alone() -> None:
    graph = DeconvNet(shared().bfloat16(), input_shape=(3, 12, 12)).layers.graph
    assert fold(graph.calls, []) == graph.calls
