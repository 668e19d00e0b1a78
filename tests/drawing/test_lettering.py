"""Texts stay within their width, and lose no more than they must."""

from itertools import pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deconvviz.drawing import beside, broken, fitting
from deconvviz.drawing.lettering import ascent, font_for, own_letters, text_width

pytestmark = pytest.mark.quick

SENTENCE = "captions: feature map @row,column and class; activation; contribution to the score of African crocodile"

plain = st.text(st.sampled_from("abcW il.,:@0123456789"), max_size=40)
any_text = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40)


def test_a_text_that_fits_is_left_as_it_is() -> None:
    assert fitting("features.3", 12, text_width("features.3", 12)) == "features.3"
    assert fitting("", 12, 0) == ""
    assert "…" in fitting("features.3", 12, text_width("features.3", 12) - 1)


def test_a_text_is_shortened_in_the_middle() -> None:
    short = fitting("features.12.expand3x3.something", 12, 80)
    assert short.startswith("feat")
    assert short.count("…") == 1
    assert short.endswith("ing")


@given(any_text, st.integers(60, 200), st.sampled_from([12, 14]))
def test_no_text_is_wider_than_its_room(text: str, width: int, size: int) -> None:
    text = text.replace("…", "")
    short = fitting(text, size, width)
    assert text_width(short, size) <= width
    if short != text:
        start, end = short.split("…")
        assert len(start) - len(end) in (0, 1)
        assert text.startswith(start)
        assert text.endswith(end)
        more = (1, 0) if len(start) == len(end) else (0, 1)  # one letter more had no room
        longer = f"{text[: len(start) + more[0]]}…{text[len(text) - len(end) - more[1] :]}"
        assert text_width(longer, size) > width


def test_remarks_are_broken_between_words_and_never_cut() -> None:
    lines = broken(SENTENCE, 14, 300)
    assert " ".join(lines) == SENTENCE
    assert len(lines) > 1
    assert all(text_width(line, 14) <= 300 for line in lines)
    for line, after in pairwise(lines):
        assert text_width(f"{line} {after.split()[0]}", 14) > 300  # the next word had no room
    assert broken("short", 14, 300) == ["short"]


def test_a_word_longer_than_a_line_is_shortened() -> None:
    lines = broken("a " + "x" * 400 + " b", 14, 300)
    assert lines[0] == "a"
    assert "…" in lines[1]
    assert lines[2] == "b"
    assert all(text_width(line, 14) <= 300 for line in lines)


def test_no_words_are_one_empty_line() -> None:
    assert broken("", 14, 300) == broken("  \n ", 14, 300) == [""]


@given(plain, plain, st.integers(60, 250))
def test_what_fits_stands_beside_the_first_text(first: str, more: str, width: int) -> None:
    whole = f"{first}  {more}" if more else first
    said = beside(first, more, 12, width)
    assert (said == whole) == (text_width(whole, 12) <= width)


def test_with_nothing_beside_it_the_first_text_may_be_shortened() -> None:
    assert beside("41.2", "", 12, 100) == "41.2"
    assert beside("x" * 99, "", 12, 100) == beside("x" * 99, "owl", 12, 100) == fitting("x" * 99, 12, 100)


FIRST = ["41.2", "0.00123", "0.83  +0.0123", "silent -0.00123", "1130  -0.000123", ":511@13,13"]
MORE = [
    "owl",
    "African crocodile, Nile crocodile",
    "W" * 20,
    "red\\npanda 猫",
]


@pytest.mark.parametrize("more", MORE)
def test_the_first_text_is_never_shortened_for_what_is_beside_it(more: str) -> None:
    """Nor when what came of it is fitted once more, as captions are."""
    for first, width in product(FIRST, [112, 124, 128, 194, 224]):
        said = beside(first, more, 12, width)
        assert said.startswith(first)
        assert text_width(said, 12) <= width, said
        assert fitting(said, 12, width) == said


def test_letters_beyond_ascii_are_drawn_in_a_font_that_may_have_them() -> None:
    assert font_for("conv1", 12) is font_for("conv2", 12)
    assert font_for("conv1", 14) is not font_for("conv1", 12)
    assert font_for("Größe", 14).size == 14
    assert text_width("Größe", 14) > text_width("Gr", 14)


def test_pillows_own_font_is_taken_for_all_that_it_holds() -> None:
    assert {"…", "·", "~", " "} <= own_letters()
    assert not {"é", "猫", "\uffff", "\x81"} & own_letters()
    box = font_for("a", 20).getmask("\uffff")  # what is drawn in place of a letter that lacks
    for letter in own_letters() - {chr(code) for code in range(32)} - {"\x7f"}:
        assert bytes(font_for(letter, 20).getmask(letter)) != bytes(box), letter
        assert font_for(f"conv1 {letter}", 20) is font_for("conv1", 20)
        assert font_for(f"é {letter}", 20) is font_for("é", 20)


@pytest.mark.parametrize("text", ["conv1", "Größe"])
def test_the_baseline_is_below_capitals_and_above_tails(text: str) -> None:
    for size in (12, 26):
        letters = font_for(text, size)
        assert abs(letters.getbbox("H")[3] - ascent(text, size)) <= 1
        assert letters.getbbox("g")[3] > ascent(text, size)
