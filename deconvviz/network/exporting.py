"""`torch.export`: what the network does with one example, as a program of ATen operators."""

import inspect
import logging
import operator
import warnings
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any

import torch
import torch._dynamo
from torch import Tensor, fx, nn

from .apart import taken_apart
from .functional import make_functional, out_of_place, read_views, writes_over
from .refusals import why_not
from .untouched import put_back

aten = torch.ops.aten

_TORCHS = logging.getLogger("torch._subclasses.fake_tensor")
"""It logs a traceback of each error that the export raises; what matters of it is in our own error."""


def export(net: nn.Module, example: Tensor, any_number: bool = True, known: Collection[Any] = ()) -> Any:
    """What `net`, in evaluation mode, does with images like `example`, or, not `any_number`, with so many of them.

    Operators that are not `known`, but made of known ones, are taken apart.
    Raises UncapturableModel, and UnsuitableInput if the images are not the network's.
    """
    before = _TORCHS.level
    _TORCHS.setLevel(logging.CRITICAL)
    try:
        with put_back(net), eagerly(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"torch\.(export|fx)\.")  # 2.6 warns of graphs of its own making
            warnings.filterwarnings("ignore", "None of the inputs have requires_grad")  # of checkpoints
            program = torch.export.export(net, (example,), dynamic_shapes=_sizes(net, any_number), strict=False)
            if not make_functional(program.graph):
                program = taken_apart(_functional(program), known)
            return program if any_number or len(example) > 1 else _of_one_image(program)
    except Exception as error:
        # torch.export lets any error of the traced code through, so the kinds cannot be listed here
        raise why_not(net, example, error) from error
    finally:
        _TORCHS.setLevel(before)


def _sizes(net: nn.Module, any_number: bool) -> tuple[Any, ...]:
    """What of the images' shape may be otherwise when the network runs: how many there are, if `any_number`."""
    images = {0: torch.export.Dim.DYNAMIC} if any_number else None
    first = next(iter(inspect.signature(net.forward).parameters.values()), None)
    return ((images,),) if first is not None and first.kind is inspect.Parameter.VAR_POSITIONAL else (images,)


def _functional(program: Any) -> Any:
    """What torch makes of it; everything keeps the name of its module.

    Parts under `no_grad`, autocast or a checkpoint are sub-programs: torch would run each as one piece and name all of
    it after the piece; interpreted, every node is told of. What asks for gradients is not granted any: nothing here
    needs them, and each value would be copied for them.
    """
    parts = [part for part in program.graph_module.modules() if isinstance(part, fx.GraphModule)]
    for part in parts:
        out_of_place(part.graph)
        for node in part.graph.nodes:
            if str(node.target) == "wrap_with_set_grad_enabled":
                node.args = (False, *node.args[1:])
        if part is not program.graph_module:
            part.forward = fx.Interpreter(part).run
    if any(writes_over(part.graph) for part in parts):
        for part in parts:
            read_views(part.graph)
    return _without_dropout(program.run_decompositions({}))


def _without_dropout(program: Any) -> Any:
    """Dropout does nothing in evaluation: where torch leaves a copy in its place (2.6 does), that goes, too."""
    for node in list(program.graph.nodes):
        if node.target is aten.clone.default and "dropout" in str(node.meta.get("torch_fn")):
            node.replace_all_uses_with(node.args[0])
            program.graph.erase_node(node)
    return program


def _of_one_image(program: Any) -> Any:
    """Taking the only image out of the batch and putting it back, or a batch of nothing but it, changes nothing."""
    for node in list(program.graph.nodes):
        if node.target is aten.unsqueeze.default and node.args[1] == 0 and (batch := _batch_of(node.args[0])):
            node.replace_all_uses_with(batch)
        elif node.target is aten.cat.default and len(node.args[0]) == 1:
            node.replace_all_uses_with(node.args[0][0])
        elif node.target is aten.slice.Tensor and (*node.args, 0)[1] == 0 and _shape(node) == _shape(node.args[0]):
            node.replace_all_uses_with(node.args[0])
    return program


def _batch_of(image: fx.Node) -> fx.Node | None:
    """Of `x[0]`, `x.squeeze(0)`, the first of `x.unbind()`: x; None of anything else."""
    if image.target is operator.getitem and image.args[1] == 0:
        unbound: Any = image.args[0]
        return unbound.args[0] if unbound.target is aten.unbind.int and (*unbound.args, 0)[1] == 0 else None
    taken = (image.target, image.args[1:])
    out = [(aten.select.int, (0, 0)), (aten.squeeze.dim, (0,)), (aten.squeeze.dims, ([0],))]
    return image.args[0] if taken in out else None  # type: ignore[return-value]


def _shape(node: fx.Node) -> Any:
    return node.meta["val"].shape


@contextmanager
def eagerly() -> Iterator[None]:
    """What `torch.compile` has compiled runs as it was written: that is what can be followed."""
    followed = torch._dynamo.config.patch(error_on_nested_fx_trace=False)  # else 2.6 refuses what it need not compile
    with torch.compiler.set_stance("force_eager"), followed:
        yield
