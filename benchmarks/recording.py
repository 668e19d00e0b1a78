"""Recording: the forward pass with hooks that keep the switches, against the network's plain forward pass.

    python -m benchmarks.recording

The plain pass is the user's own, `net(images)` cut after its last convolution; ratios are medians of rounds. "First" is
the first recording of a capture, in which the network itself runs beside it and both are compared; "state" is what it
costs each time to see that the network's Python state is as it was captured, "of all" its share of a recording.
"""

import argparse

import torch
from torchvision.models import get_model

from deconvviz import DeconvNet
from deconvviz.network import state_of

from .contenders import Cut
from .measure import machine, median, seconds, table

NETWORKS = {"vgg16": "features.30", "squeezenet1_1": "features.12", "alexnet": "features.12",
            "resnet50": "layer4.2", "googlenet": "inception5b", "densenet121": "features.norm5"}  # fmt: skip


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    print(f"{machine(options.device)}\n")
    rows = [row(name, layer, batch, options) for name, layer in NETWORKS.items() for batch in (1, 16)]
    heads = (
        "network",
        "images",
        "plain ms",
        "plain, channels last",
        "recorded",
        "recorded : plain",
        "first",
        "state",
        "of all",
        "switches kB an image",
    )
    print(table(heads, rows))


def row(name: str, layer: str, batch: int, options: argparse.Namespace) -> list[str]:
    """One network at one batch size."""
    torch.manual_seed(0)
    net = get_model(name, weights=None, **({"init_weights": False} if name == "googlenet" else {})).eval()
    cut, dv = Cut(net.to(options.device), layer), DeconvNet(net, input_shape=(3, 224, 224))
    images = torch.randn(batch, 3, 224, 224, device=options.device)
    last = images.contiguous(memory_format=torch.channels_last)

    def plain(x: torch.Tensor) -> None:
        with torch.no_grad():
            cut(x)

    runs = {"plain": lambda: plain(images), "last": lambda: plain(last), "recorded": lambda: dv.record(images, [layer])}
    dv.layers_for(images.shape[1:])
    first = 1e3 * seconds(runs["recorded"], options.device) / batch
    for run in runs.values():
        run()
    state = 1e3 * median([seconds(lambda: state_of(net), options.device) for _ in range(20)]) / batch
    times = {what: [] for what in runs}  # type: dict[str, list[float]]
    for _ in range(options.rounds):
        for what, run in runs.items():
            times[what].append(1e3 * seconds(run, options.device) / batch)
    ratio = median([r / p for r, p in zip(times["recorded"], times["plain"], strict=True)])
    kept = sum(t.nbytes for some in dv.record(images, [layer]).kept.values() for t in some) / batch
    share = state / median(times["recorded"])
    shown = [
        *(f"{median(of):.1f}" for of in times.values()),
        f"{ratio:.2f}",
        f"{first:.1f}",
        f"{state:.2f}",
        f"{share:.1%}",
    ]
    return [name, str(batch), *shown, f"{kept / 1e3:.0f}"]


if __name__ == "__main__":
    main()
