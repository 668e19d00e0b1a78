"""Galleries in a real browser: every level, key, sort, filter and link, hostile names, narrow, dark, without script."""

import json
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import (
    HOSTILE_CLASS,
    HOSTILE_FILE,
    HOSTILE_LAYERS,
    Opener,
    Watched,
    chromium,
    draw,
    small_index,
    small_network,
    uneven_network,
)
from PIL import Image

from deconvviz import load_model, scan, write_gallery
from deconvviz.pages import Place, Selection, Style, Told, serving
from deconvviz.pages.sheets import read_facts
from deconvviz.pages.single import write_single_page

driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip install '.[test]')")
pytestmark = pytest.mark.skipif(chromium() is None, reason="no Chromium is installed (apt-get install chromium)")

SORTS = {"number": "map", "peak": "peak", "mean": "mean_of_top", "density": "positive", "class": "concentration"}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Galleries: `small` of the embedded network, `bare` of it without patches, `one.html`, `hostile`, and `uneven`."""
    folder = tmp_path_factory.mktemp("galleries")
    name, layers = ("shapes", "DEFAULT"), ["conv1", "conv2", "conv5"]
    index = scan(load_model(*name), "shapes:40", layers, k=4, out=folder / "small.index", load=name)
    assert index is not None
    write_gallery(index, folder / "small", tile=48)
    write_gallery(index, folder / "bare", ["conv1", "conv5"], range(6), patches=False, tile=48)
    for name, layers in (("one.html", ["conv5"]), ("two.html", ["conv1", "conv5"])):
        write_single_page(index, Selection(layers, range(12)), Style(tile=48), Place(folder / name), Told())
    files = [f"{HOSTILE_CLASS if n < 6 else '__proto__'}/{n or ''}{HOSTILE_FILE}" for n in range(12)]
    write_gallery(small_index(folder / "odd", files, *HOSTILE_LAYERS), folder / "hostile", tile=48)
    index = scan(
        uneven_network(),
        draw(folder / "drawn", ["a.png", "b.png", "c.png"]),
        ["tall", "wide", "scores"],
        k=3,
        out=folder / "uneven.index",
    )
    assert index is not None
    write_gallery(index, folder / "uneven", tile=16)
    return folder


@pytest.fixture(scope="module")
def served(place: Path) -> Iterator[str]:
    with serving.server(place / "small", 0) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with driver.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox", "--disable-gpu"])
        yield started
        started.close()


@pytest.fixture
def visit(browser: Any, place: Path) -> Iterator[Opener]:
    """Open a page of a gallery in a fresh profile; at the end, nothing may have gone wrong on any."""
    contexts: list[Any] = []
    watched: list[Watched] = []

    def go(path: str, base: str | None = None, width: int = 1280, height: int = 800, **how: Any) -> Watched:
        context = browser.new_context(viewport={"width": width, "height": height}, **how)
        context.set_default_timeout(5000)
        contexts.append(context)
        page = Watched(context.new_page(), (base or place.as_uri(),))
        watched.append(page)
        page.page.goto(f"{base or place.as_uri()}/{path}")
        return page

    yield go
    for context in contexts:
        context.close()
    assert [problem for page in watched for problem in page.problems] == []


def data_of(place: Path, layer: str, gallery: str = "small") -> dict[str, Any]:
    content: dict[str, Any] = json.loads((place / gallery / "data" / f"{layer}.json").read_text())
    return content


def numbers(page: Any, within: str = "#maps") -> list[int]:
    """The maps that are shown, in their order."""
    found: list[int] = page.eval_on_selector_all(
        f"{within} .map", "cards => cards.filter(c => c.offsetParent).map(c => Number(c.dataset.number))"
    )
    return found


def focused(page: Any) -> str | None:
    """The card that has the focus."""
    return page.evaluate("document.activeElement.closest('.map')?.dataset.unit ?? null")


def shows(page: Any, name: str) -> None:
    """This feature map is shown by itself, now or soon: the browser tells of a new hash a little later."""
    title = "() => document.querySelector('#unit').open && document.querySelector('#unit-title').textContent"
    page.wait_for_function(f"name => ({title})() === name", arg=name)


def press(page: Any, *keys: str) -> None:
    for key in keys:
        page.keyboard.press(key)


# --- every level ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("over", ["file", "http"])
def test_every_level_opens(over: str, visit: Opener, served: str) -> None:
    base, start = (served, "") if over == "http" else (None, "small/")
    page = visit(start + "index.html", base).page
    assert page.title() == "shapes · deconvviz"
    assert page.locator(".layer").count() == 3
    assert page.locator(".tools").is_visible()
    for layer in ("conv1", "conv2", "conv5"):
        page.locator(f"#layer-{layer} h2 a").click()
        page.wait_for_url(f"**/layers/{layer}.html")
        assert page.locator("h1").inner_text().startswith(layer)
        page.locator("#maps .map:not(.dead) a").first.click()
        page.wait_for_selector("#unit[open] .nine li .whole img")
        assert page.locator(".nine li").count() == 4
        assert page.title().startswith(f"{layer}:")
        page.wait_for_function(
            "[...document.querySelectorAll('.nine .whole img')].every(i => i.complete && i.naturalWidth)"
        )
        page.go_back()
        page.get_by_role("navigation", name="Breadcrumb").get_by_role("link").click()
        page.wait_for_url("**/index.html")


BOX = """box => {
  const b = box.getBoundingClientRect(), w = box.parentNode.getBoundingClientRect();
  return [(b.top - w.top) / w.height, (b.left - w.left) / w.width,
    (b.bottom - w.top) / w.height, (b.right - w.left) / w.width];
}"""


def test_what_a_feature_maps_own_view_says(visit: Opener, place: Path) -> None:
    data = data_of(place, "conv2")
    facts = max(data["maps"], key=lambda m: m["peak"])
    page = visit(f"small/layers/conv2.html#u{facts['map']}").page
    page.wait_for_selector(".nine li")
    text = page.locator("#unit").inner_text()
    assert f"{facts['positive']} of 40 images" in text
    for entry, item in zip(facts["top"], page.locator(".nine li").all(), strict=True):
        said = item.inner_text()
        assert data["images"][str(entry["image"])]["file"] in said
        assert f"row {entry['row']}, column {entry['column']}" in said
        assert float(item.locator(".value").inner_text()) == pytest.approx(entry["activation"], rel=0.01)
    shown = page.eval_on_selector(".whole i", BOX)
    assert shown == pytest.approx([side / 112 for side in facts["top"][0]["shown"]["box"]], abs=0.03)


def picture(locator: Any) -> Image.Image:
    return Image.open(BytesIO(locator.screenshot())).convert("RGB")


def difference(one: Image.Image, other: Image.Image) -> float:
    size = (24, 24)  # smaller than both: no enlargement blurs one of them
    a, b = (np.asarray(p.resize(size, Image.Resampling.BOX), dtype=float) for p in (one, other))
    return float(abs(a - b).mean())


def settled(page: Any) -> None:
    """All pictures of a feature map's own view are loaded, and ready to be painted."""
    page.wait_for_selector(".nine li")
    page.evaluate(
        "Promise.all([...document.querySelectorAll('.nine img')].map(i => ((i.loading = 'eager'), i.decode())))"
    )


def test_tiles_show_what_the_sheet_shows(visit: Opener, place: Path) -> None:
    sheet = Image.open(place / "small" / "sheets" / "conv5" / "0000.webp").convert("RGB")
    page = visit("small/layers/conv5.html#u0").page
    settled(page)
    tiles = [picture(tile) for tile in page.locator(".nine .tile").all()]
    parts = [sheet.crop((x, y, x + 48, y + 48)) for y in (0, 50) for x in (0, 50, 108, 158)]
    expected = [parts[n] for n in (0, 2, 1, 3, 4, 6, 5, 7)]  # projection, patch, of each image in turn
    for tile, right in zip(tiles, expected, strict=True):
        assert difference(tile, right) == min(difference(tile, part) for part in parts) < 8


def seen_of(image: Image.Image, shown: dict[str, Any]) -> Image.Image:
    """What a receptive field shows of an image, in the middle of a square, grey beyond the image."""
    (top, left, bottom, right), box = shown["field"], shown["box"]
    span = max(bottom - top, right - left)
    square = Image.new("RGB", (span, span), (128, 128, 128))
    middle = (span - (bottom - top)) // 2, (span - (right - left)) // 2
    square.paste(image.crop((box[1], box[0], box[3], box[2])), (box[1] - left + middle[1], box[0] - top + middle[0]))
    return square


@pytest.mark.parametrize(
    ("gallery", "layer"), [("small", "conv5"), ("uneven", "tall"), ("uneven", "wide"), ("uneven", "scores")]
)
def test_patches_have_all_pixels_of_the_image(gallery: str, layer: str, visit: Opener, place: Path) -> None:
    data = data_of(place, layer, gallery)
    leaves = [m for m in data["maps"] if any(e["shown"]["field"] != e["shown"]["box"] for e in m["top"])]
    facts = leaves[0] if layer != "scores" else next(m for m in data["maps"] if m["top"])  # a class sees the image
    page = visit(f"{gallery}/layers/{layer}.html#u{facts['map']}").page
    settled(page)
    for item, entry in zip(page.locator(".nine li").all(), facts["top"], strict=True):
        whole = Image.open(place / gallery / "images" / f"{entry['image']:07d}.webp").convert("RGB")
        assert whole.size == ((112, 112) if gallery == "small" else (80, 48))
        square = seen_of(whole, entry["shown"])
        assert square.width > data["sheet"]["side"]
        assert difference(picture(item.locator(".tile.cut")), square) < 6  # of all but these pixels: 24


def test_patches_that_the_tile_holds_are_the_sheets(visit: Opener) -> None:
    for path in ("small/layers/conv1.html#u0", "small/layers/conv2.html#u0"):  # sharp; enlarged smoothly
        page = visit(path).page
        page.wait_for_selector(".nine li")
        assert page.locator(".nine .tile").count() == 8
        assert not page.locator(".nine .cut").count()


def test_without_the_whole_image_the_sheets_patch_stays(visit: Opener, place: Path, served: str) -> None:
    watched = visit("layers/conv5.html", served)
    page = watched.page
    page.context.route("**/images/*.webp", lambda route: route.abort())
    page.locator("#u0 a").click()
    page.wait_for_function("() => document.querySelector('.cut') && !document.querySelector('.cut img')")
    sheet = Image.open(place / "small" / "sheets" / "conv5" / "0000.webp").convert("RGB")
    assert difference(picture(page.locator(".cut").first), sheet.crop((108, 0, 156, 48))) < 8
    assert all("images/" in said or "ERR_FAILED" in said for said in watched.problems)
    watched.problems.clear()


def test_data_that_cannot_be_loaded_is_said_unless_the_view_is_closed(visit: Opener, served: str) -> None:
    watched = visit("layers/conv5.html", served)
    page = watched.page
    asked: list[Any] = []  # answered once the view is closed again
    page.route("**/data/conv5.js", lambda route: asked.append(route))
    page.locator("#u0 a").click()
    page.wait_for_selector("#unit[open].waiting")
    press(page, "Escape")
    page.wait_for_function("!document.querySelector('#unit').open")
    with page.expect_event("requestfailed"):
        asked.pop().abort()
    page.locator("#u1 a").click()
    page.wait_for_selector("#unit[open]:not(.waiting)")
    assert "data/conv5.js, could not be loaded" in page.locator(".standing").inner_text()
    assert all("ERR_FAILED" in said or "data/conv5.js" in said for said in watched.problems)
    watched.problems.clear()


def test_views_show_the_right_half(visit: Opener, place: Path) -> None:
    sheet = Image.open(place / "small" / "sheets" / "conv5" / "0000.webp").convert("RGB")
    halves = {"projections": sheet.crop((0, 0, 98, 98)), "patches": sheet.crop((108, 0, 206, 98)), "both": sheet}
    page = visit("small/layers/conv5.html").page
    first = page.locator("#u0 img")
    assert page.locator("input[value=both]").is_checked()
    for view in ("patches", "projections", "both"):
        press(page, "t")
        assert page.locator(f"input[value={view}]").is_checked()
        page.wait_for_timeout(50)
        shown = picture(first)
        assert difference(shown, halves[view]) == min(difference(shown, half) for half in halves.values()) < 8
        assert shown.width / shown.height == pytest.approx(halves[view].width / halves[view].height, rel=0.03)
    page.locator("input[value=patches]").check()
    page.reload()
    assert page.locator("input[value=patches]").is_checked()


def test_the_size_slider(visit: Opener) -> None:
    page = visit("small/layers/conv5.html").page
    width = "document.querySelector('#maps .map').offsetWidth"
    before = page.evaluate(width)
    page.locator("#size").fill("18")
    larger = page.evaluate(width)
    assert larger > 1.4 * before
    page.reload()
    assert page.evaluate(width) == larger
    page.locator("#size").fill("6")
    assert page.evaluate(width) < before


# --- keys -----------------------------------------------------------------------------------------------


def test_keys_on_a_layers_page(visit: Opener) -> None:
    page = visit("small/layers/conv2.html").page
    across = page.evaluate(
        "(c => c.findIndex(x => x.offsetTop > c[0].offsetTop))([...document.querySelectorAll('.map')])"
    )
    assert across > 2
    press(page, "ArrowRight")
    assert focused(page) == "conv2:0"
    press(page, "ArrowRight", "ArrowDown")
    assert focused(page) == f"conv2:{1 + across}"
    press(page, "ArrowUp", "ArrowLeft", "ArrowLeft")
    assert focused(page) == "conv2:0"
    press(page, "ArrowRight", "s")
    assert page.locator("#u1.starred").count() == 1
    press(page, "Enter")
    shows(page, "conv2 : 1")
    assert page.locator("#unit-star[aria-pressed=true]").count() == 1
    press(page, "ArrowRight")
    shows(page, "conv2 : 2")
    press(page, "ArrowDown")
    shows(page, f"conv2 : {2 + across}")
    press(page, "ArrowUp", "ArrowLeft", "ArrowLeft", "ArrowLeft")
    shows(page, "conv2 : 0")
    press(page, "s")
    assert page.locator("#unit-star[aria-pressed=true]").count() == 1
    press(page, "ArrowRight", "ArrowRight", "?")
    assert page.locator("#help").is_visible()
    press(page, "ArrowRight")
    shows(page, "conv2 : 2")
    press(page, "Escape")
    assert not page.locator("#help").is_visible()
    shows(page, "conv2 : 2")
    press(page, "Escape")
    page.wait_for_function("!document.querySelector('#unit').open")
    assert focused(page) == "conv2:2"
    assert page.title().startswith("conv2 ·")
    press(page, "/")
    assert page.evaluate("document.activeElement.id") == "search"
    press(page, "Escape", "Escape")
    page.wait_for_url("**/index.html#layer-conv2")


def test_the_search_key_leaves_a_feature_maps_own_view(visit: Opener) -> None:
    page = visit("small/layers/conv2.html").page
    page.locator("#u3 a").click()
    page.wait_for_selector("#unit[open]")
    press(page, "ArrowRight", "/")
    page.wait_for_function("!document.querySelector('#unit').open")
    page.wait_for_function("document.activeElement.id === 'search'")
    page.keyboard.type("t1")
    assert page.locator("#search").input_value() == "t1"


def test_keys_between_layers(visit: Opener) -> None:
    page = visit("small/layers/conv1.html").page
    press(page, "[")
    assert page.url.endswith("conv1.html")
    for key, layer in (("]", "conv2"), ("]", "conv5"), ("[", "conv2")):
        press(page, key)
        page.wait_for_url(f"**/{layer}.html")
        page.wait_for_load_state()
    page.goto(page.url + "#u3")
    press(page, "]")
    page.wait_for_url("**/conv5.html")


def test_keys_on_the_index(visit: Opener) -> None:
    page = visit("small/index.html").page
    of = "document.activeElement.closest('.layer')?.id.replace('layer-', '') ?? null"
    reached = [page.evaluate(of)]
    for key in "]]]]":
        press(page, key)
        reached.append(page.evaluate(of))
    assert reached == [None, "conv1", "conv2", "conv5", "conv5"]
    press(page, "[")
    assert page.evaluate(of) == "conv2"
    press(page, "[", "[")
    assert page.evaluate(of) == "conv1"
    cards = page.eval_on_selector_all("#first .map, #layers .map", "cards => cards.map(c => c.dataset.unit)")
    assert len(cards) == 4 + 3 * 4  # first looks at conv5, the one layer in the middle of this network
    page.reload()
    press(page, "ArrowRight", "ArrowRight", "ArrowDown")
    assert focused(page) == cards[5]
    press(page, "ArrowDown", "ArrowUp", "ArrowUp", "ArrowLeft")
    assert focused(page) == cards[0]
    press(page, "s")
    assert page.eval_on_selector_all("#starred .map", "cards => cards.map(c => c.dataset.unit)") == [cards[0]]
    press(page, "/", "1", "Escape")
    assert page.locator("#search").input_value() == ""
    assert not page.locator("#found").is_visible()
    page.evaluate("document.activeElement.blur()")
    press(page, "ArrowRight")  # not to a card of the search, which is hidden now
    assert focused(page) == cards[0]
    press(page, "?")
    assert page.locator("#help").is_visible()


@pytest.mark.parametrize("where", ["small/index.html", "small/layers/conv1.html"])
def test_no_key_acts_while_typing(where: str, visit: Opener) -> None:
    page = visit(where).page
    press(page, "/")
    page.keyboard.type("t?s[/]")
    press(page, "ArrowLeft", "ArrowUp", "ArrowRight")
    assert page.locator("#search").input_value() == "t?s[/]"
    assert page.evaluate("document.activeElement.id") == "search"
    assert not page.locator("#help").is_visible()
    assert page.locator("input[value=both]").is_checked()
    assert page.url.endswith(where)


def test_keys_can_be_switched_off(visit: Opener) -> None:
    page = visit("small/layers/conv1.html").page
    press(page, "?")
    assert page.evaluate("document.activeElement.textContent") == "Close"
    page.locator("#single-keys").uncheck()
    press(page, "Escape")
    page.reload()
    for key in ("?", "]", "t", "/", "s", "ArrowRight"):
        press(page, key)
    assert page.url.endswith("conv1.html")
    assert focused(page) is None
    assert page.locator("input[value=both]").is_checked()
    page.locator("#help-button").click()
    page.locator("#single-keys").check()
    page.get_by_role("button", name="Close").click()
    press(page, "]")
    page.wait_for_url("**/conv2.html")


# --- sorting, filtering, searching ----------------------------------------------------------------------


def test_each_sort_both_ways(visit: Opener, place: Path) -> None:
    maps = data_of(place, "conv5")["maps"]
    page = visit("small/layers/conv5.html").page
    for sort, key in SORTS.items():
        for flipped in (False, True):
            page.select_option("#sort", sort)
            page.locator("#reverse").set_checked(flipped)
            value = {m["map"]: float(f"{-1 if m[key] is None else m[key]:.4g}") for m in maps}
            order = numbers(page)
            assert sorted(order) == [m["map"] for m in maps]
            along = [value[n] for n in order]
            falls = (sort == "number") == flipped
            assert along == sorted(along, reverse=falls), (sort, flipped)


def test_previous_and_next_follow_what_is_shown(visit: Opener, place: Path) -> None:
    page = visit("small/layers/conv5.html").page
    page.select_option("#sort", "peak")
    page.select_option("#filter", "alive")
    order = numbers(page)
    assert order != sorted(order)
    page.locator("#maps .map a").first.click()
    shows(page, f"conv5 : {order[0]}")
    assert page.locator("#unit-before").is_disabled()
    for number in order[1:4]:
        page.locator("#unit-after").click()
        shows(page, f"conv5 : {number}")
        assert page.url.endswith(f"#u{number}")
    press(page, "ArrowLeft")
    shows(page, f"conv5 : {order[2]}")
    page.go_back()
    page.wait_for_function("!document.querySelector('#unit').open")
    assert numbers(page) == order


def test_each_filter(visit: Opener, place: Path) -> None:
    maps = data_of(place, "conv5")["maps"]
    dead = [m["map"] for m in maps if m["dead"]]
    assert dead
    page = visit("small/layers/conv5.html").page
    assert page.locator("#count").inner_text() == "128 maps"
    page.select_option("#filter", "dead")
    assert numbers(page) == dead
    assert page.locator("#count").inner_text() == f"{len(dead)} of 128 maps"
    page.select_option("#filter", "alive")
    assert numbers(page) == [m["map"] for m in maps if not m["dead"]]
    page.select_option("#filter", "starred")
    assert numbers(page) == []
    assert page.locator("#none").is_visible()
    page.locator("#show-all").click()
    assert len(numbers(page)) == 128
    press(page, "ArrowRight", "ArrowRight", "s", "ArrowRight", "s")
    page.select_option("#filter", "starred")
    assert numbers(page) == [1, 2]
    page.locator("#u2 a").click()
    shows(page, "conv5 : 2")
    press(page, "s", "ArrowLeft")  # it is not shown any more, but its neighbours are found
    shows(page, "conv5 : 1")
    press(page, "Escape")
    page.wait_for_function("!document.querySelector('#unit').open")
    assert numbers(page) == [1]


def test_dead_maps(visit: Opener, place: Path) -> None:
    dead = next(m["map"] for m in data_of(place, "conv5")["maps"] if m["dead"])
    page = visit(f"small/layers/conv5.html#u{dead}").page
    page.wait_for_function("document.querySelector('.standing').textContent")
    assert page.locator(".standing").inner_text().startswith("Dead")
    assert not page.locator(".histogram").is_visible()
    assert page.locator(".nine li").count() == 0
    press(page, "Escape")
    assert "is dead" in page.locator(f"#u{dead} a").inner_text()
    page.goto(f"{(place / 'small').as_uri()}/index.html#stars=conv5%3A{dead}")
    assert "is dead" in page.locator("#starred .map").inner_text()


def test_search_on_a_layers_page(visit: Opener, place: Path) -> None:
    data = data_of(place, "conv5")
    page = visit("small/layers/conv5.html").page
    search = page.locator("#search")
    search.fill("12")
    search.press("Enter")
    shows(page, "conv5 : 12")
    press(page, "Escape")
    page.wait_for_function("!document.querySelector('#unit').open")
    search.fill("999")
    search.press("Enter")
    assert page.locator("#count").inner_text() == "There is no 999 here"
    kind = data["maps"][0]["class"]
    search.fill(kind.upper()[:5])
    like = [
        m["map"]
        for m in data["maps"]
        if any(kind[:5] in (data["images"][str(e["image"])]["class"] or "") for e in m["top"])
    ]
    assert numbers(page) == like
    assert 0 < len(like) < 128
    search.fill("no such class")
    assert page.locator("#none").is_visible()
    search.fill("conv2:7")
    search.press("Enter")
    page.wait_for_url("**/conv2.html#u7")
    shows(page, "conv2 : 7")


def test_search_on_the_index(visit: Opener, place: Path) -> None:
    watched = visit("small/index.html")
    page, search = watched.page, watched.page.locator("#search")
    units = "cards => cards.map(c => c.dataset.unit)"
    search.fill("conv2:999")
    assert page.locator("#found h2").inner_text() == "There is no conv2:999 in this gallery"
    assert not watched.asked_for("classes.js")
    search.fill("12")
    assert page.eval_on_selector_all("#found .map", units) == ["conv1:12", "conv2:12", "conv5:12"]
    search.fill("100")
    assert page.eval_on_selector_all("#found .map", units) == ["conv5:100"]
    kind = data_of(place, "conv5")["maps"][0]["class"]
    search.fill(kind)
    page.wait_for_selector("#found .map .class")
    assert kind in page.locator("#found .map .class").first.inner_text()
    assert len(watched.asked_for("classes.js")) == 1
    search.fill("nobody")
    assert "nobody" in page.locator("#found h2").inner_text()
    search.fill("conv2:7")
    assert page.eval_on_selector_all("#found .map", units) == ["conv2:7"]
    search.press("Enter")
    page.wait_for_url("**/conv2.html#u7")


# --- stars ----------------------------------------------------------------------------------------------


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


# --- links and history ----------------------------------------------------------------------------------


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
    page.wait_for_url("**/index.html")
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
    page.wait_for_url("**/index.html")
    page.goto(page.url + "#nonsense")


def test_the_map_left_is_in_sight(visit: Opener) -> None:
    page = visit("small/layers/conv5.html").page
    page.locator("#u0 a").click()
    for _ in range(14):
        press(page, "ArrowDown")
    left = page.evaluate("location.hash")
    press(page, "Escape")
    page.wait_for_function("!document.querySelector('#unit').open")
    page.wait_for_timeout(200)
    top, bottom = page.eval_on_selector(
        left + " a", "a => [a.getBoundingClientRect().top, a.getBoundingClientRect().bottom]"
    )
    bar = page.eval_on_selector(".tools", "bar => bar.getBoundingClientRect().bottom")
    assert bar <= top < bottom <= 800


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


def assert_same_picture(one: Path, other: Path) -> None:
    """Two sheets of different scans: the same pixels, of the same units."""
    assert np.array_equal(np.asarray(Image.open(one)), np.asarray(Image.open(other)))
    facts, others = read_facts(one), read_facts(other)
    assert facts is not None
    assert others is not None
    assert facts["tiles"] == others["tiles"]


def test_what_is_copied_makes_the_same_picture(visit: Opener, place: Path, tmp_path: Path) -> None:
    page = visit("small/layers/conv2.html#u11", permissions=["clipboard-read", "clipboard-write"]).page
    page.wait_for_selector(".nine li")
    copied = {}
    for what in ("Copy link", "Copy command", "Copy Python"):
        page.get_by_role("button", name=what).click()
        page.wait_for_function("document.querySelector('#said').textContent === 'Copied'")
        copied[what] = page.evaluate("navigator.clipboard.readText()")
        page.evaluate("document.querySelector('#said').textContent = ''")
    assert copied["Copy link"] == page.url
    words = shlex.split(copied["Copy command"])
    assert words[0] == "deconvviz"
    done = subprocess.run([sys.executable, "-m", *words], cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "shapes:40" in words  # pictures that everyone has: no index is asked for
    sheet = place / "small" / "sheets" / "conv2" / "0011.webp"
    out = Path(words[words.index("-o") + 1])
    assert_same_picture(tmp_path / out / "sheets" / "conv2" / "0011.webp", sheet)
    (tmp_path / out).rename(tmp_path / "by command")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        exec(copied["Copy Python"], {})
    assert_same_picture(tmp_path / out / "sheets" / "conv2" / "0011.webp", sheet)


def test_what_is_copied_of_ones_own_pictures_opens_the_index(visit: Opener, place: Path, tmp_path: Path) -> None:
    page = visit("hostile/layers/a-b-c.html#u1").page
    page.wait_for_selector(".nine li")
    assert str(place / "odd" / "index") in shlex.split(page.locator(".cli").inner_text())
    assert "--model" in page.locator(".cli").inner_text()  # a network of one's own
    assert "model = ..." in page.locator(".python").inner_text()
    code = page.locator(".python").inner_text().replace("= ...", "= small_network(*HOSTILE_LAYERS)")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        exec(code, {"small_network": small_network, "HOSTILE_LAYERS": HOSTILE_LAYERS})
    (made,) = tmp_path.glob("*/sheets/*/0001.webp")
    assert made.read_bytes() == (place / "hostile" / "sheets" / "a-b-c" / "0001.webp").read_bytes()


# --- hostile names --------------------------------------------------------------------------------------


def test_hostile_names_are_text(visit: Opener, place: Path) -> None:
    page = visit("hostile/index.html").page
    assert page.locator("h1").inner_text() == "<b>small</b>"
    assert page.locator("h2 a").all_inner_texts() == list(HOSTILE_LAYERS)
    assert page.locator("img[src=x]").count() == 0
    search = page.locator("#search")
    for text in (HOSTILE_CLASS, "__proto__"):
        search.fill(text)
        first = "document.querySelector('#found .map .class')?.innerText.includes(text)"
        page.wait_for_function(f"text => {first}", arg=f"of 4 are {text}")  # what is found is drawn a little later
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
        said = page.locator(".nine").inner_text()
        assert HOSTILE_FILE in said
        assert page.locator("img[src=x]").count() == 0
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


# --- weight, and what needs no script -------------------------------------------------------------------


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


# --- widths, schemes, motion, print ---------------------------------------------------------------------

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
]


@pytest.mark.parametrize("where", KINDS)
def test_no_page_is_wider_than_a_narrow_screen(where: str, visit: Opener) -> None:
    page = visit(where, width=360, height=720).page
    page.wait_for_load_state()
    for view in ("both", "patches", "projections"):
        page.evaluate("view => { document.documentElement.dataset.view = view }", view)
        for within in ("document.documentElement", "document.querySelector('#unit') ?? document.body"):
            assert page.evaluate(f"(e => e.scrollWidth)({within})") <= 360
    if "#u" not in where:
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
    lightness = int(page.eval_on_selector("body", colour).split("(")[1].split(",")[0])
    assert lightness > 240 if scheme == "light" else lightness < 40


MOVING = """[...document.querySelectorAll("*")].map(e => getComputedStyle(e)).filter(style =>
  parseFloat(style.transitionDuration) || style.animationName !== "none" || style.scrollBehavior === "smooth").length"""


def test_reduced_motion(visit: Opener) -> None:
    for where in ("small/index.html", "small/layers/conv1.html#u1"):
        assert visit(where, reduced_motion="reduce").page.evaluate(MOVING) == 0


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
    assert not page.locator("#unit .buttons").is_visible()
    assert not page.locator("#unit-close").is_visible()
    assert not page.locator("h1").is_visible()


# --- other kinds of gallery -----------------------------------------------------------------------------


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
    assert "--no-patches" in page.locator(".cli").inner_text()
    assert not watched.asked_for("/images/")


def test_a_single_file_needs_nothing_else(visit: Opener, place: Path) -> None:
    watched = visit("one.html")
    page = watched.page
    assert len(numbers(page)) == 12
    page.locator("#maps .map:not(.dead) a").first.click()
    page.wait_for_selector(".nine .whole img")
    page.wait_for_function(
        "[...document.querySelectorAll('.nine .whole img')].every(i => i.complete && i.naturalWidth)"
    )
    settled(page)
    assert page.locator(".nine .cut img").count() == 4
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
    assert page.locator(".nine.sharp").count() == 1  # conv1 sees a few pixels: they are enlarged
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
    requests = {url.split("#")[0] for url in watched.requests}
    assert requests == {(place / "two.html").as_uri(), "about:blank"} or requests == {(place / "two.html").as_uri()}


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


# --- for everyone ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "where", [*KINDS[1:4], "small/index.html?help", "hostile/layers/a-b-c.html", "bare/layers/conv5.html#u1"]
)
def test_axe_finds_nothing_serious(where: str, scheme: str, visit: Opener) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")
    page = visit(where, color_scheme=scheme).page
    page.wait_for_load_state()
    if "#u" in where:
        page.wait_for_selector(".nine li")
    if where.endswith("?help"):
        press(page, "?")
    found = axe.Axe().run(page, options={"resultTypes": ["violations"], "preload": False}).response["violations"]
    bad = [(v["id"], v["impact"], v["nodes"][0]["html"], v["nodes"][0]["failureSummary"]) for v in found]
    assert bad == []


SMALL = """() => {
  const top = [...document.querySelectorAll("dialog[open]")].at(-1) ?? document.body;
  return [...top.querySelectorAll("a, button, select, summary, input")].flatMap(e => {
    const part = e.closest("label") ?? e, { width, height } = part.getBoundingClientRect();
    const shown = e.checkVisibility() && !e.matches(".skip, p a, dd a"); // links within a text may be as small as it is
    return shown && (width < 24 || height < 24) ? [`${part.outerHTML.slice(0, 80)}: ${width} by ${height}`] : [];
  });
}"""


@pytest.mark.parametrize("where", [*KINDS[1:4], "small/layers/conv2.html?help"])
@pytest.mark.parametrize("width", [1280, 360])
def test_what_is_hit_with_a_pointer_is_large_enough(where: str, width: int, visit: Opener) -> None:
    page = visit(where, width=width).page
    if where.endswith("?help"):
        page.locator("#help-button").click()
    if "#u" in where:
        page.wait_for_selector(".nine li")
    small = page.evaluate(SMALL)
    assert small == []


OUTLINED = """() => {
  const e = document.activeElement, thick = at => at && parseFloat(getComputedStyle(at).outlineWidth) >= 2;
  const marked = at => thick(at) && getComputedStyle(at).outlineStyle !== "none";
  const name = e.id || e.textContent.trim().slice(0, 20) || e.className;
  return [name, marked(e) || (e.matches(".views input") && marked(e.nextElementSibling))];
}"""


def test_the_focus_is_seen_wherever_tab_leads(visit: Opener) -> None:
    page = visit("small/layers/conv1.html").page
    seen = []
    for _ in range(18):
        press(page, "Tab")
        name, marked = page.evaluate(OUTLINED)
        seen.append(name)
        assert marked, name
    for name in ("search", "sort", "reverse", "filter", "size", "help-button"):
        assert name in seen
