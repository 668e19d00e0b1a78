"""A network and its tables of layers: captured for each shape of images that it is shown, the last few of them kept."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn
from torch._dynamo import OptimizedModule

from ..errors import UnsuitableInput
from ..mirror import Layers, registered_modules, registered_operators, registrations
from ..network import Graph, between_captures, capture, capturing, state_of

WRAPPERS = {nn.DataParallel: "module", nn.parallel.DistributedDataParallel: "module", OptimizedModule: "_orig_mod"}
"""Modules that only run another one, and under which name; the last is what `torch.compile` makes."""

SIZES_KEPT = 16
"""How many input sizes the network is kept captured for."""


class Tables:
    """The tables of layers of a network `net`, whose modules are called as they are in `original`."""

    def __init__(self, net: nn.Module, original: nn.Module) -> None:
        self.net, self.original = net, original
        self._captured: dict[tuple[Any, ...], Layers] = {}

    def of(self, input_shape: Sequence[int]) -> Layers:
        """The table for images of this shape (C, H, W), captured anew once the network's state has changed."""
        with between_captures():
            sample = sample_of(self.net)
            key = (tuple(input_shape), sample.device, sample.dtype, registrations(), state_of(self.net))
            table = self._captured.get(key)
        return self._capture(key) if table is None else table

    def recorded(self, graph: Graph) -> Layers:
        """The table of a recording of this network, whatever has changed since. Raises UnsuitableInput."""
        if graph.net is not self.net:
            raise UnsuitableInput(f"this recording was made of another network ({type(graph.net).__name__})")
        table = next((table for table in list(self._captured.values()) if table.graph is graph), None)
        if table is None:  # of another `DeconvNet`, or from long ago
            with between_captures():
                table = Layers(self.original, graph)
            self._keep((graph,), table)
        return table

    def _capture(self, key: tuple[Any, ...]) -> Layers:
        """Capture the network for the key's shape; of threads whose first use is at once, one does it for all."""
        with capturing():
            if key not in self._captured:
                graph = capture(self.net, key[0], registered_modules(), registered_operators())
                self._keep(key, Layers(self.original, graph))
            return self._captured[key]

    def _keep(self, key: tuple[Any, ...], table: Layers) -> None:
        if len(self._captured) >= SIZES_KEPT:  # pictures that all have sizes of their own
            self._captured.pop(next(iter(self._captured)))
        self._captured[key] = table

    def __len__(self) -> int:
        return len(self._captured)


def unwrapped(net: nn.Module) -> nn.Module:
    """The network itself, without what only runs it."""
    while inside := next((name for wrapper, name in WRAPPERS.items() if isinstance(net, wrapper)), None):
        net = getattr(net, inside)
    return net


def sample_of(net: nn.Module) -> Tensor:
    """A tensor of the network's own device and dtype."""
    own = (t for t in chain(net.parameters(), net.buffers()) if t.is_floating_point())  # the first will do
    return next(own, torch.zeros(0))
