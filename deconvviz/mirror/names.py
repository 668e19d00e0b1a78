"""What layers are called, and which of them one asks for: a name, an alias, a glob (`layer3.*`), or `all`."""

import fnmatch
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from torch import nn
from torchvision.models import VGG, AlexNet

from ..arguments import holds_several, said
from ..errors import UnknownLayer, nearest
from ..network import Call, Graph
from .registry import answered_as

LayerNames = str | nn.Module | Sequence[str | nn.Module]
"""How layers are asked for."""


def some_layers(name: str, value: Any, none: bool = False) -> Any:
    """Check an argument: names of layers or modules of the network, one, or several; none at all only with `none`.

    Several come back as a list. Raises UnknownLayer.
    """
    if isinstance(value, str | nn.Module):
        return value
    several = list(value) if holds_several(value) else [value]
    for one in several:
        if not isinstance(one, str | nn.Module):
            raise UnknownLayer(f"{name}={said(value)}: a layer is asked for by its name, as text: dv.layers lists them")
    if not several and not none:
        raise UnknownLayer(f"{name}={said(value)}: no layer is asked for; dv.layers lists them")
    return several


def matching(asked: str | Iterable[str], names: Mapping[str, str], unknown: Callable[[str], UnknownLayer]) -> list[str]:
    """The names of the layers asked for, each once, in the order of asking; those of a glob in the order of `names`.

    `names`: all that layers are called, each with what tells the layer from others: a glob takes the first name of a
    layer that fits, and no layer that is there already. A name itself may hold brackets: it goes before globs.
    Raises `unknown` of what fits none, UnknownLayer of what is no text.

    >>> names = {"features.0": "relu.1", "conv1": "relu.1", "features.2": "features.2"}
    >>> matching("conv*", names, UnknownLayer), matching(["conv1", "all"], names, UnknownLayer)
    (['conv1'], ['conv1', 'features.2'])
    """
    found: dict[str, str] = {}
    for pattern in [asked] if isinstance(asked, str | nn.Module) else some_layers("layers", asked, none=True):
        if isinstance(pattern, nn.Module):
            raise UnknownLayer(f"{said(pattern)} is no layer's name; {nearest('', names)}")
        if pattern in names:
            found.setdefault(pattern, names[pattern])
            continue
        fitting = _fitting(pattern, names)
        if not fitting:
            raise unknown(pattern)
        for name in fitting:
            if names[name] not in found.values():
                found[name] = names[name]
    return list(found)


def _fitting(pattern: str, names: Mapping[str, str]) -> list[str]:
    if not is_glob(pattern):
        return []
    return [name for name in names if pattern == "all" or fnmatch.fnmatchcase(name, pattern)]


def is_glob(text: str) -> bool:
    """Whether a text may stand for several layers: with `*`, `?` or `[`, or `all`; if it is no layer's name."""
    return text == "all" or any(sign in text for sign in "*?[")


def name_of(module: nn.Module, net: nn.Module, graph: Graph) -> str:
    """The layer that a module of the network is. Raises UnknownLayer if it is none, or several."""
    paths = [path for path, one in net.named_modules(remove_duplicate=False) if one is module]
    uses = {
        name: call
        for name, call in graph.names.items()
        for path in paths
        if path
        and re.fullmatch(re.escape(path) + r"(_\d+)?", name)
        and f"{graph.by_name[call].path}.".startswith(f"{path}.")  # `relu_1` may be another module
    }
    if len(set(uses.values())) == 1:
        return next(iter(uses))
    what = f"the module given as a layer ({type(module).__name__})"
    if uses:
        raise UnknownLayer(f"{what} is used {len(uses)} times: {', '.join(uses)}; name the one you mean")
    if not any(paths):
        whole = "is the network itself" if paths else "is none of this network's"
        raise UnknownLayer(f"{what} {whole}; name a layer, or give a module of it: {nearest('', graph.names)}")
    raise UnknownLayer(f"{what}, {paths[0]}, gives no maps of the image; {nearest(paths[0], graph.names)}")


def unknown_layer(asked: Any, known: Iterable[str], where: str, hint: str = "") -> UnknownLayer:
    """The error that says that there is no such layer, and which are nearest; `hint` comes last."""
    if not isinstance(asked, str):
        return UnknownLayer(f"{said(asked)} is no layer's name{hint}")
    what = f"no layer matches {asked!r}" if is_glob(asked) else f"no layer {asked!r}"
    return UnknownLayer(f"{what} in {where}; {nearest(asked, known)}{hint}")


def kind(call: Call) -> str:
    """The module's class where the call is the module; else the operator, or what it completes: `Conv2d`, `add`."""
    if not list(call.module.children()) and type(call.module).__module__.startswith("torch.nn"):
        return type(call.module).__name__
    return answered_as(call)


def paper_names(net: nn.Module, graph: Graph) -> dict[str, str]:
    """`conv5_3` or `conv5`, and `fc6`: the names papers use for the layers of VGG and AlexNet, by call."""
    if not isinstance(net, VGG | AlexNet):
        return {}
    aliases, block, number, full = {}, 1, 0, 0
    for call in graph.calls:
        what = kind(call)
        if what == "MaxPool2d" and isinstance(net, VGG):
            block, number = block + 1, 0
        elif what == "Conv2d":
            number += 1
            aliases[call.name] = f"conv{block}_{number}" if isinstance(net, VGG) else f"conv{number}"
        elif what == "Linear":
            full += 1
            aliases[call.name] = f"fc{full + 5}"
    return aliases
