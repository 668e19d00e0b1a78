"""Blocks in which one value says how much of another passes; and products with constants."""

from .writing import Unfit, Value, Writer

SQUASHES = {
    "torch.sigmoid({0})": "rectify(torch.sigmoid, {0})",
    "{0}.sigmoid()": "rectify(torch.sigmoid, {0})",
    "F.sigmoid({0})": "rectify(torch.sigmoid, {0})",
    "F.hardsigmoid({0})": "rectify(F.hardsigmoid, {0})",
    "F.relu6({0} + 3) / 6": "rectify(F.relu6, {0} + 3) / 6",
}
"""Inside a gate they are what they are; a value that is also used elsewhere is an activation there."""


def squash(w: Writer, v: Value) -> Value:
    own = w.dice.choice(list(SQUASHES))
    return w.say(own, v, meant=SQUASHES[own], role="rectify", fresh=True)


def squeeze_and_excite(w: Writer, v: Value) -> Value:
    """Squeeze-and-excitation: the mean of each map, two filters, a sigmoid, in several spellings."""
    channels, _, _ = w.maps(v, 2)
    pick, few = w.dice.choice, max(channels // 2, 1)
    form = w.dice.randrange(4)
    if form == 0:
        name = w.define(
            "class {name}(nn.Module):\n"
            "    def __init__(self, channels, few):\n"
            "        super().__init__()\n"
            "        self.avgpool = nn.AdaptiveAvgPool2d(1)\n"
            "        self.fc1, self.fc2 = nn.Conv2d(channels, few, 1), nn.Conv2d(few, channels, 1)\n"
            f"        self.activation, self.scale = nn.ReLU(), {pick(['nn.Sigmoid()', 'nn.Hardsigmoid()'])}\n"
            "    def gate(self, x):\n"
            "        return self.scale(self.fc2(self.activation(self.fc1(self.avgpool(x)))))\n"
            "    def forward(self, x):\n"
            f"        return {pick(['self.gate(x) * x', 'x * self.gate(x)', 'torch.mul(x, self.gate(x))'])}"
        )
        return w.say("{m}({0})", v, module=f"{name}({channels}, {few})", meant="gated({0}, {m}.gate({0}))", fresh=True)
    if form == 1:
        pooled = ["{0}.mean((2, 3), keepdim=True)", "F.adaptive_avg_pool2d({0}, 1)", "{0}.mean(3, True).mean(2, True)"]
        pooled += [
            "F.avg_pool2d({0}, {0}.shape[2:])",
            "{0}.amax((2, 3), keepdim=True)",
            "F.adaptive_max_pool2d({0}, 1)",
        ]
        own = pick(pooled)
        squeezed = w.say(own, v, status="may" if "amax" in own else "")
        return multiply(w, v, squash(w, w.say("{m}({0})", squeezed, module=f"nn.Conv2d({channels}, {channels}, 1)")))
    if form == 2:
        squeezed = w.say(pick(["{0}.mean((2, 3))", "{0}.mean(dim=[-2, -1])", "{0}.flatten(2).mean(2)"]), v)
        layers = f"nn.Sequential(nn.Linear({channels}, {few}), nn.ReLU(inplace=True), nn.Linear({few}, {channels}))"
        meant = "{m}[2](rectify(F.relu, {m}[0]({0})))"
        excited = squash(w, w.say("{m}({0})", squeezed, module=layers, meant=meant))
        back = [f"{{0}}.view(-1, {channels}, 1, 1)", "{0}[:, :, None, None]", "{0}.unsqueeze(2).unsqueeze(3)"]
        return multiply(w, v, w.say(pick(back), excited))
    squeezed = w.say("{0}.mean((2, 3)).unsqueeze(1)", v)  # efficient channel attention: a filter over neighbouring maps
    excited = w.say("{m}({0})", squeezed, module="nn.Conv1d(1, 1, 3, padding=1, bias=False)", status="may")
    return multiply(w, v, w.say("{0}.transpose(1, 2).unsqueeze(-1)", squash(w, excited)))


def multiply(w: Writer, v: Value, gate: Value) -> Value:
    """The product, in one of its spellings."""
    if v.own in w.fresh and w.maybe(0.3):
        own = w.dice.choice(["{0}.mul_({1})", "{y} = {0}\n{y} *= {1}"])
        return w.say(own, v, gate, meant="gated({0}, {1})", signal=(0,), in_place=True)
    spelled = ["{0} * {1}", "{1} * {0}", "torch.mul({0}, {1})", "{0}.mul({1})", "{0} * {1}.expand_as({0})"]
    return w.say(w.dice.choice(spelled), v, gate, meant="gated({0}, {1})", signal=(0,), fresh=True)


def spatial_gate(w: Writer, v: Value) -> Value:
    """CBAM: mean and maximum over the maps, a filter, a sigmoid; or a filter alone."""
    channels, _, _ = w.maps(v, 3)
    if w.maybe():
        most = w.dice.choice(["{0}.amax(1, keepdim=True)", "{0}.max(1, keepdim=True)[0]", "{0}.std(1, keepdim=True)"])
        seen, size = w.say(f"torch.cat([{{0}}.mean(1, keepdim=True), {most}], 1)", v, status="may"), "2, 1"
    else:
        seen, size = v, f"{channels}, {w.dice.choice([1, channels])}"
    return multiply(w, v, squash(w, w.say("{m}({0})", seen, module=f"nn.Conv2d({size}, 3, padding=1)", role="filter")))


def gate_with_a_shift(w: Writer, v: Value) -> Value:
    """`x * (1 + g)`, `x + x * g`: residual attention."""
    channels, _, _ = w.maps(v, 3)
    gate = w.say("{m}({0})", v, module=f"nn.Conv2d({channels}, {channels}, 1)", role="filter", fresh=True)
    if w.maybe(0.3):
        own = w.dice.choice(["{0}.softmax(1)", "F.softmax({0}.flatten(2), -1).view({0}.shape)"])
        return multiply(w, v, w.say(own, gate, meant=f"passed(lambda x: {own.format('x')}, {{0}})", status="may"))
    if w.maybe(0.2):
        gate = w.say("torch.tanh({0})", gate, meant="rectify(torch.tanh, {0})", role="rectify")
        return w.say("{0} * {1}", v, gate, meant="gated({0}, {1})", signal=(0,), status="may", fresh=True)
    gate = squash(w, gate)
    own = w.dice.choice(["{0} * (1 + {1})", "{0} + {0} * {1}", "{0} * (2 * {1} - 1)", "(1 + {1}) * {0}"])
    meant = {"{0} + {0} * {1}": "{0} + gated({0}, {1})", "{0} * (2 * {1} - 1)": "gated({0}, 2 * {1} - 1)"}
    return w.say(own, v, gate, meant=meant.get(own, "gated({0}, 1 + {1})"), signal=(0,), fresh=True)


def halves(w: Writer, v: Value) -> Value:
    """Gated linear units: half of the maps are gates of the other half."""
    size = w.size(v)
    if size[0] % 2:
        raise Unfit
    half = "{0}.chunk(2, 1)"
    meant = f"gated({half}[0], {half}[1].sigmoid())"
    own = w.dice.choice(
        [
            *(
                "F.glu({0}, 1)",
                "F.glu({0}, dim=1)",
                "{m}({0})",
                "{y}a, {y}b = {0}.chunk(2, dim=1)\n{y} = {y}a * torch.sigmoid({y}b)",
            ),
            f"{{0}}[:, : {size[0] // 2}] * {{0}}[:, {size[0] // 2} :].sigmoid()",
            "{y}a, {y}b = {0}.chunk(2, 1)\n{y} = torch.tanh({y}a) * torch.sigmoid({y}b)",
        ]
    )
    if "tanh" in own:
        meant = f"gated(rectify(torch.tanh, {half}[0]), {half}[1].sigmoid())"
    return w.say(own, v, module="nn.GLU(1)" if "{m}" in own else "", meant=meant, fresh=True)


def highway(w: Writer, v: Value) -> Value:
    """A gate for one way and what is left of one for the other."""
    channels, _, _ = w.maps(v, 3)
    other = w.say("{m}({0})", v, module=f"nn.Conv2d({channels}, {channels}, 3, padding=1)", role="filter", fresh=True)
    gate = squash(w, w.say("{m}({0})", v, module=f"nn.Conv2d({channels}, {w.dice.choice([1, channels])}, 1)"))
    meant = "gated({0}, {2}) + gated({1}, 1 - {2})"
    return w.say("{0} * {2} + {1} * (1 - {2})", v, other, gate, meant=meant, signal=(0, 1), fresh=True)


def by_a_point(w: Writer, v: Value) -> Value:
    """What is 1×1 in space scales maps, whether squashed or not."""
    w.maps(v, 2)
    return multiply(w, v, w.say("{0}.mean((2, 3), keepdim=True)", v, fresh=True))


def constants(w: Writer, v: Value) -> Value:
    """Numbers and weights that scale and shift."""
    channels, shape = w.size(v)[0], "(-1, 1, 1)" if len(w.size(v)) == 3 else "(-1)"
    own = w.dice.choice(
        [
            *("{0} * 2 + 1", "{0} / 4", "-{0}", "1 - {0}", "{0} - 0.3", "torch.add({0}, 1.5, alpha=2)", "{0}.mul(1.5)"),
            *(
                "torch.rsub({0}, 1)",
                "torch.neg({0})",
                "{0}.sub(0.2)",
                "3 * {0} / 2",
                "{0}.div(0.7)",
                "torch.true_divide({0}, 2)",
            ),
            *(
                "scale * {0}",
                "{0} * scale",
                "{0} * scale + shift",
                "{0} / (scale + 1)",
                "{0} * scale.exp()",
                "{0} - shift",
            ),
            "{0} * buffer",
        ]
    )
    made = {"scale": "nn.Parameter(torch.rand({c}).view{s} + 0.2)", "shift": "nn.Parameter(torch.randn({c}).view{s})"}
    made["buffer"] = "buffer torch.rand({c}).view{s}"
    for word, code in made.items():
        if word in own:
            own = own.replace(word, w.member(code.format(c=channels, s=shape), word))
    return w.say(own, v, fresh=True)


def constants_in_place(w: Writer, v: Value) -> Value:
    own = w.dice.choice(
        ["{0}.mul_(1.5)", "{0}.add_(0.5)", "{0}.div_(2).sub_(0.1)", "{0}.neg_()", "{y} = {0}\n{y} /= 3"]
    )
    meant = {"{0}.mul_(1.5)": "{0} * 1.5", "{0}.add_(0.5)": "{0} + 0.5", "{0}.div_(2).sub_(0.1)": "{0} / 2 - 0.1"}
    meant |= {"{0}.neg_()": "-{0}", "{y} = {0}\n{y} /= 3": "{0} / 3"}
    return w.say(own, v, meant=meant[own], in_place=True)


GATES = [*[squeeze_and_excite] * 3, *[spatial_gate] * 2, gate_with_a_shift, halves, highway, by_a_point]
CONSTANTS = [constants, constants, constants_in_place]
