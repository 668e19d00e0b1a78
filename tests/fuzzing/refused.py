"""Blocks that have no mirror: every projection through one must be refused, with its operator and its line."""

from .writing import Value, Writer

UNMIRRORED = [
    *(
        "{0} * {0}.roll(1, 3)",
        "{0} * {0}",
        "{0} / (2 + {0}.abs())",
        "{0}.cumsum(1)",
        "{0}.softmax(1) * 2",
        "{0}.sort(1)[0]",
    ),
    *("({0}.flatten(2) @ {0}.flatten(2).transpose(1, 2) @ {0}.flatten(2)).view({0}.shape) / 9", "{0} - {0}.mean(0)"),
    *(
        "{0}.flip(0)",
        "{0}.sin()",
        "{0}.abs()",
        "torch.sqrt({0} ** 2 + 1)",
        "F.normalize({0}, dim=1)",
        "{0}.softmax(0) + 1",
    ),
    *("F.scaled_dot_product_attention({0}, {0}, {0})", "torch.cat([{0}, {0}])[: {0}.shape[0]]"),
]
"""None of these is an activation, or has a transpose that the package knows; some mix the images of a batch."""

RANDOM = [
    *("F.dropout({0}, 0.5)", "F.dropout2d({0}, 0.5)", "{0} + torch.randn_like({0})", "{0} * torch.rand(1, 1, 1, 1)"),
    *(
        "{0} * torch.bernoulli(torch.full_like({0}, 0.5))",
        "{0} + torch.randn({0}.shape)",
        "F.rrelu({0}, training=True)",
    ),
    *("{0} + torch.normal(torch.zeros_like({0}), 1.0)", "F.alpha_dropout({0}, training=True)"),
    *("{0}[:, torch.randperm({0}.shape[1])]", "{0} + torch.empty_like({0}).uniform_()", "F.gumbel_softmax({0}, dim=1)"),
]
"""Each forward pass of these is another."""


def unmirrored(w: Writer, v: Value) -> Value:
    w.maps(v, 2)
    return w.say(w.dice.choice(UNMIRRORED), v, status="must")


def random(w: Writer, v: Value) -> Value:
    w.maps(v, 2)
    return w.say(w.dice.choice(RANDOM), v, status="must", random=True)


REFUSED = [unmirrored, random]
