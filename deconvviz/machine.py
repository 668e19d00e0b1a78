"""What the machine at hand is good at: which precision it multiplies fast, how much it keeps near."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

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
    return device.type == "cpu" and bool(torch.cpu.get_capabilities().get("amx_bf16"))


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
    """Into how many parts work is best divided: on a CPU the cores, which would wait for each other at each step."""
    return min(torch.get_num_threads(), MOST_WORKERS) if device.type == "cpu" else 1


def at_once(work: Callable[[Part], Result], parts: Sequence[Part], device: torch.device) -> list[Result]:
    """What `work` makes of each part: on a CPU several at once, each with its share of torch's threads."""
    count, threads = min(workers(device), len(parts)), torch.get_num_threads()
    if count <= 1:
        return [work(part) for part in parts]
    with ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(threads // count,)) as pool:
        try:
            return list(pool.map(work, parts))
        finally:
            pool.shutdown(cancel_futures=True)
            torch.set_num_threads(threads)  # the workers' own number would be that of threads to come
