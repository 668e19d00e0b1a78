"""Class names belong to the classifier's output, wherever it is, and to no layer that merely has as many maps."""

from collections.abc import Callable
from typing import NamedTuple

import pytest
import torch
from networks import layers_of
from torch import Tensor, nn
from torch.nn import functional as F

from deconvviz import DeconvNet, Layers
from deconvviz.errors import UnknownLayer

NAMES = ["cat", "dog", "owl", "hen", "fox"]


class Five(nn.Module):
    """Three convolutions of five maps each, and a linear layer of five values; `end` says what is made of them."""

    def __init__(self, end: Callable[..., object]) -> None:
        super().__init__()
        self.a, self.b, self.c = nn.Conv2d(3, 5, 3), nn.Conv2d(5, 5, 3), nn.Conv2d(5, 5, 3)
        self.norm, self.fc, self.scale = nn.BatchNorm2d(5), nn.Linear(5, 5), nn.Parameter(torch.rand(5))
        self.end = end

    def forward(self, x: Tensor) -> object:
        return self.end(self, self.b(F.relu(self.a(x))))


def pooled(x: Tensor) -> Tensor:
    return F.adaptive_avg_pool2d(x, 1).flatten(1)


def other(net: Five, x: Tensor) -> Tensor:
    return F.linear(pooled(x), net.fc.weight.T)


class Named(NamedTuple):
    features: Tensor
    logits: Tensor


ENDS: dict[str, tuple[Callable[..., object], list[str], str]] = {
    "linear": (lambda net, x: net.fc(pooled(x)), ["fc"], "fc"),
    "softmax": (lambda net, x: net.fc(pooled(x)).softmax(1), ["fc", "softmax"], "fc"),
    "log softmax": (lambda net, x: F.log_softmax(net.fc(pooled(x)), -1), ["fc", "log_softmax"], "fc"),
    "sigmoid": (lambda net, x: torch.sigmoid(net.fc(x.amax((2, 3)))), ["fc", "sigmoid"], "fc"),
    "temperature": (lambda net, x: net.fc(pooled(x)) / 0.7 * net.scale, ["fc", "div", "mul"], "mul"),
    "pooled maps": (
        lambda net, x: pooled(F.relu(net.c(F.relu(x)))),
        ["c", "relu_2", "adaptive_avg_pool2d", "view"],
        "view",
    ),
    "batch norm": (lambda net, x: net.norm(net.c(x)).mean((2, 3)), ["c", "norm", "mean"], "mean"),
    "segmentation": (
        lambda net, x: {"out": F.interpolate(net.c(x), scale_factor=2).softmax(1)},
        ["c", "upsample_nearest2d", "softmax"],
        "upsample_nearest2d",
    ),
    "a step by indices": (
        lambda net, x: F.adaptive_max_pool2d(net.c(x), 1).select(3, 0).select(2, 0),
        ["c", "adaptive_max_pool2d", "select_1"],
        "select_1",
    ),
    "logits beside features": (lambda net, x: (x, net.fc(pooled(x))), ["fc"], "fc"),
    "predictions beside": (lambda net, x: (lambda y: (y, y.argmax(1)))(net.fc(pooled(x))), ["fc"], "fc"),
    "features alone": (lambda net, x: x + net.c(F.pad(x, [1] * 4)), ["add"], "add"),
    "classes shifted": (lambda net, x: net.fc(pooled(x)).roll(1, 1), ["roll"], "roll"),
    "classes turned": (lambda net, x: net.fc(pooled(x)).flip(1), ["flip"], "flip"),
    "mean of the wrong side": (lambda net, x: F.adaptive_avg_pool2d(x, 5).mean(1).mean(1), ["mean_1"], "mean_1"),
    "two heads": (lambda net, x: (other(net, x), net.fc(pooled(x))), [], "linear fc"),
    "two heads, one of them told": (
        lambda net, x: {"emb": other(net, x), "logits": net.fc(pooled(x)).softmax(1)},
        ["fc", "softmax"],
        "fc",
    ),
    "two heads, one of them named": (lambda net, x: Named(other(net, x), net.fc(pooled(x))), ["fc"], "fc"),
    "a head that helps": (lambda net, x: {"out": net.fc(pooled(x)), "aux": other(net, x)}, ["fc", "linear"], "fc"),
    "the same twice": (
        lambda net, x: (lambda y: (y, y / 2, y.softmax(1)))(net.fc(pooled(x))),
        ["fc", "div", "softmax"],
        "fc",
    ),
    "no classes": (lambda net, x: net.fc(pooled(x))[:, :4], [], "slice_1"),
}


@pytest.mark.parametrize("end", ENDS)
def test_names_belong_to_the_output_alone(end: str) -> None:
    make, named, logits = ENDS[end]
    table = DeconvNet(Five(make), input_shape=(3, 16, 16)).layers
    assert [name for name in table if table.class_names(name, NAMES)] == named
    assert {tuple(table.class_names(name, NAMES)) for name in named} <= {tuple(NAMES)}
    assert [call.name for call in table.scores.logits()] == logits.split()
    assert not any(table.class_names(name, ()) or table.class_names(name, NAMES * 2) for name in table)


def test_a_score_that_filters_go_on_from_is_no_output() -> None:
    """Deep supervision returns scores that the network goes on from: the last ones are the classifier's."""
    table = DeconvNet(Five(lambda net, x: (x, net.c(x))), input_shape=(3, 16, 16)).layers
    assert [name for name in table if table.class_names(name, NAMES)] == ["c"]


@pytest.mark.quick
def test_a_filter_has_the_names_of_where_it_is_read() -> None:
    net = nn.Sequential(nn.Conv2d(3, 5, 1), nn.BatchNorm2d(5), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    table = DeconvNet(net, input_shape=(3, 8, 8)).layers
    assert table["0"].read_at == "2"
    assert list(table.class_names("0", NAMES)) == NAMES
    with pytest.raises(UnknownLayer):
        table.class_names("9", NAMES)


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("squeezenet1_1", ["classifier.1", "classifier.2", "classifier.3", "view"]),
        ("resnet18", ["fc"]),
        ("vgg11", ["classifier.6"]),
    ],
)
def test_torchvisions_classifiers(name: str, named: list[str]) -> None:
    table: Layers = layers_of(name)
    classes = [f"class {number}" for number in range(1000)]
    assert [layer for layer in table if table.class_names(layer, classes)] == named
