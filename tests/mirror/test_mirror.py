"""Every mirror rule against its slow oracle; adjointness; registration and refusal."""

import pytest
import slow_rules  # noqa: F401  (enrols its rules)
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from oracles import SLOW_RULES, Apply, Case, relative_error
from torch import Tensor, nn
from whole import mirror_whole

import deconvviz
from deconvviz.deconvnet.deconvnet import DeconvNet
from deconvviz.errors import NoMirrorRule
from deconvviz.mirror import (
    RULES,
    pointwise,
    register,
    rule_for,
    rules,  # noqa: F401  (enters the rules)
)

BUILT_IN = list(RULES)
CASES = [case for cases in SLOW_RULES.values() for case in cases]


@pytest.mark.quick
def test_every_rule_has_a_slow_oracle() -> None:
    assert set(BUILT_IN) == set(SLOW_RULES)


@pytest.mark.parametrize(
    "case",
    [pytest.param(c, marks=pytest.mark.quick if c.slow.__module__ == "oracles" else ()) for c in CASES],  # the paper's
    ids=lambda case: case.name,
)
def test_rule_equals_its_slow_oracle(case: Case) -> None:
    x = torch.randn(2, *case.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    signal = torch.randn(case.net(x).shape, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    expected = torch.from_numpy(case.slow(case.net, signal.numpy(), x.numpy()))
    assert expected.norm() > 0
    assert relative_error(mirror_whole(case.net, x, signal), expected) <= 1e-12


@pytest.mark.parametrize("case", [case for case in CASES if case.linear], ids=lambda case: case.name)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_linear_rules_are_adjoint(case: Case, seed: int) -> None:
    """⟨Ax, s⟩ = ⟨x, Aᵀs⟩, A being the network without its bias (for a pool: with its switches)."""
    generator = torch.Generator().manual_seed(seed)
    x = torch.randn(2, *case.shape, dtype=torch.float64, generator=generator)
    if any(isinstance(module, nn.ReLU) for module in case.net.modules()):
        x = x.abs()
    with torch.no_grad():
        image = case.net(x) - case.net(torch.zeros_like(x))
    signal = torch.rand(image.shape, dtype=torch.float64, generator=generator)
    below = mirror_whole(case.net, x, signal)
    left, right = (image * signal).sum(), (x * below).sum()
    assert abs(left - right) <= 1e-12 * image.norm() * signal.norm()


def test_missing_rule_is_named_before_any_work() -> None:
    ran = []
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), Apply(lambda _, x: x.cumsum(1)), nn.Conv2d(2, 2, 3))
    net[0].register_forward_hook(lambda *_: ran.append(1))
    dv = DeconvNet(net)
    dv.layers_for((1, 9, 9))
    ran.clear()
    with pytest.raises(NoMirrorRule, match=r"^2 \(Apply: cumsum at .*\.py:\d+\) has no mirror rule.*register"):
        dv.project(torch.rand(1, 1, 9, 9), ["3:0"])
    assert not ran
    assert dv.project(torch.rand(1, 1, 9, 9), ["0:0"])[0].pixels.shape == (1, 3, 3)


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_borders_that_are_no_zeros_are_answered_where_they_came_from(mode: str) -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1, padding_mode=mode), nn.ReLU()).double()
    x = torch.rand(2, 1, 7, 9, dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(net[0](x)[1, 1, 0, 8], x)
    (projection,) = DeconvNet(net).project(x.detach(), [deconvviz.Unit("0", 1, 0, 8, image=1)])
    activation = float(net(x)[1, 1, 0, 8])
    assert relative_error(projection.canvas(), gradient[1] * activation) < 1e-14


def test_the_papers_own_layers_do_not_extend_it() -> None:
    paper = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.LocalResponseNorm(2), nn.MaxPool2d(2), nn.Flatten())
    net = nn.Sequential(paper, nn.Linear(36, 2))
    calls = DeconvNet(net).layers_for((1, 8, 8)).graph.calls
    assert [call.name for call in calls if call.shape and rule_for(call).extends_paper] == []
    silu = next(iter(DeconvNet(nn.Sequential(nn.Conv2d(1, 1, 3), nn.SiLU())).layers_for((1, 8, 8)).graph.calls[1:]))
    assert rule_for(silu).extends_paper


@pytest.mark.quick
def test_rules_say_which_of_them_extend_the_paper() -> None:
    beyond = {str(key) for key, rule in RULES.items() if rule.extends_paper}
    for kind in ("layer_norm", "group_norm", "instance_norm", "glu", "silu", "softmax"):
        assert any(kind in name for name in beyond), kind
    for kind in ("conv2d", "linear", "max_pool2d", "aten.relu.default", "LocalResponseNorm", "batch_norm", "aten.add"):
        assert not any(kind in name for name in beyond), kind


def test_a_registered_class_of_ones_own_is_one_call() -> None:
    class Twice(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return torch.cumsum(x, 1) - torch.cumsum(x, 1) + 2 * x

    net = nn.Sequential(nn.Conv2d(1, 2, 3, bias=False), nn.ReLU(), Twice())
    x = torch.rand(1, 1, 9, 9)

    @register(Twice, reach=pointwise)
    def half_is_enough(signal: Tensor, call: object, recorded: object) -> Tensor:
        return signal / 2

    try:
        dv = DeconvNet(net)
        assert dv.layers_for((1, 9, 9))["2"].mirror == "half is enough"
        doubled, plain = dv.project(x, ["2:1@3,3", "1:1@3,3"])
        assert doubled.activation == pytest.approx(2 * plain.activation)
        assert relative_error(doubled.canvas(), plain.canvas()) < 1e-6
    finally:
        del RULES[Twice]


def test_batch_statistics_are_refused() -> None:
    """Such a network mixes the images of a batch: no image has a projection of its own."""
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2, track_running_stats=False), nn.ReLU())
    with pytest.raises(NoMirrorRule, match="BatchNorm2d"):
        DeconvNet(net).project(torch.rand(2, 1, 9, 9), ["2:0"])
