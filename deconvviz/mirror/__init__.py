"""The mirror of a network: what answers each layer on the way down, and the way down itself.

Here live the table from operators to mirror rules (`registry`; `@deconvviz.mirror.register` adds yours), the rules in
the paper's words (`rules/`), one forward pass with hooks (`recording`), the table of layers one can point at
(`layers`, `blocks`), the way down prepared (`descent`), and the walk from a seed to the pixels (`walk`, `arrivals`) on
windows (`signals`, `window`). This wing never knows units, batches of them, or pictures: it carries signals.
"""

from . import rules as rules
from .arrivals import Signal
from .blocks import block_of, blocks, spread_over_depth
from .descent import Descent, Step, check_lasting, descent, mirrored
from .layers import Fields, Layer, Layers, describe
from .method import DECONVNET, RECTIFICATIONS, UNPOOLINGS, Method
from .names import LayerNames, is_glob, matching, some_layers, unknown_layer
from .recording import Recording, record
from .registry import (
    RULES,
    Keep,
    Recorded,
    Rule,
    answered_as,
    find_rule,
    pointwise,
    register,
    registered_modules,
    registered_operators,
    registrations,
    rule_for,
    whole,
)
from .scores import MAIN_KEYS
from .signals import crop, place
from .walk import walk
from .window import POINTWISE, Reach, Reaches, Windows

__all__ = [
    "DECONVNET",
    "Descent",
    "Fields",
    "Keep",
    "Layer",
    "LayerNames",
    "Layers",
    "MAIN_KEYS",
    "Method",
    "POINTWISE",
    "RECTIFICATIONS",
    "RULES",
    "Reach",
    "Reaches",
    "Recorded",
    "Recording",
    "Rule",
    "Signal",
    "Step",
    "UNPOOLINGS",
    "Windows",
    "answered_as",
    "block_of",
    "blocks",
    "check_lasting",
    "crop",
    "descent",
    "describe",
    "find_rule",
    "is_glob",
    "matching",
    "mirrored",
    "place",
    "pointwise",
    "record",
    "register",
    "registered_modules",
    "registered_operators",
    "registrations",
    "rule_for",
    "some_layers",
    "spread_over_depth",
    "unknown_layer",
    "walk",
    "whole",
]
