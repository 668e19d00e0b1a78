"""Units that were recorded before: what has changed is said, and the others are shown."""

from dataclasses import replace

import pytest
import torch
from networks import Fragile

from deconvviz import DeconvNet
from deconvviz.scanning.recheck import project_again


@pytest.mark.quick
@pytest.mark.parametrize("how", ["not finite", "no such position"])
def test_one_that_cannot_be_projected_any_more_is_told_and_keeps_no_other_back(how: str) -> None:
    torch.manual_seed(1)
    dv, image = DeconvNet(Fragile().eval()), torch.rand(3, 12, 12)
    first, second = dv.strongest(image[None], "b", k=2)
    changed = image.clone()
    if how == "not finite":
        changed[0, 0, 0] = 9
    gone = replace(first, image=4, row=first.row if how == "not finite" else 99)
    told: list[str] = []
    images = {4: ("a\n.png", changed), 7: ("b.png", image)}
    shown = list(project_again(dv, images, [gone, replace(second, image=7)], {"b": 0.0}, told.append))
    assert [p.unit for p in shown] == [replace(second, image=7)]
    assert len(told) == 1
    assert told[0].startswith(f"a\\n.png: not shown for {gone.place}, it has changed (")
