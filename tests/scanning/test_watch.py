"""Watching the network run: maxima, positions and statistics, against looking at the whole maps."""

import numpy as np
import pytest
import torch
from networks import Fragile, Joined, randomised
from torch import Tensor, nn

from deconvviz import DeconvNet
from deconvviz.errors import NoMirrorRule, UncapturableModel
from deconvviz.mirror.layers import Layers
from deconvviz.scanning.selection import select
from deconvviz.scanning.tally import from_limbs
from deconvviz.scanning.watch import Watch


def pictures(count: int, size: int = 12) -> Tensor:
    return torch.randn(count, 3, size, size, generator=torch.Generator().manual_seed(5))


def watched(net: nn.Module, batches: list[Tensor], names: list[str], k: int = 3) -> tuple[Watch, Layers]:
    table = DeconvNet(net, input_shape=tuple(batches[0].shape[1:])).layers  # type: ignore[arg-type]
    watch, first = Watch({name: table[name].channels for name in names}, k, torch.device("cpu")), 0
    for batch in batches:
        assert watch.look(table, batch, list(range(first, first + len(batch)))) == {}
        first += len(batch)
    return watch, table


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_best_are_those_of_the_whole_maps(layout: torch.memory_format) -> None:
    torch.manual_seed(1)
    net, images, names = randomised(Joined()), pictures(11), ["relu", "relu_1", "pool"]
    watch, _ = watched(net, [some.to(memory_format=layout) for some in images.split(4)], names)
    best, first = watch.best(), 0
    dv = DeconvNet(net)
    for name in names:
        maps = torch.cat([dv.record(some.to(memory_format=layout), [name]).maps[name] for some in images.split(4)])
        expected = maps.flatten(2).amax(2)
        for channel in range(maps.shape[1]):
            order = expected[:, channel].sort(descending=True, stable=True).indices[:3].tolist()
            row = first + channel
            assert best.images[row].tolist() == order
            for place, image in enumerate(order):
                where = maps[image, channel]
                assert best.values[row, place] == where.max()
                at = (int(best.rows[row, place]), int(best.columns[row, place]))
                assert at == min(map(tuple, (where == where.max()).nonzero().tolist()))
        total = from_limbs(watch.counting.tally().sums[first : first + maps.shape[1]])
        assert np.allclose(total, expected.double().sum(0).numpy(), rtol=1e-6)
        first += maps.shape[1]
    assert watch.counting.tally().count == 11


def test_ties_go_to_the_earlier_image_and_position() -> None:
    net = nn.Sequential(nn.Conv2d(3, 1, 1), nn.ReLU())
    net[0].weight.data.fill_(1.0)
    net[0].bias.data.zero_()
    images = torch.zeros(7, 3, 4, 5)
    images[:, :, 2, 3] = images[:, :, 1, 4] = 1
    images[5] *= 2
    watch, _ = watched(net, [images[:2], images[2:6], images[6:]], ["1"])
    best = watch.best()
    assert best.images.tolist() == [[5, 0, 1]]
    assert best.values.tolist() == [[6.0, 3.0, 3.0]]
    assert (best.rows.tolist(), best.columns.tolist()) == ([[1, 1, 1]], [[4, 4, 4]])


def test_dead_maps_and_vectors() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(400, 6))
    net[0].bias.data[2] = -1e6
    watch, _ = watched(net, [pictures(5)], ["1", "3"])
    best = watch.best()
    assert best.values[2].tolist() == [0, 0, 0]
    assert best.images[2].tolist() == [0, 1, 2]
    assert watch.counting.tally().positive[2] == 0
    scores = net(pictures(5))
    assert np.allclose(best.values[4:, 0], scores.amax(0).detach().numpy(), rtol=1e-5)
    assert (best.rows[4:] == 0).all()


@pytest.mark.parametrize("corner", [9.0, 8.0])
def test_images_that_give_no_numbers_are_left_out_of_everything(corner: float) -> None:
    torch.manual_seed(2)
    net, images = Fragile().eval(), pictures(8)
    images[3, :, 0, 0], images[3] = 0, images[3] * 50  # would win everywhere in the first layer
    images[3, 0, 0, 0] = corner
    table = DeconvNet(net, input_shape=(3, 12, 12)).layers
    read_at = [name for name in table if table[name].kind == "ReLU"]
    watch = Watch({name: table[name].channels for name in read_at}, 3, torch.device("cpu"))
    bad = watch.look(table, images, list(range(8)))
    assert list(bad) == [3]
    assert bad[3] == f"its activations in {read_at[1]} are not finite (NaN or infinite)"
    without = Watch({name: table[name].channels for name in read_at}, 3, torch.device("cpu"))
    numbers = [n if n != 3 else None for n in range(8)]
    assert without.look(table, images, numbers) == {}
    for mine, other in zip(vars(watch.best()).values(), vars(without.best()).values(), strict=True):
        assert np.array_equal(mine, other)
    assert 3 not in watch.best().images
    assert watch.counting.tally().count == without.counting.tally().count == 7
    assert (watch.counting.tally().sums == without.counting.tally().sums).all()


def test_no_hook_is_left_behind_also_after_an_error() -> None:
    net = Joined().eval()
    watch, table = watched(net, [pictures(2)], ["relu"])
    with pytest.raises(RuntimeError):
        watch.look(table, torch.zeros(2, 7, 12, 12), [0, 1])
    assert not any(call._forward_hooks for call in table.graph.calls)
    assert not any(module._forward_hooks for module in net.modules())


class OneByOne(nn.Module):
    """Made for one image at a time."""

    def __init__(self, alone: bool = True) -> None:
        super().__init__()
        torch.manual_seed(8)
        self.first, self.second, self.alone = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 2, 3), alone

    def forward(self, x: Tensor) -> Tensor:
        maps = torch.relu(self.first(x))
        maps = maps[0].unsqueeze(0) if self.alone else maps
        return torch.relu(self.second(maps * OUTSIDE[0]))


OUTSIDE = [2.0]
"""What no capture can see."""


def test_a_network_for_one_image_is_watched_one_by_one() -> None:
    images = pictures(5)
    alone, _ = watched(OneByOne(), [images[:3], images[3:]], ["relu", "relu_1"])
    together, _ = watched(OneByOne(alone=False), [images[:3], images[3:]], ["relu", "relu_1"])
    assert np.array_equal(alone.best().images, together.best().images)
    assert np.allclose(alone.best().values, together.best().values, rtol=1e-5)
    assert alone.counting.tally().count == 5


def test_what_the_network_itself_does_otherwise_is_found_out() -> None:
    net = OneByOne(alone=False)
    table = DeconvNet(net, input_shape=(3, 12, 12)).layers
    watch = Watch({"relu_1": 2}, 3, torch.device("cpu"))
    OUTSIDE[0] = 3.0
    try:
        with pytest.raises(UncapturableModel, match="other values than its capture, first in mul"):
            watch.look(table, pictures(4), range(4))
    finally:
        OUTSIDE[0] = 2.0


def test_layers_above_something_random_are_left_out_or_refused() -> None:
    class Noisy(OneByOne):
        def forward(self, x: Tensor) -> Tensor:
            return torch.relu(self.second(torch.relu(self.first(x)) * torch.rand(1)))

    table = DeconvNet(Noisy(), input_shape=(3, 12, 12)).layers
    assert list(select(table, [])[0]) == ["relu"]
    with pytest.raises(NoMirrorRule, match="draws random numbers"):
        select(table, ["relu_1"])
