"""The mirror rules that come with deconvviz; importing this package enters them in `mirror.RULES`."""

from . import (
    averages,
    gates,
    joins,
    normalisations,
    other_activations,
    paper,
    parts,
    patterns,
    pools,
    rearrangements,
    reshapes,
    resizes,
)

__all__ = [
    "averages",
    "gates",
    "joins",
    "normalisations",
    "other_activations",
    "paper",
    "parts",
    "patterns",
    "pools",
    "rearrangements",
    "reshapes",
    "resizes",
]
