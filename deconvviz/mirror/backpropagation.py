"""Rules made of other rules: how backpropagation answers a layer, and how guided backpropagation answers an activation.

Simonyan et al. 2014 and Springenberg et al. 2014 differ from the deconvnet at the layers that are not linear; there
torch's own autograd says what the derivative is. Linear layers have the same answer everywhere: their transpose.
"""

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import Any

import torch
from torch import Tensor

from ..errors import NoMirrorRule, one_line
from ..network import IN_PLACE, Call
from .bits import kept_where, positive
from .registry import Recorded, Rule
from .rules.elementwise import pointwise_operator
from .rules.patterns import WrittenOut

DIMENSIONS = ("dim", "dims", "dim0", "dim1", "start_dim", "axis")
"""Arguments that say along which dimensions an operator works."""


def is_activation(call: Call, rule: Rule) -> bool:
    """Whether the deconvnet rectifies here."""
    return rule.role == "rectify" or (call.pattern is not None and isinstance(call.pattern.key, WrittenOut))


def differentiated(call: Call, rule: Rule | None) -> Rule:
    """How backpropagation answers a call; of one without a rule, torch's autograd says it on whole maps."""
    if rule is not None and rule.linear:
        return rule
    return _by_slope(rule) if rule is not None and _has_slope(call, rule) else _by_autograd(rule)


def guided(call: Call, rule: Rule) -> Rule:
    """How guided backpropagation answers an activation: as backpropagation does, then rectified."""
    return _rectified(differentiated(call, rule), rule)


def _has_slope(call: Call, rule: Rule) -> bool:
    alone = call.pattern is not None or pointwise_operator(call)
    return len(call.inputs) == 1 and is_activation(call, rule) and alone


@cache
def _by_slope(rule: Rule) -> Rule:
    return replace(rule, mirror=times_slope, in_place=None, record=slope, refuses=_fits, counterpart="derivative")


@cache
def _by_autograd(rule: Rule | None) -> Rule:
    made = Rule(differentiate, "derivative", record=keep_inputs, refuses=mixes_images, exact=True)
    if rule is None:
        return made
    return replace(
        made,
        reach=rule.local,
        local=rule.local,
        around=rule.around,
        spatial=rule.spatial,
        role=rule.role,
        extends_paper=rule.extends_paper,
    )


@cache
def _rectified(derivative: Rule, rule: Rule) -> Rule:
    def rectify(signal: Tensor, call: Call, recorded: Recorded) -> Any:
        """`max(s · f'(x), 0)`: for a ReLU, nothing where the signal is negative or the unit below was silent."""
        below = derivative.mirror(signal, call, recorded)
        if isinstance(below, Tensor):
            return positive(below)
        return [None if part is None else positive(part) for part in below]

    return replace(derivative, mirror=rectify, counterpart="rectify, where it was active", refuses=rule.refuses)


# --- activations: one number for each value -----------------------------------------------------------------


def slope(call: Call, output: Tensor, *inputs: Tensor) -> Recorded:
    """The derivative of an activation at each value, of the output's shape; of a ReLU 0 or 1, in uint8."""
    if call.operator in IN_PLACE and call.pattern is None:  # by now its input may have been written over
        return ((output > 0).to(torch.uint8),)
    with torch.inference_mode(False), torch.enable_grad():
        x = (inputs[0].clone() if inputs[0].is_inference() else inputs[0].detach()).requires_grad_()
        y = value_of(call, [x])
        return _sent(call, y, [x], torch.ones_like(y))


def times_slope(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """`s · f'(x)`."""
    (by,) = recorded
    return kept_where(signal, by) if by.dtype is torch.uint8 else signal * by


# --- anything else: torch's autograd ------------------------------------------------------------------------


def keep_inputs(call: Call, output: Any, *inputs: Tensor) -> Recorded:
    """All that the derivative depends on."""
    return inputs


def differentiate(signal: Tensor, call: Call, recorded: Recorded) -> list[Tensor | None]:
    """The call is run again on what it was given, and torch's autograd sends the signal through it."""
    with torch.inference_mode(False), torch.enable_grad():
        inputs = [kept.clone().requires_grad_(kept.is_floating_point()) for kept in recorded]
        output = value_of(call, inputs)
        asked = [kept for kept in inputs if kept.requires_grad]
        found = iter(_sent(call, output, asked, signal.clone().to(output.dtype)))
        return [next(found) if kept.requires_grad else None for kept in inputs]


def _sent(call: Call, output: Tensor, inputs: Sequence[Tensor], signal: Tensor) -> Recorded:
    """What torch's autograd makes of a signal at the output; zero where nothing depends on an input.

    Raises NoMirrorRule where torch has no derivative.
    """
    if not output.requires_grad or not inputs:
        return tuple(map(torch.zeros_like, inputs))
    try:
        found = torch.autograd.grad(output, inputs, signal, allow_unused=True)
    except (RuntimeError, NotImplementedError) as error:
        raise NoMirrorRule(
            f"{call.name}: torch has no derivative of it ({one_line(error)[:160]}); give its operator one, or register "
            "a mirror rule with linear=True if it is linear"
        ) from error
    return tuple(torch.zeros_like(x) if part is None else part for x, part in zip(inputs, found, strict=True))


def value_of(call: Call, inputs: Sequence[Tensor]) -> Tensor:
    """The value of a call, or of what it completes, for these inputs.

    What else it reads is a number, and the one that networks read is how many images there are. Hooks do not run: one
    of them may ask for this very value.
    """
    if call.pattern is not None and call.pattern.key is not None:
        completed: Tensor = call.pattern.value(inputs[0])
        return completed
    known = dict(zip(call.inputs, inputs, strict=True))
    value: Tensor = call.forward(*(known.get(name, len(inputs[0])) for name in call.reads))
    return value


def mixes_images(call: Call) -> str:
    """Only what does not go along the batch has a derivative of one image alone."""
    dimensions = len(call.input_shapes[0] if call.input_shapes else call.shape or ()) + 1
    for name in DIMENSIONS:
        given = call.arguments.get(name)
        along = given if isinstance(given, list | tuple) else [given]
        if any(isinstance(d, int) and d % dimensions == 0 for d in along):
            return "mixes the images of a batch"
    return ""


def _fits(call: Call) -> str:
    """A derivative there always is."""
    return ""
