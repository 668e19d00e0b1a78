"""Small scans and what they leave behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from networks import randomised
from torch import nn

from deconvviz import Index, Model, Preprocess
from deconvviz.images.records import Record, Records
from deconvviz.scanning import job as jobs
from deconvviz.scanning.best import gather
from deconvviz.scanning.manifest import Manifest, Scanned, preprocess_facts
from deconvviz.scanning.part import Part, Skipped
from deconvviz.scanning.scanning import scan
from deconvviz.scanning.sketch import Sketch
from deconvviz.scanning.spread import Spread
from deconvviz.scanning.tally import Tally


@contextmanager
def small_parts() -> Iterator[None]:
    """Parts of one batch, so that few pictures make many."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "LEAST", 1)
        yield


def tiny(net: nn.Module | None = None, size: int | None = 24) -> Model:
    torch.manual_seed(3)
    net = net or nn.Sequential(
        nn.Conv2d(3, 6, 5, stride=2), nn.BatchNorm2d(6), nn.ReLU(), nn.MaxPool2d(3, 2), nn.Conv2d(6, 8, 3), nn.ReLU()
    )
    preprocess = Preprocess(size) if size else Preprocess(None, resize=None)
    return Model(randomised(net), preprocess, "tiny", weights="random")


def run(images: Any, out: Path, model: Model | None = None, **options: Any) -> Index | None:
    how = {"k": 4, "batch_size": 4, "workers": 2, "progress": False} | options
    with small_parts():
        return scan(model or tiny(), images, out=out, **how)


def result(out: Path) -> bytes:
    return (out / "index.npz").read_bytes()


def whole(index: Index | None) -> Index:
    assert index is not None
    return index


NAMES = ["a.png", "new\nline.jpg", "quo'te\".png", "Größe 猫.png", "\udcff undecodable.png", "x" * 200]


def make(number: int, images: int = 4, maps: int = 3, scan: str = "a scan") -> Part:
    """What images 4·number … leave behind, of random values."""
    generator = np.random.default_rng(number)
    values = generator.integers(0, 5, (images, maps)).astype(np.float32) / 3
    which, image = np.tile(np.arange(maps), images), np.repeat(np.arange(images), maps) + images * number
    zero = np.zeros(images * maps, np.int32)
    best = gather(maps, 2, which, values.ravel(), image, zero, zero + 1)
    records = {
        n: Record(0, "", NAMES[n % 6] + str(n), "klass é", -1, n) for n in range(images * number, images * (number + 1))
    }
    skipped = (Skipped(images * number, "bad\udcff", "why"),)
    sketch, spread = Sketch.of(list(records), values), Spread.of(values, list(records))
    return Part(scan, (number,), best, Tally.of(values), Records.of(records), skipped, sketch, spread)


LAYERS = (
    Scanned("relu1", ("conv1", "relu1"), 4, (8, 8), ((0, 4),)),
    Scanned("cat", ("cat",), 6, None, ((0, 4), (4, 2))),
)


ONE = Manifest(
    "net",
    "ab" * 32,
    preprocess_facts(Preprocess(8)),
    "cpu",
    100,
    "cd" * 32,
    LAYERS,
    9,
    4,
    16,
    ("/photos",),
    ("net", "x"),
)
