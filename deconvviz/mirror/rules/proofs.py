"""Whether an expression is an activation: computed over a grid of numbers, and compared with each that is known."""

from collections.abc import Iterator
from math import prod

import torch
from torch import Tensor

from .activations import Match, as_kind, matches, points
from .elementwise import Expression

POINTS, FEWEST_POINTS, MOST_VALUES = 480, 32, 2**22
EXACT = 1e-9


Line = tuple[str, int]
"""Which of an expression's values goes into an activation: its name, and with which sign."""


def prove(expression: Expression) -> Match | None:
    """The activation that an expression is, up to scale and slope: the one nearest to it, if it is near enough.

    Weights may make a line of it, as training may do for some maps: PReLU of weight 1, and Swish, x·σ(βx), of β = 0.
    But lines are many things. So such a one is what it is with other weights, where it bends, if it is that with its
    own weights, too.
    """
    found = _nearest(expression, upwards=True)
    if found is not None:
        return found[1]
    kind = _nearest(expression.elsewhere(), upwards=False) if expression.is_learned else None
    if kind is None:
        return None
    line, match = kind
    slope = dict(_slopes(expression)).get(line)
    computed = None if slope is None else _computed(expression, slope)
    return None if slope is None or computed is None else as_kind(match.name, *computed, slope)


def _nearest(expression: Expression, upwards: bool) -> tuple[Line, Match] | None:
    best: tuple[Line, Match] | None = None
    for line, slope in _slopes(expression):
        computed = _computed(expression, slope) if bool(slope.all()) else None
        for match in matches(*computed, slope, upwards) if computed else ():
            if best is None or match.error < best[1].error:
                best = line, match
            if best[1].error <= EXACT:
                return best
    return best


def values_of(expression: Expression, x: Tensor) -> dict[str, Tensor]:
    """The value of each of its calls where the root's is x, by name; none if they cannot be computed on such an x."""
    try:
        return expression.values(x)
    except (RuntimeError, IndexError, TypeError):  # it wants maps of its own size, or weights of no fitting size
        return {}


def _computed(expression: Expression, slope: Tensor) -> tuple[Tensor, Tensor] | None:
    """Points, and its values at them divided by the slope, if these are numbers and of no more dimensions."""
    largest = max((prod(weight.value.shape) for weight in expression.weights), default=1)
    u = points(max(min(POINTS, MOST_VALUES // largest), FEWEST_POINTS), expression.rank)
    values = values_of(expression, u / torch.where(slope == 0, 1.0, slope)).get(expression.calls[-1].name)
    if values is None:
        return None
    fits = values.is_floating_point() and values.ndim == u.ndim and len(values) == len(u)
    return (u, values) if fits and bool(values.isfinite().all()) else None


def _slopes(expression: Expression) -> Iterator[tuple[Line, Tensor]]:
    """The slopes with which x may go into the activation: 1, and those of the lines on the way, up and down."""
    x = torch.tensor([1.0, 2.0, -1.0], dtype=torch.float64).view(-1, *[1] * (expression.rank - 1))
    values = {expression.root: x} | values_of(expression, x)
    seen = list[Tensor]()
    for name, value in values.items():
        if not (value.is_floating_point() and value.ndim == x.ndim and len(value) == 3 and is_line(value, x)):
            continue
        slope = value[:1]
        if expression.is_learned or not any(torch.equal(slope, other) for other in seen):
            seen += [slope, -slope]
            yield (name, 1), slope
            yield (name, -1), -slope


def is_line(values: Tensor, x: Tensor) -> bool:
    """Whether these are x times something, 0 included."""
    return torch.allclose(values, values[:1] / x[:1] * x, rtol=EXACT, atol=0)
