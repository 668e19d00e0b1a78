"""What the machine at hand is good at: which precision it multiplies fast, how much it keeps near."""

import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from itertools import chain, takewhile
from typing import Protocol, TypeVar

import torch

from .errors import UnsuitableInput

Part = TypeVar("Part")
Result = TypeVar("Result")

PRECISIONS = ("fp32", "bf16", "auto")


def pick_precision(name: str, device: torch.device, own: torch.dtype) -> torch.dtype:
    """The dtype of signals on the way down; switches, values and ranking are always the network's own.

    `fp32`: the network's own (float32 for nearly all), `bf16`: bfloat16, `auto`: bfloat16 where `device` has
    matrix units for it and the network is float32. Raises UnsuitableInput for other names.
    """
    if name not in PRECISIONS:
        raise UnsuitableInput(f"there is no precision {name!r}; choose {', '.join(PRECISIONS)}")
    if name == "bf16" or (name == "auto" and own == torch.float32 and multiplies_bfloat16(device)):
        return torch.bfloat16
    return own


def multiplies_bfloat16(device: torch.device) -> bool:
    """Whether the device has matrix units for bfloat16: Intel's AMX, NVIDIA's tensor cores since 2020."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type != "cpu":
        return False
    capabilities = getattr(torch.cpu, "get_capabilities", None)  # older torch knows of the units, not for what
    return bool(capabilities().get("amx_bf16") if capabilities else torch.cpu._is_amx_tile_supported())


@contextmanager
def exactly(device: torch.device) -> Iterator[None]:
    """float32 convolutions in float32: on a GPU, cuDNN would round them to TF32, and switches would flip."""
    if device.type != "cuda":
        yield
        return
    now = torch.backends.cudnn
    with now.flags(now.enabled, now.benchmark, deterministic=now.deterministic, allow_tf32=False):
        yield


def batch_bytes(device: torch.device) -> int:
    """How many bytes the signals of one batch may fill before it is halved.

    On a CPU a few megabytes: signals are then read while they are still in the cache, and memory that the
    allocator keeps is used again (above 32 MiB it goes back to the system each time). On a GPU a share of
    what is free. What was tried stands in benchmarks/README.md; the share on a GPU is a guess.
    """
    if device.type == "cuda":
        free, _ = torch.cuda.mem_get_info(device)
        free += torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
        return max(min(free // 16, 2**30), 2**24)
    return 4 * 2**20


MOST_WORKERS = 4
"""How many parts are worked on at once: each needs memory of its own."""


def workers(device: torch.device) -> int:
    """How many parts to work on at once: on a CPU one a core, since cores that share a part wait at each step."""
    return min(torch.get_num_threads(), MOST_WORKERS) if device.type == "cpu" else 1


def at_once(
    work: Callable[[Part], Iterable[Result]], parts: Sequence[Part], sharers: int | None = None
) -> list[Result]:
    """What `work` makes of the parts, one after the other, `sharers` at once; each has its share of torch's threads.

    Without `sharers`, one for each of these threads. After an error, or Ctrl-C, no part goes further than its next
    result.
    """
    with sharing(min(sharers or torch.get_num_threads(), len(parts))) as each:
        return each(work, parts)


class AtOnce(Protocol):
    """`at_once` with threads that are there already."""

    def __call__(self, work: Callable[[Part], Iterable[Result]], parts: Sequence[Part], /) -> list[Result]:
        """What `work` makes of the parts."""


@contextmanager
def sharing(sharers: int | None = None) -> Iterator[AtOnce]:
    """Give a function like `at_once` whose threads stay: for much work in short rounds, since threads begin slowly.

    There are `sharers` of them, or as many as torch has; what one of them alone would do is done by the caller.
    """
    threads = torch.get_num_threads()
    count = threads if sharers is None else sharers
    if count <= 1:
        yield lambda work, parts: [result for part in parts for result in work(part)]
        return
    with threads_with([max(threads // count + (n < threads % count), 1) for n in range(count)]) as pool:

        def each(work: Callable[[Part], Iterable[Result]], parts: Sequence[Part], /) -> list[Result]:
            stopped = threading.Event()

            def done(part: Part) -> list[Result]:
                return list(takewhile(lambda _: not stopped.is_set(), work(part)))

            try:
                return list(chain.from_iterable(pool.map(done, parts)))
            finally:
                stopped.set()

        yield each


@contextmanager
def threads_with(shares: Sequence[int], name: str = "") -> Iterator[ThreadPoolExecutor]:
    """A pool in whose threads torch uses so many cores each; elsewhere it uses as many as before.

    `set_num_threads` holds for the thread that calls it and for those yet to begin, hence the order here: each
    thread takes over the number first, then sets its own, and the caller puts the old one back when all have.
    On leaving, what has not begun is dropped.
    """
    pool, threads = ThreadPoolExecutor(len(shares), thread_name_prefix=name), torch.get_num_threads()
    begun = threading.Barrier(len(shares) + 1)

    def begin(share: int) -> None:
        torch.get_num_threads()
        torch.set_num_threads(share)
        begun.wait()

    try:
        try:
            for share in shares:
                pool.submit(begin, share)
            begun.wait()
        finally:
            begun.abort()  # interrupted: nobody waits for ever
            torch.set_num_threads(threads)
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
