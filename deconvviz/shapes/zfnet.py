"""The network of the embedded default: ZFNet's plan at a size that fits a repository.

As in the paper: 7×7 filters of stride 2 first, overlapping 3×3 max-pools of stride 2, local response
normalisation after the first two, five convolutions, a pool. Smaller: the second convolution keeps stride 1,
because the pictures are half as wide, and there is one linear layer.
"""

from __future__ import annotations

from collections import OrderedDict

from torch import nn

WIDTHS = (32, 64, 96, 128, 128)  # feature maps of conv1 to conv5


def build(classes: int, widths: tuple[int, int, int, int, int] = WIDTHS) -> nn.Sequential:
    """An untrained network: (N, 3, 112, 112) normalised pixels → (N, classes) scores."""
    a, b, c, d, e = widths
    net = nn.Sequential(
        OrderedDict(
            conv1=nn.Conv2d(3, a, 7, stride=2, padding=3),  # 112 → 56
            relu1=nn.ReLU(),
            pool1=nn.MaxPool2d(3, 2),  # → 27
            norm1=nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=2.0),
            conv2=nn.Conv2d(a, b, 5, padding=2),
            relu2=nn.ReLU(),
            pool2=nn.MaxPool2d(3, 2),  # → 13
            norm2=nn.LocalResponseNorm(5, alpha=1e-4, beta=0.75, k=2.0),
            conv3=nn.Conv2d(b, c, 3, padding=1),
            relu3=nn.ReLU(),
            conv4=nn.Conv2d(c, d, 3, padding=1),
            relu4=nn.ReLU(),
            conv5=nn.Conv2d(d, e, 3, padding=1),
            relu5=nn.ReLU(),
            pool5=nn.MaxPool2d(3, 2),  # → 6
            flatten=nn.Flatten(),
            dropout=nn.Dropout(0.5),
            classifier=nn.Linear(e * 36, classes),
        )
    )
    for module in net:
        if isinstance(module, nn.Conv2d):
            # small, as in the paper (1e-2): noise that is never unlearned shows in every projection
            nn.init.kaiming_normal_(module.weight, a=1.7, nonlinearity="leaky_relu")
            assert module.bias is not None
            nn.init.constant_(module.bias, 0.02)  # a little above zero: fewer maps die early
    nn.init.normal_(net.get_parameter("conv1.weight"), std=0.01)
    return net
