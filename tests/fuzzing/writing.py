"""Two texts side by side: a network's own source, and what it means, line by line.

The writer runs each line of the meaning as it is written, on two small images: so every block knows the shape of what
it is given, and a network that cannot run is never finished.
"""

import random
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from .meaning import WORDS

NAMES = {"torch": torch, "F": F, "nn": nn, "checkpoint": checkpoint, "math": __import__("math")}
"""What a network's own source may say."""


class Unfit(Exception):
    """A block that does not fit what it was given; another one is tried."""


@dataclass(frozen=True)
class Value:
    """A value of the network: the variable that holds it in the network's own text, and in its meaning."""

    own: str
    meant: str


@dataclass
class Frame:
    """A module that is being written: its path in the network, the lines of its two functions, what skips may read."""

    path: str
    members: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list)
    meant: list[tuple[str, str]] = field(default_factory=list)
    layers: list[tuple[str, str]] = field(default_factory=list)
    history: list[Value] = field(default_factory=list)
    reusable: dict[str, str] = field(default_factory=dict)
    indent: str = ""


class Writer:
    """Writes a network; `dice` decides whatever is random.

    `status` of each variable: "" if its projections must be right, "may" if they may also be refused, "must" if they
    must be. `layers`: (name, variable) of the modules' outputs. `followed`: what normalises or rectifies a variable.
    """

    def __init__(self, dice: random.Random, shape: tuple[int, int, int]) -> None:
        self.dice, self.shape = dice, shape
        self.net = nn.Module()
        self.env: dict[str, Any] = {**NAMES, **WORDS, "self": self.net}
        self.frames = [Frame("", history=[])]
        self.definitions: list[str] = []
        self.status, self.random = {"x": ""}, set[str]()
        self.followed: dict[str, list[str]] = {}
        self.squashed: set[str] = set()  # between 0 and 1: in a product they are taken for the gate
        self.fresh: set[str] = set()
        self.uses: Counter[str] = Counter()
        self.count = 0
        self.input = Value("x", "x")
        self.env["x"] = torch.randn(2, *shape)

    @property
    def frame(self) -> Frame:
        return self.frames[-1]

    def tensor(self, value: Value) -> Tensor:
        return self.env[value.meant]

    def size(self, value: Value) -> tuple[int, ...]:
        """Of one image: channels, rows, columns."""
        return tuple(self.tensor(value).shape[1:])

    def name(self, what: str) -> str:
        self.count += 1
        return f"{what}{self.count}"

    def absolute(self, text: str) -> str:
        """A line of the module being written, as a line of the whole network."""
        return re.sub(r"\bself\b", f"self.{self.frame.path}".rstrip("."), text)

    def member(self, code: str, kind: str = "") -> str:
        """Make an attribute of the module being written; the text that reads it (`self.conv3`)."""
        name = self.name(kind or re.sub(r"\W.*", "", code.removeprefix("nn.")).lower() or "part")
        line = f"self.{name} = {code}"
        if code.startswith("buffer "):
            line = f"self.register_buffer('{name}', {code.removeprefix('buffer ')})"
        self.frame.members.append(line)
        exec(self.absolute(line), self.env)
        return f"self.{name}"

    def module(self, code: str) -> str:
        """A module of this code: a new one, or at times one that is there already; or one of a `ModuleDict`.

        `code` may also name one that is there.
        """
        if code.startswith("self."):
            return code
        known = self.frame.reusable.get(code)
        if known and self.dice.random() < 0.5:
            return known
        found = self.member(code)
        if self.dice.random() < 0.1:
            inside = self.name("many")
            line = f"self.{inside} = nn.ModuleDict()\n{{}}self.{inside}['only'] = {found}\n{{}}del {found}"
            self.frame.members.append(line.format("        ", "        "))
            exec(self.absolute(line.format("", "")), self.env)
            found = f"self.{inside}['only']"
        self.frame.reusable[code] = found
        return found

    def say(
        self,
        own: str,
        *of: Value,
        meant: str = "",
        module: str = "",
        role: str = "",
        signal: tuple[int, ...] | None = None,
        status: str = "",
        fresh: bool = False,
        in_place: bool = False,
        random: bool = False,
    ) -> Value:
        """Write one step in both texts; what comes of it.

        `own`: an expression, or statements that set `{y}`; `{0}`, `{1}`: the values it reads; `{m}`: the module of
        code `module`. `meant`: the same in words of the meaning, by default the same text. `signal`: which values the
        signal goes to, by default all. `fresh`: whether the result shares memory with nothing; `in_place`: whether
        the first value's memory is overwritten.
        """
        if in_place and of[0].own not in self.fresh:
            raise Unfit
        m = self.module(module) if module else ""
        y = self.name("v")
        text = own.format(*(v.own for v in of), y=y, m=m)
        text = text if re.search(rf"\b{y}\b", text) else f"{y} = {text}"
        says = (meant or own).format(*(v.meant for v in of), y=y, m=m)
        carrying = [v for n, v in enumerate(of) if signal is None or n in signal]
        if "gated(" in says and self.squashed & {v.meant for v in carrying}:
            status = status or "may"  # either factor could be the gate
        if re.search("sigmoid|softmax|relu6", says) or (not role and self.squashed & {v.meant for v in carrying}):
            self.squashed.add(y)
        says = self.absolute(says if re.search(rf"\b{y}\b", says) else f"{y} = {says}")
        mark = {"": "", "may": "  # may be refused", "must": "  # must be refused"}[status]
        self.frame.own += [self.frame.indent + line + mark for line in text.split("\n")]
        value = self.mean(y, says, [v.meant for v in carrying], [v.meant for v in of], role, status, random)
        if m:
            self.layer(self.frame.path + re.sub(r"\['(\w+)'\]", r".\1", m).removeprefix("self."), y)
        self._memory(of, value, fresh, in_place)
        return value

    def mean(
        self, y: str, says: str, carrying: list[str], reads: list[str], role: str, status: str, random: bool
    ) -> Value:
        """A line of the meaning, run at once."""
        self.frame.meant.append((y, says))
        with torch.no_grad():
            exec(says, self.env)
        worst = [self.status[name] for name in carrying] + [status]
        self.status[y] = "must" if "must" in worst else "may" if "may" in worst else ""
        if random or self.random & set(reads):
            self.random.add(y)
            self.status[y] = "must"
        if role and carrying:
            self.followed.setdefault(carrying[0], []).append(y)
        value = Value(y, y)
        self.frame.history.append(value)
        return value

    def layer(self, path: str, y: str) -> None:
        """Say that the output of the module at `path` is `y`."""
        use = self.uses[path]
        self.uses[path] += 1
        self.frame.layers.append((f"{path}_{use}" if use else path, y))

    def _memory(self, of: tuple[Value, ...], value: Value, fresh: bool, in_place: bool) -> None:
        """Whose memory is whose: nothing may be overwritten that another value shares."""
        history = self.frame.history
        if in_place:
            self.fresh.discard(of[0].own)
            for frame in self.frames:
                frame.history = [v for v in frame.history if v.own != of[0].own]
            if self.dice.random() < 0.3:  # the old name reads what was written over it
                history.append(Value(of[0].own, value.meant))
                return
        if fresh or in_place:
            self.fresh.add(value.own)
        else:
            self.fresh -= {v.own for v in of}

    def earlier(self, like: Value | None = None, shape: tuple[int, ...] | None = None, other: bool = True) -> Value:
        """An earlier value of the same rows and columns as `like`, or of this very shape; never `like` itself."""
        fitting = []
        for v in self.frame.history:
            size = self.size(v)
            if like is not None and (len(size) != 3 or size[1:] != self.size(like)[1:]):
                continue
            if shape is not None and size != shape:
                continue
            if not (other and like is not None and v.meant == like.meant) and v.meant != "x":
                fitting.append(v)
        if not fitting:
            raise Unfit
        return self.dice.choice(fitting)

    def maps(self, value: Value, smallest: int = 1) -> tuple[int, int, int]:
        """Channels, rows and columns of maps; raises Unfit for anything else, or smaller maps."""
        size = self.size(value)
        if len(size) != 3 or min(size[1:]) < smallest:
            raise Unfit
        return size[0], size[1], size[2]

    def maybe(self, chance: float = 0.5) -> bool:
        return self.dice.random() < chance

    def define(self, text: str) -> str:
        """A class of its own before the network; `{name}` stands for its name, which is given back."""
        name = self.name("Own")
        self.definitions.append(text.replace("{name}", name))
        exec(self.definitions[-1], self.env)
        return name
