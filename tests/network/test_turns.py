"""Captures take turns: eight threads whose first use is at once, and the networks are as they were."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier, Event, Thread

import pytest
import torch
from torch import Tensor, nn

from deconvviz import DeconvNet
from deconvviz.errors import NoMirrorRule
from deconvviz.network.turns import Turns

pytestmark = pytest.mark.quick

THREADS = 8


def images() -> Tensor:
    return torch.randn(2, 1, 16, 16, generator=torch.Generator().manual_seed(4))


def body() -> nn.Sequential:
    torch.manual_seed(5)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 4, 3)).train()


def projected(dv: DeconvNet) -> list[Tensor]:
    units = dv.strongest(images(), list(dv.layers_for((1, 16, 16)))[-1], k=2)
    return [p.canvas() for p in dv.project(images(), units)]


def at_once(*work: Callable[[], list[Tensor]]) -> list[list[Tensor]]:
    ready = Barrier(len(work))

    def begin(number: int) -> list[Tensor]:
        ready.wait()
        return work[number]()

    with ThreadPoolExecutor(len(work)) as pool:
        return list(pool.map(begin, range(len(work))))


def same(found: list[Tensor], expected: list[Tensor]) -> bool:
    """To rounding: how a sum is shared out depends on how many threads there are to share it."""
    return all(torch.allclose(a, b, rtol=1e-4, atol=1e-6) for a, b in zip(found, expected, strict=True))


def facts(net: nn.Module) -> list[object]:
    tensors = [(name, t.data_ptr(), t.device, t.clone()) for name, t in net.state_dict(keep_vars=True).items()]
    return [*((*rest, value.tolist()) for *rest, value in tensors), [module.training for module in net.modules()]]


def test_threads_whose_first_use_of_one_network_is_at_once() -> None:
    net = body()
    before, expected = facts(net), projected(DeconvNet(body()))
    dv = DeconvNet(net)
    work = [lambda: projected(dv), lambda: projected(DeconvNet(net))] * (THREADS // 2)
    for found in at_once(*work):
        assert same(found, expected)
    assert facts(net) == before
    assert len(dv._tables) == 1


def test_threads_with_networks_that_share_modules() -> None:
    """One's forward pass must not read weights while another's capture has put stand-ins in their place."""
    shared = body()
    nets = [nn.Sequential(shared, nn.Conv2d(4, 3, 1 + number % 3)) for number in range(THREADS)]
    before = [facts(net) for net in nets]
    found = at_once(*[lambda net=net: projected(DeconvNet(net)) for net in nets])  # type: ignore[misc]
    assert [facts(net) for net in nets] == before
    for net, maps in zip(nets, found, strict=True):
        assert same(maps, projected(DeconvNet(net)))


def test_errors_under_it_tell_the_true_reason() -> None:
    class Squaring(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x * x

    net = nn.Sequential(body(), Squaring(), nn.Conv2d(4, 2, 1))

    def refused() -> list[Tensor]:
        with pytest.raises(NoMirrorRule, match="multiplies a map by itself"):
            DeconvNet(net).project(images(), ["2:0"])
        return []

    at_once(*[refused] * THREADS)
    assert not any(p.is_meta for p in net.parameters())


def test_one_is_alone_and_many_share() -> None:
    turns, inside, go_on = Turns(), Event(), Event()
    order: list[str] = []

    def share() -> None:
        with turns.shared(), turns.shared():
            inside.set()
            go_on.wait()
            order.append("shared")

    def alone() -> None:
        with turns.alone(), turns.alone(), turns.shared():
            order.append("alone")

    first = Thread(target=share)
    first.start()
    inside.wait()
    second = Thread(target=alone)
    second.start()
    with turns.shared():  # one that waits to be alone keeps nobody from sharing
        order.append("shared, too")
    go_on.set()
    first.join()
    second.join()
    assert order == ["shared, too", "shared", "alone"]
    with turns.alone(), pytest.raises(ValueError, match="inside"):
        raise ValueError("inside")
    with turns.shared(), pytest.raises(AssertionError), turns.alone():
        pass
    with turns.alone():
        order.append("free again")


def test_threads_that_record_at_once_have_switches_of_their_own() -> None:
    """Each with images of its own, through one `DeconvNet`; beside them one whose layers are called as modules."""
    norm = nn.LocalResponseNorm(3).train()
    net = nn.Sequential(body(), norm, nn.Conv2d(4, 3, 1))
    dv, x = DeconvNet(net), torch.randn(THREADS, 2, 1, 16, 16, generator=torch.Generator().manual_seed(6))
    units = [dv.strongest(some, "2", k=3) for some in x]
    expected = [[p.canvas() for p in dv.project(some, own)] for some, own in zip(x, units, strict=True)]

    def again(number: int) -> list[Tensor]:
        recordings = [dv.record(x[number], "2") for _ in range(10)]
        return [p.canvas() for recording in recordings for p in dv.project(recording, units[number])]

    before = facts(net)
    found = at_once(*[partial(again, number) for number in range(THREADS)])
    assert facts(net) == before
    for maps, own in zip(found, expected, strict=True):
        assert same(maps, own * 10)
