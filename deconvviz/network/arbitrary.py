"""What an operator gives is another each time: random numbers, or memory that nothing has written."""

from typing import Any

import torch
from torch.fx import Node

aten = torch.ops.aten

UNWRITTEN = {aten.empty.memory_format, aten.empty_like.default, aten.new_empty.default, aten.empty_strided.default}
OVERWRITTEN_BY = {aten.fill.Scalar, aten.fill.Tensor, aten.copy.default, aten.zero.default}


def arbitrary(node: Node) -> str:
    """Why an operator's value is another each time, or ""; torch itself marks those that draw random numbers."""
    if _may_draw(node) and not _evaluates(node):
        return "draws random numbers"
    reading = [user for user in node.users if user.target not in OVERWRITTEN_BY and not _may_draw(user)]
    return "begins with whatever lies in memory (take torch.zeros)" if node.target in UNWRITTEN and reading else ""


def _may_draw(node: Node) -> bool:
    return torch.Tag.nondeterministic_seeded in getattr(node.target, "tags", ())


def _evaluates(node: Node) -> bool:
    """Whether an operator that is random in training (RReLU, attention with dropout) is told that it is none."""
    schema: Any = getattr(node.target, "_schema", None)
    names = [argument.name for argument in schema.arguments]
    defaults = {argument.name: argument.default_value for argument in schema.arguments}
    given = defaults | dict(zip(names, node.args, strict=False)) | dict(node.kwargs)
    return given.get("training") is False or given.get("train") is False or given.get("dropout_p") == 0
