"""What is loaded and when, what moves meanwhile, and what needs no script."""

import pytest
from browsing import Opener


@pytest.mark.parametrize("over", ["file", "http"])
def test_images_are_loaded_as_they_come_into_sight(over: str, visit: Opener, served: str) -> None:
    base, start = (served, "") if over == "http" else (None, "small/")
    watched = visit(start + "layers/conv5.html", base, width=800, height=500)
    watched.page.wait_for_load_state("networkidle")
    first = len(watched.asked_for("/sheets/"))
    assert 0 < first < 80  # of 128 less the dead; Chromium looks some way ahead
    watched.page.evaluate("scrollTo(0, document.body.scrollHeight)")
    watched.page.wait_for_function(
        "(i => i.complete && i.naturalWidth)([...document.querySelectorAll('#maps img')].at(-1))"
    )
    assert len(watched.asked_for("/sheets/")) > first
    assert not watched.asked_for("/data/")
    assert not watched.asked_for("/images/")
    watched.page.locator("#maps .map:not(.dead) a").last.click()
    watched.page.wait_for_selector(".nine li")
    assert len(watched.asked_for("/data/conv5.js")) == 1


def test_without_script_all_can_be_looked_at(visit: Opener) -> None:
    page = visit("small/index.html", java_script_enabled=False).page
    assert not page.locator(".tools").is_visible()
    assert not page.locator("#found, #starred, #help").first.is_visible()
    page.locator("#layer-conv5 h2 a").click()
    assert not page.locator(".tools").is_visible()
    assert not page.locator("#unit").is_visible()
    assert page.locator("#maps .map").count() == 128
    first = page.locator("#maps .map:not(.dead)").first
    assert "Top 4 of conv5 map" in (first.locator("img").get_attribute("alt") or "")
    assert first.locator("img").bounding_box()["width"] > 50
    assert first.locator("a").get_attribute("href") == "#" + first.get_attribute("id")
    page.get_by_role("link", name="conv2").click()
    assert page.url.endswith("conv2.html")


SHIFTS = """
globalThis.shifted = 0;
globalThis.what = [];
new PerformanceObserver(list => { for (const entry of list.getEntries()) {
  shifted += entry.value;
  what.push(entry.value, ...entry.sources.map(({ node }) => node?.outerHTML?.slice(0, 60)));
} })
  .observe({ type: "layout-shift", buffered: true });
"""


@pytest.mark.parametrize("where", ["index.html", "layers/conv5.html", "layers/conv5.html#u1"])
@pytest.mark.parametrize("width", [1280, 360])
def test_nothing_moves_while_images_load(where: str, width: int, visit: Opener, served: str) -> None:
    page = visit("index.html", served, width=width).page
    page.evaluate("localStorage.setItem('deconvviz.size', '14'); localStorage.setItem('deconvviz.view', '\"patches\"')")
    page.context.add_init_script(SHIFTS)
    page.goto("about:blank")
    page.context.route("**/*.webp", lambda route: (page.wait_for_timeout(20), route.continue_()))
    page.goto(f"{served}/{where}")
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(200)
    assert page.evaluate("shifted") < 0.01, page.evaluate("what")
    page.context.unroute_all(behavior="ignoreErrors")
