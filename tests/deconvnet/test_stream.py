"""Many units: in order, a few at a time, images read when they are needed."""

import inspect
import itertools
from collections.abc import Iterator, Sequence

import pytest
import torch
from networks import network
from oracles import relative_error
from torch import Tensor

from deconvviz.deconvnet.deconvnet import DeconvNet
from deconvviz.deconvnet.units import Unit
from deconvviz.errors import UnknownUnit, UnsuitableInput


class Counted(Sequence[Tensor]):
    """Images that count how often each is read."""

    def __init__(self, tensors: Tensor) -> None:
        self.tensors, self.read = tensors, []

    def __len__(self) -> int:
        return len(self.tensors)

    def __getitem__(self, number: int) -> Tensor:
        self.read.append(number)
        return self.tensors[number]


@pytest.fixture(scope="module")
def dv() -> DeconvNet:
    return DeconvNet(network("squeezenet1_1").double())


@pytest.fixture(scope="module")
def images() -> Tensor:
    return torch.randn(6, 3, 81, 97, dtype=torch.float64, generator=torch.Generator().manual_seed(2))


def drawn(count: int) -> list[Unit]:
    """Units of several layers, some without a position, images out of order."""
    places = itertools.cycle([(0, 0), (3, 1), (None, None), (4, 4), (1, 4)])
    layers = itertools.cycle(["features.3", "features.7", "features.12"])
    return [Unit(next(layers), 7 * n % 60, *next(places), image=n * 5 % 6) for n in range(count)]


@pytest.mark.parametrize("ahead", [1, 4, 7, 512])
def test_the_order_and_the_results_do_not_depend_on_how_many_are_taken_together(
    dv: DeconvNet, images: Tensor, ahead: int
) -> None:
    units = drawn(22)
    expected = dv.project(dv.record(images, ["features.3", "features.7", "features.12"]), units)
    streamed = list(dv.stream(images, iter(units), ahead))
    assert len(streamed) == len(units)
    assert sum(p.pixels.norm() > 0 for p in expected) >= 8
    for unit, ours, theirs in zip(units, streamed, expected, strict=True):
        assert (ours.unit.layer, ours.unit.channel, ours.unit.image) == (unit.layer, unit.channel, unit.image)
        assert ours.unit == theirs.unit
        assert ours.box == theirs.box
        assert relative_error(ours.pixels, theirs.pixels) <= 1e-12
        assert torch.equal(ours.input, images[unit.image])


def test_images_and_units_are_taken_as_they_are_needed(dv: DeconvNet, images: Tensor) -> None:
    source, asked = Counted(images), []

    def units() -> Iterator[Unit]:
        for unit in drawn(30):
            asked.append(unit)
            yield unit

    stream = dv.stream(source, units(), ahead=4)
    assert not asked
    next(stream)
    assert len(asked) == 4
    assert sorted(source.read) == sorted({unit.image for unit in asked})
    assert sum(1 for _ in stream) == 29


def test_pixels_are_tensors_like_any_other(dv: DeconvNet, images: Tensor) -> None:
    (projection,) = dv.project(images[:1], ["features.3:1"])
    weight = torch.ones(3, 1, 1, dtype=torch.float64, requires_grad=True)
    (projection.pixels * weight).sum().backward()
    assert torch.allclose(weight.grad.flatten(), projection.pixels.sum((1, 2)))
    projection.pixels.add_(1)


def test_a_stream_without_end_can_be_begun(dv: DeconvNet, images: Tensor) -> None:
    endless = (Unit("features.3", n % 60, 2, 2, image=n % 6) for n in itertools.count())
    assert len(list(itertools.islice(dv.stream(images, endless, ahead=8), 20))) == 20


def test_images_of_different_sizes_go_in_one_stream(dv: DeconvNet) -> None:
    mixed = [torch.randn(3, *size, dtype=torch.float64) for size in ((64, 80), (90, 64), (64, 80))]
    units = [Unit("features.3", n, 1, 2, image=n % 3) for n in range(6)]
    for unit, projection in zip(units, dv.stream(mixed, units), strict=True):
        (alone,) = dv.project(mixed[unit.image], [Unit(unit.layer, unit.channel, 1, 2)])
        assert relative_error(projection.canvas(), alone.canvas()) <= 1e-12
        assert projection.input.shape == mixed[unit.image].shape


def test_a_bad_unit_is_said_and_what_came_before_was_given(dv: DeconvNet, images: Tensor) -> None:
    stream = dv.stream(images, [Unit("features.3", 1, 1, 1, image=0), Unit("features.3", 1, 1, 1, image=9)], ahead=1)
    next(stream)
    with pytest.raises(UnknownUnit, match="no image 9"):
        next(stream)
    with pytest.raises(UnsuitableInput, match="a tensor in a list"):
        list(dv.stream([torch.zeros(1, 3, 8, 8)], ["features.3:0"]))


@pytest.mark.parametrize(
    "name",
    [
        "alexnet",
        "resnet18",
        "googlenet",
        *(pytest.param(n, marks=pytest.mark.exhaustive) for n in ("vgg11_bn", "densenet121")),
    ],
)
def test_walks_that_are_halved_give_the_same(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few bytes a batch may fill, down to one sample at a time; corners and images mixed."""
    import deconvviz.deconvnet.projecting as room

    side = 224 if name == "alexnet" else 97
    dv = DeconvNet(network(name).double())
    x = torch.randn(2, 3, side, side, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    layer = next(r.name for r in reversed(list(dv.layers_for(x.shape[1:]).values())) if r.size and r.size[0] > 2)
    rows, columns = dv.layers_for(x.shape[1:])[layer].size
    units = [Unit(layer, n, n % rows, n * 3 % columns, image=n % 2) for n in range(9)]
    recording = dv.record(x, [layer])
    together = dv.project(recording, units)
    assert any(p.pixels.norm() > 0 for p in together)
    for most in (1, 50_000):
        monkeypatch.setattr(room, "batch_bytes", lambda device, most=most: most)
        for ours, theirs in zip(dv.project(recording, units), together, strict=True):
            assert relative_error(ours.pixels, theirs.pixels) <= 1e-12


def test_no_progress_is_shown_unless_asked_for() -> None:
    shown = {name: inspect.signature(method).parameters.get("progress") for name, method in vars(DeconvNet).items()
             if inspect.isfunction(method) and name[0] != "_"}  # fmt: skip
    asked = {name: parameter.default for name, parameter in shown.items() if parameter is not None}
    assert asked == dict.fromkeys(("record", "strongest", "strongest_images", "project", "stream"), False)
