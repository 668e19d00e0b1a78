"""Pictures are read and decoded in threads while the network runs. Pillow lets go of Python's lock."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from ..machine import threads_with

T = TypeVar("T")


@contextmanager
def reading_ahead(
    read: Callable[[int], T], workers: int
) -> Iterator[Callable[[Sequence[Sequence[int]]], Iterator[list[T]]]]:
    """Give a function that goes through batches of numbers, reading what comes next in `workers` threads.

    Memory holds a few batches at a time. On leaving, what has not begun is dropped.
    """
    with threads_with([1] * workers, "read") as pool:  # else torch would start as many more in each of them
        yield lambda batches: _in_order(pool, read, batches, workers)


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
