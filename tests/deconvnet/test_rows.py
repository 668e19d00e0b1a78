"""Rows and figures as pages: where units lie in the image, what captions say, and what they never lose."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
import torch
from drawn import levels, projection
from PIL import Image

from deconvviz import DeconvNet, Projection, Projections, load_model, shapes
from deconvviz.deconvnet import figures
from deconvviz.deconvnet.figures import MOST_OUTLINED, Row, figure, row_page
from deconvviz.drawing import USUAL, Box, Look, Number, Outline, Page, Shown, Text, broken
from deconvviz.drawing.lettering import text_width
from deconvviz.drawing.page import ACCENT

pytestmark = pytest.mark.quick

LONG = "African crocodile, Nile crocodile, Crocodylus niloticus"


def texts(page: Page) -> list[str]:
    return [item.text for item in page.items if isinstance(item, Text)]


def several(count: int, size: int = 32) -> list[Projection]:
    """Of units whose fields lie here and there, some of them beyond the border."""
    generator = torch.Generator().manual_seed(count)
    found, image = [], torch.full((3, size, size), 0.25)
    for number in range(count):
        top, left = torch.randint(-6, size - 6, (2,), generator=generator).tolist()
        field = (top, left, top + 12, left + 12)
        inside = [min(max(at, 0), size) for at in field]
        pixels = torch.randn(3, inside[2] - inside[0], inside[3] - inside[1], generator=generator)
        p = projection(pixels, field, size=size, channel=number)
        found.append(replace(p, input=image))
    return found


def check_all_within(page: Page) -> None:
    for item in page.items:
        if isinstance(item, Text):
            assert item.left >= 0
            assert item.left + text_width(item.text, item.size) <= page.width, item.text
            assert 0 <= item.top <= page.height - item.size
        elif isinstance(item, Shown):
            assert 0 <= item.left <= page.width - item.image.width
            assert 0 <= item.top <= page.height - item.image.height


# --- where they lie -------------------------------------------------------------------------------------


@pytest.mark.parametrize("frame", ["effective", "field"])
@pytest.mark.parametrize("count", [1, 3, MOST_OUTLINED])
def test_each_unit_is_outlined_in_the_image_and_numbered(count: int, frame: str) -> None:
    projections = several(count)
    page, made = row_page(Row("conv", "", projections), Look(frame=frame))
    image = next(item for item in page.items if isinstance(item, Shown))
    scale = image.image.width / 32
    assert image.image.size == (396, 396)
    outlines = [item for item in page.items if isinstance(item, Outline)]
    for outline, (shown, _), p in zip(outlines, made, projections, strict=True):
        assert shown == (p.frame if frame == "effective" else p.field)
        top, left, bottom, right = (min(max(at, 0), 32) * scale for at in shown)
        expected = (left + image.left, top + image.top, right + image.left, bottom + image.top)
        assert outline.box == pytest.approx(expected)
    numbers = [item for item in page.items if isinstance(item, Number)]
    assert [item.text for item in numbers] == [str(n) for n in range(1, count + 1)]
    names = [text for text in texts(page) if "@" in text]
    assert names == [f"{n}   :{n - 1}@1,2" for n in range(1, count + 1)]
    assert texts(page).count("where in the image") == 1
    check_all_within(page)


def test_numbers_are_near_their_units_and_never_on_each_other() -> None:
    projections = several(9)
    projections += [replace(projections[0], unit=projections[n].unit) for n in range(9)]  # ten at one place
    page, _ = row_page(Row("conv", "", projections))
    image = next(item for item in page.items if isinstance(item, Shown))
    numbers = [item for item in page.items if isinstance(item, Number)]
    for n, one in enumerate(numbers):
        assert image.left <= one.across - 8 < one.across + 8 <= image.left + 396
        assert image.top <= one.down - 8 < one.down + 8 <= image.top + 396
        for other in numbers[n + 1 :]:
            assert math.dist((one.across, one.down), (other.across, other.down)) >= 16
    for p, one in zip(projections[:5], numbers, strict=False):
        middle = [(p.field[at] + p.field[at + 2]) / 2 * 396 / 32 for at in (1, 0)]
        assert math.dist(middle, (one.across - image.left, one.down - image.top)) < 80


def test_the_outlines_lie_on_the_image_that_the_network_saw() -> None:
    p = several(1)[0]
    page, _ = row_page(Row("conv", "", [p]))
    image, outline = (next(i for i in page.items if isinstance(i, kind)) for kind in (Shown, Outline))
    assert np.abs(levels(image.image) - 64).max() <= 1
    drawn = levels(page.drawn())
    left, top, right, _ = (round(at) for at in outline.box)
    assert (drawn[top, left:right] == ACCENT).all(1).mean() > 0.8  # the number may lie on it


@pytest.mark.parametrize("size", [(20, 60), (300, 100), (1, 396), (500, 3)])
def test_images_of_any_shape_are_as_large_as_a_block(size: tuple[int, int]) -> None:
    p = projection(torch.randn(3, 1, 3), (0, 0, 1, 3))
    page, _ = row_page(Row("conv", "", [replace(p, input=torch.rand(3, *size))] * 3))
    image = next(item for item in page.items if isinstance(item, Shown)).image
    assert max(image.size) == 396
    assert image.width / image.height == pytest.approx(size[1] / size[0], rel=0.3) or min(image.size) == 1


@pytest.mark.parametrize(
    ("field", "size"), [((-5, -5, -2, -2), 32), ((100, 7, 103, 10), 3000)], ids=["in the padding", "in a large image"]
)
def test_units_that_see_hardly_anything_are_drawn_too(field: Box, size: int) -> None:
    inside = [min(max(at, 0), size) for at in field]
    pixels = torch.rand(3, inside[2] - inside[0], inside[3] - inside[1])
    page, _ = row_page(Row("conv", "", [projection(pixels, field, size=size)]))
    assert page.drawn().size == (page.width, page.height)


def test_of_too_many_none_is_outlined() -> None:
    page, made = row_page(Row("conv", "", several(MOST_OUTLINED + 1)))
    assert not [item for item in page.items if isinstance(item, Outline | Number)]
    assert [text for text in texts(page) if "@" in text] == [f":{n}@1,2" for n in range(MOST_OUTLINED + 1)]
    assert "where in the image" not in texts(page)
    assert len(made) == MOST_OUTLINED + 1


def test_units_of_several_images_say_which_and_are_not_outlined() -> None:
    p = projection(torch.randn(3, 9, 9), (0, 0, 9, 9))
    first, other = (replace(p, unit=replace(p.unit, image=image)) for image in (0, 4))
    page, _ = row_page(Row("", "", [first, other]))
    assert [text for text in texts(page) if "@" in text] == [":7@1,2#0", ":7@1,2#4"]
    assert not [item for item in page.items if isinstance(item, Outline | Number)]
    page, _ = row_page(Row("", "", [other, other]))
    assert [text for text in texts(page) if "@" in text] == ["1   :7@1,2", "2   :7@1,2"]


def test_units_of_images_that_came_one_by_one_are_not_outlined_in_the_first() -> None:
    dv = DeconvNet(load_model("shapes"))
    both = dv.project(shapes.image(6), "conv4:3") + dv.project(shapes.image(7), "conv4:5")
    page, _ = row_page(Row("", "", both))
    assert not [item for item in page.items if isinstance(item, Outline | Number)]


def test_units_of_one_image_are_outlined_though_each_has_its_own_copy_of_it() -> None:
    projections = [replace(p, input=p.input.clone()) for p in several(3)]
    page, _ = row_page(Row("conv", "", projections))
    assert len([item for item in page.items if isinstance(item, Outline)]) == 3


# --- what captions say ----------------------------------------------------------------------------------


def captioned(count: int, category: str, activation: float = 41.2) -> Page:
    p = projection(torch.randn(3, 9, 9), (0, 0, 9, 9), activation)
    return row_page(Row("fc", "", [replace(p, category=category)] * count))[0]


@pytest.mark.parametrize("count", [1, 2, 9, 25, 26])
def test_positions_are_never_lost_for_a_long_class_name(count: int) -> None:
    page = captioned(count, LONG)
    assert sum(text.endswith(":7@1,2") for text in texts(page)) == count
    check_all_within(page)


def test_classes_stand_beside_activations() -> None:
    assert "41.2  owl" in texts(captioned(9, "owl"))
    assert "41.2" in texts(captioned(9, ""))
    assert r"41.2  a\nb" in texts(captioned(1, "a\nb"))
    assert "41.2  猫" in texts(captioned(1, "猫"))


def test_activations_are_never_lost_for_a_long_class_name() -> None:
    for count in (2, 9, 25):
        said = texts(captioned(count, LONG, -0.00123))
        assert sum(text.startswith("silent -0.00123") for text in said) == count


def test_positions_are_never_lost_for_large_numbers() -> None:
    p = projection(torch.randn(3, 9, 9), (0, 0, 9, 9))
    units = [replace(p.unit, channel=2047, row=239, column=319, image=image) for image in (0, 12345)]
    page, _ = row_page(Row("", "", [replace(p, unit=unit) for unit in units] * 20))
    assert texts(page).count(":2047@239,319#12345") == 20


def test_class_names_stand_at_the_classifiers_output_alone() -> None:
    dv = DeconvNet(load_model("shapes"))
    image, names = shapes.image(6), dv.model.categories
    for layer in ("conv5", "classifier"):
        projections = dv.project(image, dv.strongest(image, layer, 3))
        page, _ = row_page(Row(layer, "", projections))
        named = [text for text in texts(page) if any(text.endswith(f"  {name}") for name in names)]
        classes = projections if layer == "classifier" else []
        assert named == [f"{figures.value_of(p)}  {names[p.unit.channel]}" for p in classes]
        captions = [text for text in texts(page) if "   :" in text]
        assert captions == [f"{n}   :{p.unit.channel}{p.unit.position}" for n, p in enumerate(projections, 1)]


def test_contributions_stand_beside_activations_and_before_classes() -> None:
    p = projection(torch.randn(3, 9, 9), (0, 0, 9, 9))
    p = replace(p, unit=replace(p.unit, contribution=0.1234, for_class="owl"), category="cat")
    assert "2  +0.123  cat" in texts(row_page(Row("", "", [p]))[0])


@pytest.mark.parametrize(
    ("value", "said"),
    [(41.234, "41.2"), (0.8312, "0.831"), (1130.4, "1130"), (1.2e6, "1.2e+06"), (0.0, "0"), (-2345.0, "-2345")],
)
def test_numbers_are_short(value: float, said: str) -> None:
    assert figures.short_number(value) == said


# --- figures --------------------------------------------------------------------------------------------


def test_the_right_block_says_what_it_shows() -> None:
    for view, said in (("projection", "what the unit took from it"), ("overlay", "where it took it from")):
        page, _ = row_page(Row("conv", "a remark", several(2)), Look(view=view))
        assert texts(page)[:2] == ["conv", "a remark"]
        assert texts(page).count(said) == 1
        assert texts(page).count("the patch of the image") == 1


@pytest.mark.parametrize("count", [1, 4, 26])
def test_a_figure_has_its_size_whatever_its_texts(count: int) -> None:
    rows = [Row("layer " * 60, "remark " * 60, several(count)), Row("b", "", several(2))]
    title, image = "a name " * 40 + "猫", Image.new("RGB", (640, 480))
    page, made = figure(rows, title, ["x" * 400, "word " * 99], image)
    assert page.width < 1500
    assert [len(row) for row in made] == [count, 2]
    check_all_within(page)
    short, _ = figure([Row("layer", "remark", several(count)), rows[1]], "", ["x"], image)
    assert page.width == short.width


def test_a_longer_remark_makes_a_page_higher_by_its_lines() -> None:
    rows = [Row("conv", "", several(1))]
    short, long = (figure(rows, "", [remark])[0] for remark in ("a", "word " * 90))
    assert long.height == short.height + 22 * (len(broken("word " * 90, 14, long.width - 56)) - 1)
    assert " ".join(texts(long)[1:5]).startswith("word word")


@pytest.mark.parametrize(("size", "shown"), [((640, 480), (192, 144)), ((20, 10), (20, 10)), ((1000, 1), (192, 1))])
def test_the_image_stands_beside_the_title(size: tuple[int, int], shown: tuple[int, int]) -> None:
    page, _ = figure([Row("conv", "", several(1))], "owl.png", [], Image.new("RGB", size))
    first = page.items[0]
    assert isinstance(first, Shown)
    assert first.image.size == shown
    title = next(item for item in page.items if isinstance(item, Text))
    assert (title.text, title.left) == ("owl.png", first.left + first.image.width + 28)


def test_what_is_made_of_each_tile_is_told() -> None:
    p = several(2)
    silent = replace(p[0], activation=0.0, unit=replace(p[0].unit, channel=9))
    _, (made, grey) = figure([Row("a", "", [*p, silent]), Row("b", "", p[:1])], "", [], look=Look(tone="grey"))
    assert [box for box, _ in made] == [p[0].frame, p[1].frame, silent.field]
    assert [None if how is None else how.tone for _, how in made] == ["grey", "grey", None]
    assert len(grey) == 1


def test_a_list_says_what_captions_mean() -> None:
    def remarks(projections: Sequence[Projection]) -> str:
        return " ".join(texts(Projections(projections)._page(USUAL))[1:4])

    p = several(1)[0]
    assert "hatched is outside the image" in remarks([p])
    assert "contribution" not in remarks([p])
    named = replace(p, unit=replace(p.unit, contribution=0.1, for_class="owl"))
    assert "the contribution to owl" in remarks([named, p])
