"""The user's network is left as it was found: modes, attributes, buffers, also after an error and under threads."""

from collections.abc import Iterator, MutableMapping, MutableSequence, MutableSet
from contextlib import contextmanager
from threading import Lock
from typing import Any

import torch
from torch import Tensor, nn

OF_EVERY_MODULE = tuple(vars(nn.Module()))
"""The attributes that torch gives every module, first and in this order."""

_MODES: dict[nn.Module, tuple[int, bool]] = {}
"""The modules that are evaluated now: how many times at once, and the mode that each was found in."""
_MODES_LOCK = Lock()


@contextmanager
def evaluating(net: nn.Module) -> Iterator[None]:
    """The network in evaluation mode; each module's own mode is put back once nothing evaluates it any more."""
    modules = list(net.modules())
    with _MODES_LOCK:
        for module in modules:
            times, found = _MODES.get(module, (0, module.training))
            _MODES[module] = times + 1, found
        if any(module.training for module in modules):
            net.eval()
    try:
        yield
    finally:
        with _MODES_LOCK:
            for module in modules:
                times, found = _MODES.pop(module)
                if times > 1:
                    _MODES[module] = times - 1, found
                else:
                    module.training = found


@contextmanager
def put_back(net: nn.Module) -> Iterator[None]:
    """What `forward` keeps in attributes and buffers is put back as it was: torch may leave there what it traced.

    Also what it keeps in lists, dicts and sets among the attributes. Empty buffers are plain attributes meanwhile:
    torch before 2.8 takes those of `net` itself for inputs.
    """
    before = [(module, dict(vars(module)), dict(module._buffers)) for module in net.modules()]
    kept = {id(box): (box, inside) for _, attributes, _ in before for box, inside in _boxes(attributes)}
    values = [(buffer, buffer.clone()) for buffer in net.buffers()]
    for module, _, buffers in before:
        for name in [name for name, buffer in buffers.items() if buffer is None]:
            del module._buffers[name]
            vars(module)[name] = None
    try:
        yield
    finally:
        for module, attributes, buffers in before:
            for now, found in (vars(module), attributes), (module._buffers, buffers):
                now.clear()  # so that the order is as it was, too
                now.update(found)
        for box, inside in kept.values():
            _refill(box, inside)
        for buffer, value in values:
            _restore(buffer, value)


def _boxes(attributes: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    """The lists, dicts and sets among a module's own attributes, and in them, each with a copy of what is in it."""
    own = [value for name, value in attributes.items() if name not in OF_EVERY_MODULE]
    seen = set[int]()
    while own:
        box = own.pop()
        if not isinstance(box, MutableSequence | MutableMapping | MutableSet) or id(box) in seen:
            continue
        seen.add(id(box))
        yield box, dict(box) if isinstance(box, MutableMapping) else list(box)
        own += box.values() if isinstance(box, MutableMapping) else box


def _refill(box: Any, inside: Any) -> None:
    now = dict(box) if isinstance(box, MutableMapping) else list(box)
    if len(now) == len(inside) and all(a is b for a, b in zip(_flat(now), _flat(inside), strict=True)):
        return
    box.clear()
    if isinstance(box, MutableMapping):
        box.update(inside)
    elif isinstance(box, MutableSequence):
        box.extend(inside)
    else:
        for value in inside:
            box.add(value)


def _flat(values: Any) -> list[Any]:
    return [part for pair in values.items() for part in pair] if isinstance(values, dict) else values


def _restore(buffer: Tensor, value: Tensor) -> None:
    """Write what the buffer held into it, if it holds anything else: a running sum, say."""
    if not torch.equal(buffer, value):
        with torch.no_grad(), torch.inference_mode(buffer.is_inference()):
            buffer.copy_(value)
