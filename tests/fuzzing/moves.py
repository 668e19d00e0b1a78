"""Blocks that join values, take parts of them, and move them about."""

from .writing import Unfit, Value, Writer


def skip(w: Writer, v: Value) -> Value:
    """A sum with an earlier value of the same shape."""
    w.maps(v)
    other = w.earlier(like=v, shape=w.size(v))
    if v.own in w.fresh and w.maybe(0.4):
        own = w.dice.choice(["{0}.add_({1})", "{y} = {0}\n{y} += {1}", "{0}.sub_({1}, alpha=0.5)"])
        return w.say(own, v, other, meant="{0} - 0.5 * {1}" if "sub" in own else "{0} + {1}", in_place=True)
    spelled = ["{0} + {1}", "{1} + {0}", "torch.add({0}, {1})", "{0}.add({1}, alpha=2)", "sum([{0}, {1}])", "{0} - {1}"]
    if v.meant in w.followed.get(other.meant, []) or other.meant in w.followed.get(v.meant, []):
        spelled.remove("{0} - {1}")  # x - tanh(x) is an activation, Tanhshrink
    spelled += ["torch.stack([{0}, {1}]).sum(0)", "torch.stack([{0}, {1}], 1).mean(1)", "0.5 * {0} + 0.5 * {1}"]
    own = w.dice.choice(spelled + ["torch.lerp({0}, {1}, 0.3)"])
    may = "]).sum(0)" in own
    return w.say(own, v, other, status="may" if may else "", fresh=True)


def projected_skip(w: Writer, v: Value) -> Value:
    """A sum with a value of other channels, by a 1×1 filter."""
    channels, _, _ = w.maps(v)
    other = w.earlier(like=v)
    code = f"nn.Conv2d({w.size(other)[0]}, {channels}, 1, bias=False)"
    return w.say("{0} + {1}", v, w.say("{m}({0})", other, module=code, role="filter", fresh=True), fresh=True)


def concatenation(w: Writer, v: Value) -> Value:
    """Dense connections, in their spellings."""
    channels, _, _ = w.maps(v)
    other = w.earlier(like=v, other=False)
    if channels + w.size(other)[0] > 24:
        raise Unfit
    spelled = ["torch.cat([{0}, {1}], 1)", "torch.concat(({1}, {0}), dim=1)"]
    spelled += ["torch.cat(({0}, {1}), -3)", "torch.hstack([{0}, {1}])", "torch.cat([{0}, {1}, {0}], dim=1)"]
    spelled += ["torch.concatenate([{0}, {1}], 1)"]
    return w.say(w.dice.choice(spelled), v, other, fresh=True)


def broadcast(w: Writer, v: Value) -> Value:
    """A sum in which one side is repeated: means, maps of one channel."""
    w.maps(v, 2)
    own = ["{0} + {0}.mean((2, 3), keepdim=True)", "{0} - {0}.mean(1, keepdim=True)", "{0} + {0}[:, :1]"]
    own += ["{0} + {0}.mean([-2, -1])[:, :, None, None]", "{0} + F.adaptive_avg_pool2d({0}, 1).expand_as({0})"]
    own += ["{0} + {0}.sum((1,), keepdim=True) / 10", "{0} + {0}.mean(2, keepdim=True)"]
    return w.say(w.dice.choice(own), v, fresh=True)


def part(w: Writer, v: Value) -> Value:
    """Slices, chunks, splits, selections."""
    channels, rows, columns = w.maps(v, 4)
    if channels < 4:
        raise Unfit
    plain = [
        *("{0}[:, 1:]", "{0}[:, ::2]", "{0}.narrow(1, 1, 2)", "torch.split({0}, 2, 1)[1]", "{0}.chunk(2, 1)[0]"),
        *(f"torch.split({{0}}, [1, {channels - 1}], dim=1)[1]", "{0}[:, -3:]", "{0}[..., 1:-1, 1:]", "{0}[:, :, 1:]"),
        *("torch.cat({0}.chunk(2, 1)[::-1], 1)", "torch.stack({0}.unbind(1)[:3], 1)", "{0}[:, 0].unsqueeze(1) + {0}"),
        *(
            "{0}[:, None, 2] - {0}[:, :2]",
            "torch.tensor_split({0}, 2, 1)[0]",
            "{0}.select(1, 1)[:, None].repeat(1, 4, 1, 1)",
        ),
    ]
    smaller = ["{0}[:, :, ::2, ::2]", "{0}[:, :, 1::2]", f"{{0}}[:, :, : {rows // 2}, {columns // 4} :]"]
    rare = [
        "{0}[:, [2, 0, 1]]",
        "torch.index_select({0}, 1, torch.tensor([1, 0, 3]))",
        "{0}[:, torch.tensor([0, 0, 1, 2])]",
    ]
    if w.maybe(0.15):
        return w.say(w.dice.choice(rare), v, fresh=True)
    own = w.dice.choice(plain + (smaller if min(rows, columns) > 9 else []))
    return w.say(own, v)


def moved(w: Writer, v: Value) -> Value:
    """The same values elsewhere: shuffled channels, transposed or mirrored maps, tokens and back."""
    channels, rows, columns = w.maps(v)
    plain = ["{0}.transpose(2, 3)", "{0}.flip(3)", "torch.flip({0}, (2,))", "{0}.mT", "{0}.contiguous()", "{0}.clone()"]
    plain += [f"{{0}}.flatten(2).transpose(1, 2).transpose(1, 2).reshape(-1, {channels}, {rows}, {columns})"]
    plain += ["{0}.flatten(1).view({0}.shape)", "{0}.permute(0, 2, 3, 1).permute(0, 3, 1, 2)", "{0}.flip(1)"]
    plain += ["{0}.unsqueeze(2).squeeze(2)", "{0}.to({0}.dtype)", "{0}.unflatten(1, (1, -1)).flatten(1, 2)"]
    if channels % 2 == 0:
        shuffled = f"{{0}}.view({{0}}.size(0), 2, {channels // 2}, {rows}, {columns}).transpose(1, 2)"
        plain += [
            shuffled + ".reshape({0}.shape)",
            shuffled + ".flatten(1, 2)",
            "F.channel_shuffle({0}, 2)",
            "{m}({0})",
        ]
    rare = ["torch.roll({0}, 1, 2)", "{0}.rot90(1, (2, 3))", "{0}.repeat(1, 2, 1, 1)", "{0}.repeat_interleave(2, 1)"]
    rare += ["{0}.repeat_interleave(2, 3)", "{0}.tile(1, 2, 1, 1)", "{0}.swapaxes(1, 2).swapaxes(1, 2)"]
    if w.maybe(0.2) and max(channels, columns) <= 16:
        return w.say(w.dice.choice(rare), v)
    own = w.dice.choice(plain)
    if own in ("{0}.to({0}.dtype)", "{0}.contiguous()"):  # they leave no trace
        return w.say(own, v, meant="{0} * 1", role="nothing")
    return w.say(own, v, module="nn.ChannelShuffle(2)" if own == "{m}({0})" else "")


def padded(w: Writer, v: Value) -> Value:
    """Zeros, or another constant, around maps; at times cut off."""
    _, rows, columns = w.maps(v, 4)
    if max(rows, columns) > 24:
        raise Unfit
    own = ["F.pad({0}, (1, 2, 0, 1))", "F.pad({0}, (1, -1, -1, 0))", "F.pad({0}, (0, 1), value=0.5)"]
    own += ["F.pad({0}, (0, 0, 0, 0, 1, 1))", "F.pad({0}, [1] * 4, 'constant', 0)"]
    modules = ["nn.ZeroPad2d((0, 1, 0, 1))", "nn.ConstantPad2d(1, 0.3)"]
    if w.maybe(0.2):
        own, modules = ["F.pad({0}, (1, 1, 1, 2), mode='reflect')"], ["nn.ReflectionPad2d(1)", "nn.ReplicationPad2d(1)"]
        modules.append("nn.CircularPad2d((1, 0, 2, 1))")
        if w.maybe():
            return w.say(own[0], v, fresh=True)
        return w.say("{m}({0})", v, module=w.dice.choice(modules), fresh=True)
    if w.maybe(0.3):
        return w.say("{m}({0})", v, module=w.dice.choice(modules))
    return w.say(w.dice.choice(own), v)


def written_into(w: Writer, v: Value) -> Value:
    """A part of a map overwritten."""
    channels, _, _ = w.maps(v, 3)
    if channels < 4:
        raise Unfit
    own, meant = w.dice.choice(
        [
            ("{y} = {0}.clone()\n{y}[:, :2].relu_()", "torch.cat([rectify(F.relu, {0}[:, :2]), {0}[:, 2:]], 1)"),
            ("{y} = {0}.clone()\n{y}[:, 2:] = {0}[:, 2:] * 3", "torch.cat([{0}[:, :2], {0}[:, 2:] * 3], 1)"),
            (
                "{y} = {0} * 1\n{y}[:, 1] += {0}[:, 0]",
                "torch.cat([{0}[:, :1], {0}[:, :1] + {0}[:, 1:2], {0}[:, 2:]], 1)",
            ),
            ("{y} = torch.zeros_like({0})\n{y}[:, :2] = {0}[:, 2:4]", "torch.cat([{0}[:, 2:4], 0 * {0}[:, 2:]], 1)"),
            ("{y} = {0}.clone()\n{y}[:, :, 0] = 0", "torch.cat([0 * {0}[:, :, :1], {0}[:, :, 1:]], 2)"),
        ]
    )
    return w.say(own, v, meant=meant, fresh=True)


def nothing(w: Writer, v: Value) -> Value:
    """Layers that do nothing in evaluation."""
    codes = ["nn.Dropout()", "nn.Dropout2d(0.3)", "nn.Identity()"]
    own = ["F.dropout({0}, 0.4, self.training)", "F.dropout2d({0}, 0.4, training=self.training)", "{0}.detach()"]
    if w.maybe():
        m = w.member(w.dice.choice(codes))
        return w.say(f"{m}({{0}})", v, meant="{0} * 1", role="nothing")
    return w.say(w.dice.choice(own), v, meant="{0} * 1", role="nothing")


MOVES = [
    *[skip] * 5,
    projected_skip,
    *[concatenation] * 3,
    broadcast,
    *[part] * 2,
    *[moved] * 2,
    padded,
    written_into,
    nothing,
]
