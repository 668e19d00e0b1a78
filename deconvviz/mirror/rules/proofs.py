"""Whether an expression is an activation: computed over a grid of numbers, and compared with each that is known."""

from collections.abc import Iterator
from math import prod

import torch
from torch import Tensor

from .activations import Match, matches, points
from .elementwise import Expression

POINTS, FEWEST_POINTS, MOST_VALUES = 480, 32, 2**22
EXACT = 1e-9


def prove(expression: Expression) -> Match | None:
    """The activation that an expression is, up to scale and slope: the one nearest to it, if it is near enough."""
    best: Match | None = None
    for match in _candidates(expression):
        if best is None or match.error < best.error:
            best = match
        if best.error <= EXACT:
            break
    return best


def _candidates(expression: Expression) -> Iterator[Match]:
    largest = max((prod(weight.value.shape) for weight in expression.weights), default=1)
    u = points(max(min(POINTS, MOST_VALUES // largest), FEWEST_POINTS), expression.rank)
    for slope in _slopes(expression):
        f = _computed(expression, u / torch.where(slope == 0, 1.0, slope))
        if f is not None:
            yield from matches(u, f, slope, bool(expression.weights))


def values_of(expression: Expression, x: Tensor) -> dict[str, Tensor]:
    """The value of each of its calls where the root's is x, by name; none if they cannot be computed on such an x."""
    try:
        return expression.values(x)
    except (RuntimeError, IndexError, TypeError):  # it wants maps of its own size, or weights of no fitting size
        return {}


def _computed(expression: Expression, x: Tensor) -> Tensor | None:
    """Its values, if they are numbers and of no more dimensions than x has."""
    values = values_of(expression, x).get(expression.calls[-1].name)
    if values is None:
        return None
    fits = values.is_floating_point() and values.ndim == x.ndim and len(values) == len(x)
    return values if fits and bool(values.isfinite().all()) else None


def _slopes(expression: Expression) -> Iterator[Tensor]:
    """The slopes with which x may go into the activation: 1, and those of the lines on the way, up and down.

    Weights may be 0; such a slope comes first, for with it the whole may be a line, and lines are many things.
    """
    one = torch.ones([1] * expression.rank, dtype=torch.float64)
    x = one * torch.tensor([1.0, 2.0, -1.0], dtype=torch.float64).view(-1, *[1] * (expression.rank - 1))
    lines = [
        value[:1]
        for value in values_of(expression, x).values()
        if value.is_floating_point() and value.ndim == x.ndim and len(value) == 3
        if torch.allclose(value, value[:1] * x, rtol=EXACT, atol=0) and (expression.weights or bool(value.any()))
    ]
    lines = [line for line in lines if not bool(line.all())] + [one] + [line for line in lines if bool(line.all())]
    seen = list[Tensor]()
    for line in lines:
        if not any(line.shape == other.shape and torch.equal(line, other) for other in seen):
            seen += [line, -line]
            yield from (line, -line)
