"""The table of layers: what one can point at, and what answers it in the mirror.

Where a unit of a convolution is read: after the batch normalisation and the activation that follow it,
since Zeiler & Fergus' feature maps are rectified ("feature maps … which are always positive", §2.1).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from torch import nn

from ..drawing import notebook
from ..errors import UnknownLayer
from ..network import INPUT, Call, Graph
from .method import DECONVNET, Method
from .names import kind, matching, name_of, paper_names, some_layers, unknown_layer
from .registry import find_rule
from .rules.elementwise import reads_values
from .rules.patterns import activations_alone, find_patterns
from .scores import Scores, scores
from .signals import Grid, Spatial
from .window import Field, Reaches

Fields = tuple[Field, Field] | None


@dataclass(frozen=True)
class Layer:
    """One row of the table; what `--layer` and `dv.strongest` accept.

    `channels` feature maps of `size` (rows, columns), None for a vector; `jump`: pixels of the input
    between neighbouring units, `receptive_field`: pixels that one unit sees, both (rows, columns), None
    if units see the whole image; `kind` of layer; `mirror`: its counterpart on the way down, None if it
    has none; `read_at`: the layer whose output its units are read from; `alias`: the paper reader's name.
    """

    name: str
    kind: str
    channels: int
    size: tuple[int, int] | None
    jump: tuple[int, int] | None
    receptive_field: tuple[int, int] | None
    mirror: str | None
    read_at: str
    alias: str | None = None

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """How notebooks show it: its row of the table."""
        return notebook.bundle(repr(self), _as_html([self], ""))


class Layers(Mapping[str, Layer]):
    """The layers of a network at one input size, in order: a mapping from names to `Layer`s.

    Layers are also reached by alias (`conv5_3` of VGG16) and by module path. Raises UnknownLayer, which names
    the nearest. `inside`: those that are but parts of something written out over several calls. `method`: how signals
    go down, which says what answers each, and how much of the image a derivative depends on; names do not.
    """

    def __init__(self, net: nn.Module, graph: Graph, method: Method = DECONVNET) -> None:
        self.graph, self.method, self._net = graph, method, net
        find_patterns(graph)
        self._activations, self.inside = activations_alone(graph)
        self.spatial: dict[str, Spatial | None] = {INPUT: (2, 3) if len(graph.input_shape) == 3 else None}
        self.reaches: dict[str, Reaches | None] = {}
        self.read_as: dict[str, Spatial | None] = {}
        self.fields: dict[str, Fields] = {INPUT: (Field(), Field()) if self.spatial[INPUT] else None}
        for call in graph.calls:
            self._survey(call)
        self._aliases = paper_names(net, graph)
        self._names = {**graph.names, **{alias: name for name, alias in self._aliases.items()}}
        self._rows = {c.name: self._row(c) for c in graph.calls if self._is_layer(c)}

    def __getitem__(self, name: str) -> Layer:
        row = self._rows.get(self._names.get(name, name)) if isinstance(name, str) else None
        if row is None:
            raise self._unknown(name)
        return row

    def matching(self, asked: str | nn.Module | Iterable[str | nn.Module]) -> list[str]:
        """The names of the layers asked for: by any name, by a glob (`layer3.*`), `all`, a module, or several of these.

        In the order of asking, those of a glob from shallow to deep: of names that are read at the same place a glob
        takes the first, as nothing else would come of the others. Raises UnknownLayer.
        """
        several = [asked] if isinstance(asked, str | nn.Module) else some_layers("layers", asked, none=True)
        names = [name_of(one, self._net, self.graph) if isinstance(one, nn.Module) else one for one in several]
        return matching(names, self._read_at_by_name, self._unknown)

    @cached_property
    def _read_at_by_name(self) -> dict[str, str]:
        """All names, layer by layer, each with where its units are read."""
        also: dict[str, list[str]] = {}
        for name, call in self._names.items():
            also.setdefault(call, []).append(name)
        return {
            name: row.read_at
            for row in self.values()
            for name in dict.fromkeys([row.name, *also.get(row.name, [])])
            if name
        }

    def _unknown(self, name: str) -> UnknownLayer:
        known = [*self._rows, *self._aliases.values()]
        return unknown_layer(name, known, "this network", " (all: deconvviz layers)")

    def __contains__(self, name: object) -> bool:
        return self._names.get(str(name), name) in self._rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        names = list(self)
        ends = " … ".join(dict.fromkeys([names[0], names[-1]])) if names else "none"
        return f"Layers({len(self)} for an input of {_times(self.graph.input_shape)}: {ends})"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """How notebooks show it: one row for each layer."""
        heading = f"{len(self)} layers for an input of {_times(self.graph.input_shape)}, from the pixels up"
        return notebook.bundle(repr(self), _as_html(list(self.values()), heading))

    def grid(self, name: str) -> Grid | None:
        """Rows and columns of a call's output (or of the input), or None."""
        shape = self.graph.input_shape if name == INPUT else self.graph.by_name[name].shape or ()
        return Grid.of(self.spatial[name], shape)

    def grid_read(self, call: Call, number: int) -> Grid | None:
        """Rows and columns of a call's input as the call itself sees them, or None."""
        return Grid.of(self.read_as[call.name], call.input_shapes[number])

    def map_size(self, name: str) -> tuple[int, int] | None:
        """How many rows and columns a call's output (or the input) has, or None."""
        grid = self.grid(name)
        return grid and grid.size

    def channel_dimension(self, name: str) -> int:
        """The dimension of a call's output that counts feature maps."""
        spatial, shape = self.spatial[name] or (), self.graph.by_name[name].shape or ()
        return next(d for d in range(1, len(shape) + 1) if d not in spatial)

    @cached_property
    def scores(self) -> Scores:
        """What of the network is a classifier's output."""
        return scores(self.graph)

    def class_names(self, name: str, categories: Sequence[str]) -> Sequence[str]:
        """The names of a layer's feature maps if it is the classifier's output for these categories, else ().

        Raises UnknownLayer.
        """
        layer = self[name]
        is_output = layer.channels == len(categories) and layer.read_at in self.scores.calls(len(categories))
        return tuple(categories) if is_output else ()

    def depth(self, name: str) -> int:
        """How many filters lie between a layer and the pixels, its own among them, on the longest way."""
        depths = {INPUT: 0}
        for call in self.graph.needed_for([self[name].read_at]):
            below = max((depths[read] for read in call.inputs), default=0)
            depths[call.name] = below + (role_of(call) == "filter")
        return depths[self[name].read_at]

    def _survey(self, call: Call) -> None:
        """Where rows and columns are, what each position reads, and the receptive fields."""
        rule, maps = self.method.find(call), (2, 3) if len(call.shape or ()) == 3 else None
        spatial: Spatial | None = maps
        reaches: Reaches | None = None
        carried: list[str] = []
        below: Spatial | None = None
        if rule and call.shape is not None and call.inputs and not rule.refuses(call):
            carried = [call.inputs[number] for number in rule.carries(call)]
            belows = {self.spatial[name] for name in carried}
            below = belows.pop() if len(belows) == 1 else None  # they differ: whole maps
            spatial = maps if rule.on_maps else rule.spatial(call, below)
            reaches = rule.reach(call, below)
            if not rule.on_maps and (below is None or spatial is None):
                reaches = None
        if spatial is not None and spatial[0] > spatial[1]:  # rows and columns have changed places
            spatial, reaches = (spatial[1], spatial[0]), None
        self.spatial[call.name], self.reaches[call.name] = spatial, reaches
        self.read_as[call.name] = (2, 3) if rule and rule.on_maps else below
        self.fields[call.name] = None
        fields = self._meeting_fields(carried) if below == self.read_as[call.name] else None
        if fields and reaches and spatial:
            self.fields[call.name] = (fields[0].above(reaches[0]), fields[1].above(reaches[1]))

    def _meeting_fields(self, names: Sequence[str]) -> Fields:
        """The receptive fields that hold those of all these inputs; None: the whole image."""
        met: Fields = None
        for number, name in enumerate(names):
            arriving = self.fields[name]
            if arriving is None or (number and met is None):
                return None
            if met is None:
                met = arriving
                continue
            rows, columns = met[0].union(arriving[0]), met[1].union(arriving[1])
            met = (rows, columns) if rows and columns else None
        return met

    def _is_layer(self, call: Call) -> bool:
        """A batch of vectors or of maps with exactly one dimension of channels."""
        if call.name in self.inside and not _answered(call):  # `x > 0` of an activation written out
            return False
        outside = 1 if self.spatial[call.name] is None else 3
        return call.shape is not None and len(call.shape) == outside and call.batched and bool(call.inputs)

    def _row(self, call: Call) -> Layer:
        fields, rule = self.fields[call.name], self.method.find(call)
        shape = call.shape or ()
        return Layer(
            name=call.name,
            kind=kind(call),
            channels=shape[self.channel_dimension(call.name) - 1],
            size=self.map_size(call.name),
            jump=(fields[0].jump, fields[1].jump) if fields else None,
            receptive_field=(fields[0].size, fields[1].size) if fields else None,
            mirror=rule.counterpart if rule and not rule.refuses(call) else None,
            read_at=self._read_at(call),
            alias=self._aliases.get(call.name),
        )

    def _read_at(self, call: Call) -> str:
        """A filter's units are read after the normalisation and the activation that follow it alone."""
        if role_of(call) != "filter":
            return call.name
        while role_of(call) in ("filter", "normalise"):
            alone = self._activations.get(call.name)
            readers = [alone] if alone else list(filter(reads_values, self.graph.readers(call.name)))
            if len(readers) != 1 or role_of(readers[0]) not in ("normalise", "rectify"):
                break
            call = readers[0]
        return call.name


def describe(table: Layers) -> str:
    """The mirror as text: each call, its output's shape, its counterpart, and the shape that gives."""
    rows = []
    for name, layer in table.items():
        call = table.graph.by_name[name]
        up, down = map(_times, (call.shape or (), call.input_shapes[0] if call.input_shapes else ()))
        rows.append((name, layer.kind, up, layer.mirror or "no mirror rule", down))
    width = [max((len(row[n]) for row in rows), default=0) for n in range(5)]
    return "\n".join(
        f"  {a:<{width[0]}}  {b:<{width[1]}} → {c:<{width[2]}}   {d:<{width[3]}} → {e}" for a, b, c, d, e in rows
    )


def _times(sizes: Sequence[float]) -> str:
    return "×".join(f"{size:g}" for size in sizes)


def _as_html(layers: Sequence[Layer], heading: str) -> str:
    """The table for notebooks; a column that is empty throughout is left out."""
    heads = ("layer", "alias", "kind", "maps", "size", "receptive field", "jump", "in the mirror", "units read after")
    rows = [
        (
            layer.name,
            layer.alias or "",
            layer.kind,
            layer.channels,
            _times(layer.size) if layer.size else "vector",
            _times(layer.receptive_field) if layer.receptive_field else "whole image",
            _times(layer.jump) if layer.jump else "",
            layer.mirror or "no mirror rule",
            layer.read_at if layer.read_at != layer.name else "",
        )
        for layer in layers
    ]
    shown = [place for place in range(len(heads)) if any(row[place] != "" for row in rows)]
    numbers = [place for place, column in enumerate(shown) if heads[column] == "maps"]
    return notebook.table([heads[n] for n in shown], [[row[n] for n in shown] for row in rows], heading, numbers)


def role_of(call: Call) -> str:
    """The role of the rule that answers a call; none if it is refused."""
    rule = find_rule(call)
    return rule.role if rule is not None and _answered(call) else ""


def _answered(call: Call) -> bool:
    rule = find_rule(call)
    return rule is not None and not rule.refuses(call)
