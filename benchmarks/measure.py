"""How things are measured here: medians of repeats in one run, against the same machine's own limit."""

import platform
import statistics
import time
from collections.abc import Callable, Sequence

import numpy as np
import torch
import torchvision


def seconds(run: Callable[[], object], device: str = "cpu") -> float:
    """How long one run takes, work on a GPU waited for."""
    _finish(device)
    start = time.perf_counter()
    run()
    _finish(device)
    return time.perf_counter() - start


def _finish(device: str) -> None:
    if device.startswith("cuda"):
        torch.cuda.synchronize()


def median(values: Sequence[float]) -> float:
    """The median."""
    return statistics.median(values)


def gemm_peak(dtype: torch.dtype, device: str = "cpu") -> float:
    """Multiply-adds a second that matrix multiplication reaches here: the best size's median of five."""
    best = 0.0
    for size in (1024, 2048, 4096):
        a, b = (torch.randn(size, size, device=device).to(dtype) for _ in range(2))
        (a @ b).sum().item()
        best = max(best, size**3 / median([seconds(lambda a=a, b=b: a @ b, device) for _ in range(5)]))
    return best


def machine(device: str) -> str:
    """One line: processor or GPU, threads, versions."""
    name = torch.cuda.get_device_name(device) if device.startswith("cuda") else _processor()
    return (
        f"{name}, {torch.get_num_threads()} threads, torch {torch.__version__}, "
        f"torchvision {torchvision.__version__}, NumPy {np.__version__}, Python {platform.python_version()}, "
        f"{time.strftime('%Y-%m-%d')}"
    )


def _processor() -> str:
    if not hasattr(torch.cpu, "get_capabilities"):  # older torch
        return platform.processor() or platform.machine()
    units = [name for name in ("avx512_bf16", "amx_bf16") if torch.cpu.get_capabilities().get(name)]
    return f"{torch.cpu.get_capabilities().get('cpu_name', platform.processor())} ({', '.join(units) or 'no bf16'})"


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table, first column left, others right, padded so that it also reads as plain text."""
    widths = [max(len(row[n]) for row in [heads, *rows]) for n in range(len(heads))]
    lines = [[f"{cell:<{w}}" if not n else f"{cell:>{w}}" for n, (cell, w) in enumerate(zip(row, widths, strict=True))]
             for row in [heads, *rows]]  # fmt: skip
    lines.insert(1, ["-" * w if not n else "-" * (w - 1) + ":" for n, w in enumerate(widths)])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)
