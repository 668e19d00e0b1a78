"""torch's activations as functions of one number, and which of them some values are.

What is compared is `scale · activation(slope · x)`: `x * sigmoid(1.702 * x)` is SiLU of slope 1.702, divided by it.
"""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

TOLERANCE = 1e-4
"""Largest difference from an activation, in parts of its scale: constants are written to few digits (1.414)."""

FIXED: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": F.relu,
    "silu": F.silu,
    "hardswish": F.hardswish,
    "gelu": F.gelu,
    "gelu (tanh)": lambda u: F.gelu(u, approximate="tanh"),
    "mish": F.mish,
    "hardmish": lambda u: u * (u + 2).clamp(0, 2) / 2,  # timm's
    "softplus": F.softplus,
    "sigmoid": torch.sigmoid,
    "hardsigmoid": F.hardsigmoid,
    "tanh": torch.tanh,
    "softsign": F.softsign,
    "logsigmoid": F.logsigmoid,
    "tanhshrink": F.tanhshrink,
}
"""Activations without parameters other than scale and slope."""

Fit = tuple[Tensor, Tensor]


def _top(u: Tensor, f: Tensor) -> Tensor:
    """Scale of an activation that is the identity far up."""
    return f[-1:] / u[-1:]


def _leaky_relu(u: Tensor, f: Tensor) -> Fit:
    scale = _top(u, f)
    return scale, torch.where(u > 0, u, u * f[:1] / (scale * u[:1]))


def _hardtanh(u: Tensor, f: Tensor) -> Fit:
    middle = len(u) // 2
    scale = f[middle : middle + 1] / u[middle : middle + 1]
    low, high, seen = f[:1] / scale, f[-1:] / scale, 4 * (u[1] - u[0])
    clipped = torch.minimum(torch.maximum(u, low), high)
    within = ((low == 0) | ((low < -seen) & (low > u[:1]))) & (high > seen) & (high < u[-1:])  # and no step
    return scale, torch.where(within, clipped, torch.nan)


def _elu(u: Tensor, f: Tensor) -> Fit:
    scale = _top(u, f)
    return scale, torch.where(u > 0, u, f[:1] / scale * torch.expm1(u) / torch.expm1(u[:1]))


def _hardshrink(u: Tensor, f: Tensor) -> Fit:
    within = torch.where((f == 0) & (u > 0), u, 0).amax(0, keepdim=True)
    return _top(u, f), torch.where(u.abs() > within + (u[1] - u[0]) / 2, u, 0)


def _softshrink(u: Tensor, f: Tensor) -> Fit:
    scale = (f[-1:] - f[-2:-1]) / (u[-1:] - u[-2:-1])
    return scale, F.relu(u.abs() - (u[-1:] - f[-1:] / scale).clamp(min=0)) * u.sign()


def _threshold(u: Tensor, f: Tensor) -> Fit:
    below = torch.where(f == 0, u, u[:1]).amax(0, keepdim=True)
    return _top(u, f), torch.where(u > below + (u[1] - u[0]) / 2, u, 0)


FITTED: dict[str, Callable[[Tensor, Tensor], Fit]] = {
    "leaky_relu": _leaky_relu,
    "hardtanh": _hardtanh,
    "elu": _elu,
    "hardshrink": _hardshrink,
    "softshrink": _softshrink,
    "threshold": _threshold,
}
"""Activations with parameters: of numbers u, ascending, and values f of each, their scale and what they would be."""


@dataclass(frozen=True, eq=False)
class Match:
    """What some values are: `scale · activation(slope · x)`. `scale` and `slope` broadcast with x, float64."""

    name: str
    scale: Tensor
    slope: Tensor
    error: float

    @property
    def sign(self) -> Tensor:
        """That of the slope: −1 where it is an activation of −x."""
        return self.slope.sign()

    @property
    def gain(self) -> Tensor:
        """What a signal is multiplied by before it is rectified: scale · |slope|, for |a|·max(s, 0) = max(|a|·s, 0)."""
        gain = self.scale * self.slope.abs()
        return torch.where((gain - 1).abs() < 1e-9, 1.0, gain)

    @property
    def plain(self) -> bool:
        """Whether a signal is just rectified."""
        return bool((self.gain == 1).all()) and bool((self.sign == 1).all())


def points(count: int, rank: int) -> Tensor:
    """The numbers on which functions are compared, −12 … 12 without 0, ascending: (count, 1, …) in float64."""
    return torch.linspace(-12, 12, count // 2 * 2, dtype=torch.float64).view(-1, *[1] * (rank - 1))


def matches(u: Tensor, f: Tensor, slope: Tensor, upwards: bool) -> Iterator[Match]:
    """The activations of this slope that f, values at the points u / slope, is up to its scale.

    Of several functions each must bend, for lines are many things. `upwards`: and none may go up again below zero:
    |x| is no activation of torch's, but a PReLU of weight −1 is.
    """
    for name in (*FIXED, *FITTED):
        match = as_kind(name, u, f, slope)
        if match is None or bool(_steepness(u, f).isfinite().any()):
            continue
        if not (upwards and bool((f[:1] / (match.scale * u[:1]) < -TOLERANCE).any())):
            yield match


def as_kind(name: str, u: Tensor, f: Tensor, slope: Tensor) -> Match | None:
    """f, values at the points u / slope, as this activation up to its scale; None if it is another function.

    Of slope 0 it must be a line (f is then of the points themselves), and is as steep as the activation is at 0.
    """
    scale, values = _fixed(name, u, f) if name in FIXED else FITTED[name](u, f)
    dead = (f == 0).all(0, keepdim=True)
    flat = (slope == 0) & ~dead
    error = torch.where(dead | flat, 0, (f - scale * values) / scale).abs().amax()
    if bool(flat.any()):
        scale = torch.where(flat, _steepness(u, f) / _at_zero(name), scale)
    scale = torch.where(dead, 0, scale)
    if not (bool(error <= TOLERANCE) and bool(scale.isfinite().all())):  # NaN is no match
        return None
    return Match(name, scale, torch.where(slope == 0, 1.0, slope), float(error))


def _fixed(name: str, u: Tensor, f: Tensor) -> Fit:
    values, at = _table(name, len(u))
    return f[at : at + 1] / values[at], values.view(-1, *[1] * (f.ndim - 1))


@cache
def _table(name: str, count: int) -> tuple[Tensor, int]:
    """An activation at the points, and where it is largest."""
    values = FIXED[name](points(count, 1))
    return values, int(values.abs().argmax())


@cache
def _at_zero(name: str) -> float:
    """How steep an activation is at 0; NaN where it bends there, or has parameters that say so."""
    if name == "relu" or name in FITTED:
        return math.nan
    low, high = FIXED[name](torch.tensor([-1e-5, 1e-5], dtype=torch.float64))
    return float(high - low) / 2e-5


def _steepness(u: Tensor, f: Tensor) -> Tensor:
    """How steep lines are; NaN where f is none."""
    steepness = (f[-1:] - f[:1]) / (u[-1:] - u[:1])
    distance = (f - (f[-1:] + f[:1]) / 2 - steepness * u).abs().amax(0, keepdim=True)
    near = TOLERANCE * steepness.abs() + 1e-9 * f.abs().amax(0, keepdim=True)
    return torch.where(distance <= near, steepness, torch.nan)
