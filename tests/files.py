"""Picture files for tests: of the embedded world, with hostile names, and what is no picture."""

import os
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from deconvviz import shapes

HOSTILE = ["new\nline.png", "quo'te\".png", "Größe 猫.png", "-dash.png", " space .png", b"\xff\xfe.png"]


def draw(path: Path | str | bytes, number: int = 0) -> None:
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        shapes.image(number).save(file, "PNG")


class Pictures(torch.utils.data.Dataset[tuple[Tensor, int]]):
    """As torchvision's data sets are."""

    classes = ("cat", "dog")

    def __init__(self, count: int = 4) -> None:
        self.samples = [(f"pictures/{n}.png", n % 2) for n in range(count)]
        self.targets = [target for _, target in self.samples]

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, number: int) -> tuple[Tensor, int]:
        return torch.full((3, 32, 32), float(number)), self.targets[number]


def hostile(kind: str, folder: Path) -> Path:
    """A file, by kind, that is no picture or should not be opened."""
    path = folder / f"{kind}.jpg"
    if kind == "folder":
        path.mkdir()
    elif kind == "text":
        path.write_text("I am a text named .jpg")
    elif kind == "empty":
        path.touch()
    elif kind == "truncated":
        Image.fromarray(np.random.default_rng(0).integers(0, 255, (64, 64, 3), dtype=np.uint8)).save(path)
        path.write_bytes(path.read_bytes()[:900])
    elif kind == "bomb":
        path = folder / "bomb.png"
        Image.new("1", (20000, 20000)).save(path)
    elif kind == "big":
        path = folder / "big.png"
        Image.new("1", (10000, 10000)).save(path)
    elif kind == "dot":
        Image.new("RGB", (1, 1)).save(path)
    return path


SAYS = {
    "missing": "no such file",
    "folder": "is a folder",
    "text": "no picture",
    "empty": "zero bytes",
    "truncated": "truncated",
    "bomb": "too many pixels",
    "big": "too many pixels",
    "dot": "1×1 pixels hold no picture",
}
