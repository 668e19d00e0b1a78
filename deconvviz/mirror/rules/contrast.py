"""Local response normalisation that is no module: proved to be what `F.local_response_norm` computes."""

from collections.abc import Mapping
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from ...network import INPUT, Call, Graph, Read
from .elementwise import Expression, in_order, packet
from .proofs import values_of

aten = torch.ops.aten

PARTS = {
    *(aten.mul, aten.pow, aten.square, aten.sqrt, aten.div, aten.add),
    *(aten.unsqueeze, aten.view, aten._unsafe_view, aten.squeeze, aten.pad, aten.constant_pad_nd),
    *(aten.avg_pool2d, aten.avg_pool3d, aten.clone),
}
"""What it is written with: squares, averaged over neighbouring channels, scaled, shifted, to some power."""


def is_contrast_normalisation(call: Call, graph: Graph, places: Mapping[str, int]) -> Expression | None:
    """The calls of a local response normalisation that this quotient completes; None if it is any other quotient."""
    if packet(call) is not aten.div or not all(isinstance(call.arguments[a], Read) for a in ("self", "other")):
        return None
    root = call.arguments["self"].name
    calls = _below(call, root, graph)
    if calls is None:
        return None
    expression = Expression(root, len(call.shape or ()) + 1, in_order([*calls, call], graph, places))
    parameters = parameters_of(expression)
    shape = (graph.input_shape if root == INPUT else graph.by_name[root].shape) or ()
    if expression.weights or parameters is None or len(shape) < 2 or shape != call.shape:
        return None
    x = torch.randn(1, *shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0)) * 3
    found = values_of(expression, x).get(call.name)
    proved = found is not None and _same(found, F.local_response_norm(x, **parameters))
    return expression if proved else None


def _below(call: Call, root: str, graph: Graph) -> list[Call] | None:
    """The calls from the root to the divisor, if they are such as this normalisation is written with."""
    waiting, found = [call.arguments["other"].name], dict[str, Call]()
    while waiting:
        name = waiting.pop()
        if name == root or name in found or (name != INPUT and graph.by_name[name].shape is None):
            continue
        if name == INPUT or packet(graph.by_name[name]) not in PARTS:
            return None
        found[name] = graph.by_name[name]
        waiting += found[name].reads
    pooled = any(packet(c) in (aten.avg_pool2d, aten.avg_pool3d) for c in found.values())
    return list(found.values()) if pooled else None


def parameters_of(expression: Expression) -> dict[str, Any] | None:
    """Size, alpha, beta and k, as its calls have them; whether they really are these is for the proof to say."""
    size, alpha, beta, k = 0, 1.0, 1.0, 0.0
    for call in expression.calls[:-1]:
        kind, other = packet(call), call.arguments.get("other")
        number = float(other) if isinstance(other, int | float) else None
        if kind in (aten.avg_pool2d, aten.avg_pool3d):
            size = max(call["kernel_size"])
        elif kind is aten.mul and number is not None:
            alpha *= number
        elif kind is aten.div and number is not None:
            alpha /= number
        elif kind is aten.add and number is not None:
            k = number
        elif kind is aten.pow and size:  # a power before the pooling is the square
            beta *= float(call["exponent"])
        elif kind is aten.sqrt:
            beta /= 2
    return {"size": size, "alpha": alpha, "beta": beta, "k": k} if size else None


def _same(found: Tensor, expected: Tensor) -> bool:
    return found.shape == expected.shape and torch.allclose(found, expected, rtol=1e-7, atol=0)
