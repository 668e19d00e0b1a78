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
    without_switches,
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
    "without_switches",
]
