"""Capture a network: from the user's module to a `Graph` of calls.

`torch.export` follows what the network does with one example input, whatever its author wrote: modules or functions, in
place or not, branches and loops over fixed sizes. What comes out is one small vocabulary of ATen operators, each
knowing the module it came from; `Reader` makes calls of it.
"""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils._pytree import tree_leaves

from ..errors import DeconvvizError, UncapturableModel, UnsuitableInput
from .exporting import eagerly, export
from .graph import Graph
from .reader import Reader
from .refusals import check_kind, of_other_dimensions
from .turns import capturing
from .untouched import evaluating, put_back

BATCHES = (1, 2, 3, 4, 8, 16, 32, 64)
"""Numbers of images that a network may be made for, if it does not take any number."""


def capture(
    net: nn.Module, input_shape: Sequence[int], collapse: Sequence[type] = (), known: Collection[Any] = ()
) -> Graph:
    """Capture what `net` does with images (N, *input_shape), in evaluation mode.

    A network that is made for a certain number of images (`x.view(1, -1)`, an assertion, a loop over the batch) is
    captured for that number. Modules of the classes in `collapse` become one call that runs the module itself, as long
    as they have the class's own `forward`; operators that are not `known`, but made of known ones, are taken apart. The
    network is left as found: weights, flags and hooks; captures of a process take turns. Raises UncapturableModel,
    UnsuitableInput, or NoMirrorRule if a collapsed module does not turn one tensor into one tensor.
    """
    check_kind(net)
    if len(input_shape) != 3 and (others := of_other_dimensions(net)):
        raise UnsuitableInput(others)
    with alone_with(net):
        return _captured(net, tuple(input_shape), tuple(collapse), known)


@contextmanager
def alone_with(net: nn.Module) -> Iterator[None]:
    """The network in evaluation mode and without gradients, while no other thread captures or runs a captured one."""
    made_so = any(p.is_inference() for p in net.parameters())  # weights made in inference mode stay in it
    inferring = torch.inference_mode(made_so or torch.is_inference_mode_enabled())
    with capturing(), evaluating(net), inferring, torch.no_grad():  # in this order: the former would switch it on
        yield


def _captured(net: nn.Module, shape: tuple[int, ...], collapse: tuple[type, ...], known: Collection[Any]) -> Graph:
    """For any number of images, if the network takes it; else for the number that it was made for."""
    sample = next((t for t in (*net.parameters(), *net.buffers()) if t.is_floating_point()), torch.zeros(()))
    graph: Graph | None = None
    problem: Exception | None = None
    try:
        graph = Reader(net, export(net, torch.zeros(2, *shape).to(sample), known=known), collapse).read(shape)
    except DeconvvizError as error:
        problem = error
    if graph is not None and not graph.batch and any(graph.by_name[name].batched for name in graph.outputs):
        return graph
    images = (torch.zeros(count, *shape).to(sample) for count in BATCHES)
    if graph is not None:  # what it returns does not count the images: for one image it may be right, if for no other
        images = (some for some in images if len(some) == 1)
    just_so_many = next((some for some in images if _is_made_for(net, some)), None)
    try:
        if just_so_many is not None:
            program = export(net, just_so_many, any_number=False, known=known)
            return Reader(net, program, collapse, len(just_so_many)).read(shape)
    except UncapturableModel as error:
        problem = problem or error
    if graph is None and problem is not None:
        raise problem
    assert graph is not None
    return graph


def _is_made_for(net: nn.Module, images: Tensor) -> bool:
    """Whether the network takes just so many images, and what it says of the first is about the first alone."""
    count = len(images)
    others = torch.cat([images[:1], torch.ones_like(images[1:])])
    try:
        with put_back(net), eagerly():
            one, other = (tree_leaves(net(batch))[0] for batch in (images, others))
    except Exception:  # whatever the forward pass raises: it is not made for this number
        return False
    return bool(one.shape[:1] == (count,) and torch.allclose(one[0], other[0], equal_nan=True))
