"""Activations: modules, functions, methods, in place, and written out."""

from .writing import Value, Writer

PLAIN = {
    "F.relu": [
        "nn.ReLU()",
        "F.relu({0})",
        "torch.relu({0})",
        "{0}.relu()",
        "{0}.clamp(min=0)",
        "F.threshold({0}, 0, 0)",
    ],
    "F.relu6": ["nn.ReLU6()", "F.relu6({0})", "F.hardtanh({0}, 0.0, 6.0)", "{0}.clamp(0, 6)", "torch.clip({0}, 0, 6)"],
    "F.silu": ["nn.SiLU()", "F.silu({0})"],
    "F.hardswish": ["nn.Hardswish()", "F.hardswish({0})"],
    "F.gelu": ["nn.GELU()", "F.gelu({0})"],
    "lambda x: F.gelu(x, approximate='tanh')": ["nn.GELU('tanh')", "F.gelu({0}, approximate='tanh')"],
    "F.mish": ["nn.Mish()", "F.mish({0})"],
    "F.softplus": ["nn.Softplus()", "F.softplus({0})"],
    "F.elu": ["nn.ELU()", "F.elu({0})"],
    "F.selu": ["nn.SELU()", "torch.selu({0})"],
    "F.celu": ["nn.CELU()", "F.celu({0})"],
    "torch.tanh": ["nn.Tanh()", "torch.tanh({0})", "{0}.tanh()", "F.tanh({0})"],
    "torch.sigmoid": ["nn.Sigmoid()", "torch.sigmoid({0})", "{0}.sigmoid()"],
    "F.hardsigmoid": ["nn.Hardsigmoid()", "F.hardsigmoid({0})"],
    "F.hardtanh": ["nn.Hardtanh()", "F.hardtanh({0})"],
    "lambda x: F.leaky_relu(x, 0.1)": ["nn.LeakyReLU(0.1)", "F.leaky_relu({0}, 0.1)"],
    "F.softsign": ["nn.Softsign()", "F.softsign({0})"],
    "F.logsigmoid": ["nn.LogSigmoid()", "F.logsigmoid({0})"],
    "F.tanhshrink": ["nn.Tanhshrink()", "F.tanhshrink({0})"],
    "F.hardshrink": ["nn.Hardshrink()", "F.hardshrink({0})"],
    "F.softshrink": ["nn.Softshrink()", "F.softshrink({0})"],
    "lambda x: F.threshold(x, 0.1, 0.0)": ["nn.Threshold(0.1, 0.0)", "F.threshold({0}, 0.1, 0.0)"],
    "F.rrelu": ["nn.RReLU()", "F.rrelu({0})"],
}
"""Torch's own, by what they compute: modules, and functions of `{0}`."""

IN_PLACE = {
    "F.relu": [
        "nn.ReLU(inplace=True)",
        "F.relu({0}, inplace=True)",
        "torch.relu_({0})",
        "{0}.relu_()",
        "{0}.clamp_(0)",
    ],
    "F.relu6": ["nn.ReLU6(inplace=True)", "F.relu6({0}, inplace=True)"],
    "F.silu": ["nn.SiLU(inplace=True)", "F.silu({0}, True)"],
    "F.hardswish": ["nn.Hardswish(inplace=True)"],
    "F.elu": ["nn.ELU(inplace=True)"],
    "torch.tanh": ["{0}.tanh_()"],
    "torch.sigmoid": ["torch.sigmoid_({0})"],
    "lambda x: F.leaky_relu(x, 0.1)": ["nn.LeakyReLU(0.1, inplace=True)", "F.leaky_relu_({0}, 0.1)"],
}
"""The same, which write over what they are given."""

WRITTEN_OUT = {
    "F.silu": [
        *("{0} * torch.sigmoid({0})", "{0}.sigmoid() * {0}", "{0}.mul(F.sigmoid({0}))", "torch.sigmoid({0}).mul_({0})"),
        *("{0} / (1 + torch.exp(-{0}))", "{0} * (1 / (1 + (-{0}).exp()))"),
    ],
    "lambda x: x * torch.sigmoid(1.702 * x)": ["{0} * torch.sigmoid(1.702 * {0})", "torch.sigmoid({0} * 1.702) * {0}"],
    "lambda x: x * torch.sigmoid(0.7 * x)": ["{0} * (0.7 * {0}).sigmoid()"],
    "F.hardswish": [
        *("{0} * F.relu6({0} + 3) / 6", "{0} * (F.relu6({0} + 3) / 6)", "F.relu6({0} + 3.0) * {0} / 6.0"),
        *("{0} * F.hardsigmoid({0})", "{0} * F.hardtanh({0} + 3, 0.0, 6.0) / 6", "F.relu6(3 + {0}) / 6 * {0}"),
        *("{0} / 6 * F.relu6({0} + 3)", "{0} * ({0} + 3).clamp(0, 6) / 6", "{0} * F.relu6({0} + 3) * (1 / 6)"),
        "{0}.add(3).clamp_(0, 6).mul_({0}).div_(6)",
    ],
    "F.gelu": [
        *("{0} * 0.5 * (1.0 + torch.erf({0} / math.sqrt(2.0)))", "0.5 * {0} * (1 + torch.erf({0} * 0.5 ** 0.5))"),
    ],
    "lambda x: F.gelu(x, approximate='tanh')": [
        "0.5 * {0} * (1 + torch.tanh(math.sqrt(2 / math.pi) * ({0} + 0.044715 * {0} ** 3)))",
        "0.5 * {0} * (1 + torch.tanh(0.7978845608028654 * {0} * (1 + 0.044715 * {0} * {0})))",
    ],
    "F.mish": ["{0} * torch.tanh(F.softplus({0}))", "F.softplus({0}).tanh() * {0}"],
    "F.relu": [
        *(
            "torch.where({0} > 0, {0}, 0.0)",
            "{0} * ({0} > 0)",
            "{0}.masked_fill({0} < 0, 0.0)",
            "({0} + {0}.abs()) / 2",
        ),
        *(
            "torch.maximum({0}, torch.zeros_like({0}))",
            "{y} = {0}.clone()\n{y}[{y} < 0] = 0",
            "torch.clamp_min({0}, 0)",
        ),
        "{0}.clamp(min=0.0, max=None)",
    ],
    "lambda x: F.leaky_relu(x, 0.1)": [
        *("torch.where({0} > 0, {0}, 0.1 * {0})", "torch.maximum({0}, 0.1 * {0})"),
    ],
    "lambda x: x.clamp(-1, 2)": ["{0}.clamp(-1, 2)"],
}
"""Written in several operators."""

SCALED = [
    *("2 * {0} * torch.sigmoid({0})", "{0} * (2 * {0}.sigmoid())", "({0} * 2) * {0}.sigmoid()"),
    *("2 * F.silu({0})", "{0}.sigmoid() * {0} * 2.0", "{0} * {0}.sigmoid() / 0.5", "{0} * torch.sigmoid({0}).mul(2)"),
]
"""Twice a SiLU: an activation, then a filter."""

OWN_FORWARD = "class {name}(nn.ReLU):\n    def forward(self, x):\n        return F.leaky_relu(x, 0.1)"


def activation(w: Writer, v: Value) -> Value:
    """Any of torch's, not written out."""
    table = IN_PLACE if v.own in w.fresh and w.maybe() else PLAIN
    which = w.dice.choice(["F.relu"] * len(table) + list(table))
    spelled = w.dice.choice(table[which])
    in_place = {"in_place": True} if table is IN_PLACE else {"fresh": True}
    if spelled.startswith("nn."):
        return w.say("{m}({0})", v, module=spelled, meant=f"rectify({which}, {{0}})", role="rectify", **in_place)
    return w.say(spelled, v, meant=f"rectify({which}, {{0}})", role="rectify", **in_place)


def learned(w: Writer, v: Value) -> Value:
    """Activations with weights."""
    channels = w.size(v)[0]
    form = w.dice.randrange(4)
    if form == 0:
        code = f"nn.PReLU({w.dice.choice([1, channels])})"
        return w.say("{m}({0})", v, module=code, meant="rectify({m}, {0})", role="rectify", fresh=True)
    if form == 1:
        slope = w.member(f"nn.Parameter(torch.rand({channels}))", "slope")
        return w.say(
            f"F.prelu({{0}}, {slope})", v, meant=f"rectify(lambda x: F.prelu(x, {slope}), {{0}})", role="rectify"
        )
    if form == 2:
        beta = w.member("nn.Parameter(torch.rand(1) + 0.5)", "beta")
        meant = f"rectify(lambda x: x * torch.sigmoid({beta} * x), {{0}})"
        return w.say(f"{{0}} * torch.sigmoid({beta} * {{0}})", v, meant=meant, role="rectify")
    name = w.define(OWN_FORWARD)
    meant = "rectify(lambda x: F.leaky_relu(x, 0.1), {0})"
    return w.say("{m}({0})", v, module=f"{name}()", meant=meant, role="rectify")


def written_out(w: Writer, v: Value) -> Value:
    """An activation in several operators."""
    if w.maybe(0.15):
        y = w.name("v")  # a filter below it is read after the activation, which may lie before what doubles it
        once = w.mean(y, f"{y} = rectify(F.silu, {v.meant})", [v.meant], [v.meant], "rectify", "", False)
        w.frame.history.pop()
        return w.say(w.dice.choice(SCALED), v, meant=f"2 * {once.meant}", role="rectify", fresh=True)
    which = w.dice.choice(list(WRITTEN_OUT))
    spelled = w.dice.choice(WRITTEN_OUT[which])
    return w.say(spelled, v, meant=f"rectify({which}, {{0}})", role="rectify", fresh=True)


def both_signs(w: Writer, v: Value) -> Value:
    """CReLU: what is negative gets maps of its own."""
    if len(w.size(v)) == 3:
        w.maps(v)
    own = w.dice.choice(
        ["torch.cat([F.relu({0}), F.relu(-{0})], 1)", "torch.cat((F.relu({0}), F.relu({0}.neg())), dim=1)"]
    )
    meant = "torch.cat([rectify(F.relu, {0}), rectify(F.relu, -{0})], 1)"
    return w.say(own, v, meant=meant, fresh=True)


ACTIVATIONS = [*[activation] * 10, learned, *[written_out] * 4, both_signs]
