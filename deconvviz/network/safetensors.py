"""Files of safetensors: the length of a header in eight bytes, the header in JSON, then the tensors' bytes in a row.

Read here, not by its library, since that is no dependency of deconvviz and the format is this simple: it holds nothing
that could run. All that a header says is checked against the file before any of it is read.
"""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

LARGEST_HEADER = 100_000_000
"""Bytes; the format's own limit."""

DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "F8_E4M3": torch.float8_e4m3fn,
    "F8_E5M2": torch.float8_e5m2,
    "C64": torch.complex64,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U64": torch.uint64,
    "U32": torch.uint32,
    "U16": torch.uint16,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}


def is_safetensors(path: Path) -> bool:
    """Whether a file begins as one of safetensors does, whatever its name says."""
    with path.open("rb") as file:
        begin = file.read(9)
    return begin[8:] == b"{" and 2 <= int.from_bytes(begin[:8], "little") <= path.stat().st_size - 8


def read_safetensors(path: Path) -> dict[str, Tensor]:
    """The tensors in such a file, by name, on the CPU. Raises ValueError if it is damaged."""
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if length > min(size - 8, LARGEST_HEADER):
            raise ValueError(f"a header of {length} bytes in a file of {size}")
        header = json.loads(file.read(length), object_pairs_hook=_each_once)
        tensors = {}
        for name, start, end, dtype, shape in _entries(header, size - 8 - length):
            file.seek(8 + length + start)
            values = bytearray(file.read(end - start))
            flat = torch.frombuffer(values, dtype=dtype) if values else torch.empty(0, dtype=dtype)
            tensors[name] = flat.view(shape)
    return tensors


def _entries(header: Any, bytes_left: int) -> Iterator[tuple[str, int, int, torch.dtype, list[int]]]:
    """Each tensor's name, first byte and the one after its last, dtype and shape; they fill the file without a gap."""
    if not isinstance(header, dict):
        raise ValueError("a header that is no object")
    entries = {name: entry for name, entry in header.items() if name != "__metadata__"}
    reached = 0
    for name, entry in sorted(entries.items(), key=lambda item: tuple(item[1]["data_offsets"])):
        (start, end), dtype, shape = entry["data_offsets"], DTYPES.get(entry["dtype"]), entry["shape"]
        if dtype is None:
            raise ValueError(f"{name} is of {entry['dtype']}; known are {', '.join(DTYPES)}")
        whole = all(type(number) is int and number >= 0 for number in (start, end, *shape))
        if not whole or start != reached or end - start != math.prod(shape) * dtype.itemsize:
            raise ValueError(f"{name} of {shape} does not lie where the header says, {start} to {end}")
        reached = end
        yield name, start, end, dtype, shape
    if reached != bytes_left:
        raise ValueError(f"{bytes_left} bytes of tensors, of which the header knows {reached}")


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name that stands twice in the header")
    return found
