"""Which class's rule answers for a module as a whole."""

from torch import nn


def class_that_answers(module: nn.Module, kinds: tuple[type, ...]) -> type | None:
    """The class among `kinds` whose rule answers for this module; None: its operators are read.

    A rule belongs to a forward pass: a subclass that changes anything of what its class does (`forward`, or a method or
    property that `forward` may use), or a module with hooks or a `forward` of its own, does something else.
    """
    lineage = type(module).__mro__
    kind = next((kind for kind in lineage if kind in kinds), None)
    if kind is None or module._forward_hooks or module._forward_pre_hooks:
        return None
    younger = [module, *lineage[: lineage.index(kind)]]
    own = [item for one in younger for item in vars(one).items()]
    changed = {name for name, value in own if callable(value) or isinstance(value, property)}
    plain = {"__init__", "__repr__", "extra_repr", "_get_name", "reset_parameters", "__class__"}
    methods = {name for name in dir(kind) if callable(getattr(kind, name)) or isinstance(getattr(kind, name), property)}
    return None if (changed - plain) & methods else kind
