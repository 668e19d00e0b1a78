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
        for name, part in zip(call.inputs, [below] if isinstance(below, Tensor) else below, strict=True):
            if part is None:
                continue
            size = table.map_size(name)
            where = windows
            if size is None or reaches is None or windows is None:
                where = Windows.whole(len(part), size) if size else None
            elif reaches != POINTWISE:
                part, where = _fit(part, table.spatial[name], windows.below(reaches), size, signal)
            arrived[name] = _meet(arrived.get(name), (part, where), table.spatial[name])
    return arrived[INPUT]


def _spread_out(
    signal: Tensor, spatial: Spatial | None, windows: Windows | None, size: tuple[int, int] | None
) -> Arrived:
    """The same signal on whole maps."""
    if spatial is None or windows is None or size is None:
        return signal, None
    whole = Windows.whole(len(signal), size)
    return place(signal, spatial, windows, whole), whole


def _fit(signal: Tensor, spatial: Spatial | None, windows: Windows, size: tuple[int, int], above: Tensor) -> Arrived:
    """Windows that outgrow their map become the whole map; what hangs over its border is cleared."""
    assert spatial is not None
    fitted = windows.fitted(size)
    placed = place(signal, spatial, windows, fitted)
    if placed.untyped_storage().data_ptr() == above.untyped_storage().data_ptr():
        placed = placed.clone()  # the signal above may still be needed by another branch
    return clear_outside(placed, spatial, fitted, size), fitted


def _meet(first: Arrived | None, second: Arrived, spatial: Spatial | None) -> Arrived:
    """Where branches meet the signals add, in windows that hold both."""
    if first is None:
        return second
    (signal, windows), (other, others) = first, second
    if windows is None or others is None or spatial is None:
        return signal + other, windows
    union = windows if windows.same_as(others) else windows.union(others)
    return place(signal, spatial, windows, union) + place(other, spatial, others, union), union
