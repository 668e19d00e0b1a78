"""One forward pass, with forward hooks that record what the mirror needs and no more.

Zeiler & Fergus 2014, §2.1: "record the locations of the maxima within each pooling region in a set of
*switch* variables". What each call keeps is said by its mirror rule; here it is only kept.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from ..machine import exactly
from ..network import INPUT, Call, Graph, between_captures, run
from .method import DECONVNET, Method
from .registry import Keep
from .window import Windows


@dataclass(frozen=True, eq=False)
class Recording:
    """What a forward pass over N images left behind.

    `images` (N, C, H, W): the network's input, `maps`: the wanted calls' outputs by name,
    `kept`: by name, what each call's mirror rule asked for (switches, gates, statistics);
    `windows`: where on their maps these lie, by name, if only crops went forward, else empty; `method`: the way down
    that it was recorded for.
    """

    graph: Graph
    images: Tensor
    maps: Mapping[str, Tensor]
    kept: Mapping[str, tuple[Tensor, ...]]
    windows: Mapping[str, Windows] = field(default_factory=dict)
    method: Method = DECONVNET

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        return f"Recording({len(self)} images, maps of {', '.join(self.maps)})"


def record(graph: Graph, images: Tensor, wanted: Sequence[str], keepers: Mapping[str, Keep]) -> Recording:
    """Run images (N, C, H, W) through the calls that `wanted` needs; keep what `keepers` say, by name."""
    calls = graph.needed_for(wanted)
    if images.ndim == 4:  # convolutions and poolings read channels that lie together faster
        images = images.contiguous(memory_format=torch.channels_last)
    kept: dict[str, tuple[Tensor, ...]] = {}
    roots: dict[str, Tensor] = {}  # what activations written out over several calls are functions of

    wider = {name for call in calls if call.name in keepers for name in call.inputs if name not in call.reads}

    def keep(call: Call, values: tuple[Any, ...], output: Any) -> None:
        if call.name in wider:
            roots[call.name] = output
        if call.name in keepers:
            read = roots | dict(zip(call.reads, values, strict=True))
            kept[call.name] = keepers[call.name](call, output, *(read[name] for name in call.inputs))

    hooked = [call.hooked(keep) if call.name in keepers or call.name in wider else call for call in calls]
    found: list[tuple[dict[str, Tensor], dict[str, tuple[Tensor, ...]]]] = []
    with between_captures(), torch.no_grad(), exactly(images.device):
        for part, _ in graph.parts(images):
            roots[INPUT] = part
            maps = run(hooked, part, wanted)
            found.append((maps, dict(kept)))
    if len(found) > 1:
        return _joined(graph, images, found)
    maps, _ = found[0]
    return Recording(graph, images, {name: value[: len(images)] for name, value in maps.items()}, kept)


def _joined(graph: Graph, images: Tensor, found: Sequence[tuple[Mapping[str, Any], Mapping[str, Any]]]) -> Recording:
    """One recording of several batches; what is left over of the last, which was filled up, is cut off."""
    first, first_kept = found[0]
    maps = {name: torch.cat([maps[name] for maps, _ in found])[: len(images)] for name in first}
    kept = {
        name: tuple(
            torch.cat([kept[name][place] for _, kept in found])[: len(images)]
            if len(tensor) == graph.batch  # else it is one for all images
            else tensor
            for place, tensor in enumerate(tensors)
        )
        for name, tensors in first_kept.items()
    }
    return Recording(graph, images, maps, kept)
