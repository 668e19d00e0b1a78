"""Which forward passes serve which units: of whole images where many units share one, of crops where few do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from ..drawing import Box
from ..mirror import Layers, Recording, Windows
from .crops import can_crop, multiply_adds, windows_needed
from .units import Unit, check_finite, check_in_map

FORWARD_BYTES = 32 * 2**20
"""How large the largest map of a forward pass over crops may be, in bytes of float32."""


@dataclass(frozen=True, eq=False)
class Pass:
    """A recording and the units that it serves.

    `units` with position and activation, `rows`: which sample of the recording each belongs to, `inputs`
    (C, H, W): the whole image of each, `numbers`: which of the units asked for they are.
    """

    recording: Recording
    units: Sequence[Unit]
    rows: Sequence[int]
    inputs: Sequence[Tensor]
    numbers: Sequence[int]


def field_of(table: Layers, start: str, unit: Unit) -> Box:
    """The unit's receptive field in pixels, not clipped; the whole image where a unit sees all of it."""
    fields = table.fields[start]
    if fields is None or unit.row is None or unit.column is None:
        return 0, 0, table.graph.input_shape[-2], table.graph.input_shape[-1]
    (top, bottom), (left, right) = fields[0].box(unit.row), fields[1].box(unit.column)
    return top, left, bottom, right


def overhang(table: Layers, start: str, unit: Unit) -> tuple[int, int, int, int]:
    """How far the unit's receptive field hangs over each border of the image, in pixels.

    Units that agree in it have windows of one size on every map: they go together best.
    """
    top, left, bottom, right = field_of(table, start, unit)
    height, width = table.graph.input_shape[-2:]
    return max(-top, 0), max(bottom - height, 0), max(-left, 0), max(right - width, 0)


def divide(
    table: Layers, units: Sequence[Unit], numbers: Sequence[int]
) -> tuple[list[tuple[str, list[int]]], list[int]]:
    """Which of the units go forward in crops, in batches of one layer, and which with their whole images.

    Crops are for units with a position, where their multiply-adds are fewer than those of the images.
    """
    cropped: list[tuple[str, list[int]]] = []
    whole: list[int] = []
    for layer in dict.fromkeys(units[n].layer for n in numbers):
        some = [n for n in numbers if units[n].layer == layer]
        start = table[layer].read_at
        if any(units[n].row is None for n in some) or not can_crop(table, start):
            whole += some
            continue
        for n in some:
            check_in_map(units[n], table[layer].channels, table[layer].size)
        positions = torch.tensor([[units[n].row, units[n].column] for n in some])
        windows = windows_needed(table, start, positions)
        images = len({units[n].image for n in some})
        if multiply_adds(table, start, windows) < images * multiply_adds(table, start):
            some.sort(key=lambda n: overhang(table, start, units[n]))
            cropped += [(layer, batch) for batch in _batches(some, _together(table, start, windows))]
        else:
            whole += some
    return cropped, whole


def _together(table: Layers, start: str, windows: dict[str, Windows]) -> int:
    """How many crops fit into one forward pass."""
    shapes = {call.name: call.shape for call in table.graph.needed_for([start])}
    largest = max((shape[0] * windows[name].size[0] * windows[name].size[1] for name, shape in shapes.items() if shape))
    return min(max(FORWARD_BYTES // (4 * largest), 1), 64)


def _batches(numbers: list[int], size: int) -> Iterator[list[int]]:
    for start in range(0, len(numbers), size):
        yield numbers[start : start + size]


def groups_by_image(units: Sequence[Unit], numbers: Sequence[int], together: int) -> Iterator[list[int]]:
    """The numbers in groups of no more than `together` images."""
    by_image: dict[int, list[int]] = {}
    for n in numbers:
        by_image.setdefault(units[n].image, []).append(n)
    for images in _batches(list(by_image), together):
        yield [n for image in images for n in by_image[image]]


def crop_pass(
    recording: Recording, start: str, units: Sequence[Unit], inputs: Sequence[Tensor], numbers: Sequence[int]
) -> Pass:
    """The pass of a recording of crops, one for each unit. Raises UnsuitableInput for NaN."""
    found = recording.maps[start][range(len(units)), [unit.channel for unit in units], 0, 0].tolist()
    located = [replace(u, activation=check_finite(u, value)) for u, value in zip(units, found, strict=True)]
    return Pass(recording, located, list(range(len(units))), inputs, numbers)
