"""What options offer is what the library knows: click must not import it for `--help`, so both say it."""

import pytest

from deconvviz.cli import main
from deconvviz.drawing.looks import FRAMES, USUAL, VIEWS
from deconvviz.drawing.tiles import TONES

pytestmark = pytest.mark.quick


@pytest.mark.parametrize("command", ["project", "figure", "gallery", "demo"])
def test_how_tiles_look(command: str) -> None:
    options = {option.name: option for option in main.commands[command].params}
    for name, known in (("frame", FRAMES), ("tone", TONES), ("view", VIEWS)):
        assert tuple(options[name].type.choices) == known
        assert options[name].default == getattr(USUAL, name)
    assert options["smooth"].default == USUAL.smoothing
