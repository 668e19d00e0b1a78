"""Calls that, taken together, are a function of each value of one map by itself: found, and computed.

Between `x` and `x * F.relu6(x + 3) / 6` lie four operators. Whatever their author wrote, and in whatever order, they
are one function of one number, and such a function can be looked at: on numbers of one's own choosing.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx.node import map_aggregate

from ...network import INPUT, Call, Graph, Read, Weight

aten = torch.ops.aten

MOST_CALLS = 32
"""A function of more calls than these is not looked for: the longest that is an activation has a dozen."""

ALSO_ELEMENTWISE = {  # torch does not mark these as pointwise, though they are
    aten.hardswish,
    aten.where,
    aten.detach,
    aten.alias,
    aten._to_copy,
    aten.masked_fill,
    aten.index_put,
    aten.special_expit,
    aten.special_ndtr,
    aten.prelu,
    aten.log_sigmoid,
    aten.multiply,
    aten.subtract,
    aten.true_divide,
}
FILLS = {  # they read a map for its shape alone
    aten.zeros: 0.0,
    aten.ones: 1.0,
    aten.zeros_like: 0.0,
    aten.ones_like: 1.0,
    aten.new_zeros: 0.0,
    aten.new_ones: 1.0,
    aten.full: None,
    aten.full_like: None,
    aten.new_full: None,
}


def packet(call: Call) -> Any:
    """The operator without its overload: `aten.mul` for `aten.mul.Tensor`; a module's class as it is."""
    return getattr(call.operator, "overloadpacket", call.operator)


def fills(call: Call) -> bool:
    """Whether the call gives a constant as large as a map."""
    return packet(call) in FILLS


def reads_values(call: Call) -> bool:
    """Whether the call reads more of a map than its shape."""
    return packet(call) not in FILLS and packet(call) not in (aten.empty_like, aten.sym_size)


def maps_read(call: Call, graph: Graph) -> list[str]:
    """The values of the graph that the call computes with: tensors that it reads, and not for their shape alone."""
    return [name for name in call.reads if name == INPUT or _is_map(graph.by_name[name])]


def _is_map(call: Call) -> bool:
    return call.shape is not None and not fills(call)


def elementwise(call: Call, graph: Graph) -> bool:
    """Whether each value of the output is computed from the values at the same place alone, and always the same.

    torch marks such operators itself; a map that is repeated to fit another one is not at the same place any more.
    """
    if not pointwise_operator(call) or call.shape is None:
        return False
    shapes = {_shape(name, graph) for name in maps_read(call, graph)}
    return shapes == {call.shape}


def pointwise_operator(call: Call) -> bool:
    """Whether the operator computes each value from those at the same place, as they are in one input or several."""
    tags = getattr(call.operator, "tags", ())
    if torch.Tag.nondeterministic_seeded in tags or call.pick is not None:
        return False
    return torch.Tag.pointwise in tags or packet(call) in ALSO_ELEMENTWISE


def _shape(name: str, graph: Graph) -> tuple[int, ...] | None:
    return graph.input_shape if name == INPUT else graph.by_name[name].shape


class Expression:
    """A call's value as a function of the value of another one, `root`: the calls between them, in order.

    `rank`: how many dimensions the root's value has, its batch counted.
    """

    def __init__(
        self,
        root: str,
        rank: int,
        calls: Sequence[Call],
        numbers: Mapping[tuple[int, str], Tensor] = MappingProxyType({}),
    ) -> None:
        self.root, self.rank, self.calls = root, rank, tuple(calls)
        self.weights = tuple(_weights(calls))
        self._numbers = numbers

    @property
    def is_learned(self) -> bool:
        """Whether it has weights that may be trained: the network's own, or computed from those."""
        return any(map(_is_learned, self.weights))

    def elsewhere(self) -> "Expression":
        """The same with other numbers for what may be trained: at random, 0.5 … 1.5, of the same signs."""
        dice, numbers = torch.Generator().manual_seed(0), dict[tuple[int, str], Tensor]()
        for weight in filter(_is_learned, self.weights):
            value = exact(weight.value)
            if value.is_floating_point() and _key(weight) not in numbers:
                some = torch.rand(value.shape, dtype=torch.float64, generator=dice) + 0.5
                numbers[_key(weight)] = torch.where(value < 0, -some, some)
        return Expression(self.root, self.rank, self.calls, numbers)

    def values(self, x: Tensor) -> dict[str, Tensor]:
        """The value of each of its calls, in float64, where the root's is `x`, by name."""
        known: dict[str, Any] = {self.root: x}
        for call in self.calls:
            known[call.name] = _value(call, known, len(x), self._numbers)
        del known[self.root]
        return known

    def form(self) -> Any:
        """What tells it from others if it has no weights: operators, numbers, and who reads whom. None if it has."""
        if self.weights:
            return None
        numbers = {self.root: -1} | {call.name: n for n, call in enumerate(self.calls)}

        def told(leaf: Any) -> Any:
            return f"#{numbers.get(leaf.name)}" if isinstance(leaf, Read) else leaf

        rows = ((c.operator, str(map_aggregate((c.positional, c.keywords), told))) for c in self.calls)
        return self.rank, tuple(rows)


def expressions(call: Call, graph: Graph, places: Mapping[str, int]) -> Iterator[Expression]:
    """The call's value as a function of one map, if it is that: of the nearest first, then of those before.

    `places`: the number of each call of the graph. What is constant (numbers, weights, fills) may take part.
    """
    if not elementwise(call, graph):
        return
    taken, frontier = [call], set(maps_read(call, graph))
    while True:
        latest = max(frontier, key=lambda name: places.get(name, -1))
        if len(frontier) == 1:
            yield Expression(latest, len(call.shape or ()) + 1, in_order(taken, graph, places))
        before = graph.by_name.get(latest)
        if before is None or len(taken) >= MOST_CALLS or not elementwise(before, graph):
            return
        taken.append(before)
        frontier = (frontier - {latest}) | set(maps_read(before, graph))


def in_order(calls: Sequence[Call], graph: Graph, places: Mapping[str, int]) -> list[Call]:
    """The calls as the network runs them, with the fills that they read."""
    read = [graph.by_name[name] for call in calls for name in call.reads if name in graph.by_name]
    return sorted({*calls, *filter(fills, read)}, key=lambda call: places[call.name])


def _value(call: Call, known: Mapping[str, Any], batch: int, numbers: Mapping[tuple[int, str], Tensor]) -> Any:
    """What the call gives, in float64, on the processor; the one number that networks read is that of the images.

    `numbers`: what stands in for some of the weights.
    """
    if fills(call):
        number = FILLS[packet(call)]
        return torch.full((1,), float(call["fill_value"] if number is None else number), dtype=torch.float64)

    def filled(leaf: Any) -> Any:
        if isinstance(leaf, Read):
            return known.get(leaf.name, batch)
        if isinstance(leaf, Weight):
            return numbers[_key(leaf)] if _key(leaf) in numbers else exact(leaf.value)
        return leaf

    if packet(call) is aten._to_copy:  # a change of precision is none here; a mask becomes numbers
        return exact(filled(call.arguments["self"]), call["dtype"])
    value = call.operator(*map_aggregate(call.positional, filled), **map_aggregate(call.keywords, filled))
    return exact(value) if isinstance(value, Tensor) else value  # a mask times a number is of torch's default precision


def exact(value: Tensor, wanted: torch.dtype | None = None) -> Tensor:
    """A tensor on the processor, in float64 if it is floating point or `wanted` is."""
    floating = value.is_floating_point() or (wanted is not None and wanted.is_floating_point)
    return value.detach().to("cpu", torch.float64 if floating else value.dtype)


def _weights(calls: Sequence[Call]) -> list[Weight]:
    found: list[Weight] = []
    for call in calls:
        map_aggregate((call.positional, call.keywords), lambda a: found.append(a) if isinstance(a, Weight) else None)
    return found


def _is_learned(weight: Weight) -> bool:
    """Whether it belongs to a module, or is computed from one that does: no constant of the forward pass."""
    if isinstance(weight.owner, Call):
        return any(map(_is_learned, _weights([weight.owner])))
    return isinstance(weight.owner, nn.Module)


def _key(weight: Weight) -> tuple[int, str]:
    return id(weight.owner), weight.attribute
