"""Programs made functional by hand, against torch's own decomposition: the same calls under the same names."""

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


def said(graph: Graph) -> list[Any]:
    """All that a graph says of its calls that compute tensors, and of itself."""
    return [*map(_said, (call for call in graph.calls if call.shape)), graph.names, graph.outputs, graph.keys]


def _said(call: Call) -> tuple[Any, ...]:
    def leaf(value: Any) -> Any:
        if isinstance(value, Weight):
            return type(value.owner), value.attribute
        return value.name if isinstance(value, Read) else value

    taken = [str(map_aggregate(tree, leaf)) for tree in (call.arguments, call.positional, call.keywords)]
    shapes = (call.shape, call.input_shapes, call.batched, call.returned)
    return (call.name, call.operator, taken, call.reads, call.inputs, shapes, call.pick, call.path, call.source)


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
        parts += [torch.stack(x.unbind(1)[:2], 1), torch.split(x, 3, 1)[1]]
        return {"out": self.head(F.adaptive_avg_pool2d(x, 1)), "maps": torch.relu(x), "parts": parts}


@pytest.mark.quick
def test_by_hand_is_what_torch_does(monkeypatch: pytest.MonkeyPatch) -> None:
    net = Plain().eval()
    sizes = ({0: torch.export.Dim.DYNAMIC},)
    program = torch.export.export(net, (torch.zeros(2, 3, 16, 16),), dynamic_shapes=sizes, strict=False)
    functional.out_of_place(program.graph)
    present = {node.target for node in program.graph.nodes}
    assert functional._STAYS | functional._WAYS.keys() <= present | {torch.ops.aten.dropout_.default}
    by_hand, by_torch, done = both_ways(net, (3, 16, 16), monkeypatch)
    assert done == [True]
    assert said(by_hand) == said(by_torch)


@pytest.mark.quick
@pytest.mark.parametrize(
    "layer",
    [
        nn.BatchNorm2d(3, track_running_stats=False),
        nn.Flatten(2),
        nn.Flatten(0, 1),
        nn.Sequential(nn.Identity(), nn.ReLU(True)),
        nn.ChannelShuffle(3),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_anything_else_is_left_to_torch(layer: nn.Module, monkeypatch: pytest.MonkeyPatch) -> None:
    by_hand, by_torch, done = both_ways(nn.Sequential(layer, nn.Hardtanh()), (3, 6, 6), monkeypatch)
    assert done[0] is False
    assert said(by_hand) == said(by_torch)


@pytest.mark.parametrize("name", ["resnet18", *(pytest.param(n, marks=pytest.mark.exhaustive) for n in CLASSIFIERS)])
def test_networks_by_hand_are_what_torch_makes_of_them(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    by_hand, by_torch, done = both_ways(network(name), (3, 107, 107), monkeypatch)
    assert said(by_hand) == said(by_torch)
    assert done == [not name.startswith("shufflenet")]
