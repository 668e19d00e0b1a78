"""The embedded default: pictures are a function of their index, and the committed network knows them."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from deconvviz import shapes
from deconvviz.shapes import train

FACTS = json.loads(shapes.WEIGHTS.with_suffix(".json").read_text(encoding="utf-8"))


@pytest.mark.parametrize("index", [0, 1, 17, 4_321, shapes.TRAIN[0]])
def test_an_index_is_always_the_same_picture(index: int) -> None:
    first, again = shapes.image(index), shapes.image(index)
    assert first.mode == "RGB"
    assert first.size == (shapes.SIZE, shapes.SIZE)
    assert first.tobytes() == again.tobytes()


def test_another_process_draws_the_same_picture_without_torch() -> None:
    code = (
        "import hashlib, sys; from deconvviz import shapes; "
        "print(hashlib.sha256(shapes.image(7).tobytes()).hexdigest(), 'torch' in sys.modules)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert out == [hashlib.sha256(shapes.image(7).tobytes()).hexdigest(), "False"]


@pytest.mark.quick
def test_neighbouring_indices_differ_and_every_picture_has_contrast() -> None:
    pictures = [np.asarray(shapes.image(i), float) for i in range(2 * len(shapes.CLASSES))]
    assert len({p.tobytes() for p in pictures}) == len(pictures)
    assert min(p.std() for p in pictures) > 15


def test_pictures_of_one_class_differ() -> None:
    step = len(shapes.CLASSES)
    one, other = (np.asarray(shapes.image(i), float) for i in (3, 3 + step))
    assert shapes.label(3) == shapes.label(3 + step)
    assert abs(one - other).mean() > 10


def test_every_class_occurs_equally() -> None:
    labels = [shapes.label(i) for i in shapes.UNSEEN[: 10 * len(shapes.CLASSES)]]
    assert np.bincount(labels).tolist() == [10] * len(shapes.CLASSES)
    assert len(set(shapes.CLASSES)) == len(shapes.CLASSES) >= 12


def test_pictures_to_learn_from_and_to_judge_by_never_coincide() -> None:
    assert max(shapes.UNSEEN) < min(shapes.TRAIN)
    judged = shapes.UNSEEN[-FACTS["unseen_images"] :]
    learned = shapes.TRAIN[: FACTS["training"]["images"]]
    assert len(judged) >= 2_000
    assert not set(judged) & set(learned)
    assert len(learned) == FACTS["training"]["images"]


def test_a_negative_index_is_refused() -> None:
    with pytest.raises(ValueError, match="indices start at 0"):
        shapes.image(-1)


def test_the_weights_are_small_and_load() -> None:
    assert shapes.WEIGHTS.stat().st_size == FACTS["weights_bytes"] <= 2_000_000
    net = shapes.network()
    assert not net.training
    assert all(p.dtype == torch.float32 for p in net.parameters())
    assert tuple(FACTS["classes"]) == shapes.CLASSES
    kinds = [type(module) for module in net]
    assert kinds.count(nn.Conv2d) == 5
    assert kinds.count(nn.MaxPool2d) == 3
    assert nn.LocalResponseNorm in kinds
    assert (net.conv1.kernel_size, net.conv1.stride) == ((7, 7), (2, 2))


def test_unseen_pictures_are_recognised() -> None:
    assert FACTS["accuracy"] >= 0.97
    indices = shapes.UNSEEN[: 15 * len(shapes.CLASSES)]
    pixels = np.stack([np.asarray(shapes.image(i)) for i in indices])
    guessed = train.guesses(shapes.network(), torch.from_numpy(pixels))
    right = guessed == torch.tensor([shapes.label(i) for i in indices])
    assert right.float().mean() >= 0.95


def test_few_maps_are_dead() -> None:
    pixels = torch.from_numpy(np.stack([np.asarray(shapes.image(i)) for i in range(600)]))
    maps = train.normalised(pixels)
    with torch.no_grad():
        for name, module in shapes.network().named_children():
            maps = module(maps)
            if name.startswith("relu"):
                dead = (maps.amax((0, 2, 3)) <= 0).float().mean()
                assert dead < 0.1, name


def test_the_fast_normalisation_equals_the_plain_one() -> None:
    plain, maps = nn.LocalResponseNorm(5, alpha=0.3, beta=0.75, k=2.0), torch.randn(2, 12, 4, 5)
    torch.testing.assert_close(train.BandNormalisation(plain)(maps), plain(maps))


@pytest.mark.quick
def test_a_short_training_writes_both_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    sizes = {"--images": "42", "--unseen": "21", "--steps": "3", "--batch": "16", "--cores": "1"}
    train.main(["--out", str(tmp_path), *(word for pair in sizes.items() for word in pair)])
    written = [Path(line) for line in capsys.readouterr().out.splitlines()]
    assert (
        sorted(p.name for p in tmp_path.iterdir()) == sorted(p.name for p in written) == ["shapes.json", "shapes.pth"]
    )
    state = torch.load(tmp_path / "shapes.pth", weights_only=True)
    assert state.keys() == shapes.network(trained=False).state_dict().keys()
    assert json.loads((tmp_path / "shapes.json").read_text())["training"]["steps"] == 3
