"""What is asked of a gallery: what it shows, how it looks, where it goes, and who is told of what.

A value for each, which is handed on whole.
"""

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..drawing import USUAL, Look
from ..scanning import Index, Skipped
from .sheets import ENDINGS, MOST, format_named


@dataclass(frozen=True)
class Selection:
    """What to show.

    `layers` by names, aliases or globs, () for the usual ones; `channels`: the numbers of their feature maps, None for
    all; `top` images of each feature map, None for all that the index has.
    """

    layers: str | Sequence[str] = ()
    channels: Sequence[int] | None = None
    top: int | None = None

    def count(self, index: Index) -> int:
        """How many images of each feature map are shown of this index, if they excite it."""
        kept = index.manifest.top
        return min(self.top or kept, kept, MOST)


@dataclass(frozen=True)
class Style:
    """How the pictures of a gallery look. Raises UnwritableOutput for a format that there is not.

    `patches`: whether images are shown at all, beside what units saw in them; `image_format`: of sheets and images;
    `tile`: pixels of a tile's side at most; `look`: what tiles show, in which tone, how smooth.
    """

    patches: bool = True
    image_format: str = "webp"
    tile: int = 96
    look: Look = USUAL

    def __post_init__(self) -> None:
        object.__setattr__(self, "image_format", format_named(self.image_format))

    @property
    def ending(self) -> str:
        """Of the names of its pictures."""
        return ENDINGS[self.image_format]


@dataclass(frozen=True)
class Place:
    """Where it goes: `path`, a folder or, if it is to be a single file, that; `force`: over what lies there."""

    path: Path
    single_file: bool = False
    force: bool = False


@dataclass(frozen=True)
class Told:
    """Who is told what.

    `report`: of each image that cannot be shown any more; `on_skip`: of each that a scan before the gallery cannot use;
    `say`: what is left out and how large the gallery will be, and then progress is shown; None for silence.
    """

    report: Callable[[str], object] = warnings.warn
    say: Callable[[str], object] | None = None
    on_skip: Callable[[Skipped], object] = lambda skipped: None
