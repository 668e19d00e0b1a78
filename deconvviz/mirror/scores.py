"""Which layers are a classifier's output, so that their feature maps have the names of classes. Decided here alone.

These are the value that the network returns, and the layers from which only steps lead to it that keep classes apart:
pointwise ones, softmax, what only rearranges, pools and resizes along rows and columns. A layer that merely has as
many feature maps as there are classes is none of them, and nothing is that filters go on from. Where two returned
values are computed apart and both may be the scores, neither is taken for them, unless a key says which it is.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import torch

from ..network import Call, Graph, Weight
from .registry import find_rule

aten: Any = torch.ops.aten

SQUASHES = {
    *(aten.softmax.int, aten._softmax.default, aten.log_softmax.int, aten._log_softmax.default),
    *(aten.sigmoid.default, aten.log_sigmoid_forward.default, aten.log_sigmoid.default),
}
"""What makes probabilities, or their logarithms, of logits."""

KEEPS_CLASSES = SQUASHES | {
    *(aten.clone.default, aten.detach.default, aten._to_copy.default, aten.slice.Tensor, aten.select.int),
    *(aten.view.default, aten._unsafe_view.default, aten.reshape.default, aten.unsqueeze.default),
    *(aten.squeeze.default, aten.squeeze.dim, aten.squeeze.dims),
    *(aten.mean.dim, aten.sum.dim_IntList, aten.amax.default, aten.logsumexp.default),
    *(aten.avg_pool2d.default, aten.adaptive_avg_pool2d.default, aten._adaptive_avg_pool2d.default),
    *(aten.max_pool2d.default, aten.max_pool2d_with_indices.default, aten.adaptive_max_pool2d.default),
    *(aten.upsample_nearest2d.vec, aten.upsample_bilinear2d.vec, aten.upsample_bicubic2d.vec),
    *(aten._upsample_bilinear2d_aa.vec, aten._upsample_bicubic2d_aa.vec, aten._upsample_nearest_exact2d.vec),
    aten._native_batch_norm_legit_no_training.default,
}
"""Operators that keep classes apart, or only weigh them against each other, beside the pointwise ones."""


MAIN_KEYS, SIDE_KEYS = ("out", "logits"), ("aux", "aux_logits")
"""Under which keys networks return the classifier's scores, and those of one that only helped it to learn."""


@dataclass(frozen=True)
class Head:
    """A returned value that may be scores: `chain`, its call and those from which classes are kept apart, downward.

    `keys`: those that it has in the mapping that the network returns, if it returns one.
    """

    chain: tuple[Call, ...]
    keys: frozenset[str] = frozenset()

    @property
    def logits(self) -> Call:
        """The call whose output has the scores as they are before any softmax."""
        squashed = [place for place, call in enumerate(self.chain) if call.operator in SQUASHES]
        return self.chain[squashed[-1] + 1 if squashed else 0]


@dataclass(frozen=True)
class Scores:
    """The classifier's outputs of a network.

    `heads`: the returned values that may be some; `hidden`: the calls whose values filters read, near or far.
    """

    heads: tuple[Head, ...]
    hidden: frozenset[str]

    def calls(self, classes: int) -> frozenset[str]:
        """The calls whose outputs have one feature map for each of so many classes; none, if these may be others."""
        if len(self.logits(classes)) != 1:
            return frozenset()
        heads = [*self._main(classes), *(head for head in self._fitting(classes) if head.keys & {*SIDE_KEYS})]
        return frozenset(call.name for head in heads for call in head.chain if call.name not in self.hidden)

    def logits(self, classes: int | None = None) -> list[Call]:
        """The call whose output has the logits of so many classes, of any number by default, before any softmax.

        Empty if the network returns no such value, several if it cannot be told which of them is the classifier's.
        """
        computed: dict[str, Call] = {}
        for head in self._main(classes):  # of logits and their softmax the first will do
            computed.setdefault(head.chain[-1].name, head.logits)
        return list(computed.values())

    def apart(self, logits: Call) -> frozenset[str]:
        """The calls from the logits down as far as classes are kept apart: all but restate the scores."""
        chains = (head.chain for head in self.heads if logits in head.chain)
        return frozenset(call.name for chain in chains for call in chain)

    def _main(self, classes: int | None) -> list[Head]:
        """Those of so many classes which a key says to be the scores; else vectors, where maps are returned beside."""
        fitting = self._fitting(classes)
        told = [head for head in fitting if head.keys & {*MAIN_KEYS}]
        vectors = [head for head in fitting if prod(_shape(head.chain[0])[1:]) == 1]
        return told or vectors or fitting

    def _fitting(self, classes: int | None) -> list[Head]:
        return [
            head
            for head in self.heads
            if classes in (None, _shape(head.chain[0])[0]) and head.chain[0].name not in self.hidden
        ]


def scores(graph: Graph) -> Scores:
    """Find the classifier's outputs of a network."""
    ends = [graph.by_name[name] for name in dict.fromkeys(graph.outputs)]
    heads = [
        Head(tuple(_chain(graph, end)), frozenset(key for key, name in graph.keys.items() if name == end.name))
        for end in ends
        if end.batched and end.shape and end.inputs
    ]
    hidden: set[str] = set()
    for call in reversed(graph.calls):
        if call.name in hidden or _filters(call):
            hidden.update(call.reads)
    return Scores(tuple(heads), frozenset(hidden))


def _chain(graph: Graph, end: Call) -> Iterator[Call]:
    """From a returned value down, as far as classes are kept apart."""
    call: Call | None = end
    while call is not None:
        yield call
        call = graph.by_name.get(call.inputs[0]) if _keeps_classes(call) else None


def _keeps_classes(call: Call) -> bool:
    """Whether a call makes, of the scores that it reads, as many others, in the same order."""
    if len(call.inputs) != 1 or _shape(call)[:1] != call.input_shapes[0][:1] or not call.input_shapes[0]:
        return False
    if call.operator not in KEEPS_CLASSES and not _pointwise(call):
        return False
    given = call.arguments.get("dim")
    dimensions = {d % (len(call.input_shapes[0]) + 1) for d in _listed(given)}
    return 1 not in dimensions or call.operator in SQUASHES or call.operator is aten.slice.Tensor


def _listed(given: Any) -> Sequence[int]:
    return list(given) if isinstance(given, list | tuple) else [] if given is None else [given]


def _filters(call: Call) -> bool:
    """Whether a call weighs values against each other by weights, as far as can be seen from outside."""
    rule = find_rule(call)
    if isinstance(call.operator, type):
        return rule is None or rule.role != "normalise"
    if rule is not None and rule.role == "filter":
        return True
    weights = [w for w in call.arguments.values() if isinstance(w, Weight) and w.filter_shape]
    return bool(weights) and not _pointwise(call)


def _pointwise(call: Call) -> bool:
    """Whether torch marks the operator so: each value is made of those at its place."""
    return torch.Tag.pointwise in getattr(call.operator, "tags", ())


def _shape(call: Call) -> tuple[int, ...]:
    return call.shape or ()
