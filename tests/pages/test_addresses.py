"""A page's address says how its list is sorted and filtered, and how it is looked at: it can be kept and sent on."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

from browsing import Opener, closed, numbers, press, shows


def said(page: Any) -> dict[str, str]:
    """What stands in the address."""
    return {name: value for name, (value,) in parse_qs(urlsplit(page.url).query).items()}


def set_up(page: Any) -> dict[str, object]:
    """How the list is looked at."""
    return {
        "sort": page.locator("#sort").input_value(),
        "reversed": page.locator("#reverse").is_checked(),
        "show": page.locator("#filter").input_value(),
        "view": page.locator("input[name=view]:checked").get_attribute("value"),
        "grey": page.locator("#grey").is_checked(),
        "shown": (page.evaluate("document.documentElement.dataset.view"), numbers(page)),
    }


CHOSEN = {"sort": "peak", "reversed": "yes", "show": "alive", "view": "patches", "tone": "grey"}


def choose(page: Any) -> None:
    page.select_option("#sort", "peak")
    page.locator("#reverse").check()
    page.select_option("#filter", "alive")
    page.locator("input[value=patches]").check()
    press(page, "g")


def test_what_is_chosen_is_in_the_address_and_opens_again_anywhere(visit: Opener) -> None:
    page = visit("small/layers/conv5.html", permissions=["clipboard-read", "clipboard-write"]).page
    usual = set_up(page)
    choose(page)
    chosen = set_up(page)
    assert said(page) == CHOSEN
    assert {name for name in chosen if chosen[name] == usual[name]} == set()
    page.reload()
    assert set_up(page) == chosen
    page.locator("#maps .map:visible a").nth(3).click()
    page.wait_for_selector(".nine li")
    page.get_by_role("button", name="Copy link").click()
    page.wait_for_function("document.querySelector('#said').textContent === 'Copied'")
    link = page.evaluate("navigator.clipboard.readText()")
    number = chosen["shown"][1][3]  # type: ignore[index]
    assert link == page.url
    assert link.endswith(f"#u{number}")

    there = visit("small/layers/" + link.rpartition("/")[2]).page  # another browser
    shows(there, f"conv5 : {number}")
    press(there, "Escape")
    closed(there)
    assert set_up(there) == chosen
    assert said(there) == CHOSEN


def test_what_is_usual_is_not_in_the_address(visit: Opener) -> None:
    page = visit("small/layers/conv5.html").page
    assert said(page) == {}
    choose(page)
    page.select_option("#sort", "number")
    page.locator("#reverse").uncheck()
    page.select_option("#filter", "all")
    press(page, "g")
    assert said(page) == {"view": "patches"}
    page.reload()
    assert numbers(page) == sorted(numbers(page))


def test_layers_before_and_after_are_looked_at_in_the_same_way(visit: Opener) -> None:
    page = visit("small/layers/conv2.html").page
    choose(page)
    press(page, "]")
    page.wait_for_url("**/conv5.html?*")
    assert said(page) == CHOSEN
    chosen = set_up(page)
    assert (chosen["sort"], chosen["reversed"], chosen["show"], chosen["grey"]) == ("peak", True, "alive", True)
    assert chosen["shown"][0] == "patches"  # type: ignore[index]
    page.get_by_role("link", name="conv2").click()
    page.wait_for_url("**/conv2.html?*")
    assert said(page) == CHOSEN
    page.locator("input[value=overlay]").check()  # what the address says goes on from here
    press(page, "g")
    press(page, "[")
    page.wait_for_url("**/conv1.html?*")
    assert said(page) == {**{name: CHOSEN[name] for name in ("sort", "reversed", "show")}, "view": "overlay"}
    assert page.locator("input[value=overlay]").is_checked()
    assert not page.locator("#grey").is_checked()


def test_an_address_that_says_what_there_is_not_is_as_one_that_says_nothing(visit: Opener) -> None:
    page = visit("small/layers/conv5.html").page
    usual = set_up(page)
    page.goto(page.url + "?sort=%3Cb%3E&reversed=perhaps&show=linked&view=constructor&tone=pink&other=1")
    assert set_up(page) == usual
    assert "sort" not in said(page)


def test_a_single_file_has_its_address_too(visit: Opener) -> None:
    page = visit("two.html").page
    choose(page)
    chosen = set_up(page)
    page.reload()
    assert set_up(page) == chosen
    there = visit(page.url.rpartition("/")[2]).page
    assert set_up(there) == chosen
    assert said(there) == CHOSEN
