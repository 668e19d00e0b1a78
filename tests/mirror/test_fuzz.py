"""Random networks in many spellings: right or refused (`python tests/fuzz.py` tries as many as one likes)."""

from collections import Counter

import pytest
import torch
from fuzzing.growing import Grown, grow
from fuzzing.judging import judge

from deconvviz import mirror

SEED = 18


@pytest.mark.parametrize("number", range(60))
def test_random_networks_are_right_or_refused(number: int) -> None:
    grown = grow(SEED, number)
    assert judge(grown).wrong == [], f"python tests/fuzz.py --only {grown.label}"


def test_the_same_seed_grows_the_same_networks_and_others_others() -> None:
    assert [grow(1, n).source for n in range(5)] == [grow(1, n).source for n in range(5)]
    assert len({grow(seed, n).source for n in range(5) for seed in (1, 2)}) == 10


def written(source: str, meaning: str, layers: list[tuple[str, str]], status: str = "") -> Grown:
    """A small network of one's own, as the fuzzer would have it."""
    source = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\n\n" + source
    variables = dict.fromkeys(("v1", "v2", "v3"), status)
    return Grown("0:0", (2, 9, 8), source, meaning, layers, ["v3"], variables, {}, frozenset())


NET = """class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Conv2d(2, 3, 3)
        self.b = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        return self.b(F.relu(self.a(x)))
"""
MEANT = """def meant(self, x):
    v1 = self.a(x)
    v2 = rectify(F.relu, v1)
    v3 = self.b(v2)
    return locals()
"""


def test_a_right_network_is_judged_right() -> None:
    verdict = judge(written(NET, MEANT, [("b", "v3")]))
    assert verdict.kind == "right"
    assert verdict.units == verdict.lively == 24  # an output and a module, from a recording and from images
    assert 0 < verdict.error < 1e-14


@pytest.mark.parametrize("rule", ["relu", "conv2d"])
def test_a_broken_rule_is_noticed(rule: str) -> None:
    operator = getattr(torch.ops.aten, rule).default
    kept = mirror.RULES[operator]
    wrong = (lambda s, call, recorded: s) if rule == "relu" else (lambda s, c, r: kept.mirror(s, c, r) * (1 + 1e-8))
    mirror.RULES[operator] = mirror.Rule(wrong, "broken", **{
        name: getattr(kept, name) for name in ("reach", "on_maps", "pack", "around", "role")
    })  # fmt: skip
    try:
        assert "is wrong by" in judge(written(NET, MEANT, [])).wrong[0]
    finally:
        mirror.RULES[operator] = kept


@pytest.mark.parametrize(
    ("source", "meaning", "status", "says"),
    [
        (NET, MEANT.replace("(v2)", "(v2) + 1"), "", "the fuzzer: what is given back is not v3"),
        (NET, MEANT, "must", "must be refused, and is not"),
        (NET.replace("F.relu(", "torch.sin("), MEANT.replace("F.relu", "torch.sin"), "", "refused for no reason"),
        (NET.replace("self.a(x)", "self.a(x) * float(x.sum())"), MEANT, "", "the fuzzer"),
        (NET.replace("F.relu(", "F.gelu("), MEANT, "", "the fuzzer"),
    ],
)
def test_what_is_not_as_it_should_be_is_said(source: str, meaning: str, status: str, says: str) -> None:
    (wrong, *_) = judge(written(source, meaning, [], status)).wrong
    assert wrong.startswith(says)


def test_a_refusal_of_a_line_that_may_be_refused_is_none_of_the_wrongs() -> None:
    source = NET.replace(
        "return self.b(F.relu(self.a(x)))", "y = torch.sin(self.a(x))  # may be refused\n        return self.b(y)"
    )
    verdict = judge(written(source, MEANT.replace("F.relu", "torch.sin"), [], "may"))
    assert (verdict.kind, verdict.refusals) == ("refused", ["sin has no mirror rule"])


def test_what_hangs_on_a_choice_between_equals_is_no_wrong() -> None:
    """Of four ones each is the largest, and rounding chooses; the mirror chooses as torch does, and gets no signal."""
    source = NET.replace("F.relu(self.a(x))", "F.max_pool2d(self.a(x) * 0 + 1, 2)")
    ones = "v1 - v1.detach() + 1\n    v2 = F.max_pool2d(v2, 2)"
    verdict = judge(written(source, MEANT.replace("rectify(F.relu, v1)", ones), []))
    assert (verdict.wrong, verdict.tied) == ([], 1)
    zeros = MEANT.replace("rectify(F.relu, v1)", "F.max_pool2d(v1 * 0 + 1, 2)")
    assert judge(written(source, zeros, [])).kind == "right"


def test_every_block_is_grown_sometimes() -> None:
    """The weights let none of the spellings starve."""
    text = "".join(grow(0, n).source for n in range(400))
    for word in ("no_grad", "autocast", "use_reentrant=True", "ConvTranspose2d", "LocalResponseNorm", "softmax", "GLU"):
        assert word in text, word
    assert Counter(text.split())["class"] > 400
