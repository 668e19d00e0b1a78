"""A network as it is asked for in words: name, weights, device, and how pictures become its input."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from torch import nn

from ..errors import UnknownModel
from ..images import Preprocess
from ..network import Model, load_model, pick_device
from .deconvnet import DeconvNet


@dataclass(frozen=True)
class NetworkFrom:
    """Where a network comes from.

    `model`, `weights` and `device` as of `load_model`, `precision`, `rule` and `unpool` as of `DeconvNet`;
    `preprocessing`: what is given of
    a `Preprocess` by its names ("size", "mean", …), in place of the network's own, or for one that has none; `asked`:
    whether somebody asked for this network; else an index is shown with the one that it was made with.
    """

    model: str
    weights: str = "DEFAULT"
    device: str = "auto"
    precision: str = "fp32"
    rule: str = "deconvnet"
    unpool: str = "switches"
    preprocessing: Mapping[str, Any] = field(default_factory=dict)
    asked: bool = True

    def load(self, known: Preprocess | None = None) -> DeconvNet:
        """The network; `known`: how pictures become its input, where that is known from elsewhere.

        Raises UnknownModel, also for a bare network without a preprocessing, and what else loading it raises.
        """
        there = pick_device(self.device)
        model = load_model(self.model, self.weights, device=there, preprocess=known)
        suited = replace(model, preprocess=self._preprocess(model))
        return DeconvNet(suited, precision=self.precision, rule=self.rule, unpool=self.unpool)

    def _preprocess(self, model: Model) -> Preprocess:
        if model.preprocess is not None:
            return replace(model.preprocess, **self.preprocessing)
        if "size" not in self.preprocessing:
            raise UnknownModel(
                f"{self.model}: gives a bare network, and pictures must become its input: add --size, --mean and --std "
                "as it was trained (--size 64 --mean 0.5,0.5,0.5 --std 0.25,0.25,0.25), or return deconvviz.Model(net, "
                "deconvviz.Preprocess(size, mean, std), 'name')"
            )
        return Preprocess(**self.preprocessing)


def of_another_network(dv: DeconvNet, net: nn.Module) -> DeconvNet:
    """What `dv` is, of another network of the same inputs and classes: its preprocessing, precision and way down."""
    model = replace(dv.model, net=net)
    how = {"rule": dv.method.rule, "unpool": dv.method.unpool}
    return DeconvNet(model, dv.preprocess, dv._input_shape, dv.precision, **how)
