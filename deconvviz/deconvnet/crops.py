"""The forward pass on crops: of each image only what one unit sees.

Where few units share an image, most of a forward pass over the whole image is for nothing. A crop is exact:
filters and poolings run without padding, on windows that bring their surroundings with them: zeros where the
window hangs over the border of the map (minus infinity for max-pooling), just what padding would put there.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from ..machine import exactly
from ..mirror import POINTWISE, Keep, Layers, Recording, Windows, find_rule, place
from ..network import INPUT, Call, Weight


def can_crop(table: Layers, start: str) -> bool:
    """Whether each call that `start` depends on may run on windows: its rule says what surrounds a map."""
    if table.spatial[start] is None:
        return False
    calls = table.graph.needed_for([start])
    return all(_may_run_on_windows(table, call) for call in calls) and len(table.graph.input_shape) == 3


def _may_run_on_windows(table: Layers, call: Call) -> bool:
    rule = find_rule(call)
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


def windows_needed(table: Layers, start: str, positions: Tensor) -> dict[str, Windows]:
    """What units of `start` at `positions` (B, 2) need of the output of each call, and of the input."""
    needed = {start: Windows(positions, (1, 1))}
    for call in reversed(table.graph.needed_for([start])):
        reaches = table.reaches[call.name]
        assert reaches is not None  # can_crop
        for name in call.inputs:
            size = table.map_size(name)
            assert size is not None
            below = needed[call.name].below(reaches).fitted(size)
            needed[name] = needed[name].union(below, size) if name in needed else below
    return needed


def multiply_adds(table: Layers, start: str, windows: Mapping[str, Windows] | None = None) -> float:
    """Multiply-adds of the filters of one forward pass to `start`, over whole maps.

    With `windows`: those of all its samples, over the boxes that they need.
    """
    total = 0.0
    for call in table.graph.needed_for([start]):
        size, rule = table.map_size(call.name), find_rule(call)
        if size is not None and rule is not None and rule.role == "filter":
            positions = size[0] * size[1]
            if windows is not None:
                boxes = windows[call.name]
                positions = int((boxes.end - boxes.first).clamp(min=0).prod(1).sum())
            total += call["weight"].numel() * positions
    return total


def record_crops(
    table: Layers, start: str, images: Sequence[Tensor], positions: Tensor, like: Tensor, keepers: Mapping[str, Keep]
) -> Recording:
    """One forward pass over B images (C, H, W), each only as far as its unit of `start` sees.

    `positions` (B, 2): row and column of each unit; `like`: a tensor of the network's device and dtype. The
    recording's images are the crops (B, C, h, w), its maps of `start` are (B, C, 1, 1); what it keeps lies
    in `windows`, by call.
    """
    needed = windows_needed(table, start, positions)
    crops = torch.stack([_cropped(image, needed[INPUT], sample) for sample, image in enumerate(images)]).to(like)
    values = {INPUT: crops.contiguous(memory_format=torch.channels_last)}
    kept: dict[str, tuple[Tensor, ...]] = {}
    calls = table.graph.needed_for([start])
    last_reader = {name: call for call in calls for name in call.reads}
    with torch.no_grad(), exactly(crops.device):
        for call in calls:
            inputs = [_surrounded(table, call, values[name], needed[name], needed[call.name]) for name in call.reads]
            bare = call.without_padding()
            values[call.name] = output = bare(*inputs)
            assert tuple(output.shape[-2:]) == needed[call.name].size, f"{call.name} cannot run on windows"
            if call.name in keepers:
                kept[call.name] = keepers[call.name](bare, output, *inputs)
            for name in [name for name in call.reads if last_reader[name] is call]:
                values.pop(name, None)
    return Recording(table.graph, crops, {start: values[start]}, kept, needed)


def _cropped(image: Tensor, windows: Windows, sample: int) -> Tensor:
    (top, left), (height, width) = windows.origin[sample].tolist(), windows.size
    return image[:, top : top + height, left : left + width]


def _surrounded(table: Layers, call: Call, value: Tensor, source: Windows, above: Windows) -> Tensor:
    """A value in its windows → all that the call reads of it for its windows `above`."""
    reaches, rule = table.reaches[call.name], find_rule(call)
    assert reaches is not None  # can_crop
    assert rule is not None
    assert rule.around is not None
    return place(value, (2, 3), source, above.below(reaches), rule.around)
