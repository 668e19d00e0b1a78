"""Links into a gallery, and the ways back."""

import pytest
from browsing import Opener, closed, focused, in_sight, press, shows


@pytest.mark.parametrize("over", ["file", "http"])
def test_deep_links_and_the_back_button(over: str, visit: Opener, served: str) -> None:
    base, start = (served, "") if over == "http" else (None, "small/")
    page = visit(start + "layers/conv2.html#u3", base).page
    shows(page, "conv2 : 3")
    page.evaluate("location.hash = 'u9'")
    page.wait_for_function("document.querySelector('#unit-title').textContent === 'conv2 : 9'")
    page.go_back()
    page.wait_for_function("document.querySelector('#unit-title').textContent === 'conv2 : 3'")
    press(page, "Escape")
    page.wait_for_function("!document.querySelector('#unit').open")
    assert "#u" not in page.url
    assert focused(page) == "conv2:3"
    page.goto(page.url.split("/layers/")[0] + "/index.html")
    page.locator("#layer-conv5 .map a").first.click()
    page.wait_for_selector("#unit[open]")
    page.go_back()
    page.wait_for_url("**/index.html*")
    page.locator("#layer-conv5 h2 a").click()
    page.locator("#u7 a").click()
    shows(page, "conv5 : 7")  # only then do keys go to it
    press(page, "ArrowRight")
    shows(page, "conv5 : 8")
    page.go_back()
    page.wait_for_function("!document.querySelector('#unit').open")
    assert page.title().startswith("conv5 ·")
    assert focused(page) == "conv5:8"
    page.go_forward()
    page.wait_for_selector("#unit[open]")
    shows(page, "conv5 : 8")
    press(page, "Escape")
    page.wait_for_function("!document.querySelector('#unit').open")
    page.go_back()
    page.wait_for_url("**/index.html*")
    page.goto(page.url + "#nonsense")


@pytest.mark.parametrize("over", ["file", "http"])
def test_escape_leads_back_to_where_one_came_from(over: str, visit: Opener, served: str) -> None:
    base, start = (served, "") if over == "http" else (None, "small/")
    page = visit(start + "index.html", base).page
    index = page.url
    card = page.locator("#first .map").nth(1)
    unit = (card.get_attribute("data-unit") or "").replace(":", " : ")
    card.locator("a").click()
    page.wait_for_url("**/conv5.html#u*")
    shows(page, unit)
    press(page, "ArrowRight", "ArrowRight")  # also from a map further on
    press(page, "Escape")
    page.wait_for_url(index)
    page.fill("#search", "conv2:7")
    press(page, "Enter")
    shows(page, "conv2 : 7")
    press(page, "Escape")
    page.wait_for_url(index + "?q=conv2%3A7")  # what was found is shown again
    page.locator("#layer-conv5 h2 a").click()
    page.wait_for_url("**/conv5.html")
    page.locator("#u7 a").click()
    shows(page, "conv5 : 7")
    press(page, "ArrowRight", "Escape")
    closed(page)
    assert page.url.rstrip("#").endswith("conv5.html")
    assert focused(page) == "conv5:8"
    press(page, "Escape")
    page.wait_for_url(index + "#layer-conv5")


def test_the_list_of_a_map_that_was_opened_from_elsewhere_is_a_button_away(visit: Opener) -> None:
    page = visit("small/index.html").page
    page.locator("#layer-conv5 .map a").first.click()
    page.wait_for_selector("#unit[open] .nine li")
    page.get_by_role("button", name="all maps").click()
    closed(page)
    assert page.url.rstrip("#").endswith("conv5.html")
    assert page.locator("#maps .map").first.is_visible()
    page.locator("#u7 a").click()
    shows(page, "conv5 : 7")
    press(page, "Escape")
    closed(page)
    assert page.url.rstrip("#").endswith("conv5.html")


def test_escape_leads_to_the_list_if_no_page_led_here(visit: Opener) -> None:
    page = visit("small/index.html").page
    index = page.url
    page.goto(index.replace("index.html", "layers/conv5.html#u7"))
    shows(page, "conv5 : 7")
    press(page, "Escape")
    closed(page)
    assert page.url.rstrip("#").endswith("conv5.html")
    page.goto(index)
    with page.context.expect_page() as tab:
        page.locator("#layer-conv5 .map a").first.click(modifiers=["Control"])
    other = tab.value
    other.wait_for_selector("#unit[open] .nine li")
    press(other, "Escape")
    closed(other)
    assert other.url.rstrip("#").endswith("conv5.html")


def test_the_map_left_is_in_sight(visit: Opener) -> None:
    page = visit("small/layers/conv5.html").page
    page.locator("#u0 a").click()
    for _ in range(14):
        press(page, "ArrowDown")
    left = page.evaluate("location.hash")
    press(page, "Escape")
    page.wait_for_function("!document.querySelector('#unit').open")
    in_sight(page, left + " a")


@pytest.mark.parametrize("width", [1280, 900, 700, 360])
def test_the_focus_is_never_behind_the_bar(width: int, visit: Opener) -> None:
    page = visit("small/layers/conv2.html", width=width, height=640).page
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.locator("#maps .map a").last.focus()
    for _ in range(12):
        press(page, "Shift+Tab")
        top = page.evaluate("document.activeElement.getBoundingClientRect().top")
        assert top >= page.eval_on_selector(
            ".tools", "b => getComputedStyle(b).position === 'sticky' ? b.getBoundingClientRect().bottom : 0"
        )
