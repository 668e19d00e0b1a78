"""How tiles look, as one value that is handed on whole."""

from dataclasses import dataclass

from ..arguments import between, one_of, takes
from .tiles import TONES

FRAMES = ("effective", "field")
"""What of a receptive field a tile shows: the frame (see `frames`), or all of it."""


@takes(frame=one_of(FRAMES), tone=one_of(TONES), smoothing=between(0, 100))
def _checked(frame: str, tone: str, smoothing: float) -> tuple[str, str, float]:
    return frame, tone, smoothing


@dataclass(frozen=True)
class Look:
    """How tiles look. Raises UnsuitableInput for what there is not.

    `frame`: "effective", the middle of the receptive field that holds 95 % of the energy, or "field", all of it;
    `tone`: "colour", or "grey" for the mean of the channels, scaled by itself; `smoothing` of projections: standard
    deviation in pixels of the input, 0 for none.
    """

    frame: str = "effective"
    tone: str = "colour"
    smoothing: float = 0.0

    def __post_init__(self) -> None:
        checked = _checked(self.frame, self.tone, self.smoothing)
        for name, value in zip(("frame", "tone", "smoothing"), checked, strict=True):
            object.__setattr__(self, name, value)


USUAL = Look()
