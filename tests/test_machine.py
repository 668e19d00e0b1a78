"""Work on several cores at once, and torch's threads as they were."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from deconvviz.deconvnet.projecting import SEEDED_TOGETHER, _evenly
from deconvviz.machine import MOST_WORKERS, at_once, sharing, threads_with, workers

pytestmark = pytest.mark.quick

CPU = torch.device("cpu")


@pytest.fixture(params=[1, 2, 3, 6])
def threads(request: pytest.FixtureRequest) -> Iterator[int]:
    before = torch.get_num_threads()
    torch.set_num_threads(request.param)
    yield request.param
    torch.set_num_threads(before)


def of_new_threads() -> int:
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(torch.get_num_threads).result()


def test_all_cores_are_shared_out(threads: int) -> None:
    together = threading.Barrier(threads)

    def share(_: int) -> Iterator[int]:
        together.wait(10)  # each is in a thread of its own
        yield torch.get_num_threads()

    shares = at_once(share, range(threads))
    assert sum(shares) == threads
    assert torch.get_num_threads() == threads == of_new_threads()


def test_no_more_share_than_asked(threads: int) -> None:
    busy, most = set[int](), list[int]()

    def work(part: int) -> Iterator[int]:
        busy.add(part)
        most.append(len(busy))
        time.sleep(0.01)
        busy.remove(part)
        yield part

    for sharers in (1, 2):
        most.clear()
        assert at_once(work, range(8), sharers) == list(range(8))
        assert max(most) <= sharers
    assert workers(CPU) == min(threads, MOST_WORKERS)
    assert workers(torch.device("cuda")) == 1


def test_results_come_in_order(threads: int) -> None:
    assert at_once(lambda n: iter([n, -n]), range(9)) == [m for n in range(9) for m in (n, -n)]
    assert at_once(lambda n: iter([n]), []) == []


def test_after_an_error_nothing_goes_on(threads: int) -> None:
    begun: list[int] = []
    failed = threading.Event()

    def work(part: int) -> Iterator[int]:
        begun.append(part)
        if part == 0:
            failed.set()
            raise RuntimeError("no")
        while failed.wait(10):  # for ever, but for the stop
            yield part

    with pytest.raises(RuntimeError, match="no"):
        at_once(work, range(40), workers(CPU))
    assert len(begun) <= MOST_WORKERS + 1
    assert torch.get_num_threads() == threads == of_new_threads()


def test_threads_that_stay_do_round_after_round(threads: int) -> None:
    with sharing() as each:
        together = threading.Barrier(threads)

        def who(part: int) -> Iterator[int]:
            together.wait(10)
            yield threading.get_ident()

        first, second = (set(each(who, range(threads))) for _ in range(2))
        assert first == second
        assert len(first) == threads
        assert each(lambda n: iter([n, -n]), range(3)) == [0, 0, 1, -1, 2, -2]
        assert each(lambda n: iter([n]), []) == []
        assert torch.get_num_threads() == threads == of_new_threads()
    with sharing(1) as each:
        assert each(lambda _: iter([threading.get_ident()]), range(2)) == [threading.get_ident()] * 2


def test_after_a_round_with_an_error_another(threads: int) -> None:
    with sharing() as each:
        with pytest.raises(ZeroDivisionError):
            each(lambda n: iter([1 // n]), range(20))
        assert each(lambda n: iter([n]), range(20)) == list(range(20))
    assert torch.get_num_threads() == threads == of_new_threads()


def test_other_threads_are_left_alone_meanwhile(threads: int) -> None:
    with threads_with([1, 1]) as pool:
        assert [pool.submit(torch.get_num_threads).result() for _ in range(4)] == [1] * 4
        assert torch.get_num_threads() == threads == of_new_threads()


@pytest.mark.parametrize("sharers", [1, 2, 4])
@pytest.mark.parametrize("count", [1, 2, 5, 8, 64, 129, 257])
def test_units_are_shared_evenly(count: int, sharers: int) -> None:
    parts = _evenly(list(range(count)), sharers)
    lengths = [len(part) for part in parts]
    assert [number for part in parts for number in part] == list(range(count))
    assert max(lengths) - min(lengths) <= 1
    assert max(lengths) <= SEEDED_TOGETHER
    assert count < 3 * sharers or len(parts) % sharers == 0  # nobody waits for a last part
