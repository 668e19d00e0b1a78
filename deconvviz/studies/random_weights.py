"""A network like another, with other weights: what a picture is worth that needs no learning (Adebayo et al. 2018)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from itertools import chain, pairwise

import torch
from torch import Tensor, nn

from ..deconvnet import DeconvNet, of_another_network
from ..mirror import Layers
from ..network import Call, derived_from, weights_of


class Randomised:
    """A copy of a network whose weights can be taken away, some at a time, and put back; the network stays as it is.

    Filters become normal random numbers of their own standard deviation. What a layer has one of for each feature map
    (biases, scales, shifts and statistics of normalisations) changes places, all of a module in one order. Signals may
    become weaker or stronger for it.
    """

    def __init__(self, dv: DeconvNet, seed: int) -> None:
        self._net = deepcopy(dv.net)
        self.dv = of_another_network(dv, self._net)
        self._own = dict(_tensors(self._net))
        self._others = {name: _drawn(value, name, seed) for name, value in self._own.items()}

    @contextmanager
    def without(self, names: Sequence[str]) -> Iterator[DeconvNet]:
        """The network, these of its parameters and buffers at random."""
        kept = {name: self._own[name].detach().clone() for name in names}
        with torch.no_grad():
            for name in names:
                self._own[name].copy_(self._others[name])
        try:
            yield self.dv
        finally:
            with torch.no_grad():
                for name, value in kept.items():
                    self._own[name].copy_(value)


def _tensors(net: nn.Module) -> Iterator[tuple[str, Tensor]]:
    """Parameters and buffers by their names; one that has several by the first."""
    return chain(net.named_parameters(), net.named_buffers())


def _drawn(value: Tensor, name: str, seed: int) -> Tensor:
    """Random numbers for a parameter: the same for the same name and seed."""
    own = value.detach().cpu()
    if own.ndim == 0 or not own.is_floating_point():
        return value.detach().clone()
    if own.ndim == 1:
        dice = torch.Generator().manual_seed(hash_of(name.rpartition(".")[0], seed))
        return own[torch.randperm(len(own), generator=dice)].to(value)
    dice = torch.Generator().manual_seed(hash_of(name, seed))
    drawn = torch.randn(own.shape, generator=dice, dtype=torch.float64) * float(own.double().std(correction=0))
    return drawn.to(value)


def hash_of(name: str, seed: int) -> int:
    """A number for a text, the same in every process."""
    number = seed
    for letter in name.encode():
        number = (number * 257 + letter + 1) % (2**61 - 1)
    return number


def groups_below(table: Layers, layer: str, net: nn.Module, count: int) -> list[list[str]]:
    """The names of all weights on the way to a layer, from its own down to the pixels, in `count` groups or fewer."""
    names = {id(value): name for name, value in _tensors(net)}
    found: dict[str, list[str]] = {}  # by module, in the order in which signals meet them
    seen = set[str]()
    for call in reversed(table.graph.needed_for([table[layer].read_at])):
        for name in dict.fromkeys(names[key] for key in _weights(call) if key in names):
            if name not in seen:
                seen.add(name)
                found.setdefault(call.path, []).append(name)
    own, count = list(found.values()), min(count, len(found))
    edges = [len(own) * n // count for n in range(count + 1)] if count else []
    return [[name for some in own[start:end] for name in some] for start, end in pairwise(edges)]


def _weights(call: Call) -> list[int]:
    """The identities of the tensors that a call has from the network, or computes with: all of a module run whole."""
    if isinstance(call.operator, type):
        return [id(value) for _, value in _tensors(call.module)]
    return [id(value) for one in (call, *derived_from(call)) for value in weights_of(one)]
