"""Operators that nobody has a rule for, taken apart where torch can say what they are made of.

`hstack` is a `cat`, `true_divide` a `div`, `clip` a `clamp`: other names and short forms of what is known. Whatever is
made of anything unknown stays whole, so that a refusal names what the network's author wrote.
"""

from collections.abc import Callable, Collection
from functools import cache
from typing import Any

import torch
from torch import SymInt, Tensor
from torch._ops import OpOverload
from torch.fx import Node
from torch.fx.node import map_aggregate
from torch.utils._python_dispatch import TorchDispatchMode

AS_WRITTEN: Any = torch.ops.aten.squeeze.default
"""A `squeeze` that names no dimension is read as it is: taken apart it would drop the batch of a single image."""


def taken_apart(program: Any, known: Collection[Any]) -> Any:
    """The program with every operator that is not known, but made of known ones, taken apart."""
    tried = {AS_WRITTEN}  # once is enough: what is still there then would be there for ever
    while True:
        unknown: dict[OpOverload, Node] = {}
        for node in program.graph.nodes:
            number = isinstance(node.meta.get("val"), SymInt | int)  # a size: it is made of nothing
            if (
                isinstance(node.target, OpOverload)
                and not number
                and node.target not in tried
                and node.target not in known
            ):
                unknown.setdefault(node.target, node)
        apart = {
            op: way for op, node in unknown.items() if (way := _decompositions().get(op)) and _fits(node, way, known)
        }
        if not apart:
            return program
        tried.update(apart)
        program = program.run_decompositions(apart)


@cache
def _decompositions() -> dict[Any, Callable[..., Any]]:
    """What torch knows to take apart, and how."""
    return dict(torch.export.default_decompositions())


class _Parts(TorchDispatchMode):
    """Notes every operator that runs."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.ran: set[Any] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.ran.add(func)
        return func(*args, **(kwargs or {}))


def _fits(node: Node, decomposition: Callable[..., Any], known: Collection[Any]) -> bool:
    """Whether only known operators run when a node is taken apart."""
    args: Any = map_aggregate(node.args, _without_values)
    kwargs: Any = map_aggregate(node.kwargs, _without_values)
    with _Parts() as parts:
        try:
            decomposition(*args, **kwargs)
        except Exception:  # torch's decompositions raise what they like; then it stays whole
            return False
    return all(operator in known for operator in parts.ran)


def _without_values(given: Any) -> Any:
    """What stands for an argument: a tensor of its shape without values, two images."""
    value = given.meta.get("val") if isinstance(given, Node) else given
    if isinstance(value, Tensor):
        shape = [size if isinstance(size, int) else 2 for size in value.shape]
        return torch.empty(shape, dtype=value.dtype, device="meta")
    return 2 if isinstance(value, SymInt) else value
