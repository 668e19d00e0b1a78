"""The embedded default: a world of drawn pictures and a small network that knows it.

Here live the pictures (`world`: `buildings`, `creatures` and others, drawn by a `pen` of `parts`), the network
(`zfnet`), and its training (`train`), which makes the weights beside it. Drawing needs no torch; only `network()`
imports it. This wing never knows what its pictures are shown for, nor that its network will have a mirror.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .world import CLASSES, SIZE, TRAIN, UNSEEN, image, label

if TYPE_CHECKING:
    from PIL import Image
    from torch import nn

MEAN, STD = (0.58, 0.56, 0.55), (0.24, 0.23, 0.22)  # of the pixels in [0, 1], per channel
WEIGHTS = Path(__file__).with_name("shapes.pth")

__all__ = ["CLASSES", "MEAN", "Pictures", "SIZE", "STD", "TRAIN", "UNSEEN", "WEIGHTS", "image", "label", "network"]


class Pictures:
    """The first `count` pictures of the world as a data set: PIL images, with names and classes."""

    classes = CLASSES

    def __init__(self, count: int) -> None:
        self.targets = [label(number) for number in range(count)]
        self.samples = [(f"{CLASSES[kind]} {number}", kind) for number, kind in enumerate(self.targets)]

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, number: int) -> Image.Image:
        return image(number)


def network(trained: bool = True) -> nn.Sequential:
    """The network in eval mode, with its committed weights or with fresh ones."""
    import torch  # takes seconds, and pictures do not need it

    from .zfnet import build

    net = build(len(CLASSES))
    if trained:
        state = torch.load(WEIGHTS, map_location="cpu", weights_only=True)
        net.load_state_dict({name: value.float() for name, value in state.items()})
    return net.eval()
