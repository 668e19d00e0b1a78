"""The bar of tools: one line that does not move, and a way into long lists."""

from pathlib import Path
from typing import Any

import pytest
from browsing import Opener, focused, in_sight, numbers, press

PLACES = """() => {
  const bar = document.querySelector(".tools"), below = [];
  for (let next = bar.nextElementSibling; next; next = next.nextElementSibling)
    if (next.offsetParent) below.push(next.getBoundingClientRect().top);
  const within = [...bar.querySelectorAll("input, select, button, output")].filter(e => e.checkVisibility())
    .map(e => [e.id || e.value || e.textContent, Math.round(e.getBoundingClientRect().left)]);
  return [bar.getBoundingClientRect().top, bar.offsetHeight, below[0], within];
}"""


@pytest.mark.parametrize("width", [1366, 360])
@pytest.mark.parametrize("where", ["small/index.html", "small/layers/conv5.html"])
def test_nothing_of_it_moves_while_one_types(where: str, width: int, visit: Opener) -> None:
    page = visit(where, width=width).page
    before = page.evaluate(PLACES)
    assert before[1] < 60
    page.locator("#search").focus()
    for key in [*"12-", *(["Backspace"] * 3), *"car", "z"]:
        press(page, key)
        now = page.evaluate(PLACES)
        assert now[:2] == before[:2]
        assert now[3] == before[3] or (width < 600 and now[3][:5] == before[3][:5])  # the count may need more room
        assert now[2] == pytest.approx(before[2], abs=1)


@pytest.mark.parametrize("where", ["small/index.html", "small/layers/conv5.html", "small/image.html?n=7"])
def test_it_is_one_line_at_every_width(where: str, visit: Opener) -> None:
    page = visit(where).page
    for width in (1366, 1280, 1000, 768, 600, 360):
        page.set_viewport_size({"width": width, "height": 800})
        tops = page.eval_on_selector_all(
            ".tools > *", "parts => parts.filter(p => p.offsetHeight).map(p => p.offsetTop + p.offsetHeight / 2)"
        )
        assert len(tops) > 2
        assert max(tops) - min(tops) <= 4, width
        assert page.evaluate("document.documentElement.scrollWidth") <= width


IN_SIGHT = """() => {
  const at = document.activeElement, bar = at.closest(".tools");
  const { left, right } = at.getBoundingClientRect(), ends = bar?.getBoundingClientRect();
  return [at.id || at.value, !bar || (ends.left <= left && right <= ends.right)];
}"""


@pytest.mark.parametrize("width", [768, 360])
def test_it_is_moved_along_with_the_focus(width: int, visit: Opener) -> None:
    page = visit("small/layers/conv5.html", width=width).page
    for key, last in (("Tab", "help-button"), ("Shift+Tab", "search")):
        reached: list[str] = []
        while last not in reached:
            press(page, key)
            name, seen = page.evaluate(IN_SIGHT)
            assert seen, (key, name)
            reached.append(name)
        assert {"jump", "sort", "reverse", "filter", "both", "grey"} < set(reached)


def jumps(page: Any) -> list[str]:
    """What the field offers as one comes to it."""
    page.locator("#jump").focus()
    found: list[str] = page.locator("#jump option").all_inner_texts()
    return found


def test_a_long_list_has_a_way_into_it(visit: Opener) -> None:
    page = visit("small/layers/conv5.html").page
    assert jumps(page) == ["go to …", "map 0", "map 50", "map 100"]
    page.select_option("#jump", "u100")
    assert focused(page) == "conv5:100"
    assert page.locator("#jump").input_value() == ""
    in_sight(page, "#u100")
    press(page, "ArrowRight")
    assert focused(page) == "conv5:101"


def test_it_follows_the_list_as_it_is_now(visit: Opener) -> None:
    page = visit("small/layers/conv5.html").page
    page.select_option("#sort", "peak")
    page.select_option("#filter", "alive")
    order = numbers(page)
    assert jumps(page) == ["go to …", *(f"map {number}" for number in order[::50])]
    page.select_option("#jump", f"u{order[50]}")
    assert focused(page) == f"conv5:{order[50]}"
    page.fill("#search", "0-15,30")
    assert jumps(page) == ["go to …", f"map {numbers(page)[0]}"]


def test_a_short_list_and_the_index_need_none(visit: Opener, place: Path) -> None:
    page = visit("small/layers/conv1.html").page
    for path in ("two.html", "small/index.html"):
        assert page.locator("#jump").count() == 0
        page.goto(f"{place.as_uri()}/{path}")
    assert page.locator("#jump").count() == 0
