"""Figure 2: every map has its cell, patches beside projections, and dead ones are grey."""

import numpy as np
import pytest
import torch
from drawn import levels, projection

from deconvviz.deconvnet import Cell, figure2, one_below_the_other
from deconvviz.deconvnet.figures import CAPTION, MARGIN
from deconvviz.deconvnet.tiling import frames_of, patch_tile, projection_tile
from deconvviz.drawing import USUAL, Look, Page, Text, broken

pytestmark = pytest.mark.quick


def texts(page: Page) -> list[str]:
    return [item.text for item in page.items if isinstance(item, Text)]


def test_figure2_holds_every_map() -> None:
    values = projection(torch.randn(3, 9, 9), (0, 0, 9, 9))
    cells = [Cell(f"map {n}", [values] * 9) for n in range(4)]
    page = figure2(cells, tile=20, across=3)
    assert (page.width, page.height) == (3 * (2 * 64 + 10 + MARGIN) + MARGIN, 2 * (CAPTION + 64 + MARGIN) + MARGIN)
    assert texts(page) == ["map 0", "map 1", "map 2", "map 3"]
    titled = figure2(cells, tile=20, across=3, heading="a layer " * 40, remark="猫 " * 200)
    assert titled.width == page.width
    room = page.width - 2 * MARGIN
    lines = broken("猫 " * 200, 14, room)
    assert texts(titled)[1 : 1 + len(lines)] == lines
    lower = 36 + 22 * len(lines)
    assert titled.height == page.height + lower
    assert np.array_equal(levels(titled.drawn())[lower:][40:], levels(page.drawn())[40:])


@pytest.mark.parametrize("look", [USUAL, Look(frame="field"), Look(tone="grey"), Look(view="overlay", smoothing=1.0)])
def test_a_map_has_its_patches_on_the_left_and_projections_on_the_right(look: Look) -> None:
    field = (-4, 5, 26, 35)
    made = [projection(torch.randn(3, 26, 27), field) for _ in range(5)]
    for p in made:
        p.pixels[:, 3:19, 2:18] *= 20  # the middle of the field
    assert made[0].frame != field
    page = levels(figure2([Cell("one", made)], tile=40, look=look).drawn())
    for number, (p, frame) in enumerate(zip(made, frames_of(made, look), strict=True)):
        top, left = MARGIN + CAPTION + number // 3 * 42, MARGIN + number % 3 * 42
        assert np.array_equal(page[top : top + 40, left : left + 40], levels(patch_tile(p, 40, frame)))
        right = left + 3 * 42 - 2 + 10
        drawn = levels(projection_tile(p, 40, frame, look)[0])
        assert np.array_equal(page[top : top + 40, right : right + 40], drawn)
        assert len(np.unique(drawn)) > 10


def test_figure2_shows_dead_maps_and_missing_places_as_grey() -> None:
    values = projection(torch.randn(3, 9, 9), (0, 0, 9, 9))
    page = levels(figure2([Cell("dead", []), Cell("one", [values])], tile=20, across=2).drawn())
    top, cell = MARGIN + CAPTION, 2 * 64 + 10
    assert (page[top : top + 20, MARGIN : MARGIN + 20] == 128).all()
    second = MARGIN * 2 + cell
    assert (page[top : top + 20, second : second + 20] != 128).any()
    assert (page[top : top + 20, second + 22 : second + 42] == 128).all()


def test_no_more_is_shown_than_there_is_room_for() -> None:
    values = projection(torch.randn(3, 9, 9), (0, 0, 9, 9))
    three, nine = (figure2([Cell("one", [values] * n)], tile=20, count=3) for n in (3, 9))
    assert three.drawn().tobytes() == nine.drawn().tobytes()


def test_pages_stand_one_below_the_other() -> None:
    values = projection(torch.randn(3, 9, 9), (0, 0, 9, 9))
    pages = [figure2([Cell(f"map {n}", [values])] * n, tile=20, count=1) for n in (1, 3, 2)]
    whole = one_below_the_other(pages)
    assert (whole.width, whole.height) == (pages[1].width, sum(page.height for page in pages))
    drawn, top = levels(whole.drawn()), 0
    for page in pages:
        assert np.array_equal(drawn[top : top + page.height, : page.width], levels(page.drawn()))
        top += page.height
    assert texts(whole) == [text for page in pages for text in texts(page)]
