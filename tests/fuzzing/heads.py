"""What comes last in a classifier: maps become vectors."""

from .writing import Value, Writer

FLAT = ["{0}.flatten(1)", "torch.flatten({0}, 1)", "{0}.mean((2, 3))", "{0}.reshape({0}.size(0), -1)", "{m}({0})"]
FLAT += ["F.adaptive_avg_pool2d({0}, 1).flatten(1)", "{0}.view({0}.shape[0], -1)", "{0}.mean([-2, -1])"]
FLAT += ["torch.squeeze(F.adaptive_avg_pool2d({0}, 1), (2, 3))", "F.adaptive_max_pool2d({0}, 2).flatten(1)"]


def head(w: Writer, v: Value) -> Value:
    """Flatten, a linear layer or two, at times with a softmax at the end."""
    pick = w.dice.choice
    own = pick(FLAT)
    if "view" in own:
        v = w.say("{0}.contiguous()", v, role="nothing")
    flat = w.say(own, v, module="nn.Flatten()" if own == "{m}({0})" else "")
    y = w.say("{m}({0})", flat, module=f"nn.Linear({w.size(flat)[0]}, 8)", role="filter", fresh=True)
    if w.maybe():
        form = pick(["F.relu({0})", "{0}.relu()", "F.gelu({0})", "F.dropout(F.relu({0}), 0.5, self.training)"])
        which = "F.gelu" if "gelu" in form else "F.relu"
        y = w.say(form, y, meant=f"rectify({which}, {{0}})", role="rectify", fresh=True)
        if w.maybe(0.4):
            y = w.say("{m}({0})", y, module="nn.BatchNorm1d(8)", role="normalise", fresh=True)
        y = w.say("{m}({0})", y, module="nn.Linear(8, 5)", role="filter", fresh=True)
    last = pick(["", "", "F.softmax({0}, 1)", "F.log_softmax({0}, dim=-1)", "{0}.sigmoid()"])
    if "softmax" in last:
        return w.say(last, y, meant=f"passed(lambda x: {last.format('x')}, {{0}})")
    return w.say(last, y, meant="rectify(torch.sigmoid, {0})", role="rectify") if last else y
