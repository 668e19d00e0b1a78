"""Parts of a network: blocks in a row, in line or in a module of their own, and the ways to call it."""

import re
from collections.abc import Callable

from torch import nn

from .writing import Frame, Value, Writer

OneBlock = Callable[[Writer, Value, bool], Value]


def part(w: Writer, v: Value, one_block: OneBlock, refusing: bool) -> Value:
    """One part; if `refusing`, one of its blocks has no mirror."""
    if not refusing and len(w.size(v)) == 3 and w.maybe(0.2):
        return in_a_row(w, v)
    if w.maybe(0.55):
        with_block = w.dice.choice([""] * 5 + ["torch.no_grad()", "torch.autocast('cpu', enabled=False)"])
        return _inside(w, v, one_block, refusing, with_block)
    return as_module(w, v, one_block, refusing)


def _inside(w: Writer, v: Value, one_block: OneBlock, refusing: bool, with_block: str = "") -> Value:
    """One to three blocks, at times under a context manager."""
    frame, count = w.frame, w.dice.randint(1, 3)
    if with_block:
        frame.own.append(f"with {with_block}:")
        frame.indent = "    "
    for number in range(count):
        v = one_block(w, v, refusing and number == count - 1)
    frame.indent = ""
    return v


def as_module(w: Writer, v: Value, one_block: OneBlock, refusing: bool) -> Value:
    """A class of its own with one value or several in and out; called plainly, twice, or by `checkpoint`."""
    form = w.dice.choice(["plain"] * 3 + ["tuple", "list", "dict", "two arguments", "checkpoint", "reentrant"])
    given = [v]
    if form not in ("plain", "checkpoint", "reentrant"):
        given += [other for other in w.frame.history[-4:] if other.own != v.own][:1]
    name = w.name("part")
    outer, frame = w.frame, Frame(f"{w.frame.path}{name}.", history=list(given))
    w.net.get_submodule(outer.path.rstrip(".")).add_module(name, nn.Module())
    w.fresh -= {value.own for value in given}  # a module does not write over what it is given
    w.frames.append(frame)
    out = _inside(w, v, one_block, refusing)
    w.frames.pop()
    also = [value for value in frame.history if value.meant != out.meant and value not in given][-1:]
    also = also if form in ("tuple", "list", "dict") else []
    w.fresh -= {value.own for value in also}
    returns = [out, *also]
    kind = w.name("Part")
    w.definitions.append(as_class(kind, frame.members, *_signature(form, given, returns, frame.own)))
    outer.members.append(f"self.{name} = {kind}()")
    outer.meant += frame.meant
    outer.layers += frame.layers
    called = f"self.{name}"
    outer.own += [outer.indent + line for line in _call(form, called, [g.own for g in given], [r.own for r in returns])]
    outer.history += returns
    does_something = any(not says.endswith("* 1") for _, says in frame.meant)
    if form not in ("tuple", "list", "dict") and does_something:
        w.layer(f"{outer.path}{name}", out.meant)
    if form == "plain" and does_something and w.size(out) == w.size(v) and w.maybe(0.6):
        return _again(w, frame, f"{outer.path}{name}", v, out)
    return out


def _signature(form: str, given: list[Value], returns: list[Value], own: list[str]) -> tuple[list[str], list[str]]:
    """Arguments and body of the forward function."""
    names, out = [g.own for g in given], [r.own for r in returns]
    if form in ("tuple", "list"):
        opened, closed = "()" if form == "tuple" else "[]"
        unpacked = f"{', '.join(names)}, = given"
        return ["given"], [unpacked, *own, f"return {opened}{', '.join(out)},{closed}"]
    if form == "dict":
        unpacked = [f"{name} = given['in{n}']" for n, name in enumerate(names)]
        returned = ", ".join(f"'out{n}': {name}" for n, name in enumerate(out))
        return ["given"], [*unpacked, *own, f"return {{{returned}}}"]
    return names, [*own, f"return {out[0]}"]


def _call(form: str, called: str, names: list[str], out: list[str]) -> list[str]:
    """The lines that call the module."""
    if form in ("tuple", "list"):
        opened, closed = "()" if form == "tuple" else "[]"
        return [f"{', '.join(out)}, = {called}({opened}{', '.join(names)},{closed})"]
    if form == "dict":
        given = ", ".join(f"'in{n}': {name}" for n, name in enumerate(names))
        return [f"given = {called}({{{given}}})", *(f"{name} = given['out{n}']" for n, name in enumerate(out))]
    if form in ("checkpoint", "reentrant"):
        return [f"{out[0]} = checkpoint({called}, {names[0]}, use_reentrant={form == 'reentrant'})"]
    return [f"{out[0]} = {called}({', '.join(names)})"]


def _again(w: Writer, frame: Frame, path: str, v: Value, out: Value) -> Value:
    """A second call of the same module: on what it gave, or on what it was given, and both are added."""
    parallel, renamed = w.maybe(0.4), {}
    source = v if parallel else out
    renamed[v.meant] = source.meant
    w.fresh.discard(source.own)

    def rename(text: str) -> str:
        return re.sub(r"\bv\d+(?!\d)", lambda match: renamed.get(match[0], match[0]), text)

    statuses = {y: w.status[y] for y, _ in frame.meant}
    roles = {y: before for before, after in w.followed.items() for y in after}
    for y, says in frame.meant:
        renamed[y] = w.name("v")
        carrying = [source.meant] if w.status[source.meant] else []
        same = Value(renamed[y], renamed[y])
        w.mean(same.own, rename(says), carrying, [source.meant], "", statuses[y], y in w.random)
        if y in roles:
            w.followed.setdefault(renamed.get(roles[y], roles[y]), []).append(renamed[y])
        w.frame.history.pop()
    for _, y in frame.layers:
        layer = next(name for name, variable in frame.layers if variable == y)
        w.layer(_without_use(w, layer), renamed[y])
    again = Value(renamed[out.meant], renamed[out.meant])
    w.frame.own.append(w.frame.indent + f"{again.own} = self.{path.split('.')[-1]}({source.own})")
    w.frame.history.append(again)
    w.layer(path, again.meant)
    return w.say("{0} + {1}", out, again, fresh=True) if parallel else again


def _without_use(w: Writer, layer: str) -> str:
    """The module's path: a layer's name without the number of its use."""
    base, _, use = layer.rpartition("_")
    return base if use.isdigit() and base in w.uses else layer


ROW = [
    *("nn.ReLU()", "nn.ReLU(inplace=True)", "nn.SiLU()", "nn.GELU()", "nn.Hardswish(inplace=True)", "nn.Dropout(0.2)"),
    *("nn.Conv2d({c}, {c}, 3, padding=1)", "nn.BatchNorm2d({c})", "nn.Conv2d({c}, {c}, 1)", "nn.LocalResponseNorm(3)"),
    *("nn.MaxPool2d(3, 1, 1)", "nn.AvgPool2d(3, 1, 1)", "nn.Identity()", "nn.GroupNorm(1, {c})"),
]
MEANT = {
    "nn.LocalResponseNorm": "passed({m}, {0})",
    "nn.GroupNorm": "over_groups({0}, 1, {m}.weight, {m}.bias)",
    **{f"nn.{name}": f"rectify(F.{f}, {{0}})" for name, f in
       {"ReLU": "relu", "SiLU": "silu", "GELU": "gelu", "Hardswish": "hardswish"}.items()},
}  # fmt: skip
ROLES = {"nn.Conv2d": "filter", "nn.BatchNorm2d": "normalise", "nn.LocalResponseNorm": "normalise"}
ROLES |= {"nn.GroupNorm": "normalise"} | {name: "rectify" for name in MEANT if "Norm" not in name}


def in_a_row(w: Writer, v: Value) -> Value:
    """`nn.Sequential`, or a `nn.ModuleList` that is run in a loop."""
    channels, _, _ = w.maps(v)
    codes = ["nn.Conv2d({c}, {c}, 3, padding=1)", *w.dice.choices(ROW, k=w.dice.randint(1, 5))]
    made = [code.format(c=channels) for code in codes]
    listed = w.maybe(0.3)
    m = w.member(f"nn.ModuleList([{', '.join(made)}])" if listed else f"nn.Sequential({', '.join(made)})", "row")
    own, first = w.frame.own, v
    for number, code in enumerate(made):
        kind = code.partition("(")[0]
        if kind in ("nn.Dropout", "nn.Identity"):
            continue
        y = w.name("v")
        says = MEANT.get(kind, "{m}({0})").format(v.meant, m=f"{m}[{number}]")
        role = ROLES.get(kind, "")
        v = w.mean(y, w.absolute(f"{y} = {says}"), [v.meant], [v.meant], role, "", False)
        w.frame.history.pop()
        w.layer(f"{w.frame.path}{m.removeprefix('self.')}.{number}", y)
    loop = [f"{v.own} = {first.own}", f"for layer in {m}:", f"    {v.own} = layer({v.own})"]
    own += [w.frame.indent + line for line in (loop if listed else [f"{v.own} = {m}({first.own})"])]
    w.frame.history.append(v)
    if not listed:
        w.layer(f"{w.frame.path}{m.removeprefix('self.')}", v.meant)
    return v


def as_class(name: str, members: list[str], arguments: list[str], body: list[str]) -> str:
    """The source of a module's class."""
    lines = [f"class {name}(nn.Module):", "    def __init__(self):", "        super().__init__()"]
    lines += [f"        {line}" for line in members]
    lines += ["", f"    def forward(self, {', '.join(arguments)}):", *(f"        {line}" for line in body)]
    return "\n".join(lines)
