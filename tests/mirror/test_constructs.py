"""Every way to write a layer, in small networks: exact, or refused before any work."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from networks import as_units, lively_units
from oracles import Apply, DeconvnetBackward, project_back, relative_error
from torch import Tensor, nn

from deconvviz import DeconvNet, Unit, mirror
from deconvviz.errors import NoMirrorRule, UncapturableModel, UnsuitableInput
from deconvviz.mirror.rules.gates import gate_of


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
    "a gate of one position": lambda net, x: (
        x + x.mean((2, 3), keepdim=True) * net.conv(F.adaptive_avg_pool2d(x, 1)).sigmoid()
    ),
    "a gate that is repeated over the maps": lambda net, x: x * net.conv(x)[:, :1].sigmoid(),
    "a gate of a vector": lambda net, x: (
        x + (x.mean((2, 3)) * net.conv(F.adaptive_avg_pool2d(x, 1)).flatten(1).sigmoid())[:, :, None, None]
    ),
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
    "ReLUs that come to one": lambda net, x: _relus(net.conv(x)),
    "torch.hstack": lambda net, x: torch.hstack([x[:, :3], net.conv(x)[:, 3:]]),
    "torch.concatenate": lambda net, x: torch.concatenate([x[:, :3], net.conv(x)[:, 3:]], 1),
    "torch.true_divide": lambda net, x: torch.multiply(torch.true_divide(x, 3), 2),
    "torch.dstack": lambda net, x: torch.dstack([x, net.conv(x)]),
    "torch.fliplr": lambda net, x: torch.fliplr(x),
    "F.pad at the end alone": lambda net, x: F.conv2d(F.pad(x, (0, 3, 0, 2)), net.conv.weight, None, 2),
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
    "two views of one tensor": lambda net, x: _halves_swapped(net.conv(x)),
    "a flat view beside": lambda net, x: _flat_beside(net.conv(x)),
    "a gate rectified elsewhere": lambda net, x: _gate_rectified(net, x),
    "linear over rows": lambda net, x: F.linear(x, x.new_tensor([[0.5]]).expand(5, x.shape[3]) * net.conv.weight.sum()),
    "a quotient that repeats": lambda net, x: x.mean(1, keepdim=True) / net.conv.bias.detach().view(1, 4, 1, 1),
    "upsampled with padding": lambda net, x: F.conv_transpose2d(x, net.conv.weight, dilation=3, output_padding=2),
    "channels one by one": lambda net, x: torch.cat([x[:, c].unsqueeze(1) * (c + 1) for c in range(4)], 1),
    "a view of other maps": lambda net, x: F.relu(x.view(x.size(0), 4, x.size(3), x.size(2))),
    "pixel shuffle by hand": lambda net, x: _shuffled_by_hand(net.conv(x)),
    "rows of channels last": lambda net, x: x.permute(0, 2, 3, 1)[:, 2:-1].permute(0, 3, 1, 2),
    "split of channels last": lambda net, x: x.permute(0, 2, 3, 1).split([5, 14], 1)[1].permute(0, 3, 1, 2),
    "cat of channels last": lambda net, x: torch.cat([x.permute(0, 2, 3, 1)] * 2, 1).permute(0, 3, 1, 2),
    "mean of channels last": lambda net, x: _plus_row_mean(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2),
    "filters over swapped axes": lambda net, x: F.conv2d(x.transpose(1, 2)[:, :4], net.conv.weight).transpose(2, 3),
    "stack of channels last": lambda net, x: torch.stack([x.permute(0, 2, 3, 1)] * 2, 1).mean(1).permute(0, 3, 1, 2),
    "tokens and back": lambda net, x: x.flatten(2).transpose(1, 2).reshape(x.size(0), 19, 16, 4).permute(0, 3, 1, 2),
    "squeeze": lambda net, x: x + F.adaptive_avg_pool2d(x, 1).squeeze()[:, :, None, None],
    "parts of a gate": lambda net, x: _gate_in_parts(net, x),
    "a point as large as the map": lambda net, x: x * x.mean((2, 3), True).detach().expand_as(x).expand(x.shape),
    "one plus a gate": lambda net, x: x * (1 + torch.sigmoid(net.conv(x))),
    "a hard sigmoid by hand": lambda net, x: x * (F.relu6(net.conv(x) + 3) / 6).detach(),
    "in place on a part": lambda net, x: _rectify_half(net.conv(x)),
    "overwriting a part": lambda net, x: _overwrite_half(net.conv(x), x),
    "a map of zeros": lambda net, x: torch.cat([x[:, :2], torch.zeros_like(x)[:, 2:]], 1),
    "reflection": lambda net, x: F.pad(x, (2, 1, 1, 3), mode="reflect"),
    "a border round the back": lambda net, x: F.pad(x, (2, 1, 1, 3), mode="circular"),
    "maps in another order": lambda net, x: x[:, [2, 0, 1, 3]],
    "maps of a permutation": lambda net, x: x.index_select(1, torch.tensor([3, 3, 1, 0])),
    "rows repeated": lambda net, x: x.repeat_interleave(2, 2),
    "maps repeated": lambda net, x: torch.cat([x, x.repeat(1, 2, 1, 1)], 1)[:, 2:6],
    "a shift": lambda net, x: x + x.roll((1, 2), (2, 3)),
    "turned": lambda net, x: x.rot90(1, (2, 3)),
    "a map overwritten": lambda net, x: _overwrite_one(net.conv(x), x),
    "mirror image": lambda net, x: x.flip(3) + x,
    "layer norm over maps": lambda net, x: F.layer_norm(x, x.shape[1:]),
    "standardised filters": lambda net, x: F.conv2d(
        x, (net.conv.weight - net.conv.weight.mean()) / net.conv.weight.std()
    ),
}


def _halves_swapped(c: Tensor) -> Tensor:
    a, b = c.chunk(2, 1)
    return F.relu(c) + torch.cat([b, a], 1)


def _relus(c: Tensor) -> Tensor:
    twice = F.relu(c) + F.relu(c)
    return F.relu(twice) - 0.5 * twice


def _overwrite_one(c: Tensor, x: Tensor) -> Tensor:
    y = c.clone()
    y[:, 1] = x[:, 0]
    y[:, :, 0] = 0
    return y


def _flat_beside(c: Tensor) -> Tensor:
    flat, r = c.flatten(2), F.relu(c)
    return r + flat.view(r.shape)


def _gate_rectified(net: Between, x: Tensor) -> Tensor:
    g = net.conv(F.adaptive_avg_pool2d(x, 1))
    y = x * g.detach()
    return y + F.relu(g)


def _shuffled_by_hand(x: Tensor) -> Tensor:
    batch, _, height, width = x.shape
    x = x.view(batch, 1, 2, 2, height, width).permute(0, 1, 4, 2, 5, 3)
    x = x.reshape(batch, 1, 2 * height, 2 * width)
    return torch.cat([x, x * 2, x * 3, x], 1)


def _plus_row_mean(x: Tensor) -> Tensor:
    return x + x.mean(1, keepdim=True)


def _gate_in_parts(net: Between, x: Tensor) -> Tensor:
    a, b = torch.sigmoid(net.conv(x)).chunk(2, 1)
    return torch.cat([x[:, :2] * a, x[:, 2:] * b], 1)


def _rectify_half(y: Tensor) -> Tensor:
    y[:, :2].relu_()
    return y


def _overwrite_half(y: Tensor, x: Tensor) -> Tensor:
    y[:, 1:3] = x[:, :2]
    return y


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


@pytest.mark.parametrize(
    ("clipped", "gate"),
    [
        (lambda x: F.relu6(x + 3), None),
        (lambda x: (x + 3).clamp(0, 6), None),
        (lambda x: F.hardtanh(x + 3.0, 0.0, 6.0), None),
        (lambda x: (x / 3).clamp(min=0), 0),
        (lambda x: (x / 3).clamp(0, 6), 0),
        (lambda x: (x + 3).clamp(min=0), 0),
        (lambda x: F.relu6(x + 2), 0),
    ],
)
def test_what_is_clipped_may_be_a_gate(clipped: Callable[[Tensor], Tensor], gate: int | None) -> None:
    """`relu6(x + 3)` may, before it is divided by 6, and then so may the mean; else the mean alone."""
    net = Apply(lambda net, x: x.mean((2, 3), keepdim=True) * clipped(x))
    table = DeconvNet(net).layers_for((4, 8, 8))
    (product,) = [call for call in table.graph.calls if call.operator is torch.ops.aten.mul.Tensor]
    assert gate_of(product) == gate


REFUSED: dict[str, tuple[Callable[..., Tensor], str]] = {
    "a product of two maps": (lambda net, x: x * net.conv(x), "neither is a gate"),
    "a sum of a squashed map and another": (lambda net, x: x * (x.sigmoid() + net.conv(x)), "neither is a gate"),
    "two gates": (lambda net, x: x.sigmoid() * net.conv(x).sigmoid(), "could both be the gate"),
    "a squashed map and a mean": (
        lambda net, x: F.hardsigmoid(net.conv(x)) * x.mean((2, 3), keepdim=True),
        "could both be the gate",
    ),
    "a square": (lambda net, x: x * x, "by itself"),
    "a quotient of maps": (lambda net, x: x / net.conv(x), "divides by what it computed"),
    "attention": (lambda net, x: (x.flatten(2) @ x.flatten(2).transpose(1, 2) @ x.flatten(2)).view(x.shape), "matmul"),
    "filters from the image": (
        lambda net, x: F.conv2d(x, x.mean((0, 2, 3)).view(1, 4, 1, 1).expand(4, 4, 1, 1)),
        "filters with weights computed from the image",
    ),
    "clamping elsewhere": (lambda net, x: x.clamp(min=-1), "clamps at -1"),
    "images rolled": (lambda net, x: x.roll(1, 0), "moves or repeats the images"),
    "filled from the image": (lambda net, x: x + torch.fill(x, x.mean()), "fills with what it computed"),
    "everything rolled": (lambda net, x: x.roll(1), "moves or repeats the images"),
    "an order from the image": (
        lambda net, x: x[:, net.conv(x).mean((0, 2, 3)).argsort()],
        "an order computed from the image",
    ),
    "cumulative sums": (lambda net, x: x.cumsum(1), "has no mirror rule"),
    "images of the batch mixed": (lambda net, x: x - x.mean(0, keepdim=True), "batch"),
    "softmax inside": (lambda net, x: net.conv(x.softmax(1)), "inside the network"),
    "softmax over the batch": (lambda net, x: x.softmax(0), "batch"),
    "images joined": (lambda net, x: torch.cat([x, x], 0)[: x.shape[0]], "batch"),
    "images of the batch turned": (lambda net, x: x.flip(0), "order of the images"),
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


class Attending(nn.Module):
    """Filters of its own, and one over neighbouring maps in a gate (efficient channel attention)."""

    def __init__(self) -> None:
        super().__init__()
        self.weight, self.along = nn.Parameter(torch.randn(4, 1, 3, 3)), nn.Conv1d(1, 1, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        y = F.conv2d(x, self.weight)
        return y * self.along(y.mean((2, 3)).unsqueeze(1)).sigmoid().transpose(1, 2).unsqueeze(-1)


def test_a_one_dimensional_filter_in_a_gate_makes_no_one_dimensional_network() -> None:
    (projection,) = DeconvNet(Attending()).project(torch.rand(1, 1, 9, 9), ["mul:0@2,3"])
    assert projection.box == (2, 3, 5, 6)


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
    assert "must not depend on the values of an image" in str(caught.value)


def test_the_forward_pass_equals_the_networks_own_with_one_image() -> None:
    torch.manual_seed(10)
    net = Between(CONSTRUCTS["squeeze"], {}).double().eval()
    x = torch.randn(1, 2, 19, 16, dtype=torch.float64)
    with torch.no_grad():
        pooled = F.adaptive_avg_pool2d(net.below(x), 1)
        expected = torch.relu(net.above(net.below(x) + pooled))
    assert relative_error(DeconvNet(net).record(x, ["above"]).maps["relu"], expected) < 1e-13


def test_names_with_odd_characters() -> None:
    net = nn.Sequential()
    net.add_module("a@1", nn.Conv2d(1, 2, 3))
    net.add_module("b c", nn.ReLU())
    (projection,) = DeconvNet(net).project(torch.rand(1, 1, 9, 9), [Unit("a@1", 0, 2, 2)])
    assert projection.pixels.shape == (1, 3, 3)


def test_a_rule_registered_later_and_a_layer_put_in_anothers_place_are_seen() -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3), Between(lambda n, x: x.square(), {})).eval()
    net[1].below = nn.Conv2d(2, 4, 1)
    dv, x = DeconvNet(net), torch.rand(1, 1, 14, 14)
    with pytest.raises(NoMirrorRule, match="pow|square"):
        dv.project(x, ["1.above:0@5,5"])
    name = next(c for c in dv.layers.graph.calls if "pow" in c.name or "square" in c.name)
    mirror.register(name.operator, reach=mirror.pointwise)(lambda signal, call, recorded: signal)
    try:
        (projection,) = dv.project(x, ["1.above:0@5,5"])
        assert projection.box == (4, 4, 9, 9)
    finally:
        del mirror.RULES[name.operator]
    net[0] = nn.Conv2d(1, 2, 5)
    assert dv.project(x, ["0:0@5,5"])[0].pixels.shape == (1, 5, 5)


def test_registered_modules_run_as_evaluated() -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm, self.dropout = nn.BatchNorm2d(2), nn.Dropout(0.9)

        def forward(self, x: Tensor) -> Tensor:
            return self.dropout(self.norm(x))

    net = nn.Sequential(nn.Conv2d(1, 2, 3), Block(), nn.ReLU()).train()
    mirror.register(Block, reach=mirror.pointwise)(lambda signal, call, recorded: signal)
    try:
        DeconvNet(net).record(torch.rand(2, 1, 9, 9), ["2"])
        assert net[1].norm.num_batches_tracked == 0
        assert net[1].training
    finally:
        del mirror.RULES[Block]


class Mixed(nn.Module):
    """Counts on channels that come first in memory, and has weights that its rule uses."""

    def __init__(self) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.rand(4, 4))

    def forward(self, x: Tensor) -> Tensor:
        return (self.weight @ x.view(x.shape[0], 4, 49)).view(x.shape)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_registered_modules_see_plain_maps_and_keep_their_precision(precision: str) -> None:
    net, x = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), Mixed(), nn.ReLU()), torch.rand(2, 3, 9, 9)

    @mirror.register(Mixed, reach=mirror.pointwise)
    def mix_back(signal: Tensor, call: Any, recorded: object) -> Tensor:
        return torch.einsum("oi,bo...->bi...", call.module.weight, signal)

    try:
        projections = DeconvNet(net, precision=precision).project(x, [Unit("3", n, 2, 3, image=n) for n in range(2)])
    finally:
        del mirror.RULES[Mixed]
    assert all(p.pixels.shape == (3, 3, 3) and p.pixels.norm() > 0 for p in projections)


@torch.library.custom_op("deconvviztest::halves", mutates_args=())
def halves(x: Tensor) -> Tensor:
    return x.view(-1).view(x.shape) / 2


halves.register_fake(torch.empty_like)


class Through(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return halves(x)


def test_operators_of_ones_own_see_plain_maps() -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), Through()).eval()
    operator = torch.ops.deconvviztest.halves.default
    mirror.register(operator, reach=mirror.pointwise)(lambda signal, call, recorded: signal / 2)
    try:
        dv, x = DeconvNet(net), torch.rand(1, 3, 9, 9)
        assert dv.project(x, ["2:1"])[0].pixels.shape == (3, 3, 3)
    finally:
        del mirror.RULES[operator]


def test_a_rule_of_the_wrong_shape_is_said() -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(98, 3))
    dv = DeconvNet(net)
    linear = mirror.RULES[torch.ops.aten.linear.default]
    mirror.register(torch.ops.aten.linear.default)(lambda signal, call, recorded: signal)
    try:
        with pytest.raises(NoMirrorRule, match=r"gave a signal of shape \(3,\).*\(98,\)"):
            dv.project(torch.rand(1, 1, 9, 9), ["2:1"])
    finally:
        mirror.RULES[torch.ops.aten.linear.default] = linear


@torch.library.custom_op("deconvviztest::lifted", mutates_args=())
def lifted(x: Tensor) -> Tensor:
    return x[:, :, None, None].clone()


lifted.register_fake(lambda x: x.new_empty((*x.shape, 1, 1)))


class Lift(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return lifted(x)


def test_a_rule_of_the_wrong_shape_is_said_where_maps_become_vectors() -> None:
    """The rule's own signal is in windows; what it gives has no rows and columns to be cut."""
    net = nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(98, 4), nn.ReLU(), Lift(), nn.Conv2d(4, 3, 1))
    operator = torch.ops.deconvviztest.lifted.default
    dv, x = DeconvNet(net), torch.rand(1, 1, 9, 9)
    try:
        mirror.register(operator, reach=mirror.pointwise, on_maps=True)(lambda signal, call, recorded: signal)
        with pytest.raises(NoMirrorRule, match=r"^4: its mirror rule gave a signal of shape \(4, 1, 1\).*\(4,\)"):
            dv.project(x, ["5:1"])
        mirror.register(operator, reach=mirror.pointwise, on_maps=True)(lambda signal, *_: signal.flatten(1))
        assert dv.project(x, ["5:1"])[0].pixels.shape == (1, 9, 9)
    finally:
        del mirror.RULES[operator]


def test_networks_without_values() -> None:
    net = nn.Sequential(nn.Conv2d(1, 2, 3)).to("meta")
    with pytest.raises(UnsuitableInput, match="meta device"):
        DeconvNet(net).project(torch.rand(1, 1, 9, 9), ["0:0"])


def test_data_parallel_is_looked_through() -> None:
    net = nn.DataParallel(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()))
    assert DeconvNet(net).project(torch.rand(1, 1, 9, 9), ["1:0"])[0].unit.layer == "1"
