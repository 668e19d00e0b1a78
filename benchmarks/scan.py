"""Images per second of the scan beside the bare network.

    python -m benchmarks.scan [--model NAME…] [--images FOLDER]

The bare network is the user's own module run on the same batches and cut after the same layer: as images come
(channels first in memory), and with channels last, the layout that the scan chooses. All run in one process, turn
about; ratios compare whole runs of so many batches, positions looked for in the first ones most. The last two columns
include decoding: a loop that reads, stacks and runs, and a whole `deconvviz.scan`.
"""

import argparse
import resource
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

import deconvviz
from deconvviz import shapes
from deconvviz.images.sources import find_images
from deconvviz.network.models import pick_device
from deconvviz.scanning.job import Job
from deconvviz.scanning.scanning import BATCH_CPU, BATCH_ELSE
from deconvviz.scanning.selection import select
from deconvviz.scanning.watch import Watch

from .measure import seconds


class Cut(Exception):
    """The layer to stop at is done."""


def bare_forward(net: nn.Module, last: nn.Module) -> Callable[[Tensor], None]:
    """The network as its author wrote it, cut after a module."""

    def stop(*_: object) -> None:
        raise Cut

    def run(images: Tensor) -> None:
        handle = last.register_forward_hook(stop)
        try:
            with torch.inference_mode():
                net(images)
        except Cut:
            pass
        finally:
            handle.remove()
        if images.is_cuda:
            torch.cuda.synchronize()

    return run


def decoded_before(model: deconvviz.Model, device: torch.device, batch: int, rounds: int) -> tuple[float, ...]:
    """Images per second: bare in both layouts, scan; its ratios to both, and to the second late in the run."""
    dv = deconvviz.DeconvNet(model)
    channels, _ = select(dv.layers, ())
    calls = dv.layers.graph.needed_for(list(channels))
    bare = bare_forward(dv.net, dv.net.get_submodule(calls[-1].path))
    images = torch.randn(rounds, batch, *dv.layers.graph.input_shape).to(device)
    job = Job(dv, find_images(torch.utils.data.TensorDataset(images[0])), (), False, 1, print)
    watch = Watch(channels, 9, device)

    def scan(number: int) -> None:
        inputs = images[number].to(memory_format=job.layout)
        watch.look(dv.layers, inputs, range(number * batch, (number + 1) * batch))

    def last(number: int) -> None:
        bare(images[number].to(memory_format=torch.channels_last))

    bare(images[0])
    last(0)
    scan(0)
    times = [(seconds(lambda n=n: bare(images[n])), seconds(lambda n=n: last(n)), seconds(lambda n=n: scan(n)))
             for n in range(rounds)]  # fmt: skip
    watch.best()
    plain, others, looked = (sum(of) for of in zip(*times, strict=True))
    run = batch * rounds
    late = statistics.median(b / c for _, b, c in times[rounds // 2 :])
    return run / plain, run / others, run / looked, plain / looked, others / looked, late


def with_decoding(model: deconvviz.Model, folder: Path, batch: int) -> tuple[float, float]:
    """Images per second of reading, stacking and running one after the other, and of a whole scan."""
    dv = deconvviz.DeconvNet(model)
    found = find_images(folder)
    channels, _ = select(dv.layers, ())
    bare = bare_forward(dv.net, dv.net.get_submodule(dv.layers.graph.needed_for(list(channels))[-1].path))
    device = next(dv.net.parameters()).device

    def loop() -> None:
        for start in range(0, len(found), batch):
            numbers = range(start, min(start + batch, len(found)))
            bare(torch.stack([found.read(n, found.record(n), dv.preprocess) for n in numbers]).to(device))

    with tempfile.TemporaryDirectory() as out:
        plain, scanned = (
            seconds(loop),
            seconds(lambda: deconvviz.scan(dv, found, out=out, batch_size=batch, progress=False)),
        )
    return len(found) / plain, len(found) / scanned


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", nargs="*", default=["squeezenet1_1", "vgg16", "resnet50"])
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch", type=int)
    parser.add_argument("--rounds", type=int, default=64, help="pairs of batches: 64 make a part of a large scan")
    parser.add_argument("--images", type=Path, help="a folder; without it, 200 drawn pictures")
    given = parser.parse_args()
    device = pick_device(given.device)
    batch = given.batch or (BATCH_CPU if device.type == "cpu" else BATCH_ELSE)
    print(
        f"torch {torch.__version__}, {device}, {torch.get_num_threads()} threads, batch {batch}, {given.rounds} rounds"
    )
    heads = (
        "network | maps | bare, images/s | bare, channels last | scan | scan : bare | scan : channels last | late on"
    )
    print(f"| {heads} | read+run, images/s | whole scan, images/s |")
    print("|---" * 10 + "|")
    with tempfile.TemporaryDirectory() as drawn:
        if given.images is None:
            for number in range(200):
                shapes.image(number).resize((320, 320)).save(Path(drawn) / f"{number}.jpg", quality=92)
        for name in given.model:
            model = deconvviz.load_model(name, "none")
            model.net.to(device)
            maps = sum(select(deconvviz.DeconvNet(model).layers, ())[0].values())
            plain, last, scanned, *ratios = decoded_before(model, device, batch, given.rounds)
            read, whole = with_decoding(model, given.images or Path(drawn), batch)
            speeds, shares = f"{plain:.1f} | {last:.1f} | {scanned:.1f}", " | ".join(f"{r:.2f}" for r in ratios)
            print(f"| {name} | {maps} | {speeds} | {shares} | {read:.1f} | {whole:.1f} |", flush=True)
    print(f"peak resident memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
