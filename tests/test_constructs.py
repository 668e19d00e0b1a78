"""Every way to write a layer, in small networks: exact, or refused before any work."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from networks import as_units, lively_units
from oracles import DeconvnetBackward, project_back, relative_error
from torch import Tensor, nn

from deconvviz import DeconvNet
from deconvviz.errors import NoMirrorRule, UncapturableModel, UnsuitableInput


class Between(nn.Module):
    """A convolution, then the construct, then a convolution: units of the last one see all of it."""

    def __init__(self, construct: Callable[..., Tensor], parts: dict[str, nn.Module], channels: int = 4) -> None:
        super().__init__()
        self.below, self.above = nn.Conv2d(2, 4, 3, padding=1), nn.Conv2d(channels, 3, 3, padding=1)
        self.construct = construct
        self.relu = nn.ReLU(inplace=True)
        self.conv = nn.Conv2d(4, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, x: Tensor) -> Tensor:
        y = self.construct(self, self.below(x))
        return torch.relu(self.above(y))


def in_place_then_read_again(net: Between, x: Tensor) -> Tensor:
    y = net.conv(x)
    before = y  # the same tensor: what follows changes it
    y.add_(x).relu_()
    return before + net.conv(y)


def shared_in_parallel(net: Between, x: Tensor) -> Tensor:
    return net.relu(net.conv(x)) + net.relu(x * 0.5)


def pre_activation(net: Between, x: Tensor) -> Tensor:
    y = net.conv(F.relu(net.norm(x)))
    return x + net.conv(torch.relu_(net.norm(y)))


def loops_and_branches(net: Between, x: Tensor) -> Tensor:
    for number in range(3):
        x = net.conv(x) if x.shape[2] > 4 and number else net.relu(x)
    return x


CONSTRUCTS: dict[str, Callable[..., Tensor]] = {
    "F.relu": lambda net, x: F.relu(x),
    "F.relu in place": lambda net, x: F.relu(x, inplace=True),
    "x.relu": lambda net, x: x.relu(),
    "x.relu_": lambda net, x: x.relu_(),
    "torch.relu_": lambda net, x: torch.relu_(x),
    "x + y": lambda net, x: x + net.conv(x),
    "x.add_": lambda net, x: net.conv(x).add_(x),
    "x += y": lambda net, x: _grow(net.conv(x), x),
    "x - y": lambda net, x: x - net.conv(x),
    "torch.cat": lambda net, x: torch.cat([x[:, :2], net.conv(x)[:, 2:]], 1),
    "torch.concat": lambda net, x: torch.concat((x.narrow(1, 0, 1), net.conv(x)[:, 1:]), dim=1),
    "flatten": lambda net, x: x.flatten(1).view(x.shape),
    "view": lambda net, x: x.view(x.size(0), -1).reshape(x.shape),
    "F.max_pool2d": lambda net, x: F.max_pool2d(x, 2),
    "F.max_pool2d overlapping": lambda net, x: F.max_pool2d(x, 3, stride=2, ceil_mode=True),
    "F.avg_pool2d": lambda net, x: F.avg_pool2d(x, 3, 2, 1),
    "F.adaptive_avg_pool2d": lambda net, x: F.adaptive_avg_pool2d(x, (5, 7)),
    "F.adaptive_max_pool2d": lambda net, x: F.adaptive_max_pool2d(x, 4),
    "mean": lambda net, x: x + x.mean([2, 3], keepdim=True),
    "mean keeps no dimension": lambda net, x: x + x.mean((2, 3))[:, :, None, None],
    "a gate": lambda net, x: x * net.conv(x).sigmoid(),
    "squeeze and excitation": lambda net, x: x * torch.sigmoid(net.conv(F.adaptive_avg_pool2d(x, 1))),
    "a module used thrice": lambda net, x: net.relu(net.conv(net.relu(net.conv(net.relu(x))))),
    "shared in parallel": shared_in_parallel,
    "pre-activation": pre_activation,
    "in place, then read again": in_place_then_read_again,
    "loops and branches": loops_and_branches,
    "channel shuffle": lambda net, x: x.view(-1, 2, 2, *x.shape[2:]).transpose(1, 2).reshape(x.shape),
    "chunk": lambda net, x: torch.cat([net.conv(x).chunk(2, 1)[1], x.chunk(2, 1)[0]], 1),
    "split": lambda net, x: torch.cat(torch.split(x, [1, 3], 1)[::-1], 1),
    "slices of the map": lambda net, x: x[:, :, 1:-2, ::2],
    "permute and linear": lambda net, x: F.linear(x.permute(0, 2, 3, 1), net.conv.weight[:, :, 0, 0]).permute(
        0, 3, 1, 2
    ),
    "transpose": lambda net, x: x.transpose(2, 3),
    "F.pad": lambda net, x: F.pad(x, (1, 2, 0, 3)),
    "constants": lambda net, x: (x * 2 + 1) / 4 - 0.5,
    "negative": lambda net, x: -net.conv(x),
    "dropout": lambda net, x: F.dropout2d(F.dropout(net.conv(x), 0.5, net.training), 0.5, net.training),
    "nearest": lambda net, x: F.interpolate(x, scale_factor=2),
    "bilinear": lambda net, x: F.interpolate(x, size=(13, 17), mode="bilinear", align_corners=False),
    "pixel shuffle": lambda net, x: F.pixel_shuffle(torch.cat([x] * 4, 1), 2),
    "stack and sum": lambda net, x: torch.stack([x, net.conv(x)], 1).sum(1),
    "SiLU": lambda net, x: F.silu(net.conv(x), inplace=True),
    "GELU": lambda net, x: F.gelu(net.conv(x)),
    "LeakyReLU": lambda net, x: F.leaky_relu(net.conv(x), 0.1),
    "PReLU": lambda net, x: F.prelu(net.conv(x), net.conv.bias.abs()),
    "ELU": lambda net, x: F.elu(net.conv(x)),
    "Hardswish": lambda net, x: F.hardswish(net.conv(x)),
    "ReLU6": lambda net, x: F.relu6(net.conv(x)),
    "Tanh": lambda net, x: torch.tanh(net.conv(x)),
    "Softplus": lambda net, x: F.softplus(net.conv(x)),
    "Mish": lambda net, x: F.mish(net.conv(x)),
    "standardised filters": lambda net, x: F.conv2d(
        x, (net.conv.weight - net.conv.weight.mean()) / net.conv.weight.std()
    ),
}


def _grow(x: Tensor, y: Tensor) -> Tensor:
    x += y
    return x


@pytest.mark.parametrize("name", CONSTRUCTS)
def test_construct_is_exact(name: str) -> None:
    torch.manual_seed(8)
    net = Between(CONSTRUCTS[name], {}).double().eval()
    net.norm.running_var.uniform_(0.5, 2)
    x = torch.randn(2, 2, 19, 16, dtype=torch.float64)
    dv = DeconvNet(net)
    recording = dv.record(x, ["above"])
    (read_at,) = recording.maps
    places = lively_units(recording.maps[read_at])
    inputs = x.clone().requires_grad_()
    with DeconvnetBackward():
        output = net(inputs)
    assert relative_error(recording.maps[read_at], output) < 1e-13
    expected = project_back(inputs, output, places)
    assert any(canvas.norm() > 0 for canvas in expected)
    for projection, canvas in zip(dv.project(recording, as_units("above", places)), expected, strict=True):
        assert relative_error(projection.canvas(), canvas) <= 1e-12


class Autoencoder(nn.Module):
    """Learned upsampling, as in FCN's "deconvolution layers" and convolutional autoencoders."""

    def __init__(self) -> None:
        super().__init__()
        self.down1, self.down2 = nn.Conv2d(1, 4, 3, 2, 1), nn.Conv2d(4, 6, 3, 2, 1)
        self.up1 = nn.ConvTranspose2d(6, 4, 4, 2, 1)
        self.up2 = nn.ConvTranspose2d(4, 1, 3, 2, 1, output_padding=1)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.down2(F.relu(self.down1(x))))
        return torch.sigmoid(self.up2(F.relu(self.up1(x))))


class SegNet(nn.Module):
    """An encoder whose pooling indices go to the decoder's unpooling layers."""

    def __init__(self) -> None:
        super().__init__()
        self.pool, self.unpool = nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d(2)
        self.encoder = nn.Sequential(nn.Conv2d(5, 6, 3, padding=1), nn.BatchNorm2d(6), nn.ReLU(inplace=True))
        self.decoder = nn.Sequential(nn.Conv2d(6, 6, 3, padding=1), nn.ReLU(inplace=True))
        self.score = nn.Conv2d(6, 3, 1)

    def forward(self, x: Tensor) -> Tensor:
        x, where = self.pool(self.encoder(x))
        return self.score(self.decoder(self.unpool(x, where)))


class UNet(nn.Module):
    """Skip connections by concatenation, upsampling by interpolation."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 6, 3, padding=1)
        self.up, self.last = nn.Upsample(scale_factor=2, mode="bilinear"), nn.Conv2d(10, 2, 3, padding=1)

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        a = F.relu(self.first(x))
        b = F.relu(self.second(F.max_pool2d(a, 2)))
        return {"mask": self.last(torch.cat([a, self.up(b)], 1))}


@pytest.mark.parametrize(
    ("make", "channels", "layers"),
    [(Autoencoder, 1, ["up1", "up2"]), (SegNet, 5, ["unpool", "score"]), (UNet, 1, ["second", "up", "last"])],
)
def test_networks_that_upsample(make: type[nn.Module], channels: int, layers: list[str]) -> None:
    torch.manual_seed(9)
    net = make().double().eval()
    x = torch.randn(2, channels, 20, 24, dtype=torch.float64)
    dv = DeconvNet(net)
    for layer in layers:
        outputs: list[Tensor] = []
        read_at = dv.layers_for(x.shape[1:])[layer].read_at
        module = layer if read_at == layer else ""
        hook = net.get_submodule(module or layer).register_forward_hook(lambda m, i, o, kept=outputs: kept.append(o))
        inputs = x.clone().requires_grad_()
        with DeconvnetBackward():
            net(inputs)
        hook.remove()
        output = outputs[0] if module else F.relu(outputs[0]) if layer != "up2" else outputs[0]
        if layer == "up2":  # a sigmoid at the output: its value seeds, the signal is that of the logit
            recording = dv.record(x, [layer])
            output = output * (torch.sigmoid(output) / output).detach()
            places = lively_units(recording.maps[read_at])
            expected = []
            for image, channel, row, column in places:
                value = torch.sigmoid(outputs[0].detach()[image, channel, row, column])
                (given,) = torch.autograd.grad(outputs[0][image, channel, row, column], inputs, retain_graph=True)
                expected.append(given[image] * value)
        else:
            recording = dv.record(x, [layer])
            places = lively_units(recording.maps[read_at])
            expected = project_back(inputs, output, places)
        for p, canvas in zip(dv.project(recording, as_units(layer, places)), expected, strict=True):
            assert canvas.norm() > 0
            assert relative_error(p.canvas(), canvas) <= 1e-12, layer


REFUSED: dict[str, tuple[Callable[..., Tensor], str]] = {
    "a product of two maps": (lambda net, x: x * net.conv(x), "neither is a gate"),
    "a square": (lambda net, x: x * x, "by itself"),
    "a quotient of maps": (lambda net, x: x / net.conv(x), "divides by what it computed"),
    "attention": (lambda net, x: (x.flatten(2) @ x.flatten(2).transpose(1, 2) @ x.flatten(2)).view(x.shape), "matmul"),
    "filters from the image": (lambda net, x: F.conv2d(x, x.mean((0, 2, 3)).view(1, 4, 1, 1).expand(4, 4, 1, 1)), ""),
    "clamping elsewhere": (lambda net, x: x.clamp(min=-1), "clamps at -1"),
    "reflection": (lambda net, x: F.pad(x, (1, 1, 1, 1), mode="reflect"), "'reflect'"),
    "cumulative sums": (lambda net, x: x.cumsum(1), "has no mirror rule"),
    "functional LRN": (lambda net, x: F.local_response_norm(x, 3), "divides by what it computed"),
    "images of the batch mixed": (lambda net, x: x - x.mean(0, keepdim=True), "batch"),
    "images of the batch turned": (lambda net, x: x.flip(0), "has no mirror rule"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_has_no_mirror_is_refused(name: str) -> None:
    construct, says = REFUSED[name]
    net = Between(construct, {}).eval()
    dv = DeconvNet(net)
    with pytest.raises(NoMirrorRule, match=says) as caught:
        dv.project(torch.randn(2, 2, 12, 12), ["above:0"])
    assert "\n" not in str(caught.value)
    assert dv.project(torch.randn(2, 2, 12, 12), ["below:0@3,3"])[0].pixels.shape == (2, 3, 3)


@pytest.mark.parametrize("make", [nn.Conv1d, nn.Conv3d])
def test_other_than_two_dimensional_networks_are_refused(make: type[nn.Module]) -> None:
    net = nn.Sequential(make(1, 2, 3), nn.ReLU())
    shape = (1, 1, 16) if make is nn.Conv1d else (1, 1, 8, 8, 8)
    for x in (torch.rand(shape), torch.rand(1, 1, 12, 12)):
        with pytest.raises((UnsuitableInput, UncapturableModel, NoMirrorRule), match=r"Conv[13]d|\(N, C, H, W\)"):
            DeconvNet(net).project(x, ["0:0"])


class Custom(torch.autograd.Function):
    @staticmethod
    def forward(ctx: object, x: Tensor) -> Tensor:
        return Tensor.relu(x) * float(x.sum() > 0)

    @staticmethod
    def backward(ctx: object, signal: Tensor) -> Tensor:
        return signal


@pytest.mark.parametrize(
    "construct",
    [lambda net, x: x if x.sum() > 0 else -x, lambda net, x: Custom.apply(x), lambda net, x: x[:, : int(x.sum())]],
)
def test_what_cannot_be_captured_says_where(construct: Callable[..., Tensor]) -> None:
    with pytest.raises(UncapturableModel, match=r"test_constructs\.py:\d+") as caught:
        DeconvNet(Between(construct, {})).project(torch.randn(1, 2, 12, 12), ["above:0"])
    assert "\n" not in str(caught.value)
    assert "mirror.register" in str(caught.value)
