"""A random network: a few parts of a few blocks each, called in the ways that people call them."""

import linecache
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from oracles import DeconvnetBackward
from torch import Tensor, nn

from .activations import ACTIVATIONS
from .composites import COMPOSITES
from .filters import FILTERS, NORMS
from .gates import CONSTANTS, GATES, constants
from .heads import head
from .meaning import WORDS_BY_RULE
from .moves import MOVES, padded
from .parts import as_class, part
from .pools import POOLS, RESIZES
from .refused import REFUSED
from .writing import NAMES, Unfit, Value, Writer

FAMILIES = [
    (FILTERS, 8),
    (NORMS, 3),
    (ACTIVATIONS, 7),
    (POOLS, 2),
    (RESIZES, 1),
    (GATES, 3),
    (CONSTANTS, 2),
    (MOVES, 6),
    (COMPOSITES, 3),
]
"""Blocks, and how often each family is chosen."""


HEAD = """import math

import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.checkpoint import checkpoint"""
"""How a network's source begins."""


@dataclass(frozen=True, eq=False)
class Grown:
    """A network with its meaning.

    `source`, `meaning`: the two texts; `layers`: what module's output which variable of the meaning is; `outputs`: the
    variables that the network gives back. `status` and `followed` of variables, and `random`, as the writer has them.
    """

    label: str
    shape: tuple[int, int, int]
    source: str
    meaning: str
    layers: list[tuple[str, str]]
    outputs: list[str]
    status: dict[str, str]
    followed: dict[str, list[str]]
    random: frozenset[str]

    @property
    def file(self) -> str:
        return f"fuzz-{self.label.replace(':', '-')}.py"

    def build(self) -> nn.Module:
        """The network, in float64, with weights of its own."""
        linecache.cache[self.file] = (len(self.source), None, self.source.splitlines(True), self.file)
        names: dict[str, Any] = dict(NAMES)
        exec(compile(self.source, self.file, "exec"), names)
        torch.manual_seed(0)
        net = names["Net"]().double().eval()
        for module in net.modules():
            if isinstance(module, nn.modules.batchnorm._NormBase) and module.running_var is not None:
                module.running_mean.normal_(0, 0.3)
                module.running_var.uniform_(0.5, 1.5)
            for tensor in module.parameters(recurse=False):
                if tensor.ndim == 1 and "Norm" in type(module).__name__:
                    nn.init.uniform_(tensor, 0.4, 1.2)
        return net

    def values(
        self, net: nn.Module, x: Tensor, shaken: bool = False, rule: str = "deconvnet", unpool: str = "switches"
    ) -> dict[str, Tensor]:
        """Every variable of the meaning, for images `x`; `shaken`: each with errors as large as rounding's.

        Their backward pass is that of `rule` and `unpool`.
        """
        names: dict[str, Any] = {**NAMES, **WORDS_BY_RULE[rule]}
        text = (
            re.sub(r"^( +)(v\d+)\b.*", r"\g<0>\n\1\2 = shaken(\2)", self.meaning, flags=re.M)
            if shaken
            else self.meaning
        )
        exec(text, names)
        with DeconvnetBackward("gradient", unpool):  # which leaves all alone but poolings
            found: dict[str, Tensor] = names["meant"](net, x)
        return found

    def refusing_lines(self) -> set[int]:
        """The lines of the source that may, or must, be refused."""
        return {n for n, line in enumerate(self.source.splitlines(), 1) if line.endswith("be refused")}


def grow(seed: int, number: int, longest: int = 99) -> Grown:
    """The network of this seed and number; of its parts no more than `longest`."""
    dice = random.Random(f"{seed}:{number}")
    shape = (dice.choice([1, 3, 3, 4]), dice.randint(12, 24), dice.randint(12, 24))
    w = Writer(dice, shape)
    count, refusing = dice.randint(3, 8), dice.random() < 0.12
    first = _grown(w, w.input, [constants, padded]) if dice.random() < 0.1 else w.input  # images normalised in the net
    value = _grown(w, first, FILTERS[:1])
    for step in range(min(count, longest)):
        value = part(w, value, one_block, refusing and step == count - 2)
    if longest >= count and dice.random() < 0.3:
        value = head(w, value)
    return _finished(w, value, f"{seed}:{number}" + (f":{longest}" if longest < 99 else ""))


def one_block(w: Writer, value: Value, refused: bool = False) -> Value:
    """A block that fits, of any family; or one that is refused."""
    refused = refused and len(w.size(value)) == 3 and min(w.size(value)) > 1
    return _grown(w, value, REFUSED) if refused else _grown(w, value)


def _grown(w: Writer, value: Value, blocks: list[Callable[[Writer, Value], Value]] | None = None) -> Value:
    for _ in range(200):
        families, weights = zip(*FAMILIES, strict=True)
        chosen = blocks or w.dice.choices(families, weights)[0]
        try:
            return w.dice.choice(chosen)(w, value)
        except Unfit:
            continue
    raise AssertionError(f"nothing fits {w.size(value)}")


def _finished(w: Writer, value: Value, label: str) -> Grown:
    """The two texts whole; what the network gives back is the last value, at times others with it."""
    others = [v for v in w.frame.history if v.meant != value.meant and w.dice.random() < 0.15][:2]
    given = [value, *others]
    form = w.dice.choice(["{0}"] * 3 + ["({},)", "[{}]", "dict", "nested"])
    names = [v.own for v in given]
    if form == "dict":
        text = "{" + ", ".join(f"'out{n}': {name}" for n, name in enumerate(names)) + "}"
    elif form == "nested":
        text = f"{{'out': ({names[0]}, [{', '.join(names[1:])}])}}"
    elif form == "{0}":
        given, text = [value], names[0]
    else:
        text = form.format(", ".join(names))
    root = w.frames[0]
    source = "\n\n\n".join([HEAD, *w.definitions, as_class("Net", root.members, ["x"], [*root.own, f"return {text}"])])
    lines = [line for _, says in root.meant for line in says.split("\n")]
    meaning = "\n    ".join(["def meant(self, x):", *lines, "return locals()"])
    return Grown(
        label, w.shape, source + "\n", meaning + "\n", root.layers, [v.meant for v in given], w.status, w.followed,
        frozenset(w.random),
    )  # fmt: skip
