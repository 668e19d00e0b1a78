"""What is captured: names inside regions, networks for so many images, randomness, rules of classes; or why not."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from deconvviz import DeconvNet, mirror
from deconvviz.errors import NoMirrorRule, UncapturableModel, UnsuitableInput
from deconvviz.network import capture


class Net(nn.Module):
    def __init__(self, how: Callable[["Net", Tensor], Tensor]) -> None:
        super().__init__()
        torch.manual_seed(1)
        self.body = nn.Sequential(nn.Conv2d(1, 4, 3), nn.LocalResponseNorm(3), nn.ReLU(), nn.MaxPool2d(2))
        self.head = nn.Conv2d(4, 5, 1)
        self.how = how

    def forward(self, x: Tensor) -> Tensor:
        return self.how(self, x)


def images(count: int = 2) -> Tensor:
    return torch.randn(count, 1, 12, 12, generator=torch.Generator().manual_seed(2))


def projections(net: nn.Module, x: Tensor, layer: str = "head") -> list[Tensor]:
    dv = DeconvNet(net)
    return [p.canvas() for p in dv.project(x, dv.strongest(x, layer, k=2))]


def same(found: list[Tensor], expected: list[Tensor]) -> bool:
    return all(torch.allclose(a, b, rtol=1e-5, atol=1e-6) for a, b in zip(found, expected, strict=True))


def plain(net: Net, x: Tensor) -> Tensor:
    return net.head(net.body(x))  # type: ignore[no-any-return]


def without_gradients(net: Net, x: Tensor) -> Tensor:
    with torch.no_grad():
        y = net.body(x)
    return net.head(y)  # type: ignore[no-any-return]


def with_gradients(net: Net, x: Tensor) -> Tensor:
    with torch.enable_grad():
        y = net.body(x)
    return net.head(y)  # type: ignore[no-any-return]


def inferring(net: Net, x: Tensor) -> Tensor:
    with torch.inference_mode():
        y = net.body(x)
    return net.head(y.clone())  # type: ignore[no-any-return]


def without_autocast(net: Net, x: Tensor) -> Tensor:
    with torch.autocast("cpu", enabled=False):
        y = net.body(x)
    return net.head(y)  # type: ignore[no-any-return]


def nested(net: Net, x: Tensor) -> Tensor:
    with torch.enable_grad(), torch.autocast("cpu", enabled=False):
        y = net.body[0](x)
        with torch.no_grad():
            y = net.body[1:](y)
    return net.head(y)  # type: ignore[no-any-return]


REGIONS = {
    "no_grad": without_gradients,
    "enable_grad": with_gradients,
    "inference_mode": inferring,
    "autocast off": without_autocast,
    "nested": nested,
    "checkpoint": lambda net, x: net.head(checkpoint(net.body, x, use_reentrant=False)),
    "reentrant checkpoint": lambda net, x: net.head(checkpoint(net.body, x, use_reentrant=True)),
}


@pytest.mark.parametrize("how", REGIONS.values(), ids=list(REGIONS))
def test_names_inside_regions_are_those_of_the_modules(how: Callable[[Net, Tensor], Tensor]) -> None:
    expected = capture(Net(plain), (1, 12, 12), (nn.LocalResponseNorm,))
    found = capture(Net(how), (1, 12, 12), (nn.LocalResponseNorm,))
    for graph in (expected, found):
        names = [call.name for call in graph.calls if call.shape is not None and call.name != "clone"]
        assert names == ["body.0", "body.1", "body.2", "body.3", "head"]
    assert same(projections(Net(how), images()), projections(Net(plain), images()))


def test_names_under_autocast_beside_its_casts() -> None:
    def halved(net: Net, x: Tensor) -> Tensor:
        with torch.autocast("cpu", dtype=torch.bfloat16):
            y = net.body(x)
        return net.head(y.float())  # type: ignore[no-any-return]

    graph = capture(Net(halved), (1, 12, 12), (nn.LocalResponseNorm,))
    names = [call.name for call in graph.calls if call.shape is not None]
    assert [name for name in names if "_to_copy" not in name] == ["body.0", "body.1", "body.2", "body.3", "head"]


def asserting(net: Net, x: Tensor) -> Tensor:
    assert x.shape[0] == 1, "one image at a time"
    return plain(net, x)


ONE_BY_ONE = {
    "view": lambda net, x: net.head(net.body(x).view(1, 4, 5, 5)),
    "an assertion": asserting,
    "x[0]": lambda net, x: net.head(net.body(x)[0].unsqueeze(0)),
    "x[0] and None": lambda net, x: net.head(net.body(x)[0][None]),
    "squeeze(0)": lambda net, x: net.head(net.body(x).squeeze(0).unsqueeze(0)),
    "a loop": lambda net, x: torch.cat([plain(net, image[None]) for image in x]),
    "a loop and a stack": lambda net, x: torch.stack([plain(net, image[None])[0] for image in x]),
    "unbind": lambda net, x: torch.cat([plain(net, image.unsqueeze(0)) for image in x.unbind()]),
    "len": lambda net, x: plain(net, x) * float(len(x) > 0),
}


@pytest.mark.parametrize("how", ONE_BY_ONE.values(), ids=list(ONE_BY_ONE))
def test_networks_for_one_image_take_them_one_by_one(how: Callable[[Net, Tensor], Tensor]) -> None:
    graph = capture(Net(how), (1, 12, 12), (nn.LocalResponseNorm,))
    assert graph.batch == 1
    assert set(graph.names) >= {"body.0", "body.3", "head"}
    x = images(3)
    for layer in ("head", "body.0"):
        assert same(projections(Net(how), x, layer), projections(Net(plain), x, layer))


def test_a_gate_of_one_image_that_has_no_dimension_for_maps() -> None:
    def bare(net: Net, x: Tensor) -> Tensor:
        maps = net.body(x)
        return net.head(maps * maps.mean(1).sigmoid())  # type: ignore[no-any-return]

    def whole(net: Net, x: Tensor) -> Tensor:
        maps = net.body(x)
        return net.head(maps * maps.mean(1, keepdim=True).sigmoid())  # type: ignore[no-any-return]

    assert capture(Net(bare), (1, 12, 12), (nn.LocalResponseNorm,)).batch == 1
    assert same(projections(Net(bare), images(3)), projections(Net(whole), images(3)))


@pytest.mark.quick
def test_a_network_for_four_images_is_given_four() -> None:
    def of_four(net: Net, x: Tensor) -> Tensor:
        return net.head(net.body(x).view(4, 4, 5, 5))  # type: ignore[no-any-return]

    assert capture(Net(of_four), (1, 12, 12), (nn.LocalResponseNorm,)).batch == 4
    for count in (1, 4, 6):
        assert same(projections(Net(of_four), images(count)), projections(Net(plain), images(count)))


def test_a_network_for_two_images_that_mixes_them_is_refused() -> None:
    def mixing(net: Net, x: Tensor) -> Tensor:
        y = net.body(x).view(2, 4, 5, 5)
        return net.head(y + y.flip(0))  # type: ignore[no-any-return]

    with pytest.raises(UncapturableModel, match="a certain number of images, and what it says of one depends on the"):
        projections(Net(mixing), images())


def between(f: Callable[[Tensor], Tensor]) -> Callable[[Net, Tensor], Tensor]:
    return lambda net, x: net.head(f(net.body(x)))


RANDOM = {
    "dropout2d": between(lambda x: F.dropout2d(x, 0.5)),
    "dropout": between(lambda x: F.dropout(x, 0.5)),
    "alpha_dropout": between(lambda x: F.alpha_dropout(x, 0.5, training=True)),
    "bernoulli": between(lambda x: x * torch.bernoulli(torch.full((4, 1, 1), 0.5))),
    "bernoulli of a map": between(lambda x: x * torch.bernoulli(torch.sigmoid(x))),
    "rand": between(lambda x: x * torch.rand(1, 4, 1, 1)),
    "rand_like": between(lambda x: x * torch.rand_like(x)),
    "randn": between(lambda x: x + torch.randn(x.shape)),
    "normal": between(lambda x: x + torch.normal(0.0, 1.0, (4, 5, 5))),
    "uniform_": between(lambda x: x * torch.empty(4, 1, 1).uniform_()),
    "randperm": between(lambda x: x[:, torch.randperm(4)]),
    "randint": between(lambda x: x * torch.randint(0, 2, (4, 1, 1))),
    "in a filter": between(lambda x: F.conv2d(x, torch.ones(4, 4, 1, 1) * torch.rand(4, 1, 1, 1))),
    "in a gate": between(lambda x: x * torch.sigmoid(x.mean((2, 3), keepdim=True) + torch.randn(1))),
    "rrelu": between(lambda x: F.rrelu(x, training=True)),
    "fractional pool": between(lambda x: F.fractional_max_pool2d(x, 2, 3)),
    "empty": between(lambda x: x + torch.empty(4, 1, 1)),
}


@pytest.mark.parametrize("how", RANDOM.values(), ids=list(RANDOM))
def test_randomness_is_refused_wherever_it_reaches_the_layer(how: Callable[[Net, Tensor], Tensor]) -> None:
    dv, x = DeconvNet(Net(how)), images()
    with pytest.raises(
        NoMirrorRule, match=r"test_capture\.py:\d+\) (draws random numbers|begins with whatever lies in memory)"
    ):
        dv.strongest(x, "head")
    with pytest.raises(NoMirrorRule):
        dv.project(x, ["head:1"])
    assert dv.project(x, dv.strongest(x, "body.3", k=1))  # below it all is well


def test_memory_that_is_written_before_it_is_read_is_none() -> None:
    how = between(lambda x: x + torch.empty(4, 1, 1).fill_(2.0))
    assert projections(Net(how), images())


class Louder(nn.LocalResponseNorm):
    def forward(self, x: Tensor) -> Tensor:
        return x * 2


class Renamed(nn.LocalResponseNorm):
    """Does what its class does."""

    def extra_repr(self) -> str:
        return "renamed"


class Block(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return self.inside(x) / 3

    def inside(self, x: Tensor) -> Tensor:
        return x


class OtherInside(Block):
    def inside(self, x: Tensor) -> Tensor:
        return x[:, [1, 0, 3, 2]]


def hooked() -> nn.Module:
    norm = nn.LocalResponseNorm(3)
    norm.register_forward_hook(lambda module, args, output: output * 2)
    return norm


def patched() -> nn.Module:
    norm = nn.LocalResponseNorm(3)
    norm.forward = lambda x: x * 2  # type: ignore[method-assign]
    return norm


def doubled(net: Net, x: Tensor) -> Tensor:
    return net.head(F.max_pool2d((net.body[0](x) * 2).relu(), 2))  # type: ignore[no-any-return]


@pytest.mark.parametrize("make", [lambda: Louder(3), patched], ids=["a subclass", "an instance"])
def test_a_forward_of_its_own_is_not_answered_by_the_rule_of_the_class(make: Callable[[], nn.Module]) -> None:
    net = Net(plain)
    net.body[1] = make()
    assert same(projections(net, images()), projections(Net(doubled), images()))


def test_a_module_with_a_hook_is_read_operator_by_operator() -> None:
    net = Net(plain)
    net.body[1] = hooked()
    names = [call.name for call in capture(net, (1, 12, 12), (nn.LocalResponseNorm,)).calls]
    assert "body.1.avg_pool3d" in names


@pytest.mark.quick
def test_a_subclass_that_changes_nothing_inherits_the_rule() -> None:
    net = Net(plain)
    net.body[1] = Renamed(3)
    assert same(projections(net, images()), projections(Net(plain), images()))


def test_a_method_that_forward_uses_belongs_to_the_rule() -> None:
    mirror.register(Block, reach=mirror.pointwise)(lambda signal, call, recorded: signal / 3)
    try:
        for block, whole in ((Block(), True), (OtherInside(), False)):
            graph = capture(nn.Sequential(nn.Conv2d(1, 4, 3), block), (1, 9, 9), (Block,))
            assert ([call.name for call in graph.calls] == ["0", "1"]) is whole
    finally:
        del mirror.RULES[Block]


def quantised() -> nn.Module:
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(400, 3))
    return torch.ao.quantization.quantize_dynamic(net)  # type: ignore[no-any-return]


def lazy() -> nn.Module:
    return nn.Sequential(nn.LazyConv2d(4, 3), nn.ReLU())


REFUSED: dict[str, tuple[Callable[[], Any], str]] = {
    "scripted": (lambda: torch.jit.script(Net(plain).body), "was scripted or traced by torch.jit"),
    "traced": (lambda: torch.jit.trace(Net(plain).body, images()), "was scripted or traced by torch.jit"),
    "a part of it": (lambda: nn.Sequential(nn.Conv2d(1, 1, 3), torch.jit.script(Net(plain).body)), "^1 of Sequential"),
    "exported": (lambda: torch.export.export(Net(plain).eval(), (images(),)).module(), "was made by torch.export"),
    "quantised": (quantised, "^2 of Sequential is quantised"),
    "lazy": (lazy, "not initialised .LazyConv2d.: run the network once on an image"),
    "its own assertion": (lambda: Net(never), "never.*test_capture.*assertion of the network's own"),
    "by values": (lambda: Net(lambda net, x: plain(net, x) if x.sum() > 0 else x), "must not depend on the values"),
    "two inputs": (lambda: Two(), "takes more than one input"),
}


class Two(nn.Module):
    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return x + y


class AnyNumber(Net):
    def forward(self, *xs: Tensor) -> Tensor:
        return self.head(self.body(xs[0]))  # type: ignore[no-any-return]


def never(net: Net, x: Tensor) -> Tensor:
    raise AssertionError("never")


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning", "ignore::FutureWarning")
@pytest.mark.parametrize(("make", "reason"), REFUSED.values(), ids=list(REFUSED))
def test_what_is_refused_says_the_true_reason(make: Callable[[], Any], reason: str) -> None:
    with pytest.raises((UncapturableModel, UnsuitableInput), match=reason) as caught:
        DeconvNet(make()).strongest(images(), "0")
    assert "\n" not in str(caught.value)


def compiled_part() -> nn.Module:
    net = Net(plain)
    net.body[0] = torch.compile(net.body[0])  # type: ignore[call-overload]
    return net


def compiled_in_place() -> nn.Module:
    net = Net(plain)
    net.compile()
    return net


WRAPPED: dict[str, Callable[[], Any]] = {
    "compiled": lambda: torch.compile(Net(plain)),
    "compiled, parallel": lambda: torch.compile(nn.DataParallel(Net(plain))),
    "a compiled part": compiled_part,
    "compiled in place": compiled_in_place,
    "*xs": lambda: AnyNumber(plain),
}


@pytest.mark.parametrize("make", WRAPPED.values(), ids=list(WRAPPED))
def test_what_only_runs_a_network_is_looked_through(make: Callable[[], Any]) -> None:
    assert same(projections(make(), images()), projections(Net(plain), images()))


@pytest.mark.quick
def test_buffers_that_forward_writes_into_are_put_back() -> None:
    class Counting(Net):
        def __init__(self) -> None:
            super().__init__(plain)
            self.register_buffer("seen", torch.zeros(1))

        def forward(self, x: Tensor) -> Tensor:
            self.seen += 1
            return super().forward(x)

    net = Counting()
    assert projections(net, images())
    assert float(net.seen) == 0


def without_dropout(net: Net, x: Tensor) -> Tensor:
    y = net.body(x)
    words = y.flatten(2)
    gate = F.scaled_dot_product_attention(words, words, words, dropout_p=0.0).mean(2)
    return net.head(y * torch.sigmoid(gate)[:, :, None, None])  # type: ignore[no-any-return]


def test_attention_without_dropout_is_not_random() -> None:
    assert projections(Net(without_dropout), images())


def test_a_method_given_to_one_module_is_its_own() -> None:
    mirror.register(Block, reach=mirror.pointwise)(lambda signal, call, recorded: signal / 3)
    try:
        block = Block()
        block.inside = lambda x: x[:, [1, 0, 3, 2]]  # type: ignore[method-assign]
        graph = capture(nn.Sequential(nn.Conv2d(1, 4, 3), block), (1, 9, 9), (Block,))
        assert [call.name for call in graph.calls] != ["0", "1"]
    finally:
        del mirror.RULES[Block]


def test_messages_blame_the_images_only_where_they_are_to_blame() -> None:
    net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.Conv2d(16, 4, 3))
    with pytest.raises(UncapturableModel, match="expected input.* to have 16 channels, but got 8") as caught:
        DeconvNet(net).strongest(torch.randn(1, 3, 9, 9), "0")
    assert "takes images of" not in str(caught.value)
    with pytest.raises(UnsuitableInput, match="takes images of 3 channels, these have 1"):
        DeconvNet(net).strongest(torch.randn(1, 1, 9, 9), "0")


def test_an_output_that_does_not_count_the_images_costs_no_large_batches() -> None:
    seen: list[int] = []

    class Flat(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.filter = nn.Conv2d(1, 2, 3)

        def forward(self, x: Tensor) -> Tensor:
            seen.append(int(x.shape[0]) if not torch.compiler.is_compiling() else 0)
            return self.filter(x).flatten()

    assert capture(Flat(), (1, 9, 9)).batch is None
    assert max(seen) <= 2
