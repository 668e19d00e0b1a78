"""The mirror: one table from an operator to the rule that answers it on the way down.

A mirror rule is one function `(signal, call, recorded) → signal below`. It gets the signal for the call's
output in windows, and gives the signal for its input, in the windows below. It knows nothing of units,
images, batching or where a window lies. The rules themselves are in `rules/`; yours may be anywhere:

    @deconvviz.mirror.register(torch.ops.mylib.swap.default, reach=deconvviz.mirror.pointwise, linear=True)
    def swap_back(signal, call, recorded):
        return signal.flip(1)  # the operator reverses the order of the feature maps
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, nn

from ..errors import NoMirrorRule
from ..network import Call, operator_name
from .signals import Spatial
from .window import POINTWISE, Reaches

Recorded = tuple[Tensor, ...]

Keep = Callable[..., Recorded]
"""`(call, output, *inputs) → tensors to keep`, each (N, …) over the images or (1, …) for all of them."""

Mirror = Callable[[Tensor, Call, Recorded], Tensor | Sequence[Tensor | None]]


def pointwise(call: Call, below: Spatial | None = None) -> Reaches | None:
    """Reach of an operator whose output position reads just the same position of its input."""
    return POINTWISE


def whole(call: Call, below: Spatial | None = None) -> Reaches | None:
    """Reach of an operator that may read any position: its rule gets and gives whole maps."""
    return None


def _same_dimensions(call: Call, below: Spatial | None) -> Spatial | None:
    """Rows and columns of the output, by default: where they are in the input, or (2, 3) in N, C, H, W."""
    dimensions = len(call.shape or ()) + 1
    if below is not None and call.input_shapes and len(call.input_shapes[0]) + 1 == dimensions:
        return below
    return (2, 3) if dimensions == 4 else None


def _all_inputs(call: Call) -> tuple[int, ...]:
    return tuple(range(len(call.inputs)))


def _nothing(call: Call) -> str:
    return ""


def _no_tensors(call: Call) -> Recorded:
    return ()


@dataclass(frozen=True)
class Rule:
    """How one operator is answered.

    `mirror`       `(signal, call, recorded) → signal` for the one input, or a sequence with one signal
                   or None for each; it must not change `signal`
    `counterpart`  its name in the mirror: "transposed filter", "unpool", "rectify", …
    `reach`        `(call, rows and columns of its input) → what one output position reads`, or None: the
                   rule gets and gives `whole` maps
    `on_maps`      whether it takes any (N, C, H, W) by its last two dimensions, as filters and pools do;
                   others, if not whole, are pointwise
    `record`       what the forward hook keeps, handed to `mirror` cut to the windows of the output
    `pack`         `call → tensors` made of the weights once for many signals (flipped filters), handed to
                   `mirror` after what was recorded
    `around`       what lies around a map for this operator (0 for filters), if it may also run forward on
                   windows of its inputs, its `padding` taken away; None: on whole maps only
    `spatial`      `(call, rows and columns of its input) → those of its output`
    `carries`      which inputs the signal goes to; others are recorded constants
    `refuses`      why this very call cannot be mirrored, or ""
    `linear`       whether the operator is linear, but for a shift, and `mirror` its transpose: then that is also how
                   backpropagation answers it
    `local`        like `reach`, of an operator that is not: what its derivative at one output position needs of its
                   inputs, all that they are normalised by included; None: whole maps
    `exact`        whether it computes in the network's own precision, whatever that of the signals
    `role`         "filter", "rectify", "normalise": a filter's unit is read after what follows it
    `extends_paper` whether the paper has no such layer, so that the rule goes beyond it
    `in_place`     `mirror` for a signal that nothing else holds: it may be overwritten
    `fresh`        whether the one signal that `mirror` gives is new memory, each element its own, shared
                   with nothing: neither the signal that came nor what was recorded

    On a CPU rules are called from several threads at once: they keep no state.
    """

    mirror: Mirror
    counterpart: str
    reach: Callable[[Call, Spatial | None], Reaches | None] = whole
    on_maps: bool = False
    record: Keep | None = None
    pack: Callable[[Call], Recorded] = _no_tensors
    around: float | None = None
    spatial: Callable[[Call, Spatial | None], Spatial | None] = _same_dimensions
    carries: Callable[[Call], tuple[int, ...]] = _all_inputs
    refuses: Callable[[Call], str] = _nothing
    linear: bool = False
    local: Callable[[Call, Spatial | None], Reaches | None] = whole
    exact: bool = False
    role: str = ""
    extends_paper: bool = False
    in_place: Mirror | None = None
    fresh: bool = False


RULES: dict[Any, Rule] = {}
"""Every mirror rule, by operator or by class of module."""

SWITCHES = "switches"

WITHOUT_SWITCHES: dict[str, dict[Any, Rule]] = {"centre": {}, "spread": {}}
"""Rules that answer poolings without their switches, by the way they unpool and by operator."""


def register(*operators: Any, unpool: str = SWITCHES, **options: Any) -> Callable[[Mirror], Mirror]:
    """Make the decorated function the mirror rule of these operators (or module classes).

    The options are the fields of `Rule`; by default the rule gets and gives whole maps, and its
    `counterpart` is the function's name. Nodes of a registered module class become one call, so the rule
    answers for the whole module. A later registration for the same operator takes its place. `unpool`: "centre" or
    "spread" for the rule of a pooling that is to be answered without its switches.
    """
    table = RULES if unpool == SWITCHES else WITHOUT_SWITCHES[unpool]

    def enter(mirror: Mirror) -> Mirror:
        rule = Rule(mirror, options.pop("counterpart", mirror.__name__.replace("_", " ")), **options)
        table.update(dict.fromkeys(operators, rule))
        return mirror

    return enter


def registered_modules() -> tuple[type, ...]:
    """The module classes with a rule of their own."""
    return tuple(key for key in RULES if isinstance(key, type))


def registered_operators() -> frozenset[Any]:
    """The operators with a rule."""
    return frozenset(key for key in RULES if not isinstance(key, type))


def registrations() -> frozenset[int]:
    """Changes whenever a rule is registered or replaced."""
    return frozenset(id(rule) for table in (RULES, *WITHOUT_SWITCHES.values()) for rule in table.values())


def find_rule(call: Call, unpool: str = SWITCHES) -> Rule | None:
    """The rule for this call, or for what it completes; or None. `unpool`: how a pooling is to be answered."""
    completes = call.pattern is not None and call.pattern.key is not None
    key = call.pattern.key if completes else call.operator
    return WITHOUT_SWITCHES.get(unpool, {}).get(key) or RULES.get(key)


def answered_as(call: Call) -> str:
    """What a call is called where its rule is spoken of: its operator, or the activation that it completes."""
    whole = call.pattern is not None and call.pattern.is_whole
    return str(call.pattern.name) if whole else operator_name(call.operator)


def fitting(call: Call, rule: Rule | None) -> Rule:
    """The rule of this call if it fits; NoMirrorRule names the layer, its type, its line, and the way out."""
    refusal = rule.refuses(call) if rule else "has no mirror rule"
    if not call.batched:
        refusal = "mixes the images of a batch"
    if rule is None or refusal:
        operator = call.operator
        if rule is None and not isinstance(operator, type):
            recipe = f"register a rule with @deconvviz.mirror.register(torch.ops.{operator})"
        else:  # the operator's rule does not fit here: answer for the module as a whole
            recipe = f"register a rule for the whole module with @deconvviz.mirror.register({_kind(call)})"
        line = f" at {call.source}" if call.source else ""
        raise NoMirrorRule(
            f"{call.name} ({_kind(call)}: {operator_name(operator)}{line}) {refusal}; choose a layer "
            f"below it, or {recipe}"
        )
    return rule


def rule_for(call: Call) -> Rule:
    """The rule for this call; raises NoMirrorRule as `fitting` does."""
    return fitting(call, find_rule(call))


def _kind(call: Call) -> str:
    return type(call.module).__name__ if isinstance(call.module, nn.Module) else "function"
