"""Galleries without patches, and galleries in a single file."""

import re
from pathlib import Path

from browsing import Opener, focused, numbers, press, settled, shows


def test_a_gallery_without_patches(visit: Opener, place: Path) -> None:
    assert not (place / "bare" / "images").exists()
    watched = visit("bare/index.html")
    page = watched.page
    assert page.locator("input[name=view]").count() <= 1
    page.locator("#layer-conv5 h2 a").click()
    page.wait_for_url("**/conv5.html")
    page.wait_for_load_state()
    press(page, "t")
    assert page.evaluate("document.documentElement.dataset.view") == "projections"
    page.locator("#maps .map:not(.dead) a").first.click()
    page.wait_for_selector(".nine li")
    assert page.locator(".nine img").count() == 0
    assert page.locator(".nine .tile").count() == page.locator(".nine li").count()
    assert page.locator(".nine button.shown").count() == page.locator(".nine button.projection").count() > 0
    assert page.locator("#unit a[href*='image.html']").count() == 0  # there is none
    page.locator("details.commands summary").click()
    assert "--no-patches" in page.locator(".cli").inner_text()
    assert not watched.asked_for("/images/")


def test_a_single_file_needs_nothing_else(visit: Opener, place: Path) -> None:
    watched = visit("one.html")
    page = watched.page
    assert len(numbers(page)) == 12
    page.locator("#u4 a").click()
    page.wait_for_selector(".nine .whole img")
    page.wait_for_function(
        "[...document.querySelectorAll('.nine .whole img')].every(i => i.complete && i.naturalWidth)"
    )
    settled(page)
    assert page.locator(".nine .patch .cut img").count() == 4  # its frames have more pixels than tiles
    assert page.locator(".nine a").count() == 0  # there are no pages of images
    press(page, "ArrowRight", "Escape")
    page.wait_for_function("!document.querySelector('#unit').open")
    press(page, "Escape", "[", "]")
    page.select_option("#sort", "peak")
    assert watched.requests == [(place / "one.html").as_uri()]


def test_a_single_file_of_several_layers(visit: Opener, place: Path) -> None:
    watched = visit("two.html")
    page = watched.page
    assert page.locator("h1").inner_text() == "conv1 and conv5"
    assert [heading.inner_text() for heading in page.locator(".list h2").all()] == ["conv1", "conv5"]
    assert numbers(page) == [*range(12), *range(12)]
    page.select_option("#sort", "peak")  # each layer by itself
    assert sorted(numbers(page)[:12]) == list(range(12)) != numbers(page)[:12]
    press(page, "]")
    assert (focused(page) or "").startswith("conv1:")
    press(page, "]")
    assert (focused(page) or "").startswith("conv5:")
    press(page, "Enter")
    page.wait_for_selector("#unit[open] .nine .whole img")
    assert page.locator("#unit-title").inner_text().startswith("conv5 : ")
    press(page, "[")
    page.wait_for_function("document.querySelector('#unit-title').textContent.startsWith('conv1 : ')")
    assert page.locator(".nine.sharp li").count() == 4  # conv1 sees a few pixels: they are enlarged
    page.locator("details.commands summary").click()
    assert "--layer conv1" in page.locator(".cli").inner_text()
    press(page, "Escape")
    page.wait_for_function("!document.querySelector('#unit').open")  # it goes back in history, which takes a moment
    page.fill("#search", "conv5:7")
    press(page, "Enter")
    shows(page, "conv5 : 7")
    shown = page.url
    page.goto("about:blank")
    page.goto(shown)
    shows(page, "conv5 : 7")
    requests = {re.split("[?#]", url)[0] for url in watched.requests}
    assert requests - {"about:blank"} == {(place / "two.html").as_uri()}


def test_the_first_look_leads_to_its_maps(visit: Opener, place: Path) -> None:
    page = visit("small/index.html").page
    first = page.locator("#first .map").first
    unit = first.get_attribute("data-unit") or ""
    assert first.locator("b").inner_text() == unit
    assert first.locator("img").is_visible()
    assert page.locator("#first").bounding_box()["y"] < page.locator(".layer").first.bounding_box()["y"]
    first.locator("a").click()
    page.wait_for_url("**/conv5.html#u*")
    shows(page, unit.replace(":", " : "))
