"""Everything that deconvviz raises on purpose, as one tree.

    DeconvvizError
    ├── UnreadableImage      a file that is no picture we can open
    ├── UnsuitableInput      a picture, a tensor or another argument that cannot be taken
    ├── UnknownModel         no such network
    ├── UnusableWeights      weights that cannot be had, or do not fit the network
    ├── UncapturableModel    torch.export cannot follow the network's forward()
    ├── UnknownLayer         no such layer in this network
    ├── UnknownUnit          no such feature map or position in this layer
    ├── UnknownClass         no such class among those that this network tells apart
    ├── NoMirrorRule         an operator on the way down has no mirror
    ├── UnusableIndex        an index that is none, is not complete, or was made in another way
    └── UnwritableOutput     a place that nothing can be written to

Each message is one line: what happened, where (file, layer or unit), what is possible instead.
The command line prints the message and nothing else; only programming errors show a traceback.
"""

import difflib
from collections.abc import Iterable


class DeconvvizError(Exception):
    """Base of all errors that deconvviz raises on purpose."""


class UnreadableImage(DeconvvizError):
    """The file cannot be opened as a picture, or should not be."""


class UnsuitableInput(DeconvvizError):
    """A picture or tensor that this network cannot take, or an argument that is not what it must be."""


class UnknownModel(DeconvvizError):
    """No network goes by this name, or the file does not give one."""


class UnusableWeights(DeconvvizError):
    """The weights cannot be had, cannot be trusted, or do not fit the network."""


class UncapturableModel(DeconvvizError):
    """`torch.export` cannot follow the network's forward pass."""


class UnknownLayer(DeconvvizError):
    """The network has no layer of this name."""


class UnknownUnit(DeconvvizError):
    """The layer has no such feature map or position, or the text names no unit."""


class UnknownClass(DeconvvizError):
    """The network has no class of this name or number, several that fit it, or no scores of classes."""


class NoMirrorRule(DeconvvizError):
    """An operator between the layer and the pixels has no mirror rule."""


class UnusableIndex(DeconvvizError):
    """No index lies there, it is not complete, or it was made in another way than asked for now."""


class UnwritableOutput(DeconvvizError):
    """Nothing can be written at this place."""


def one_line(error: BaseException, limit: int = 200) -> str:
    """The first line of a foreign error's message, with the next if that only announces it, in `limit` characters."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()] or [type(error).__name__]
    if lines[0].endswith(":") and len(lines) > 1:
        lines = [f"{lines[0]} {lines[1]}"]
    return lines[0] if len(lines[0]) <= limit else lines[0][: limit - 1] + "…"


def nearest(word: str, possible: Iterable[str], count: int = 3) -> str:
    """A clause for error messages that names the nearest of the possible words.

    >>> nearest("fetures.2", ["features.2", "features.3", "classifier"])
    'nearest: features.2, features.3'
    """
    words = list(possible)
    close = difflib.get_close_matches(word, words, n=count, cutoff=0.5)
    if not words:
        return "there is none"
    return "nearest: " + ", ".join(close) if close else "there are " + ", ".join(words[:count]) + ", …"
