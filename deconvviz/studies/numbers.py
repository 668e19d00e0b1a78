"""Numbers with how sure they are: means over units."""

from collections.abc import Iterable

import numpy as np


class Number(float):
    """A mean over units, NaN of none, and its standard `error`: how far the mean of other units may well be from it.

    `count`: over how many; of the others there was nothing to measure.
    """

    error: float = float("nan")
    count: int = 0

    @classmethod
    def over(cls, values: Iterable[float]) -> "Number":
        """Over the values that are numbers."""
        known = [value for value in values if value == value]
        number = cls(np.mean(known)) if known else cls("nan")
        number.count = len(known)
        if len(known) > 1:
            number.error = float(np.std(known, ddof=1) / len(known) ** 0.5)
        return number


Numbers = dict[str, dict[str, Number]]
"""By layer, then by what was measured."""
