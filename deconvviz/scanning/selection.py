"""Which layers a scan looks at, and where their feature maps stand in a row."""

from collections.abc import Sequence
from contextlib import suppress
from itertools import accumulate

import torch
from torch import nn

from ..errors import NoMirrorRule
from ..mirror import Layers, check_lasting, find_rule
from ..network import Read
from .manifest import Scanned

CAT = torch.ops.aten.cat.default


def select(table: Layers, patterns: str | Sequence[str | nn.Module]) -> tuple[dict[str, int], tuple[Scanned, ...]]:
    """The layers that must be watched, with their feature maps; and all that can be asked for afterwards.

    `patterns`: names, aliases, globs (`layer3.*`), `all`, modules; none: every rectified layer with maps, so that units
    are those of the paper, and max-pools of these. A concatenation lines up maps of layers that are
    watched anyway: it costs nothing, and is there whenever these are. Raises UnknownLayer, and NoMirrorRule for layers
    that something random reaches; without patterns these are left out, if others are there.
    """
    asked = table.matching(patterns) or _lasting(table, rectified_layers(table))
    watched: dict[str, int] = {}
    check_lasting(table.graph, [table[name].read_at for name in asked])
    for name in dict.fromkeys(table[name].read_at for name in asked):
        for piece in _pieces(table, name):
            watched[piece] = table[piece].channels
    order = [name for name in table if name in watched]  # from shallow to deep, however they were asked for
    watched = {name: watched[name] for name in order}
    first = dict(zip(watched, accumulate(watched.values(), initial=0), strict=False))
    scanned = []
    for name, row in table.items():
        pieces = _pieces(table, name)
        if row.read_at == name and all(piece in watched for piece in pieces):
            places = tuple((first[piece], watched[piece]) for piece in pieces)
            scanned.append(Scanned(name, _names(table, name), row.channels, row.size, places))
    return watched, tuple(scanned)


def _lasting(table: Layers, names: Sequence[str]) -> list[str]:
    """Those of the layers that nothing random reaches; all of them, if it reaches all."""
    lasting = []
    for name in names:
        with suppress(NoMirrorRule):
            check_lasting(table.graph, [table[name].read_at])
            lasting.append(name)
    return lasting or list(names)


def rectified_layers(table: Layers) -> list[str]:
    """Layers with maps (not single values) that are rectified, and max-pools of these; else all filters; else all."""
    rectified: list[str] = []
    for name, row in table.items():
        rule, call = find_rule(table.graph.by_name[name]), table.graph.by_name[name]
        if rule is None or row.size is None or row.size == (1, 1) or name in table.inside:
            continue
        passes_on = rule.counterpart == "unpool" or _joined(table, name)
        sources = [piece for read in call.inputs if read in table for piece in _pieces(table, read)]
        if rule.role == "rectify" or (passes_on and sources and set(sources) <= set(rectified)):
            rectified.append(name)
    with_maps = [name for name, row in table.items() if row.size and row.read_at != name]
    return rectified or with_maps or list(table)


def _joined(table: Layers, name: str) -> list[str]:
    """The layers whose maps this one lines up; none if it does anything else."""
    call = table.graph.by_name[name]
    if call.operator is not CAT or call["dim"] % (len(call.shape or ()) + 1) != table.channel_dimension(name):
        return []
    names = [read.name for read in call["tensors"] if isinstance(read, Read)]
    fitting = all(n in table and table[n].size == table[name].size for n in names)
    return names if fitting and len(names) == len(call["tensors"]) else []


def _pieces(table: Layers, name: str) -> list[str]:
    """The layers to watch for this one, in the order of its maps."""
    return [piece for source in _joined(table, name) for piece in _pieces(table, source)] or [name]


def _names(table: Layers, read_at: str) -> tuple[str, ...]:
    """All names of what is read at a layer, first that of the filter before it, then the paper's."""
    rows = [row for row in table.values() if row.read_at == read_at]
    names = [row.name for row in rows if row.name != read_at] + [row.alias for row in rows if row.alias] + [read_at]
    also = [name for name, call in table.graph.names.items() if call in names and name in table]
    return tuple(dict.fromkeys([*names, *also]))
