"""Stars: kept, shared, removed."""

from typing import Any

import pytest
from browsing import Opener, focused, press, shows


def test_stars_are_kept_shared_and_removed(visit: Opener) -> None:
    page = visit("small/layers/conv2.html#u3", permissions=["clipboard-read", "clipboard-write"]).page
    page.locator("#unit-star").click()
    press(page, "ArrowRight", "s", "Escape")
    page.reload()
    assert page.eval_on_selector_all(".map.starred", "cards => cards.map(c => c.id)") == ["u3", "u4"]
    index = page.url.split("/layers/")[0] + "/index.html"
    page.goto(index)
    units = "cards => cards.map(c => c.dataset.unit)"
    assert page.eval_on_selector_all("#starred .map", units) == ["conv2:3", "conv2:4"]
    page.locator("#copy-stars").click()
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(index + "#stars=")

    other = visit("small/index.html").page  # another browser
    assert not other.locator("#starred").is_visible()
    other.goto(link)  # a change of the hash alone
    other.wait_for_selector("#starred .map")
    assert other.eval_on_selector_all("#starred .map", units) == ["conv2:3", "conv2:4"]
    assert other.eval_on_selector_all("#layers .starred", units) == []
    other.locator("#keep-stars").click()
    assert not other.locator("#keep-stars").is_visible()
    other.goto(index)
    assert other.eval_on_selector_all("#starred .map", units) == ["conv2:3", "conv2:4"]
    other.locator("#clear-stars").click()
    assert not other.locator("#starred").is_visible()
    other.reload()
    assert not other.locator("#starred").is_visible()


def test_a_links_stars_do_not_touch_ones_own(visit: Opener) -> None:
    page = visit("small/layers/conv1.html#u1").page
    press(page, "s")
    index = page.url.split("/layers/")[0] + "/index.html"
    units = "cards => cards.map(c => c.dataset.unit)"
    page.goto(index + "#stars=conv2%3A3,nowhere%3A1,conv2%3A99999,%")
    assert page.eval_on_selector_all("#starred .map", units) == ["conv2:3"]
    page.locator("#clear-stars").click()
    assert page.eval_on_selector_all("#starred .map", units) == ["conv1:1"]


@pytest.mark.parametrize("where", ["two.html", "small/layers/conv1.html"])
def test_stars_of_a_layer_or_a_single_file_travel_in_a_link(visit: Opener, where: str) -> None:
    page = visit(where, permissions=["clipboard-read", "clipboard-write"]).page
    button, units = button_of(page), "cards => cards.map(c => c.dataset.unit)"
    chosen = page.eval_on_selector_all("#maps .map:not(.dead)", units)[1:8:3]
    for unit in chosen:
        page.locator(f'.map[data-unit="{unit}"] a').focus()
        press(page, "s")
    assert not button.is_visible()
    page.select_option("#filter", "starred")
    button.click()
    page.wait_for_function("document.querySelector('#copy-stars').textContent === 'Copied'")
    link = page.evaluate("navigator.clipboard.readText()")
    assert link.startswith(page.url.split("#")[0] + "#stars=")

    hash_, shown = "#" + link.partition("#")[2], "#maps .map:not([hidden])"
    other = visit(where + hash_).page
    assert other.eval_on_selector_all(shown, units) == chosen
    assert other.locator("#filter").input_value() == "linked"
    assert other.locator(".map.starred").count() == 0  # they are not one's own
    other.locator(f"{shown} a").first.click()
    shows(other, chosen[0].replace(":", " : "))
    press(other, "Escape")
    other.wait_for_function("!document.querySelector('#unit').open")
    assert other.eval_on_selector_all(shown, units) == chosen
    other.select_option("#filter", "starred")
    assert other.eval_on_selector_all(shown, units) == []
    assert not button_of(other).is_visible()
    other.select_option("#filter", "linked")
    other.locator("#keep-stars").click()
    assert not other.locator("#keep-stars").is_visible()
    assert other.eval_on_selector_all(".map.starred", units) == chosen
    press(other, "Shift+Tab")
    other.select_option("#filter", "starred")
    for unit in chosen:  # the focus goes on to the next, at last to the list
        assert focused(other) != "body"
        other.locator(f'.map[data-unit="{unit}"] a').focus()
        press(other, "s")
    assert other.evaluate("document.activeElement.id") == "maps"


def button_of(page: Any) -> Any:
    return page.locator("#copy-stars")


def test_a_link_comes_and_goes(visit: Opener) -> None:
    page = visit("two.html").page
    shown, units = "#maps .map:not([hidden])", "cards => cards.map(c => c.dataset.unit)"
    every = page.eval_on_selector_all(shown, units)
    page.fill("#search", "nowhere")
    assert page.eval_on_selector_all(shown, units) == []
    page.evaluate("location.hash = '#stars=conv5%3A7,conv1%3A2,conv9%3A1'")
    page.wait_for_function("document.querySelector('#filter').value === 'linked'")
    assert page.eval_on_selector_all(shown, units) == ["conv1:2", "conv5:7"]
    page.go_back()
    page.wait_for_function("document.querySelector('#filter').value === 'all'")
    assert page.eval_on_selector_all(shown, units) == every
    assert page.locator("#filter [value=linked]").count() == 0

    page.evaluate("location.hash = '#stars=conv9%3A1'")
    page.wait_for_selector("#none:not([hidden])")
    assert "None of the link's feature maps" in page.locator("#none").inner_text()
    page.locator("#show-all").click()
    assert page.eval_on_selector_all(shown, units) == every
    page.locator(f"{shown} a").first.click()
    shows(page, "conv1 : 0")
    press(page, "Escape")
    page.wait_for_function("!document.querySelector('#unit').open")
    assert page.eval_on_selector_all(shown, units) == every  # as it was left


def test_a_star_on_the_index_does_not_move_the_page(visit: Opener) -> None:
    page = visit("small/index.html").page
    card = page.locator("#layers .map a, #first .map a").first
    assert page.evaluate("scrollY") == 0  # where browsers do not hold on to what is in view by themselves
    for times in (1, 2):  # the list of the starred comes, and goes
        card.focus()
        before = card.bounding_box()
        press(page, "s")
        page.wait_for_function(f"document.querySelector('#starred').hidden === {str(times == 2).lower()}")
        page.evaluate("new Promise(done => setTimeout(done, 200))")  # until it is laid out and drawn
        after = card.bounding_box()
        assert before is not None
        assert after is not None
        assert after["y"] == pytest.approx(before["y"], abs=1)


def test_stars_of_two_tabs_add_up(visit: Opener) -> None:
    one = visit("small/index.html").page
    other = one.context.new_page()
    other.goto(one.url.replace("index.html", "layers/conv2.html#u5"))
    press(other, "s")
    one.wait_for_selector("#starred .map")
    one.locator("#layers .map a").first.focus()
    press(one, "s")
    assert one.locator("#starred .map").count() == 2
    other.reload()
    assert other.locator("#u5.starred").count() == 1
