"""A look is made of words there are, or not at all."""

from dataclasses import FrozenInstanceError, replace

import pytest

from deconvviz.drawing import USUAL, Look
from deconvviz.drawing.looks import FRAMES, VIEWS
from deconvviz.drawing.tiles import TONES
from deconvviz.errors import UnsuitableInput

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"frame": "all"}, "frame='all': possible: effective, field"),
        ({"frame": None}, "frame=None: possible: effective, field"),
        ({"tone": "gray"}, "tone='gray': possible: colour, grey"),
        ({"tone": ["grey"]}, r"tone=\['grey'\]: possible: colour, grey"),
        ({"view": "patch"}, "view='patch': possible: projection, overlay"),
        ({"smoothing": -0.1}, "smoothing=-0.1: a number from 0 to 100 is needed"),
        ({"smoothing": 100.1}, "smoothing=100.1: a number from 0 to 100 is needed"),
        ({"smoothing": float("nan")}, "smoothing=nan: a number from 0 to 100 is needed"),
        ({"smoothing": "1"}, "smoothing='1': a number from 0 to 100 is needed"),
    ],
)
def test_what_there_is_not_is_refused(how: dict[str, object], says: str) -> None:
    with pytest.raises(UnsuitableInput, match=says):
        Look(**how)  # type: ignore[arg-type]
    with pytest.raises(UnsuitableInput, match=says):
        replace(USUAL, **how)  # type: ignore[arg-type]


def test_every_look_there_is_can_be_had() -> None:
    looks = {Look(frame, tone, 0.5, view) for frame in FRAMES for tone in TONES for view in VIEWS}
    assert len(looks) == 8
    assert Look("effective", "colour", 0.0, "projection") == USUAL
    assert USUAL not in looks


def test_a_look_stays_as_it_is() -> None:
    look = Look(smoothing=2)
    assert isinstance(look.smoothing, float)
    assert look == Look(smoothing=2.0)
    with pytest.raises(FrozenInstanceError):
        look.tone = "grey"  # type: ignore[misc]
