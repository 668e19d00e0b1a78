"""What layers are called, and which of them one asks for: a name, an alias, a glob (`layer3.*`), or `all`."""

import fnmatch
from collections.abc import Callable, Iterable, Mapping

from torch import nn
from torchvision.models import VGG, AlexNet

from ..errors import UnknownLayer, nearest
from ..network import Call, Graph, operator_name


def matching(asked: str | Iterable[str], names: Mapping[str, str], unknown: Callable[[str], UnknownLayer]) -> list[str]:
    """The names of the layers asked for, each once, in the order of asking; those of a glob in the order of `names`.

    `names`: all that layers are called, each with what tells the layer from others: a glob takes the first name of a
    layer that fits, and no layer that is there already. A name itself may hold brackets: it goes before globs.
    Raises `unknown` of what fits none.

    >>> names = {"features.0": "relu.1", "conv1": "relu.1", "features.2": "features.2"}
    >>> matching("conv*", names, UnknownLayer), matching(["conv1", "all"], names, UnknownLayer)
    (['conv1'], ['conv1', 'features.2'])
    """
    found: dict[str, str] = {}
    for pattern in [asked] if isinstance(asked, str) else asked:
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


def unknown_layer(asked: str, known: Iterable[str], where: str, hint: str = "") -> UnknownLayer:
    """The error that says that there is no such layer, and which are nearest; `hint` comes last."""
    what = f"no layer matches {asked!r}" if is_glob(asked) else f"no layer {asked!r}"
    return UnknownLayer(f"{what} in {where}; {nearest(asked, known)}{hint}")


def kind(call: Call) -> str:
    """The module's class where the call is the module, else the operator: `Conv2d`, `add`."""
    if not list(call.module.children()) and type(call.module).__module__.startswith("torch.nn"):
        return type(call.module).__name__
    return operator_name(call.operator)


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
