"""Memory: the peak of a process that streams many projections of one layer, without keeping them.

    python -m benchmarks.memory                       VGG16 conv4_3 and conv5_3, 2,000 units
    python -m benchmarks.memory --units 10000 --layer conv3_3

Each unit lies on one of 500 images, which are drawn when they are read.
"""

import argparse
import resource
import subprocess
import sys
from collections.abc import Sequence

import torch
from torch import Tensor

from .measure import machine, table

IMAGES = 500


class Drawn(Sequence[Tensor]):
    """Noise images, each made when it is asked for."""

    def __len__(self) -> int:
        """How many there are."""
        return IMAGES

    def __getitem__(self, number: int) -> Tensor:  # type: ignore[override]
        """One image (3, 224, 224)."""
        return torch.randn(3, 224, 224, generator=torch.Generator().manual_seed(number))


def main() -> None:
    """Run each layer in a process of its own and print the peaks."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--units", type=int, default=2000)
    parser.add_argument("--layer", action="append")
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--one", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(peak(options.one, options.units, options.precision))
        return
    print(f"{machine('cpu')}\n")
    rows = []
    for layer in options.layer or ["conv4_3", "conv5_3"]:
        command = [sys.executable, "-m", "benchmarks.memory", "--one", layer, "--units", str(options.units),
                   "--precision", options.precision]  # fmt: skip
        found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()[-1]
        rows.append([layer, str(options.units), options.precision, f"{int(found) / 2**20:.2f}"])
    print(table(("VGG16 layer", "units", "precision", "peak GiB"), rows))


def peak(layer: str, count: int, precision: str) -> int:
    """Peak resident memory in kB after streaming so many units."""
    from torchvision.models import vgg16

    from deconvviz import DeconvNet
    from deconvviz.deconvnet.units import Unit

    dv = DeconvNet(vgg16(weights=None).eval(), input_shape=(3, 224, 224), precision=precision)
    rows, columns = dv.layers[layer].size or (1, 1)
    units = (Unit(layer, n % 256, n % rows, n // rows % columns, image=n * 7 % IMAGES) for n in range(count))
    for _ in dv.stream(Drawn(), units):
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


if __name__ == "__main__":
    main()
