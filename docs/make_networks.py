"""Make `docs/networks.md`: `python docs/make_networks.py`.

Each network is tried against the autograd oracle as `tests/mirror/test_networks.py` does it; takes a quarter of an
hour. `tests/test_docs.py` keeps the page in step with what is tested.
"""

import json
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent / folder) for folder in (".", "tests", "tests/mirror")]

import test_networks as tried  # noqa: E402
import torch  # noqa: E402
from test_networks import CLASSIFIERS, SEGMENTATION, SIZES, TIMM, TRANSFORMERS, largest_error, spread  # noqa: E402

from deconvviz import DeconvNet  # noqa: E402
from deconvviz.errors import NoMirrorRule  # noqa: E402
from deconvviz.mirror import answered_as, mirrored  # noqa: E402

FAMILIES = {
    "AlexNet": ("alexnet",),
    "VGG": ("vgg", "timm:vgg"),
    "ResNet, ResNeXt, Wide ResNet": ("resnet", "resnext", "wide_resnet", "timm:resnet26d"),
    "ResNet v2 (pre-activation)": ("timm:resnetv2",),
    "SqueezeNet": ("squeezenet",),
    "DenseNet": ("densenet", "timm:densenet"),
    "GoogLeNet, Inception": ("googlenet", "inception", "timm:inception", "timm:xception"),
    "MobileNet v2, v3, MNASNet": ("mobilenet", "mnasnet", "timm:mobilenet"),
    "ShuffleNet v2": ("shufflenet",),
    "RegNet X, Y": ("regnet", "timm:regnet"),
    "EfficientNet, v2": ("efficientnet", "timm:efficientnet"),
    "ConvNeXt": ("convnext", "timm:convnext"),
    "DLA, HRNet": ("timm:dla", "timm:hrnet"),
    "FCN, DeepLab v3, LR-ASPP (segmentation)": ("fcn", "deeplab", "lraspp"),
}
NAMES = CLASSIFIERS + SEGMENTATION + [f"timm:{name}" for name in TIMM]


def try_network(name: str) -> dict[str, object]:
    size = SIZES.get(name, 64)
    dv = DeconvNet(tried.random_network(name), input_shape=(3, size, size))
    start = time.perf_counter()
    table = dv.layers
    seconds = time.perf_counter() - start
    rules = mirrored(table.graph, table.graph.outputs)
    beyond = sorted({answered_as(call) for call, rule in rules.items() if rule.extends_paper})
    x = torch.randn(2, 3, size, size, dtype=torch.float64, generator=torch.Generator().manual_seed(7))
    layers = spread(dv, 5)
    return {
        "network": name,
        "layers": len(table),
        "tried": layers,
        "size": size,
        "error": largest_error(dv, x, layers),
        "capture": seconds,
        "beyond": beyond,
    }


def family_of(name: str) -> str:
    return next(family for family, starts in FAMILIES.items() if name.startswith(starts))


def page(rows: list[dict], refused: dict[str, str]) -> str:  # type: ignore[type-arg]
    lines = [
        "# Networks tried",
        "",
        "Made by `python docs/make_networks.py`. Random weights, float64, two images of the given side; five layers spread",
        "over the depth, in each a unit at two corners, at a border and in the centre; the largest relative error",
        "‖mirror − oracle‖ / ‖oracle‖ against autograd on the eager network with every activation's backward pass replaced by",
        "`max(s, 0)`, gates and statistics held constant. *Beyond the paper*: operators that Zeiler & Fergus do not have.",
        "*Capture*: seconds, once per network and input size, on 2 cores.",
        "",
        families(rows),
        "",
        "| network | side | layers | largest error | capture | beyond the paper |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        beyond = ", ".join(row["beyond"])
        lines.append(
            f"| {row['network']} | {row['size']} | {row['layers']} | {row['error']:.1e} | {row['capture']:.1f} | {beyond} |"
        )
    lines += ["", "Refused before any work, by name:", "", "| network | what stops it |", "|---|---|"]
    lines += [f"| {name} | {why} |" for name, why in refused.items()]
    return "\n".join(lines) + "\n"


def families(rows: list[dict]) -> str:  # type: ignore[type-arg]
    """One line for each family, from the rows of the networks."""
    lines = ["| family | networks tried | largest error |", "|---|---|---|"]
    for family in FAMILIES:
        own = [row for row in rows if family_of(row["network"]) == family]
        lines.append(f"| {family} | {len(own)} | {max(row['error'] for row in own):.0e} |")
    return "\n".join(lines)


def refuse(name: str) -> str:
    dv = DeconvNet(tried.torchvision.models.get_model(name, weights=None), input_shape=(3, 224, 224))
    try:
        mirrored(dv.layers.graph, dv.layers.graph.outputs)
    except NoMirrorRule as error:
        return str(error).partition("; choose")[0].partition(" at ")[0] + ")"
    raise AssertionError(name)


def main() -> None:
    done = HERE / "networks.json"
    rows = json.loads(done.read_text()) if done.exists() and "--continue" in sys.argv else []
    for name in NAMES:
        if name not in {row["network"] for row in rows}:
            rows.append(try_network(name))
            done.write_text(json.dumps(rows))
            print(name, f"{rows[-1]['error']:.1e}", flush=True)
    (HERE / "networks.md").write_text(page(rows, {name: refuse(name) for name in TRANSFORMERS}))
    done.unlink()


if __name__ == "__main__":
    main()
