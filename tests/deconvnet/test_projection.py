"""Projections of whole networks against autograd, captum, and their own laws."""

import gc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from captum.attr import NeuronDeconvolution
from drawn import hatching, levels
from hypothesis import given, settings
from hypothesis import strategies as st
from networks import KINDS, Small, as_units, lively_units, module_and_use, network
from oracles import Apply, autograd_projection, relative_error
from PIL import Image
from torch import Tensor, nn

import deconvviz
from deconvviz import DeconvNet, Projection, Unit
from deconvviz.errors import UncapturableModel, UnknownLayer, UnknownModel, UnknownUnit, UnsuitableInput


def worst_error(dv: DeconvNet, x: Tensor, layer: str, alive: bool = True) -> float:
    """The largest relative error over some lively units of a layer; `alive`: not all may be zero."""
    read_at = dv.layers_for(x.shape[1:])[layer].read_at
    recording = dv.record(x, [layer])
    maps = recording.maps[read_at]
    places = lively_units(maps)
    projections = dv.project(recording, as_units(layer, places, maps.ndim == 2))
    expected = autograd_projection(dv.net, x, *module_and_use(dv.net, read_at), places)
    assert not alive or any(e.norm() > 0 for e in expected)
    return max(relative_error(p.canvas(), e) for p, e in zip(projections, expected, strict=True))


NETWORKS = {
    "alexnet": (224, ["features.0", "features.5", "features.8", "features.12", "classifier.4", "classifier.6"]),
    "vgg11": (64, ["features.3", "features.8", "features.13", "features.20", "classifier.0", "classifier.6"]),
    "vgg11_bn": (64, ["features.4", "features.11", "features.22", "features.28", "classifier.6"]),
    "zfnet": (224, ["conv1", "norm1", "conv2", "conv3", "pool5", "fc6", "fc7"]),
    "squeezenet1_0": (97, ["features.0", "features.3", "features.5.expand3x3", "features.9", "classifier.1"]),
    "squeezenet1_1": (97, ["features.3", "features.7", "features.12.expand1x1", "features.12", "classifier.3"]),
    "resnet18": (97, ["relu", "layer1.0.relu_1", "layer2.0.downsample.1", "layer3.1.conv2", "layer4.1", "fc"]),
    "resnet50": (97, ["conv1", "layer1.2.relu_2", "layer2.3", "layer3.0.conv3", "layer4.2", "fc"]),
}


LARGE = ("vgg11", "vgg11_bn", "resnet50", "squeezenet1_0")
"""One of each of their families is compared with autograd in tests/mirror/test_networks.py each time."""


@pytest.mark.parametrize("name", [pytest.param(n, marks=pytest.mark.exhaustive) if n in LARGE else n for n in NETWORKS])
def test_networks_equal_autograd_in_float64(name: str) -> None:
    size, layers = NETWORKS[name]
    net = network(name).double()
    x = torch.randn(2, 3, size, size, dtype=torch.float64, generator=torch.Generator().manual_seed(5))
    dv = DeconvNet(net)
    errors = {layer: worst_error(dv, x, layer) for layer in layers}
    print(f"largest relative error, {name}: {max(errors.values()):.1e}")
    assert max(errors.values()) <= 1e-10, errors


@pytest.mark.parametrize("name", ["alexnet", "zfnet", "squeezenet1_1", "resnet18"])
def test_networks_equal_autograd_in_float32(name: str) -> None:
    size, layers = NETWORKS[name]
    x = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(5))
    assert worst_error(DeconvNet(network(name)), x, layers[-2]) <= 1e-5


@pytest.mark.parametrize(
    ("name", "layer", "module"),
    [
        ("alexnet", "features.10", "features.10"),
        ("vgg11", "features.16", "features.16"),
        ("squeezenet1_1", "features.6.expand3x3", "features.6.expand3x3"),
        ("resnet18", "layer2.1", "layer2.1"),
    ],
)
def test_captum_agrees_where_it_is_right(name: str, layer: str, module: str) -> None:
    """Captum seeds with 1, at the convolution: the same up to the activation's value where the unit fires."""
    net = network(name)
    for part in net.modules():
        if isinstance(part, nn.ReLU):
            part.inplace = False  # captum reads the convolution's output, which must not be overwritten
    size = 224 if name == "alexnet" else 97
    x = torch.randn(2, 3, size, size, generator=torch.Generator().manual_seed(6))
    dv = DeconvNet(net)
    unit = dv.strongest(x, layer, 1)[0]
    with pytest.warns(UserWarning, match="backward hooks"):
        found = NeuronDeconvolution(net, net.get_submodule(module)).attribute(
            x[:1], (unit.channel, unit.row, unit.column)
        )
    (projection,) = dv.project(x[:1], [unit])
    assert relative_error(projection.canvas(), found[0] * projection.activation) <= 1e-5


@pytest.mark.quick
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(33, 47), (40, 36)])
def test_every_kind_of_unit_equals_autograd(kind: str, size: tuple[int, int]) -> None:
    torch.manual_seed(1)
    net = Small(*KINDS[kind]()).double().eval()
    x = torch.randn(2, 2, *size, dtype=torch.float64)
    dv = DeconvNet(net)
    for layer in ("relu1", "pool", "relu2"):
        assert worst_error(dv, x, layer) <= 1e-10, layer


@settings(max_examples=25, deadline=None)
@given(
    kernel=st.integers(1, 5),
    stride=st.integers(1, 3),
    padding=st.integers(0, 2),
    dilation=st.integers(1, 2),
    pool=st.integers(2, 3),
    ceil=st.booleans(),
    size=st.integers(33, 47),
    seed=st.integers(0, 1000),
)
def test_any_geometry(
    kernel: int, stride: int, padding: int, dilation: int, pool: int, ceil: bool, size: int, seed: int
) -> None:
    """Exact, zero outside the receptive field (the canvas is), and positively homogeneous."""
    torch.manual_seed(seed)
    net = Small(
        nn.Conv2d(1, 3, kernel, stride, padding, dilation),
        nn.MaxPool2d(pool, 2, ceil_mode=ceil),
        nn.Conv2d(3, 2, 3, padding=1),
    ).double()
    x = torch.randn(2, 1, size, size + 3, dtype=torch.float64)
    dv = DeconvNet(net)
    assert worst_error(dv, x, "relu2", alive=False) <= 1e-10  # a random signal may be rectified away


def test_support_is_inside_the_receptive_field() -> None:
    """The oracle's own support, on the whole image, lies in the box that is computed from geometry alone."""
    torch.manual_seed(2)
    net = Small(nn.Conv2d(1, 4, 5, 2, 1), nn.MaxPool2d(3, 2), nn.Conv2d(4, 4, 3, padding=1)).double()
    x = torch.randn(1, 1, 47, 39, dtype=torch.float64)
    for unit in DeconvNet(net).strongest(x, "second", 4):
        (projection,) = DeconvNet(net).project(x, [unit])
        place = (0, unit.channel, unit.row or 0, unit.column or 0)
        (whole,) = autograd_projection(net, x, "relu2", 0, [place])
        top, left, bottom, right = projection.box
        assert whole[:, top:bottom, left:right].abs().sum() > 0
        whole[:, top:bottom, left:right] = 0
        assert whole.abs().sum() == 0


@pytest.mark.parametrize("factor", [0.25, 3.0])
def test_projections_scale_with_the_activation(factor: float) -> None:
    """P(αs) = αP(s) for α > 0: the last filter scaled by α makes its activations α times as large."""
    torch.manual_seed(3)
    net = Small(nn.Conv2d(2, 4, 3), nn.MaxPool2d(3, 2), nn.Conv2d(4, 3, 3, bias=False)).double()
    x = torch.randn(1, 2, 21, 21, dtype=torch.float64)
    unit = DeconvNet(net).strongest(x, "pool", 1)[0]
    dv = DeconvNet(net)
    recording = dv.record(x, ["pool"])
    (projection,) = dv.project(recording, [unit])
    recording.maps["pool"].mul_(factor)
    (scaled,) = dv.project(recording, [unit])
    assert scaled.activation == pytest.approx(factor * projection.activation)
    assert relative_error(scaled.canvas(), factor * projection.canvas()) <= 1e-14


def test_projections_are_not_additive_but_rectified() -> None:
    """Two channels that cancel beneath: the signal is rectified at each layer, as the paper says."""
    net = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.ReLU(), nn.Conv2d(1, 2, 1, bias=False), nn.ReLU())
    net[0].weight.data.fill_(1.0)
    net[2].weight.data.copy_(torch.tensor([2.0, -1.0]).view(2, 1, 1, 1))
    dv = DeconvNet(net.double())
    positive, silent = dv.project(torch.ones(1, 1, 4, 4, dtype=torch.float64), ["3:0@1,1", "3:1@1,1"])
    assert positive.pixels.item() == 4.0  # activation 2, painted through filters 2 and 1
    assert silent.activation == 0
    assert silent.pixels.item() == 0


def test_batches_and_mixed_images_do_not_matter() -> None:
    torch.manual_seed(4)
    net = Small(nn.Conv2d(1, 4, 3, 2), nn.MaxPool2d(3, 2), nn.Conv2d(4, 4, 3, padding=1)).double()
    x = torch.randn(3, 1, 33, 35, dtype=torch.float64)
    dv = DeconvNet(net)
    units = [Unit("relu2", c, r, q, image=i) for i in range(3) for c in range(4) for r, q in [(0, 0), (3, 3), (6, 7)]]
    together = dv.project(x, units)
    for unit, projection in list(zip(units, together, strict=True))[::5]:
        alone = DeconvNet(net).project(x[unit.image : unit.image + 1], [f"relu2:{unit.channel}{unit.position}"])[0]
        assert alone.box == projection.box
        assert relative_error(projection.pixels, alone.pixels) <= 1e-14


class Skips(nn.Module):
    """One map that is rectified, scaled, skipped and joined: what arrives there must not be overwritten."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm, self.second = nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.Conv2d(4, 4, 3, padding=1)
        self.last = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        x = self.first(x)
        y = x + self.norm(x).relu() + torch.cat([x[:, :2].relu(), self.second(x.relu())[:, :2]], 1).relu()
        return self.last(self.second(y + self.second(y)))


def test_signals_that_others_hold_are_not_overwritten() -> None:
    torch.manual_seed(7)
    net = Skips().double().eval()
    net.norm.running_mean, net.norm.running_var = torch.randn(4).double(), torch.rand(4).double() + 0.5
    x = torch.randn(2, 1, 21, 19, dtype=torch.float64)
    assert worst_error(DeconvNet(net), x, "last") <= 1e-12


def in_a_new_thread(question: Callable[[], int]) -> int:
    """What a thread that begins now gets to hear: torch's numbers hold for one thread, or for those to come."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(question).result()


def test_threads_do_not_matter() -> None:
    """Each takes its part of the units; as many as before are left for what comes after."""
    torch.manual_seed(4)
    net = Small(nn.Conv2d(1, 4, 3, 2), nn.MaxPool2d(3, 2), nn.Conv2d(4, 4, 3, padding=1)).double()
    x, dv, threads = torch.randn(3, 1, 33, 35, dtype=torch.float64), DeconvNet(net), torch.get_num_threads()
    units = [Unit("relu2", c, 3, q, image=i) for i in range(3) for c in range(4) for q in range(8)]
    projections = []
    try:
        for count in (1, 3):
            torch.set_num_threads(count)
            projections.append(dv.project(x, units))
            assert torch.get_num_threads() == count == in_a_new_thread(torch.get_num_threads)
    finally:
        torch.set_num_threads(threads)
    for one, other in zip(*projections, strict=True):
        assert one.unit == other.unit
        assert relative_error(one.pixels, other.pixels) <= 1e-14
        assert not other.pixels.is_inference()


def test_units_of_a_convolution_are_read_after_its_activation() -> None:
    dv = DeconvNet(network("vgg11_bn"), input_shape=(3, 64, 64))
    assert dv.layers["features.0"].read_at == "features.2"
    assert dv.layers["conv1_1"].name == "features.0"
    assert dv.layers["features.2"].read_at == "features.2"
    assert dv.layers["fc8"].read_at == "classifier.6"
    x = torch.randn(1, 3, 64, 64)
    assert dv.strongest(x, "conv1_1", 1)[0].activation == dv.strongest(x, "features.2", 1)[0].activation


def test_container_modules_are_layers() -> None:
    layers = DeconvNet(network("squeezenet1_1"), input_shape=(3, 64, 64)).layers
    assert layers["features.3"].channels == 128
    assert layers["features.3.cat"] is layers["features.3"]
    assert "features.2" in layers
    assert "features.3.nothing" not in layers
    resnet = DeconvNet(network("resnet18"), input_shape=(3, 64, 64)).layers
    assert resnet["layer1.0"] is resnet["layer1.0.relu_1"]
    assert resnet["layer1"] is resnet["layer1.1.relu_1"]
    assert resnet["layer1.0.add"].kind == "add"


def snapshot(net: nn.Module) -> object:
    return (
        {n: t.clone() for n, t in net.state_dict().items()},
        {n: (m.training, len(m._forward_hooks), len(m._forward_pre_hooks), type(m)) for n, m in net.named_modules()},
        {n: (p.requires_grad, p.grad is None, p.data_ptr()) for n, p in net.named_parameters()},
    )


def same(before: tuple, after: tuple) -> bool:  # type: ignore[type-arg]
    return before[1:] == after[1:] and all(torch.equal(before[0][n], after[0][n]) for n in before[0])


def test_the_model_is_left_as_found() -> None:
    net = network("resnet18").train()
    net.layer1.eval()
    seen: list[int] = []
    net.layer2.register_forward_hook(lambda *_: seen.append(1))
    before = snapshot(net)
    dv = DeconvNet(net)
    x = torch.randn(1, 3, 64, 64)
    dv.project(x, dv.strongest(x, "layer2.0", 3))
    assert same(before, snapshot(net))


def test_the_model_is_left_as_found_after_an_error_inside_it() -> None:
    def stumble(net: nn.Module, x: Tensor) -> Tensor:
        if x.sum() > 0:
            return x
        return x + 1

    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), Apply(stumble)).train()
    before = snapshot(net)
    with pytest.raises(UncapturableModel, match=r"test_projection.py:\d+.*values of an image"):
        DeconvNet(net).project(torch.rand(2, 1, 9, 9), ["0:0"])
    assert same(before, snapshot(net))


def test_hooks_are_gone_after_an_error_while_recording(monkeypatch: pytest.MonkeyPatch) -> None:
    net = network("squeezenet1_1")
    dv = DeconvNet(net)
    x = torch.randn(1, 3, 64, 64)
    table = dv.layers_for((3, 64, 64))
    pool = table.graph.by_name["features.2"]

    def break_down(*values: object, **options: object) -> None:
        raise RuntimeError("in the middle")

    monkeypatch.setattr(pool, "forward", break_down)
    with pytest.raises(RuntimeError, match="in the middle"):
        dv.record(x, ["features.3"])
    assert not any(call._forward_hooks for call in table.graph.calls)


def test_weights_are_shared_not_copied() -> None:
    torch.manual_seed(5)
    net = Small(nn.Conv2d(1, 4, 3), nn.MaxPool2d(2), nn.Conv2d(4, 3, 3))
    dv, x = DeconvNet(net), torch.rand(1, 1, 20, 20)
    before = dv.project(x, dv.strongest(x, "pool", 1))[0]
    with torch.no_grad():
        net.first.weight.mul_(2)
        net.first.bias.mul_(2)
    after = dv.project(x, [before.unit])[0]
    assert after.activation == pytest.approx(2 * before.activation)
    assert relative_error(after.pixels, 4 * before.pixels) < 1e-6


def test_memory_does_not_grow() -> None:
    net = Small(nn.Conv2d(1, 4, 3), nn.MaxPool2d(2), nn.Conv2d(4, 3, 3))
    dv, x = DeconvNet(net), torch.rand(1, 1, 20, 20)

    def tensors() -> int:
        gc.collect()
        return sum(isinstance(o, Tensor) for o in gc.get_objects())

    dv.project(x, ["relu2:0"])
    before = tensors()
    for _ in range(200):
        dv.project(x, ["relu2:0"])
    assert tensors() <= before


def test_pixels_box_and_canvas_fit_together() -> None:
    net = Small(nn.Conv2d(3, 4, 5, padding=2), nn.MaxPool2d(2), nn.Conv2d(4, 3, 3, padding=1))
    dv = DeconvNet(net, deconvviz.Preprocess(24, (0.5,) * 3, (0.25,) * 3))
    corner: Projection = dv.project(torch.rand(1, 3, 24, 24), ["second:1@0,0"])[0]
    assert corner.field == (-4, -4, 6, 6)
    assert corner.box == (0, 0, 6, 6)
    assert corner.pixels.shape == (3, 6, 6)
    assert corner.canvas().shape == (3, 24, 24)
    assert corner.patch.size == (6, 6)
    assert corner.seen.size == (24, 24)
    assert repr(corner).startswith("Projection(second:1@0,0, activation")


def test_the_mirror_prints_itself() -> None:
    text = repr(DeconvNet(network("alexnet"), input_shape=(3, 224, 224)))
    assert "features.2" in text
    assert "unpool" in text
    assert "64×27×27" in text


@pytest.mark.parametrize(
    ("unit", "error", "says"),
    [
        ("frist:0", UnknownLayer, "no layer 'frist'.*first"),
        ("first:4", UnknownUnit, "no feature map 4; first has 0 … 3"),
        ("first:0@18,0", UnknownUnit, "no row 18"),
        ("first:0@1", UnknownUnit, "names no unit"),
        ("first", UnknownUnit, "names no unit"),
    ],
)
def test_units_that_are_not_there(unit: str, error: type[Exception], says: str) -> None:
    dv = DeconvNet(Small(nn.Conv2d(1, 4, 3), nn.MaxPool2d(2), nn.Conv2d(4, 3, 3)))
    with pytest.raises(error, match=says):
        dv.project(torch.rand(1, 1, 20, 20), [unit])


def test_inputs_that_do_not_suit() -> None:
    dv = DeconvNet(Small(nn.Conv2d(1, 4, 3), nn.MaxPool2d(2), nn.Conv2d(4, 3, 3)))
    with pytest.raises(UnsuitableInput, match="already normalised"):
        dv.project(torch.zeros(1, 1, 20, 20, dtype=torch.int32), ["first:0"])
    with pytest.raises(UnsuitableInput, match="cannot take images of 1×3×3"):
        dv.project(torch.rand(1, 1, 3, 3), ["second:0"])
    with pytest.raises(UnsuitableInput, match="takes images of 1 channels, these have 2"):
        dv.project(torch.rand(1, 2, 20, 20), ["second:0"])
    with pytest.raises(UnsuitableInput, match="need a preprocessing"):
        dv.project("cat.jpg", ["second:0"])
    with pytest.raises(UnsuitableInput, match="input_shape"):
        _ = DeconvNet(nn.Conv2d(1, 1, 1)).layers
    with pytest.raises(UnsuitableInput, match="not finite"):
        dv.strongest(torch.full((1, 1, 20, 20), float("nan")), "first")
    filters = nn.Conv2d(1, 1, 3, bias=False)
    nn.init.constant_(filters.weight, 1e20)  # activations of 1e20 are still in range, and not what they paint
    with pytest.raises(UnsuitableInput, match=r"^0:0@.* grew beyond what float32 can hold"):
        DeconvNet(nn.Sequential(filters)).project(torch.rand(1, 1, 20, 20), ["0:0"])
    with pytest.raises(UnsuitableInput, match="takes images of 1 channels"):
        dv.project(torch.rand(1, 3, 20, 20), ["first:0"])
    with pytest.raises(UnsuitableInput, match="batch is empty"):
        dv.project(torch.rand(0, 1, 20, 20), ["first:0"])
    with pytest.raises(UnsuitableInput, match="not complex"):
        DeconvNet(dv.net, deconvviz.Preprocess(20, (0.5,), (0.5,))).strongest(1j, "first")
    with pytest.raises(UnknownModel, match="load_model"):
        DeconvNet("squeezenet1_1")  # type: ignore[arg-type]
    with pytest.raises(UncapturableModel, match="more than one input"):
        DeconvNet(nn.Bilinear(2, 2, 2)).project(torch.rand(1, 1, 4, 4), ["0:0"])


def test_units_that_see_nothing_but_padding() -> None:
    net = nn.Sequential(nn.Conv2d(1, 4, 3, padding=5), nn.ReLU()).eval()
    (corner,) = DeconvNet(net, deconvviz.Preprocess(9, (0.5,), (0.5,))).project(torch.rand(1, 1, 9, 9), "0:0@0,0")
    assert corner.field == (-5, -5, -2, -2)
    assert corner.box == (0, 0, 0, 0)
    assert corner.canvas().abs().sum() == 0
    assert corner.frame == corner.field
    assert corner.show(32).size == (72, 32)
    assert np.array_equal(levels(corner.show(32).crop((0, 0, 32, 32))), hatching(32, 32))
    assert "all of its 3 × 3 pixels" in corner._repr_mimebundle_()["text/html"]


def test_layers_are_asked_for_by_globs() -> None:
    dv = DeconvNet(Small(nn.Conv2d(3, 4, 5), nn.MaxPool2d(2), nn.Conv2d(4, 3, 3)))
    x = torch.rand(2, 3, 24, 24, generator=torch.Generator().manual_seed(8))
    one_by_one = [unit for name in ("first", "second") for unit in dv.strongest(x, name, k=2)]
    assert dv.strongest(x, ["first", "second"], k=2) == dv.strongest(x, "[fs]*", k=2) == one_by_one
    assert dv.strongest(x, ["second", "first"], k=2) == [*one_by_one[4:], *one_by_one[:4]]
    assert [unit.layer for unit in dv.strongest(x, "all", k=1)] == ["first"] * 2 + ["pool"] * 2 + ["second"] * 2
    by_map = dv.strongest_images(x, "[fs]*", k=1)
    assert by_map == dv.strongest_images(x, "first", k=1) + dv.strongest_images(x, "second", k=1)
    recording = dv.record(x, "[fs]*")
    assert dv.strongest(recording, "[fs]*", k=2) == one_by_one
    with pytest.raises(UnsuitableInput, match="no maps of pool"):
        dv.strongest(recording, "*")
    with pytest.raises(UnknownLayer, match=r"no layer matches 'secnd\*' in this network; nearest: second"):
        dv.strongest(x, "secnd*")


def test_units_of_several_layers_are_asked_for_by_globs() -> None:
    net = Small(nn.Conv2d(3, 4, 5), nn.MaxPool2d(2), nn.Conv2d(4, 3, 3))
    x = torch.rand(2, 3, 24, 24, generator=torch.Generator().manual_seed(8))
    units: list[str | Unit] = ["second:0#0", "[fs]*:2#0", Unit("all", 1, 3, 4, image=1)]
    wanted = ["second:0", "first:2", "second:2", "first:1@3,4", "pool:1@3,4", "second:1@3,4"]
    for images in (x, DeconvNet(net).record(x, "all"), list(x)):
        projections = DeconvNet(net).project(images, units)  # this one has seen no image yet
        assert [f"{p.unit.layer}:{p.unit.channel}" for p in projections] == [text.partition("@")[0] for text in wanted]
        assert [p.unit.image for p in projections] == [0, 0, 0, 1, 1, 1]
        alone = DeconvNet(net).project(x, [replace(Unit.parse(w), image=int("@" in w)) for w in wanted])
        assert [p.unit for p in projections] == [p.unit for p in alone]
    with pytest.raises(UnknownUnit, match="no feature map 3; second has 0 … 2"):
        DeconvNet(net).project(x, "*:3")
    with pytest.raises(UnknownLayer, match=r"no layer matches 'thrid\*'"):
        DeconvNet(net).project(x, "thrid*:3")


def test_projections_save_and_show_themselves(tmp_path: Path) -> None:
    net = Small(nn.Conv2d(3, 4, 5, padding=2), nn.MaxPool2d(2), nn.Conv2d(4, 3, 3, padding=1))
    (p,) = DeconvNet(net, deconvviz.Preprocess(24)).project(torch.rand(1, 3, 24, 24), Unit("second", 1))
    p.save(tmp_path / "unit.png")
    assert Image.open(tmp_path / "unit.png").size == (456, 224)
    assert Image.open(tmp_path / "unit.png").tobytes() == p.image.tobytes() == p.show().tobytes()
    p.save(tmp_path / "small.png", tile=32)
    assert Image.open(tmp_path / "small.png").size == p.show(tile=32).size == (72, 32)
    assert "data:image/png;base64," in p._repr_mimebundle_()["text/html"]
