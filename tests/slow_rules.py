"""The rules beyond the paper's own layers, written again slowly: gates, parts, resizes, joins."""

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from oracles import TIMES, Apply, _double, enrol, slow_pass, slow_rectify
from torch import nn

from deconvviz.mirror.rules.other_activations import RRELUS
from deconvviz.mirror.rules.patterns import WrittenOut

aten = torch.ops.aten

for operator, function in {
    aten.relu6.default: F.relu6,
    aten.hardtanh.default: F.hardtanh,
    aten.leaky_relu.default: F.leaky_relu,
    aten.elu.default: F.elu,
    aten.selu.default: F.selu,
    aten.celu.default: F.celu,
    aten.silu.default: F.silu,
    aten.gelu.default: F.gelu,
    aten.hardswish.default: F.hardswish,
    aten.mish.default: F.mish,
    aten.softplus.default: F.softplus,
    aten.tanh.default: torch.tanh,
    aten.sigmoid.default: torch.sigmoid,
    aten.hardsigmoid.default: F.hardsigmoid,
    aten.clamp.default: lambda x: x.clamp(min=0),
    aten.clamp_min.default: lambda x: torch.clamp_min(x, 0),
    aten.clip.default: lambda x: torch.clip(x, 0, 6),
    aten.log_sigmoid.default: F.logsigmoid,
    aten.hardshrink.default: F.hardshrink,
    aten.softshrink.default: F.softshrink,
    aten.threshold.default: lambda x: F.threshold(x, 0.1, 20),
    **dict.fromkeys(RRELUS, F.rrelu),
    WrittenOut.RELU: lambda x: x * (x > 0),
    WrittenOut.ACTIVATION: lambda x: x * F.relu6(x + 3) / 6,
}.items():
    enrol(operator, cases=[(Apply(lambda net, x, f=function: f(x)), (2, 3, 4))], linear=False)(slow_rectify)
enrol(aten.prelu.default, cases=[(nn.Sequential(nn.PReLU(2)), (2, 3, 4))], linear=False)(slow_rectify)
enrol(
    nn.LocalResponseNorm, cases=[(Apply(lambda net, x: F.local_response_norm(x, 3, k=2.0)), (7, 3, 4))], linear=False
)(slow_pass)
enrol(aten.softmax.int, cases=[(nn.Sequential(nn.Softmax(1)), (5,))], linear=False)(slow_pass)
enrol(aten.log_softmax.int, cases=[(nn.Sequential(nn.LogSoftmax(1)), (5,))], linear=False)(slow_pass)
enrol(aten.neg.default, cases=[(Apply(lambda net, x: -x), (2, 3, 4))])(lambda net, signal, x: -signal)
enrol(aten._to_copy.default, cases=[(Apply(lambda net, x: x.float().double()), (2, 3, 4))], linear=False)(slow_pass)


# --- gates and statistics -------------------------------------------------------------------------------


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


@enrol(
    aten.mul.Tensor,
    cases=[
        (Apply(lambda net, x: torch.sigmoid(net.times(x)) * x, times=_double()), (2, 3, 4)),
        (Apply(lambda net, x: x * net.times(x).sigmoid(), times=_double()), (2, 3, 4)),
        (Apply(lambda net, x: x * torch.softmax(net.times(x), 1), times=_double()), (2, 3, 4)),
        (Apply(lambda net, x: x * F.hardsigmoid(net.times(x)), times=_double()), (2, 3, 4)),
    ],
    linear=False,
)
def slow_gate(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    doubled = torch.from_numpy(x * TIMES)
    names = net.function.__code__.co_names
    if "softmax" in names:
        return signal * doubled.softmax(1).numpy()
    if "hardsigmoid" in names:
        return signal * np.clip(doubled.numpy() / 6 + 0.5, 0, 1)
    return signal * sigmoid(doubled.numpy())


@enrol(
    aten.mul.Tensor,
    cases=[(Apply(lambda net, x: x * net.times(x.mean((2, 3), keepdim=True)), times=_double()), (2, 3, 4))],
    linear=False,
)
def slow_squeeze_and_excitation(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    below = np.zeros_like(x)
    for n, c in np.ndindex(*x.shape[:2]):
        below[n, c] = signal[n, c] * x[n, c].mean() * TIMES[c, 0, 0]
    return below


for written_out in (
    lambda net, x: x * torch.sigmoid(x),
    lambda net, x: x / (1 + torch.exp(-x)),
    lambda net, x: torch.where(x > 0, x, 0.1 * x),
):
    enrol(WrittenOut.ACTIVATION, cases=[(Apply(written_out), (2, 3, 4))], linear=False)(slow_rectify)


@enrol(
    WrittenOut.PART,
    cases=[(Apply(lambda net, x: x * F.relu6(x + 3)), (2, 3, 4)), (Apply(lambda net, x: 3 * x.clamp(max=0)), (3,))],
    linear=False,
)
def slow_rectify_scaled(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    six = "relu6" in net.function.__code__.co_names  # 6 · hardswish(x); else −3 · relu(−x)
    return np.array([max(6 * s, 0.0) if six else min(3 * s, 0.0) for s in signal.ravel()]).reshape(x.shape)


@enrol(
    aten.glu.default,
    cases=[(nn.GLU(1), (4, 3, 4)), (nn.GLU(), (2, 3, 4)), (nn.GLU(-1), (6,))],
    linear=False,
)
def slow_scale_first_half(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    below = np.zeros_like(x)
    half = x.shape[net.dim] // 2
    for at in np.ndindex(*signal.shape):
        gate = list(at)
        gate[net.dim] += half
        below[at] = signal[at] * sigmoid(x[tuple(gate)])
    return below


enrol(aten.mul.Tensor, cases=[(Apply(lambda net, x: x * -0.3), (2, 3, 4)), (Apply(lambda net, x: -0.3 * x), (3,))])(
    lambda net, signal, x: -0.3 * signal
)


class LayerScale(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.tensor([2.0, 3.0]).view(2, 1, 1))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.gamma * x


enrol(aten.mul.Tensor, cases=[(LayerScale(), (2, 3, 4))])(lambda net, signal, x: TIMES * signal)
enrol(aten.div.Tensor, cases=[(Apply(lambda net, x: x / 0.7), (2, 3, 4))])(lambda net, signal, x: signal / 0.7)
enrol(aten.div.Tensor, cases=[(Apply(lambda net, x: x / torch.tensor(4.0)), (2, 3, 4))])(
    lambda net, signal, x: signal / 4
)


def _variances(values: np.ndarray) -> float:
    mean = sum(values.ravel()) / values.size
    return sum((v - mean) ** 2 for v in values.ravel()) / values.size


def lively(norm: nn.Module) -> nn.Module:
    generator = torch.Generator().manual_seed(2)
    for tensor in norm.parameters():
        tensor.data.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
    return norm


@enrol(
    aten.layer_norm.default,
    cases=[(lively(nn.LayerNorm(4)), (2, 3, 4)), (nn.LayerNorm(5, elementwise_affine=False), (5,)),
           (lively(nn.LayerNorm([2, 3, 4])), (2, 3, 4))],
    linear=False,
)  # fmt: skip
def slow_layer_norm(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    below, dims = np.zeros_like(x), len(net.normalized_shape)
    gamma = 1.0 if net.weight is None else net.weight.detach().numpy()
    for at in np.ndindex(*x.shape[: x.ndim - dims]):
        below[at] = signal[at] * gamma / (_variances(x[at]) + net.eps) ** 0.5
    return below


@enrol(aten.group_norm.default, cases=[(lively(nn.GroupNorm(2, 4)), (4, 2, 3))], linear=False)
def slow_group_norm(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    below, each = np.zeros_like(x), x.shape[1] // net.num_groups
    for n, c in np.ndindex(*x.shape[:2]):
        group = x[n, c // each * each : (c // each + 1) * each]
        below[n, c] = signal[n, c] * float(net.weight.detach()[c]) / (_variances(group) + net.eps) ** 0.5
    return below


def seen(norm: nn.Module) -> nn.Module:
    norm.running_var.copy_(torch.tensor([0.5, 2.0]))
    return norm


@enrol(
    aten.instance_norm.default,
    cases=[
        (nn.InstanceNorm2d(2), (2, 3, 4)),
        (lively(nn.InstanceNorm2d(2, affine=True)), (2, 3, 4)),
        (seen(nn.InstanceNorm2d(2, track_running_stats=True)), (2, 3, 4)),
    ],
    linear=False,
)
def slow_instance_norm(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    below = np.zeros_like(x)
    for n, c in np.ndindex(*x.shape[:2]):
        variance = _variances(x[n, c]) if net.running_var is None else float(net.running_var[c])
        gamma = 1.0 if net.weight is None else float(net.weight.detach()[c])
        below[n, c] = signal[n, c] * gamma / (variance + net.eps) ** 0.5
    return below


# --- joins ------------------------------------------------------------------------------------------------

enrol(aten.sub.Tensor, cases=[(Apply(lambda net, x: net.times(x) - x, times=_double()), (2, 3, 4))])(
    lambda net, signal, x: TIMES * signal - signal
)
enrol(aten.sub.Tensor, cases=[(Apply(lambda net, x: x - 3.0), (2, 3, 4))])(lambda net, signal, x: signal)
enrol(aten.lerp.Scalar, cases=[(Apply(lambda net, x: torch.lerp(x, x, 0.3)), (2, 3, 4))])(lambda net, signal, x: signal)


@enrol(aten.lerp.Scalar, cases=[(Apply(lambda net, x: torch.lerp(x[:, :1], x, -0.7)), (2, 3, 4))])
def mix_by_elements(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    start, out = 1.7 * signal.sum(1), -0.7 * signal
    out[:, 0] += start
    return out


enrol(aten.rsub.Scalar, cases=[(Apply(lambda net, x: 1 - x), (2, 3, 4))])(lambda net, signal, x: -signal)


def stacking(dimension: int) -> nn.Module:
    net = Apply(lambda net, x: torch.stack([x, net.times(x)], net.dimension), times=_double())
    net.dimension = dimension
    return net


@enrol(aten.stack.default, cases=[(stacking(dimension), (2, 3, 4)) for dimension in (1, 2, -1)])
def slow_unstack(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    return signal.take(0, net.dimension) + TIMES * signal.take(1, net.dimension)


# --- moves and parts --------------------------------------------------------------------------------------


def permuting(*order: int) -> nn.Module:
    net = Apply(lambda net, x: x.permute(net.order))
    net.order = order
    return net


@enrol(aten.permute.default, cases=[(permuting(0, 2, 3, 1), (2, 3, 4)), (permuting(0, 3, 1, 2), (2, 3, 4))])
def slow_permute_back(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    below = np.zeros_like(x)
    for at in np.ndindex(*x.shape):
        below[at] = signal[tuple(at[d] for d in net.order)]
    return below


@enrol(aten.transpose.int, cases=[(Apply(lambda net, x: x.transpose(1, -1)), (2, 3, 4))])
def slow_transpose_back(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    below = np.zeros_like(x)
    for n, c, row, column in np.ndindex(*x.shape):
        below[n, c, row, column] = signal[n, column, row, c]
    return below


@enrol(aten.expand.default, cases=[(Apply(lambda net, x: x.expand(-1, 3, -1, 4)), (1, 3, 1))])
def slow_sum_repeated(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    below = np.zeros_like(x)
    for n, c, row, column in np.ndindex(*signal.shape):
        below[n, 0, row, 0] += signal[n, c, row, column]
    return below


def taking(*parts: slice | int) -> nn.Module:
    net = Apply(lambda net, x: x[net.parts])
    net.parts = (slice(None), *parts)
    return net


def slow_put_back(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    below = np.zeros_like(x)
    below[net.parts] = signal
    return below


enrol(
    aten.slice.Tensor,
    cases=[
        (taking(slice(1, 3)), (4, 3, 4)),
        (taking(slice(None, None, 2), slice(1, None), slice(0, 3, 2)), (4, 3, 4)),
        (taking(slice(-2, None)), (4, 3, 4)),
    ],
)(slow_put_back)
enrol(aten.select.int, cases=[(taking(1), (4, 3, 4)), (taking(slice(None), -1), (4, 3, 4))])(slow_put_back)


@enrol(
    aten.split.Tensor,
    cases=[
        (Apply(lambda net, x: x.chunk(2, 1)[1]), (5, 3, 4)),
        (Apply(lambda net, x: torch.split(x, 3, 1)[1]), (5, 3, 4)),
    ],
)
def slow_chunk(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    below = np.zeros_like(x)
    below[:, 3:] = signal
    return below


@enrol(aten.split_with_sizes.default, cases=[(Apply(lambda net, x: torch.split(x, [1, 3, 1], 1)[1]), (5, 3, 4))])
def slow_split_sizes(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    below = np.zeros_like(x)
    below[:, 1:4] = signal
    return below


@enrol(
    aten.sum.dim_IntList,
    cases=[
        (Apply(lambda net, x: x.sum((2, 3))), (2, 3, 4)),
        (Apply(lambda net, x: x.sum((2, 3), keepdim=True)), (2, 3, 4)),
    ],
)
def slow_repeat_sum(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    below = np.zeros_like(x)
    for n, c, row, column in np.ndindex(*x.shape):
        below[n, c, row, column] = signal[n, c].ravel()[0]
    return below


# --- layers of networks that upsample -----------------------------------------------------------------------


@enrol(
    aten.conv_transpose2d.input,
    cases=[
        (nn.ConvTranspose2d(3, 2, 3), (3, 4, 5)),
        (nn.ConvTranspose2d(3, 2, (4, 3), stride=2, padding=1, output_padding=(0, 1)), (3, 4, 5)),
        (nn.ConvTranspose2d(4, 6, 3, stride=(1, 2), groups=2, dilation=2), (4, 3, 3)),
    ],
)
def slow_filter_again(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    weight, below = net.weight.detach().numpy(), np.zeros_like(x)
    outs = weight.shape[1]
    for c, o, jr, jc in np.ndindex(*weight.shape):
        group = c // (x.shape[1] // net.groups)
        for row, column in np.ndindex(*x.shape[2:]):
            at = (row * net.stride[0] - net.padding[0] + jr * net.dilation[0],
                  column * net.stride[1] - net.padding[1] + jc * net.dilation[1])  # fmt: skip
            if all(0 <= a < size for a, size in zip(at, signal.shape[2:], strict=True)):
                below[:, c, row, column] += weight[c, o, jr, jc] * signal[:, group * outs + o, at[0], at[1]]
    return below


class PoolUnpool(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.pool, self.unpool = nn.MaxPool2d(2, return_indices=True), nn.MaxUnpool2d(2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        pooled, where = self.pool(x)
        return self.unpool(pooled, where, output_size=x.shape[2:])


@enrol(aten.max_unpool2d.default, cases=[(PoolUnpool(), (2, 6, 7))])
def slow_take_from_switches(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    below = np.zeros_like(x)
    for n, c, row, column in np.ndindex(*x.shape[:2], x.shape[2] // 2, x.shape[3] // 2):
        region = x[n, c, 2 * row : 2 * row + 2, 2 * column : 2 * column + 2]
        jr, jc = np.unravel_index(region.argmax(), region.shape)
        below[n, c, 2 * row + jr, 2 * column + jc] = signal[n, c, 2 * row + jr, 2 * column + jc]
    return below


def slow_by_columns(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    """The adjoint of a linear layer, one input position at a time: what does it give, and where?"""
    below = np.zeros_like(x)
    for c, row, column in np.ndindex(*x.shape[1:]):
        one = torch.zeros(1, *x.shape[1:], dtype=torch.float64)
        one[0, c, row, column] = 1
        given = net(one)[0].detach().numpy()
        for n in range(len(x)):
            below[n, c, row, column] = (given * signal[n]).sum()
    return below


for upsample, options in {
    aten.upsample_nearest2d.vec: [{"scale_factor": 2}, {"size": (7, 5)}],
    aten._upsample_nearest_exact2d.vec: [{"size": (7, 5), "mode": "nearest-exact"}],
    aten.upsample_bilinear2d.vec: [
        {"scale_factor": 2, "mode": "bilinear"},
        {"scale_factor": 1.5, "mode": "bilinear"},
        {"size": (7, 5), "mode": "bilinear", "align_corners": True},
    ],
    aten.upsample_bicubic2d.vec: [{"scale_factor": 2, "mode": "bicubic"}],
}.items():
    enrol(upsample, cases=[(nn.Upsample(**each), (2, 3, 4)) for each in options])(slow_by_columns)
for rearrange, functions in {
    aten.roll.default: [lambda x: x.roll(1, 1), lambda x: torch.roll(x, (2, -1), (3, 2))],
    aten.repeat.default: [lambda x: x.repeat(1, 3, 1, 1), lambda x: x.repeat(1, 1, 2, 2)],
    aten.tile.default: [lambda x: x.tile(2, 1, 1), lambda x: x.tile(2)],
    aten.repeat_interleave.self_int: [lambda x: x.repeat_interleave(2, 1), lambda x: x.repeat_interleave(3, -1)],
    aten.rot90.default: [lambda x: x.rot90(1, (2, 3)), lambda x: torch.rot90(x, 2, [1, 3])],
    aten.index_select.default: [lambda x: x.index_select(1, torch.tensor([1, 1, 0]))],
    aten.index.Tensor: [lambda x: x[:, [1, 0]], lambda x: x[:, :, [0, 2, 2]], lambda x: x[:, [0, 1], [2, 0]]],
    aten.pad.default: [
        lambda x: F.pad(x, (1, 2, 0, 1), mode="reflect"),
        lambda x: F.pad(x, (1, 0, 2, 1), mode="replicate"),
        lambda x: F.pad(x, (2, 1, 1, 0), mode="circular"),
    ],
}.items():
    enrol(rearrange, cases=[(Apply(lambda net, x, f=f: f(x)), (2, 3, 4)) for f in functions])(slow_by_columns)
enrol(aten.pixel_shuffle.default, cases=[(nn.PixelShuffle(2), (8, 2, 3))])(slow_by_columns)
enrol(aten.pixel_unshuffle.default, cases=[(nn.PixelUnshuffle(2), (2, 4, 6))])(slow_by_columns)
enrol(aten.channel_shuffle.default, cases=[(nn.ChannelShuffle(2), (6, 2, 3))])(slow_by_columns)


@enrol(
    aten.adaptive_max_pool2d.default,
    cases=[(nn.AdaptiveMaxPool2d(1), (2, 4, 5)), (nn.AdaptiveMaxPool2d((3, 2)), (2, 4, 5))],
)
def slow_unpool_adaptive(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    below, (rows, columns) = np.zeros_like(x), signal.shape[2:]
    for n, c, row, column in np.ndindex(*signal.shape):
        top, bottom = row * x.shape[2] // rows, -(-(row + 1) * x.shape[2] // rows)
        left, right = column * x.shape[3] // columns, -(-(column + 1) * x.shape[3] // columns)
        region = x[n, c, top:bottom, left:right]
        jr, jc = np.unravel_index(region.argmax(), region.shape)
        below[n, c, top + jr, left + jc] += signal[n, c, row, column]
    return below


# --- parts overwritten, constants, mirror images ------------------------------------------------------------

enrol(aten.unbind.int, cases=[(Apply(lambda net, x: x.unbind(1)[2]), (4, 3, 4))])(
    lambda net, signal, x: np.stack([signal * (channel == 2) for channel in range(4)], 1)
)
enrol(aten.flip.default, cases=[(Apply(lambda net, x: x.flip(1, -1)), (4, 3, 4))])(
    lambda net, signal, x: signal[:, ::-1, :, ::-1].copy()
)


def overwrite(net: Any, x: torch.Tensor) -> torch.Tensor:
    y = x.clone()
    y[:, 1:] = net.times(x)[:, :1]
    return y


@enrol(aten.slice_scatter.default, aten.copy.default, cases=[(Apply(overwrite, times=_double()), (2, 3, 4))])
def slow_overwritten(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    below = signal.copy()
    below[:, 1:] = 0
    below[:, :1] += 2 * signal[:, 1:]
    return below


def overwrite_one(net: Any, x: torch.Tensor) -> torch.Tensor:
    y = x.clone()
    y[:, 1] = net.times(x)[:, 0]
    return y


enrol(aten.select_scatter.default, cases=[(Apply(overwrite_one, times=_double()), (2, 3, 4))])(slow_overwritten)


def slow_first_half(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    return signal[:, : x.shape[1]]


for operator, function in {
    aten.zeros_like.default: torch.zeros_like,
    aten.ones_like.default: torch.ones_like,
    aten.full_like.default: lambda x: torch.full_like(x, 3.0),
    aten.new_zeros.default: lambda x: x.new_zeros(x.shape),
    aten.fill.Tensor: lambda x: torch.fill(x, torch.tensor(2.0)),
    aten.fill.Scalar: lambda x: torch.fill(x, 2.0),
}.items():
    net = Apply(lambda net, x, f=function: torch.cat([x, f(x)], 1))
    enrol(operator, cases=[(net, (2, 3, 4))])(slow_first_half)
