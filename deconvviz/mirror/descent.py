"""The way down, prepared: which calls a signal passes, by which rules, with their weights ready for many signals."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import NoMirrorRule
from ..network import INPUT, Call, Graph, between_captures, derived_from, operator_name
from .arrivals import Signal, Way
from .layers import Layers
from .registry import Rule
from .window import Reaches


def mirrored(table: Layers, wanted: Sequence[str]) -> dict[Call, Rule]:
    """The calls that a signal from the wanted ones passes, each with its rule, deepest first.

    Raises NoMirrorRule for the first that has none, and where values are others each time. Calls that no signal
    reaches (the inside of a gate, constants) need no rule, but values that stay.
    """
    graph = table.graph
    needed = graph.needed_for(wanted)
    check_lasting(graph, wanted)
    reached, passed = set(wanted), {}
    for call in reversed(needed):
        if call.name in reached and call.inputs:
            passed[call] = table.method.rule_for(call)
            reached.update(call.inputs[number] for number in passed[call].carries(call))
    if INPUT not in reached:
        raise NoMirrorRule(f"{', '.join(wanted)}: no signal can reach the pixels from there")
    return passed


def check_lasting(graph: Graph, wanted: Sequence[str]) -> None:
    """Raise NoMirrorRule if anything random reaches these calls: strongest units and projections would not agree."""
    for reader in graph.needed_for(wanted):
        for call in (reader, *derived_from(reader)):
            if call.arbitrary:
                where = f" at {call.source or reader.source}" if call.source or reader.source else ""
                raise NoMirrorRule(
                    f"{call.name} ({operator_name(call.operator)}{where}) {call.arbitrary}, also in evaluation mode: "
                    "what a unit sees would be another each time; choose a layer below it, or take the randomness out"
                )


@dataclass(frozen=True, eq=False)
class Step:
    """One layer of the deconvnet: a call, its rule, and what the rule made of the weights.

    `call` holds its weights as they were when the way down was prepared, in the signal's precision. `reaches`: what
    one position of its output reads, None: the rule gets and gives whole maps; `ways` to its inputs.
    """

    call: Call
    rule: Rule
    packed: tuple[Tensor, ...]
    reaches: Reaches | None
    ways: tuple[Way, ...]

    @property
    def name(self) -> str:
        """The call's."""
        return self.call.name

    @property
    def exact(self) -> bool:
        """Whether its rule works in the network's own precision: it asks for it, or may use weights of a module."""
        return self.rule.exact or isinstance(self.call.operator, type)

    @property
    def fresh(self) -> bool:
        """Whether what the rule gives is new memory; of signals for several inputs one may be another."""
        return self.rule.fresh and len(self.ways) == 1

    def check(self, signal: Signal, parts: Sequence[Tensor | None]) -> None:
        """Raise NoMirrorRule if the rule answered with whole maps, or vectors, of another shape than an input's.

        They would be silently wrong further down.
        """
        for part, way, expected in zip(parts, self.ways, self.call.input_shapes, strict=True):
            whole = signal.is_answered_whole(self.reaches, way)
            if whole and part is not None and tuple(part.shape[1:]) != expected:
                raise NoMirrorRule(
                    f"{self.name}: its mirror rule gave a signal of shape {tuple(part.shape[1:])}, but the layer's "
                    f"input has {expected}; mend the rule registered for {self.call.operator}"
                )


@dataclass(frozen=True, eq=False)
class Descent:
    """The way down from call `start`: its steps, deepest first, with their weights ready for many signals.

    `precision`: the dtype of signals and weights on the way.
    """

    table: Layers
    start: str
    precision: torch.dtype
    steps: tuple[Step, ...]


def descent(table: Layers, start: str, precision: torch.dtype, ready: dict[Call, Step]) -> Descent:
    """Prepare the way down from call `start`.

    Weights are looked up, flipped and converted once: steps found in `ready` are taken from there, others
    are entered.
    """
    rules = mirrored(table, [start])
    with between_captures():
        for call, rule in rules.items():
            if call not in ready:
                ready[call] = _step(table, call, rule, precision)
    return Descent(table, start, precision, tuple(ready[call] for call in rules))


def _step(table: Layers, call: Call, rule: Rule, precision: torch.dtype) -> Step:
    packed = converted(rule.pack(call), precision)
    held = call if packed or rule.exact else call.holding_weights(precision)
    reaches = table.reaches[call.name] if table.spatial[call.name] else None
    ways = [Way(name, table.grid(name), table.grid_read(call, number)) for number, name in enumerate(call.inputs)]
    return Step(held, rule, packed, reaches, tuple(ways))


def converted(tensors: Sequence[Tensor], precision: torch.dtype) -> tuple[Tensor, ...]:
    """Those that are floating point in this precision, the others as they are."""
    return tuple(t.to(precision) if t.is_floating_point() else t for t in tensors)
