"""`torch.export`, and what its errors mean: what the network does with one example, as a program of ATen operators."""

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from ..errors import UncapturableModel, UnsuitableInput, one_line

_TORCHS = logging.getLogger("torch._subclasses.fake_tensor")
"""It logs a traceback of each error that the export raises; what matters of it is in our own error."""


def export(net: nn.Module, example: Tensor) -> Any:
    """What `net` does with images like `example`, their number left open.

    Raises UncapturableModel, and UnsuitableInput if the images are not the network's.
    """
    before = _TORCHS.level
    _TORCHS.setLevel(logging.CRITICAL)
    try:
        with _put_back(net), warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"torch\.(export|fx)\.")  # 2.6 warns of graphs of its own making
            batch = {0: torch.export.Dim.DYNAMIC}
            program = torch.export.export(net, (example,), dynamic_shapes=(batch,), strict=False)
            return _without_dropout(program.run_decompositions({}))
    except Exception as error:
        # torch.export lets any error of the traced code through, so the kinds cannot be listed here
        size = "×".join(str(n) for n in example.shape[1:])
        channels = re.search(r"to have (\d+) channels", str(error))
        if channels:
            raise UnsuitableInput(
                f"{type(net).__name__} takes images of {channels[1]} channels, these have {example.shape[1]}: {size}"
            ) from error
        if re.search(r"missing \d* ?(a )?required", str(error)):
            raise UncapturableModel(
                f"{type(net).__name__}.forward takes more than one input; wrap it in a module that takes images alone"
            ) from error
        if _too_small(error):
            raise UnsuitableInput(
                f"{type(net).__name__} cannot take images of {size} (channels×height×width): "
                f"{one_line(error)}; give larger images, or those it was made for"
            ) from error
        raise UncapturableModel(
            f"{type(net).__name__} cannot be captured by torch.export for input {size}: {one_line(error)}"
            f"{_where(error)}; rewrite that part without data-dependent control flow, or register its "
            "module class with deconvviz.mirror.register"
        ) from error
    finally:
        _TORCHS.setLevel(before)


def _too_small(error: Exception) -> bool:
    signs = "too small|can't be greater than|non-empty|shapes cannot be multiplied"
    signs += "|must match the size|is invalid for input|mat1 and mat2|same reduction dim"
    return re.search(signs, str(error)) is not None


def _where(error: BaseException) -> str:
    """The last line of the network's own code on the error's traceback."""
    place, trace = "", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        foreign = re.search(r"[/\\](torch|deconvviz|lib[/\\]python[\d.]+(?![/\\]site-packages))[/\\]", file)
        if not foreign and not file.startswith("<"):
            place = f" (at {line_of(file, trace.tb_lineno)})"
        trace = trace.tb_next
    return place


def _without_dropout(program: Any) -> Any:
    """Dropout does nothing in evaluation: where torch leaves a copy in its place (2.6 does), that goes, too."""
    for node in list(program.graph.nodes):
        if node.target is torch.ops.aten.clone.default and "dropout" in str(node.meta.get("torch_fn")):
            node.replace_all_uses_with(node.args[0])
            program.graph.erase_node(node)
    return program


@contextmanager
def _put_back(net: nn.Module) -> Iterator[None]:
    """What `forward` keeps in attributes and buffers is put back as it was: torch may leave there what it traced.

    Empty buffers are plain attributes meanwhile: torch before 2.8 takes those of `net` itself for inputs.
    """
    before = [(module, dict(vars(module)), dict(module._buffers)) for module in net.modules()]
    for module, _, buffers in before:
        for name in [name for name, buffer in buffers.items() if buffer is None]:
            del module._buffers[name]
            vars(module)[name] = None
    try:
        yield
    finally:
        for module, attributes, buffers in before:
            for now, found in (vars(module), attributes), (module._buffers, buffers):
                now.clear()  # so that the order is as it was, too
                now.update(found)


def line_of(file: str, line: int | str) -> str:
    """`file.py:12`; a notebook's cell has a file name that nobody can read."""
    return f"notebook cell, line {line}" if re.search(r"ipykernel_\d+[/\\]", file) else f"{file}:{line}"
