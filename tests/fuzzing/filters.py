"""Blocks that filter and normalise, in their spellings."""

from .writing import Unfit, Value, Writer


def convolution(w: Writer, v: Value) -> Value:
    """`nn.Conv2d` of any kind, or a function of filters of one's own."""
    channels, rows, columns = w.maps(v)
    pick = w.dice.choice
    kernel = pick([1, 3, 3, 3, 5, (1, 3), (3, 1), (2, 3), 2, 4])
    high, wide = (kernel, kernel) if isinstance(kernel, int) else kernel
    dilation = pick([1, 1, 1, 2, (1, 2)])
    stride = pick([1, 1, 1, 2, (1, 2), 3]) if min(rows, columns) > 7 else 1
    padding = pick([0, high // 2, 1, (high // 2, wide // 2), "'same'", "'valid'"]) if stride == 1 else pick([0, 1])
    if kernel == 1:
        padding = 0  # a border of equal values, of which a max-pooling above would choose by rounding
    groups = pick([1, 1, 1, 2, channels])
    if channels % groups or min(rows, columns) < 2 * (max(high, wide) - 1) + 1:
        raise Unfit
    out = pick([4, 6, 8, 8, 10, 12])
    out = out - out % groups or groups
    weight = f"torch.randn({out}, {channels // groups}, {high}, {wide}) / {round((channels * high * wide) ** 0.5, 1)}"
    options = f"stride={stride}, padding={padding}, dilation={dilation}, groups={groups}"
    bias = pick([True, True, False])
    if w.maybe(0.75):
        mode = pick(["zeros"] * 12 + ["'reflect'", "'replicate'", "'circular'"])
        if mode == "zeros" or isinstance(padding, str) or padding == 0:
            code = f"nn.Conv2d({channels}, {out}, {kernel}, {options}, bias={bias})"
            return w.say("{m}({0})", v, module=_derived(w, code), role="filter", fresh=True)
        code = f"nn.Conv2d({channels}, {out}, {kernel}, {options}, bias={bias}, padding_mode={mode})"
        return w.say("{m}({0})", v, module=code, role="filter", fresh=True)
    own = w.member(f"nn.Parameter({weight})", "weight")
    bias = w.member(f"nn.Parameter(torch.randn({out}))", "bias") if bias else None
    filters = pick([own, own, f"{own} * 0.5", f"({own} - {own}.mean((1, 2, 3), keepdim=True))"])
    return w.say(
        pick([f"F.conv2d({{0}}, {filters}, {bias}, {options})", f"torch.conv2d({{0}}, {filters}, {bias}, {options})"]),
        v,
        role="filter",
        fresh=True,
    )


def _derived(w: Writer, code: str) -> str:
    """At times the filters are computed from other weights."""
    which = w.dice.random()
    if which < 0.05:
        return f"nn.utils.parametrizations.weight_norm({code})"
    if which < 0.08:
        return f"nn.utils.parametrizations.spectral_norm({code})"
    if which < 0.12:
        standardised = w.define(
            "class {name}(nn.Conv2d):\n"
            "    def forward(self, x):\n"
            "        weight = self.weight - self.weight.mean((1, 2, 3), keepdim=True)\n"
            "        return self._conv_forward(x, weight / (weight.std() + 0.1), self.bias)"
        )
        return code.replace("nn.Conv2d", standardised)
    return code


def own_convolution(w: Writer, v: Value) -> Value:
    """A subclass of `nn.Conv2d` with a forward of its own."""
    channels, _, _ = w.maps(v, 4)
    body = w.dice.choice(
        ["super().forward(x) * 0.5", "super().forward(x) + x", "F.pad(super().forward(x), (1, 0, 0, 1))"]
    )
    name = w.define(f"class {{name}}(nn.Conv2d):\n    def forward(self, x):\n        return {body}")
    return w.say("{m}({0})", v, module=f"{name}({channels}, {channels}, 3, padding=1)")


def linear_at_each_position(w: Writer, v: Value) -> Value:
    """A 1×1 filter as a linear layer over channels that come last."""
    channels, _, _ = w.maps(v)
    out = w.dice.choice([4, 8, 12])
    last = w.say(w.dice.choice(["{0}.permute(0, 2, 3, 1)", "{0}.movedim(1, -1)", "torch.moveaxis({0}, 1, 3)"]), v)
    filtered = w.say("{m}({0})", last, module=f"nn.Linear({channels}, {out})", role="filter", fresh=True)
    back = ["{0}.permute(0, 3, 1, 2)", "{0}.movedim(-1, 1)", "{0}.permute(0, 3, 1, 2).contiguous()"]
    return w.say(w.dice.choice(back), filtered)


def contraction(w: Writer, v: Value) -> Value:
    """A 1×1 filter as a contraction of tensors."""
    channels, _, _ = w.maps(v)
    weight = w.member(f"nn.Parameter(torch.randn({channels}, {channels}) / 3)", "weight")
    own = w.dice.choice(
        [f"torch.einsum('oc,nchw->nohw', {weight}, {{0}})", f"({weight} @ {{0}}.flatten(2)).view({{0}}.shape)"]
    )
    return w.say(own, v, meant=f"F.conv2d({{0}}, {weight}[:, :, None, None])", role="filter", status="may")


def transposed(w: Writer, v: Value) -> Value:
    """A transposed convolution, as in networks that upsample."""
    channels, rows, columns = w.maps(v, 3)
    if max(rows, columns) > 20:
        raise Unfit
    pick, groups = w.dice.choice, w.dice.choice([1, 1, 2])
    if channels % groups:
        raise Unfit
    out, kernel = pick([4, 6, 8]), pick([2, 3, 4])
    stride, padding = pick([1, 2, 2]), pick([0, 1])
    odd = pick([0, 1]) if stride == 2 else 0
    if w.maybe(0.7):
        code = (
            f"nn.ConvTranspose2d({channels}, {out}, {kernel}, {stride}, {padding}, "
            f"output_padding={odd}, groups={groups}, dilation={pick([1, 1, 2])})"
        )
        return w.say("{m}({0})", v, module=code, role="filter", fresh=True)
    weight = w.member(f"nn.Parameter(torch.randn({channels}, {out // groups}, {kernel}, {kernel}) / 4)", "weight")
    return w.say(f"F.conv_transpose2d({{0}}, {weight}, None, {stride}, {padding}, {odd}, {groups})", v, fresh=True)


def batch_norm(w: Writer, v: Value) -> Value:
    channels, _, _ = w.maps(v)
    affine = w.dice.choice([True, True, False])
    kinds = [f"nn.BatchNorm2d({channels}, affine={affine})"] * 4 + [f"nn.SyncBatchNorm({channels})"]
    if w.maybe(0.75):
        return w.say("{m}({0})", v, module=w.dice.choice(kinds), role="normalise", fresh=True)
    mean, var, scale, shift = (
        w.member(f"buffer torch.rand({channels}) + {more}", name)
        for name, more in (("mean", -0.5), ("var", 0.5), ("scale", 0.5), ("shift", -0.5))
    )
    if w.maybe():
        return w.say(f"F.batch_norm({{0}}, {mean}, {var}, {scale}, {shift})", v, role="normalise", fresh=True)
    at = "[:, None, None]"
    frozen = f"({{0}} - {mean}{at}) * ({var}{at} + 1e-5).rsqrt() * {scale}{at} + {shift}{at}"
    return w.say(frozen, v, fresh=True)


def group_norm(w: Writer, v: Value) -> Value:
    """Group, instance and layer normalisation over the channels of maps."""
    channels, rows, columns = w.maps(v, 2)
    groups = w.dice.choice([n for n in (1, 2, 3, 4, channels) if channels % n == 0])
    if channels // groups * rows * columns < 8:
        raise Unfit
    form = w.dice.randrange(6)
    if form < 2:
        code, meant = f"nn.GroupNorm({groups}, {channels})", f"over_groups({{0}}, {groups}, {{m}}.weight, {{m}}.bias)"
        return w.say("{m}({0})", v, module=code, meant=meant, role="normalise", fresh=True)
    if form == 2:
        scale = w.member(f"nn.Parameter(torch.rand({channels}))", "scale")
        meant = f"over_groups({{0}}, {groups}, {scale}, None)"
        return w.say(f"F.group_norm({{0}}, {groups}, {scale})", v, meant=meant, role="normalise", fresh=True)
    if form == 3:
        affine = w.maybe()
        extra = "{m}.weight, {m}.bias" if affine else "None, None"
        code = f"nn.InstanceNorm2d({channels}, affine={affine})"
        meant = f"over_groups({{0}}, {channels}, {extra})"
        return w.say("{m}({0})", v, module=code, meant=meant, role="normalise", fresh=True)
    if form == 4:
        meant = f"over_groups({{0}}, {channels}, None, None)"
        return w.say("F.instance_norm({0})", v, meant=meant, role="normalise", fresh=True)
    code, meant = f"nn.LayerNorm([{channels}, {rows}, {columns}])", "over_last({0}, 3, {m}.weight, {m}.bias)"
    return w.say("{m}({0})", v, module=code, meant=meant, role="normalise", fresh=True)


def layer_norm(w: Writer, v: Value) -> Value:
    """Layer normalisation over channels: at each position, as ConvNeXt has it; or written out."""
    channels, _, _ = w.maps(v)
    if channels < 4:
        raise Unfit
    if w.maybe(0.2):
        name = w.define(
            "class {name}(nn.Module):\n"
            "    def __init__(self, channels):\n"
            "        super().__init__()\n"
            "        self.weight = nn.Parameter(torch.ones(channels))\n"
            "        self.bias = nn.Parameter(torch.zeros(channels))\n"
            "    def forward(self, x):\n"
            "        u = x.mean(1, keepdim=True)\n"
            "        s = (x - u).pow(2).mean(1, keepdim=True)\n"
            "        x = (x - u) / torch.sqrt(s + 1e-6)  # may be refused\n"
            "        return self.weight[:, None, None] * x + self.bias[:, None, None]"
        )
        meant = "over_last({0}.movedim(1, -1), 1, {m}.weight, {m}.bias, 1e-6).movedim(-1, 1)"
        return w.say("{m}({0})", v, module=f"{name}({channels})", meant=meant, role="normalise", status="may")
    last = w.say("{0}.permute(0, 2, 3, 1)", v)
    meant = "over_last({0}, 1, {m}.weight, {m}.bias)"
    normed = w.say("{m}({0})", last, module=f"nn.LayerNorm({channels})", meant=meant, role="normalise")
    return w.say("{0}.permute(0, 3, 1, 2)", normed)


def local_response(w: Writer, v: Value) -> Value:
    """The contrast normalisation of AlexNet and ZFNet, which the signal passes."""
    w.maps(v)
    n, k = w.dice.choice([(3, 1.0), (5, 2.0), (2, 1.0)])
    form = w.dice.randrange(3)
    if form == 0:
        own, module = f"F.local_response_norm({{0}}, {n}, 1e-2, 0.75, {k})", ""
    elif form == 1:
        own, module = "{m}({0})", f"nn.LocalResponseNorm({n}, 1e-2, 0.75, {k})"
    else:
        own, module = "{m}({0})", w.define("class {name}(nn.LocalResponseNorm):\n    pass") + f"({n}, 1e-2)"
    meant = f"passed(lambda x: {own.format('x', m='{m}')}, {{0}})"
    return w.say(own, v, module=module, meant=meant, role="normalise", fresh=True)


def own_normalisation(w: Writer, v: Value) -> Value:
    """A subclass of a normalisation with a forward of its own: nothing of its class holds for it."""
    channels, _, _ = w.maps(v)
    kind = w.dice.choice(["nn.LocalResponseNorm", "nn.BatchNorm2d", "nn.InstanceNorm2d"])
    body = w.dice.choice(["x - x.mean(1, keepdim=True)", "x * 0.5", "torch.cat([x, -x], 1)"])
    name = w.define(f"class {{name}}({kind}):\n    def forward(self, x):\n        return {body}")
    size = "3" if kind == "nn.LocalResponseNorm" else str(channels)
    return w.say("{m}({0})", v, module=f"{name}({size})", meant=body.replace("x", "{0}"))


FILTERS = [*[convolution] * 8, own_convolution, linear_at_each_position, contraction, transposed]
NORMS = [*[batch_norm] * 4, *[group_norm] * 2, layer_norm, *[local_response] * 2, own_normalisation]
