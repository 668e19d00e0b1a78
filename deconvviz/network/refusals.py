"""Why a network cannot be captured: the true reason, on one line, and what is possible instead."""

import re
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.nn.parameter import is_lazy

from ..errors import DeconvvizError, UncapturableModel, UnsuitableInput, one_line

QUANTISED = ("torch.ao.nn.quantized", "torch.ao.nn.intrinsic.quantized", "torch.nn.quantized")


def check_kind(net: nn.Module) -> None:
    """Raise UncapturableModel, or UnsuitableInput, for what is no network of Python's that computes maps of images."""
    name = type(net).__name__
    for path, module in net.named_modules():
        whose = f"{path} of {name}" if path else f"this network ({name})"
        if isinstance(module, torch.jit.ScriptModule):
            raise UncapturableModel(
                f"{whose} was scripted or traced by torch.jit: what its forward does can no longer be followed; "
                "give the network that it was made from"
            )
        if type(module).__module__.startswith(QUANTISED):
            raise UncapturableModel(
                f"{whose} is quantised ({type(module).__name__}): its filters are whole numbers behind a closed "
                "operator; give the network as it was before"
            )
        if isinstance(module, fx.GraphModule) and "eval" in vars(module):
            raise UncapturableModel(
                f"{whose} was made by torch.export, which allows no change of mode; give the network that it was "
                "made from"
            )
        if any(map(is_lazy, (*module.parameters(recurse=False), *module.buffers(recurse=False)))):
            raise UnsuitableInput(
                f"{whose} has weights that are not initialised ({type(module).__name__}): run the network once on an "
                "image, or load its weights"
            )


def of_other_dimensions(net: nn.Module) -> str:
    """What there is to say of a network of one- or three-dimensional filters that takes no images, or ""."""
    kinds = {type(module) for module in net.modules()}
    two = any(issubclass(kind, nn.Conv2d) for kind in kinds)
    others = [kind.__name__ for kind in (nn.Conv1d, nn.Conv3d) if kind in kinds and not two]
    only = "only two-dimensional ones, on images (N, C, H, W), can be mirrored"
    return f"{type(net).__name__} is a network of {others[0]} layers: {only}" if others else ""


def why_not(net: nn.Module, example: Tensor, error: Exception) -> DeconvvizError:
    """What an error of `torch.export` with images like `example` means, in words of the network's user."""
    name, size, where = type(net).__name__, "×".join(str(n) for n in example.shape[1:]), _where(error)
    if others := of_other_dimensions(net):
        return UnsuitableInput(others)
    channels = re.search(r"to have (\d+) channels, but got (\d+) channels", str(error))
    if channels and int(channels[2]) == example.shape[1]:
        way = (
            "; one mean is greyscale, RGB has three: 0.5,0.5,0.5"
            if (int(channels[1]), example.shape[1]) == (3, 1)
            else ""
        )
        return UnsuitableInput(
            f"{name} takes images of {channels[1]} channels, these have {example.shape[1]}: {size}{way}"
        )
    if re.search(r"missing \d* ?(a )?required", str(error)):
        return UncapturableModel(
            f"{name}.forward takes more than one input; wrap it in a module that takes images alone"
        )
    if "onstraints violated" in str(error) and "size()[0]" in str(error):
        return UncapturableModel(
            f"{name}.forward is made for a certain number of images, and what it says of one depends on the others; "
            "let it take any number, or each image by itself"
        )
    if "arity mismatch" in str(error):
        return UncapturableModel(
            f"{name}.forward keeps tensors in a list or dict, which torch {torch.__version__} cannot follow; a newer "
            "torch can"
        )
    if _too_small(error):
        return UnsuitableInput(
            f"{name} cannot take images of {size} (channels×height×width): "
            f"{one_line(error)}; give larger images, or those it was made for"
        )
    said = f"{name} cannot be captured by torch.export for input {size}: {one_line(error)}{where}"
    return UncapturableModel(f"{said}; {_instead(error)}")


def _instead(error: Exception) -> str:
    """What to do about it. Where the forward pass itself fails, its own message is all that there is to say."""
    if _depends_on_data(error):
        return "what is computed must not depend on the values of an image: rewrite that part without such a branch"
    if isinstance(error, AssertionError):
        return "that is an assertion of the network's own"
    return "rewrite that part so that torch.export can follow it"


def _depends_on_data(error: Any) -> bool:
    kinds = ("GuardOnDataDependentSymNode", "DataDependentOutputException", "DynamicOutputShapeException")
    return type(error).__name__ in kinds or "data-dependent" in str(error)


def _too_small(error: Exception) -> bool:
    signs = "too small|can't be greater than|non-empty|shapes cannot be multiplied"
    signs += "|must match the size|is invalid for input|mat1 and mat2|same reduction dim"
    return re.search(signs, str(error)) is not None


def _where(error: BaseException) -> str:
    """The last line of the network's own code on the error's traceback."""
    place, trace = "", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        foreign = re.search(r"[/\\](torch|deconvviz|lib[/\\]python[\d.]+(?![/\\]site-packages))[/\\]", file)
        if not foreign and not file.startswith("<"):
            place = f" (at {line_of(file, trace.tb_lineno)})"
        trace = trace.tb_next
    return place


def line_of(file: str, line: int | str) -> str:
    """`file.py:12`; a notebook's cell has a file name that nobody can read."""
    return f"notebook cell, line {line}" if re.search(r"ipykernel_\d+[/\\]", file) else f"{file}:{line}"
