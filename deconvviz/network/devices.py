"""Where networks run: devices by name, and a network on one of them."""

import copy
import os
from itertools import chain

import torch
from torch import nn

from ..arguments import said
from ..errors import DeconvvizError, UnsuitableInput, one_line
from .turns import between_captures


def pick_device(name: str | torch.device) -> torch.device:
    """`auto` (the accelerator, if there is one), or a device by torch's name for it. Raises DeconvvizError.

    Under torchrun each process of a machine takes a GPU of its own, unless a number is given (`cuda:1`).
    """
    accelerator = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    if not isinstance(name, str | torch.device):
        raise DeconvvizError(f"device={said(name)}: a device's name is needed, as text: auto, cpu, cuda, cuda:1, mps")
    if name == "auto":
        return _own_gpu(accelerator or torch.device("cpu"))
    try:
        device = _own_gpu(torch.device(name))
        if device.type == "meta":
            raise RuntimeError("meta tensors have no values")
        torch.zeros(1, device=device)
    except Exception as error:  # each of torch's backends has its own way to say that it is not there
        possible = f"auto, cpu{f', {accelerator.type}' if accelerator else ''}"
        raise DeconvvizError(f"no device {str(name)!r} here ({one_line(error)}); possible: {possible}") from error
    return device


def _own_gpu(device: torch.device) -> torch.device:
    rank, count = os.environ.get("LOCAL_RANK", ""), torch.cuda.device_count()
    if str(device) != "cuda" or not rank.isdecimal() or not count:
        return device
    return torch.device("cuda", int(rank) % count)


def on_device(net: nn.Module, device: str | torch.device) -> nn.Module:
    """The network itself if all of it is on this device; else a copy of it there, as it is now.

    The network is not moved. Raises DeconvvizError for a device that there is not, UnsuitableInput for a network that
    cannot be copied.
    """
    there = pick_device(device)
    with between_captures():
        places = {tensor.device for tensor in chain(net.parameters(), net.buffers())}
        if all(place.type == there.type and there.index in (None, place.index) for place in places):
            return net
        try:
            copied = copy.deepcopy(net)
        except (RuntimeError, TypeError) as error:
            raise UnsuitableInput(
                f"{type(net).__name__} cannot be copied to {there} ({one_line(error)}); move it there yourself: "
                f"net.to({str(there)!r})"
            ) from error
    return copied.to(there)
