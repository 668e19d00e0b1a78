"""Hostile names of networks, layers, classes and files are text."""

import re
import shlex
from pathlib import Path

from browsing import HOSTILE_CLASS, HOSTILE_FILE, HOSTILE_LAYERS, Opener, press


def test_hostile_names_are_text(visit: Opener, place: Path) -> None:
    page = visit("hostile/index.html").page
    assert page.locator("h1").inner_text() == "<b>small</b>"
    assert page.locator("h2 a").all_inner_texts() == list(HOSTILE_LAYERS)
    assert page.locator("img[src=x]").count() == 0
    search, labels = page.locator("#search"), page.locator("#found .map .class")
    for text in (HOSTILE_CLASS, "__proto__"):
        search.fill(text)
        first = "document.querySelector('#found .map .class')?.textContent.startsWith(text)"
        page.wait_for_function(f"text => {first}", arg=f"{text}, ")  # what is found is drawn a little later
        assert re.fullmatch(re.escape(text) + ", [34] of 4", labels.first.inner_text())
        assert text in page.locator("#found h2").inner_text()
    search.fill(HOSTILE_FILE)
    page.wait_for_function(
        "text => document.querySelector('#found .map .class')?.textContent.endsWith(text)", arg=HOSTILE_FILE
    )
    assert HOSTILE_FILE in page.locator("#found h2").inner_text()
    search.fill(f"{HOSTILE_LAYERS[1]}:3")
    assert page.locator("#found .map").get_attribute("data-unit") == f"{HOSTILE_LAYERS[1]}:3"
    search.fill("")
    for layer in HOSTILE_LAYERS:
        page.get_by_role("link", name=layer, exact=True).click()
        page.wait_for_url("**/layers/**")
        assert page.locator("h1").inner_text() == layer
        living = page.locator("#maps .map:not(.dead) a").first
        living.click()
        page.wait_for_selector(".nine li .whole img")
        assert page.locator("#unit-title").inner_text().startswith(layer)
        said = page.locator(".nine").first.inner_text()
        assert HOSTILE_FILE in said
        assert page.locator("img[src=x]").count() == 0
        page.get_by_text("Make it again").click()
        assert shlex.split(page.locator(".cli").inner_text())[4] == layer
        page.locator("#unit-star").click()
        page.goto(page.url.split("/layers/")[0] + "/index.html")
    assert page.locator("#starred .map").count() == 2


def test_hostile_stars_travel_in_a_link(visit: Opener) -> None:
    page = visit("hostile/index.html", permissions=["clipboard-read", "clipboard-write"]).page
    for section in page.locator(".layer").all():
        section.locator(".map a").first.focus()
        press(page, "s")
    units = page.eval_on_selector_all("#starred .map", "cards => cards.map(c => c.dataset.unit)")
    assert len(units) == 2
    page.locator("#copy-stars").click()
    page.wait_for_function("document.querySelector('#copy-stars').textContent === 'Copied'")
    link = page.evaluate("navigator.clipboard.readText()")
    other = visit("hostile/" + link.rpartition("/")[2]).page
    assert other.eval_on_selector_all("#starred .map", "cards => cards.map(c => c.dataset.unit)") == units
