"""Activations written out over several calls: each is proved to be one before it is believed, and then is one.

`x * F.relu6(x + 3) / 6`, in whatever order of factors, is a function of each value of x alone. Such a function is
computed over a grid of numbers and must equal one of torch's activations there, its scale included; then the signal
goes from its last call straight to x, rectified, as it would for the activation's own operator. A factor that is
such a function of the other one and equals none is refused: it is no gate. A factor that is computed in any other
way (by a filter, from a mean, from another map) is a gate, see `gates`.

What is proved holds for the weights as they were. Numbers do not change, so what has numbers only is proved once, for
the capture; what has weights (the β of x·σ(βx)) is proved again whenever these have changed, and scale and slope are
read anew for each recording.
"""

from enum import Enum
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ...network import INPUT, Call, Graph, Read, between_captures
from ..bits import positive
from ..registry import Recorded, find_rule, pointwise, register
from .activations import FIXED, Match, points
from .contrast import is_contrast_normalisation, parameters_of
from .elementwise import Expression, expressions, maps_read, packet, reads_values
from .proofs import is_line, prove, values_of

aten = torch.ops.aten

SUMS = {aten.add, aten.sub, aten.lerp, aten.neg}
SCALES = {aten.mul, aten.div, aten.neg}


class WrittenOut(Enum):
    """What a call may complete. `PART`: an activation up to a scale, which a call after it brings to one."""

    RELU = "relu"
    ACTIVATION = "activation"
    PART = "part of an activation"


class Pattern:
    """What a call completes: an activation of `root`, written out over `expression`'s calls.

    `key`: what its rule is registered for; None: a function that is no activation, which no rule answers.
    """

    def __init__(self, expression: Expression, key: object, name: str) -> None:
        self.expression, self.key, self.name = expression, key, name
        self._proved: tuple[list[Tensor], Match | None] | None = None

    def proof(self) -> Match | None:
        """What it is with the weights as they are now; None: no activation any more."""
        with between_captures():
            weights = [weight.value for weight in self.expression.weights]
            return self._proved_with(weights)

    def _proved_with(self, weights: list[Tensor]) -> Match | None:
        if self._proved is None or not all(map(torch.equal, weights, self._proved[0])):
            self._proved = [weight.clone() for weight in weights], prove(self.expression)
        return self._proved[1]

    @property
    def is_whole(self) -> bool:
        """Whether it is answered as one, and not brought to its scale by a call after it."""
        return self.key not in (None, WrittenOut.PART)

    def value(self, x: Tensor) -> Tensor:
        """What it is of its root's value `x`, with the weights as they are; `x` may be a window of the maps."""
        if self.key is nn.LocalResponseNorm:  # written out it counts rows and columns
            return F.local_response_norm(x, **(parameters_of(self.expression) or {}))
        known: dict[str, Any] = {self.expression.root: x}
        for call in self.expression.calls:  # what they read beside is a number, that of the images
            known[call.name] = call.forward(*(known.get(name, len(x)) for name in call.reads))
        value: Tensor = known[self.expression.calls[-1].name]
        return value

    def is_plain(self) -> bool:
        """Whether a signal is just rectified."""
        proof = self.proof()
        return proof is not None and proof.plain


# --- finding them -----------------------------------------------------------------------------------------


def find_patterns(graph: Graph) -> None:
    """Mark each call of a graph that completes an activation; its one input is then what that is a function of.

    A graph that has been marked stays as it is.
    """
    if any(call.pattern is not None for call in graph.calls):
        return
    finder = _Finder(graph)
    for call in graph.calls:
        call.pattern = finder.pattern(call)
    for call in graph.calls:
        if call.pattern is not None and call.pattern.key is not None:
            root = call.pattern.expression.root
            call.inputs, call.producers = (root,), (graph.by_name.get(root),)
            call.input_shapes = (finder.shape(root),)


class _Finder:
    """Finds what the calls of one graph complete, in their order; lives for one `find_patterns`."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.places = {call.name: number for number, call in enumerate(graph.calls)}
        self.proved: dict[object, Match | None] = {}  # networks write the same activation again and again

    def shape(self, name: str) -> tuple[int, ...]:
        return (self.graph.input_shape if name == INPUT else self.graph.by_name[name].shape) or ()

    def pattern(self, call: Call) -> Pattern | None:
        """What this call completes, of what those before it are known to."""
        normalisation = is_contrast_normalisation(call, self.graph, self.places)
        if normalisation is not None:
            return Pattern(normalisation, nn.LocalResponseNorm, "local_response_norm")
        joins = self._maps_taken(call) > 1
        if not joins and self._answered(call) and packet(call) is not aten.neg:
            return self._scaled(call) if packet(call) in SCALES else None
        found: Pattern | None = None
        nearest: Expression | None = None
        for expression in expressions(call, self.graph, self.places):
            nearest = nearest or expression
            match = self._prove(expression)
            if match is None or (found and not match.plain) or not self._is_meant(call, expression, match, nearest):
                continue
            found = _activation(expression, match)
            if bool((match.gain > 0).any()) and bool((match.sign > 0).any()):
                break  # else 1 / (1 + exp(-x)), say: an activation of -x turned round, and maybe one of x
        if found or nearest is None or not joins or packet(call) is not aten.mul:
            return found
        return Pattern(nearest, None, "") if self._multiplies_itself(call, nearest) else None

    def _maps_taken(self, call: Call) -> int:
        """How many of a call's arguments are maps; one that is taken twice counts twice."""
        given = [one.name for one in (*call.positional, *call.keywords.values()) if isinstance(one, Read)]
        maps = maps_read(call, self.graph)
        return sum(name in maps for name in given)

    def _prove(self, expression: Expression) -> Match | None:
        form = expression.form()
        if form is None:
            return prove(expression)
        if form not in self.proved:
            self.proved[form] = prove(expression)
        return self.proved[form]

    def _answered(self, call: Call) -> bool:
        """Whether a rule answers this call by itself."""
        if call.pattern is not None:
            return call.pattern.key is not None
        rule = find_rule(call)
        return rule is not None and not rule.refuses(call)

    def _is_meant(self, call: Call, expression: Expression, match: Match, nearest: Expression) -> bool:
        """A sum of what has rules of its own is a sum: `x + relu(x)` is a skip connection, no leaky ReLU.

        Unless it is an activation without parameters, `x - tanh(x)` is Tanhshrink and `-softplus(-x)` LogSigmoid, or
        no summand is but x scaled: `relu(x) - a * relu(-x)` is a PReLU. With weights, it must be so whatever they are.
        Nobody writes a ReLU as a sum of ReLUs: branches that happen to come to one are branches.
        A change of sign is one, unless it puts an activation upright.
        """
        known = [c.pattern for c in expression.calls if c.pattern is not None and c.pattern.key is not None]
        inside = {c for pattern in known for c in pattern.expression.calls}
        if packet(call) not in SUMS or not all(c in inside or self._answered(c) for c in expression.calls):
            return match.plain or packet(call) is not aten.neg
        always = prove(expression.elsewhere()) if expression.is_learned else match
        if always is None or not match.plain or not always.plain or always.name == "relu":
            return False
        return always.name in FIXED or (expression is nearest and not self._skips(call, expression))

    def _skips(self, call: Call, expression: Expression) -> bool:
        """Whether a summand of a sum is the map itself, up to its scale."""
        x = points(32, expression.rank)
        values = values_of(expression.elsewhere(), x) | {expression.root: x}
        waiting, summands = [call], list[str]()
        while waiting:
            for name in waiting.pop().reads:
                below = self.graph.by_name.get(name)
                inside = below in expression.calls and packet(below) in SUMS if below else False
                waiting += [below] if below and inside else []
                summands += [] if inside else [name]
        return any(is_line(values[name], x) for name in summands if name in values)

    def _scaled(self, call: Call) -> Pattern | None:
        """The activation whose scale this call brings to one: the `/ 6` of `x * relu6(x + 3) / 6`."""
        below, scales = call, [call]
        while below.pattern is None and packet(below) in SCALES and self._maps_taken(below) == 1:
            before = self.graph.by_name.get(maps_read(below, self.graph)[0])
            if before is None or before.shape != call.shape:
                return None
            below, scales = before, [before, *scales]
        if below.pattern is None or not isinstance(below.pattern.key, WrittenOut):
            return None
        if below.pattern.is_plain():
            return None
        inside = below.pattern.expression
        expression = Expression(inside.root, inside.rank, [*inside.calls, *scales[1:]])
        match = self._prove(expression)
        if match is None or not match.plain:
            return None
        for part in scales[:-1]:
            if part.pattern is not None:
                part.pattern.key = WrittenOut.PART
        return _activation(expression, match)

    def _multiplies_itself(self, call: Call, nearest: Expression) -> bool:
        """Whether one factor is a map, up to its scale, and the other is computed from each value of it."""
        x = points(32, nearest.rank)
        values = values_of(nearest, x) | {nearest.root: x}
        if call.name not in values:
            return True  # such a function it is, whatever it may be
        factors = [values[name] for name in call.reads if name in values]
        return any(is_line(f, x) for f in factors if f.is_floating_point())


def _activation(expression: Expression, match: Match) -> Pattern:
    return Pattern(expression, WrittenOut.RELU if match.name == "relu" else WrittenOut.ACTIVATION, match.name)


def activations_alone(graph: Graph) -> tuple[dict[str, Call], frozenset[str]]:
    """By what they are functions of: the calls that complete all that is made of that value. And what lies inside them.

    Of several the last: `/ 6`, not the product before it. Also a local response normalisation is one. Inside lies what
    nothing else reads.
    """
    alone, inside = dict[str, Call](), set[str]()
    for call in graph.calls:
        if call.pattern is None or call.pattern.key is None:
            continue
        root, calls = call.pattern.expression.root, set(call.pattern.expression.calls)
        leaving = {c.name for c in calls - {call} if any(r not in calls for r in graph.readers(c.name))}
        inside |= {c.name for c in calls - {call}} - leaving
        if not leaving and all(r in calls for r in graph.readers(root) if reads_values(r)):
            alone[root] = call
    return alone, frozenset(inside)


# --- their rule ---------------------------------------------------------------------------------------------


def no_activation_any_more(call: Call) -> str:
    """Weights that have changed may have made something else of it."""
    return "" if call.pattern.proof() else "is with the weights as they are now no activation that is known"


def gain_and_sign(call: Call, output: Tensor, *inputs: Tensor) -> Recorded:
    """With the present weights: nothing if it is an activation itself, else its gain and its slope's sign, (1, …)."""
    match = call.pattern.proof()
    assert match is not None, f"{call.name}: refused before anything ran"
    if match.plain:
        return ()
    return match.gain.to(output), match.sign.to(output)


def _written_out(key: WrittenOut, role: str, extends_paper: bool) -> None:
    register(
        key,
        reach=pointwise,
        local=pointwise,
        record=gain_and_sign,
        refuses=no_activation_any_more,
        counterpart="rectify",
        role=role,
        fresh=True,
        extends_paper=extends_paper,
    )(rectify_written_out)


def rectify_written_out(signal: Tensor, call: Call, recorded: Recorded) -> Tensor:
    """`max(s, 0)`, as for an activation's own operator; of c · activation(a · x): a · max(c · s, 0)."""
    if not recorded:
        return positive(signal)
    gain, sign = recorded
    return positive(signal * gain) * sign


_written_out(WrittenOut.RELU, "rectify", extends_paper=False)
_written_out(WrittenOut.ACTIVATION, "rectify", extends_paper=True)
_written_out(WrittenOut.PART, "", extends_paper=True)
