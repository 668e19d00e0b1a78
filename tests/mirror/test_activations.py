"""Every activation that torch has: as a module, a function, a method, in place; answered, or refused and said so."""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from branches import branches, differences, errors
from oracles import rectified, relative_error
from torch import Tensor, nn

from deconvviz import DeconvNet
from deconvviz.errors import NoMirrorRule
from deconvviz.mirror.rules.activations import _hardtanh

Activation = Callable[[Tensor], Tensor]

MODULES: dict[str, nn.Module] = {
    "CELU": nn.CELU(0.7),
    "ELU": nn.ELU(0.7),
    "GELU": nn.GELU(),
    "Hardshrink": nn.Hardshrink(0.3),
    "Hardsigmoid": nn.Hardsigmoid(),
    "Hardswish": nn.Hardswish(),
    "Hardtanh": nn.Hardtanh(-0.6, 1.3),
    "LeakyReLU": nn.LeakyReLU(0.2),
    "LogSigmoid": nn.LogSigmoid(),
    "Mish": nn.Mish(),
    "PReLU": nn.PReLU(4),
    "RReLU": nn.RReLU(0.1, 0.4),
    "ReLU": nn.ReLU(),
    "ReLU6": nn.ReLU6(),
    "SELU": nn.SELU(),
    "SiLU": nn.SiLU(),
    "Sigmoid": nn.Sigmoid(),
    "Softplus": nn.Softplus(2.0, 5.0),
    "Softshrink": nn.Softshrink(0.3),
    "Softsign": nn.Softsign(),
    "Tanh": nn.Tanh(),
    "Tanhshrink": nn.Tanhshrink(),
    "Threshold": nn.Threshold(0.1, 0.05),
}
"""One number in, one out: rectified."""

WEIGHTS = torch.tensor([0.1, 0.25, 0.4, 0.0], dtype=torch.float64)

SPELLED: dict[str, list[Activation]] = {
    "CELU": [lambda x: F.celu(x, 0.7), lambda x: torch.celu(x, 0.7), lambda x: torch.celu_(x, 0.7)],
    "ELU": [lambda x: F.elu(x, 0.7), lambda x: F.elu_(x, 0.7), lambda x: F.elu(x, 0.7, inplace=True)],
    "GELU": [F.gelu],
    "Hardshrink": [lambda x: F.hardshrink(x, 0.3), lambda x: x.hardshrink(0.3)],
    "Hardsigmoid": [F.hardsigmoid, lambda x: F.hardsigmoid(x, inplace=True)],
    "Hardswish": [F.hardswish, lambda x: F.hardswish(x, inplace=True)],
    "Hardtanh": [lambda x: F.hardtanh(x, -0.6, 1.3), lambda x: F.hardtanh_(x, -0.6, 1.3)],
    "LeakyReLU": [lambda x: F.leaky_relu(x, 0.2), lambda x: F.leaky_relu_(x, 0.2)],
    "LogSigmoid": [F.logsigmoid],
    "Mish": [F.mish, lambda x: F.mish(x, inplace=True)],
    "PReLU": [lambda x: F.prelu(x, WEIGHTS), lambda x: torch.prelu(x, WEIGHTS), lambda x: x.prelu(WEIGHTS)],
    "RReLU": [lambda x: F.rrelu(x, 0.1, 0.4), lambda x: torch.rrelu(x, 0.1, 0.4), lambda x: F.rrelu_(x, 0.1, 0.4)],
    "ReLU": [F.relu, torch.relu, Tensor.relu, Tensor.relu_, torch.relu_, lambda x: F.relu(x, inplace=True)],
    "ReLU6": [F.relu6, lambda x: F.relu6(x, inplace=True), lambda x: x.clamp_(0, 6), lambda x: x.clip_(0, 6)],
    "SELU": [F.selu, torch.selu, torch.selu_, lambda x: F.selu(x, inplace=True)],
    "SiLU": [F.silu, lambda x: F.silu(x, inplace=True)],
    "Sigmoid": [torch.sigmoid, Tensor.sigmoid, Tensor.sigmoid_, torch.special.expit, F.sigmoid],
    "Softplus": [lambda x: F.softplus(x, 2.0, 5.0)],
    "Softshrink": [lambda x: F.softshrink(x, 0.3)],
    "Softsign": [F.softsign],
    "Tanh": [torch.tanh, Tensor.tanh, Tensor.tanh_, F.tanh],
    "Tanhshrink": [F.tanhshrink],
    "Threshold": [lambda x: F.threshold(x, 0.1, 0.05), lambda x: F.threshold_(x, 0.1, 0.05)],
}
"""As functions and methods, in place and not."""

AT_THE_OUTPUT = {
    "LogSoftmax": nn.LogSoftmax(1),
    "Softmax": nn.Softmax(1),
    "Softmax2d": nn.Softmax2d(),
    "Softmin": nn.Softmin(1),
}
GATED = {"GLU": nn.GLU(1)}
REFUSED = {"MultiheadAttention"}


@pytest.mark.quick
def test_each_of_torchs_is_decided() -> None:
    """A later torch may have one that is not. What is not answered everywhere stands in the README."""
    decided = {*MODULES, *AT_THE_OUTPUT, *GATED, *REFUSED}
    assert set(nn.modules.activation.__all__) <= decided
    assert set(SPELLED) == set(MODULES)
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    for name in (*AT_THE_OUTPUT, *REFUSED):
        assert f"`{name}`" in readme


class Between(nn.Module):
    """Each activation between two filters; what is in place overwrites the filter's own output."""

    def __init__(self, activations: list[Activation]) -> None:
        super().__init__()
        self.activations = activations
        self.filters = nn.ModuleList(nn.Conv2d(2 if n == 0 else 4, 4, 3, padding=1) for n in range(len(activations)))
        self.head = nn.Conv2d(4, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        for below, activation in zip(self.filters, self.activations, strict=True):
            x = activation(below(x))
        return self.head(x)


def projected(net: nn.Module, oracle: nn.Module) -> None:
    """That both give the same maps and projections, with the same weights."""
    assert max(errors(net, oracle, size=(9, 8))) <= 1e-12


def made(activations: list[Activation]) -> nn.Module:
    torch.manual_seed(18)
    net = Between(activations)
    for number, activation in enumerate(activations):
        if isinstance(activation, nn.Module):
            net.add_module(f"activation{number}", activation)
    return net.double().eval()


@pytest.mark.parametrize("quarter", range(4))
def test_rectified_however_it_is_called(quarter: int) -> None:
    parts = dict[str, Activation]()
    for name in list(MODULES)[quarter::4]:
        module = MODULES[name].double().eval()
        if name == "PReLU":
            module.weight.data.copy_(WEIGHTS)
        parts |= {name: module} | {f"{name} {n}": spelled for n, spelled in enumerate(SPELLED[name])}
        if hasattr(module, "inplace"):
            parts[f"{name}, in place"] = deepcopy(module)
            parts[f"{name}, in place"].inplace = True
    net, oracle = (
        branches(list(parts.values())),
        branches([rectified(lambda x, f=f: f(x.clone())) for f in parts.values()]),
    )
    oracle.load_state_dict(net.state_dict(), strict=False)
    dv = DeconvNet(net)
    assert differences(dv, oracle, list(parts)) == {}
    layers = dv.layers_for((2, 9, 8))
    assert all(layers[layers[f"filters.{n}"].read_at].mirror == "rectify" for n in range(len(parts)))


def halves(x: Tensor) -> Tensor:
    a, b = x.chunk(2, 1)
    return a * b.detach().sigmoid()


def test_the_second_half_of_a_gated_linear_unit_is_a_gate() -> None:
    glu = [GATED["GLU"], lambda x: F.glu(x, 1), lambda x: nn.GLU(-2)(x)]
    projected(made([lambda x, f=f: f(torch.cat([x, 2 * x], 1)) for f in glu[:2]]),
              made([lambda x: halves(torch.cat([x, 2 * x], 1))] * 2))  # fmt: skip
    rows = made([lambda x: nn.GLU(2)(torch.cat([x, 2 * x], 2))])
    projected(rows, made([lambda x: x * (2 * x).detach().sigmoid()]))


@pytest.mark.parametrize("name", AT_THE_OUTPUT)
def test_what_mixes_maps_is_answered_at_the_output_alone(name: str) -> None:
    """There the signal, which is the value, is that of the logit; of Softmin it has its sign changed."""
    module = AT_THE_OUTPUT[name]
    filters = nn.Conv2d(2, 3, 3).double()
    x = torch.randn(1, 2, 7, 7, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    (projection,) = DeconvNet(nn.Sequential(filters, module)).project(x, ["1:2@3,1"])
    value = module(filters(x))[0, 2, 3, 1].detach() * (-1 if name == "Softmin" else 1)
    assert relative_error(projection.pixels, value * filters.weight[2].detach()) <= 1e-12
    with pytest.raises(NoMirrorRule, match="inside the network"):
        DeconvNet(nn.Sequential(filters, module, nn.Conv2d(3, 2, 1).double())).project(x, ["2:0@3,1"])


def test_rrelu_that_is_random_is_refused() -> None:
    net = made([lambda x: F.rrelu(x, training=True)])
    with pytest.raises(NoMirrorRule, match="random"):
        DeconvNet(net).project(torch.randn(1, 2, 9, 8), ["head:0@3,3"])


def test_a_clip_is_known_whatever_it_is_multiplied_by() -> None:
    values = torch.linspace(-8, 8, 161, dtype=torch.float64)[:, None]
    for factor, low, high in ((3.0, -2.0, 5.0), (0.25, -1.0, 1.0), (-2.0, -3.0, 4.0)):
        scale, fit = _hardtanh(values, factor * values.clamp(low, high))
        assert scale.item() == pytest.approx(factor)
        assert (fit - values.clamp(low, high)).abs().max() < 1e-12
