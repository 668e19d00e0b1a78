"""The walk down: from a seed at one layer to the pixels.

Zeiler & Fergus 2014, §2.1: "successively (i) unpool, (ii) rectify and (iii) filter to reconstruct the
activity in the layer beneath that gave rise to the chosen activation. This is then repeated until input
pixel space is reached." The walk looks up each call's rule and hands signals on; it knows no operator.
"""

from collections.abc import Sequence

from torch import Tensor

from .errors import NoMirrorRule
from .graph import INPUT, Call, Graph
from .layers import Layers
from .mirror import Rule, rule_for
from .recording import Recording
from .signals import Spatial, clear_outside, cut, place
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


def walk(table: Layers, recording: Recording, start: str, seed: Tensor, windows: Windows | None,
         images: Tensor) -> Arrived:  # fmt: skip
    """Carry a seed at the output of call `start` down the mirror to the input.

    `seed` (B, C, h, w) in `windows` (None: vectors), `images` (B,): which image each sample is from.
    Returns the signal at the input, (B, C, h', w'), and its windows.
    """
    arrived: dict[str, Arrived] = {start: (seed, windows)}
    for call, rule in mirrored(table.graph, [start]).items():
        if call.name not in arrived:
            continue
        signal, windows = arrived.pop(call.name)
        spatial, reaches = table.spatial[call.name], table.reaches[call.name]
        if reaches is None:
            signal, windows = _spread_out(signal, spatial, windows, table.map_size(call.name))
        cut_at = spatial if reaches else None  # whole maps need no cutting
        recorded = tuple(cut(t, cut_at, images, windows) for t in recording.kept.get(call.name, ()))
        below = rule.mirror(signal, call, recorded)
        parts = [below] if isinstance(below, Tensor) else below
        for number, (name, part) in enumerate(zip(call.inputs, parts, strict=True)):
            if part is not None:
                landed = _land(table, call, number, part, windows, signal)
                arrived[name] = _meet(arrived.get(name), landed, table.spatial[name])
    return arrived[INPUT]


def _spread_out(
    signal: Tensor, spatial: Spatial | None, windows: Windows | None, size: tuple[int, int] | None
) -> Arrived:
    """The same signal on whole maps."""
    if spatial is None or windows is None or size is None:
        return signal, None
    whole = Windows.whole(len(signal), size)
    return place(signal, spatial, windows, whole), whole


def _land(table: Layers, call: Call, number: int, part: Tensor, windows: Windows | None, above: Tensor) -> Arrived:
    """What a rule gave for an input, in windows of that input's map.

    Windows that outgrow the map become the whole map; what hangs over its border is cleared.
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
    if placed.untyped_storage().data_ptr() == above.untyped_storage().data_ptr():
        placed = placed.clone()  # the signal above may still be needed by another branch
    placed = clear_outside(placed, read, fitted, seen)
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


def _meet(first: Arrived | None, second: Arrived, spatial: Spatial | None) -> Arrived:
    """Where branches meet the signals add, in windows that hold both."""
    if first is None:
        return second
    (signal, windows), (other, others) = first, second
    if windows is None or others is None or spatial is None:
        return signal + other, windows
    union = windows if windows.same_as(others) else windows.union(others)
    return place(signal, spatial, windows, union) + place(other, spatial, others, union), union
