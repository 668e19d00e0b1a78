"""A network and its tables of layers: captured for each shape of images that it is shown, the last few of them kept."""

from collections.abc import Sequence
from itertools import chain
from typing import Any

import torch
from torch import Tensor, nn
from torch._dynamo import OptimizedModule

from ..errors import UnsuitableInput
from ..images import Preprocess
from ..mirror import DECONVNET, Layers, Method, Recording, registered_modules, registered_operators, registrations
from ..network import Graph, between_captures, capture, capturing, state_of

WRAPPERS = {nn.DataParallel: "module", nn.parallel.DistributedDataParallel: "module", OptimizedModule: "_orig_mod"}
"""Modules that only run another one, and under which name; the last is what `torch.compile` makes."""

SIZES_KEPT = 16
"""How many input sizes the network is kept captured for."""


class Tables:
    """The tables of layers of a network `net`, whose modules are called as they are in `original`.

    `method`: how signals go down. Those of other methods share what was captured.
    """

    def __init__(self, net: nn.Module, original: nn.Module, method: Method = DECONVNET) -> None:
        self.net, self.original, self.method = net, original, method
        self._captured: dict[tuple[Any, ...], Layers] = {}
        self._graphs: dict[tuple[Any, ...], Graph] = {}

    def by(self, method: Method) -> "Tables":
        """The tables of the same network for another way down."""
        others = Tables(self.net, self.original, method)
        others._graphs = self._graphs
        return others

    def of(self, input_shape: Sequence[int]) -> Layers:
        """The table for images of this shape (C, H, W), captured anew once the network's state has changed."""
        with between_captures():
            sample = sample_of(self.net)
            key = (tuple(input_shape), sample.device, sample.dtype, registrations(), state_of(self.net))
            table = self._captured.get(key)
        return self._capture(key) if table is None else table

    def recorded(self, recording: Recording) -> Layers:
        """The table of a recording of this network, whatever has changed since. Raises UnsuitableInput."""
        graph = recording.graph
        if graph.net is not self.net:
            raise UnsuitableInput(f"this recording was made of another network ({type(graph.net).__name__})")
        table = next((table for table in list(self._captured.values()) if table.graph is graph), None)
        if table is None:  # of another `DeconvNet`, or from long ago
            with between_captures():
                table = Layers(self.original, graph, self.method)
            _keep(self._captured, (graph,), table)
        return table

    def recorded_for(self, recording: Recording) -> Layers:
        """The same, if it was recorded for this way down. Raises UnsuitableInput."""
        table = self.recorded(recording)
        if recording.method != self.method:
            raise UnsuitableInput(
                f"this recording was made for {recording.method}, and these projections are by {self.method}: "
                "record the images again"
            )
        return table

    def _capture(self, key: tuple[Any, ...]) -> Layers:
        """Capture the network for the key's shape; of threads whose first use is at once, one does it for all."""
        with capturing():
            if key not in self._graphs:
                _keep(self._graphs, key, capture(self.net, key[0], registered_modules(), registered_operators()))
            if key not in self._captured:
                _keep(self._captured, key, Layers(self.original, self._graphs[key], self.method))
            return self._captured[key]

    def __len__(self) -> int:
        return len(self._captured)


def _keep(kept: dict[tuple[Any, ...], Any], key: tuple[Any, ...], value: object) -> None:
    """Enter one, and drop the oldest if they are too many: pictures that all have sizes of their own."""
    if len(kept) >= SIZES_KEPT:
        kept.pop(next(iter(kept)))
    kept[key] = value


def no_shape(preprocess: Preprocess | None) -> UnsuitableInput:
    """Why there is no table of layers before any image is seen."""
    if preprocess is not None:
        return UnsuitableInput(
            "the layers depend on the input's size, and --size any, a Preprocess without a size, follows each "
            "picture: give a size here, or take layers_for((channels, height, width))"
        )
    return UnsuitableInput(
        "the layers of a bare module depend on its input: give DeconvNet(net, Preprocess(size, mean, std)) "
        "or input_shape=(channels, height, width)"
    )


def unwrapped(net: nn.Module) -> nn.Module:
    """The network itself, without what only runs it."""
    while inside := next((name for wrapper, name in WRAPPERS.items() if isinstance(net, wrapper)), None):
        net = getattr(net, inside)
    return net


def sample_of(net: nn.Module) -> Tensor:
    """A tensor of the network's own device and dtype."""
    own = (t for t in chain(net.parameters(), net.buffers()) if t.is_floating_point())  # the first will do
    return next(own, torch.zeros(0))
