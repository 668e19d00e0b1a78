"""From an exported program to a `Graph`: its nodes are read into calls, and the calls get their names.

Every node is one ATen operator and knows the modules it came from. Modules that have a mirror rule as a whole
become one call.
"""

import operator
import re
from collections import namedtuple
from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.export.graph_signature import OutputKind
from torch.fx import Node
from torch.fx.node import map_aggregate
from torch.utils._pytree import tree_unflatten

from ..errors import NoMirrorRule
from .arbitrary import arbitrary
from .classes import class_that_answers
from .graph import INPUT, Call, Constant, Derived, Graph, Read, Weight, operator_name
from .refusals import line_of

aten = torch.ops.aten


class Reader:
    """Reads an exported program into calls; lives for one `read`.

    `collapse`: the classes of modules that become one call; `batch`: the number of images that the program is for,
    None: any.
    """

    def __init__(self, net: nn.Module, program: Any, collapse: tuple[type, ...], batch: int | None = None) -> None:
        self.net, self.program, self.collapse, self.batch = net, program, collapse, batch
        self.modules = dict(net.named_modules(remove_duplicate=False))
        self.calls: list[Call] = []
        self.made: dict[str, Call] = {}
        self.values: dict[Node, Any] = {}  # what each node stands for in a call's arguments
        self.shapes: dict[str, tuple[int, ...] | None] = {}
        self.taken: dict[str, int] = {}
        self.also: dict[str, str] = {}

    def read(self, input_shape: tuple[int, ...]) -> Graph:
        """The graph for images of this shape (C, H, W). Raises NoMirrorRule for modules that cannot be one call."""
        nodes = list(self.program.graph.nodes)
        self._read_placeholders(nodes)
        used = [node for node in nodes if node.op == "call_function" and node.users]  # no assertions
        first = [n for n in used if n.target is not operator.getitem or n.args[1] == 0]
        self.last_of = {key: node for node in first for key, _, _ in self._modules(node)}
        for node in used:
            self._read_call(node)
        names = self._names(nodes)
        returned = [
            self.values.get(node) for node in dict.fromkeys(self._returned(nodes[-1])) if isinstance(node, Node)
        ]
        outputs = tuple(value.name for value in returned if isinstance(value, Read) and value.name in self.made)
        for name in outputs:
            self.made[name].returned = True
        return Graph(tuple(self.calls), names, input_shape, outputs, self.net, self.batch, self._keys(nodes[-1]))

    def _returned(self, output: Node) -> list[Any]:
        """What the network returns; a program returns images and buffers that it has written over, too."""
        returned: Any = output.args[0]
        specs = self.program.graph_signature.output_specs
        return [value for value, spec in zip(returned, specs, strict=True) if spec.kind is OutputKind.USER_OUTPUT]

    def _keys(self, output: Node) -> dict[str, str]:
        """The keys of the mapping (or named tuple) that the network returns, if it does: of each the call."""
        form = self.program.call_spec.out_spec
        if not (form.type is namedtuple or (isinstance(form.type, type) and issubclass(form.type, Mapping))):
            return {}
        own = self._returned(output)
        places = tree_unflatten(list(range(len(own))), form)  # its leaves may be no tensors: they stand aside
        keyed = places.items() if isinstance(places, Mapping) else places._asdict().items()
        values = {str(key): self.values.get(own[place]) for key, place in keyed if isinstance(place, int)}
        return {key: value.name for key, value in values.items() if isinstance(value, Read)}

    def _read_placeholders(self, nodes: list[Node]) -> None:
        specs = {spec.arg.name: spec for spec in self.program.graph_signature.input_specs}
        for node in nodes:
            if node.op != "placeholder":
                continue
            spec = specs[node.name]
            if spec.target is None:
                self.values[node] = Read(INPUT)
                self.images, *rest = node.meta["val"].shape
                if isinstance(self.images, int):  # a loop over the images: what was exported holds for so many
                    self.batch = self.images
                self.shapes[INPUT] = tuple(rest)
            else:
                self.values[node] = self._weight(spec.target)

    def _weight(self, target: str) -> Weight:
        owner, _, attribute = target.rpartition(".")
        try:
            module = self.net.get_submodule(owner)
        except AttributeError:
            module = None
        if isinstance(getattr(module, attribute, None), Tensor):
            return Weight(module, attribute)
        return Weight(Constant(self.program.constants[target]), "value")

    def _modules(self, node: Node) -> list[tuple[str, str, nn.Module]]:
        """The modules a node belongs to, outermost first: (key of this use, path, module)."""
        source = node.args[0] if node.target is operator.getitem else node
        stack = source.meta.get("nn_module_stack", {})  # type: ignore[union-attr]
        found = []
        for key, (path, _) in stack.items():
            if "from_metadata" not in key and path:
                path = path if path in self.modules else path.rpartition("@")[0]  # a later use of it
                found.append((key, path, self.modules[path]))
        return found

    def _read_call(self, node: Node) -> None:
        value = node.meta.get("val")
        if isinstance(value, list | tuple):
            return None  # several outputs: each getitem becomes a call of its own
        for key, path, module in self._modules(node):
            kind = class_that_answers(module, self.collapse)
            if kind is not None:
                return self._read_collapsed(node, key, path, module, kind)
        producer: Any = node
        pick: Any = None
        if node.target is operator.getitem:
            producer, pick = node.args
        call = Call(self._name(node, producer), producer.target, _by_name(producer, self.values))
        call.arbitrary = arbitrary(producer)
        call.positional = _replaced(producer.args, self.values)
        call.keywords = _replaced(producer.kwargs, self.values)
        call.pick = pick
        if producer.target is aten.squeeze.default:
            _squeeze_no_batch(call, producer)
        reads = _reads((call.positional, call.keywords))
        if reads:
            self._add(call, node, reads)
        else:
            self.values[node] = Derived(call, "", tuple(getattr(value, "shape", ())))
        return None

    def _read_collapsed(self, node: Node, key: str, path: str, module: nn.Module, kind: type) -> None:
        """All nodes of one use of a module as a single call; its value is read through its last node."""
        inside = [n for n in self.program.graph.nodes if key in n.meta.get("nn_module_stack", {})]
        leaving = [n for n in inside if any(user not in inside for user in n.users)]
        if len(leaving) != 1 or node is not leaving[0]:
            if len(leaving) > 1:
                raise NoMirrorRule(self._one_tensor(path, module, "out of"))
            return
        outside = [a for n in inside for a in n.all_input_nodes if a not in inside]
        reads = [self.values[n].name for n in dict.fromkeys(outside) if isinstance(self.values[n], Read)]
        reads = [name for name in dict.fromkeys(reads) if self.shapes[name] is not None]
        if len(reads) != 1:
            raise NoMirrorRule(self._one_tensor(path, module, "into"))
        call = Call(self._unique(path), kind, {})
        call.arbitrary = next(filter(None, map(arbitrary, inside)), "")
        self._add(call, node, reads)

    @staticmethod
    def _one_tensor(path: str, module: nn.Module, way: str) -> str:
        return (
            f"{path} ({type(module).__name__}) has a mirror rule as a whole, but not exactly one tensor "
            f"goes {way} it; register a rule for the operators inside it instead"
        )

    def _add(self, call: Call, node: Node, reads: Sequence[str]) -> None:
        value = node.meta.get("val")
        modules = self._modules(node)
        call.reads = tuple(reads)
        call.inputs = tuple(name for name in reads if self.shapes[name] is not None)
        call.input_shapes = tuple(self.shapes[name] or () for name in call.inputs)
        call.producers = tuple(self.made.get(name) for name in call.inputs)
        if isinstance(value, Tensor):
            call.shape = tuple(value.shape[1:])
            call.batched = str(value.shape[:1]) == str(torch.Size([self.images]))
        _, path, module = modules[-1] if modules else ("", "", self.net)
        call.belong_to(path, module)
        call.source = _source_line(node)
        call.function = _function(node)
        self.calls.append(call)
        self.made[call.name] = call
        self.values[node] = Read(call.name)
        self.shapes[call.name] = call.shape

    def _name(self, node: Node, producer: Node) -> str:
        """The last call of a module's use is named after the module, others after their operator too.

        `features.12.cat`, the way torchvision writes it, stays an accepted name of `features.12`.
        """
        modules = self._modules(node)
        if not modules:
            return self._unique(operator_name(producer.target))
        key, path, _ = modules[-1]
        exact = self._unique(f"{path}.{operator_name(producer.target)}")
        if self.last_of[key] is not node:
            return exact
        name = self._unique(path)
        self.also[exact] = name
        return name

    def _unique(self, name: str) -> str:
        count = self.taken.get(name, 0)
        self.taken[name] = count + 1
        return f"{name}_{count}" if count else name

    def _names(self, nodes: list[Node]) -> dict[str, str]:
        """Names that are accepted: those of the calls, and a module's path for its last value."""
        names: dict[str, str] = {}
        for node in nodes:
            value = self.values.get(node)
            if node.op == "call_function" and isinstance(value, Read) and self.shapes[value.name]:
                for key, path, _ in self._modules(node):
                    use = key.rpartition("@")[2] if "@" in key else ""
                    names[f"{path}_{use}" if use else path] = value.name
        own = {call.name: call.name for call in self.calls if call.shape}
        return names | self.also | own


def _squeeze_no_batch(call: Call, node: Node) -> None:
    """`x.squeeze()` would drop the batch of a single image: name the dimensions of size 1 it has beside it."""
    source: Any = node.args[0]
    dimensions = [d for d, size in enumerate(source.meta["val"].shape) if d and size == 1]
    call.operator = aten.squeeze.dims
    call.positional = (call.positional[0], dimensions)


def _function(node: Node) -> str:
    """The use of one of torch's compiled functions that made this node, maybe with others, or ""."""
    use, function = node.meta.get("torch_fn") or ("", "")
    return f"{use} of {function}" if function.startswith(("builtin_function", "method_descriptor")) else ""


def _source_line(node: Node) -> str:
    """The line of the network's own code that made this node: `file.py:12`, or nothing."""
    frames = re.findall(r'File "([^"]+)", line (\d+)', node.meta.get("stack_trace") or "")
    own = [f for f in frames if not re.search(r"[/\\]torch[/\\](nn|_|fx|export)", f[0])]
    return line_of(*own[-1]) if own else ""


def _by_name(node: Node, values: Mapping[Node, Any]) -> dict[str, Any]:
    schema = getattr(node.target, "_schema", None)
    if schema is None:
        return {}
    given = dict(zip((a.name for a in schema.arguments), node.args, strict=False)) | dict(node.kwargs)
    return {a.name: _replaced(given[a.name], values) if a.name in given else a.default_value for a in schema.arguments}


def _replaced(tree: Any, values: Mapping[Node, Any]) -> Any:
    """Arguments with each node replaced by what it stands for."""
    return map_aggregate(tree, lambda a: values[a] if isinstance(a, Node) else a)


def _reads(tree: Any) -> list[str]:
    names: list[str] = []
    map_aggregate(tree, lambda a: names.append(a.name) if isinstance(a, Read) else None)
    return list(dict.fromkeys(names))
