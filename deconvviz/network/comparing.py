"""The captured network beside the network itself: do both compute the same?

`torch.export` follows one example; what it did not see (a branch on the number of images, state outside of modules, a
fault of torch's or of ours) would be wrong in silence. So the first time that a layer's maps are computed, the network
runs once more on that very batch as its author wrote it, up to where all of them have come up.
"""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from ..errors import UncapturableModel, one_line
from ..machine import exactly
from .capture import alone_with
from .exporting import eagerly
from .graph import Call, Graph, operator_name
from .running import run
from .turns import between_captures
from .untouched import put_back

GLANCE = 64
"""So many values of a tensor tell whether it may be the same as another."""

SAME_KIND = {"convolution": "conv2d", "addmm": "linear", "mm": "linear", "mean": "adaptive_avg_pool2d"}
"""Operators as they run, and as the capture names them; other names differ by underscores only."""


def compare(graph: Graph, images: Tensor, maps: Mapping[str, Tensor]) -> None:
    """Compare maps (N, …), by call, that were captured of images (N, C, H, W) with what the network itself computes.

    Each call is compared once. Raises UncapturableModel, which names the first layer that differs beyond rounding.
    """
    new = {name: value for name, value in maps.items() if name not in graph.compared}
    if not new:
        return
    try:
        _compare(graph, images, new)
    except UncapturableModel:
        if len(images) > 1 or graph.batch:
            raise
        # a `squeeze()` takes the batch away if it is of one image: a capture for any number does not
        twice = {name: value.expand(2, *value.shape[1:]) for name, value in new.items()}
        _compare(graph, images.expand(2, *images.shape[1:]), twice)
    graph.compared.update(new)


def _compare(graph: Graph, images: Tensor, maps: Mapping[str, Tensor]) -> None:
    """Raise UncapturableModel where the network itself computes anything else."""
    missing: set[str] = set()
    for part, where in graph.parts(images):
        looking = _Looking({name: (graph.by_name[name], value[where]) for name, value in maps.items()})
        _run_itself(graph, part, looking)
        missing.update(looking.missing())
    if missing and (first := _first_that_differs(graph, images, sorted(missing))):
        at = f" (at {first.source})" if first.source else ""
        raise UncapturableModel(
            f"{type(graph.net).__name__} itself computes other values than its capture, first in {first.name}{at}: "
            "what its forward does depends on something that torch.export does not see (values of the images, their "
            "number, state outside of the network); choose a layer below, or make that a part of the network"
        )


def _run_itself(graph: Graph, images: Tensor, watching: "_Watching") -> None:
    """The network as its author wrote it, on images, while all that it computes is watched."""
    net, shape = graph.net, "×".join(map(str, images.shape[1:]))
    try:
        with alone_with(net), put_back(net), eagerly(), exactly(images.device), watching:
            returned = net(images.clone(memory_format=torch.contiguous_format))  # it may work in place on them
    except _Enough:
        return
    except Exception as error:  # of the user's network, of any kind
        raise UncapturableModel(
            f"{type(net).__name__} itself fails on {len(images)} images of {shape}: {one_line(error)}"
        ) from error
    for value in tree_leaves(returned):
        watching.see(value, "")


def _first_that_differs(graph: Graph, images: Tensor, missing: Sequence[str]) -> Call | None:
    """The first call on the way to the missing ones whose value the network itself never has, or None.

    Some values never show: fused kernels go past them. Such a one is right if the network ran no other operator of
    its kind and shape than those that showed, and something that is computed from it shows; or if it lies inside of one
    of torch's functions whose result shows.
    """
    shows = dict.fromkeys([call.name for call in graph.calls], True)
    other_kinds: Counter[tuple[Any, ...]] = Counter()
    for part, _ in graph.parts(images):
        glancing = _Glancing()
        _run_itself(graph, part, glancing)
        shown = _shown(graph, part, glancing)
        shows = {name: before and name in shown for name, before in shows.items()}
        other_kinds += glancing.ran
    for call in graph.calls:
        if shows[call.name] and call.shape is not None:
            other_kinds[_kind(call), str(call.shape)] -= len(range(0, len(images), graph.batch or len(images)))
    passed = dict(shows)
    for call in reversed(graph.calls):
        passed[call.name] |= any(passed[reader.name] for reader in graph.readers(call.name))
    ends = {call.function: call.name for call in graph.calls if call.function}
    for call in graph.needed_for(missing):
        end = ends.get(call.function, call.name)
        inside = end != call.name and shows[end]
        ran_otherwise = other_kinds[_kind(call), str(call.shape)] > 0 and not inside
        if call.batched and not shows[call.name] and (ran_otherwise or not passed[call.name]):
            return call
    unseen = [name for name in missing if not passed[name]]
    return graph.by_name[unseen[0]] if unseen else None


def _shown(graph: Graph, images: Tensor, glancing: "_Glancing") -> set[str]:
    """The calls whose values the network itself has."""
    shown: set[str] = set()

    def see(call: Call, _: Any, output: Any) -> None:
        if isinstance(output, Tensor) and glancing.has_seen(output, _kind(call)):
            shown.add(call.name)

    with between_captures(), torch.no_grad(), exactly(images.device):
        run([call.hooked(see) if call.batched else call for call in graph.calls], images, [])
    return shown


def _kind(call: Call) -> str:
    name = operator_name(call.operator).strip("_")
    return SAME_KIND.get(name, name)


class _Enough(BaseException):
    """Ends a forward pass of which no more need be seen; no `except Exception` of a network's holds it up."""


class _Watching(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While it is on, all that torch computes is seen; also what was overwritten in part, once it is read again."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.ran: Counter[tuple[Any, ...]] = Counter()
        self._overwritten: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        given = [value for value in tree_leaves((args, kwargs or {})) if isinstance(value, Tensor)]
        for value in given:
            if _memory(value) in self._overwritten:
                self.see(value, "")
        result = func(*args, **(kwargs or {}))
        if func._schema.is_mutable:
            self._overwritten.update(map(_memory, given))
        name = operator_name(func).strip("_")
        kind = SAME_KIND.get(name, name)
        for value in tree_leaves(result):
            if isinstance(value, Tensor):
                self.ran[kind, str(tuple(value.shape[1:]))] += 1
                self.see(value, kind)
        return result

    def see(self, value: Any, kind: str) -> None:
        """A value that the network has; `kind` of operator that has just computed it, or ""."""
        raise NotImplementedError


class _Looking(_Watching):  # type: ignore[no-untyped-call]
    """Looks for some calls' values, until all have come up from operators of their kinds."""

    def __init__(self, sought: Mapping[str, tuple[Call, Tensor]]) -> None:
        super().__init__()
        self.sought = {name: (call, value, _Glance(value)) for name, (call, value) in sought.items()}
        self.found_elsewhere: set[str] = set()

    def missing(self) -> list[str]:
        """Those that have not come up; from an operator of another kind it counts if there was none of theirs."""
        none = {name for name, (call, _, _) in self.sought.items() if not self.ran[_kind(call), str(call.shape)]}
        return [name for name in self.sought if name not in self.found_elsewhere & none]

    def see(self, value: Any, kind: str) -> None:
        """Hold a value against those that are sought."""
        if not isinstance(value, Tensor):
            return
        for name, (call, sought, glance) in list(self.sought.items()):
            # a batch may have been filled up
            fits = value.dtype == sought.dtype and value.ndim == sought.ndim and len(value) >= len(sought)
            if not fits or value.shape[1:] != sought.shape[1:]:
                continue
            first = value[: len(sought)]
            if glance.fits(_some(first)) and alike(first, sought, glance.size):
                if kind == _kind(call):
                    del self.sought[name]
                else:
                    self.found_elsewhere.add(name)
        if not self.sought:
            raise _Enough


class _Glancing(_Watching):  # type: ignore[no-untyped-call]
    """Keeps a few values of every tensor."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[tuple[Any, ...], list[tuple[str, Tensor]]] = {}

    def see(self, value: Any, kind: str) -> None:
        """Keep a glance of a value."""
        if isinstance(value, Tensor):
            self.seen.setdefault((value.dtype, value.shape), []).append((kind, _some(value)))

    def has_seen(self, value: Tensor, kind: str) -> bool:
        """Whether a value may be one of those: of an operator of this kind, if there were any."""
        there = self.seen.get((value.dtype, value.shape), [])
        of_kind = [values for of, values in there if of == kind] or [values for _, values in there]
        return any(map(_Glance(value).fits, of_kind))


class _Glance:
    """A few values of a tensor, and the `size` of all of them: their root mean square."""

    def __init__(self, tensor: Tensor) -> None:
        self.values, self.size = _some(tensor), _size(tensor)

    def fits(self, values: Tensor) -> bool:
        """Whether these may be the same few values of the same tensor."""
        return alike(values, self.values, self.size)


def _some(tensor: Tensor) -> Tensor:
    """A few of its values. Their places go through it in steps of its golden section: they keep to no row or column."""
    count = max(tensor.numel(), 1)
    step = next(n for n in range(int(0.618 * count) | 1, 2 * count + 2) if math.gcd(n, count) == 1)
    places = torch.arange(min(GLANCE, tensor.numel()), device=tensor.device) * step % count
    return (tensor[torch.unravel_index(places, tensor.shape)] if tensor.ndim else tensor[None]).clone()


def _memory(value: Tensor) -> int:
    return value.untyped_storage().data_ptr()


def _size(values: Tensor) -> float:
    """The root mean square of what is finite."""
    finite = values.detach().to(torch.float32 if values.dtype != torch.float64 else torch.float64)
    finite = torch.where(finite.isfinite(), finite, 0)
    most = float(finite.abs().max()) if finite.numel() else 0.0
    return most * float(torch.linalg.vector_norm(finite / most)) / finite.numel() ** 0.5 if most else 0.0


def alike(one: Tensor, other: Tensor, size: float | None = None) -> bool:
    """Whether two tensors are the same but for rounding, which goes with the `size` of all values around.

    `size`: their root mean square, by default that of `other`. The bound is the root of the dtype's precision.
    """
    size = _size(other) if size is None else size
    if not one.is_floating_point():
        return bool((one == other).all())
    same = (one == other) | (one.isnan() & other.isnan())
    if bool(same.all()):
        return True
    difference = torch.where(same, 0, one - other)
    return bool(difference.isfinite().all()) and _size(difference) <= math.sqrt(torch.finfo(one.dtype).eps) * size
