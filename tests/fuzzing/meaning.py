"""The words in which a network is meant: functions whose backward pass is what the deconvnet does there.

Nothing here comes from the package. A max-pooling, a filter, a sum, a concatenation need no word: there the deconvnet
and autograd agree.
"""

from collections.abc import Callable

import torch
import torch.nn.functional as F
from oracles import Guided, Rectify, Straight
from torch import Tensor


def rectify(activation: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """An activation: the signal is made positive on the way down."""
    return Rectify.apply(x, activation)


def passed(function: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """What the signal passes as it is: local response normalisation, a softmax at the output, `detach`."""
    return Straight.apply(x, function)


def gated(x: Tensor, gate: Tensor) -> Tensor:
    """A product with a gate, which is a constant of the image."""
    return x * gate.detach()


def over_groups(x: Tensor, groups: int, weight: Tensor | None, bias: Tensor | None, eps: float = 1e-5) -> Tensor:
    """Group (or instance, or layer) normalisation; mean and variance are constants of the image."""
    parts = x.reshape(len(x), groups, -1)
    return _affine(_constant_statistics(parts, (2,), eps).reshape(x.shape), weight, bias, (1, -1, *[1] * (x.ndim - 2)))


def over_last(x: Tensor, dimensions: int, weight: Tensor | None, bias: Tensor | None, eps: float = 1e-5) -> Tensor:
    """Layer normalisation over the last dimensions; mean and variance are constants of the image."""
    shape = () if weight is None else tuple(weight.shape)
    return _affine(_constant_statistics(x, tuple(range(-dimensions, 0)), eps), weight, bias, shape)


def _constant_statistics(x: Tensor, over: tuple[int, ...], eps: float) -> Tensor:
    still = x.detach()
    return (x - still.mean(over, keepdim=True)) * (still.var(over, keepdim=True, correction=0) + eps).rsqrt()


def _affine(x: Tensor, weight: Tensor | None, bias: Tensor | None, shape: tuple[int, ...]) -> Tensor:
    x = x if weight is None else x * weight.view(shape)
    return x if bias is None else x + bias.view(shape)


def shaken(x: Tensor) -> Tensor:
    """The same value as far as rounding goes: what changes with it much hangs on a choice between equals."""
    return x * (1 + 1e-14 * torch.randn_like(x))


WORDS = {
    "rectify": rectify,
    "passed": passed,
    "gated": gated,
    "over_groups": over_groups,
    "over_last": over_last,
    "shaken": shaken,
}
"""What the text of a meaning may say, beside torch."""

TRUE_WORDS = {
    "rectify": lambda activation, x: activation(x),
    "passed": lambda function, x: function(x),
    "gated": lambda x, gate: x * gate,
    "over_groups": lambda x, groups, weight, bias, eps=1e-5: F.group_norm(x, groups, weight, bias, eps),
    "over_last": lambda x, dimensions, weight, bias, eps=1e-5: F.layer_norm(
        x, x.shape[-dimensions:], weight, bias, eps
    ),
    "shaken": shaken,
}
"""The same words, if the way down is the true gradient."""

WORDS_BY_RULE = {
    "deconvnet": WORDS,
    "gradient": TRUE_WORDS,
    "guided": WORDS | {"rectify": lambda activation, x: Guided.apply(x, activation, False)},
}
"""What they mean by each rule."""
