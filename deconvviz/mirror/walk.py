"""The walk down: from a seed at one layer to the pixels.

Zeiler & Fergus 2014, §2.1: "successively (i) unpool, (ii) rectify and (iii) filter to reconstruct the
activity in the layer beneath that gave rise to the chosen activation. This is then repeated until input
pixel space is reached." The walk looks up each call's rule and hands signals on; it knows no operator.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from ..errors import NoMirrorRule
from ..network import INPUT, Call, Graph
from .layers import Layers
from .recording import Recording
from .registry import Rule, rule_for
from .signals import Spatial, add, cut, place
from .window import POINTWISE, Windows

Arrived = tuple[Tensor, Windows | None]
"""A signal at the output of a call, and its windows (None for vectors)."""


def mirrored(graph: Graph, wanted: Sequence[str]) -> dict[Call, Rule]:
    """The calls that a signal from the wanted ones passes, each with its rule, deepest first.

    Raises NoMirrorRule for the first that has none. Calls that no signal reaches (the inside of a gate,
    constants) need no rule.
    """
    reached, passed = set(wanted), {}
    for call in reversed(graph.needed_for(wanted)):
        if call.name in reached and call.inputs:
            passed[call] = rule_for(call)
            reached.update(call.inputs[number] for number in passed[call].carries(call))
    if INPUT not in reached:
        raise NoMirrorRule(f"{', '.join(wanted)}: no signal can reach the pixels from there")
    return passed


@dataclass(frozen=True, eq=False)
class Step:
    """One layer of the deconvnet: a call, its rule, and what the rule made of the weights.

    `call` holds its weights as they were when the way down was prepared, in the signal's precision.
    """

    call: Call
    rule: Rule
    packed: tuple[Tensor, ...]


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
    rules = mirrored(table.graph, [start])
    for call, rule in rules.items():
        if call not in ready:
            packed = _converted(rule.pack(call), precision)
            ready[call] = Step(call if packed else call.holding_weights(precision), rule, packed)
    return Descent(table, start, precision, tuple(ready[call] for call in rules))


def _converted(tensors: Sequence[Tensor], precision: torch.dtype) -> tuple[Tensor, ...]:
    return tuple(t.to(precision) if t.is_floating_point() else t for t in tensors)


def walk(
    down: Descent, recording: Recording, seed: Tensor, windows: Windows | None, images: Tensor, most: int
) -> Iterator[Arrived]:
    """Carry a seed at the output of `down.start` down the mirror to the input.

    `seed` (B, C, h, w) in `windows` (None: vectors), `images` (B,): which image each sample is from.
    Signals grow on the way down: when they fill more than `most` bytes, the samples are taken in two
    halves, one after the other. Yields signals at the input, (b, C, h', w'), and their windows: B samples
    in all, in order.
    """
    yield from _from_step(0, down, recording, {down.start: (seed.to(down.precision), windows)}, set(), images, most)


def _from_step(
    first: int, down: Descent, recording: Recording, arrived: dict[str, Arrived], own: set[str], images: Tensor,
    most: int,
) -> Iterator[Arrived]:  # fmt: skip
    """From step `first` on; `own`: where signals have arrived that nothing else holds."""
    for number in range(first, len(down.steps)):
        step = down.steps[number]
        if step.call.name not in arrived:
            continue
        if len(images) > 1 and sum(signal.nbytes for signal, _ in arrived.values()) > most:
            middle = len(images) // 2
            for some in (slice(None, middle), slice(middle, None)):
                part = {name: (signal[some], at and at.of(some)) for name, (signal, at) in arrived.items()}
                yield from _from_step(number, down, recording, part, set(own), images[some], most)
            return
        _answer(step, down, recording, arrived, own, images)
    yield arrived[INPUT]


def _answer(
    step: Step, down: Descent, recording: Recording, arrived: dict[str, Arrived], own: set[str], images: Tensor
) -> None:
    """Take the signal that has arrived at a call; put what its rule makes of it at the call's inputs."""
    call, table = step.call, down.table
    signal, windows = arrived.pop(call.name)
    spatial, reaches = table.spatial[call.name], table.reaches[call.name]
    if reaches is None:
        signal, windows = _spread_out(signal, spatial, windows, table.map_size(call.name))
    cut_at = spatial if reaches else None  # whole maps need no cutting
    seen = recording.windows.get(call.name)
    at = windows.seen_from(seen, images) if seen and windows else windows
    recorded = _converted([cut(t, cut_at, images, at) for t in recording.kept.get(call.name, ())], down.precision)
    if isinstance(call.operator, type):  # the rule may use weights of the module, which are the network's own
        precision = recording.images.dtype
        signal, recorded = signal.to(precision), _converted(recorded, precision)
    mirror = step.rule.in_place if step.rule.in_place and call.name in own else step.rule.mirror
    below = mirror(signal, call, (*recorded, *step.packed))
    parts = [below] if isinstance(below, Tensor) else below
    fresh = step.rule.fresh and len(call.inputs) == 1  # of several signals one may be another
    for number, (name, part) in enumerate(zip(call.inputs, parts, strict=True)):
        if part is not None:
            landed = _land(table, call, number, part.to(down.precision), windows)
            met = arrived.get(name)
            if met is not None:
                sides = ((met, name in own), (landed, fresh))
                landed = _meet(sides, table.spatial[name], table.map_size(name))
            if fresh or met is not None:
                own.add(name)
            arrived[name] = landed


def _spread_out(
    signal: Tensor, spatial: Spatial | None, windows: Windows | None, size: tuple[int, int] | None
) -> Arrived:
    """The same signal on whole maps."""
    if spatial is None or windows is None or size is None:
        return signal, None
    whole = Windows.whole(len(signal), size)
    return place(signal, spatial, windows, whole), whole


def _land(table: Layers, call: Call, number: int, part: Tensor, windows: Windows | None) -> Arrived:
    """What a rule gave for an input, in windows of that input's map.

    What hangs over the border of the map is cut off: such positions never existed.
    """
    name, reaches, read = call.inputs[number], table.reaches[call.name], table.read_as[call.name]
    size, seen = table.map_size(name), table.size_read(call, number)
    if reaches is None or windows is None or read is None or seen is None:
        _check_shape(call, part, call.input_shapes[number])
        return part, Windows.whole(len(part), size) if size else None
    if reaches == POINTWISE and read == table.spatial[name]:
        return part, windows
    reached = windows.below(reaches)
    fitted = reached.fitted(seen)
    placed = place(part, read, reached, fitted)
    if read == table.spatial[name]:
        return placed, fitted
    placed = place(placed, read, fitted, Windows.whole(len(part), seen))
    return placed, Windows.whole(len(part), size) if size else None


def _check_shape(call: Call, part: Tensor, expected: tuple[int, ...]) -> None:
    """A rule that gives another shape than its input's would be silently wrong further down."""
    if tuple(part.shape[1:]) != expected:
        raise NoMirrorRule(
            f"{call.name}: its mirror rule gave a signal of shape {tuple(part.shape[1:])}, but the layer's "
            f"input has {expected}; mend the rule registered for {call.operator}"
        )


def _meet(sides: Sequence[tuple[Arrived, bool]], spatial: Spatial | None, size: tuple[int, int] | None) -> Arrived:
    """Where branches meet the two signals add, in windows that hold both; `sides`: each, and whether it is our own."""
    ((signal, windows), _), ((other, others), _) = sides
    if windows is None or others is None or spatial is None or size is None:
        return signal + other, windows
    union = windows.union(others, size)
    for ((sums, at), own), ((added, around), _) in (sides, sides[::-1]):
        if own and at is not None and around is not None and at.same_as(union):
            add(added, spatial, around, sums, at)
            return sums, union
    return place(signal, spatial, windows, union) + place(other, spatial, others, union), union
