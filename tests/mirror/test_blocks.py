"""Blocks: where branches meet in several modules of one class, and the layers that are looked at for that."""

from functools import lru_cache

import pytest
import torch
from torch import Tensor, nn

from deconvviz import DeconvNet, Layers, load_model
from deconvviz.mirror.blocks import block_of, blocks, spread_over_depth, usual_layers
from deconvviz.network import Graph


def inside_blocks(graph: Graph) -> set[str]:
    """The calls in blocks but for what these put out."""
    return set(block_of(graph)) - set(blocks(graph).values())


@lru_cache(maxsize=8)
def table_of(name: str) -> Layers:
    return DeconvNet(load_model(name, "none")).layers


def layers_of(net: nn.Module, size: int = 32) -> Layers:
    return DeconvNet(net.eval(), input_shape=(3, size, size)).layers


BLOCKS = {
    "squeezenet1_1": {f"features.{n}": f"features.{n}" for n in (3, 4, 6, 7, 9, 10, 11, 12)},
    "resnet18": {f"layer{n}.{m}": f"layer{n}.{m}.relu_1" for n in (1, 2, 3, 4) for m in (0, 1)},
    "googlenet": {
        f"inception{name}": f"inception{name}" for name in ("3a", "3b", "4a", "4b", "4c", "4d", "4e", "5a", "5b")
    },
    "vgg11": {},
    "alexnet": {},
}

USUAL = {
    "squeezenet1_1": ["features.0", *BLOCKS["squeezenet1_1"], "classifier.1"],
    "resnet18": ["conv1", *BLOCKS["resnet18"]],
    "googlenet": ["conv1.conv", "conv2.conv", "conv3.conv", *BLOCKS["googlenet"]],
    "vgg11": [f"features.{n}" for n in (0, 3, 6, 8, 11, 13, 16, 18)],
    "alexnet": [f"features.{n}" for n in (0, 3, 6, 8, 10)],
}


@pytest.mark.parametrize("name", BLOCKS)
def test_blocks_are_those_people_speak_of(name: str) -> None:
    table = table_of(name)
    found = blocks(table.graph)
    assert found == BLOCKS[name]
    for path, call in found.items():
        assert path in table
        assert table[path] is table[call]  # by either name one has what the block puts out


@pytest.mark.parametrize("name", BLOCKS)
def test_what_goes_on_inside_is_all_but_what_they_put_out(name: str) -> None:
    table = table_of(name)
    inside = inside_blocks(table.graph)
    prefixes = tuple(f"{path}." for path in BLOCKS[name])
    expected = {call.name for call in table.graph.calls if prefixes and call.name.startswith(prefixes)}
    assert inside == expected - set(BLOCKS[name].values())
    assert bool(inside) == bool(prefixes)
    for call, path in block_of(table.graph).items():
        assert call.startswith(f"{path}.") or BLOCKS[name][path] == call


@pytest.mark.parametrize("name", USUAL)
def test_the_usual_layers_are_what_blocks_put_out_and_filters_outside(name: str) -> None:
    table = table_of(name)
    names = usual_layers(table)
    assert names == USUAL[name]
    depths = [table.depth(one) for one in names]
    assert depths == sorted(depths)
    for one in names:
        assert table[one].size is not None
        assert table[one].name not in inside_blocks(table.graph)


@pytest.mark.parametrize("name", USUAL)
def test_some_of_them_are_spread_over_the_depth(name: str) -> None:
    table, usual = table_of(name), USUAL[name]
    for count in (1, 2, 4):
        chosen = spread_over_depth(table, count)
        assert len(chosen) == count
        places = [usual.index(one) for one in chosen]
        assert places == sorted(places)
        assert chosen[-1] == usual[-1]
        gaps = [b - a for a, b in zip([0, *places], places, strict=False)]
        assert max(gaps) - min(gaps) <= 1
    assert set(spread_over_depth(table, 99)) <= set(usual)


def test_only_some_places_of_reading_are_asked_for() -> None:
    table = table_of("resnet18")
    among = {table[name].read_at for name in ("conv1", "layer1.1", "layer3.0", "fc")} | {"layer2.0.relu"}
    assert usual_layers(table, among) == ["conv1", "layer1.1", "layer3.0"]
    assert spread_over_depth(table, 2, among) == ["layer1.1", "layer3.0"]
    assert usual_layers(table, {"layer2.0.relu"}) == [
        row.name for row in table.values() if row.read_at == "layer2.0.relu"
    ]
    assert spread_over_depth(table, 2, set()) == []


# --- networks of one's own ------------------------------------------------------------------------------


class Residual(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv, self.relu = nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu(x + self.conv(x))


class UNet(nn.Module):
    """Down and up again, with one skip; `inner`: what lies between."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.down, self.pool, self.inner = nn.Conv2d(3, 4, 3, padding=1), nn.MaxPool2d(2), inner
        self.up, self.out = nn.Upsample(scale_factor=2), nn.Conv2d(8, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        x = self.down(x).relu()
        return self.out(torch.cat([x, self.up(self.inner(self.pool(x)))], 1))


class Wrapped(nn.Module):
    def __init__(self, net: nn.Module) -> None:
        super().__init__()
        self.net = net

    def forward(self, x: Tensor) -> Tensor:
        return self.net(x)


def plain() -> nn.Module:
    return nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.ReLU())


def test_the_network_itself_is_no_block_in_a_wrapper_or_not() -> None:
    for net, prefix in ((UNet(plain()), ""), (Wrapped(UNet(plain())), "net.")):
        table = layers_of(net)
        assert blocks(table.graph) == {}
        assert inside_blocks(table.graph) == set()
        assert usual_layers(table) == [f"{prefix}{name}" for name in ("down", "inner.0", "out")]


def test_blocks_in_a_wrapper_are_blocks() -> None:
    inner = nn.Sequential(Residual(4), Residual(4), nn.Conv2d(4, 4, 1))
    table = layers_of(Wrapped(Wrapped(UNet(inner))))
    assert set(blocks(table.graph)) == {"net.net.inner.0", "net.net.inner.1"}
    assert usual_layers(table) == [f"net.net.{name}" for name in ("down", "inner.0", "inner.1", "inner.2", "out")]


def test_one_block_alone_is_none() -> None:
    table = layers_of(nn.Sequential(nn.Conv2d(3, 4, 3), Residual(4), nn.Conv2d(4, 2, 1)))
    assert blocks(table.graph) == {}
    assert usual_layers(table) == ["0", "1.conv", "2"]
    table = layers_of(nn.Sequential(nn.Conv2d(3, 4, 3), Residual(4), Residual(4)))
    assert blocks(table.graph) == {"1": "1.relu", "2": "2.relu"}
    assert usual_layers(table) == ["0", "1", "2"]


def test_blocks_may_each_be_of_a_class_of_its_own() -> None:
    class Other(Residual):
        pass

    table = layers_of(nn.Sequential(nn.Conv2d(3, 4, 3), Residual(4), Other(4)))
    assert blocks(table.graph) == {"1": "1.relu", "2": "2.relu"}
    table = layers_of(Wrapped(nn.Sequential(nn.Conv2d(3, 4, 3), Outer(), Other(4))))
    assert set(blocks(table.graph)) == {"net.1.first", "net.1.second", "net.2"}  # of the outer one there is but one


class Outer(nn.Module):
    """Two blocks and a way around them."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = Residual(4), Residual(4)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.second(self.first(x))


def test_of_blocks_in_blocks_the_outermost_count() -> None:
    table = layers_of(nn.Sequential(nn.Conv2d(3, 4, 3), Outer(), Outer()))
    assert set(blocks(table.graph)) == {"1", "2"}
    assert usual_layers(table) == ["0", "1", "2"]
    assert {"1.first.relu", "1.second.conv"} <= inside_blocks(table.graph)


def test_what_adds_one_thing_to_itself_lets_no_branches_meet() -> None:
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 3, 3, padding=1)

        def forward(self, x: Tensor) -> Tensor:
            x = self.conv(x)
            return x + x

    table = layers_of(nn.Sequential(Twice(), Twice()))
    assert blocks(table.graph) == {}
    assert usual_layers(table) == ["0.conv", "1.conv"]


def test_without_maps_all_layers_there_are() -> None:
    table = layers_of(nn.Sequential(nn.Flatten(), nn.Linear(3 * 8 * 8, 5), nn.ReLU(), nn.Linear(5, 2)), 8)
    assert usual_layers(table) == list(table)
    assert len(usual_layers(table)) >= 2
