"""Units: text form, order, and the position of a peak."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from deconvviz.deconvnet.units import Unit, find_peaks, locate, strongest_images, strongest_maps
from deconvviz.errors import UnknownUnit

pytestmark = pytest.mark.quick

names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+){0,4}", fullmatch=True)
numbers = st.integers(0, 10**6)


@given(
    layer=names,
    channel=numbers,
    position=st.none() | st.tuples(numbers, numbers) | st.just("*"),
    image=st.none() | numbers,
)
def test_text_round_trip(layer: str, channel: int, position: tuple[int, int] | str | None, image: int | None) -> None:
    """Nothing is lost: also the first of several images is named."""
    everywhere = position == "*"
    at = (None, None) if everywhere or position is None else position
    unit = Unit(layer, channel, *at, image=image, everywhere=everywhere, several=True)
    again = Unit.parse(str(unit))
    assert again == unit
    assert str(again) == str(unit)
    assert Unit.parse(unit.place) == Unit(layer, channel, *at, everywhere=everywhere)


def test_texts_of_the_only_image_do_not_name_it() -> None:
    (alone,) = strongest_maps(torch.ones(1, 1, 2, 2), "x", 1)
    assert (alone.image, str(alone), repr(alone)) == (0, "x:0@0,0", "Unit(x:0@0,0, activation 1)")
    assert [str(unit) for unit in strongest_maps(torch.ones(2, 1, 2, 2), "x", 1)] == ["x:0@0,0#0", "x:0@0,0#1"]
    assert [str(units[0]) for units in strongest_images(torch.ones(2, 2), "x", 1)] == ["x:0#0", "x:1#0"]
    assert str(Unit.parse(" x:3#0 ")) == "x:3#0"
    assert str(Unit.parse("x:3@*")) == "x:3@*"


@pytest.mark.parametrize(
    "text",
    [
        *("", "features.12", "features.12:", ":3", "a:b", "a:1@", "a:1@2", "a:1@2,", "a:-1", "a b:1"),
        *("a:1#", "a:1#-1", "a:1#x", "a:1@*,2", "a:1@**", "a:1#2@3,4", "a:1@3,4#", "a:1" + "0" * 5000),
    ],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(UnknownUnit, match="write LAYER:MAP"):
        Unit.parse(text)


def test_peaks_take_the_first_of_equals() -> None:
    maps = torch.zeros(1, 2, 3, 4)
    maps[0, 1, 1, 2] = maps[0, 1, 2, 0] = 5
    peaks = find_peaks(maps, "x")
    assert peaks.values.tolist() == [[0, 5]]
    assert (peaks.rows[0, 1], peaks.columns[0, 1]) == (1, 2)
    assert (peaks.rows[0, 0], peaks.columns[0, 0]) == (0, 0)


def test_strongest_maps_of_each_image() -> None:
    maps = torch.tensor([[[[1.0]], [[3.0]], [[3.0]]], [[[9.0]], [[0.0]], [[2.0]]]])
    units = strongest_maps(maps, "x", 2)
    assert [(u.image, u.channel, u.activation) for u in units] == [(0, 1, 3), (0, 2, 3), (1, 0, 9), (1, 2, 2)]
    assert len(strongest_maps(maps, "x", 50)) == 6


def test_strongest_images_of_each_map() -> None:
    maps = torch.tensor([[1.0, 5.0], [4.0, 5.0], [2.0, 7.0]])
    assert [[u.image for u in units] for units in strongest_images(maps, "fc", 2)] == [[1, 2], [2, 0]]
    assert strongest_images(maps, "fc", 1)[0][0].row is None


def test_locate_fills_in_position_and_value() -> None:
    maps = torch.zeros(2, 1, 3, 3)
    maps[1, 0, 2, 1] = 4
    assert locate(Unit("x", 0, image=1), maps) == Unit("x", 0, 2, 1, image=1)
    assert locate(Unit("x", 0, 0, 0, image=1), maps).activation == 0
    for wrong in (Unit("x", 1, image=0), Unit("x", 0, 3, 0, image=0)):
        with pytest.raises(UnknownUnit, match="has 0 …"):
            locate(wrong, maps)
    with pytest.raises(UnknownUnit, match="x:0#2: there is no image 2; the images are 0 … 1"):
        locate(Unit("x", 0, image=2), maps)
    with pytest.raises(UnknownUnit, match="without positions"):
        locate(Unit("fc", 0, 1, 1, image=0), torch.zeros(1, 2))


def test_units_are_short_in_a_notebook() -> None:
    assert repr(Unit("conv1", 3)) == "Unit(conv1:3)"
    assert repr(Unit("conv1", 3, 4, 5, image=2, activation=1.23456)) == "Unit(conv1:3@4,5#2, activation 1.235)"


def test_half_a_position_is_none() -> None:
    assert [str(unit) for unit in (Unit("x", 3, 2), Unit("x", 3, None, 2), Unit("x", 3, 2, 2))] == [
        "x:3",
        "x:3",
        "x:3@2,2",
    ]
