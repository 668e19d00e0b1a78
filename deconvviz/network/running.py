"""Calls run forward: each value is freed after its last reader, and autograd follows no more than is asked of it."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from .graph import IN_PLACE, INPUT, Call

_FRESH = {  # operators whose output shares memory with nothing, so that it may be overwritten
    torch.ops.aten.conv2d.default,
    torch.ops.aten.conv2d.padding,
    torch.ops.aten.linear.default,
    torch.ops.aten._native_batch_norm_legit_no_training.default,
    torch.ops.aten.add.Tensor,
}


def run(
    calls: Sequence[Call], images: Tensor, wanted: Sequence[str], followed: Collection[str] = ()
) -> dict[str, Tensor]:
    """Run the calls on images (N, C, H, W); return the values of the wanted ones.

    `followed`: those of the wanted whose gradients will be asked for: autograd keeps what follows from them, no more.
    A value is freed after its last reader. Rectification works in place where nothing else reads its
    input: that brings the forward pass back to the speed of the network as its author wrote it.
    """
    readings = Counter(name for call in calls for name in call.reads)
    last_reader = {name: call for call in calls for name in call.reads}
    producers = {call.name: call for call in calls}
    values: dict[str, Any] = {INPUT: images}
    for call in calls:
        dying = [n for n in dict.fromkeys(call.reads) if last_reader[n] is call and n not in wanted]
        overwrite = (
            call.operator in IN_PLACE
            and call.reads[0] in dying
            and readings[call.reads[0]] == 1
            and call.reads[0] in producers
            and producers[call.reads[0]].operator in _FRESH
        )
        values[call.name] = (
            _followed(call, values, followed, overwrite) if followed else _value(call, values, overwrite)
        )
        for name in dying:
            del values[name]
    return {name: values[name] for name in wanted}


def _value(call: Call, values: Mapping[str, Any], in_place: bool) -> Any:
    return call(*(values[name] for name in call.reads), in_place=in_place)


def _followed(call: Call, values: Mapping[str, Any], followed: Collection[str], in_place: bool) -> Any:
    follows = any(isinstance(values[name], Tensor) and values[name].requires_grad for name in call.reads)
    with torch.set_grad_enabled(follows):  # modules that are run whole have weights of which nothing is asked
        value = _value(call, values, in_place)
    if call.name in followed and isinstance(value, Tensor) and value.is_floating_point():
        value.requires_grad_()
    return value
