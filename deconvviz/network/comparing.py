"""The captured network beside the network itself: do both compute the same?

`torch.export` follows one example; what it did not see (a branch on the number of images, state outside of modules, a
fault of torch's or of ours) would be wrong in silence. So the first time that a layer's maps are computed, the network
runs once more on that very batch as its author wrote it, and what it computes on the way is looked through for them.
"""

import math
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
from .graph import Call, Graph, run
from .turns import between_captures
from .untouched import put_back

GLANCE = 64
"""So many values of a tensor tell whether it may be the same as another."""


def compare(graph: Graph, images: Tensor, maps: Mapping[str, Tensor]) -> None:
    """Compare maps (N, …), by call, that were captured of images (N, C, H, W) with what the network itself computes.

    Each call is compared once; those on the way to it count as compared with it. Raises UncapturableModel, which names
    the first layer that differs beyond rounding.
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
    graph.compared.update(call.name for call in graph.needed_for(list(new)))


def _compare(graph: Graph, images: Tensor, maps: Mapping[str, Tensor]) -> None:
    """Raise UncapturableModel where the network itself computes anything else."""
    missing: set[str] = set()
    for part, where in graph.parts(images):
        looking = _Looking({name: value[where] for name, value in maps.items()})
        _run_itself(graph, part, looking)
        missing.update(looking.sought)
    if missing and (first := _first_that_differs(graph, images, sorted(missing))):
        where_from = f" (at {first.source})" if first.source else ""
        raise UncapturableModel(
            f"{type(graph.net).__name__} itself computes other values than its capture, first in {first.name}"
            f"{where_from}: what its forward does depends on something that torch.export does not see (values of the "
            "images, their number, state outside of the network); choose a layer below, or make that a part of the "
            "network"
        )


def _run_itself(graph: Graph, images: Tensor, watching: TorchDispatchMode) -> None:
    """The network as its author wrote it, on images, while all that it computes is watched."""
    net, shape = graph.net, "×".join(map(str, images.shape[1:]))
    try:
        with alone_with(net), put_back(net), eagerly(), exactly(images.device), watching:
            net(images.contiguous())
    except Exception as error:  # of the user's network, of any kind
        raise UncapturableModel(
            f"{type(net).__name__} itself fails on {len(images)} images of {shape}: {one_line(error)}"
        ) from error


def _first_that_differs(graph: Graph, images: Tensor, missing: Sequence[str]) -> Call | None:
    """The first call on the way to the missing ones whose value the network itself never has, if there is one.

    Some values never show: fused kernels go past them. Those are right if something that is computed from them shows.
    """
    shows = dict.fromkeys([call.name for call in graph.calls], True)
    for part, _ in graph.parts(images):
        glancing = _Glancing()
        _run_itself(graph, part, glancing)
        shown = _shown(graph, part, glancing)
        shows = {name: before and name in shown for name, before in shows.items()}
    return next((call for call in graph.needed_for(missing) if call.batched and not shows[call.name]), None)


def _shown(graph: Graph, images: Tensor, glancing: "_Glancing") -> set[str]:
    """The calls whose values the network itself has, or values computed from them."""
    shown: set[str] = set()

    def see(call: Call, _: Any, output: Any) -> None:
        if isinstance(output, Tensor) and glancing.has_seen(output):
            shown.add(call.name)

    hooks = [call.register_forward_hook(see) for call in graph.calls if call.batched]
    try:
        with between_captures(), torch.no_grad(), exactly(images.device):
            run(graph.calls, images, [])
    finally:
        for hook in hooks:
            hook.remove()
    for call in reversed(graph.calls):
        if any(reader.name in shown for reader in graph.readers(call.name)):
            shown.add(call.name)
    return shown


class _Looking(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While it is on, all that torch computes is held against some tensors; `sought`: those that have not come up."""

    def __init__(self, tensors: Mapping[str, Tensor]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        # what is not finite is said elsewhere, in words of its own
        self.sought = {name: (t, _glance(t)) for name, t in tensors.items() if bool(t.isfinite().all())}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for value in tree_leaves(result):
            if isinstance(value, Tensor):
                for name in [name for name, (sought, glance) in self.sought.items() if _is(value, sought, glance)]:
                    del self.sought[name]
        return result


def _is(value: Tensor, sought: Tensor, glance: Tensor) -> bool:
    """Whether a tensor begins with the one that is sought: a batch may have been filled up."""
    if value.dtype != sought.dtype or value.shape[1:] != sought.shape[1:] or value.ndim != sought.ndim:
        return False
    if len(value) < len(sought):
        return False
    first = value[: len(sought)]
    return _alike(_glance(first), glance, _size(sought)) and _alike(first, sought, _size(sought))


class _Glancing(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While it is on, a few values of every tensor that torch computes are kept."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.seen: dict[tuple[Any, ...], list[Tensor]] = {}

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for value in tree_leaves(result):
            if isinstance(value, Tensor):
                self.seen.setdefault((value.dtype, value.shape), []).append(_glance(value))
        return result

    def has_seen(self, value: Tensor) -> bool:
        """Whether a tensor may be one of those that were computed."""
        glance, size = _glance(value), _size(value)
        return any(_alike(seen, glance, size) for seen in self.seen.get((value.dtype, value.shape), ()))


def _glance(value: Tensor) -> Tensor:
    """Some values of a tensor, spread over it."""
    count = value.numel()
    places = torch.arange(0, count, max(count // GLANCE, 1), device=value.device)
    return value[torch.unravel_index(places, value.shape)] if value.ndim else value[None].clone()


def _size(value: Tensor) -> float:
    """The root mean square of a tensor."""
    return float(torch.linalg.vector_norm(value.double()) / max(value.numel(), 1) ** 0.5)


def _alike(one: Tensor, other: Tensor, size: float) -> bool:
    """Whether two tensors are the same but for rounding, which goes with the `size` of all values around."""
    if not one.is_floating_point():
        return bool((one == other).all())
    tolerance = math.sqrt(torch.finfo(one.dtype).eps) * size
    return _size(one - other) <= tolerance
