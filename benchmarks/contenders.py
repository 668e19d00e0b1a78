"""What a user would do without deconvviz: captum, and a few lines of PyTorch by hand."""

import copy
import warnings
from collections.abc import Sequence

import torch
from captum.attr import Deconvolution, NeuronDeconvolution
from torch import Tensor, nn
from torchvision.models.feature_extraction import create_feature_extractor

from deconvviz.deconvnet.units import Unit

warnings.filterwarnings("ignore", message=".*(backward hooks|require gradients|Setting forward).*")


class Cut(nn.Module):
    """A network cut after one layer: returns that layer's maps."""

    def __init__(self, net: nn.Module, layer: str) -> None:
        super().__init__()
        self.net = create_feature_extractor(out_of_place(net), {layer: "maps"})

    def forward(self, x: Tensor) -> Tensor:
        """Images (N, C, H, W) → maps (N, C, H, W)."""
        return self.net(x)["maps"]


def out_of_place(net: nn.Module) -> nn.Module:
    """A copy of the network whose ReLUs do not work in place, as captum needs it."""
    net = copy.deepcopy(net).eval()
    for module in net.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    return net


def captum_full(net: nn.Module, layer: str, images: Tensor, units: Sequence[Unit]) -> None:
    """Captum as its documentation shows it: one call for each unit, forward through the whole network."""
    attribution = NeuronDeconvolution(net, net.get_submodule(layer))
    for image, unit in zip(images, units, strict=True):
        attribution.attribute(image[None], (unit.channel, unit.row, unit.column))


def captum_cut(cut: Cut, images: Tensor, units: Sequence[Unit], batch: int) -> None:
    """Captum on the network cut at the layer, `batch` images at a time."""
    attribution = Deconvolution(cut)
    for start in range(0, len(units), batch):
        some = units[start : start + batch]
        targets = [(unit.channel, unit.row, unit.column) for unit in some]
        attribution.attribute(images[start : start + batch], target=targets)


class DeconvReLU(torch.autograd.Function):
    """ReLU whose backward pass rectifies the signal: Zeiler & Fergus' rule as an override."""

    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        """max(x, 0)."""
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx: object, gradient: Tensor) -> Tensor:  # type: ignore[override]
        """max(gradient, 0)."""
        return gradient.clamp(min=0)


class Rectify(nn.Module):
    """The module for it."""

    def forward(self, x: Tensor) -> Tensor:
        """max(x, 0)."""
        return DeconvReLU.apply(x)


def overridden(cut: Cut) -> Cut:
    """The cut network with its ReLUs replaced."""
    cut = copy.deepcopy(cut)
    for parent in list(cut.modules()):
        for name, child in parent.named_children():
            if isinstance(child, nn.ReLU):
                setattr(parent, name, Rectify())
    return cut


def by_hand(cut: Cut, images: Tensor, units: Sequence[Unit], rounds: int) -> None:
    """One forward pass over a few images, then `rounds` times `autograd.grad` for one unit of each image."""
    x = images.clone().requires_grad_()
    maps = cut(x)
    for _ in range(rounds):
        seed = torch.zeros_like(maps)
        for image, unit in enumerate(units):
            seed[image, unit.channel, unit.row, unit.column] = maps[image, unit.channel, unit.row, unit.column].detach()
        torch.autograd.grad(maps, x, seed, retain_graph=True)
