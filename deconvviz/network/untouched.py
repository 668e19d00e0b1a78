"""The user's network is left as it was found: modes, attributes, buffers, also after an error."""

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn


@contextmanager
def evaluating(net: nn.Module) -> Iterator[None]:
    """The network in evaluation mode; each module's own flag is put back at the end, come what may."""
    flags = {module: module.training for module in net.modules()}
    net.eval()
    try:
        yield
    finally:
        for module, flag in flags.items():
            module.training = flag


@contextmanager
def put_back(net: nn.Module) -> Iterator[None]:
    """What `forward` keeps in attributes and buffers is put back as it was: torch may leave there what it traced.

    Empty buffers are plain attributes meanwhile: torch before 2.8 takes those of `net` itself for inputs.
    """
    before = [(module, dict(vars(module)), dict(module._buffers)) for module in net.modules()]
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
        for buffer, value in values:
            _restore(buffer, value)


def _restore(buffer: Tensor, value: Tensor) -> None:
    """Write what the buffer held into it, if it holds anything else: a running sum, say."""
    if not torch.equal(buffer, value):
        with torch.no_grad(), torch.inference_mode(buffer.is_inference()):
            buffer.copy_(value)
