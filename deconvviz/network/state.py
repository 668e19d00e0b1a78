"""What a forward pass can see of a network's Python state, as a value.

While it stays equal, what was captured of the network holds; else it is captured anew.
"""

import weakref
from collections.abc import Hashable, Mapping
from enum import Enum
from types import FunctionType, MethodType, ModuleType
from typing import Any, Generic

import torch
from numpy import ndarray
from torch import Tensor, device, dtype, nn
from torch.nn.modules import module as torchs
from torch.nn.parameter import is_lazy

from .untouched import OF_EVERY_MODULE

SIMPLE = {int, float, str, bool, type(None)}
PLAIN = (int, float, complex, str, bytes, bool, type(None), dtype, device, Enum)
SEEN_BY_FORWARD = [name for name in OF_EVERY_MODULE if "forward" in name and "hooks" in name]
"""Those of them, beside modules and weights, that a forward pass in evaluation sees: its hooks."""
MOST = 1000
"""So many objects are looked into from one attribute; others count as the same while they are the same objects."""


class Same:
    """Equal while the object is the same one, whatever comes to lie at its address. It is not kept alive."""

    __slots__ = ("_held", "_number")

    def __init__(self, value: Any) -> None:
        self._number = id(value)
        try:
            self._held: Any = weakref.ref(value)
        except TypeError:
            self._held = lambda: value  # a number of bytes, or the like, that allows no weak reference

    def __hash__(self) -> int:
        return self._number

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Same) or self._number != other._number:
            return False
        mine = self._held()
        return mine is not None and mine is other._held()


def state_of(net: nn.Module) -> tuple[Hashable, ...]:
    """The state of a network that is no weight: modules, plain attributes, hooks, and the forward of their classes.

    Of weights only shape, dtype and device: calls look their values up when they run.
    """
    state: list[Any] = [
        _Values().of(hooks) for hooks in (torchs._global_forward_hooks, torchs._global_forward_pre_hooks)
    ]
    state += (
        (kind, torch.get_autocast_dtype(kind)) for kind in ("cpu", "cuda", "mps") if torch.is_autocast_enabled(kind)
    )
    classes: set[type] = set()
    for module in net.modules():
        _add_module(module, state)
        classes.update(type(module).__mro__)
    for cls in sorted(classes, key=id):
        _add_class(cls, state)
    return tuple(state)


def _add_module(module: nn.Module, state: list[Any]) -> None:
    """Some fifteen entries a module, for hundreds of modules, before each recording: hence no more than needed."""
    attributes = vars(module)
    names = tuple(attributes)
    if names[: len(OF_EVERY_MODULE)] == OF_EVERY_MODULE:
        names = names[len(OF_EVERY_MODULE) :]
    else:
        names = tuple(name for name in names if name not in OF_EVERY_MODULE)
    state += (Same(module), type(module), *module._modules.keys(), *names)
    for name, tensor in (*module._parameters.items(), *module._buffers.items()):
        state.append(name)
        if tensor is not None and not is_lazy(tensor):
            state += (tensor.shape, tensor.dtype, tensor.device)
    for value in (attributes[name] for name in names):
        kind = type(value)
        if kind in SIMPLE:
            state += [kind, value]
        elif kind in (tuple, list) and SIMPLE.issuperset(map(type, value)):
            state.append((*value,))
        else:
            state.append(_Values().of(value))
    state += (_Values().of(attributes[hooks]) for hooks in SEEN_BY_FORWARD if attributes.get(hooks))


def _add_class(cls: type, state: list[Any]) -> None:
    """What a class says of all its modules; it may be given other methods, too."""
    if cls.__module__.startswith("torch.") or cls in (object, Generic):
        return
    state.append(Same(cls))
    for name, value in vars(cls).items():
        if not name.startswith("__"):
            state += (name, _Values().of(value))


class _Values:
    """Makes values of objects: hashable, and equal while these are as they are. Each object is looked into once."""

    def __init__(self) -> None:
        self.entered: set[int] = set()

    def of(self, value: Any) -> Hashable:
        """A value that stands for this one."""
        if isinstance(value, PLAIN):
            return (type(value), value)
        if isinstance(value, Tensor):
            return (Same(value), None if value.is_inference() else value._version)
        if isinstance(value, MethodType):
            return (self.of(value.__self__), value.__func__)
        if isinstance(value, nn.Module | type | ModuleType | FunctionType) or id(value) in self.entered:
            return Same(value)
        if len(self.entered) >= MOST:
            return Same(value)
        self.entered.add(id(value))
        return self._inside(value)

    def _inside(self, value: Any) -> Hashable:
        if isinstance(value, Mapping):
            return (type(value), *((self.of(k), self.of(v)) for k, v in value.items()))
        if isinstance(value, list | tuple):
            return (type(value), *map(self.of, value))
        if isinstance(value, set | frozenset):
            return (type(value), frozenset(map(self.of, value)))
        if isinstance(value, ndarray):
            return (value.shape, value.dtype.str, value.tobytes())
        if type(value).__module__.startswith("torch."):
            return Same(value)
        slots = [name for cls in type(value).__mro__ for name in vars(cls).get("__slots__", ()) if hasattr(value, name)]
        inside = vars(value) if hasattr(value, "__dict__") else {}
        return (Same(value), self._inside({**inside, **{name: getattr(value, name) for name in slots}}))
