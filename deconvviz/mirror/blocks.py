"""Blocks, and which layers to look at when none are named: what blocks put out, not what goes on inside.

A block is a module that lets branches meet, like one of ResNet (it adds), SqueezeNet or GoogLeNet (they line up), and
there are several of them: people speak of `layer2.3`, `features.7`, `inception4c`. VGG and AlexNet have none.
"""

from collections import Counter
from collections.abc import Collection

from ..network import Graph
from .layers import Layers, role_of


def blocks(graph: Graph) -> dict[str, str]:
    """The blocks of a network by their paths, each with the call whose value it returns; outermost ones only.

    One alone is no block, and neither is one of its class alone with such modules inside: they are the network itself
    in a wrapper.
    """
    modules = dict(graph.net.named_modules())
    meeting = {type(call.module) for call in graph.calls if len(set(call.inputs)) > 1 and call.path}
    paths = dict.fromkeys(path for call in graph.calls for path in _way_to(call.path))  # in their order
    found = {path: type(modules[path]) for path in paths if path in modules and type(modules[path]) in meeting}
    while True:
        within = {path: next((q for q in _way_to(path)[:-1] if q in found), None) for path in found}
        outer = [path for path, outside in within.items() if outside is None]
        counted = Counter(found[path] for path in outer)
        wrappers = [
            path for path in outer if len(outer) == 1 or (counted[found[path]] == 1 and path in within.values())
        ]
        if not wrappers:
            return {path: graph.names[path] for path in outer if path in graph.names}
        for path in wrappers:
            del found[path]


def block_of(graph: Graph) -> dict[str, str]:
    """Of each call that lies in a block, what the block puts out too, the block's path."""
    found = blocks(graph)
    around = {call.name: next((path for path in _way_to(call.path) if path in found), "") for call in graph.calls}
    return {name: path for name, path in around.items() if path} | {call: path for path, call in found.items()}


def usual_layers(table: Layers, among: Collection[str] | None = None) -> list[str]:
    """What blocks put out, and the filters outside of blocks, from shallow to deep: layers that give maps.

    `among`: only of those that are read at these calls. If that is nothing, all layers there are.
    """
    graph, rows = table.graph, [row for row in table.values() if among is None or row.read_at in among]
    put_out, inside = {call: path for path, call in blocks(graph).items()}, block_of(graph)
    found: dict[str, str] = {}
    for row in rows:
        if row.size and row.name in put_out:
            found[row.read_at] = put_out[row.name]
        elif row.size and row.name not in inside and role_of(graph.by_name[row.name]) == "filter":
            found.setdefault(row.read_at, row.name)
    return list(found.values()) or [row.name for row in rows]


def spread_over_depth(table: Layers, count: int, among: Collection[str] | None = None) -> list[str]:
    """`count` of the usual layers, spread from shallow to deep: a choice when none is given."""
    names = usual_layers(table, among)
    if not names:
        return []
    picks = {round((len(names) - 1) * (n + 1) / count) for n in range(count)}
    return [names[pick] for pick in sorted(picks)]


def _way_to(path: str) -> list[str]:
    """The paths of the modules that a module is in, and its own: `a`, `a.b`, `a.b.c`."""
    parts: list[str] = path.split(".") if path else []
    return [".".join(parts[: n + 1]) for n in range(len(parts))]
