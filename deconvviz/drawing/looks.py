"""How tiles look, as one value that is handed on whole."""

from dataclasses import dataclass

from ..arguments import between, one_of, takes
from .tiles import TONES

FRAMES = ("effective", "field")
"""What of a receptive field a tile shows: the frame (see `frames`), or all of it."""


VIEWS = ("projection", "overlay")
"""What stands beside a patch: the projection, or the patch again where the projection has energy (see `overlay`)."""


@takes(frame=one_of(FRAMES), tone=one_of(TONES), smoothing=between(0, 100), view=one_of(VIEWS))
def _checked(frame: str, tone: str, smoothing: float, view: str) -> tuple[str, str, float, str]:
    return frame, tone, smoothing, view


@dataclass(frozen=True)
class Look:
    """How tiles look. Raises UnsuitableInput for what there is not.

    `frame`: "effective", the middle of the receptive field that holds 95 % of the energy, or "field", all of it;
    `tone`: "colour", or "grey" for the mean of the channels, scaled by itself; `smoothing` of projections: standard
    deviation in pixels of the input, 0 for none; `view`: "projection", or "overlay" for the patch seen through it.
    """

    frame: str = "effective"
    tone: str = "colour"
    smoothing: float = 0.0
    view: str = "projection"

    def __post_init__(self) -> None:
        checked = _checked(self.frame, self.tone, self.smoothing, self.view)
        for name, value in zip(("frame", "tone", "smoothing", "view"), checked, strict=True):
            object.__setattr__(self, name, value)


USUAL = Look()
