"""Galleries for everyone: narrow, dark, without motion, in print, by keyboard, with a screen reader."""

from typing import Any

import pytest
from browsing import Opener, press, settled

KINDS = [
    "small/index.html",
    "small/index.html#stars=conv1%3A1,conv5%3A2",
    "small/layers/conv5.html",
    "small/layers/conv1.html#u3",
    "hostile/index.html",
    "hostile/layers/a-b-c.html",
    "hostile/layers/a-b-c.html#u1",
    "bare/layers/conv5.html#u1",
    "one.html#u1",
    "small/image.html?n=7",
    "hostile/image.html?n=3",
    "small/layers/conv5.html#u5 enlarged",
]
ENLARGED, IMAGE = KINDS[-1], KINDS[-3]


def look(where: str, visit: Opener, **how: Any) -> Any:
    """A page with all that belongs to it; `enlarged`: with a tile of it enlarged, `help`: with the list of keys."""
    path, _, then = where.partition(" ")
    page = visit(path, **how).page
    page.wait_for_load_state()
    if "#u" in path:
        settled(page)
    if "image.html" in path:
        page.wait_for_selector("#layers .layer")
    if then == "enlarged":
        page.locator(".nine .patch").first.click()
    if then == "help":
        page.locator("#help-button").click()
    return page


@pytest.mark.parametrize("where", KINDS)
def test_no_page_is_wider_than_a_narrow_screen(where: str, visit: Opener) -> None:
    page = look(where, visit, width=360, height=720)
    for view in ("both", "patches", "projections", "overlay"):
        page.evaluate("view => { document.documentElement.dataset.view = view }", view)
        wide = page.eval_on_selector_all(
            "html, dialog[open]", "all => all.map(e => e.scrollWidth).filter(width => width > 360)"
        )
        assert wide == [], view
    if where == ENLARGED:
        for part in page.locator("#large header > *, #large .enlarged").all():
            box = part.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= 360
    elif "#u" not in where:
        page.locator("#help-button").click()
        box = page.locator("#help").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_both_schemes_keep_the_mat(scheme: str, visit: Opener) -> None:
    page = visit("small/layers/conv5.html#u1", color_scheme=scheme).page
    page.wait_for_selector(".nine li")
    colour = "e => getComputedStyle(e).backgroundColor"
    for what in (".sheet", ".sheet img", ".nine li", ".tile"):
        assert page.eval_on_selector(what, colour) == "rgb(128, 128, 128)"
    page.locator(".nine .projection").first.click()
    assert page.eval_on_selector(".enlarged .tile", colour) == "rgb(128, 128, 128)"
    assert page.eval_on_selector("#large", colour) == "rgb(86, 86, 86)"
    image = look(IMAGE, visit, color_scheme=scheme)
    assert image.eval_on_selector(".together", colour) == "rgb(128, 128, 128)"
    for one in (page, image):
        lightness = int(one.eval_on_selector("body", colour).split("(")[1].split(",")[0])
        assert lightness > 240 if scheme == "light" else lightness < 40


MOVING = """[...document.querySelectorAll("*")].map(e => getComputedStyle(e)).filter(style =>
  parseFloat(style.transitionDuration) || style.animationName !== "none" || style.scrollBehavior === "smooth").length"""


def test_reduced_motion(visit: Opener) -> None:
    for where in ("small/index.html", "small/layers/conv1.html#u1", ENLARGED, IMAGE):
        assert look(where, visit, reduced_motion="reduce").evaluate(MOVING) == 0


def test_print(visit: Opener) -> None:
    page = visit("small/layers/conv1.html").page
    page.emulate_media(media="print")
    assert not page.locator(".tools").is_visible()
    assert page.locator("h1").is_visible()
    assert page.locator("#maps .map img").first.is_visible()
    assert page.eval_on_selector(".map", "e => getComputedStyle(e).contentVisibility") == "visible"
    page.emulate_media(media="screen")
    page.locator("#u1 a").click()
    page.wait_for_selector(".nine li")
    page.emulate_media(media="print")
    assert page.locator("#unit-title").is_visible()
    assert not page.locator("#unit-star").is_visible()
    assert not page.locator("#unit details").is_visible()
    assert not page.locator("#unit-close").is_visible()
    assert not page.locator("h1").is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "where",
    [*KINDS[1:4], "small/index.html help", "hostile/layers/a-b-c.html", "bare/layers/conv5.html#u1", ENLARGED, IMAGE],
)
def test_axe_finds_nothing_serious(where: str, scheme: str, visit: Opener) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    page = look(where, visit, color_scheme=scheme)
    found = axe.Axe().run(page, options={"resultTypes": ["violations"], "preload": False}).response["violations"]
    bad = [(v["id"], v["impact"], v["nodes"][0]["html"], v["nodes"][0]["failureSummary"]) for v in found]
    assert bad == []


SMALL = """() => {
  const top = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
  return [...top.querySelectorAll("a, button, select, summary, input")].flatMap(e => {
    const part = e.closest("label") ?? e, { width, height } = part.getBoundingClientRect();
    const shown = e.checkVisibility() && !e.matches(".skip, p a, dd a, .of a"); // links within texts may be small
    return shown && (width < 24 || height < 24) ? [`${part.outerHTML.slice(0, 80)}: ${width} by ${height}`] : [];
  });
}"""


@pytest.mark.parametrize("where", [*KINDS[1:4], "small/layers/conv2.html help", ENLARGED, IMAGE])
@pytest.mark.parametrize("width", [1280, 360])
def test_what_is_hit_with_a_pointer_is_large_enough(where: str, width: int, visit: Opener) -> None:
    assert look(where, visit, width=width).evaluate(SMALL) == []


OUTLINED = """() => {
  const e = document.activeElement, thick = at => at && parseFloat(getComputedStyle(at).outlineWidth) >= 2;
  const marked = at => thick(at) && getComputedStyle(at).outlineStyle !== "none";
  const name = e.id || e.textContent.trim().slice(0, 20) || e.className;
  return [name, marked(e) || (e.matches(".views input") && marked(e.nextElementSibling))];
}"""


def test_the_focus_is_seen_wherever_tab_leads(visit: Opener) -> None:
    page = visit("small/layers/conv1.html", width=1400).page
    seen = []
    for _ in range(18):
        press(page, "Tab")
        name, marked = page.evaluate(OUTLINED)
        seen.append(name)
        assert marked, name
    for name in ("search", "sort", "reverse", "filter", "size", "help-button"):
        assert name in seen
