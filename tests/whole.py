"""A signal sent down the mirror of a whole network, from its output to its input."""

from functools import cache

import torch
from torch import Tensor, nn

from deconvviz import DeconvNet
from deconvviz.mirror import DECONVNET, Method, Windows, descent, mirrored, place, record, walk


@cache
def captured(net: nn.Module) -> DeconvNet:
    """Capturing takes a second; the same network is tried many times."""
    return DeconvNet(net)


def mirror_whole(net: nn.Module, x: Tensor, signal: Tensor, method: Method = DECONVNET) -> Tensor:
    """Send a signal (N, …) at the network's output down to its input, by the engine."""
    table = captured(net).by(method.rule, method.unpool).layers_for(x.shape[1:])
    last = table.graph.calls[-1].name
    keepers = {c.name: rule.record for c, rule in mirrored(table, [last]).items() if rule.record}
    recording = record(table.graph, x, [last], keepers)
    size = table.map_size(last)
    windows = Windows.whole(len(x), size) if size else None
    down = descent(table, last, x.dtype, {})
    (arrived,) = walk(down, recording, signal, windows, torch.arange(len(x)), most=2**30)
    spatial = table.spatial["input"]
    below, at = arrived.values, arrived.windows
    return below if at is None else place(below, spatial, at, Windows.whole(len(x), table.map_size("input")))
