"""Signals of one's own, carried down from all of a layer's maps to those of a layer below it."""

import torch
from torch import Tensor

from ..machine import batch_bytes, exactly
from ..mirror import Layers, Recording, Windows, descent, walk


def carried(table: Layers, recording: Recording, start: str, seeds: Tensor, images: Tensor, end: str) -> Tensor:
    """What arrives at the output of call `end` of seeds at the output of call `start`, on whole maps.

    `seeds` (B, …): as the maps of `start` are shaped, in the network's own precision; `images` (B,): which image of the
    recording each goes down through. The result is shaped as the maps of `end`, (B, …). Raises NoMirrorRule.
    """
    size = table.map_size(start)
    windows = Windows.whole(len(seeds), size) if size else None
    down, device = descent(table, start, seeds.dtype, {}), recording.images.device
    with torch.inference_mode(), exactly(device), torch.autocast(device.type, enabled=False):
        arrived = walk(down, recording, seeds, windows, images, batch_bytes(device), end)
        return torch.cat([signal.whole().values for signal in arrived])
