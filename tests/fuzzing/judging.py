"""The verdict on a network: right, refused as it may be, or wrong.

The package is asked for what the network gives back and for the layers of its modules. What it records must be what
the network itself computes; what it projects must be what autograd gives by the meaning; a refusal must name an
operator and a line that may be refused, and what must be refused must not come out as numbers.
"""

import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import torch
from networks import lively_units
from oracles import project_back, relative_error
from torch import Tensor, nn

from deconvviz import DeconvNet, Layers, Unit
from deconvviz.errors import DeconvvizError, NoMirrorRule, UncapturableModel
from deconvviz.mirror import DECONVNET, Method
from deconvviz.mirror.method import ALL_METHODS

from .growing import Grown

TOLERANCE = 1e-9
"""The largest relative error of maps and projections in float64."""

ASKED = 5
"""How many modules' layers are asked for, beside what the network gives back."""


class Wrong(Exception):
    """What is not as it should be, in one line."""


class Tied(Exception):
    """What differs hangs on a choice between equals."""


OF_DERIVATIVES = 1e-7
"""torch computes the derivative of a hard sigmoid with a sixth that it has in float32."""

OTHERS = [method for method in ALL_METHODS if method != DECONVNET]
"""Ways down beside the deconvnet's: each network is judged by one of them, too."""


@dataclass
class Verdict:
    """Of one network: what is `wrong`, `refusals`, how many layers and units agreed, the largest error.

    `lively`: of how many units the projection is not zero; `tied`: how many layers hang on a choice between values
    that differ by rounding alone, and were not right.
    """

    label: str
    wrong: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    layers: int = 0
    units: int = 0
    lively: int = 0
    tied: int = 0
    error: float = 0.0

    @property
    def kind(self) -> str:
        return (
            "wrong"
            if self.wrong
            else "refused in part"
            if self.refusals and self.layers
            else ("refused" if self.refusals else "right")
        )


def judge(grown: Grown) -> Verdict:
    """Compare the package with the network and its meaning."""
    judged = _Judged(grown)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            judged.all()
        except Wrong as wrong:
            judged.verdict.wrong.append(str(wrong))
        except Exception as error:
            judged.verdict.wrong.append(_unexpected(error))
    return judged.verdict


def _unexpected(error: Exception) -> str:
    return f"raised {type(error).__name__}: {' '.join(str(error).split())[:200]}"


class _Judged:
    """One network with what it computes; lives for one verdict."""

    def __init__(self, grown: Grown) -> None:
        self.grown, self.verdict = grown, Verdict(grown.label)
        self.net = grown.build()
        numbers = torch.Generator().manual_seed(1)
        self.x = torch.randn(2, *grown.shape, dtype=torch.float64, generator=numbers)
        self.inputs = self.x.clone().requires_grad_()
        self.values = grown.values(self.net, self.inputs)
        self.dv = DeconvNet(self.net)

    @cached_property
    def table(self) -> Layers:
        return self.dv.layers_for(self.grown.shape)

    def all(self) -> None:
        try:
            check_meaning(self.grown, self.net, self.x, self.values)
        except Wrong:
            if all(map(self.is_stable, [y for _, y in self.grown.layers] + self.grown.outputs)):
                raise
            self.verdict.tied += 1
            return
        before = _state(self.net)
        try:
            asked = list(self.asked())
        except (UncapturableModel, NoMirrorRule) as refusal:
            asked = []
            self.verdict.refusals.append(self.checked(refusal, ""))
        together = [one for one in asked if not self.grown.status[one[1]]]
        for some in [together, *([one] for one in asked if one not in together)]:
            self.try_some(some)
        if _state(self.net) != before:
            raise Wrong("the network is not left as it was")

    def asked(self) -> Iterator[tuple[str, str]]:
        """Layers to ask for, each with its variable."""
        grown, outputs = self.grown, self.table.graph.outputs
        if len(outputs) == len(set(grown.outputs)):
            yield from ((name, y) for name, y in zip(outputs, grown.outputs, strict=True) if self.is_layer(y))
        order = torch.randperm(len(grown.layers), generator=torch.Generator().manual_seed(2))
        for layer, y in (grown.layers[n] for n in order[:ASKED].tolist()):
            if not self.is_layer(y):
                continue
            if layer in self.table:
                yield layer, y
            else:
                self.verdict.wrong.append(f"there is no layer {layer}; there are {', '.join(self.table)}")

    def is_layer(self, y: str) -> bool:
        return self.values[y].ndim in (2, 4) and len(self.values[y]) == 2

    def try_some(self, asked: list[tuple[str, str]]) -> None:
        """Compare these layers; if that is refused, each by itself."""
        try:
            self.compare(asked)
        except NoMirrorRule as refusal:
            if len(asked) > 1:
                for one in asked:
                    self.try_some([one])
                return
            try:
                self.verdict.refusals.append(self.checked(refusal, self.grown.status[asked[0][1]]))
            except Wrong as wrong:
                self.verdict.wrong.append(str(wrong))
        except Wrong as wrong:
            if len(asked) > 1:
                for one in asked:
                    self.try_some([one])
            elif all(self.is_stable(y) for _, y in asked):
                self.verdict.wrong.append(str(wrong))
            else:
                self.verdict.tied += 1
        except Exception as error:
            self.verdict.wrong.append(_unexpected(error))

    @cached_property
    def shaken(self) -> tuple[Tensor, dict[str, Tensor]]:
        inputs = self.x.clone().requires_grad_()
        return inputs, self.grown.values(self.net, inputs, shaken=True)

    def is_stable(self, y: str) -> bool:
        """Whether rounding errors stay what they are up to this variable, and on the way down from it."""
        inputs, shaken = self.shaken
        there, here = self.values[y], shaken[y]
        if relative_error(here.detach(), there.detach()) > TOLERANCE:
            return False
        if not there.requires_grad:
            return True
        seed = there.detach()
        (down,) = torch.autograd.grad(there, self.inputs, seed, retain_graph=True)
        (shaken_down,) = torch.autograd.grad(here, inputs, seed, retain_graph=True)
        return relative_error(shaken_down, down) <= TOLERANCE

    def checked(self, refusal: DeconvvizError, status: str) -> str:
        """Why it was refused, in words that can be counted; raises Wrong if it names no line that may be refused.

        `status` of what was refused: if that may be refused, what lies above the cause may be, too.
        """
        said = str(refusal)
        line = re.search(rf"{re.escape(self.grown.file)}:(\d+)", said)
        operator = re.search(r"^.*? \(([^:]*: )?(?P<operator>\S+) at \S+?\) (?P<why>.*?);", said)
        if "\n" in said or line is None:
            raise Wrong(f"a refusal without its line: {said}")
        if not status and int(line[1]) not in self.grown.refusing_lines():
            raise Wrong(f"refused for no reason: {said}")
        if isinstance(refusal, NoMirrorRule) and operator is None:
            raise Wrong(f"a refusal without its operator: {said}")
        if operator is None:
            return f"{type(refusal).__name__}: " + self.grown.source.splitlines()[int(line[1]) - 1].strip()
        return f"{operator['operator']} {operator['why']}"

    def compare(self, asked: list[tuple[str, str]]) -> None:
        """Maps and projections of these layers; raises Wrong, or what the package raises."""
        if not asked:
            return
        recording = self.dv.record(self.x, [layer for layer, _ in asked])
        unrefused = [layer for layer, y in asked if self.grown.status[y] == "must"]
        if unrefused:
            raise Wrong(f"must be refused, and is not: {', '.join(unrefused)}")
        units: list[Unit] = []
        expected: list[Tensor] = []
        for layer, y in asked:
            read_at = self.table[layer].read_at
            output = self.values[self.read(layer, y, recording.maps[read_at])]
            output = output.movedim(self.table.channel_dimension(read_at), 1)
            places, vector = lively_units(output.detach()), output.ndim == 2
            units += [Unit(layer, c, *((None, None) if vector else (row, col)), image=n) for n, c, row, col in places]
            expected += project_back(self.inputs, output, places)
        self.verdict.layers += len(asked)
        for source, way in ((recording, "from a recording"), (self.x, "from images")):
            for unit, p, canvas in zip(units, self.dv.project(source, units), expected, strict=True):
                error = relative_error(p.canvas(), canvas)
                if not error <= TOLERANCE:
                    raise Wrong(f"{unit!r} read at {p.read_at} is wrong by {error:.1e} {way}")
                self.verdict.error = max(self.verdict.error, error)
                self.verdict.units += 1
                self.verdict.lively += float(canvas.norm()) > 0
        self.compare_another_way(asked, units)

    @cached_property
    def another(self) -> tuple[Method, Tensor, dict[str, Tensor]]:
        """One of the other ways down, by the network's number, with the values whose backward pass is its own."""
        method = OTHERS[int(self.grown.label.split(":")[1]) % len(OTHERS)]
        inputs = self.x.clone().requires_grad_()
        return method, inputs, self.grown.values(self.net, inputs, rule=method.rule, unpool=method.unpool)

    def compare_another_way(self, asked: list[tuple[str, str]], units: list[Unit]) -> None:
        """The same units by another rule of the lattice; what the deconvnet answers, each of them must."""
        method, inputs, values = self.another
        if method.rule == "gradient" and "detach" in self.grown.source:  # it means nothing, but its derivative is 0
            return
        other = self.dv.by(method.rule, method.unpool)
        expected: list[Tensor] = []
        for layer, y in asked:
            read_at = self.table[layer].read_at
            name = self.read(layer, y, self.dv.record(self.x, [layer]).maps[read_at])
            output = values[name].movedim(self.table.channel_dimension(read_at), 1)
            places = lively_units(self.values[name].detach().movedim(self.table.channel_dimension(read_at), 1))
            expected += project_back(inputs, output, places)
        for unit, p, canvas in zip(units, other.project(self.x, units), expected, strict=True):
            error = relative_error(p.canvas(), canvas)
            if not error <= OF_DERIVATIVES:
                raise Wrong(f"{unit!r} read at {p.read_at} is wrong by {error:.1e} by {method}")

    def read(self, layer: str, y: str, maps: Tensor) -> str:
        """The variable that the layer's units are read from: its own, or what normalises or rectifies it."""
        chain = [y]
        for name in chain:
            chain += self.grown.followed.get(name, [])
        fitting = [name for name in chain if self.values[name].shape == maps.shape]
        errors = {name: relative_error(maps, self.values[name].detach()) for name in fitting}
        best = min(errors, key=lambda name: errors[name], default="")
        if not best or errors[best] > TOLERANCE:
            raise Wrong(f"{layer} is not {y}, read at {self.table[layer].read_at}: forward, it differs by {errors}")
        return best


def check_meaning(grown: Grown, net: nn.Module, x: Tensor, values: dict[str, Tensor]) -> None:
    """The two texts must compute the same: if not, the fuzzer is wrong."""
    kept: dict[str, list[Tensor]] = {}

    def keep(path: str) -> object:
        def hook(module: nn.Module, given: object, output: object) -> None:
            kept.setdefault(path, []).append(output.clone() if isinstance(output, Tensor) else output)

        return hook

    paths = [re.sub(r"_\d+$", "", layer) for layer, _ in grown.layers]
    hooks = [net.get_submodule(path).register_forward_hook(keep(path)) for path in dict.fromkeys(paths)]
    with torch.no_grad():
        outputs = [leaf for leaf in torch.utils._pytree.tree_leaves(net(x)) if isinstance(leaf, Tensor)]
    for hook in hooks:
        hook.remove()
    computed = [(path, kept[path].pop(0), y) for path, (_, y) in zip(paths, grown.layers, strict=True)]
    computed += [("what is given back", output, y) for output, y in zip(outputs, grown.outputs, strict=True)]
    for what, output, y in computed:
        if y not in grown.random and not relative_error(output, values[y]) <= TOLERANCE:
            raise Wrong(f"the fuzzer: {what} is not {y}")


def _state(net: nn.Module) -> list[object]:
    """What must be as before: attributes, hooks, flags, weights."""
    weights = net.state_dict(keep_vars=True).items()
    found: list[object] = [(name, id(w), w.dtype, w.device, float(w.detach().double().sum())) for name, w in weights]
    found += [(name, sorted(vars(module)), module.training) for name, module in net.named_modules()]
    return found
