"""A functional program, in which nothing is written over, of what `torch.export` gives: by hand where that is little.

torch's own `run_decompositions` traces the network a second time, which takes longer than the export. Most networks
need no more than this: what works in place works out of place, batch normalisation has fixed statistics, flattening is
a view, dropout nothing. A program with anything else in it is left to torch.
"""

import operator
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.fx import Graph, Node

aten = torch.ops.aten

_FRESH: set[Any] = {
    aten.conv2d.default, aten.conv2d.padding, aten.conv_transpose2d.input, aten.linear.default,
    aten.batch_norm.default, aten.layer_norm.default, aten.group_norm.default, aten.instance_norm.default,
    aten.max_pool2d.default, aten.avg_pool2d.default, aten.adaptive_avg_pool2d.default, aten.upsample_nearest2d.vec,
    aten.upsample_bilinear2d.vec, aten.add.Tensor, aten.sub.Tensor, aten.mul.Tensor, aten.div.Tensor, aten.cat.default,
}  # fmt: skip
"""Operators whose result shares memory with nothing."""
_ACTIVATIONS = ("relu", "relu6", "hardtanh", "leaky_relu", "elu", "silu", "mish", "gelu", "sigmoid", "hardsigmoid")
_OUT_OF_PLACE: dict[Any, Any] = {
    **{getattr(aten, f"{name}_").default: getattr(aten, name).default for name in (*_ACTIVATIONS, "hardswish", "tanh")},
    **{getattr(aten, f"{name}_").Tensor: getattr(aten, name).Tensor for name in ("add", "sub", "mul", "div")},
}
"""What writes over its first input, and what does the same and does not."""
_LEFT_ALONE: set[Any] = {
    aten.conv2d.default, aten.conv2d.padding, aten.conv_transpose2d.input, aten.linear.default,
    aten.layer_norm.default, aten.group_norm.default, aten.relu.default, aten.hardtanh.default, aten.silu.default,
    aten.hardswish.default, aten.gelu.default, aten.leaky_relu.default, aten.elu.default, aten.sigmoid.default,
    aten.hardsigmoid.default, aten.tanh.default, aten.softmax.int, aten.clamp.default, aten.pow.Tensor_Scalar,
    aten.max_pool2d.default, aten.avg_pool2d.default, aten.avg_pool3d.default, aten.adaptive_avg_pool2d.default,
    aten.mean.dim, aten.pad.default, aten.add.Tensor, aten.sub.Tensor, aten.mul.Tensor, aten.div.Tensor,
    aten.cat.default, aten.permute.default, aten.transpose.int, aten.view.default, aten.unsqueeze.default,
    aten.squeeze.dim, aten.squeeze.dims, aten.slice.Tensor, aten.select.int, aten.stack.default, aten.unbind.int,
    aten.split.Tensor, aten.upsample_nearest2d.vec, aten.upsample_bilinear2d.vec, aten.sym_size.int, operator.getitem,
}  # fmt: skip
"""What torch leaves as it is, and most networks are made of."""


def out_of_place(program: Graph) -> None:
    """What is done in place, to a value that nothing else reads, is the same out of place.

    torch takes that apart in half the time, and then it may be done by hand.
    """
    new = set[Node]()
    for node in program.nodes:
        if node.target in _FRESH:
            new.add(node)
        elif node.target in _OUT_OF_PLACE and node.args[0] in new and _reads_alone(node):
            node.target = _OUT_OF_PLACE[node.target]
            new.add(node)


def _reads_alone(node: Node) -> bool:
    """Whether nothing else reads a node's first input; and all inputs are of its type, which work in place keeps."""
    first: Any = node.args[0]
    types = {getattr(given.meta.get("val"), "dtype", None) for given in node.all_input_nodes}
    return list(first.users) == [node] and types == {first.meta["val"].dtype} and node.args.count(first) == 1


def read_views(program: Graph) -> None:
    """Read each view where it is taken, by a copy that nothing else reads, and that torch drops again.

    For torch takes a view of what was written over anew where it is read first: as part of the module that reads it.
    """
    for node in list(program.nodes):
        of: Any = node.args[0] if node.target is operator.getitem else node
        returned = of.target._schema.returns if isinstance(of.target, OpOverload) else ()
        aliases = [given.alias_info for given in returned]
        view = len(aliases) == 1 and aliases[0] is not None and not aliases[0].is_write
        if view and isinstance(node.meta.get("val"), Tensor):
            with program.inserting_after(node):
                program.call_function(aten.clone.default, (node,)).meta = dict(node.meta)


def writes_over(program: Graph) -> bool:
    """Whether anything is done in place."""
    return any(isinstance(node.target, OpOverload) and node.target._schema.is_mutable for node in program.nodes)


def make_functional(program: Graph) -> bool:
    """Make a program functional, as torch's decomposition would: True.

    False if there is anything in it that only torch can take apart; then it means what it did.
    """
    out_of_place(program)
    called = [node for node in program.nodes if node.op in ("call_function", "get_attr")]
    if not all(node.target in _LEFT_ALONE or _can_be_done(node) for node in called):
        return False
    for node in called:
        if node.target in _WAYS:
            _WAYS[node.target](node, True)
    program.eliminate_dead_code()  # as torch does: what nothing reads is no layer
    return True


def _can_be_done(node: Node) -> bool:
    way = _WAYS.get(node.target)
    return way is not None and not node.kwargs and way(node, False)


# --- what each becomes: `(node, do)`, whether it can be done, and done if `do` -----------------------------


def _normalise(node: Node, do: bool) -> bool:
    """Batch normalisation with the statistics that it keeps."""
    if len(node.args) != 9:
        return False
    maps, weight, bias, mean, variance, training, momentum, eps, _ = node.args
    if training or mean is None or variance is None:
        return False
    if do:
        with node.graph.inserting_before(node):
            given = (maps, weight, bias, mean, variance, momentum, eps)
            all_three = node.graph.call_function(aten._native_batch_norm_legit_no_training.default, given)
            normalised = node.graph.call_function(operator.getitem, (all_three, 0))
        all_three.meta = {**node.meta, "val": (node.meta["val"],)}  # of which the other two are empty
        _replace(node, normalised)
    return True


def _flatten(node: Node, do: bool) -> bool:
    """All dimensions but that of the images become one: a view, where the maps lie in memory as they are read."""
    maps: Any = node.args[0]
    shown, size = maps.meta["val"], node.meta["val"].shape[-1]
    is_view = node.args[1:] in ((1,), (1, -1)) and shown.ndim > 2 and shown.is_contiguous() and isinstance(size, int)
    if not is_view or (not isinstance(shown.shape[0], int) and _counted(maps) is None):
        return False
    if do:
        with node.graph.inserting_before(node):
            viewed = node.graph.call_function(aten.view.default, (maps, [_count(maps), size]))
        _replace(node, viewed)
    return True


def _counted(maps: Node) -> Node | None:
    """The program's input that has as many images as these maps."""
    node: Node
    for node in maps.graph.nodes:
        shape: Any = getattr(node.meta.get("val"), "shape", ())
        if node.op == "placeholder" and len(shape) and str(shape[0]) == str(maps.meta["val"].shape[0]):
            return node
    return None


def _count(maps: Node) -> Any:
    """How many images there are: a number, or what says it of the program's input when it runs."""
    count, images, graph = maps.meta["val"].shape[0], _counted(maps), maps.graph
    if isinstance(count, int) or images is None:
        return count
    known = next((user for user in images.users if user.target is aten.sym_size.int and user.args[1] == 0), None)
    if known is None:
        last = [node for node in graph.nodes if node.op == "placeholder"][-1]
        with graph.inserting_after(last):
            known = graph.call_function(aten.sym_size.int, (images, 0))
        known.meta["val"] = count
    return known


def _chunk(node: Node, do: bool) -> bool:
    """So many parts are parts of such a size."""
    values: Any
    chunks: Any
    values, chunks, *dimension = node.args
    size = values.meta["val"].shape[dimension[0] if dimension else 0]
    if not isinstance(size, int):
        return False
    if do:
        node.target, node.args = aten.split.Tensor, (values, -(-size // chunks), *dimension)
    return True


def _contiguous(node: Node, do: bool) -> bool:
    """A copy, if the values lie in memory in another order."""
    values: Any = node.args[0]
    if len(node.args) > 1:
        return False
    if do and values.meta["val"].is_contiguous():
        node.replace_all_uses_with(values)
        node.graph.erase_node(node)
    elif do:
        node.target, node.kwargs = aten.clone.default, {"memory_format": torch.contiguous_format}
    return True


def _drop(node: Node, do: bool) -> bool:
    """Dropout does nothing in evaluation."""
    if len(node.args) != 3 or node.args[2] is not False:  # whether it is training
        return False
    if do:
        node.replace_all_uses_with(node.all_input_nodes[0])
        node.graph.erase_node(node)
    return True


def _replace(node: Node, other: Node) -> None:
    other.meta = dict(node.meta)
    node.replace_all_uses_with(other)
    node.graph.erase_node(node)


_WAYS: dict[Any, Any] = {
    aten.batch_norm.default: _normalise,
    aten.flatten.using_ints: _flatten,
    aten.chunk.default: _chunk,
    aten.contiguous.default: _contiguous,
    aten.dropout.default: _drop,
    aten.dropout_.default: _drop,
}
