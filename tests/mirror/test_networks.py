"""Every convolutional network of torchvision against the autograd oracle, in float64."""

import copy
import re
from dataclasses import replace
from functools import lru_cache

import pytest
import timm
import torch
import torchvision
from networks import (
    ALSO_IN_FLOAT32,
    CLASSIFIERS,
    ONE_OF_EACH,
    SEGMENTATION,
    TIMM,
    TRANSFORMERS,
    as_units,
    lively_units,
    module_and_use,
    randomised,
)
from oracles import eager_outputs, project_back, relative_error
from PIL import Image
from torch import Tensor, nn

from deconvviz import DeconvNet
from deconvviz.errors import DeconvvizError, NoMirrorRule
from deconvviz.network.models import load_model

SIZES = {"timm:inception_v4": 107, "timm:hrnet_w18_small": 96, "inception_v3": 107, "alexnet": 127, "googlenet": 97}
OTHERS = [n for n in (*CLASSIFIERS, *SEGMENTATION, *(f"timm:{n}" for n in TIMM)) if n not in ONE_OF_EACH]
"""Larger networks of the same families, and timm's: the same operators in other numbers."""


def random_network(name: str) -> nn.Module:
    torch.manual_seed(0)
    if name.startswith("timm:"):
        return randomised(timm.create_model(name.removeprefix("timm:"))).double()
    options = {"weights": None}
    if name in SEGMENTATION:
        options["weights_backbone"] = None
    if name == "googlenet":
        options |= {"transform_input": True, "init_weights": False}
    if name == "inception_v3":
        options |= {"init_weights": False}
    return randomised(torchvision.models.get_model(name, **options)).double()


def spread(dv: DeconvNet, count: int) -> list[str]:
    """Layers over the whole depth whose output is that of a module, so that the oracle can hook it."""
    modules = dict(dv.net.named_modules())
    names = [
        row.name
        for row in dv.layers.values()
        if row.name == row.read_at
        and "sigmoid" not in row.kind.lower()  # the oracle holds gates constant: nothing goes back from them
        and (row.name in modules or re.sub(r"_\d+$", "", row.name) in modules)
    ]
    return list(dict.fromkeys(names[round(n * (len(names) - 1) / (count - 1))] for n in range(count)))


def seeded(seed: int) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def largest_error(dv: DeconvNet, x: Tensor, layers: list[str]) -> float:
    """The largest relative error over corner, border and centre units of the layers."""
    recording = dv.record(x, layers)
    places = {name: lively_units(recording.maps[name].movedim(dv.layers.channel_dimension(name), 1)) for name in layers}
    modules = {name: module_and_use(dv.net, name) for name in layers}
    hooked = list(dict.fromkeys(module for module, _ in modules.values()))
    inputs, outputs = eager_outputs(dv.net, x, hooked, dv.method.rule, dv.method.unpool)
    worst, alive = 0.0, 0
    for name in layers:
        module, use = modules[name]
        output = outputs[module][use].movedim(dv.layers.channel_dimension(name), 1)
        assert relative_error(recording.maps[name].movedim(dv.layers.channel_dimension(name), 1), output) < 1e-12
        projections = dv.project(recording, as_units(name, places[name], output.ndim == 2))
        expected = project_back(inputs, output, places[name])
        alive += any(e.norm() > 0 for e in expected)
        worst = max(worst, *(relative_error(p.canvas(), e) for p, e in zip(projections, expected, strict=True)))
    assert alive >= min(4, len(layers))  # in a random network a whole signal may be rectified away, but not everywhere
    return worst


@lru_cache(maxsize=2)
def exact(name: str) -> DeconvNet:
    """The network in float64; captured once, which takes longer than a projection."""
    size = SIZES.get(name, 64)
    return DeconvNet(random_network(name), input_shape=(3, size, size))


def images(name: str) -> Tensor:
    size = SIZES.get(name, 64)
    return torch.randn(2, 3, size, size, generator=seeded(7))


def check_the_deepest_layer_in_float32(name: str) -> None:
    """Against the same way down in float64, from what the float32 forward pass recorded.

    The oracle's own forward pass would not do: in float32 near-ties of a pool fall differently in another
    arrangement of memory, on one machine and not on the next.
    """
    double, x = exact(name), images(name)
    layer = spread(double, 5)[-1]
    reference = double.record(x.double(), [layer])
    single = DeconvNet(copy.deepcopy(double.net).float(), input_shape=tuple(x.shape[1:]))
    recording = single.record(x, [layer])
    read_at = single.layers[layer].read_at
    assert relative_error(recording.maps[read_at].double(), reference.maps[read_at]) < 1e-4
    doubled = replace(
        recording,
        graph=reference.graph,
        images=recording.images.double(),
        maps={key: value.double() for key, value in recording.maps.items()},
        kept={k: tuple(t.double() if t.is_floating_point() else t for t in v) for k, v in recording.kept.items()},
    )
    maps = recording.maps[read_at].movedim(single.layers.channel_dimension(read_at), 1)
    units = as_units(layer, lively_units(maps), maps.ndim == 2)
    pairs = zip(single.project(recording, units), double.project(doubled, units), strict=True)
    error = max(relative_error(found.canvas().double(), expected.canvas()) for found, expected in pairs)
    print(f"{name}: float32 {error:.1e}")
    assert error <= 1e-4


@pytest.mark.parametrize("name", [*ONE_OF_EACH, *(pytest.param(n, marks=pytest.mark.exhaustive) for n in OTHERS)])
def test_network_equals_autograd(name: str) -> None:
    dv = exact(name)
    error = largest_error(dv, images(name).double(), spread(dv, 5))
    print(f"{name}: largest relative error {error:.1e}")
    assert error <= 1e-9
    by_gradient = largest_error(dv.by("gradient"), images(name).double(), spread(dv, 3))
    assert by_gradient <= 1e-9, "the true gradient, by torch.autograd.grad"
    if name in (*ONE_OF_EACH, *ALSO_IN_FLOAT32):
        check_the_deepest_layer_in_float32(name)


def test_the_first_layers_of_googlenet_see_through_its_transform() -> None:
    dv = exact("googlenet")
    x = torch.randn(2, 3, 97, 97, dtype=torch.float64)
    assert largest_error(dv, x, ["conv1", "conv2"]) <= 1e-12
    assert dv.layers["conv1"].receptive_field == (7, 7)


@pytest.mark.parametrize("name", ["resnet26d", "convnext_atto", "inception_v4"])
def test_preprocess_equals_timms_own(name: str) -> None:
    model = load_model(f"timm:{name}", "none")
    config = timm.data.resolve_model_data_config(model.net)
    image = Image.effect_noise((403, 307), 90).convert("RGB")
    expected = timm.data.create_transform(**config, is_training=False)(image)
    assert model.preprocess is not None
    assert torch.allclose(model.preprocess(image), expected, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "weights", "says"),
    [
        ("timm:resnet26q", "none", "nearest: resnet26"),
        ("timm:resnet26d", "nowhere.pth", "there is no such file"),
    ],
)
def test_timm_names_that_are_not_known(name: str, weights: str, says: str) -> None:
    with pytest.raises(DeconvvizError, match=says):
        load_model(name, weights)


@pytest.mark.parametrize(
    "name", [TRANSFORMERS[0], *(pytest.param(name, marks=pytest.mark.exhaustive) for name in TRANSFORMERS[1:])]
)
def test_transformers_are_refused_before_any_work(name: str) -> None:
    net = torchvision.models.get_model(name, weights=None)
    dv = DeconvNet(net, input_shape=(3, 224, 224))
    last = list(dv.layers)[-1]
    with pytest.raises(
        NoMirrorRule, match=r"(has no mirror rule|multiplies two maps|moves the dim).*register\("
    ) as caught:
        dv.record(torch.zeros(1, 3, 224, 224), [last])
    assert "\n" not in str(caught.value)
