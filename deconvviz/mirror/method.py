"""Which way down: the rule at rectifications, and how poolings are undone. Decided here, and nowhere else.

The lattice of Mahendran & Vedaldi 2016, "Salient deconvolutional networks": `deconvnet` with `switches` is Zeiler &
Fergus' method, and this project's; the others exist to be compared with it.
"""

from dataclasses import dataclass

from ..arguments import said
from ..errors import UnsuitableInput
from ..network import Call
from .backpropagation import differentiated, guided, is_activation
from .registry import SWITCHES, WITHOUT_SWITCHES, Rule, find_rule, fitting

RECTIFICATIONS = {
    "deconvnet": "deconvnet",
    "guided": "guided backpropagation",
    "gradient": "gradient",
}
"""Rules, and what they are called in words."""

UNPOOLINGS = {
    SWITCHES: "with switches",
    "centre": "unpooling to the centre",
    "spread": "unpooling in equal shares",
}
"""Ways to undo a pooling, and what they are called in words."""


@dataclass(frozen=True)
class Method:
    """How signals go down.

    `rule`: what a rectification does to a signal s, x being what it rectified on the way up: "deconvnet", max(s, 0);
    "gradient", s where x > 0, that is its derivative, as everywhere else; "guided", both.
    `unpool`: where a pooling sends it: "switches", to the place of the maximum; "centre" of the region; "spread", in
    equal shares to all of it.
    """

    rule: str = "deconvnet"
    unpool: str = SWITCHES

    def __post_init__(self) -> None:
        for name, known in (("rule", RECTIFICATIONS), ("unpool", UNPOOLINGS)):
            given = getattr(self, name)
            if not (isinstance(given, str) and given in known):
                raise UnsuitableInput(f"{name}={said(given)}: possible: {', '.join(known)}")

    @property
    def of_the_paper(self) -> bool:
        """Whether it is Zeiler & Fergus' own."""
        return self == DECONVNET

    def find(self, call: Call) -> Rule | None:
        """The rule for a call, whether it fits or not; None if there is none."""
        rule = find_rule(call, self.unpool)
        if self.rule == "gradient":
            return differentiated(call, rule)
        if self.rule == "guided" and rule is not None and is_activation(call, rule):
            return guided(call, rule)
        return rule

    def rule_for(self, call: Call) -> Rule:
        """The rule for a call. Raises NoMirrorRule if there is none that fits."""
        return fitting(call, self.find(call))

    def __str__(self) -> str:
        return f"{RECTIFICATIONS[self.rule]}, {UNPOOLINGS[self.unpool]}"


DECONVNET = Method()

ALL_METHODS = tuple(Method(rule, unpool) for unpool in (SWITCHES, *WITHOUT_SWITCHES) for rule in RECTIFICATIONS)
"""All nine: the columns of the lattice."""
