"""The nine ways down: each rule at rectifications with each way to unpool, against autograd on the network itself."""

from contextlib import suppress

import pytest
import slow_rules  # noqa: F401  (enrols its rules)
import torch
import torch.nn.functional as F
from networks import KINDS, Small, as_units, lively_units, module_and_use, network
from oracles import (
    SLOW_RULES,
    Apply,
    Case,
    DeconvnetBackward,
    autograd_projection,
    project_back,
    relative_error,
    unpooling_matrix,
)
from torch import Tensor, nn
from whole import mirror_whole

from deconvviz import DeconvNet
from deconvviz.errors import NoMirrorRule, UnsuitableInput
from deconvviz.mirror import DECONVNET, RULES, Method, pointwise, register
from deconvviz.mirror.method import ALL_METHODS
from deconvviz.mirror.registry import WITHOUT_SWITCHES

OTHERS = [method for method in ALL_METHODS if method != DECONVNET]
NETWORKS = {
    "squeezenet1_1": (97, ["features.3", "features.7", "features.12", "classifier.3"]),
    "resnet18": (97, ["layer1.0.relu_1", "layer3.1.conv2", "fc"]),
    "alexnet": (127, ["features.5", "features.12", "classifier.6"]),
    "vgg11_bn": (64, ["features.4", "features.22", "classifier.6"]),
    "zfnet": (224, ["conv2", "pool5", "fc6"]),
}
"""Sizes of images, and layers."""

MANY = [name for name in NETWORKS if name != "squeezenet1_1"]
CASES = [case for cases in SLOW_RULES.values() for case in cases]
PRECISION = torch.ops.aten._to_copy.default

IMAGE = torch.rand(1, 1, 20, 20, generator=torch.Generator().manual_seed(2))


def named(method: Method) -> str:
    return f"{method.rule} {method.unpool}"


def worst_error(dv: DeconvNet, x: Tensor, layer: str) -> float:
    read_at = dv.layers_for(x.shape[1:])[layer].read_at
    recording = dv.record(x, [layer])
    maps = recording.maps[read_at]
    places = lively_units(maps)
    units = as_units(layer, places, maps.ndim == 2)
    hooked = module_and_use(dv.net, read_at)
    wanted = autograd_projection(dv.net, x, *hooked, places, dv.method.rule, dv.method.unpool)
    assert any(expected.norm() > 0 for expected in wanted)
    found = [*dv.project(recording, units), *dv.project(x, units)]  # over whole images, and as planned, over crops
    return max(relative_error(p.canvas(), expected) for p, expected in zip(found, wanted * 2, strict=True))


@pytest.mark.parametrize("method", OTHERS, ids=named)
@pytest.mark.parametrize("name", ["squeezenet1_1", *(pytest.param(n, marks=pytest.mark.exhaustive) for n in MANY)])
def test_networks_equal_autograd_in_float64(name: str, method: Method) -> None:
    size, layers = NETWORKS[name]
    x = torch.randn(2, 3, size, size, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    dv = DeconvNet(network(name).double(), rule=method.rule, unpool=method.unpool)
    errors = {layer: worst_error(dv, x, layer) for layer in layers}
    assert max(errors.values()) <= 1e-10, errors


@pytest.mark.quick
@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_layer_equals_autograd_each_way(kind: str) -> None:
    torch.manual_seed(1)
    dv = DeconvNet(Small(*KINDS[kind]()).double().eval())
    x = torch.randn(2, 2, 33, 47, dtype=torch.float64)
    for method in OTHERS:
        for layer in ("relu1", "pool", "relu2"):
            assert worst_error(dv.by(method.rule, method.unpool), x, layer) <= 1e-10, (method, layer)


# --- every rule ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_backpropagation_of_every_rule_is_torchs(case: Case) -> None:
    x = torch.randn(2, *case.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    followed = x.clone().requires_grad_()
    output = case.net(followed)
    signal = torch.randn(output.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(4))
    expected = torch.zeros_like(x)  # of what was detached
    if output.requires_grad:
        (expected,) = torch.autograd.grad(output, followed, signal)
    tolerance = 1e-7 if case in SLOW_RULES[PRECISION] else 1e-12  # torch's own way back rounds there
    assert relative_error(mirror_whole(case.net, x, signal, Method("gradient")), expected) <= tolerance


@pytest.mark.quick
def test_linear_rules_are_those_that_are_adjoint() -> None:
    """What is called linear stands for backpropagation too: its slow oracle must be adjoint."""
    called = [key for key, rule in RULES.items() if rule.linear]
    assert len(called) > 40
    assert all(case.linear for key in called for case in SLOW_RULES[key])


POOLS = {
    "side by side": nn.MaxPool2d(2),
    "overlapping": nn.MaxPool2d(3, 2),
    "ceiled": nn.MaxPool2d(3, 2, ceil_mode=True),
    "padded": nn.MaxPool2d(3, 2, padding=1),
    "dilated and oblong": nn.MaxPool2d((2, 3), (1, 2), padding=(1, 1), dilation=(2, 1)),
    "with indices": Apply(lambda net, x: F.max_pool2d(x, 3, 2, return_indices=True)[0]),
    "adaptive": nn.AdaptiveMaxPool2d((3, 4)),
    "adaptive, equal regions": nn.AdaptiveMaxPool2d((4, 5)),
}


@pytest.mark.parametrize("unpool", WITHOUT_SWITCHES)
@pytest.mark.parametrize("name", POOLS)
def test_unpooling_without_switches(name: str, unpool: str) -> None:
    net = nn.Sequential(POOLS[name]) if isinstance(POOLS[name], nn.Module) else POOLS[name]
    x = torch.randn(2, 3, 8, 10, dtype=torch.float64, generator=torch.Generator().manual_seed(3), requires_grad=True)
    with DeconvnetBackward("gradient", unpool):
        output = net(x)
    signal = torch.randn(output.shape, dtype=torch.float64)
    (expected,) = torch.autograd.grad(output, x, signal)
    assert relative_error(mirror_whole(net, x.detach(), signal, Method(unpool=unpool)), expected) <= 1e-12
    assert set(WITHOUT_SWITCHES[unpool]) <= set(RULES)


def test_the_oracle_of_unpooling_says_what_it_should() -> None:
    regions = [[-1, 0], [1, 2], [3, 4]]  # a pool of 2 with padding 1 on four positions
    assert unpooling_matrix(regions, 4, "centre").tolist() == [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]]
    assert unpooling_matrix(regions, 4, "spread").tolist() == [[1, 0, 0, 0], [0, 0.5, 0.5, 0], [0, 0, 0, 1]]


# --- what is more than a ReLU -------------------------------------------------------------------------------


class Squeezed(nn.Module):
    """A gate, an activation written out, and normalisations: all that the gradient answers unlike the deconvnet."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 4, 3)
        self.narrow = nn.Linear(4, 4)
        self.norm, self.groups = nn.LocalResponseNorm(3, k=2.0), nn.GroupNorm(2, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        x = self.norm(x * F.relu6(x + 3) / 6)
        x = x * self.narrow(x.mean((2, 3))).sigmoid()[:, :, None, None]
        return self.groups(F.silu(self.second(x)))


def by_autograd(net: nn.Module, x: Tensor, dv: DeconvNet, unit: str) -> tuple[Tensor, Tensor]:
    """A projection, and what autograd gives by the same rule."""
    (found,) = dv.project(x, [unit])
    followed = x.clone().requires_grad_()
    with DeconvnetBackward(dv.method.rule, dv.method.unpool):
        output = net(followed)
    at = (0, found.unit.channel, found.unit.row, found.unit.column)
    (expected,) = project_back(followed, output, [at])
    return found.canvas(), expected


@pytest.mark.quick
def test_the_gradient_is_true_through_gates_and_normalisations() -> None:
    torch.manual_seed(4)
    net, x = Squeezed().double().eval(), IMAGE.double()
    dv = DeconvNet(net, input_shape=(1, 20, 20))
    deconvnet, gradient = dv.layers["groups"], dv.by("gradient").layers["groups"]
    assert (deconvnet.receptive_field, gradient.receptive_field) == ((5, 5), None)  # statistics see the whole image
    found, expected = by_autograd(net, x, dv.by("gradient"), "groups:1@3,4")
    assert expected[0, 15:, 15:].norm() > 0
    assert relative_error(found, expected) <= 1e-12


@pytest.mark.quick
def test_contrast_normalisation_by_the_functional_has_a_gradient_on_windows() -> None:
    """Written out over several operators it counts rows and columns; a window has fewer."""
    torch.manual_seed(4)
    normalise = Apply(lambda _, x: F.local_response_norm(x, 3, 0.1, 0.75, 2.0))
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), normalise, nn.Conv2d(4, 2, 3)).double().eval()
    dv = DeconvNet(net, input_shape=(1, 20, 20), rule="gradient")
    assert dv.layers["3"].receptive_field == (5, 5)
    found, expected = by_autograd(net, IMAGE.double(), dv, "3:1@3,4")
    assert relative_error(found, expected) <= 1e-12


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_precisions_are_those_of_the_deconvnet(precision: str) -> None:
    torch.manual_seed(4)
    net = Squeezed().eval()
    for rule, most in (("gradient", 2e-2), ("guided", 2e-2)):
        exactly, roughly = (
            DeconvNet(net, precision=p, rule=rule).project(IMAGE, ["second:1@3,4"])[0] for p in ("fp32", precision)
        )
        assert relative_error(roughly.canvas(), exactly.canvas()) <= (0 if precision == "fp32" else most)


@pytest.mark.quick
def test_guided_is_both() -> None:
    """Where the deconvnet's signal and the gradient's are both let pass, and nowhere else."""
    torch.manual_seed(4)
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 3, 3), nn.ReLU()).eval()
    dv = DeconvNet(net)
    first = dv.record(IMAGE, ["1"]).maps["1"]
    weight = net[2].weight.detach()
    unit = "3:1@4,5"
    (p,) = dv.project(IMAGE, [unit])
    seed = p.activation * weight[1]
    active = first[0, :, 4:7, 5:8] > 0
    expected = {
        "deconvnet": seed.clamp(min=0),
        "gradient": torch.where(active, seed, 0),
        "guided": torch.where(active, seed.clamp(min=0), 0),
    }
    for rule, signal in expected.items():
        below = F.conv_transpose2d(signal[None], net[0].weight.detach())[0]
        assert relative_error(dv.by(rule).project(IMAGE, [unit])[0].pixels, below) <= 1e-6, rule


REDUCTIONS = {
    "amax": lambda _, x: x.amax((2, 3)),
    "std": lambda _, x: x.std((2, 3)),
    "amax, dimensions kept": lambda _, x: x.amax((2, 3), keepdim=True),
    "logsumexp": lambda _, x: x.logsumexp((2, 3)),
}


@pytest.mark.parametrize("name", REDUCTIONS)
def test_reductions_over_rows_and_columns_mix_no_images(name: str) -> None:
    torch.manual_seed(4)
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), Apply(REDUCTIONS[name]), nn.Flatten(), nn.Linear(4, 3))
    net = net.double().eval()
    (p,) = DeconvNet(net, rule="gradient").project(IMAGE.double(), ["4:1"])
    followed = IMAGE.double().requires_grad_()
    (expected,) = torch.autograd.grad(net(followed)[0, 1], followed)
    assert relative_error(p.canvas(), expected[0] * p.activation) <= 1e-12


def test_where_nothing_goes_back_the_gradient_is_zero_or_refused() -> None:
    torch.manual_seed(4)
    first, last = nn.Conv2d(1, 4, 3), nn.Conv2d(4, 2, 3)
    for cut in (lambda _, x: x.detach(), lambda _, x: x.int().double()):
        dv = DeconvNet(nn.Sequential(first, Apply(cut), last).double().eval(), rule="gradient")
        with suppress(NoMirrorRule):
            assert dv.project(20 * IMAGE.double(), ["2:1@3,4"])[0].pixels.abs().max() == 0
    with pytest.raises(NoMirrorRule, match="no signal arrives at the pixels"):
        dv.project(20 * IMAGE.double(), ["2:1@3,4"])


def test_gradients_inside_inference_mode() -> None:
    torch.manual_seed(4)
    dv = DeconvNet(Squeezed().eval(), rule="gradient")
    (expected,) = dv.project(IMAGE, ["second:1@3,4"])
    with torch.inference_mode():
        (found,) = dv.project(IMAGE, ["second:1@3,4"])
    assert torch.equal(found.pixels, expected.pixels)


def test_derivatives_are_of_the_networks_own_precision() -> None:
    """In bfloat16 a normalisation of large values next to each other would have a derivative of noise."""

    class Normalised(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first, self.norm = nn.Conv2d(1, 8, 3), nn.LayerNorm(8)

        def forward(self, x: Tensor) -> Tensor:
            return self.norm((self.first(x) + 60).permute(0, 2, 3, 1)).permute(0, 3, 1, 2)

    torch.manual_seed(4)
    net = nn.Sequential(Normalised(), nn.Conv2d(8, 2, 1)).eval()
    exactly, roughly = (
        DeconvNet(net, precision=p, rule="gradient").project(IMAGE, ["1:1@3,4"])[0] for p in ("fp32", "bf16")
    )
    assert relative_error(roughly.canvas(), exactly.canvas()) <= 0.03


def test_what_torch_cannot_differentiate_is_one_line() -> None:
    @torch.library.custom_op("deconvviz_tests::doubled", mutates_args=())
    def doubled(x: Tensor) -> Tensor:
        return x * 2

    doubled.register_fake(lambda x: torch.empty_like(x))
    register(torch.ops.deconvviz_tests.doubled.default, reach=pointwise)(lambda signal, call, recorded: 2 * signal)
    net = nn.Sequential(nn.Conv2d(1, 2, 3), Apply(lambda _, x: doubled(x)), nn.Conv2d(2, 2, 3)).eval()
    try:
        dv = DeconvNet(net)
        assert len(dv.project(IMAGE, ["2:1@3,4"])) == 1
        with pytest.raises(NoMirrorRule, match=r"^1: torch has no derivative of it \(.*linear=True"):
            dv.by("gradient").project(IMAGE, ["2:1@3,4"])
    finally:
        del RULES[torch.ops.deconvviz_tests.doubled.default]


def test_what_no_rule_answers_has_a_gradient() -> None:
    net = nn.Sequential(nn.Conv2d(1, 4, 3), Apply(lambda _, x: x.cumsum(1) * x), nn.Conv2d(4, 2, 3)).double().eval()
    dv = DeconvNet(net, input_shape=(1, 20, 20))
    with pytest.raises(NoMirrorRule, match="neither is a gate"):
        dv.project(IMAGE.double(), ["2:1@3,4"])
    found, expected = by_autograd(net, IMAGE.double(), dv.by("gradient"), "2:1@3,4")
    assert relative_error(found, expected) <= 1e-12


@pytest.mark.parametrize(
    "mixing", [lambda _, x: x.cumsum(0), lambda _, x: x * x.softmax(0), lambda _, x: x - x.mean(0, keepdim=True)]
)
def test_what_mixes_images_is_refused_by_the_gradient_too(mixing: object) -> None:
    net = nn.Sequential(nn.Conv2d(1, 4, 3), Apply(mixing), nn.Conv2d(4, 2, 3)).eval()
    with pytest.raises(NoMirrorRule, match="mixes the images of a batch|batch"):
        DeconvNet(net, rule="gradient").project(IMAGE.expand(2, -1, -1, -1), ["2:1@3,4"])


@pytest.mark.quick
def test_a_rule_of_ones_own_is_not_taken_for_the_gradient() -> None:
    class Doubled(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return 2 * x

    @register(Doubled, reach=pointwise)
    def as_it_is(signal: Tensor, call: object, recorded: object) -> Tensor:
        return signal

    net = nn.Sequential(nn.Conv2d(1, 2, 3), Doubled())
    try:
        plain, true = (DeconvNet(net, rule=rule).project(IMAGE, ["1:1@3,3"])[0] for rule in ("deconvnet", "gradient"))
        assert relative_error(true.canvas(), 2 * plain.canvas()) <= 1e-6
    finally:
        del RULES[Doubled]


# --- one network, several ways ------------------------------------------------------------------------------


@pytest.mark.quick
def test_ways_down_share_what_was_captured_and_know_themselves() -> None:
    net = Small(nn.Conv2d(1, 4, 3), nn.MaxPool2d(2), nn.Conv2d(4, 3, 3)).eval()
    dv = DeconvNet(net, input_shape=(1, 20, 20))
    other = dv.by("guided", "spread")
    assert other.layers.graph is dv.layers.graph
    assert (dv.method, other.method, other.by(unpool="switches").method) == (
        DECONVNET,
        Method("guided", "spread"),
        Method("guided"),
    )
    assert list(other.layers) == list(dv.layers)
    assert [row.read_at for row in other.layers.values()] == [row.read_at for row in dv.layers.values()]
    assert "spread" in repr(other)
    assert "where it was active" in repr(other)
    assert str(other.method) == "guided backpropagation, unpooling in equal shares"


@pytest.mark.quick
def test_a_recording_serves_the_way_that_it_was_made_for() -> None:
    dv = DeconvNet(Small(nn.Conv2d(1, 4, 3), nn.MaxPool2d(2), nn.Conv2d(4, 3, 3)).eval())
    recording = dv.record(IMAGE, ["second"])
    units = dv.by("gradient").strongest(recording, "second", 2)  # activations do not depend on the way down
    assert units == dv.strongest(recording, "second", 2)
    with pytest.raises(UnsuitableInput, match=r"made for deconvnet, with switches, and .* gradient, with switches"):
        dv.by("gradient").project(recording, units)


@pytest.mark.quick
@pytest.mark.parametrize("given", ["relu", "", 3, None])
def test_there_are_no_other_ways(given: object) -> None:
    with pytest.raises(UnsuitableInput, match="rule=.*possible: deconvnet, guided, gradient"):
        DeconvNet(nn.Conv2d(1, 1, 1), rule=given)  # type: ignore[arg-type]
    with pytest.raises(UnsuitableInput, match="unpool=.*possible: switches, centre, spread"):
        Method(unpool=given)  # type: ignore[arg-type]
