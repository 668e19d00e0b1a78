"""Draw the world, train the network, and write its weights beside what they reach on unseen pictures.

    python -m deconvviz.shapes.train

takes less than half an hour on two cores; `shapes.pth` and `shapes.json` go into the package, or into --out.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import PIL
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn
from tqdm import tqdm

from . import CLASSES, MEAN, SIZE, STD, TRAIN, UNSEEN, WEIGHTS
from .world import image, label
from .zfnet import build

Pixels = NDArray[np.uint8]


class BandNormalisation(nn.Module):
    """What `nn.LocalResponseNorm` computes, its sum over maps done by a 1×1 filter: thrice as fast."""

    def __init__(self, norm: nn.LocalResponseNorm) -> None:
        super().__init__()
        self.norm = norm

    def forward(self, maps: Tensor) -> Tensor:
        """(N, maps, h, w) → the same, each divided by its neighbourhood's energy."""
        norm, place = self.norm, torch.arange(maps.shape[1])
        near = (place[:, None] - place).abs() <= norm.size // 2
        energy = F.conv2d(maps * maps, near.to(maps.dtype)[..., None, None] * (norm.alpha / norm.size))
        return maps * (energy + norm.k).pow(-norm.beta)


def _draw(index: int) -> Pixels:
    return np.array(image(index))


def pictures(indices: range, workers: int) -> tuple[Tensor, Tensor]:
    """Pictures (N, SIZE, SIZE, 3) as uint8 and their labels (N,), drawn by `workers` processes."""
    pixels = torch.empty((len(indices), SIZE, SIZE, 3), dtype=torch.uint8)
    with ExitStack() as stack:
        drawn: Iterator[Pixels] = map(_draw, indices)
        if workers > 1:
            # forking a process that runs torch's threads may hang
            pool = stack.enter_context(multiprocessing.get_context("spawn").Pool(workers))
            drawn = pool.imap(_draw, indices, chunksize=64)
        for i, one in enumerate(tqdm(drawn, "drawing", len(indices), disable=None)):
            pixels[i] = torch.from_numpy(one)
    return pixels, torch.tensor([label(i) for i in indices])


def normalised(pixels: Tensor, gain: float | Tensor = 1.0) -> Tensor:
    """uint8 pixels (N, h, w, 3), brightened by `gain` (N, 1, 1, 3) → the network's input (N, 3, h, w)."""
    mean, std = torch.tensor(MEAN), torch.tensor(STD)
    return pixels.float().mul_(gain / (255 * std)).sub_(mean / std).permute(0, 3, 1, 2)


def varied(pixels: Tensor, generator: torch.Generator) -> Tensor:
    """The network's input for a batch (N, h, w, 3), moved by a few pixels and each tinted a little."""
    down, right = (int(v) for v in torch.randint(-6, 7, (2,), generator=generator))
    gain = 1 + 0.15 * (2 * torch.rand((len(pixels), 1, 1, 3), generator=generator) - 1)
    return normalised(torch.roll(pixels, (down, right), (1, 2)), gain)


def fit(
    net: nn.Sequential,
    pixels: Tensor,
    labels: Tensor,
    steps: int,
    batch: int,
    rate: float,
    sparsity: float,
    smoothness: float,
) -> None:
    """Train in place: AdamW, one cycle.

    A price on conv4's and conv5's activations makes choosy maps; one on rough first filters keeps noise
    out of them, and so out of every projection, which all end there.
    """
    generator = torch.Generator().manual_seed(1)
    optimiser = torch.optim.AdamW(net.parameters(), lr=rate, weight_decay=0.1)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimiser, rate, total_steps=steps, pct_start=0.15)
    seen: list[Tensor] = []
    hooks = [
        net.get_submodule(name).register_forward_hook(lambda m, i, out: seen.append(out)) for name in ("relu4", "relu5")
    ]
    net.train().to(memory_format=torch.channels_last)
    plain = {name: module for name, module in net.named_children() if isinstance(module, nn.LocalResponseNorm)}
    for name, norm in plain.items():
        net.add_module(name, BandNormalisation(norm))
    bar, order = tqdm(range(steps), "training", disable=None), torch.empty(0, dtype=torch.long)
    for step in bar:
        if len(order) < batch:
            order = torch.randperm(len(labels), generator=generator)
        picked, order = order[:batch], order[batch:]
        seen.clear()
        with torch.autocast("cpu", torch.bfloat16):
            scores = net(varied(pixels[picked], generator))
        loss = F.cross_entropy(scores.float(), labels[picked], label_smoothing=0.05)
        price = sum((maps.float().mean() for maps in seen), torch.zeros(()))
        optimiser.zero_grad(set_to_none=True)
        loss = loss + sparsity * price + smoothness * roughness(net.get_parameter("conv1.weight"))
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(net.parameters(), 2.0)
        optimiser.step()
        cycle.step()
        if step % 50 == 0:
            right = (scores.argmax(1) == labels[picked]).float().mean()
            bar.set_postfix(loss=f"{loss.item():.3f}", right=f"{right.item():.3f}", price=f"{price.item():.3f}")
    for name, norm in plain.items():
        net.add_module(name, norm)
    for hook in hooks:
        hook.remove()


def roughness(filters: Tensor) -> Tensor:
    """Sum of squared differences between neighbouring weights of filters (out, in, h, w)."""
    return filters.diff(dim=2).square().sum() + filters.diff(dim=3).square().sum()


@torch.no_grad()
def guesses(net: nn.Sequential, pixels: Tensor) -> Tensor:
    """The class the network gives each picture: (N,)."""
    net.eval()
    return torch.cat([net(normalised(part)).argmax(1) for part in torch.split(pixels, 128)])


def report(guessed: Tensor, labels: Tensor) -> dict[str, Any]:
    """Accuracy over all and per class, and the commonest mistakes."""
    right = guessed == labels
    wrong = Counter((CLASSES[int(t)], CLASSES[int(g)]) for t, g in zip(labels[~right], guessed[~right], strict=True))
    each = {name: round(right[labels == i].float().mean().item(), 4) for i, name in enumerate(CLASSES)}
    return {
        "accuracy": round(right.float().mean().item(), 4),
        "unseen_images": len(labels),
        "accuracy_per_class": each,
        "commonest_mistakes": [f"{t} taken for {g}: {n}" for (t, g), n in wrong.most_common(8)],
    }


def _save(out: Path, net: nn.Sequential, facts: dict[str, Any]) -> None:
    """Both files, each under a temporary name first."""
    out.mkdir(parents=True, exist_ok=True)
    weights, figures = out / WEIGHTS.name, out / WEIGHTS.with_suffix(".json").name
    torch.save(
        {name: value.half().contiguous() for name, value in net.state_dict().items()},
        weights.with_suffix(".part"),
    )
    os.replace(weights.with_suffix(".part"), weights)
    facts["weights_bytes"] = weights.stat().st_size
    figures.with_suffix(".part").write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    os.replace(figures.with_suffix(".part"), figures)
    print(weights, figures, sep="\n")


def main(arguments: list[str] | None = None) -> None:
    """Run the whole training from command-line arguments."""
    number = partial(argparse.ArgumentParser.add_argument, type=int)
    parser = argparse.ArgumentParser(prog="python -m deconvviz.shapes.train", description=__doc__.partition("\n")[0])
    parser.add_argument("--out", type=Path, default=WEIGHTS.parent, help="folder for shapes.pth and shapes.json")
    number(parser, "--images", default=30_000, help="training pictures to draw")
    number(parser, "--unseen", default=2_800, help="unseen pictures to judge by")
    number(parser, "--steps", default=3_000)
    number(parser, "--batch", default=64)
    number(parser, "--seed", default=0)
    number(parser, "--cores", default=2)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--sparsity", type=float, default=0.05)
    parser.add_argument("--smoothness", type=float, default=0.003, help="price of rough first filters")
    chosen = parser.parse_args(arguments)

    start = time.monotonic()
    torch.set_num_threads(chosen.cores)
    torch.manual_seed(chosen.seed)
    pixels, labels = pictures(TRAIN[: chosen.images], chosen.cores)
    unseen, truth = pictures(UNSEEN[-chosen.unseen :], chosen.cores)
    drawn = time.monotonic()
    net = build(len(CLASSES))
    fit(net, pixels, labels, chosen.steps, chosen.batch, chosen.rate, chosen.sparsity, chosen.smoothness)
    for value in net.state_dict().values():  # judge what will be stored
        value.copy_(value.half())
    facts = report(guesses(net, unseen), truth) | {
        "classes": list(CLASSES),
        "training": {
            name: getattr(chosen, name)
            for name in ("images", "steps", "batch", "rate", "sparsity", "smoothness", "seed", "cores")
        },
        "minutes_drawing": round((drawn - start) / 60, 1),
        "minutes_training": round((time.monotonic() - drawn) / 60, 1),
        "parameters": sum(p.numel() for p in net.parameters()),
        "versions": {
            "python": platform.python_version(),
            "torch": str(torch.__version__),
            "numpy": np.__version__,
            "pillow": PIL.__version__,
        },
    }
    print(f"{facts['accuracy']:.2%} right on {len(truth)} unseen pictures", file=sys.stderr)
    _save(chosen.out, net, facts)


if __name__ == "__main__":
    main()
