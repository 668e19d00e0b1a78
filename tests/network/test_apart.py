"""Other names and short forms of operators are read as what they are."""

from collections.abc import Callable

import pytest
import torch
from oracles import Apply
from torch import Tensor

from deconvviz.network import capture, run

aten = torch.ops.aten
KNOWN = {aten.cat.default, aten.clamp.default, aten.div.Tensor, aten.mul.Tensor, aten.add.Tensor}


def operators(function: Callable[[Tensor], Tensor], known: set[object]) -> list[object]:
    return [call.operator for call in capture(Apply(lambda net, x: function(x)), (4, 5, 6), known=known).calls]


@pytest.mark.parametrize(
    ("function", "made_of"),
    [
        (lambda x: torch.hstack([x, x]), [aten.cat.default]),
        (lambda x: torch.column_stack([x, x]), [aten.cat.default]),
        (lambda x: torch.true_divide(torch.clip(x, 0, 6), 2), [aten.clamp.default, aten.div.Tensor]),
        (lambda x: torch.addcmul(x, x, x), [aten.mul.Tensor, aten.add.Tensor]),
    ],
)
def test_what_is_made_of_known_operators_is_taken_apart(function: Callable[..., Tensor], made_of: list[object]) -> None:
    graph = capture(Apply(lambda net, x: function(x)), (4, 5, 6), known=KNOWN)
    whole = capture(Apply(lambda net, x: function(x)), (4, 5, 6))
    assert set(made_of) <= {call.operator for call in graph.calls} <= KNOWN
    assert not {call.operator for call in whole.calls} & set(made_of)
    x = torch.randn(3, 4, 5, 6)
    assert torch.allclose(run(graph.calls, x, graph.outputs)[graph.outputs[0]], function(x))
    assert {call.source for call in graph.calls} == {call.source for call in whole.calls} != {""}


@pytest.mark.parametrize("function", [lambda x: x @ x.mT, lambda x: x.square(), lambda x: torch.lerp(x, x.exp(), 0.5)])
def test_what_is_made_of_others_stays_whole(function: Callable[..., Tensor]) -> None:
    assert operators(function, KNOWN) == operators(function, set())


def test_sizes_are_made_of_nothing_and_taken_apart_once() -> None:
    """`flatten` reads how many images there are: looking for what that is made of must come to an end."""
    sizes = [aten.sym_size.int, aten.view.default]
    assert operators(lambda x: x.flatten(1), {*KNOWN, aten.view.default}) == sizes
