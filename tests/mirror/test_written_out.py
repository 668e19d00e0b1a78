"""Activations written out over several operators: the same projections as of torch's own; or gates; or refused."""

import math
import random
from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from branches import branches, errors, wrong
from networks import as_units
from oracles import project_back, rectified, relative_error
from torch import Tensor, nn

from deconvviz import DeconvNet
from deconvviz.errors import NoMirrorRule
from deconvviz.mirror.layers import Layers
from deconvviz.mirror.rules.patterns import WrittenOut

Activation = Callable[[Tensor], Tensor]
ROOT2, PI2 = math.sqrt(2), math.sqrt(2 / math.pi)


def overwritten(x: Tensor) -> Tensor:
    x[x < 0] = 0
    return x


def half_by_half(x: Tensor) -> Tensor:
    return torch.where(x < -3, torch.zeros_like(x), torch.where(x > 3, x, x * (x + 3) / 6))


def swish_in_place(x: Tensor) -> Tensor:
    return x.mul_(x.sigmoid())


SPELLINGS: dict[str, tuple[Activation, Activation]] = {
    "x * relu6(x + 3) / 6": (lambda x: x * F.relu6(x + 3) / 6, F.hardswish),
    "x * (relu6(x + 3) / 6)": (lambda x: x * (F.relu6(x + 3) / 6), F.hardswish),
    "relu6(x + 3) * x / 6": (lambda x: F.relu6(x + 3) * x / 6, F.hardswish),
    "x / 6 * relu6(x + 3)": (lambda x: x / 6 * F.relu6(x + 3), F.hardswish),
    "x * relu6(x + 3) * (1 / 6)": (lambda x: x * F.relu6(x + 3) * (1 / 6), F.hardswish),
    "relu6(3 + x) * 2 * x / 12": (lambda x: F.relu6(3 + x) * 2 * x / 12, F.hardswish),
    "x * relu6(x + 3) * 2 / 12": (lambda x: x * F.relu6(x + 3) * 2 / 12, F.hardswish),
    "x * hardtanh(x + 3, 0, 6) / 6": (lambda x: x * F.hardtanh(x + 3, 0.0, 6.0) / 6, F.hardswish),
    "x * (x + 3).clamp(0, 6) / 6": (lambda x: x * (x + 3).clamp(0, 6) / 6, F.hardswish),
    "x * clip(x / 6 + 0.5, 0, 1)": (lambda x: x * torch.clip(x / 6 + 0.5, 0, 1), F.hardswish),
    "x * hardsigmoid(x)": (lambda x: x * F.hardsigmoid(x), F.hardswish),
    "-(-x) * relu6(x + 3) / 6": (lambda x: -(-x * F.relu6(x + 3) / 6), F.hardswish),
    "hardswish by cases": (half_by_half, F.hardswish),
    "x.mul(relu6(x + 3)).div_(6)": (lambda x: x.mul(F.relu6(x + 3)).div_(6), F.hardswish),
    "x * sigmoid(x)": (lambda x: x * torch.sigmoid(x), F.silu),
    "sigmoid(x) * x": (lambda x: torch.sigmoid(x) * x, F.silu),
    "x.mul_(sigmoid(x))": (swish_in_place, F.silu),
    "x / (1 + exp(-x))": (lambda x: x / (1 + torch.exp(-x)), F.silu),
    "x * (1 / (1 + exp(-x)))": (lambda x: x * (1 / (1 + torch.exp(-x))), F.silu),
    "x * exp(x) / (1 + exp(x))": (lambda x: x * torch.exp(x) / (1 + torch.exp(x)), F.silu),
    "x * (tanh(x / 2) + 1) / 2": (lambda x: x * (torch.tanh(x / 2) + 1) / 2, F.silu),
    "x * expit(x)": (lambda x: x * torch.special.expit(x), F.silu),
    "x - x * sigmoid(-x)": (lambda x: x - x * torch.sigmoid(-x), F.silu),
    "x * sigmoid(1.702 * x)": (lambda x: x * torch.sigmoid(1.702 * x), lambda x: x * torch.sigmoid(1.702 * x)),
    "sigmoid(x * 1.702).mul(x)": (lambda x: (x * 1.702).sigmoid().mul(x), lambda x: x * torch.sigmoid(1.702 * x)),
    "x / (1 + exp(-1.702 * x))": (lambda x: x / (1 + (-1.702 * x).exp()), lambda x: x * torch.sigmoid(1.702 * x)),
    "0.5 * x * (1 + erf(x / √2))": (lambda x: 0.5 * x * (1 + torch.erf(x / ROOT2)), F.gelu),
    "x * 0.5 * (1 + erf(x / √2))": (lambda x: x * 0.5 * (1 + torch.erf(x / ROOT2)), F.gelu),
    "x * (0.5 * (1 + erf(x / √2)))": (lambda x: x * (0.5 * (1 + torch.erf(x / ROOT2))), F.gelu),
    "0.5 * (x * (1 + erf(x / √2)))": (lambda x: 0.5 * (x * (1 + torch.erf(x / ROOT2))), F.gelu),
    "(1 + erf(x / √2)) * x / 2": (lambda x: (1 + torch.erf(x / ROOT2)) * x / 2, F.gelu),
    "0.5 * x + 0.5 * x * erf(x / √2)": (lambda x: 0.5 * x + 0.5 * x * torch.erf(x / ROOT2), F.gelu),
    "0.5 * x * erfc(-x / √2)": (lambda x: 0.5 * x * torch.erfc(-x / ROOT2), F.gelu),
    "x * ndtr(x)": (lambda x: x * torch.special.ndtr(x), F.gelu),
    "GELU by tanh": (
        lambda x: 0.5 * x * (1 + torch.tanh(PI2 * (x + 0.044715 * x**3))),
        lambda x: F.gelu(x, approximate="tanh"),
    ),
    "GELU by tanh, of other powers": (
        lambda x: x * (torch.tanh(x * PI2 * (1 + 0.044715 * x * x)) + 1) / 2,
        lambda x: F.gelu(x, approximate="tanh"),
    ),
    "x * tanh(softplus(x))": (lambda x: x * torch.tanh(F.softplus(x)), F.mish),
    "tanh(softplus(x)) * x": (lambda x: F.softplus(x).tanh() * x, F.mish),
    "x * tanh(log(1 + exp(x)))": (lambda x: x * torch.tanh(torch.log(1 + torch.exp(x))), F.mish),
    "x * tanh(log1p(exp(x)))": (lambda x: x * torch.exp(x).log1p().tanh(), F.mish),
    "hard Mish": (
        lambda x: 0.5 * x * (x + 2).clamp(min=0, max=2),
        lambda x: torch.where(x > 0, x, 0.5 * x * F.relu(x + 2)),
    ),
    "maximum(x, 0)": (lambda x: torch.maximum(x, torch.tensor(0.0)), F.relu),
    "max(x, zeros_like(x))": (lambda x: torch.max(torch.zeros_like(x), x), F.relu),
    "fmax(x, zeros)": (lambda x: torch.fmax(x, torch.zeros(1)), F.relu),
    "where(x > 0, x, 0)": (lambda x: torch.where(x > 0, x, 0.0), F.relu),
    "where(x < 0, zeros, x)": (lambda x: torch.where(x < 0, torch.zeros_like(x), x), F.relu),
    "where(x >= 0, x, zeros(shape))": (lambda x: torch.where(x >= 0, x, torch.zeros(x.shape)), F.relu),
    "x * (x > 0)": (lambda x: x * (x > 0), F.relu),
    "2 * (x > 0) * (x / 2)": (lambda x: 2.0 * (x > 0) * (x / 2), F.relu),
    "(x > 0).float() * x": (lambda x: (x > 0).float() * x, F.relu),
    "x[x < 0] = 0": (overwritten, F.relu),
    "x.masked_fill(x < 0, 0)": (lambda x: x.masked_fill(x < 0, 0), F.relu),
    "(x + |x|) / 2": (lambda x: (x + x.abs()) / 2, F.relu),
    "x * (sign(x) + 1) / 2": (lambda x: x * (torch.sign(x) + 1) / 2, F.relu),
    "-x.clamp(max=0) of -x": (lambda x: -((-x).clamp(max=0)), F.relu),
    "-minimum(-x, 0)": (lambda x: -torch.minimum(-x, torch.tensor(0.0)), F.relu),
    "x.clip(0)": (lambda x: x.clip(0), F.relu),
    "clamp(x, min=tensor)": (lambda x: torch.clamp(x, min=torch.zeros(1)), F.relu),
    "clip(x, 0, 6)": (lambda x: torch.clip(x, 0, 6), F.relu6),
    "minimum(maximum(x, 0), 6)": (
        lambda x: torch.minimum(torch.maximum(x, torch.tensor(0.0)), torch.tensor(6.0)),
        F.relu6,
    ),
    "clamp(x, -1, 1)": (lambda x: x.clamp(-1, 1), F.hardtanh),
    "where(x > 0, x, 0.1 * x)": (lambda x: torch.where(x > 0, x, 0.1 * x), lambda x: F.leaky_relu(x, 0.1)),
    "maximum(x, 0.1 * x)": (lambda x: torch.maximum(x, 0.1 * x), lambda x: F.leaky_relu(x, 0.1)),
    "where(x > 0, x, exp(x) - 1)": (lambda x: torch.where(x > 0, x, torch.exp(x) - 1), F.elu),
    "where(x > 0, x, 0.7 * expm1(x))": (lambda x: torch.where(x > 0, x, 0.7 * x.expm1()), lambda x: F.elu(x, 0.7)),
    "log(1 + exp(x))": (lambda x: torch.log(1 + torch.exp(x)), F.softplus),
    "logaddexp(x, 0)": (lambda x: torch.logaddexp(x, torch.zeros(1)), F.softplus),
    "log(1 + exp(2 * x)) / 2": (lambda x: torch.log(1 + torch.exp(2 * x)) / 2, lambda x: F.softplus(x, 2.0)),
    "-log(1 + exp(-x))": (lambda x: -torch.log(1 + torch.exp(-x)), F.logsigmoid),
    "x / (1 + |x|)": (lambda x: x / (1 + x.abs()), F.softsign),
    "(e^x - e^-x) / (e^x + e^-x)": (
        lambda x: (torch.exp(x) - torch.exp(-x)) / (torch.exp(x) + torch.exp(-x)),
        torch.tanh,
    ),
    "1 / (1 + exp(-x))": (lambda x: 1 / (1 + torch.exp(-x)), torch.sigmoid),
    "where(|x| > 0.5, x, 0)": (lambda x: torch.where(x.abs() > 0.5, x, 0.0), F.hardshrink),
    "sign(x) * relu(|x| - 0.5)": (lambda x: torch.sign(x) * F.relu(x.abs() - 0.5), F.softshrink),
    "x * (x > 0.3)": (lambda x: x * (x > 0.3), lambda x: F.threshold(x, 0.3, 0.0)),
}
"""Written out, and torch's own (or its values, where torch has none)."""

QUICK = ["x * relu6(x + 3) / 6", "0.5 * x * (1 + erf(x / √2))", "x / (1 + exp(-x))", "x[x < 0] = 0"]
PLACES = 6


class Blocks(nn.Module):
    """Activations after a normalisation, in a residual block, several deep, scaled, and turned round: six places."""

    def __init__(self, *activations: Activation) -> None:
        super().__init__()
        self.activations = activations * PLACES
        self.stem, self.norm = nn.Conv2d(2, 4, 3), nn.BatchNorm2d(4)
        self.one, self.two, self.three = (nn.Conv2d(4, 4, 3, padding=1) for _ in range(3))
        self.head = nn.Conv2d(4, 3, 3)

    def forward(self, x: Tensor) -> Tensor:
        stem, inner, first, then, scaled, turned = self.activations[:PLACES]
        x = stem(self.norm(self.stem(x)))
        x = x + self.two(inner(self.one(x)))
        x = F.max_pool2d(then(first(x * 1.5)), 2)
        return self.head(-2.5 * scaled(self.three(x)) + turned(-x))


def seeded(make: Callable[[], nn.Module]) -> nn.Module:
    torch.manual_seed(18)
    net = make().double().eval()
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_var.uniform_(0.5, 2)
            module.weight.data.uniform_(1, 3)
    return net


@pytest.mark.parametrize("name", QUICK)
def test_written_out_it_projects_as_torchs_own(name: str) -> None:
    written, own = SPELLINGS[name]
    up, down = errors(seeded(lambda: Blocks(written)), seeded(lambda: Blocks(rectified(own))))
    assert up <= 1e-10
    assert down <= 1e-10


ELSEWHERE: list[Callable[[Activation], Activation]] = [
    lambda f: lambda x: x + f(1.5 * x),
    lambda f: lambda x: f(f(x)),
    lambda f: lambda x: -2.5 * f(x),
    lambda f: lambda x: f(-x),
]
"""Under a skip, of itself, scaled, and turned round; each spelling is in one, those of one activation in all."""


@pytest.mark.parametrize("quarter", range(4))
def test_written_out_side_by_side(quarter: int) -> None:
    some = [(name, *SPELLINGS[name], ELSEWHERE[n % 4]) for n, name in enumerate(SPELLINGS)][quarter * 20 :][:20]
    written = {name: put(spelled) for name, spelled, _, put in some}
    assert written
    found = wrong(written, [put(rectified(own)) for _, _, own, put in some])
    assert not found, found


def test_every_spelling_is_in_a_quarter() -> None:
    assert 60 < len(SPELLINGS) <= 80


class Learned(nn.Module):
    """Activations with weights of their own."""

    def __init__(self, activation: Callable[[Tensor, Tensor], Tensor], weight: Tensor) -> None:
        super().__init__()
        self.activation, self.weight = activation, nn.Parameter(weight)
        self.below, self.head = nn.Conv2d(2, 4, 3), nn.Conv2d(4, 3, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.activation(self.below(x), self.weight))


def swish(x: Tensor, beta: Tensor) -> Tensor:
    return x * torch.sigmoid(beta * x)


def by_sign(x: Tensor, beta: Tensor) -> Tensor:
    """Of a negative β it is an activation of −x, with its sign changed."""
    turned = 1 - 2 * (beta < 0).double()
    return turned * rectified(lambda y: y * torch.sigmoid(beta.abs() * y))(turned * x)


def rectified_sum(x: Tensor, weight: Tensor) -> Tensor:
    return rectified(lambda y: F.prelu(y, weight.flatten()))(x)


def _mish(x: Tensor, beta: Tensor) -> Tensor:
    return x * torch.tanh(F.softplus(beta * x))


BETAS = torch.tensor([0.5, 1.0, 1.702, 30.0]).view(4, 1, 1)
SOME = torch.tensor([0.0, 0.3, 1.0, -1.0]).view(4, 1, 1)
FIRST_TWO, ONE = torch.tensor([1.0, 1, 0, 0]).view(4, 1, 1), torch.ones(1)
LEARNED: dict[str, tuple[Any, Any, Tensor]] = {
    "one β": (swish, by_sign, torch.tensor(1.3)),
    "β for each map": (swish, by_sign, BETAS),
    "β of both signs": (swish, by_sign, BETAS * torch.tensor([1, -1, 1, -1]).view(4, 1, 1)),
    "β of which one is 0": (swish, by_sign, BETAS * torch.tensor([1, 0, 1, 1]).view(4, 1, 1)),
    "β that is 0": (swish, by_sign, torch.zeros(1)),
    "β for each position": (swish, by_sign, torch.linspace(0.1, 3, 4 * 7 * 6).view(4, 7, 6)),
    "PReLU by where": (lambda x, w: torch.where(x > 0, x, w * x), rectified_sum, BETAS / 9),
    "PReLU of weight 1": (lambda x, w: torch.where(x > 0, x, w * x), rectified_sum, torch.ones(1)),
    "PReLU by where, some 0, 1, −1": (lambda x, w: torch.where(x > 0, x, w * x), rectified_sum, SOME),
    "PReLU in Keras' words": (lambda x, w: F.relu(x) - w * F.relu(-x), rectified_sum, SOME),
    "PReLU in Keras' words, as it begins": (lambda x, w: F.relu(x) - w * F.relu(-x), rectified_sum, torch.zeros(1)),
    "PReLU of differences": (lambda x, w: F.relu(x) + w * (x - F.relu(x)), rectified_sum, SOME),
    "Mish of some 0": (_mish, lambda x, w: rectified(lambda y: _mish(y, w))(x), BETAS * FIRST_TWO),
    "SiLU times some 0": (
        lambda x, w: w * x * torch.sigmoid(x),
        lambda x, w: w * rectified(F.silu)(x),
        BETAS * FIRST_TWO,
    ),
    "a skip over ReLU times": (lambda x, w: x + w * F.relu(x), lambda x, w: x + w * rectified(F.relu)(x), SOME),
    "a skip over tanh times 1": (lambda x, w: x - w * x.tanh(), lambda x, w: x - w * rectified(torch.tanh)(x), ONE),
    "ReLUs of two weights": (
        lambda x, w: w * F.relu(x) - w * F.relu(-x),
        lambda x, w: w * rectified(F.relu)(x) - w * rectified(F.relu)(-x),
        ONE,
    ),
    "PReLU of |x|": (lambda x, w: F.relu(x) + w * (x - x.abs()) * 0.5, rectified_sum, BETAS / 9 - 0.1),
}


def test_activations_with_weights() -> None:
    written = {name: spelled for name, (spelled, _, _) in LEARNED.items()}
    found = wrong(written, [own for _, own, _ in LEARNED.values()], [w.clone() for _, _, w in LEARNED.values()])
    assert not found, found


NOT_OF_ANY_WEIGHT: dict[str, tuple[Any, str]] = {
    "x * (1 + w * x)": (lambda x, w: x * (1 + w * x), "function of its own values"),
    "x * tanh(w * x)": (lambda x, w: x * torch.tanh(w * x), "function of its own values"),
    "exp(w * x)": (lambda x, w: torch.exp(w * x), "exp"),
    "x * exp(w * x)": (lambda x, w: x * torch.exp(w * x), "function of its own values"),
    "x * sigmoid(w * x + 2)": (lambda x, w: x * torch.sigmoid(w * x + 2), "function of its own values"),
    "x * sigmoid(w * (x + 1))": (lambda x, w: x * torch.sigmoid(w * (x + 1)), "function of its own values"),
}


@pytest.mark.parametrize("weight", [torch.zeros(1), BETAS * FIRST_TWO], ids=["0", "some 0"])
def test_weights_of_0_make_no_activation(weight: Tensor) -> None:
    """They make a line, and lines are many things."""
    parts = list(NOT_OF_ANY_WEIGHT.values())
    dv = DeconvNet(branches([written for written, _ in parts], [weight.clone() for _ in parts]))
    for number, (_, says) in enumerate(parts):
        with pytest.raises(NoMirrorRule, match=says):
            dv.project(torch.randn(1, 2, 9, 8), [f"heads.{number}:0"])


class Normed(nn.Module):
    """A gate from a normalisation, which is a layer, whatever it comes to when it is evaluated."""

    def __init__(self, held: Activation) -> None:
        super().__init__()
        self.held, self.norm = held, nn.BatchNorm2d(4)

    def forward(self, x: Tensor) -> Tensor:
        return x * self.held(self.norm(x).sigmoid())


def test_a_normalisation_makes_a_gate() -> None:
    found = wrong({"norm": Normed(lambda gate: gate)}, [Normed(Tensor.detach)])
    assert not found, found


def test_weights_are_read_when_they_are_used() -> None:
    """One capture: β is trained on, changes its sign, and is no number any more."""
    net, oracle = (seeded(lambda a=a: Learned(a, torch.tensor(0.7))) for a in (swish, by_sign))
    dv, x = DeconvNet(net), torch.randn(2, 2, 17, 15, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    table = dv.layers_for(x.shape[1:])
    for beta in (0.7, 2.0, -3.0):
        net.weight.data.fill_(beta)
        oracle.load_state_dict(net.state_dict())
        inputs = x.clone().requires_grad_()
        output = oracle(inputs)
        (expected,) = project_back(inputs, output, [(1, 2, 4, 5)])
        (found,) = dv.project(x, as_units("head", [(1, 2, 4, 5)]))
        assert relative_error(found.canvas(), expected) <= 1e-10
    net.weight.data.fill_(float("nan"))
    with pytest.raises(NoMirrorRule, match="as they are now"):
        dv.project(x, ["head:0@3,3"])
    assert dv.layers_for(x.shape[1:]) is table


def test_units_are_read_after_the_whole_of_it() -> None:
    """As after torch's own; and what lies inside, without a rule, is no layer."""
    net = seeded(lambda: Blocks(SPELLINGS["x * relu6(x + 3) / 6"][0]))
    layers = DeconvNet(net).layers_for((2, 17, 15))
    assert [layers[name].read_at for name in ("stem", "one", "three")] == ["div", "div_1", "div_4"]
    assert [layers[name].kind for name in ("mul", "div")] == ["mul", "hardswish"]
    assert layers["div"].mirror == "rectify"
    inside = DeconvNet(seeded(lambda: Blocks(SPELLINGS["where(x > 0, x, 0)"][0]))).layers_for((2, 17, 15))
    assert "gt" not in inside
    assert inside["stem"].read_at == "where"


class Elsewhere(nn.Module):
    """The activation of the image itself, of maps whose channels are last, and of vectors; with weights of its own."""

    def __init__(self, activation: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.activation, self.weight = activation, nn.Parameter(torch.tensor([0.5, -1.0, 2.0]))
        self.mixed, self.filters = nn.Linear(2, 3), nn.Conv2d(3, 4, 3, stride=3)
        self.hidden, self.head = nn.Linear(100, 3), nn.Linear(3, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.activation(x, self.weight[0])
        x = self.activation(self.mixed(x.permute(0, 2, 3, 1)), self.weight).permute(0, 3, 1, 2)
        return self.head(self.activation(self.hidden(self.filters(x).flatten(1)), self.weight))


def test_activations_of_the_image_of_channels_that_are_last_and_of_vectors() -> None:
    up, down = errors(seeded(lambda: Elsewhere(swish)), seeded(lambda: Elsewhere(by_sign)))
    assert up <= 1e-10
    assert down <= 1e-10


@pytest.mark.parametrize("precision", [torch.float32, torch.bfloat16])
def test_networks_of_other_precisions(precision: torch.dtype) -> None:
    """What is proved is proved in float64, of constants as the network has them."""
    net = seeded(lambda: Blocks(SPELLINGS["GELU by tanh"][0], SPELLINGS["x * sigmoid(1.702 * x)"][0])).to(precision)
    table = DeconvNet(net).layers_for((2, 17, 15))
    assert [c.pattern.name for c in table.graph.calls if c.pattern and c.pattern.key] == ["gelu (tanh)", "silu"] * 3


PARTS: dict[str, tuple[Activation, Activation]] = {
    "six times Hardswish": (lambda x: x * F.relu6(x + 3), lambda x: 6 * rectified(F.hardswish)(x)),
    "SiLU of 2x, twice": (lambda x: 2 * x * torch.sigmoid(2 * x), lambda x: rectified(F.silu)(2 * x)),
    "turned round": (lambda x: 3 * x.clamp(max=0), lambda x: -3 * rectified(F.relu)(-x)),
    "both halves": (lambda x: x.clamp(min=0) + 2 * x.clamp(max=0), rectified(lambda x: F.leaky_relu(x, 2.0))),
    "Keras' leaky ReLU": (lambda x: F.relu(x) - 0.3 * F.relu(-x), rectified(lambda x: F.leaky_relu(x, 0.3))),
    "a soft threshold": (lambda x: F.relu(x - 0.3) - F.relu(-x - 0.3), rectified(lambda x: F.softshrink(x, 0.3))),
    "a skip, halved": (lambda x: 0.5 * F.relu(x) + 0.5 * x, lambda x: 0.5 * rectified(F.relu)(x) + 0.5 * x),
    "a skip over it": (lambda x: x + x * torch.sigmoid(x), lambda x: x + rectified(F.silu)(x)),
    "a skip over ReLU": (lambda x: x + F.relu(x), lambda x: x + rectified(F.relu)(x)),
    "its gate is used again": (
        lambda x: _gate_twice(x, x * torch.sigmoid(x)),
        lambda x: _gate_twice(x, rectified(F.silu)(x)),
    ),
    "a gate of other maps": (lambda x: x.flip(1) * torch.sigmoid(x), lambda x: x.flip(1) * torch.sigmoid(x)),
    "a gate written out": (lambda x: x.flip(1) * (1 / (1 + (-x).exp())), lambda x: x.flip(1) * torch.sigmoid(x)),
    "a gate of both": (lambda x: F.relu(x) * torch.sigmoid(x), lambda x: rectified(F.relu)(x) * torch.sigmoid(x)),
}


def _gate_twice(x: Tensor, activated: Tensor) -> Tensor:
    return activated + x.mean(1, keepdim=True) * torch.sigmoid(x)


def test_scales_skips_and_gates_beside_them() -> None:
    places = [ELSEWHERE[n % 4] for n in range(len(PARTS))]
    written = {name: put(part) for (name, (part, _)), put in zip(PARTS.items(), places, strict=True)}
    found = wrong(written, [put(own) for (_, own), put in zip(PARTS.values(), places, strict=True)])
    assert not found, found


NONE: dict[str, tuple[Activation, str]] = {
    "x * (1 + sigmoid(x))": (lambda x: x * (1 + torch.sigmoid(x)), "function of its own values"),
    "x * tanh(x)": (lambda x: x * torch.tanh(x), "function of its own values"),
    "x * sigmoid(x + 1)": (lambda x: x * torch.sigmoid(x + 1), "function of its own values"),
    "2x * sigmoid(x)²": (lambda x: 2 * x * torch.sigmoid(x).square(), "function of its own values"),
    "x * relu6(x + 2) / 6": (lambda x: x * F.relu6(x + 2) / 6, "function of its own values"),
    "x * hardtanh(x + 3, 0, 5) / 6": (lambda x: x * F.hardtanh(x + 3, 0, 5) / 6, "function of its own values"),
    "0.5 * x * (1 + erf(x))": (lambda x: 0.5 * x * (1 + torch.erf(x * 1.1)) + x * torch.erf(x), "own values"),
    "x * x": (lambda x: x * x, "by itself"),
    "x / (1 + x²)": (lambda x: x / (1 + x * x), "divides by what it computed"),
    "where(x > 0, x, -x)": (lambda x: torch.where(x > 0, x, -x), "where"),
    "sign(x)": (lambda x: torch.sign(x), "sign"),
    "(x > 0).float()": (lambda x: (x > 0).to(x.dtype), "gt|_to_copy"),
    "clamp(max=6)": (lambda x: x.clamp(max=6), "clamps at None"),
    "clamp(min=0.5)": (lambda x: x.clamp(min=0.5), "clamps at 0.5"),
    "where, of another map": (lambda x: torch.where(x.roll(1, 1) > 0, x, 0.0), "where"),
}


def test_what_is_no_activation_is_refused() -> None:
    dv = DeconvNet(branches([written for written, _ in NONE.values()]))
    for number, (_, says) in enumerate(NONE.values()):
        with pytest.raises(NoMirrorRule, match=says) as caught:
            dv.project(torch.randn(1, 2, 9, 8), [f"heads.{number}:0"])
        assert "\n" not in str(caught.value)


def test_what_is_proved_is_in_the_table() -> None:
    table = DeconvNet(seeded(lambda: Blocks(SPELLINGS["x * relu6(x + 3) / 6"][0]))).layers_for((2, 17, 15))
    found = [call.pattern.key for call in table.graph.calls if call.pattern]
    assert found == [WrittenOut.PART, WrittenOut.ACTIVATION] * 6
    Layers(table.graph.net, table.graph)
    assert [call.pattern.key for call in table.graph.calls if call.pattern] == found


# --- local response normalisation -----------------------------------------------------------------------------


class Normalised(nn.Module):
    def __init__(self, norm: Activation) -> None:
        super().__init__()
        self.norm = norm
        self.below, self.head = nn.Conv2d(2, 8, 3), nn.Conv2d(8, 3, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(F.relu(self.norm(self.below(x))))


def as_in_caffe(x: Tensor) -> Tensor:
    squares = F.avg_pool3d(x.pow(2).unsqueeze(1), (5, 1, 1), stride=1, padding=(2, 0, 0)).squeeze(1)
    return x.div(squares.mul(0.3).add(1.0).pow(0.75))


NORMALISATIONS: dict[str, Activation] = {
    "functional": lambda x: F.local_response_norm(x, 5),
    "of other numbers": lambda x: F.local_response_norm(x, 2, alpha=0.3, beta=0.5, k=2.0),
    "one map": lambda x: F.local_response_norm(x, 1, alpha=1.5, beta=2.0, k=0.1),
    "as in Caffe": as_in_caffe,
}


@pytest.mark.parametrize("name", NORMALISATIONS)
def test_local_response_normalisation_is_the_identity_however_it_is_written(name: str) -> None:
    norm = NORMALISATIONS[name]

    def passed(x: Tensor) -> Tensor:
        return x + (norm(x) - x).detach()

    net = seeded(lambda: Normalised(norm))
    up, down = errors(net, seeded(lambda: Normalised(passed)))
    assert up <= 1e-10
    assert down <= 1e-10
    assert DeconvNet(net).layers_for((2, 17, 15))["below"].read_at == "relu"


OTHERS: dict[str, Activation] = {
    "within a map": lambda x: x / (1 + F.avg_pool2d(x * x, 3, 1, 1)).pow(0.75),
    "of cubes": lambda x: x / (1 + F.avg_pool3d(x.pow(3).abs()[:, None], (5, 1, 1), 1, (2, 0, 0))[:, 0]).pow(0.75),
    "of another map": lambda x: x.flip(1) / (1 + F.avg_pool3d((x * x)[:, None], (5, 1, 1), 1, (2, 0, 0))[:, 0]),
    "to one side": lambda x: x / (1 + F.avg_pool3d(F.pad((x * x)[:, None], (0, 0, 0, 0, 4, 0)), (5, 1, 1), 1)[:, 0]),
}


@pytest.mark.parametrize("name", OTHERS)
def test_other_normalisations_by_a_quotient_are_refused(name: str) -> None:
    dv = DeconvNet(seeded(lambda: Normalised(OTHERS[name])))
    with pytest.raises(NoMirrorRule, match="divides by what it computed"):
        dv.project(torch.randn(1, 2, 17, 15), ["head:0"])


# --- factors in random order ---------------------------------------------------------------------------------

GATES: list[tuple[Activation, list[Activation]]] = [
    (F.silu, [torch.sigmoid, lambda x: 1 / (1 + torch.exp(-x)), lambda x: (1 + torch.tanh(x / 2)) / 2]),
    (F.silu, [lambda x: 1 - torch.sigmoid(-x), lambda x: F.logsigmoid(x).exp(), lambda x: torch.exp(-F.softplus(-x))]),
    (F.hardswish, [lambda x: F.relu6(x + 3) / 6, F.hardsigmoid, lambda x: torch.clip(x / 6 + 0.5, 0, 1)]),
    (F.hardswish, [lambda x: (F.relu(x + 3) - F.relu(x - 3)) / 6, lambda x: F.hardtanh(3 + x, 0.0, 6.0) * (1 / 6)]),
    (F.gelu, [lambda x: 0.5 * (1 + torch.erf(x / ROOT2)), lambda x: 1 - 0.5 * torch.erfc(x / ROOT2)]),
    (
        lambda x: F.gelu(x, approximate="tanh"),
        [lambda x: 0.5 + 0.5 * torch.tanh(PI2 * x * (1 + 0.044715 * x.square()))],
    ),
    (F.mish, [lambda x: torch.tanh(F.softplus(x)), lambda x: 1 - 2 / ((1 + torch.exp(x)) ** 2 + 1)]),
    (F.relu, [lambda x: (x > 0).to(x.dtype), lambda x: (x.sign() + 1) / 2, lambda x: 1 - (x <= 0).double()]),
]
CONSTANTS = [2.0, 0.5, -1.0, 3.0, 1.5, -0.25]


def product(dice: random.Random) -> tuple[Activation, Activation]:
    """Such a product, and what it is in torch's own words."""
    own, gates = dice.choice(GATES)
    gate, constants, seed = dice.choice(gates), dice.choices(CONSTANTS, k=dice.randrange(4)), dice.random()
    constants += [-1.0] * (math.prod(constants) < 0)  # a network turned round at each step is silent
    scale = math.prod(constants)

    def written(x: Tensor) -> Tensor:
        order, left = random.Random(seed), [x, gate(x), *constants]
        while len(left) > 1:
            first, second = (left.pop(order.randrange(len(left))) for _ in range(2))
            quotient = isinstance(first, Tensor) and not isinstance(second, Tensor) and order.random() < 0.5
            left.append(first / (1 / second) if quotient else first * second)
        return left[0]

    return written, lambda x: scale * rectified(own)(x)


def test_products_in_any_order() -> None:
    dice = random.Random(0)
    some = [product(dice) for _ in range(20)]
    found = wrong({str(n): written for n, (written, _) in enumerate(some)}, [own for _, own in some])
    assert not found, found
