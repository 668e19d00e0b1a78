"""Blocks of several branches, or scales, as known architectures have them."""

from .activations import activation
from .pools import average_pool, max_pool
from .writing import Unfit, Value, Writer


def inception(w: Writer, v: Value) -> Value:
    """Branches of other filters side by side, one of them behind a pooling."""
    channels, _, _ = w.maps(v, 3)
    branches = [w.say("{m}({0})", v, module=f"nn.Conv2d({channels}, 4, 1)", role="filter", fresh=True)]
    inner = activation(w, w.say("{m}({0})", v, module=f"nn.Conv2d({channels}, 3, 1)", role="filter", fresh=True))
    for kernel, padding in w.dice.sample([(3, 1), ((1, 5), (0, 2)), ((3, 1), (1, 0))], 2):
        code = f"nn.Conv2d(3, 3, {kernel}, padding={padding})"
        branches.append(w.say("{m}({0})", inner, module=code, role="filter", fresh=True))
    pooled = w.say(w.dice.choice(["F.max_pool2d({0}, 3, 1, 1)", "F.avg_pool2d({0}, 3, stride=1, padding=1)"]), v)
    branches.append(w.say("{m}({0})", pooled, module=f"nn.Conv2d({channels}, 2, 1)", role="filter", fresh=True))
    return w.say("torch.cat([{0}, {1}, {2}, {3}], 1)", *branches, fresh=True)


def down_and_up(w: Writer, v: Value) -> Value:
    """A U: pooled, filtered, enlarged again, and joined with what it came from."""
    channels, rows, columns = w.maps(v, 8)
    if channels > 12:
        raise Unfit
    low = w.dice.choice([max_pool, average_pool])(w, v)
    low = activation(
        w, w.say("{m}({0})", low, module=f"nn.Conv2d({channels}, 6, 3, padding=1)", role="filter", fresh=True)
    )
    mode = w.dice.choice(["'nearest'", "'bilinear', align_corners=False", "'bilinear', align_corners=True"])
    size = w.dice.choice([f"({rows}, {columns})", "{1}.shape[2:]", "{1}.shape[-2:]"])
    back = w.say(f"F.interpolate({{0}}, size={size}, mode={mode})", low, v, signal=(0,), fresh=True)
    joined = w.say("torch.cat([{0}, {1}], 1)", v, back, fresh=True)
    return w.say("{m}({0})", joined, module=f"nn.Conv2d({channels + 6}, 8, 3, padding=1)", role="filter", fresh=True)


def pyramid(w: Writer, v: Value) -> Value:
    """Averages over coarse grids, enlarged and joined (PSPNet); at times a mean of everything (DeepLab)."""
    channels, rows, columns = w.maps(v, 6)
    if channels > 10:
        raise Unfit
    parts = [v]
    for bins in w.dice.sample([1, 2, 3], 2):
        coarse = w.say(f"F.adaptive_avg_pool2d({{0}}, {bins})", v, fresh=True)
        coarse = w.say("{m}({0})", coarse, module=f"nn.Conv2d({channels}, 3, 1)", role="filter", fresh=True)
        mode = "'bilinear', align_corners=False"
        parts.append(w.say(f"F.interpolate({{0}}, ({rows}, {columns}), mode={mode})", coarse, fresh=True))
    return w.say("torch.cat([{0}, {1}, {2}], dim=1)", *parts, fresh=True)


def one_head_for_two_scales(w: Writer, v: Value) -> Value:
    """The same filter on maps of two sizes, as detectors have it."""
    channels, rows, columns = w.maps(v, 6)
    m = w.member(f"nn.Conv2d({channels}, 6, 3, padding=1)", "head")
    fine = w.say("{m}({0})", v, module=m, role="filter", fresh=True)
    coarse = w.say("{m}({0})", w.say("F.max_pool2d({0}, 2)", v), module=m, role="filter", fresh=True)
    enlarged = w.say(f"F.interpolate({{0}}, ({rows}, {columns}), mode='bilinear')", coarse, fresh=True)
    return w.say("{0} + {1}", fine, enlarged, fresh=True)


def through_a_vector(w: Writer, v: Value) -> Value:
    """Dense layers in the middle: maps become a vector, and the vector maps (autoencoders)."""
    channels, rows, columns = w.maps(v)
    if channels * rows * columns > 1500:
        raise Unfit
    flat = w.say(w.dice.choice(["{0}.flatten(1)", "{0}.reshape({0}.shape[0], -1)"]), v)
    code = activation(w, w.say("{m}({0})", flat, module=f"nn.Linear({channels * rows * columns}, 7)", role="filter"))
    wide = w.say("{m}({0})", code, module="nn.Linear(7, 150)", role="filter", fresh=True)
    shaped = ["{0}.view(-1, 6, 5, 5)", "{0}.unflatten(1, (6, 5, 5))", "{0}.reshape({0}.size(0), 6, 5, 5)", "{m}({0})"]
    own = w.dice.choice(shaped)
    return w.say(own, wide, module="nn.Unflatten(1, (6, 5, 5))" if own == "{m}({0})" else "")


def shortcut_with_zeros(w: Writer, v: Value) -> Value:
    """ResNet's shortcut without weights: every second position, and zeros for maps that are not there."""
    channels, _, _ = w.maps(v, 5)
    if channels > 10:
        raise Unfit
    code = f"nn.Conv2d({channels}, {channels + 2}, 3, stride=2, padding=1)"
    deep = w.say("{m}({0})", v, module=code, role="filter", fresh=True)
    short = w.say("F.pad({0}[:, :, ::2, ::2], (0, 0, 0, 0, 1, 1))", v)
    return w.say("{0} + {1}", deep, short, fresh=True)


def same_padding(w: Writer, v: Value) -> Value:
    """As TensorFlow pads: after the last row and column only, where it does not come out even."""
    channels, _, _ = w.maps(v, 5)
    padded = w.say(
        w.dice.choice(["F.pad({0}, (0, 1, 0, 1))", "F.pad({0}, (0, 1, 0, 0))", "F.pad({0}, [0, 2, 1, 2])"]), v
    )
    return w.say("{m}({0})", padded, module=f"nn.Conv2d({channels}, 8, 3, stride=2)", role="filter", fresh=True)


def refined(w: Writer, v: Value) -> Value:
    """What all positions say together is added to each (global context, dense residual)."""
    channels, _, _ = w.maps(v, 2)
    context = w.say("{0}.mean((2, 3), keepdim=True)", v, fresh=True)
    context = w.say("{m}({0})", context, module=f"nn.Conv2d({channels}, {channels}, 1)", role="filter", fresh=True)
    return w.say(w.dice.choice(["{0} + {1}", "{1} + {0}", "{0} - {1}.expand_as({0})"]), v, activation(w, context))


COMPOSITES = [
    inception,
    down_and_up,
    pyramid,
    one_head_for_two_scales,
    through_a_vector,
    shortcut_with_zeros,
    same_padding,
    refined,
]
