"""Which layers are watched, and that concatenations cost nothing."""

import pytest
import torch.nn.functional as F
from networks import Joined, layers_of
from oracles import Apply
from torch import nn

from deconvviz import DeconvNet
from deconvviz.errors import UnknownLayer
from deconvviz.mirror.layers import Layers
from deconvviz.scanning.selection import rectified_layers, select


def table(net: nn.Module, size: int = 64) -> Layers:
    return DeconvNet(net, input_shape=(3, size, size)).layers


def test_concatenations_line_up_what_is_watched_anyway() -> None:
    layers = table(Joined(), 8)
    watched, scanned = select(layers, [])
    assert list(watched.items()) == [("relu", 4), ("relu_1", 5), ("pool", 13)]
    by_name = {name: layer for layer in scanned for name in layer.names}
    assert by_name["cat"].pieces == ((0, 4), (4, 5), (0, 4))
    assert by_name["cat"].channels == 13
    assert "cat_1" not in by_name
    assert by_name["a"] is by_name["relu"]
    only, also = select(layers, ["cat"])
    assert list(only) == ["relu", "relu_1"]
    assert {layer.read_at for layer in also} == {"relu", "relu_1", "cat"}
    assert "cat_1" in select(layers, ["cat_1"])[0]


def test_parts_of_an_activation_written_out_are_not_looked_at_unless_asked_for() -> None:
    hardswish = Apply(lambda net, x: x * F.relu6(x + 3) / 6)
    layers = table(nn.Sequential(nn.Conv2d(3, 4, 3), hardswish, nn.Conv2d(4, 2, 3), nn.ReLU()), 12)
    assert rectified_layers(layers) == ["1", "3"]
    assert "1.relu6" in select(layers, ["1.relu6"])[0]


def test_the_default_is_every_rectified_layer_with_maps() -> None:
    names = rectified_layers(layers_of("resnet18"))
    assert ("relu" in names, "maxpool" in names, "layer4.1.relu_1" in names) == (True, True, True)
    assert not any(name.endswith(("add", "bn2", "conv1", "avgpool")) for name in names)
    watched, scanned = select(layers_of("squeezenet1_1", 224), [])
    assert not any(name.endswith((".cat", "features.12")) for name in watched)
    asked = {name for layer in scanned for name in layer.names}
    assert {"features.5", "features.12", "features.12.expand3x3", "features.12.expand3x3_activation"} <= asked
    gates = rectified_layers(layers_of("efficientnet_b0"))
    assert not any("fc" in name or "avgpool" in name for name in gates)


def test_networks_without_activations_are_scanned_too() -> None:
    layers = table(nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3)), 8)
    assert select(layers, [])[0] == {"0": 4, "1": 5}


def test_names_globs_and_all() -> None:
    layers = layers_of("vgg11")
    assert list(select(layers, ["conv2_1"])[0]) == ["features.4"]
    assert list(select(layers, ["conv3_*", "features.3"])[0]) == ["features.4", "features.7", "features.9"]
    assert len(select(layers, ["all"])[0]) == len({row.read_at for row in layers.values()})
    for wrong in ("conv9_9", "conv9_*"):
        with pytest.raises(UnknownLayer, match="conv9_"):
            select(layers, [wrong])
