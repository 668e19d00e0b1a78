"""Numbers as one writes them on the command line, read before anything slow is imported."""

import re
from typing import Any

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


def parse_size(text: str) -> dict[str, Any]:
    """Pixels of a network's input, as arguments of `Preprocess`: a side, ROWSxCOLUMNS, or `any`. Raises ValueError.

    >>> parse_size("64"), parse_size("48x64"), parse_size("any")
    ({'size': 64, 'resize': -1}, {'size': (48, 64), 'resize': -1}, {'size': None, 'resize': None})
    """
    if text == "any":
        return {"size": None, "resize": None}
    match = re.fullmatch(r"(\d{1,5})(?:[x×](\d{1,5}))?", text)
    if match is None or not all(int(side) for side in match.groups() if side):
        raise ValueError("write a side in pixels as in 64, ROWSxCOLUMNS as in 48x64, or any")
    size = int(match[1]) if match[2] is None else (int(match[1]), int(match[2]))
    return {"size": size, "resize": -1}


def parse_values(text: str) -> tuple[float, ...]:
    """One number for each channel, as in `0.5,0.5,0.5`. Raises ValueError.

    >>> parse_values("0.1307"), parse_values("0.5, 0.4,0.3")
    ((0.1307,), (0.5, 0.4, 0.3))
    """
    try:
        return tuple(float(number) for number in text.split(","))
    except ValueError:
        raise ValueError("write one number for each channel, as in 0.5 or 0.5,0.5,0.5") from None


def parse_share(text: str) -> tuple[int, int]:
    """One part of several, `i/N` with i from 0, as two numbers. Raises ValueError.

    >>> parse_share("0/4")
    (0, 4)
    """
    number, _, count = text.partition("/")
    if not (number.isdecimal() and count.isdecimal() and int(number) < int(count)):
        raise ValueError("write i/N with i from 0 to N-1, as in 0/4")
    return int(number), int(count)
