"""Reading ahead: in order, in threads of one core each, and dropped when nobody wants it any more."""

import threading
import time

import pytest
import torch

from deconvviz.scanning.reading import reading_ahead


@pytest.mark.parametrize("workers", [1, 3])
def test_batches_come_in_order_and_threads_use_one_core(workers: int) -> None:
    threads, seen = torch.get_num_threads(), set()

    def read(number: int) -> int:
        seen.add((threading.current_thread().name, torch.get_num_threads()))
        time.sleep(0.002 * (number % 3))
        return number * number

    batches = [range(5), range(5, 6), range(6, 40)]
    with reading_ahead(read, workers) as batches_of:
        assert list(batches_of(batches)) == [[n * n for n in batch] for batch in batches]
        assert list(batches_of([])) == []
        assert torch.get_num_threads() == threads
    assert {count for _, count in seen} == {1}
    assert all(name.startswith("read") for name, _ in seen)


def test_memory_holds_a_few_batches() -> None:
    begun: list[int] = []
    with reading_ahead(lambda n: begun.append(n), 2) as batches_of:
        batches = batches_of([range(n, n + 4) for n in range(0, 4000, 4)])
        next(batches)
        time.sleep(0.05)
        assert len(begun) <= 24


def test_leaving_early_drops_what_has_not_begun() -> None:
    begun: list[int] = []

    def read(number: int) -> None:
        begun.append(number)
        time.sleep(0.01)

    def interrupted() -> None:
        with reading_ahead(read, 1) as batches_of:
            next(batches_of([range(n, n + 4) for n in range(0, 400, 4)]))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert len(begun) < 20
