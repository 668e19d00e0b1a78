"""One feature map by itself: what its view says, and that its tiles show what the sheet and the image show."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import Opener, data_of, difference, picture, press, settled
from PIL import Image

from deconvviz.drawing.hatching import DARK, LIGHT


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
    for rank, (entry, item) in enumerate(zip(facts["top"], page.locator(".nine > li").all(), strict=True)):
        said = item.inner_text()
        assert data["images"][str(entry["image"])]["file"] in said
        assert f"row {entry['row']}, column {entry['column']}" in said
        assert item.locator(".rank").inner_text() == f"{rank + 1}."
        assert float(item.locator(".value").inner_text()) == pytest.approx(entry["activation"], rel=0.01)


def test_every_number_of_a_view_is_explained(visit: Opener, place: Path) -> None:
    data = data_of(place, "conv5")
    facts = next(m for m in data["maps"] if m["top"])
    top, left, bottom, right = facts["top"][0]["shown"]["frame"]
    page = visit(f"small/layers/conv5.html#u{facts['map']}").page
    page.wait_for_selector(".nine li")
    names, meanings = page.locator(".numbers dt").all_inner_texts(), page.locator(".numbers dd small").all_inner_texts()
    assert len(names) == len(meanings)
    assert all(meanings)
    said = dict(zip(names, page.locator(".numbers dd").all_inner_texts(), strict=True))
    assert bottom - top == right - left
    assert said["Shown"].startswith(f"{bottom - top} × {right - left} pixels\n")
    assert said["Sees"].startswith("83 × 83 pixels\n")
    energies = [entry["shown"]["energy"] for entry in facts["top"]]
    assert min(energies) >= 0.95
    stated = re.search(r"([\d.]+)\s%", said["Shown"])
    assert stated
    assert float(stated[1]) == pytest.approx(100 * min(energies), abs=0.5)
    reading = page.locator("#unit .reading").inner_text()
    assert reading == page.locator("main .reading").first.text_content()
    for words in ("grey is zero", "hatched is outside", "scaled by itself", "ot which pixels decided the class"):
        assert words in reading


def test_the_whole_image_has_outlines_of_the_field_and_of_the_frame(visit: Opener, place: Path) -> None:
    facts = leaving(data_of(place, "conv5"))[0]
    page = visit(f"small/layers/conv5.html#u{facts['map']}").page
    settled(page)
    for entry, item in zip(facts["top"], page.locator(".nine > li").all(), strict=True):
        box, frame = entry["shown"]["box"], entry["shown"]["frame"]
        seen = [max(frame[0], 0), max(frame[1], 0), min(frame[2], 112), min(frame[3], 112)]
        for outline, expected in ((".field", box), (".frame", seen)):
            found = item.locator(f".whole i{outline}").evaluate(BOX)
            assert found == pytest.approx([side / 112 for side in expected], abs=0.03)


def test_tiles_show_what_the_sheet_shows(visit: Opener, place: Path) -> None:
    sheet = Image.open(place / "small" / "sheets" / "conv5" / "0000.webp").convert("RGB")
    page = visit("small/layers/conv5.html#u0").page
    settled(page)
    parts = [sheet.crop((x, y, x + 48, y + 48)) for y in (0, 50) for x in (0, 50, 108, 158)]
    expected = {"projection": [parts[n] for n in (0, 1, 4, 5)], "patch": [parts[n] for n in (2, 3, 6, 7)]}
    for kind, rights in expected.items():
        tiles = [picture(tile) for tile in page.locator(f".nine button.{kind} .tile").all()]
        for tile, right in zip(tiles, rights, strict=True):
            assert difference(tile, right) == min(difference(tile, part) for part in parts) < 8


def side_of(one: dict[str, Any]) -> int:
    """Of the frame that all tiles of a map show."""
    (side,) = {e["shown"]["frame"][2] - e["shown"]["frame"][0] for e in one["top"]}
    return int(side)


def larger(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The maps of a layer whose frames have more pixels than their tiles."""
    return [m for m in data["maps"] if m["top"] and side_of(m) > data["sheet"]["side"]]


def leaving(data: dict[str, Any]) -> list[dict[str, Any]]:
    """Those of them with a frame that is partly outside of the field, or of the image."""

    def leaves(shown: dict[str, Any]) -> bool:
        return any(s * a < s * b for s, a, b in zip((1, 1, -1, -1), shown["frame"], shown["box"], strict=True))

    return [m for m in larger(data) if any(leaves(e["shown"]) for e in m["top"])]


FLAT = (90, 90, 90)


def seen_of(image: Image.Image, shown: dict[str, Any]) -> tuple[Image.Image, np.ndarray]:
    """What a frame shows of an image, flat where it shows nothing; and where that is."""
    (top, left, bottom, right), box = shown["frame"], shown["box"]
    inside = max(top, box[0]), max(left, box[1]), min(bottom, box[2]), min(right, box[3])
    square, outside = (
        Image.new("RGB", (right - left, bottom - top), FLAT),
        np.ones((bottom - top,) * 2, bool),
    )
    square.paste(image.crop((inside[1], inside[0], inside[3], inside[2])), (inside[1] - left, inside[0] - top))
    outside[inside[0] - top : inside[2] - top, inside[1] - left : inside[3] - left] = False
    return square, outside


@pytest.mark.parametrize(
    ("gallery", "layer"), [("small", "conv5"), ("uneven", "tall"), ("uneven", "wide"), ("uneven", "scores")]
)
def test_patches_have_all_pixels_of_the_image(gallery: str, layer: str, visit: Opener, place: Path) -> None:
    facts = leaving(data_of(place, layer, gallery))[0]
    page = visit(f"{gallery}/layers/{layer}.html#u{facts['map']}").page
    settled(page)
    for item, entry in zip(page.locator(".nine > li").all(), facts["top"], strict=True):
        whole = Image.open(place / gallery / "images" / f"{entry['image']:07d}.webp").convert("RGB")
        assert whole.size == ((112, 112) if gallery == "small" else (80, 48))
        square, outside = seen_of(whole, entry["shown"])
        shown = picture(item.locator(".patch .tile.cut"))
        smooth = square.resize(shown.size, Image.Resampling.BILINEAR)  # as browsers enlarge
        beyond = Image.fromarray(outside).resize(shown.size, Image.Resampling.NEAREST)
        within = Image.composite(Image.new("RGB", shown.size, FLAT), shown, beyond)
        assert difference(within, smooth) < 3.5  # of the sheets' tiles of 16 pixels: 10 and more
        if outside.any():
            levels = np.asarray(shown.resize(outside.shape, Image.Resampling.NEAREST), int)[outside]
            assert {DARK, LIGHT} <= set(levels[:, 0])  # the ground of the hatching, and its lines
            assert abs(levels - levels[:, :1]).max() == 0
            through = picture(item.locator(".overlay")).resize(outside.shape, Image.Resampling.NEAREST)
            assert np.asarray(through, int)[outside].std() > 3  # hatched there, too, not the grey of zero


def test_patches_that_the_tile_holds_are_the_sheets(visit: Opener) -> None:
    for path in ("small/layers/conv1.html#u0", "small/layers/conv2.html#u0"):  # sharp; enlarged smoothly
        page = visit(path).page
        page.wait_for_selector(".nine li")
        assert page.locator(".nine button.patch .tile").count() == 4
        assert not page.locator(".nine .cut").count()


def test_without_the_whole_image_the_sheets_patch_stays(visit: Opener, place: Path, served: str) -> None:
    watched = visit("layers/conv5.html", served)
    page, number = watched.page, larger(data_of(place, "conv5"))[0]["map"]
    page.context.route("**/images/*.webp", lambda route: route.abort())
    page.locator(f"#u{number} a").click()
    page.wait_for_function("() => document.querySelector('.cut') && !document.querySelector('.cut img')")
    assert not page.locator(".nine .hatched").count()
    sheet = Image.open(place / "small" / "sheets" / "conv5" / f"{number:04d}.webp").convert("RGB")
    assert difference(picture(page.locator(".patch .cut").first), sheet.crop((108, 0, 156, 48))) < 8
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
