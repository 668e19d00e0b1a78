"""Pictures are read and decoded in threads while the network runs. Pillow lets go of Python's lock."""

import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import torch

T = TypeVar("T")


@contextmanager
def reading_ahead(
    read: Callable[[int], T], workers: int
) -> Iterator[Callable[[Sequence[Sequence[int]]], Iterator[list[T]]]]:
    """Give a function that goes through batches of numbers, reading what comes next in `workers` threads.

    Memory holds a few batches at a time. On leaving, what has not begun is dropped.
    """
    pool = ThreadPoolExecutor(workers, thread_name_prefix="read")
    try:
        _keep_torch_single_threaded(pool, workers)
        yield lambda batches: _in_order(pool, read, batches, workers)
    finally:
        pool.shutdown(cancel_futures=True)


def _in_order(
    pool: ThreadPoolExecutor, read: Callable[[int], T], batches: Sequence[Sequence[int]], workers: int
) -> Iterator[list[T]]:
    waiting: deque[list[Future[T]]] = deque()
    for batch in batches:
        waiting.append([pool.submit(read, number) for number in batch])
        if sum(map(len, waiting)) >= len(batch) + 2 * workers and len(waiting) > 2:
            yield [future.result() for future in waiting.popleft()]
    while waiting:
        yield [future.result() for future in waiting.popleft()]


def _keep_torch_single_threaded(pool: ThreadPoolExecutor, workers: int) -> None:
    """Each reading thread shall use one core: else torch would start as many more in each of them.

    `set_num_threads` holds for the thread that calls it and for those yet to begin, hence the order here:
    a thread must have taken over the number first, and the caller puts its own back when all have begun.
    """
    threads, begun = torch.get_num_threads(), threading.Barrier(workers + 1)

    def begin() -> None:
        torch.get_num_threads()
        torch.set_num_threads(1)
        begun.wait()

    for _ in range(workers):
        pool.submit(begin)
    begun.wait()
    torch.set_num_threads(threads)
