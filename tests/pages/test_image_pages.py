"""The page of one image: which feature maps fire most on it, and what they took from it, in place."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from browsing import HOSTILE_CLASS, HOSTILE_FILE, Opener, data_of, difference, focused, picture, press, shows, units
from PIL import Image

from deconvviz.drawing import overlay_tile

LAYERS = ("conv1", "conv2", "conv5")


def image_of(place: Path, number: int, gallery: str = "small") -> dict[str, Any]:
    """What its page is told."""
    script = (place / gallery / "image" / f"{number:07d}.js").read_text()
    content: dict[str, Any] = json.loads(script.removeprefix("deconvvizImage(").rstrip(");\n"))
    return content


def shown(page: Any) -> None:
    """The page is there, with all its pictures."""
    page.wait_for_selector("#layers .layer")
    page.evaluate("Promise.all([...document.querySelectorAll('.whole img, .stack > img')].map(i => i.decode()))")


def firing(place: Path, layer: str, number: int) -> dict[int, tuple[int, dict[str, Any], float]]:
    """The maps of a layer with the image among their strongest: at which rank, what is said of it, and their peaks."""
    return {
        m["map"]: (rank, entry, m["peak"])
        for m in data_of(place, layer)["maps"]
        for rank, entry in enumerate(m["top"])
        if entry["image"] == number
    }


def test_every_map_that_it_lists_has_the_image_among_its_strongest(visit: Opener, place: Path) -> None:
    """And all that have are counted."""
    number = 7
    image = image_of(place, number)
    page = visit(f"small/image.html?n={number}").page
    shown(page)
    assert page.locator("h1").inner_text() == image["file"]
    assert page.title().startswith(f"{image['file']} · ")
    assert image["class"] in page.locator(".lead").inner_text()
    assert units(page, "#layers .map")
    for layer in LAYERS:
        maps, section = firing(place, layer, number), page.locator(f"#layer-{layer}")
        if not maps:
            assert section.count() == 0
            continue
        cards = section.locator(".map")
        listed = [int(unit.partition(":")[2]) for unit in units(page, f"#layer-{layer} .map")]
        assert len(listed) == min(len(maps), 12)
        shares = [maps[channel][1]["activation"] / maps[channel][2] for channel in listed]
        assert shares == sorted(shares, reverse=True)
        assert shares[-1] >= sorted((e["activation"] / peak for _, e, peak in maps.values()), reverse=True)[:12][-1]
        for share, said in zip(shares, cards.locator(".class").all_text_contents(), strict=True):
            assert said.endswith(" of its peak")
            assert float(said.split("\N{NO-BREAK SPACE}")[0]) == pytest.approx(100 * share, abs=0.6)
        assert section.locator(".facts").first.inner_text().startswith(f"{len(maps)} feature map")
        assert section.locator(":scope > .facts").count() == (len(maps) > 12)
        if len(maps) > 12:
            assert section.locator(":scope > .facts").inner_text() == f"and {len(maps) - 12} more"


def test_its_maps_lead_to_their_views_and_the_whole_image_leads_back(visit: Opener) -> None:
    page = visit("small/image.html?n=7").page
    shown(page)
    here, unit = page.url, units(page, "#layer-conv5 .map")[0]
    page.locator("#layer-conv5 .map a").first.click()
    page.wait_for_url("**/layers/conv5.html#u*")
    shows(page, unit.replace(":", " : "))
    page.wait_for_selector(".nine li")
    links = page.locator(".nine a.whole")
    assert links.count() == 4
    page.locator('.nine a.whole[href$="?n=7"]').click()
    page.wait_for_url(here)
    shown(page)
    assert unit in units(page, "#layer-conv5 .map")
    press(page, "Escape")  # to the map again, and from there to its list
    shows(page, unit.replace(":", " : "))


def test_escape_in_a_map_leads_back_to_the_image(visit: Opener) -> None:
    page = visit("small/image.html?n=7").page
    shown(page)
    here = page.url
    page.locator("#layer-conv2 .map a").first.click()
    page.wait_for_selector("#unit[open] .nine li")
    press(page, "ArrowRight", "Escape")
    page.wait_for_url(here)
    press(page, "ArrowRight", "s")
    assert focused(page) == units(page, "#layers .map")[0]
    assert page.locator("#layers .map.starred").count() == 1


def test_images_before_and_after_it(visit: Opener, place: Path) -> None:
    numbers = [number for number, *_ in json.loads((place / "small" / "images.json").read_text())]
    assert numbers == sorted(numbers)
    page = visit(f"small/image.html?n={numbers[0]}").page
    page.wait_for_selector("#image-after:visible")
    assert not page.locator("#image-before").is_visible()
    page.locator("#image-after").click()
    page.wait_for_url(f"**/image.html?n={numbers[1]}")
    page.wait_for_selector("#image-before:visible")
    press(page, "]")
    page.wait_for_url(f"**/image.html?n={numbers[2]}")
    page.wait_for_selector("#image-before:visible")
    press(page, "[")
    page.wait_for_url(f"**/image.html?n={numbers[1]}")
    page.goto(page.url.split("?")[0] + f"?n={numbers[-1]}")
    page.wait_for_selector("#image-before:visible")
    assert not page.locator("#image-after").is_visible()


def blended(place: Path, layer: str, number: int, size: int) -> Image.Image:
    """The sum of the projections of the nine maps nearest to their peaks, in proportion, in place."""
    content, image = data_of(place, layer), image_of(place, number)
    at, geometry = LAYERS.index(layer), data_of(place, layer)["sheet"]
    nine = [unit for unit in image["units"] if unit[0] == at][:9]
    strongest = max(unit[5] for unit in nine)
    added = np.zeros((size, size, 3))
    for _, channel, rank, _, (top, left, bottom, right), scale in nine:
        sheet = Image.open(place / "small" / "sheets" / layer / f"{channel:04d}.webp").convert("RGB")
        side, columns = geometry["side"], geometry["columns"]
        x, y = rank % columns * (side + 2), rank // columns * (side + 2)
        edges = [round(edge * size / content["images"][str(number)]["rows"]) for edge in (top, left, bottom, right)]
        extent = edges[3] - edges[1], edges[2] - edges[0]
        tile = sheet.crop((x, y, x + side, y + side)).resize(extent, Image.Resampling.BILINEAR)
        whole = Image.new("RGB", (size, size), (128, 128, 128))
        whole.paste(tile, (edges[1], edges[0]))
        added += scale / strongest * (np.asarray(whole, float) - 128)
    return Image.fromarray((added + 128).clip(0, 255).round().astype(np.uint8))


@pytest.mark.parametrize(("layer", "number"), [("conv2", 7), ("conv5", 7)])
def test_projections_are_added_up_where_they_belong(layer: str, number: int, visit: Opener, place: Path) -> None:
    page = visit(f"small/image.html?n={number}").page
    shown(page)
    page.wait_for_load_state("networkidle")
    section = page.locator(f"#layer-{layer} .in-place")
    section.scroll_into_view_if_needed()
    page.wait_for_timeout(100)
    drawn, seen = picture(section.locator("> figure > .together")), picture(section.locator("> figure > .stack"))
    expected = blended(place, layer, number, drawn.height)
    assert difference(drawn, expected) < 1.2
    flipped = expected.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    assert difference(drawn, flipped) > 2
    whole = Image.open(place / "small" / "images" / f"{number:07d}.webp").convert("RGB")
    under, all_of_it = whole.resize(expected.size, Image.Resampling.BILINEAR), (0, 0, *whole.size)
    through = overlay_tile(under, expected, all_of_it, all_of_it)
    assert difference(seen, through) < 5
    assert difference(seen, whole) > 15


def test_nothing_is_drawn_beside_fields_that_are_no_squares(visit: Opener, place: Path) -> None:
    """There their tiles, which are squares, are hatched."""
    data, image = data_of(place, "tall", "uneven"), image_of(place, 0, "uneven")
    boxes = {(m["map"], e["image"]): e["shown"]["box"] for m in data["maps"] for e in m["top"]}
    seen = np.zeros((48, 80), bool)
    for _, channel, *_ in [unit for unit in image["units"] if unit[0] == 0][:9]:
        top, left, bottom, right = boxes[channel, 0]
        seen[max(top - 1, 0) : bottom + 1, max(left - 1, 0) : right + 1] = True
    assert 0 < seen.sum() < seen.size / 2
    page = visit("uneven/image.html?n=0").page
    shown(page)
    drawn = picture(page.locator("#layer-tall .in-place > figure > .together"))
    levels = np.asarray(drawn.resize((80, 48), Image.Resampling.NEAREST), int)
    assert abs(levels[~seen] - 128).max() <= 3
    assert abs(levels[seen] - 128).mean() > 10


def test_an_image_that_is_not_shown_and_none_at_all(visit: Opener) -> None:
    watched = visit("small/image.html?n=99999")
    page = watched.page
    page.wait_for_function("document.querySelector('.lead').textContent === 'This gallery shows no image 99999.'")
    assert page.locator("#layers .layer").count() == 0
    assert not page.locator("#image-before").is_visible()
    assert not page.locator("#image-after").is_visible()
    assert all("image/0099999.js" in said or "ERR_FILE_NOT_FOUND" in said for said in watched.problems)
    watched.problems.clear()
    here, before = page.url.partition("?")[0], len(watched.asked_for("/image/"))
    for asked in ("", "?n=7x", "?n=-1", "?n=%3Cimg%20src=x%3E", "?n=../7"):
        page.goto(here + asked)
        assert page.locator("h1").inner_text() == "One image"
        assert "image.html?n=7" in page.locator(".lead").inner_text()  # how to ask for one
    assert len(watched.asked_for("/image/")) == before


def test_hostile_names_are_text_there_too(visit: Opener, place: Path) -> None:
    page = visit("hostile/image.html?n=3").page
    shown(page)
    file = image_of(place, 3, "hostile")["file"]
    assert file.startswith(f"{HOSTILE_CLASS}/")
    assert file.endswith(HOSTILE_FILE)
    assert page.locator("h1").inner_text() == file
    assert page.locator(".lead").inner_text() == f"Its class: {HOSTILE_CLASS}."
    assert page.locator("img[src=x]").count() == 0
    for section in page.locator("#layers .layer").all():
        section.locator(".map a").first.click()
        page.wait_for_selector("#unit[open] .nine li")
        page.go_back()
        shown(page)


def test_its_cards_are_looked_at_as_all_others(visit: Opener) -> None:
    page = visit("small/image.html?n=7&view=overlay").page
    shown(page)
    cards = page.locator("#layer-conv5 .map")
    assert page.locator("#layer-conv5 .map .over").count() == cards.count() > 0
    press(page, "t", "g")
    assert page.evaluate("[document.documentElement.dataset.view, document.documentElement.dataset.tone]") == [
        "projections",
        "grey",
    ]
    assert page.url.endswith("n=7&view=projections&tone=grey")
    page.locator("#image-after").click()
    page.wait_for_url("**/image.html?n=8*")
    shown(page)
    assert page.locator("#grey").is_checked()
    assert page.locator("#layer-conv5 .map .over").first.is_visible()
    filters = page.eval_on_selector_all(
        ".in-place > figure > .together", "all => all.map(e => getComputedStyle(e).filter)"
    )
    assert all("#mean" in one for one in filters)


def test_its_search_is_that_of_the_index(visit: Opener, place: Path) -> None:
    page = visit("small/image.html?n=7").page
    shown(page)
    press(page, "/")
    page.keyboard.type("conv2:5")
    press(page, "Enter")
    page.wait_for_url("**/index.html?q=conv2*")
    assert page.locator("#search").input_value() == "conv2:5"
    assert units(page, "#found .map") == ["conv2:5"]
    page.go_back()
    page.fill("#search", image_of(place, 9)["file"])
    press(page, "Enter")
    page.wait_for_url("**/index.html?q=*")
    page.wait_for_selector("#found .map")
    assert image_of(place, 9)["file"] in page.locator("#found h2").inner_text()


def test_without_patches_there_is_no_page_and_no_name(place: Path) -> None:
    assert not (place / "bare" / "image.html").exists()
    assert not (place / "bare" / "image").exists()
    images = json.loads((place / "bare" / "images.json").read_text())
    assert images
    assert {file for _, file, *_ in images} == {None}
    assert [number for number, *_ in images] == sorted(number for number, *_ in images)
    for path in (place / "bare").rglob("*.html"):
        assert "image.html" not in path.read_text().replace("../image.html?n=${", "")
