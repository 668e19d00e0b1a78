"""Forward passes that record what the mirror needs: over whole images, or over crops with what one unit sees of each.

A crop is exact: filters and poolings run without padding, on windows that bring their surroundings with them, zeros
where the window hangs over the border of the map (minus infinity for max-pooling), just what padding would put there.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch
from torch import Tensor

from ..errors import NoMirrorRule
from ..machine import exactly
from ..mirror import Keep, Layers, Recording, Windows, mirrored, place, record
from ..network import INPUT, Call, alike, between_captures, compare


def record_whole(table: Layers, images: Tensor, layers: Sequence[str]) -> Recording:
    """One forward pass over images (N, C, H, W), up to the deepest of these layers.

    The first time, the network itself computes the same beside it. Raises UnknownLayer, NoMirrorRule before anything
    runs, and UncapturableModel if the network's own maps are others.
    """
    wanted = list(dict.fromkeys(table[name].read_at for name in layers))
    recording = record(table.graph, images, wanted, _keepers(table, wanted))
    compare(table.graph, images, recording.maps)
    return replace(recording, method=table.method)


def record_crops(
    table: Layers, start: str, images: Sequence[Tensor], needed: Mapping[str, Windows], like: Tensor
) -> Recording:
    """One forward pass over B images (C, H, W), each only as far as its unit of `start` sees.

    `needed`: the windows of the image and of each call's output; `like`: a tensor of the network's device and dtype.
    The recording's images are the crops (B, C, h, w), its maps of `start` are (B, C, 1, 1); what it keeps lies
    in `needed`, by call. The first time, the network itself computes the first image's maps beside. Raises
    NoMirrorRule before anything runs, and UncapturableModel if the network's own maps are others.
    """
    keepers = _keepers(table, [start])
    whole = (
        None if start in table.graph.compared else record_whole(table, images[0][None].to(like), [start]).maps[start]
    )
    crops = torch.stack([_cropped(image, needed[INPUT], sample) for sample, image in enumerate(images)]).to(like)
    values = {INPUT: crops.contiguous(memory_format=torch.channels_last)}
    kept: dict[str, tuple[Tensor, ...]] = {}
    calls = table.graph.needed_for([start])
    last_reader = {name: call for call in calls for name in call.reads}
    with between_captures(), torch.no_grad(), exactly(crops.device):
        for call in calls:
            inputs = [_surrounded(table, call, values[name], needed[name], needed[call.name]) for name in call.reads]
            bare = call.without_padding()
            values[call.name] = output = bare(*inputs)
            if tuple(output.shape[-2:]) != needed[call.name].size:
                raise _wrong_reach(start)
            if call.name in keepers:
                kept[call.name] = keepers[call.name](bare, output, *inputs)
            for name in [name for name in call.reads if last_reader[name] is call]:
                values.pop(name, None)
    if whole is not None:
        row, column = needed[start].origin[0].tolist()
        if not alike(values[start][0, :, 0, 0], whole[0, :, row, column]):
            raise _wrong_reach(start)
    return Recording(table.graph, crops, {start: values[start]}, kept, needed, table.method)


def _wrong_reach(start: str) -> NoMirrorRule:
    return NoMirrorRule(
        f"{start}: what its units see by the mirror rules on the way gives other activations than the whole image: one "
        "of these rules has a wrong `reach` or `around`"
    )


def _keepers(table: Layers, wanted: Sequence[str]) -> dict[str, Keep]:
    """What the mirror rules on the way down from the wanted calls want kept. Raises NoMirrorRule."""
    passed = mirrored(table, wanted)
    return {call.name: rule.record for call, rule in passed.items() if rule.record is not None}


def _cropped(image: Tensor, windows: Windows, sample: int) -> Tensor:
    (top, left), (height, width) = windows.origin[sample].tolist(), windows.size
    return image[:, top : top + height, left : left + width]


def _surrounded(table: Layers, call: Call, value: Tensor, source: Windows, above: Windows) -> Tensor:
    """A value in its windows → all that the call reads of it for its windows `above`."""
    reaches, rule = table.reaches[call.name], table.method.find(call)
    assert reaches is not None  # the plan takes crops only there
    assert rule is not None
    assert rule.around is not None
    return place(value, (2, 3), source, above.below(reaches), rule.around)
