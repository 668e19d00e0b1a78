"""A tile of a feature map's own view, as large as the screen allows."""

import json
from pathlib import Path
from typing import Any

import pytest
from browsing import Opener, closed, data_of, difference, picture, press, settled, shows


def title(page: Any) -> str:
    """Of the tile that is enlarged."""
    return str(page.locator("#large-title").inner_text())


def opened(page: Any) -> list[str]:
    """The dialogs that are open."""
    found: list[str] = page.eval_on_selector_all("dialog[open]", "dialogs => dialogs.map(d => d.id)")
    return sorted(found)


def on(page: Any) -> str | None:
    """What the button says that has the focus."""
    return page.evaluate("document.activeElement.ariaLabel")


def files(place: Path, layer: str, number: int) -> list[str]:
    """Of the images of a map."""
    data = data_of(place, layer)
    facts = next(m for m in data["maps"] if m["map"] == number)
    return [data["images"][str(entry["image"])]["file"] for entry in facts["top"]]


def test_keys_lead_from_tile_to_tile_and_back_to_where_one_was(visit: Opener, place: Path) -> None:
    names = files(place, "conv5", 5)
    page = visit("small/layers/conv5.html").page
    page.locator("#u5 a").click()
    settled(page)
    before = page.url
    page.locator(".nine > li").nth(1).locator(".projection").click()
    assert opened(page) == ["large", "unit"]
    assert title(page) == f"Projection 2. {names[1]}"
    for key, expected in [
        ("ArrowRight", f"Projection 3. {names[2]}"),
        ("t", f"Patch 3. {names[2]}"),
        ("ArrowRight", f"Patch 4. {names[3]}"),
        ("ArrowRight", f"Patch 4. {names[3]}"),  # it is the last
        ("ArrowLeft", f"Patch 3. {names[2]}"),
        ("ArrowUp", f"Patch 2. {names[1]}"),
        ("t", f"Overlay 2. {names[1]}"),
        ("ArrowLeft", f"Overlay 1. {names[0]}"),
        ("ArrowLeft", f"Overlay 1. {names[0]}"),  # it is the first
        ("t", f"Projection 1. {names[0]}"),
        ("t", f"Patch 1. {names[0]}"),
    ]:
        press(page, key)
        assert title(page) == expected
    press(page, "Escape")
    assert opened(page) == ["unit"]
    assert on(page) == f"Patch 1. {names[0]}; enlarge it"
    press(page, "ArrowRight")  # now to the next feature map again
    shows(page, "conv5 : 6")
    press(page, "ArrowLeft", "Escape")
    closed(page)
    assert opened(page) == []
    assert before.endswith("#u5")


def test_buttons_lead_there_too(visit: Opener, place: Path) -> None:
    names = files(place, "conv5", 5)
    page = visit("small/layers/conv5.html#u5").page
    settled(page)
    page.locator(".nine > li .overlay").first.focus()
    press(page, "Enter")
    assert title(page) == f"Overlay 1. {names[0]}"
    assert page.locator("#large-before").is_disabled()
    for name in names[1:]:
        assert page.locator("#large-after").is_enabled()
        page.locator("#large-after").click()
        assert title(page).endswith(name)
    assert page.locator("#large-after").is_disabled()
    page.locator("#large-before").click()
    assert title(page) == f"Overlay 3. {names[2]}"
    page.locator("#large-close").click()
    assert opened(page) == ["unit"]
    assert on(page) == f"Overlay 3. {names[2]}; enlarge it"
    press(page, "Space")
    assert title(page) == f"Overlay 3. {names[2]}"
    page.locator(".enlarged").click()
    assert opened(page) == ["unit"]
    assert on(page) == f"Overlay 3. {names[2]}; enlarge it"


@pytest.mark.parametrize(("number", "width"), [(0, 1280), (5, 360)])
def test_it_is_the_same_picture_but_larger(number: int, width: int, visit: Opener) -> None:
    """Of tiles that hold their frames, and of those over which a part of the image lies."""
    page = visit(f"small/layers/conv5.html#u{number}", width=width).page
    settled(page)
    item = page.locator(".nine > li").first
    small = {kind: picture(item.locator(f".{kind}")) for kind in ("projection", "patch", "overlay")}
    item.locator(".projection").click()
    for kind, tile in small.items():
        page.evaluate("Promise.all([...document.querySelectorAll('.enlarged img')].map(i => i.decode()))")
        large = picture(page.locator(".enlarged"))
        assert large.width > (600 if width > 600 else 300)
        assert difference(large, tile) < 6
        assert min(difference(large, other) for name, other in small.items() if name != kind) > difference(large, tile)
        press(page, "t")
    box = page.locator(".enlarged").bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= width
    assert box["y"] + box["height"] <= 800


def test_grey_and_the_star_are_switched_while_a_tile_is_enlarged(visit: Opener) -> None:
    page = visit("small/layers/conv1.html#u3").page
    settled(page)
    page.locator(".nine > li .projection").first.click()
    tile = page.locator(".enlarged .tile")
    assert tile.evaluate("tile => getComputedStyle(tile).filter") == "none"
    press(page, "g", "s")
    assert "#mean" in tile.evaluate("tile => getComputedStyle(tile).filter")
    press(page, "t")
    assert tile.evaluate("tile => getComputedStyle(tile).filter") == "none"  # images keep their colours
    press(page, "?")
    assert opened(page) == ["help", "large", "unit"]
    press(page, "Escape")
    assert opened(page) == ["large", "unit"]
    press(page, "Escape")
    assert page.locator("#unit-star[aria-pressed=true]").count() == 1


def test_nothing_stays_enlarged_once_the_feature_map_is_left(visit: Opener) -> None:
    page = visit("small/layers/conv5.html").page
    for leave, focus in ((lambda: press(page, "/"), "search"), (page.go_back, "u5")):
        page.locator("#u5 a").click()
        settled(page)
        page.locator(".nine > li .patch").first.click()
        assert opened(page) == ["large", "unit"]
        leave()
        closed(page)
        assert opened(page) == []
        page.wait_for_function("id => document.activeElement.closest('#' + id)", arg=focus)
    page.evaluate("location.hash = '#u5'")
    settled(page)
    page.locator(".nine > li .patch").first.click()
    page.evaluate("location.hash = '#u6'")
    shows(page, "conv5 : 6")
    assert opened(page) == ["unit"]


def test_images_that_could_not_be_shown_are_passed_over(visit: Opener, place: Path, served: str) -> None:
    data = data_of(place, "conv5")
    for rank in (1, 3):
        data["maps"][5]["top"][rank]["shown"] = None
    page = visit("index.html", served).page
    page.route("**/data/conv5.js", lambda route: route.fulfill(body=f"deconvvizLayer({json.dumps(data)});"))
    page.goto(f"{served}/layers/conv5.html#u5")
    settled(page)
    assert "could not be shown again" in page.locator(".nine > li").nth(1).inner_text()
    assert page.locator(".nine button.shown").count() == 2 * 3
    page.locator(".nine .patch").first.click()
    press(page, "ArrowRight")
    assert title(page).startswith("Patch 3. ")
    assert page.locator("#large-after").is_disabled()
    press(page, "ArrowRight")
    assert title(page).startswith("Patch 3. ")
    press(page, "ArrowLeft")
    assert title(page).startswith("Patch 1. ")


def test_without_patches_there_are_only_projections(visit: Opener, place: Path) -> None:
    number = next(m["map"] for m in data_of(place, "conv5", "bare")["maps"] if len(m["top"]) > 1)
    page = visit(f"bare/layers/conv5.html#u{number}").page
    page.wait_for_selector(".nine li")
    page.locator(".nine .projection").first.click()
    assert title(page).startswith("Projection 1. image ")
    press(page, "t")
    assert title(page).startswith("Projection 1. image ")
    press(page, "ArrowRight")
    assert title(page).startswith("Projection 2. image ")
