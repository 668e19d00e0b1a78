"""Programs made functional by hand, against torch's own decomposition: the same calls under the same names."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from networks import CLASSIFIERS, network
from torch import Tensor, nn
from torch.fx.node import map_aggregate
from torch.nn import functional as F

from deconvviz.mirror.registry import registered_operators
from deconvviz.network import exporting, functional
from deconvviz.network.capture import capture
from deconvviz.network.graph import Call, Graph, Read, Weight
from deconvviz.network.running import run


def said(graph: Graph) -> list[Any]:
    """All that a graph says of its calls that compute tensors, and of itself."""
    calls = [_said(call) for call in graph.calls if call.shape]
    return [*calls, graph.names, graph.outputs, graph.keys, graph.batch]


def _said(call: Call) -> tuple[Any, ...]:
    def leaf(value: Any) -> Any:
        if isinstance(value, Weight):
            return type(value.owner), value.attribute
        return value.name if isinstance(value, Read) else value

    taken = [str(map_aggregate(tree, leaf)) for tree in (call.arguments, call.positional, call.keywords)]
    shapes = (call.shape, call.input_shapes, call.batched, call.returned)
    place = (call.path, call.source, call.function)
    return (call.name, call.operator, taken, call.reads, call.inputs, shapes, call.pick, place)


def both_ways(
    net: nn.Module, shape: tuple[int, ...], monkeypatch: pytest.MonkeyPatch
) -> tuple[Graph, Graph, list[bool]]:
    """By hand if that is possible, by torch; and whether it was."""
    done = list[bool]()

    def by_hand(program: Any) -> bool:
        done.append(functional.make_functional(program))
        return done[-1]

    graphs = []
    for way in (by_hand, lambda program: False):
        monkeypatch.setattr(exporting, "make_functional", way)
        graphs.append(capture(net, shape, (), registered_operators()))
    return graphs[0], graphs[1], done


class Plain(nn.Module):
    """Every operator that torch leaves as it is, and those that become others."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.bn = nn.Conv2d(3, 4, 3, padding=1), nn.BatchNorm2d(4)
        self.second, self.up = nn.Conv2d(4, 4, 3, padding="same"), nn.ConvTranspose2d(4, 4, 2, 2)
        self.contrast, self.groups = nn.LocalResponseNorm(3), nn.GroupNorm(2, 4)
        self.norm, self.bare = nn.LayerNorm(4), nn.BatchNorm2d(8, affine=False)
        self.head = nn.Sequential(nn.Flatten(), nn.Linear(8, 6), nn.ReLU(True), nn.Dropout(), nn.Linear(6, 3))

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        x = F.hardtanh(self.bn(self.first(x)), 0, 6, inplace=True)
        x = F.max_pool2d(F.avg_pool2d(F.silu(self.up(self.second(x))), 2), 2).mul_(2) - 1
        x = F.hardswish(F.gelu(F.elu(F.leaky_relu(self.contrast(x), 0.2, inplace=True))))
        x = x * F.adaptive_avg_pool2d(x, 1).sigmoid() * F.hardsigmoid(x.mean((2, 3), keepdim=True))
        x = self.norm(self.groups(x).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)
        x = self.bare(torch.cat([x.tanh(), x.transpose(2, 3).clamp(min=0) + 1], 1))
        x = F.dropout(x.div_(3), 0.4, self.training, inplace=True)
        tokens = F.pad(x, (0, 1, 0, 0)).view(x.size(0), 8, -1)
        parts = [tokens[:, 1:, :3].softmax(1), x[:, 0], x.unsqueeze(2).squeeze((2,)), x.unsqueeze(3).squeeze(3)]
        parts += [torch.stack(x.unbind(1)[:2], 1), torch.split(x, 3, 1)[1], *x.chunk(3, 1)]
        parts += [
            F.interpolate(x, scale_factor=2),
            F.interpolate(x, (9, 7), mode="bilinear"),
            x.transpose(2, 3).contiguous() + 1,
        ]
        return {"out": self.head(F.adaptive_avg_pool2d(x, 1)), "maps": torch.relu(x), "parts": parts}


@pytest.mark.quick
def test_by_hand_is_what_torch_does(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Plain().eval()
    sizes = ({0: torch.export.Dim.DYNAMIC},)
    program = torch.export.export(net, (torch.zeros(2, 3, 16, 16),), dynamic_shapes=sizes, strict=False)
    functional.out_of_place(program.graph)
    present = {node.target for node in program.graph.nodes}
    assert functional._LEFT_ALONE | functional._WAYS.keys() <= present | {torch.ops.aten.dropout_.default}
    by_hand, by_torch, done = both_ways(net, (3, 16, 16), monkeypatch)
    assert done == [True]
    assert said(by_hand) == said(by_torch)


class Written(nn.Module):
    """A forward function with a filter, and another to use or not."""

    def __init__(self, forward: Callable[[Any, Tensor], Any]) -> None:
        super().__init__()
        self.a, self.b, self.written = nn.Conv2d(1, 2, 3), nn.Conv2d(2, 2, 1), forward
        self.bn, self.flatten, self.head = nn.BatchNorm2d(2), nn.Flatten(), nn.Linear(72, 3)

    def forward(self, x: Tensor) -> Any:
        return self.written(self, x)


def shuffled(maps: Tensor) -> Tensor:
    """As ShuffleNet does it."""
    return maps.view(maps.size(0), 2, 1, 6, 6).transpose(1, 2).contiguous().view(maps.size(0), 2, 6, 6)


BY_HAND: dict[str, Callable[[Any, Tensor], Any]] = {
    "a branch that nothing reads": lambda net, x: (net.b(net.a(x)).relu(), net.b(net.a(x).relu()))[1],
    "a size asked for after flattening": lambda net, x: net.head(net.flatten(net.a(x))).view(x.size(0), 3, 1),
    "normalisation last": lambda net, x: net.bn(net.a(x)),
    "dropout last": lambda net, x: F.dropout(net.a(x), 0.5, net.training),
    "words for numbers": lambda net, x: F.dropout(
        torch.flatten(net.a(x), start_dim=1, end_dim=-1), p=0.5, training=False
    ),
    "a step back": lambda net, x: net.a(x).add_(net.b(net.a(x)), alpha=-2),
    "a shuffle": lambda net, x: F.relu(shuffled(net.a(x).contiguous())),
    "one image only": lambda net, x: net.head(net.a(x.view(1, 1, 8, 8)).flatten(1)),
}
LEFT: dict[str, Callable[[Any, Tensor], Any]] = {
    "batches joined": lambda net, x: net.head(torch.cat([net.a(x), net.a(x)]).flatten(1))[: x.size(0)],
    "images second": lambda net, x: torch.stack([net.a(x), net.a(x)]).flatten(1).view(2, -1, 2, 6, 6)[0],
    "in place on the images": lambda net, x: net.a(x.sub_(0.5)),
    "in place on a view": lambda net, x: net.a(x).flatten(1).relu_(),
    "in place on what dropout gave": lambda net, x: F.dropout(net.a(x), 0.5, False).relu_(),
    "in place on what is read again": lambda net, x: (lambda maps: maps.clone() + maps.relu_())(net.a(x)),
    "a quotient rounded": lambda net, x: net.a(x).div_(3, rounding_mode="floor"),
    "flattened maps that are turned": lambda net, x: net.a(x).transpose(2, 3).flatten(1),
    "some dimensions flattened": lambda net, x: net.a(x).flatten(2),
    "statistics of the batch": lambda net, x: F.batch_norm(net.a(x), None, None, training=True),
    "a shuffle of torch's": lambda net, x: F.channel_shuffle(net.a(x), 2),
}


@pytest.mark.parametrize("what", [*BY_HAND, *LEFT])
def test_either_way_it_is_what_torch_does(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    net = Written((BY_HAND | LEFT)[what]).eval()
    by_hand, by_torch, done = both_ways(net, (1, 8, 8), monkeypatch)
    assert done[0] is (what in BY_HAND)
    assert said(by_hand) == said(by_torch)
    x = torch.rand(1 if by_hand.batch else 3, 1, 8, 8)
    values = run(by_hand.calls, x, by_hand.outputs)
    assert [torch.equal(values[name], net(x.clone())) for name in by_hand.outputs] == [True]


@pytest.mark.parametrize("name", ["resnet18", *(pytest.param(n, marks=pytest.mark.exhaustive) for n in CLASSIFIERS)])
def test_networks_by_hand_are_what_torch_makes_of_them(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    by_hand, by_torch, done = both_ways(network(name), (3, 107, 107), monkeypatch)
    assert said(by_hand) == said(by_torch)
    assert done == [True]
