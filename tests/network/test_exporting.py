"""What the export leaves of a network: all as it was."""

import warnings

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from deconvviz import DeconvNet
from deconvviz.network.capture import capture
from deconvviz.network.running import run

pytestmark = pytest.mark.quick


class Filling(nn.Module):
    """Makes a mask when it first sees an image, as networks with position grids do."""

    def __init__(self, as_buffer: bool) -> None:
        super().__init__()
        self.filter = nn.Conv2d(1, 2, 3)
        self.mask: Tensor | None
        if as_buffer:
            self.register_buffer("mask", None)
        else:
            self.mask = None
        self.register_buffer("scale", torch.tensor(2.0))
        self.seen = 0

    def forward(self, x: Tensor) -> Tensor:
        self.seen += 1
        maps = self.filter(x).relu()
        if self.mask is None:
            self.mask = torch.ones(maps.shape[2:])
        return maps * self.mask * self.scale


@pytest.mark.filterwarnings("ignore:The tensor attribute")  # torch's own: it would rather have a buffer
@pytest.mark.parametrize("inside", [False, True], ids=["itself", "inside"])
@pytest.mark.parametrize("as_buffer", [False, True], ids=["attribute", "buffer"])
def test_what_forward_keeps_is_put_back(as_buffer: bool, inside: bool) -> None:
    filling = Filling(as_buffer)
    net = nn.Sequential(filling) if inside else filling
    capture(net, (1, 8, 8))
    assert (filling.mask, filling.seen) == (None, 0)
    assert list(filling._buffers) == (["mask", "scale"] if as_buffer else ["scale"])
    assert ("mask" in vars(filling)) is not as_buffer
    assert filling(torch.rand(1, 1, 5, 5)).shape == (1, 2, 3, 3)  # of another size than the export's


def test_a_network_that_is_one_layer_with_empty_buffers() -> None:
    x = torch.rand(2, 2, 5, 5, generator=torch.Generator().manual_seed(1))
    net = nn.InstanceNorm2d(2)
    assert DeconvNet(net).project(x, ["instance_norm:1@2,2"])[0].activation > -9
    assert dict(net._buffers) == {"running_mean": None, "running_var": None, "num_batches_tracked": None}


class Dropping(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Dropout())
        self.dropout = nn.Dropout2d(inplace=True)

    def forward(self, x: Tensor) -> Tensor:
        return F.dropout(self.dropout(self.body(x)).clone() * 2, training=self.training)


def test_dropout_is_no_layer_and_a_copy_is() -> None:
    graph = capture(Dropping(), (1, 8, 8))
    assert [call.name for call in graph.calls] == ["body.0", "body.1", "clone", "mul"]
    assert graph.outputs == ("mul",)
    assert graph.names["body"] == "body.1"


@pytest.mark.parametrize("activation", [nn.ReLU(True), nn.Hardswish(True), nn.ReLU6(True), nn.LeakyReLU(0.2, True)])
def test_what_follows_work_in_place_keeps_its_name(activation: nn.Module) -> None:
    graph = capture(nn.Sequential(nn.Conv2d(1, 2, 3), activation, nn.Flatten(), nn.Linear(72, 3)), (1, 8, 8))
    assert [call.name for call in graph.calls if call.shape] == ["0", "1", "2", "3"]


class WithoutGradients(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.filter, self.flatten = nn.Conv2d(1, 2, 3), nn.Flatten()

    def forward(self, x: Tensor) -> Tensor:
        with torch.no_grad():
            maps = self.filter(x).mul_(2)
        return self.flatten(maps) + 1


def test_what_follows_work_in_place_without_gradients_keeps_its_name() -> None:
    assert capture(WithoutGradients(), (1, 8, 8)).names["flatten"] == "flatten"


class Filled(nn.Module):
    """A view of what was written over in part."""

    def __init__(self) -> None:
        super().__init__()
        self.filter, self.flatten, self.last = nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(72, 3)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.filter(x)
        filled = torch.zeros_like(maps)
        filled[:, :1] = maps[:, 1:]
        return self.last(self.flatten(filled))


def test_a_view_of_what_was_written_over_keeps_its_name() -> None:
    graph = capture(Filled(), (1, 8, 8))
    assert graph.names["flatten"] == "flatten"
    assert [call.name for call in graph.calls if call.name.startswith("last")] == ["last"]
    x = torch.rand(2, 1, 8, 8)
    assert torch.equal(run(graph.calls, x, ["last"])["last"], graph.net(x))


class Overwriting(nn.Module):
    """What is written over is read under its old name, too, as it is after that; and `copy` before."""

    def __init__(self) -> None:
        super().__init__()
        self.filter = nn.Conv2d(1, 2, 3)

    def forward(self, x: Tensor) -> Tensor:
        maps = self.filter(x)
        copy, view = maps.clone(), maps.view(-1, 2, 36)
        F.hardtanh_(maps, -0.1, 0.1)
        with torch.no_grad():
            doubled = self.filter(x).mul_(2).add_(torch.ones(1, dtype=torch.float32)).sub_(maps).div_(copy)
        return torch.cat([maps, copy, F.relu_(copy * 2), view.view(maps.shape), doubled], 1)


def test_what_is_written_over_is_read_so_everywhere() -> None:
    torch.manual_seed(1)
    net, x = Overwriting().double().eval(), torch.randn(2, 1, 8, 8, dtype=torch.float64)
    graph = capture(net, (1, 8, 8))
    assert torch.equal(run(graph.calls, x, graph.outputs)[graph.outputs[0]], net(x))


class Halving(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * torch.tensor(0.5)


def test_torch_says_nothing_of_constants_made_in_forward() -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        capture(nn.Sequential(nn.Conv2d(1, 2, 3), nn.Sequential(Halving())), (1, 8, 8))
    assert not said
