"""Networks to try the engine on: built-in ones with random weights, and small ones with every kind of layer."""

from collections import OrderedDict
from functools import lru_cache

import torch
import torchvision
from torch import Tensor, nn

from deconvviz import DeconvNet, Layers, Unit

At = tuple[int, int, int, int]
"""A unit as (image, map, row, column)."""


def randomised(net: nn.Module, seed: int = 0) -> nn.Module:
    """Random but lively: batch normalisations have seen something, biases are not zero."""
    generator = torch.Generator().manual_seed(seed)
    for module in net.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.copy_(torch.randn(module.num_features, generator=generator) * 0.3)
            module.running_var.copy_(torch.rand(module.num_features, generator=generator) + 0.5)
            module.weight.data.copy_(torch.rand(module.num_features, generator=generator) + 0.5)
            module.bias.data.copy_(torch.randn(module.num_features, generator=generator) * 0.3)
    return net.eval()


def zfnet(classes: int = 10) -> nn.Module:
    """ZFNet as the paper's Figure 3 has it, with local response normalisation (papers: 224 px)."""
    return nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(3, 96, 7, stride=2, padding=1),
            relu1=nn.ReLU(inplace=True),
            pool1=nn.MaxPool2d(3, 2, ceil_mode=True),
            norm1=nn.LocalResponseNorm(5, k=2.0),
            conv2=nn.Conv2d(96, 256, 5, stride=2),
            relu2=nn.ReLU(inplace=True),
            pool2=nn.MaxPool2d(3, 2, ceil_mode=True),
            norm2=nn.LocalResponseNorm(5, k=2.0),
            conv3=nn.Conv2d(256, 384, 3, padding=1),
            relu3=nn.ReLU(inplace=True),
            conv4=nn.Conv2d(384, 384, 3, padding=1),
            relu4=nn.ReLU(inplace=True),
            conv5=nn.Conv2d(384, 256, 3, padding=1),
            relu5=nn.ReLU(inplace=True),
            pool5=nn.MaxPool2d(3, 2),
            flatten=nn.Flatten(),
            fc6=nn.Linear(256 * 36, 64),
            relu6=nn.ReLU(inplace=True),
            dropout=nn.Dropout(),
            fc7=nn.Linear(64, classes),
        )
    )


def network(name: str) -> nn.Module:
    """A network by name with random weights: `zfnet` or one of torchvision's."""
    torch.manual_seed(0)
    net = zfnet() if name == "zfnet" else torchvision.models.get_model(name, weights=None)
    return randomised(net)


@lru_cache(maxsize=4)
def layers_of(name: str, size: int = 64) -> Layers:
    """The table of layers of a network; capturing takes a second or more, so it is done once."""
    return DeconvNet(network(name), input_shape=(3, size, size)).layers


class Small(nn.Module):
    """Two convolutions with a pool between them, of any geometry; the second one's units see the first."""

    def __init__(self, first: nn.Module, pool: nn.Module, second: nn.Module) -> None:
        super().__init__()
        self.first, self.relu1, self.pool = first, nn.ReLU(inplace=True), pool
        self.second, self.relu2 = second, nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        return self.relu2(self.second(self.pool(self.relu1(self.first(x)))))


def lively_units(maps: Tensor) -> list[At]:
    """Units (image, map, row, column) that fire: at corners, at a border, in the centre, at the peak."""
    if maps.ndim == 2:
        return [(1, channel, 0, 0) for channel in maps[1].topk(min(3, maps.shape[1])).indices.tolist()]
    height, width = maps.shape[2:]
    peak = int(maps[1].amax(0).argmax())
    places = [
        *((0, 0), (height - 1, width - 1), (0, width // 2), (height // 2, width // 2)),
        *((0, 0), divmod(peak, width)),
    ]
    return [(n % 2, int(maps[n % 2, :, row, column].argmax()), row, column) for n, (row, column) in enumerate(places)]


def as_units(layer: str, places: list[At], vector: bool = False) -> list[Unit]:
    return [
        Unit(layer, channel, *((None, None) if vector else (row, column)), image=image)
        for image, channel, row, column in places
    ]


def module_and_use(net: nn.Module, read_at: str) -> tuple[str, int]:
    """`layer1.0.relu_1` is the second use of the module `layer1.0.relu`."""
    if read_at in dict(net.named_modules()):
        return read_at, 0
    module, _, use = read_at.rpartition("_")
    return module, int(use)


CLASSIFIERS = [
    name
    for name in torchvision.models.list_models(module=torchvision.models)
    if not name.startswith(("vit", "swin", "maxvit"))
]


SEGMENTATION = torchvision.models.list_models(module=torchvision.models.segmentation)


TRANSFORMERS = ["vit_b_16", "swin_t", "swin_v2_t", "maxvit_t"]


ONE_OF_EACH = [
    *("densenet121", "googlenet", "mobilenet_v2", "mobilenet_v3_small", "shufflenet_v2_x0_5"),
    *("regnet_y_400mf", "efficientnet_b0", "convnext_tiny", "lraspp_mobilenet_v3_large"),
]
"""Of each family one small network, for what differs by operator and not by size.

AlexNet, VGG, SqueezeNet and ResNet are not among them: `deconvnet/test_projection.py` looks at these layer by layer.
"""

ALSO_IN_FLOAT32 = [
    *("alexnet", "vgg11_bn", "resnet18", "resnext50_32x4d", "squeezenet1_1"),
    *("inception_v3", "mnasnet0_5", "regnet_x_400mf", "efficientnet_v2_s"),
    *("fcn_resnet50", "deeplabv3_mobilenet_v3_large"),
]


TIMM = [
    *("resnet26d", "resnetv2_50", "vgg11_bn", "densenet121", "dla34", "hrnet_w18_small"),
    *("inception_v4", "xception41", "mobilenetv3_large_100", "efficientnet_b0", "regnety_002", "convnext_atto"),
]


class Joined(nn.Module):
    """Concatenations of rectified maps, of other maps, twice of the same, and along rows."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.relu = nn.Conv2d(3, 4, 3, padding=1), nn.Conv2d(3, 5, 3, padding=1), nn.ReLU()
        self.pool, self.last = nn.MaxPool2d(2), nn.Conv2d(13, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        a, b = self.relu(self.a(x)), self.relu(self.b(x))
        twice = torch.cat([a, b, a], -3)
        tall = torch.cat([a, a], 2)
        return self.last(self.pool(twice)) + tall.mean()


class Fragile(nn.Module):
    """NaN in the second layer for images whose first pixel is 9, infinite for 8."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.relu = nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3), nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        corner = x[:, :1, :1, :1]
        scale = torch.where(corner == 9, torch.nan, torch.where(corner == 8, torch.inf, 1.0))
        return self.relu(self.b(self.relu(self.a(x)) * scale) + 0)


KINDS = {
    "plain": lambda: (nn.Conv2d(2, 4, 3), nn.MaxPool2d(2), nn.Conv2d(4, 3, 3)),
    "strided": lambda: (nn.Conv2d(2, 4, 7, stride=2, padding=1), nn.MaxPool2d(3, 2), nn.Conv2d(4, 3, 5, stride=2)),
    "padded": lambda: (nn.Conv2d(2, 4, 5, padding=4), nn.MaxPool2d(3, 2, padding=1), nn.Conv2d(4, 3, 3, padding=2)),
    "same": lambda: (
        nn.Conv2d(2, 4, 4, padding="same"),
        nn.MaxPool2d(3, 1),
        nn.Conv2d(4, 3, 3, padding="same", dilation=2),
    ),
    "dilated": lambda: (nn.Conv2d(2, 4, 3, dilation=3), nn.MaxPool2d(2, dilation=2), nn.Conv2d(4, 3, 3, dilation=2)),
    "grouped": lambda: (nn.Conv2d(2, 4, 3, groups=2), nn.MaxPool2d(2), nn.Conv2d(4, 8, 3, groups=4)),
    "depthwise": lambda: (nn.Conv2d(2, 2, 5, groups=2, stride=2), nn.MaxPool2d(2), nn.Conv2d(2, 2, 1)),
    "ceil": lambda: (nn.Conv2d(2, 4, 3), nn.MaxPool2d(3, 2, ceil_mode=True), nn.Conv2d(4, 3, 3, padding=1)),
    "gaps": lambda: (nn.Conv2d(2, 4, 2, stride=3), nn.MaxPool2d(2, 3), nn.Conv2d(4, 3, 1)),
    "oblong": lambda: (
        nn.Conv2d(2, 4, (3, 5), stride=(1, 2), padding=(2, 0)),
        nn.MaxPool2d((3, 2), (2, 1)),
        nn.Conv2d(4, 3, (1, 3)),
    ),
    "average": lambda: (nn.Conv2d(2, 4, 3), nn.AvgPool2d(3, 2, padding=1, ceil_mode=True), nn.Conv2d(4, 3, 3)),
    "adaptive": lambda: (nn.Conv2d(2, 4, 3), nn.AdaptiveAvgPool2d((7, 5)), nn.Conv2d(4, 3, 3)),
    "normalised": lambda: (
        nn.Conv2d(2, 4, 3),
        nn.Sequential(nn.LocalResponseNorm(3), nn.MaxPool2d(2)),
        nn.Conv2d(4, 3, 3),
    ),
}
"""Small networks of a filter, a pooling and a filter: of every kind of layer."""
