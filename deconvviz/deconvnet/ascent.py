"""The way up from the image to a layer's units, by sizes alone: what a forward pass computes, and what that costs.

`Descent` goes back down. Where few units share an image, most of a forward pass over the whole image is for nothing:
here stands what each unit needs of every map. Nothing runs; of weights only the shapes count.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any

from torch import Tensor

from ..drawing import Box
from ..mirror import POINTWISE, Fields, Layers, Reaches, Windows, find_rule
from ..network import INPUT, Call, Weight


@dataclass(frozen=True)
class Stage:
    """One call on the way up: what it reads, how large its output is, what that costs.

    `inputs`: the stages whose outputs it reads, or the image; `channels` and `size` (rows, columns) of its output:
    None for a vector, or for anything else without rows and columns, which counts as one position; `reaches`: what
    one position reads of its inputs, None if it runs on whole maps only; `work`: multiply-adds of a filter for one
    position, 0 if it is none.
    """

    name: str
    inputs: tuple[str, ...]
    channels: int
    size: tuple[int, int] | None
    reaches: Reaches | None = None
    work: int = 0

    def multiply_adds(self, windows: Windows | None = None) -> int:
        """Multiply-adds for one whole image; with `windows`: for the boxes of all their samples."""
        if windows is None or not self.work:
            return self.work * prod(self.size or ())
        return self.work * int((windows.end - windows.first).clamp(min=0).prod(1).sum())


@dataclass(frozen=True)
class Ascent:
    """The stages from an image of `image_size` (rows, columns) to the one whose units are read, which is the last.

    `fields`: receptive fields of these units along rows and columns, None if they see the whole image.
    """

    image_size: tuple[int, int]
    stages: tuple[Stage, ...]
    fields: Fields = None

    @property
    def top(self) -> Stage:
        """The stage whose units are read."""
        return self.stages[-1]

    @property
    def runs_on_windows(self) -> bool:
        """Whether every stage may run on what it needs for some positions: then a crop of the image will do."""
        return all(stage.reaches is not None for stage in self.stages)

    def windows(self, positions: Tensor) -> dict[str, Windows]:
        """What units at `positions` (B, 2), row and column, need of each stage's output and of the image."""
        sizes = {INPUT: self.image_size} | {stage.name: stage.size for stage in self.stages}
        needed = {self.top.name: Windows(positions, (1, 1))}
        for stage in reversed(self.stages):
            assert stage.reaches is not None, f"{stage.name} runs on whole maps only"
            for name in stage.inputs:
                size = sizes[name]
                assert size is not None, f"{name} has no rows and columns"
                below = needed[stage.name].below(stage.reaches).fitted(size)
                needed[name] = needed[name].union(below, size) if name in needed else below
        return needed

    def multiply_adds(self, windows: Mapping[str, Windows] | None = None) -> int:
        """Multiply-adds of all filters for one whole image; with `windows`: for the boxes of all their samples."""
        return sum(stage.multiply_adds(windows[stage.name] if windows else None) for stage in self.stages)

    def largest_map(self, windows: Mapping[str, Windows]) -> int:
        """How many values the largest output has of all that one sample computes in its windows."""
        return max(stage.channels * prod(windows[stage.name].size) for stage in self.stages)

    def overhang(self, row: int | None, column: int | None) -> tuple[int, int, int, int]:
        """How far the receptive field of a unit hangs over each border of the image, in pixels."""
        return overhang(field_of(self.fields, self.image_size, row, column), self.image_size)


def field_of(fields: Fields, image_size: tuple[int, int], row: int | None, column: int | None) -> Box:
    """A unit's receptive field in pixels, not clipped; the whole image where it sees all of it.

    `fields` of the unit's layer along rows and columns, `image_size`: rows and columns of pixels.
    """
    if fields is None or row is None or column is None:
        return 0, 0, *image_size
    (top, bottom), (left, right) = fields[0].box(row), fields[1].box(column)
    return top, left, bottom, right


def overhang(field: Box, image_size: tuple[int, int]) -> tuple[int, int, int, int]:
    """How far a receptive field hangs over each border of the image, in pixels.

    Units that agree in it have windows of one size on every map: they go together best.
    """
    top, left, bottom, right = field
    height, width = image_size
    return max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0)


def ascents(table: Layers, names: Iterable[str]) -> dict[str, Ascent]:
    """The way up to each of these layers, by name; one and the same for layers that are read at the same place.

    Raises UnknownLayer.
    """
    starts = {name: table[name].read_at for name in names}
    stages = {call.name: _stage(table, call) for call in table.graph.needed_for(list(starts.values()))}
    ways = {start: _ascent(table, start, stages) for start in dict.fromkeys(starts.values())}
    return {name: ways[start] for name, start in starts.items()}


def ascent(table: Layers, start: str) -> Ascent:
    """The way up to the output of call `start`."""
    return _ascent(table, start, {call.name: _stage(table, call) for call in table.graph.needed_for([start])})


def _ascent(table: Layers, start: str, stages: Mapping[str, Stage]) -> Ascent:
    """The same, of these stages and maybe others."""
    passed = tuple(stages[call.name] for call in table.graph.needed_for([start]))
    return Ascent(table.map_size(INPUT) or (1, 1), passed, table.fields[start])


def _stage(table: Layers, call: Call) -> Stage:
    size, values = table.map_size(call.name), prod(call.shape) if call.shape is not None else 0
    channels = values // prod(size or ())
    reaches = table.reaches[call.name] if _may_run_on_windows(table, call) else None
    return Stage(call.name, call.inputs, channels, size, reaches, channels * _summands(call))


def _summands(call: Call) -> int:
    """How many products each value of a filter's output sums; 0 if the call is no filter."""
    rule, weight = find_rule(call), call.arguments.get("weight")
    return prod(weight.filter_shape) if rule and rule.role == "filter" and isinstance(weight, Weight) else 0


def _may_run_on_windows(table: Layers, call: Call) -> bool:
    """Whether the call's rule says what surrounds a map, and each position reads the same places of maps."""
    rule = table.method.find(call)
    if rule is None or rule.around is None or rule.refuses(call) or table.reaches[call.name] is None:
        return False
    same = {table.spatial[name] for name in (call.name, *call.inputs)} == {(2, 3)} and call.inputs == call.reads
    if table.reaches[call.name] != POINTWISE:
        return same
    return (
        same
        and not _varies_with_position(call)
        and all(shape[1:] == (call.shape or ())[1:] for shape in call.input_shapes)
    )


def _varies_with_position(call: Call) -> bool:
    """Whether an operand of a sum or a concatenation is a constant that is not the same at each position."""
    operands: list[Any] = []
    for name in ("self", "other", "tensors"):
        given = call.arguments.get(name)
        operands += given if isinstance(given, list | tuple) else [given]
    return any(isinstance(one, Weight) and max(one.value.shape[-2:], default=1) > 1 for one in operands)
