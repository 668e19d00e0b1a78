"""Projections: deconvviz against captum and against PyTorch by hand.

    python -m benchmarks.projection            all networks, five rounds
    python -m benchmarks.projection --quick    VGG16 and SqueezeNet 1.1

Times are milliseconds a projection, medians; ratios are medians of ratios within one round, in which all
contenders run one after the other. Weights are random: time does not depend on them.

captum and the code by hand pass each image forward for its projection. deconvviz is measured twice: with images
recorded before, which is what a gallery costs where many units share an image (a few hundred images recorded once,
for all layers), and "alone": each unit on an image of its own, the forward pass (on a crop) included.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import torch
from torchvision.models import get_model

from deconvviz import DeconvNet
from deconvviz.deconvnet.ascent import ascent
from deconvviz.deconvnet.units import Unit
from deconvviz.mirror.layers import Layers

from . import contenders
from .measure import gemm_peak, machine, median, seconds, table

NETWORKS = {
    "vgg16": [f"features.{n}" for n in (1, 3, 6, 8, 11, 13, 15, 18, 20, 22, 25, 27, 29)],
    "squeezenet1_1": ["features.1", *[f"features.{n}" for n in (3, 4, 6, 7, 9, 10, 11, 12)]],
    "alexnet": [f"features.{n}" for n in (1, 4, 7, 9, 11)],
    "resnet50": ["relu", "layer1.2", "layer2.3", "layer3.5", "layer4.2"],
    "googlenet": ["conv3", "inception3b", "inception4a", "inception4e", "inception5b"],
}
WRONG_IN_CAPTUM = {"googlenet": "captum's result is wrong on this network: functional ReLUs are left as they are"}
QUICK = ("vgg16", "squeezenet1_1")
OURS = ("float32", "float32 alone", "bfloat16", "bfloat16 alone")
IMAGES = 8
TOP = 9

Runs = dict[str, tuple[Callable[[], object], int]]


@dataclass
class Measured:
    """One layer: milliseconds a projection by contender, one value for each round; its multiply-adds."""

    layer: str
    channels: int
    multiply_adds: float
    rounds: dict[str, list[float]] = field(default_factory=dict)

    def ms(self, contender: str) -> float:
        """The median."""
        return median(self.rounds[contender])

    def best_cut(self, round_: int) -> float:
        """Captum on the cut network, the better of its batch sizes."""
        return min(self.rounds[name][round_] for name in ("captum cut, batch 1", "captum cut, batch 4"))


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--network", choices=NETWORKS, action="append", help="one network; may be repeated")
    parser.add_argument("--quick", action="store_true", help="fewer units and rounds, two networks")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--rounds", type=int)
    options = parser.parse_args()
    rounds = options.rounds or (2 if options.quick else 5)
    peaks = {name: gemm_peak(dtype, options.device) for name, dtype in
             (("fp32", torch.float32), ("bf16", torch.bfloat16))}  # fmt: skip
    print(f"{machine(options.device)}\n")
    print(f"GEMM peak: float32 {peaks['fp32'] / 1e9:.0f}, bfloat16 {peaks['bf16'] / 1e9:.0f} G multiply-adds/s\n")
    for name in options.network or (QUICK if options.quick else NETWORKS):
        torch.manual_seed(0)
        own = {"init_weights": False} if name == "googlenet" else {}
        net = get_model(name, weights=None, **own).eval().to(options.device)
        dv32, dv16 = (DeconvNet(net, input_shape=(3, 224, 224), precision=precision) for precision in ("fp32", "bf16"))
        measured = [measure(dv32, dv16, layer, rounds, options.quick, options.device) for layer in NETWORKS[name]]
        print(report(name, measured, peaks), flush=True)


def sample(layers: Layers, layer: str, count: int) -> list[Unit]:
    """Units of a layer, maps and positions drawn evenly, spread over the images."""
    chosen, draw = layers[layer], torch.Generator().manual_seed(1)
    size = chosen.size or (1, 1)
    drawn = [torch.randint(top, (count,), generator=draw).tolist() for top in (chosen.channels, *size)]
    return [Unit(layer, *place, image=n % IMAGES) for n, place in enumerate(zip(*drawn, strict=True))]


def measure(dv32: DeconvNet, dv16: DeconvNet, layer: str, rounds: int, quick: bool, device: str) -> Measured:
    """All contenders on one layer of one network."""
    net = dv32.net
    images = torch.randn(IMAGES, 3, 224, 224, device=device)
    recording, layers = dv32.record(images, [layer]), dv32.layers
    read_at = layers[layer].read_at
    row, way = layers[layer], ascent(layers, read_at)
    boxes = way.windows(torch.tensor([[u.row, u.column] for u in sample(layers, layer, 256)]))
    top = next(call for call in layers.graph.calls if call.name == layers_filter(layers, read_at))
    work = way.multiply_adds(boxes) / 256
    work -= top["weight"].numel() * (1 - 1 / top["weight"].shape[0])  # the seed is one map, not all
    few = 4 if quick else 8
    many = int(min(1024, max(few * 10, (2e11 if quick else 1e12) / max(work, 1))))
    units, lone = sample(layers, layer, many), sample(layers, layer, 4)
    alone = [replace(unit, image=n) for n, unit in enumerate(units[: 16 if quick and work > 1e8 else 48])]
    apart = torch.randn(len(alone), 3, 224, 224, device=device)
    full, cut = contenders.out_of_place(net), contenders.Cut(net, layer)
    hand = contenders.overridden(cut)
    own, seen = images[torch.arange(4) % IMAGES], 2 if quick else 4
    runs: Runs = {
        "float32": (lambda: [None for _ in dv32.stream(recording, units, 1024)], many),
        "float32 alone": (lambda: [None for _ in dv32.stream(apart, alone, 1024)], len(alone)),
        "bfloat16 alone": (lambda: [None for _ in dv16.stream(apart, alone, 1024)], len(alone)),
        "bfloat16": (lambda: [None for _ in dv16.stream(recording, units, 1024)], many),
        "captum": (lambda: contenders.captum_full(full, layer, own[:2], lone[:2]), 2),
        "captum cut, batch 1": (lambda: contenders.captum_cut(cut, own[:2], lone[:2], 1), 2),
        "captum cut, batch 4": (lambda: contenders.captum_cut(cut, own, lone, 4), 4),
        "by hand": (lambda: contenders.by_hand(hand, own[:seen], lone[:seen], 2), 2 * seen),
    }
    for run, _ in runs.values():
        run()
    measured = Measured(layer, row.channels, work)
    for _ in range(rounds):
        for contender, (run, count) in runs.items():
            measured.rounds.setdefault(contender, []).append(1e3 * seconds(run, device) / count)
    return measured


def layers_filter(layers: Layers, read_at: str) -> str:
    """The last filter at or before a call: the one the seed goes down first."""
    calls = [call.name for call in layers.graph.needed_for([read_at]) if "weight" in call.arguments
             and layers.graph.by_name[call.name]["weight"].ndim == 4]  # fmt: skip
    return calls[-1]


def report(name: str, measured: list[Measured], peaks: dict[str, float]) -> str:
    """The tables of one network."""
    rows, rounds = [], len(measured[0].rounds["float32"])
    for m in measured:
        rows.append([m.layer, str(m.channels), f"{m.multiply_adds / 1e6:.0f}", *cells(m, peaks)])

    def totals(of: Callable[[Measured, int], float]) -> list[float]:
        return [sum(m.channels * TOP * of(m, r) for m in measured) / 1e3 for r in range(rounds)]

    ours = {name: totals(lambda m, r, name=name: m.rounds[name][r]) for name in OURS}
    lines = [f"## {name}: whole gallery, {sum(m.channels for m in measured):,} feature maps × {TOP} projections", ""]
    if name in WRONG_IN_CAPTUM:
        lines += [f"({WRONG_IN_CAPTUM[name]})", ""]
    heads = ("", "seconds", *(f"{what} is faster by" for what in OURS))
    gallery = [[f"deconvviz, {what}", f"{median(times):.1f}", *[""] * len(OURS)] for what, times in ours.items()]
    for contender in ("captum", "captum cut (best batch)", "by hand"):
        theirs = totals(lambda m, r, contender=contender: other(m, contender, r))
        ratios = [median([t / o for t, o in zip(theirs, times, strict=True)]) for times in ours.values()]
        gallery.append([contender, f"{median(theirs):.0f}", *(f"×{ratio:.1f}" for ratio in ratios)])
    heads_layers = ("layer", "maps", "M multiply-adds", "float32 ms", "of peak", "alone",
                    "bfloat16 ms", "of peak", "alone", "captum", "cut", "by hand",
                    "float32 : cut", "bfloat16 : cut", "float32 : hand")  # fmt: skip
    return "\n".join([*lines, table(heads, gallery), "", table(heads_layers, rows), ""])


def other(measured: Measured, contender: str, round_: int) -> float:
    """Milliseconds of another tool in one round."""
    return measured.best_cut(round_) if "cut" in contender else measured.rounds[contender][round_]


def cells(m: Measured, peaks: dict[str, float]) -> list[str]:
    """The times of one layer, and ratios pair by pair."""
    rounds = range(len(m.rounds["float32"]))
    of_peak = [
        m.multiply_adds / (m.ms(c) / 1e3) / peak
        for c, peak in (("float32", peaks["fp32"]), ("bfloat16", peaks["bf16"]))
    ]
    cut = median([m.best_cut(r) for r in rounds])
    ratio32, ratio16 = (median([m.best_cut(r) / m.rounds[c][r] for r in rounds]) for c in ("float32", "bfloat16"))
    hand = median([m.rounds["by hand"][r] / m.rounds["float32"][r] for r in rounds])
    return [f"{m.ms('float32'):.2f}", f"{of_peak[0]:.0%}", f"{m.ms('float32 alone'):.1f}", f"{m.ms('bfloat16'):.2f}",
            f"{of_peak[1]:.0%}", f"{m.ms('bfloat16 alone'):.1f}", f"{m.ms('captum'):.0f}", f"{cut:.0f}",
            f"{m.ms('by hand'):.0f}", f"×{ratio32:.1f}", f"×{ratio16:.1f}", f"×{hand:.1f}"]  # fmt: skip


if __name__ == "__main__":
    main()
