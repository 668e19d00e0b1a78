"""A network as a plain list of calls, one operator use each.

A `Call` is a small module: it can carry forward hooks, and it shares the weights of the user's network,
which is never changed. `exporting.py` has torch follow the network, `capture.py` makes the list of that, and
`mirror/registry.py` knows what answers each call.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor, nn
from torch.fx.node import map_aggregate

from .untouched import evaluating

INPUT = "input"
"""The name of the network's input among the values of a graph."""

Operator = Callable[..., Any]


@dataclass(frozen=True)
class Read:
    """In a call's arguments: the value of an earlier call."""

    name: str


@dataclass(frozen=True)
class Weight:
    """In a call's arguments: a parameter, buffer or constant, looked up when it is used.

    So the calls follow the network when it is moved, loaded or trained further.
    """

    owner: Any
    attribute: str

    @property
    def value(self) -> Tensor:
        """The tensor as it is now, without gradient."""
        tensor: Tensor = getattr(self.owner, self.attribute)
        return tensor.detach()

    @property
    def filter_shape(self) -> tuple[int, ...]:
        """The shape of one filter: every dimension but the first. Nothing is computed for it."""
        return tuple(self.value.shape[1:])


@dataclass(frozen=True)
class Derived(Weight):
    """In a call's arguments: what the network computes from its weights alone (standardised filters).

    `owner` is the call that computes it; computed when it is used. `shape`: what it will have.
    """

    shape: tuple[int, ...] = ()

    @property
    def value(self) -> Tensor:
        """The tensor computed from the weights as they are now."""
        tensor: Tensor = self.owner()
        return tensor.detach()

    @property
    def filter_shape(self) -> tuple[int, ...]:
        """The same for filters that are computed."""
        return self.shape[1:]


def weights_of(call: "Call") -> list[Tensor]:
    """The parameters, buffers and constants among a call's arguments, themselves; what is derived has none."""
    found: list[Tensor] = []

    def enter(leaf: Any) -> None:
        if isinstance(leaf, Weight) and not isinstance(leaf, Derived):
            found.append(getattr(leaf.owner, leaf.attribute))

    map_aggregate((call.positional, call.keywords), enter)
    return found


def derived_from(call: "Call") -> Iterator["Call"]:
    """The calls that compute a call's weights from the network's, if any do, and those before them."""
    found: list[Call] = []
    map_aggregate((call.positional, call.keywords), lambda a: found.append(a.owner) if isinstance(a, Derived) else None)
    for owner in found:
        yield owner
        yield from derived_from(owner)


@dataclass
class Constant:
    """Owner of a tensor that `torch.export` lifted out of the forward pass."""

    value: Tensor


class Call(nn.Module):
    """One use of one operator (or of one module that has a mirror rule of its own).

    `name`      dotted, as torchvision prints it: `features.28`, `layer3.1.relu_1`, `layer1.0.add`
    `operator`  what runs: an ATen operator, or the class of the module
    `arguments` by the operator's own names; `self["stride"]` reads one, with weights looked up
    `reads`     names of all earlier calls whose values it needs; `inputs`: those that are tensors
    `shape`     of its output without the batch, `input_shapes` of its inputs likewise; None: no tensor
    `returned`  whether the network returns its value
    `batched`   whether the output's first dimension still counts the images
    `arbitrary` why its value is another each time (random numbers), or ""
    `function`  the use of one of torch's compiled functions that it comes from, maybe with other calls, or ""
    `producers` the calls that made its inputs; None: the network's input
    `pattern`   what it completes together with calls before it, if the mirror reads several as one
    `module`    the innermost module it belongs to, `path` that module's name, `source` its line of code
    """

    def __init__(self, name: str, operator: Operator, arguments: dict[str, Any]) -> None:
        super().__init__()
        self.name = name
        self.operator: Any = operator
        self.arguments = arguments
        self.positional: tuple[Any, ...] = ()
        self.keywords: dict[str, Any] = {}
        self.reads: tuple[str, ...] = ()
        self.inputs: tuple[str, ...] = ()
        self.shape: tuple[int, ...] | None = None
        self.input_shapes: tuple[tuple[int, ...], ...] = ()
        self.producers: tuple[Call | None, ...] = ()
        self.batched = False
        self.returned = False
        self.arbitrary = ""
        self.function = ""
        self.pick: int | None = None
        self.pattern: Any = None
        self.path = ""
        self.source = ""
        self._owner: list[nn.Module] = []  # a list, so that nn.Module does not adopt the user's module

    @property
    def module(self) -> nn.Module:
        """The innermost module of the network that this call belongs to."""
        return self._owner[0]

    def belong_to(self, path: str, module: nn.Module) -> None:
        """Say which module this call belongs to, and that module's path in the network."""
        self.path, self._owner = path, [module]

    def __getitem__(self, argument: str) -> Any:
        """An argument by the operator's name for it, defaults filled in, weights looked up."""
        value = self.arguments[argument]
        return value.value if isinstance(value, Weight) else value

    def holding_weights(self, precision: torch.dtype) -> "Call":
        """The same call with its weights as they are now, those that are floating point in `precision`."""
        held = copy(self)

        def hold(value: Any) -> Any:
            return _held(value.value, precision) if isinstance(value, Weight) else value

        held.arguments = {name: hold(value) for name, value in self.arguments.items()}
        held.positional, held.keywords = map_aggregate((self.positional, self.keywords), hold)
        return held

    def hooked(self, hook: Callable[..., None]) -> "Call":
        """The same call with a forward hook of its own: other threads that run this call see nothing of it."""
        own = copy(self)
        own._forward_hooks = OrderedDict()
        own.register_forward_hook(hook)
        return own

    def without_padding(self) -> "Call":
        """The same call for inputs that bring their surroundings with them."""
        if "padding" not in self.arguments:
            return self
        bare = copy(self)
        padding = "valid" if isinstance(self.arguments["padding"], str) else [0, 0]
        bare.arguments = {**self.arguments, "padding": padding}
        bare.positional, bare.keywords = (), bare.arguments
        return bare

    def forward(self, *values: Any, in_place: bool = False) -> Any:
        """Run the operator on the values of `reads`, in order."""
        run = IN_PLACE[self.operator] if in_place else _ANY_LAYOUT.get(self.operator, self.operator)
        if isinstance(run, type):
            with evaluating(self.module):
                # it may work in place, and count on channels that come first in memory, as its author saw them
                return self.module(*(value.clone(memory_format=torch.contiguous_format) for value in values))
        if not run.__module__.startswith("torch._ops.aten"):
            values = tuple(value.contiguous() if isinstance(value, Tensor) else value for value in values)
        known = dict(zip(self.reads, values, strict=True))
        result = run(*_filled(self.positional, known), **_filled(self.keywords, known))
        return result if self.pick is None else result[self.pick]

    def extra_repr(self) -> str:
        """Name and operator, for `print`."""
        return f"{self.name}: {operator_name(self.operator)}"


IN_PLACE: dict[Any, Operator] = {torch.ops.aten.relu.default: torch.ops.aten.relu_.default}
"""Operators that can overwrite what they read, and by which others."""
_ANY_LAYOUT: dict[Any, Operator] = {  # captured on maps whose channels come first in memory; here they may come last
    torch.ops.aten.view.default: torch.ops.aten.reshape.default,
    torch.ops.aten._unsafe_view.default: torch.ops.aten.reshape.default,
}


@dataclass(frozen=True, eq=False)
class Graph:
    """A network at one input size: its calls in order, and every name that stands for one of them.

    `input_shape` (C, H, W); `names` maps each accepted name (`features.12`, `features.12.cat`) to a call;
    `outputs` are the calls whose values the network returns, `keys` under which keys if it returns a mapping; `net`:
    the network itself; `batch`: how many images it takes at a time, None: any number; `compared`: the calls whose
    values were seen to be the network's own.
    """

    calls: tuple[Call, ...]
    names: Mapping[str, str]
    input_shape: tuple[int, ...]
    outputs: tuple[str, ...]
    net: nn.Module
    batch: int | None = None
    keys: Mapping[str, str] = field(default_factory=dict)
    by_name: Mapping[str, Call] = field(init=False)
    compared: set[str] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        object.__setattr__(self, "by_name", {call.name: call for call in self.calls})

    def needed_for(self, wanted: Sequence[str]) -> tuple[Call, ...]:
        """The calls that the wanted ones depend on, in order: the network cut after the deepest."""
        needed, kept = set(wanted), []
        for call in reversed(self.calls):
            if call.name in needed:
                needed.update(call.reads)
                kept.append(call)
        return tuple(reversed(kept))

    def parts(self, images: Tensor) -> Iterator[tuple[Tensor, slice]]:
        """Images (N, C, H, W) in batches that it takes, each with its place; the last is filled up with its last image.

        The values of a batch belong to the images in its place, in order; what is left over, to none.
        """
        size = self.batch or len(images)
        for start in range(0, len(images), size):
            part = images[start : start + size]
            if len(part) < size:  # else they go as they lie in memory
                part = torch.cat([part, part[-1:].expand(size - len(part), *part.shape[1:])])
            yield part, slice(start, start + size)

    def readers(self, name: str) -> list[Call]:
        """The calls that read this call's value."""
        return [call for call in self.calls if name in call.reads]


def _held(weight: Tensor, precision: torch.dtype) -> Tensor:
    return weight.to(precision) if weight.is_floating_point() else weight


def operator_name(target: Any) -> str:
    """A short name for an operator: `add` for `aten.add.Tensor`, `batch_norm`, `LocalResponseNorm`."""
    name = target.__name__ if not hasattr(target, "_schema") else target._schema.name.split("::")[-1]
    for affix in ("_native_", "native_", "_legit_no_training", "_with_indices", "_legit"):
        name = name.replace(affix, "")
    return str(name)


def _filled(tree: Any, known: Mapping[str, Any]) -> Any:
    """Arguments with reads and weights replaced by their values."""

    def fill(leaf: Any) -> Any:
        if isinstance(leaf, Read):
            return known[leaf.name]
        return leaf.value if isinstance(leaf, Weight) else leaf

    return map_aggregate(tree, fill)
