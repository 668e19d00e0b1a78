"""A network like another, with other weights: what a picture is worth that needs no learning (Adebayo et al. 2018)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace
from itertools import pairwise

import torch
from torch import Tensor, nn

from ..deconvnet import DeconvNet
from ..mirror import Layers


class Randomised:
    """A copy of a network whose weights can be taken away, some at a time, and put back; the network stays as it is.

    Filters become normal random numbers of their own standard deviation; biases, and scales and shifts of
    normalisations, change places among themselves. So what is lost is what was learned, not the range of signals.
    """

    def __init__(self, dv: DeconvNet, seed: int) -> None:
        self._net = deepcopy(dv.net)
        model = replace(dv.model, net=self._net)
        self.dv = DeconvNet(model, dv.preprocess, dv._input_shape, dv.precision, **_method(dv))
        self._others = {name: _drawn(value, name, seed) for name, value in self._net.named_parameters()}

    @contextmanager
    def without(self, modules: Sequence[str]) -> Iterator[DeconvNet]:
        """The network, the parameters of these modules at random."""
        own = {
            name: value
            for module in modules
            for name, value in self._net.get_submodule(module).named_parameters(module, recurse=False)
        }
        kept = {name: value.detach().clone() for name, value in own.items()}
        with torch.no_grad():
            for name, value in own.items():
                value.copy_(self._others[name])
        try:
            yield self.dv
        finally:
            with torch.no_grad():
                for name, value in own.items():
                    value.copy_(kept[name])


def _method(dv: DeconvNet) -> dict[str, str]:
    return {"rule": dv.method.rule, "unpool": dv.method.unpool}


def _drawn(value: Tensor, name: str, seed: int) -> Tensor:
    """Random numbers for a parameter: the same for the same name and seed."""
    dice = torch.Generator().manual_seed(hash_of(name, seed))
    own = value.detach().cpu()
    if own.ndim > 1:
        drawn = torch.randn(own.shape, generator=dice, dtype=torch.float64) * float(own.double().std(correction=0))
    else:
        drawn = own.double()[torch.randperm(len(own), generator=dice)] if own.ndim else own.double()
    return drawn.to(value)


def hash_of(name: str, seed: int) -> int:
    """A number for a text, the same in every process."""
    number = seed
    for letter in name.encode():
        number = (number * 257 + letter + 1) % (2**61 - 1)
    return number


def groups_below(table: Layers, layer: str, net: nn.Module, count: int) -> list[list[str]]:
    """The modules with parameters on the way to a layer, from its own down to the pixels, in `count` groups."""
    modules = dict(net.named_modules())
    paths: list[str] = []
    for call in reversed(table.graph.needed_for([table[layer].read_at])):
        own = call.path in modules and any(True for _ in modules[call.path].parameters(recurse=False))
        if own and call.path not in paths:
            paths.append(call.path)
    count = min(count, len(paths))
    edges = [len(paths) * n // count for n in range(count + 1)] if count else []
    return [paths[start:end] for start, end in pairwise(edges)]
