"""Numbers as one writes them on the command line, read before anything slow is imported."""

import re

from ..errors import UnknownUnit


def parse_maps(text: str) -> list[int]:
    """Numbers of feature maps, as in `0-15,30`. Raises UnknownUnit.

    >>> parse_maps("0-3,7")
    [0, 1, 2, 3, 7]
    """
    maps: list[int] = []
    for piece in text.split(","):
        match = re.fullmatch(r"\s*(\d+)\s*(?:-\s*(\d+)\s*)?", piece)
        if match is None or (match[2] is not None and int(match[2]) < int(match[1])):
            raise UnknownUnit(f"{text!r} names no feature maps; write numbers and ranges, as in 0-15,30")
        maps += range(int(match[1]), int(match[2] or match[1]) + 1)
    return list(dict.fromkeys(maps))


def parse_share(text: str) -> tuple[int, int]:
    """One part of several, `i/N` with i from 0, as two numbers. Raises ValueError.

    >>> parse_share("0/4")
    (0, 4)
    """
    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal() and int(number) < int(count)):
        raise ValueError("write i/N with i from 0 to N-1, as in 0/4")
    return int(number), int(count)
