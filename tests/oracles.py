"""Independent, slow ways to the same numbers.

1. `autograd_projection`: autograd on the user's own network, run eagerly, with the backward pass of every
   activation replaced by `clamp(min=0)` and that of local response normalisation by the identity
   (Zeiler & Fergus 2014, §2.1, say in these words how their method differs from backpropagation).
   It shares nothing with the package: no graph, no windows, no rules.
2. `SLOW_RULES`: every mirror rule written again with plain loops over NumPy arrays. A rule in the package
   that is not enrolled here fails `test_mirror.py`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode


class Rectify(torch.autograd.Function):
    """Any activation whose backward pass is `clamp(min=0)`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, activation: Callable[[Tensor], Tensor]) -> Tensor:
        return activation(x)

    @staticmethod
    def backward(ctx: Any, signal: Tensor) -> Any:
        return signal.clamp(min=0), None


class RectifyInPlace(torch.autograd.Function):
    """The same for activations that overwrite their input."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, activation: Callable[[Tensor], Tensor]) -> Tensor:
        ctx.mark_dirty(x)
        return x.copy_(activation(x.clone()))

    @staticmethod
    def backward(ctx: Any, signal: Tensor) -> Any:
        return signal.clamp(min=0), None


class Straight(torch.autograd.Function):
    """Any function of one tensor whose backward pass is the identity."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, function: Callable[[Tensor], Tensor]) -> Tensor:
        return function(x)

    @staticmethod
    def backward(ctx: Any, signal: Tensor) -> Any:
        return signal, None


class Guided(torch.autograd.Function):
    """Any activation, maybe in place, whose backward pass is its true one and then `clamp(min=0)`."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, activation: Callable[[Tensor], Tensor], in_place: bool) -> Tensor:
        with torch.enable_grad():
            ctx.x = x.detach().clone().requires_grad_()
            ctx.y = activation(ctx.x)
        if in_place:
            ctx.mark_dirty(x)
            return x.copy_(ctx.y.detach())
        return ctx.y.detach().clone()

    @staticmethod
    def backward(ctx: Any, signal: Tensor) -> Any:
        (true,) = torch.autograd.grad(ctx.y, ctx.x, signal, retain_graph=True)
        return true.clamp(min=0), None, None


class WithoutSwitches(torch.autograd.Function):
    """A max-pooling whose backward pass is by matrices along rows and columns, whatever the maxima were."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, rows: Tensor, columns: Tensor, pooling: Callable[[Tensor], Tensor]) -> Tensor:
        ctx.matrices = rows, columns
        return pooling(x)

    @staticmethod
    def backward(ctx: Any, signal: Tensor) -> Any:
        rows, columns = ctx.matrices
        return rows.T @ signal @ columns, None, None, None


def unpooling_matrix(regions: Sequence[Sequence[int]], size: int, unpool: str) -> Tensor:
    """Regions × positions: how one region's value is shared out along an axis."""
    matrix = torch.zeros(len(regions), size, dtype=torch.float64)
    for number, region in enumerate(regions):
        inside = [position for position in region if 0 <= position < size]
        if unpool == "centre":
            matrix[number, inside[(len(inside) - 1) // 2]] = 1
        else:
            matrix[number, inside] = 1 / len(inside)
    return matrix


def pooled_without_switches(function: Any, args: Any, kwargs: Any, unpool: str) -> Tensor:
    """torch's max-poolings, with another way back."""
    x, *rest = args
    with torch.no_grad():
        pooled, *indices = found if isinstance(found := function(*args, **kwargs), tuple) else (found,)
    adaptive = function in ADAPTIVE
    bound = dict(zip(("kernel_size", "stride", "padding", "dilation"), rest, strict=False)) | kwargs
    matrices = []
    for axis in (0, 1):
        size, count = x.shape[2 + axis], pooled.shape[2 + axis]
        if adaptive:
            regions = [range(o * size // count, -(-(o + 1) * size // count)) for o in range(count)]
        else:
            kernel = _two(bound["kernel_size"])[axis]
            stride = _two(bound.get("stride") or bound["kernel_size"])[axis]
            padding, dilation = _two(bound.get("padding", 0))[axis], _two(bound.get("dilation", 1))[axis]
            regions = [[o * stride - padding + j * dilation for j in range(kernel)] for o in range(count)]
        matrices.append(unpooling_matrix(regions, size, unpool).to(x.dtype))
    answered = WithoutSwitches.apply(x, *matrices, lambda y: pooled)
    return (answered, *indices) if indices else answered


ACTIVATIONS = {
    *(F.relu, torch.relu, Tensor.relu, F.relu6, F.hardtanh, F.leaky_relu, F.prelu, torch.prelu, F.elu, F.silu),
    *(F.gelu, F.hardswish, F.mish, F.softplus, torch.tanh, Tensor.tanh, F.celu, F.selu, F.rrelu, F.logsigmoid),
    *(F.hardshrink, F.softshrink, F.tanhshrink, F.softsign, F.threshold),
}
ACTIVATIONS_IN_PLACE = {F.relu_, torch.relu_, Tensor.relu_}


def rectified(activation: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """The activation, with the deconvnet's backward pass."""
    return lambda x: Rectify.apply(x, activation)


GATES = {torch.sigmoid, Tensor.sigmoid, F.sigmoid, F.hardsigmoid}
"""Taken as constants of the image, as in squeeze-and-excitation."""
STATISTICS = {F.layer_norm, F.group_norm, F.instance_norm}
"""Their mean and variance are taken as constants of the image."""


ADAPTIVE = {F.adaptive_max_pool2d, F.adaptive_max_pool2d_with_indices}
POOLINGS = {F.max_pool2d, F.max_pool2d_with_indices, torch.max_pool2d, *ADAPTIVE}


class DeconvnetBackward(TorchFunctionMode):
    """Inside this mode, eager PyTorch has the deconvnet's backward pass, or that of another rule of the lattice."""

    def __init__(self, rule: str = "deconvnet", unpool: str = "switches") -> None:
        super().__init__()
        self.rule, self.unpool = rule, unpool

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if function in POOLINGS and self.unpool != "switches":
            return pooled_without_switches(function, args, kwargs, self.unpool)
        if self.rule == "gradient":
            return function(*args, **kwargs)
        if function in ACTIVATIONS | ACTIVATIONS_IN_PLACE:
            x, *rest = args
            in_place = kwargs.pop("inplace", False) or function in ACTIVATIONS_IN_PLACE
            if self.rule == "guided":
                outside = OUT_OF_PLACE.get(function, function)
                return Guided.apply(x, lambda y: outside(y, *rest, **kwargs), in_place)
            plain = _plain(function, rest, kwargs)
            return (RectifyInPlace if in_place else Rectify).apply(x, plain)
        if function is F.local_response_norm:
            x, *rest = args
            return Straight.apply(x, lambda y: function(y, *rest, **kwargs))
        if function in GATES:
            return function(*args, **kwargs).detach()
        if function in STATISTICS:
            return _with_constant_statistics(function, args, kwargs)
        return function(*args, **kwargs)


def _with_constant_statistics(function: Any, args: Any, kwargs: Any) -> Tensor:
    """A layer normalisation written out, its mean and variance held constant."""
    x, *rest = args
    with torch.no_grad():
        expected = function(x, *rest, **kwargs)
    bound = dict(zip(("shape", "weight", "bias", "eps"), rest, strict=False)) | kwargs
    assert function is F.layer_norm, "other normalisations are checked by their slow rules"
    shape = bound.get("normalized_shape", bound.get("shape"))
    dimensions = tuple(range(-len(shape), 0))
    mean = x.detach().mean(dimensions, keepdim=True)
    scale = (x.detach().var(dimensions, keepdim=True, correction=0) + bound.get("eps", 1e-5)).rsqrt()
    y = (x - mean) * scale
    y = y if bound.get("weight") is None else y * bound["weight"]
    y = y if bound.get("bias") is None else y + bound["bias"]
    tolerance = 1e-10 if y.dtype == torch.float64 else 1e-4
    assert torch.allclose(y, expected, rtol=tolerance, atol=tolerance)
    return y


OUT_OF_PLACE = {F.relu_: F.relu, torch.relu_: torch.relu, Tensor.relu_: Tensor.relu}


def _plain(function: Any, rest: Sequence[Any], kwargs: dict[str, Any]) -> Callable[[Tensor], Tensor]:
    outside = OUT_OF_PLACE.get(function, function)

    def run(x: Tensor) -> Tensor:
        with torch.no_grad():
            return outside(x, *rest, **kwargs)

    return run


def autograd_projection(
    net: nn.Module,
    images: Tensor,
    layer: str,
    use: int,
    units: Sequence[tuple[int, int, int, int]],
    rule: str = "deconvnet",
    unpool: str = "switches",
) -> list[Tensor]:
    """Projections of units (image, channel, row, column) of module `layer`, each on a canvas (C, H, W).

    The seed is the activation's value in the module's `use`-th output.
    """
    x, outputs = eager_outputs(net, images, [layer], rule, unpool)
    return project_back(x, outputs[layer][use], units)


def eager_outputs(
    net: nn.Module, images: Tensor, modules: Sequence[str], rule: str = "deconvnet", unpool: str = "switches"
) -> tuple[Tensor, dict[str, list[Tensor]]]:
    """Run the network eagerly with a rule's backward pass; each module's output at each use."""
    x = images.clone().requires_grad_()
    outputs: dict[str, list[Tensor]] = {name: [] for name in modules}

    def keeper(name: str) -> Callable[..., Tensor]:
        def keep(_: nn.Module, __: Any, output: Tensor) -> Tensor:
            outputs[name].append(output)
            return output.clone()  # what follows may work in place, and must not change what is kept

        return keep

    hooks = [net.get_submodule(name).register_forward_hook(keeper(name)) for name in modules]
    with DeconvnetBackward(rule, unpool):
        net(x)
    for hook in hooks:
        hook.remove()
    return x, outputs


def project_back(x: Tensor, output: Tensor, units: Sequence[tuple[int, int, int, int]]) -> list[Tensor]:
    """Send each unit (image, channel, row, column) of a kept output back to x: canvases (C, H, W)."""
    canvases = []
    for image, channel, row, column in units:
        at = (image, channel, row, column)[: output.ndim]
        seed = torch.zeros_like(output)
        seed[at] = output.detach()[at]
        (gradient,) = torch.autograd.grad(output, x, seed, retain_graph=True)
        canvases.append(gradient[image])
    return canvases


def relative_error(found: Tensor, expected: Tensor) -> float:
    """‖found − expected‖ / ‖expected‖; 0 where both are zero."""
    scale = float(expected.norm())
    distance = float((found - expected).norm())
    return distance / scale if scale else distance


# --- every mirror rule, slowly --------------------------------------------------------------------------

aten = torch.ops.aten


class Apply(nn.Module):
    """A network that is one function."""

    def __init__(self, function: Callable[..., Tensor], **parts: nn.Module) -> None:
        super().__init__()
        self.function = function
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self, x)


@dataclass(frozen=True, eq=False)
class Case:
    """A network around one operator, and what its mirror gives by plain loops.

    `slow(net, signal, x)`: arrays (N, …) of the output's and the input's shape → array like `x`.
    `linear`: whether the mirror is the adjoint of the network without its bias.
    """

    name: str
    net: nn.Module
    shape: tuple[int, ...]
    slow: Callable[[Any, np.ndarray, np.ndarray], np.ndarray]
    linear: bool = True


SLOW_RULES: dict[Any, list[Case]] = {}


def enrol(*operators: Any, cases: Sequence[tuple[nn.Module, tuple[int, ...]]], linear: bool = True) -> Any:
    """Enrol a slow rule for operators, with networks (and input shapes without batch) to try it on."""

    def enter(slow: Callable[..., np.ndarray]) -> Callable[..., np.ndarray]:
        for operator in operators:
            made = [
                Case(f"{slow.__name__}-{n}", net.double().eval(), shape, slow, linear)
                for n, (net, shape) in enumerate(cases)
            ]
            SLOW_RULES.setdefault(operator, []).extend(made)
        return slow

    return enter


def _positions(size: int, kernel: int, stride: int, padding: int, dilation: int, count: int) -> Any:
    """For each output position and filter place along one axis: (o, j, i) with i inside the map."""
    for o in range(count):
        for j in range(kernel):
            i = o * stride - padding + j * dilation
            if 0 <= i < size:
                yield o, j, i


def _two(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else tuple(value)


def slow_filter_transposed(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    conv = net[0] if isinstance(net, nn.Sequential) else net
    weight, below = conv.weight.detach().numpy(), np.zeros_like(x)
    out, per_group, *kernel = weight.shape
    dilation, stride = _two(conv.dilation), _two(conv.stride)
    if conv.padding == "same":
        padding = tuple(d * (k - 1) // 2 for d, k in zip(dilation, kernel, strict=True))
    else:
        padding = _two(0 if conv.padding == "valid" else conv.padding)
    axes = [
        list(_positions(x.shape[2 + a], kernel[a], stride[a], padding[a], dilation[a], signal.shape[2 + a]))
        for a in (0, 1)
    ]
    for o in range(out):
        first = o // (out // conv.groups) * per_group
        for c in range(per_group):
            for row, jr, ir in axes[0]:
                for column, jc, ic in axes[1]:
                    below[:, first + c, ir, ic] += weight[o, c, jr, jc] * signal[:, o, row, column]
    return below


enrol(
    aten.conv2d.default,
    cases=[
        (nn.Conv2d(2, 3, 3), (2, 7, 6)),
        (nn.Conv2d(2, 3, (3, 2), stride=(2, 3), padding=(1, 0)), (2, 8, 9)),
        (nn.Conv2d(4, 6, 3, padding=2, dilation=2, groups=2), (4, 7, 7)),
        (nn.Conv2d(3, 3, 5, stride=4, padding=2, groups=3), (3, 11, 12)),
        (nn.Conv2d(2, 4, 1, bias=False), (2, 3, 5)),
    ],
)(slow_filter_transposed)
enrol(
    aten.conv2d.padding,
    cases=[
        (nn.Conv2d(2, 3, 4, padding="same"), (2, 7, 6)),
        (nn.Conv2d(2, 3, (2, 3), padding="same", dilation=(1, 2)), (2, 6, 7)),
        (nn.Conv2d(2, 2, 3, padding="valid", stride=2), (2, 7, 8)),
    ],
)(slow_filter_transposed)


@enrol(aten.linear.default, cases=[(nn.Linear(5, 3), (5,)), (nn.Linear(4, 2), (3, 4))])
def slow_filter_transposed_linear(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    weight, below = net.weight.detach().numpy(), np.zeros_like(x)
    for o in range(weight.shape[0]):
        for i in range(weight.shape[1]):
            below[..., i] += weight[o, i] * signal[..., o]
    return below


POOLS: list[tuple[nn.Module, tuple[int, ...]]] = [
    (nn.MaxPool2d(2), (2, 6, 7)),
    (nn.MaxPool2d(3, 2), (2, 9, 8)),
    (nn.MaxPool2d(3, 2, ceil_mode=True), (2, 8, 10)),
    (nn.MaxPool2d(3, 2, padding=1), (2, 7, 8)),
    (nn.MaxPool2d((2, 3), (1, 2), padding=(1, 1), dilation=(2, 1)), (2, 7, 7)),
    (nn.Sequential(nn.ReLU(), nn.MaxPool2d(3, 1)), (2, 6, 6)),  # many equal maxima: zeros
]


@enrol(aten.max_pool2d.default, cases=POOLS)
def slow_unpool(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    pool = net[-1] if isinstance(net, nn.Sequential) else net
    seen = np.maximum(x, 0) if isinstance(net, nn.Sequential) else x
    kernel, stride, padding, dilation = (_two(v) for v in (pool.kernel_size, pool.stride, pool.padding, pool.dilation))
    below = np.zeros_like(x)
    for n, c, row, column in np.ndindex(*signal.shape):
        best = None
        for jr, jc in np.ndindex(*kernel):
            at = row * stride[0] - padding[0] + jr * dilation[0], column * stride[1] - padding[1] + jc * dilation[1]
            inside = 0 <= at[0] < x.shape[2] and 0 <= at[1] < x.shape[3]
            if inside and (best is None or seen[n, c][at] > seen[n, c][best]):
                best = at
        below[n, c][best] += signal[n, c, row, column]
    return np.maximum(below, 0) if isinstance(net, nn.Sequential) else below


enrol(
    aten.max_pool2d_with_indices.default,
    cases=[(Apply(lambda net, x: F.max_pool2d(x, 3, 2, return_indices=True)[0]), (2, 7, 7))],
)(lambda net, signal, x: slow_unpool(nn.MaxPool2d(3, 2), signal, x))


@enrol(aten.relu.default, cases=[(nn.ReLU(), (2, 3, 4)), (nn.ReLU(), (5,))], linear=False)
def slow_rectify(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    return np.array([max(s, 0.0) for s in signal.ravel()]).reshape(x.shape)


@enrol(nn.LocalResponseNorm, cases=[(nn.Sequential(nn.LocalResponseNorm(5)), (7, 3, 4))], linear=False)
def slow_pass(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    return signal


def trained(norm: nn.Module) -> nn.Module:
    """A batch normalisation that has seen something."""
    generator = torch.Generator().manual_seed(1)
    for tensor in (norm.running_mean, norm.running_var, *norm.parameters()):
        tensor.data.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
    return norm


@enrol(
    aten._native_batch_norm_legit_no_training.default,
    cases=[
        (trained(nn.BatchNorm2d(3)), (3, 4, 5)),
        (trained(nn.BatchNorm2d(3, affine=False)), (3, 2, 2)),
        (trained(nn.BatchNorm1d(4)), (4,)),
    ],
)
def slow_scale_back(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    below = np.zeros_like(x)
    for c in range(x.shape[1]):
        gamma = 1.0 if net.weight is None else float(net.weight.detach()[c])
        below[:, c] = signal[:, c] * gamma / (float(net.running_var[c]) + net.eps) ** 0.5
    return below


@enrol(
    aten.avg_pool2d.default,
    cases=[
        (nn.AvgPool2d(2), (2, 6, 7)),
        (nn.AvgPool2d(3, 2, padding=1), (2, 7, 8)),
        (nn.AvgPool2d(3, 2, padding=1, count_include_pad=False, ceil_mode=True), (2, 8, 8)),
        (nn.AvgPool2d(3, 2, padding=1, ceil_mode=True), (2, 8, 7)),
        (nn.AvgPool2d((2, 3), (1, 2), divisor_override=4), (2, 5, 7)),
    ],
)
def slow_spread(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    kernel, stride, padding = _two(net.kernel_size), _two(net.stride), _two(net.padding)
    below = np.zeros_like(x)
    for row, column in np.ndindex(*signal.shape[2:]):
        start = row * stride[0] - padding[0], column * stride[1] - padding[1]
        places, counted = [], 0
        for j in np.ndindex(*kernel):
            at = start[0] + j[0], start[1] + j[1]
            if all(0 <= at[a] < x.shape[2 + a] for a in (0, 1)):
                places.append(at)
            in_padding = all(-padding[a] <= at[a] < x.shape[2 + a] + padding[a] for a in (0, 1))
            counted += in_padding if net.count_include_pad else at in places
        for at in places:
            below[:, :, at[0], at[1]] += signal[:, :, row, column] / (net.divisor_override or counted)
    return below


@enrol(
    aten.adaptive_avg_pool2d.default,
    cases=[
        (nn.AdaptiveAvgPool2d(1), (2, 5, 7)),
        (nn.AdaptiveAvgPool2d((3, 2)), (2, 7, 5)),
        (nn.AdaptiveAvgPool2d(3), (2, 6, 9)),
        (nn.AdaptiveAvgPool2d((7, 4)), (2, 7, 4)),
        (nn.AdaptiveAvgPool2d(7), (2, 4, 3)),
    ],
)
def slow_spread_adaptive(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    below, (height, width) = np.zeros_like(x), x.shape[2:]
    rows, columns = signal.shape[2:]
    for row, column in np.ndindex(rows, columns):
        top, bottom = int(np.floor(row * height / rows)), int(np.ceil((row + 1) * height / rows))
        left, right = int(np.floor(column * width / columns)), int(np.ceil((column + 1) * width / columns))
        share = signal[:, :, row, column] / ((bottom - top) * (right - left))
        below[:, :, top:bottom, left:right] += share[:, :, None, None]
    return below


@enrol(
    aten.mean.dim,
    cases=[
        (Apply(lambda net, x: x.mean([2, 3])), (3, 4, 5)),
        (Apply(lambda net, x: x.mean((-2, -1), keepdim=True)), (3, 4, 5)),
        (Apply(lambda net, x: x.mean(1, keepdim=True)), (3, 4, 5)),
    ],
)
def slow_spread_mean(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    below = np.zeros_like(x)
    for n, c, row, column in np.ndindex(*x.shape):
        if signal.ndim == 2:
            below[n, c, row, column] = signal[n, c] / (x.shape[2] * x.shape[3])
        elif signal.shape[1] == 1:
            below[n, c, row, column] = signal[n, 0, row, column] / x.shape[1]
        else:
            below[n, c, row, column] = signal[n, c, 0, 0] / (x.shape[2] * x.shape[3])
    return below


def _double() -> nn.Module:
    net = nn.Conv2d(2, 2, 1, bias=False, groups=2)
    net.weight.data.copy_(torch.tensor([2.0, 3.0]).view(2, 1, 1, 1))
    return net


TIMES = np.array([2.0, 3.0])[:, None, None]  # what `_double` multiplies its two channels by


@enrol(
    aten.add.Tensor,
    cases=[
        (Apply(lambda net, x: net.times(x) + x, times=_double()), (2, 3, 4)),
        (Apply(lambda net, x: torch.add(x, net.times(x), alpha=1), times=_double()), (2, 3, 4)),
        (Apply(lambda net, x: net.times(x) + 0.5 + x, times=_double()), (2, 3, 4)),
    ],
)
def slow_to_summands(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    return signal + TIMES * signal


enrol(aten.add.Tensor, cases=[(Apply(lambda net, x: x + x), (2, 3, 4))])(lambda net, signal, x: 2 * signal)
enrol(aten.add.Tensor, cases=[(Apply(lambda net, x: torch.add(x, x, alpha=3)), (2, 3, 4))])(
    lambda net, signal, x: 4 * signal
)


@enrol(aten.add.Tensor, cases=[(Apply(lambda net, x: x + x.mean((2, 3), keepdim=True)), (2, 3, 4))])
def slow_broadcast_sum(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    below = signal.copy()
    for row, column in np.ndindex(*x.shape[2:]):
        below[:, :, row, column] += signal.sum((2, 3)) / (x.shape[2] * x.shape[3])
    return below


@enrol(
    aten.cat.default,
    cases=[
        (Apply(lambda net, x: torch.cat([x, net.times(x)], 1), times=_double()), (2, 3, 4)),
        (Apply(lambda net, x: torch.cat([x, net.times(x)], -1), times=_double()), (2, 3, 4)),
        (Apply(lambda net, x: torch.cat([x, net.times(x)], 2), times=_double()), (2, 3, 4)),
    ],
)
def slow_split(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    axis = next(a for a in (1, 2, 3) if signal.shape[a] != x.shape[a])
    first, second = np.split(signal, 2, axis)
    return first + TIMES * second


enrol(aten.cat.default, cases=[(Apply(lambda net, x: torch.cat([x, x, x], 1)), (2, 3, 4))])(
    lambda net, signal, x: signal[:, :2] + signal[:, 2:4] + signal[:, 4:]
)

enrol(
    aten.concat.default, cases=[(Apply(lambda net, x: torch.concat([x, net.times(x)], 1), times=_double()), (2, 3, 4))]
)(slow_split)
enrol(aten.clone.default, cases=[(Apply(lambda net, x: x.clone()), (2, 3, 4))])(slow_pass)
enrol(aten.detach.default, cases=[(Apply(lambda net, x: x.detach()), (2, 3, 4))])(slow_pass)


def slow_reshape_back(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    below = np.zeros_like(x)
    for number in range(signal[0].size):
        for n in range(len(x)):
            below[n].flat[number] = signal[n].flat[number]
    return below


enrol(
    aten.view.default,
    cases=[
        (nn.Flatten(), (2, 3, 4)),
        (Apply(lambda net, x: x.view(x.size(0), 2, 2, 3, 5)), (4, 3, 5)),
        (Apply(lambda net, x: x.reshape(x.shape[0], 4, 3, 5)), (12, 5)),
    ],
)(slow_reshape_back)
enrol(
    aten._unsafe_view.default,
    cases=[(Apply(lambda net, x: x.transpose(1, 2).reshape(x.shape[0], -1)), (2, 3, 4))],
)(lambda net, signal, x: slow_reshape_back(net, signal, x.swapaxes(1, 2).copy()).swapaxes(1, 2))
enrol(aten.unsqueeze.default, cases=[(Apply(lambda net, x: x.unsqueeze(1)), (3, 4, 5))])(slow_reshape_back)
enrol(aten.squeeze.dim, cases=[(Apply(lambda net, x: x.squeeze(1)), (1, 4, 5))])(slow_reshape_back)
enrol(aten.squeeze.dims, cases=[(Apply(lambda net, x: torch.squeeze(x, (2, 3))), (4, 1, 1))])(slow_reshape_back)
enrol(aten.squeeze.dims, cases=[(Apply(lambda net, x: x.squeeze()), (4, 1, 3))])(slow_reshape_back)


@enrol(
    aten.pad.default,
    cases=[
        (nn.ZeroPad2d((1, 2, 0, 3)), (2, 3, 4)),
        (nn.ZeroPad2d((-1, 2, 1, -1)), (2, 4, 4)),
        (Apply(lambda net, x: F.pad(x, (0, 0, 0, 0, 1, 2))), (2, 3, 4)),
        (nn.ConstantPad2d(1, 7.0), (2, 3, 4)),
    ],
)
def slow_crop(net: Any, signal: np.ndarray, x: np.ndarray) -> np.ndarray:
    left, _, top, _ = getattr(net, "padding", (0, 0, 0, 0))
    front = 0 if isinstance(net, nn.ConstantPad2d) else 1
    below = np.zeros_like(x)
    for n, c, row, column in np.ndindex(*x.shape):
        at = c + front, row + top, column + left
        if all(0 <= i < size for i, size in zip(at, signal.shape[1:], strict=True)):
            below[n, c, row, column] = signal[(n, *at)]
    return below
