"""What one can ask with projections: studies of a network on images, each with a result that shows itself.

Here live the rules side by side (`compare`) and the measured limits of projections (`trust`), with what they have in
common: which units are looked at (`choosing`), how alike two pictures are (`likeness`), what a result is (`result`) and
how it reads as a page (`document`). Results have `.figure()`, `.save(path)`, `.as_dict()`, and numbers as attributes.
This wing never knows a command line, and nothing of galleries.
"""

from .comparing import Comparison, compare
from .kept import read_trust, write_trust
from .result import result_ending
from .trusting import Trust, trust
from .verdicts import of_layer

__all__ = [
    "Comparison",
    "Trust",
    "compare",
    "of_layer",
    "read_trust",
    "result_ending",
    "trust",
    "write_trust",
]
