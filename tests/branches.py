"""Many small parts in one network, captured once: side by side, each between filters of its own."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from networks import as_units, lively_units
from oracles import DeconvnetBackward, project_back, relative_error
from torch import Tensor, nn

from deconvviz import DeconvNet

Part = Callable[..., Tensor]


class Branches(nn.Module):
    """Each part is a function of four maps of its own, and of its weight if it has one."""

    def __init__(self, parts: Sequence[Part], weights: Sequence[Tensor | None] = (), filters: int = 3) -> None:
        super().__init__()
        self.parts = list(parts)
        self.modules_among_them = nn.ModuleList(part for part in parts if isinstance(part, nn.Module))
        self.filters = nn.ModuleList(nn.Conv2d(2, 4, filters) for _ in parts)
        self.heads = nn.ModuleList(nn.Conv2d(4, 2, 1) for _ in parts)
        for number, weight in enumerate(weights):
            self.register_parameter(f"weight{number}", None if weight is None else nn.Parameter(weight))

    def forward(self, x: Tensor) -> Tensor:
        out = []
        for number, (part, below, head) in enumerate(zip(self.parts, self.filters, self.heads, strict=True)):
            weight = getattr(self, f"weight{number}", None)
            out.append(head(part(below(x)) if weight is None else part(below(x), weight)))
        return torch.cat(out, 1)


def branches(parts: Sequence[Part], weights: Sequence[Tensor | None] = (), filters: int = 3) -> Branches:
    torch.manual_seed(18)
    return Branches(parts, weights, filters).double().eval()


def wrong(
    written: Mapping[str, Part], own: Sequence[Part], weights: Sequence[Tensor | None] = (), x: Tensor | None = None
) -> dict[str, Any]:
    """Which parts give other maps or projections than autograd on their own words for them: errors up and down."""
    net, oracle = branches(list(written.values()), weights), branches(own, weights)
    oracle.load_state_dict(net.state_dict(), strict=False)
    return differences(DeconvNet(net), oracle, list(written), x)


def differences(dv: DeconvNet, oracle: nn.Module, names: Sequence[str], x: Tensor | None = None) -> dict[str, Any]:
    if x is None:
        x = torch.randn(2, 2, 9, 8, dtype=torch.float64, generator=torch.Generator().manual_seed(5)) * 2
    inputs = x.clone().requires_grad_()
    with DeconvnetBackward():
        output = oracle(inputs)
    layers = [f"heads.{number}" for number in range(len(names))]
    recording = dv.record(x, layers)
    maps = torch.cat(list(recording.maps.values()), 1)
    width, found = maps.shape[3], {}
    assert len(names) * 2 == maps.shape[1]
    for number, name in enumerate(names):
        both = maps[1, 2 * number : 2 * number + 2].flatten(1)
        places = [(1, c, *divmod(int(both[c].argmax()), width)) for c in (0, 1)] + [(0, 0, 0, 0)]
        canvases = project_back(inputs, output, [(i, c + 2 * number, row, col) for i, c, row, col in places])
        projections = dv.project(recording, as_units(layers[number], places))
        downs = [relative_error(p.canvas(), canvas) for p, canvas in zip(projections, canvases, strict=True)]
        up = relative_error(maps[:, 2 * number : 2 * number + 2], output[:, 2 * number : 2 * number + 2].detach())
        if up > 1e-10 or max(downs) > 1e-10 or not any(canvas.norm() > 0 for canvas in canvases):
            found[name] = up, downs
    return found


def errors(
    net: nn.Module, oracle: nn.Module, layer: str = "head", size: tuple[int, int] = (17, 15)
) -> tuple[float, float]:
    """The largest relative errors up and down against autograd on a network of the same weights."""
    oracle.load_state_dict(net.state_dict(), strict=False)
    x = torch.randn(2, 2, *size, dtype=torch.float64, generator=torch.Generator().manual_seed(5)) * 2
    inputs = x.clone().requires_grad_()
    with DeconvnetBackward():
        output = oracle(inputs)
    dv = DeconvNet(net)
    recording = dv.record(x, [layer])
    (maps,) = recording.maps.values()
    places = lively_units(maps)
    expected = project_back(inputs, output, places)
    assert all(canvas.norm() > 0 for canvas in expected)
    found = dv.project(recording, as_units(layer, places, vector=maps.ndim == 2))
    down = max(relative_error(p.canvas(), canvas) for p, canvas in zip(found, expected, strict=True))
    return relative_error(maps, output.detach()), down
