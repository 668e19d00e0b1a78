"""The overlay shows patches where projections are strong, and grey is the mean of the channels: pixel by pixel."""

from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pytest
from browsing import Opener, data_of, difference, picture, press, settled
from PIL import Image

from deconvviz.drawing import overlay_tile

GREY = (128, 128, 128)


def sheet_of(place: Path, layer: str, number: int) -> Image.Image:
    return Image.open(place / "small" / "sheets" / layer / f"{number:04d}.webp").convert("RGB")


def tiles_of(sheet: Image.Image, geometry: dict[str, Any]) -> list[tuple[Image.Image, Image.Image]]:
    """Of each image the tiles of its projection and of its patch."""
    side, columns, right = geometry["side"], geometry["columns"], geometry["width"] - geometry["block"]
    corners = [(n % columns * (side + 2), n // columns * (side + 2)) for n in range(4)]
    return [
        (sheet.crop((x, y, x + side, y + side)), sheet.crop((x + right, y, x + right + side, y + side)))
        for x, y in corners
    ]


def block_of(tiles: list[Image.Image], geometry: dict[str, Any]) -> Image.Image:
    """Tiles laid beside each other as on a sheet."""
    side, columns = geometry["side"], geometry["columns"]
    block = Image.new("RGB", (geometry["block"], geometry["height"]), GREY)
    for n, tile in enumerate(tiles):
        block.paste(tile, (n % columns * (side + 2), n // columns * (side + 2)))
    return block


def apart(shown: Image.Image, expected: Image.Image) -> float:
    """How much they differ once the second is as large as the first."""
    return difference(shown, expected.resize(shown.size, Image.Resampling.BILINEAR))


def mean_of(tile: Image.Image, contrast: float) -> Image.Image:
    """The mean of the channels, with this contrast around the middle."""
    levels = (np.asarray(tile, float).mean(-1) - 127.5) * contrast + 127.5
    return Image.fromarray(levels.clip(0, 255).round().astype(np.uint8)).convert("RGB")


def spread(tile: Image.Image) -> float:
    """How far its levels, apart from the finest detail, are from each other: a contrast multiplies it."""
    return float(np.asarray(tile.resize((24, 24), Image.Resampling.BOX), float).std())


def painted(page: Any, selector: str) -> None:
    """These pictures are loaded and have been drawn."""
    loaded = "i => i.length > 0 && i.every(image => image.complete && image.naturalWidth)"
    page.wait_for_function(f"selector => ({loaded})([...document.querySelectorAll(selector)])", arg=selector)
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


# --- the overlay --------------------------------------------------------------------------------------------


def inside(one: dict[str, Any], most: int) -> bool:
    """Whether the frames of a map lie in the image, so that nothing is hatched, and are not larger than this."""
    frames = [entry["shown"]["frame"] for entry in one["top"]]
    return bool(frames) and all(min(f) >= 0 and max(f) <= 112 and f[2] - f[0] <= most for f in frames)


@pytest.mark.parametrize("layer", ["conv1", "conv5"])
def test_an_overlay_shows_patches_where_projections_are_strong(layer: str, visit: Opener, place: Path) -> None:
    """In the list, and in the map's own view."""
    data = data_of(place, layer)
    geometry, facts = data["sheet"], next(m for m in data["maps"] if inside(m, 48))
    number, frame = facts["map"], facts["top"][0]["shown"]["frame"]
    tiles = tiles_of(sheet_of(place, layer, number), geometry)
    overlays = [overlay_tile(patch, signal, frame, frame) for signal, patch in tiles]
    page = visit(f"small/layers/{layer}.html?view=overlay").page
    painted(page, f"#u{number} img")
    shown = picture(page.locator(f"#u{number} .sheet > img").first)
    far = [apart(shown, block_of([pair[n] for pair in tiles], geometry)) for n in (0, 1)]
    near = apart(shown, block_of(overlays, geometry))
    assert near < 4  # sheets are stored with loss
    assert min(far) > 2.5 * near
    page.locator(f"#u{number} a").click()
    settled(page)
    for item, overlay, pair in zip(page.locator(".nine > li").all(), overlays, tiles, strict=True):
        shown = picture(item.locator(".overlay"))
        near = apart(shown, overlay)
        assert near < 4
        assert min(apart(shown, tile) for tile in pair) > 2 * near


def test_an_overlay_of_a_large_frame_has_the_pixels_of_the_image(visit: Opener, place: Path) -> None:
    data = data_of(place, "conv5")
    facts = next(m for m in data["maps"] if inside(m, 112) and not inside(m, 52))
    tiles = tiles_of(sheet_of(place, "conv5", facts["map"]), data["sheet"])
    page = visit(f"small/layers/conv5.html#u{facts['map']}").page
    settled(page)
    assert page.locator(".overlay .cut img").count() == 4
    for item, entry, (signal, _) in zip(page.locator(".nine > li").all(), facts["top"], tiles, strict=True):
        top, left, bottom, right = entry["shown"]["frame"]
        whole = Image.open(place / "small" / "images" / f"{entry['image']:07d}.webp").convert("RGB")
        patch = whole.crop((left, top, right, bottom))
        shown = picture(item.locator(".overlay"))
        under = patch.resize(shown.size, Image.Resampling.BILINEAR)
        smooth = signal.resize(shown.size, Image.Resampling.BILINEAR)
        expected = overlay_tile(under, smooth, entry["shown"]["frame"], entry["shown"]["frame"])
        assert apart(shown, expected) < 4
        assert apart(shown, under) > 12


def test_every_list_of_the_index_has_its_overlay(visit: Opener) -> None:
    page = visit("small/index.html?view=overlay#stars=conv5%3A2").page
    for section in ("#first", "#layers", "#starred"):
        cards, over = page.locator(f"{section} .sheet > img:first-child"), page.locator(f"{section} .sheet .over")
        assert cards.count() == over.count() > 0
        assert over.first.is_visible()
    page.fill("#search", "conv2:0-3")
    assert page.locator("#found .over").count() == 4
    page.locator("input[value=both]").check()
    assert not page.locator("#first .over").first.is_visible()


# --- grey ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("layer", "number"), [("conv1", 3), ("conv2", 49)])
def test_grey_is_the_mean_of_the_channels_times_the_contrast(
    layer: str, number: int, visit: Opener, place: Path
) -> None:
    """In the list with a contrast for each map, in a map's own view with one for each projection."""
    data = data_of(place, layer)
    facts, tiles = data["maps"][number], tiles_of(sheet_of(place, layer, number), data["sheet"])
    gains = [entry["shown"]["grey"] for entry in facts["top"]]
    page = visit(f"small/layers/{layer}.html?view=projections&tone=grey").page
    assert page.locator("#grey").is_checked()
    painted(page, f"#u{number} img")
    shown = picture(page.locator(f"#u{number} .sheet > img").first)
    contrast = float(page.locator(f"#u{number}").get_attribute("data-grey") or "")
    assert contrast == pytest.approx(median(gains), rel=0.01)
    assert contrast > 1.15
    expected = block_of([mean_of(signal, contrast) for signal, _ in tiles], data["sheet"])
    assert apart(shown, expected) < 3
    assert spread(shown) == pytest.approx(spread(expected), rel=0.1)
    assert np.ptp(np.asarray(shown, int), axis=-1).max() <= 1
    page.locator(f"#u{number} a").click()
    settled(page)
    for item, (signal, patch), gain in zip(page.locator(".nine > li").all(), tiles, gains, strict=True):
        shown = picture(item.locator(".projection"))
        assert apart(shown, mean_of(signal, gain)) < 4
        assert spread(shown) == pytest.approx(spread(mean_of(signal, gain)), rel=0.1)
        assert np.ptp(np.asarray(shown, int), axis=-1).max() <= 1
        assert apart(picture(item.locator(".patch")), patch) < 4  # images keep their colours


def test_grey_beside_patches_leaves_these_in_colour(visit: Opener, place: Path) -> None:
    geometry, sheet = data_of(place, "conv1")["sheet"], sheet_of(place, "conv1", 3)
    page = visit("small/layers/conv1.html?view=both").page
    press(page, "g")
    painted(page, "#u3 img")
    shown = picture(page.locator("#u3 .sheet > img").first)
    block, width = geometry["block"], geometry["width"]
    split = round(shown.width * (width - block) / width)
    left, right = (shown.crop((x, 0, x + shown.width - split, shown.height)) for x in (0, split))
    assert np.ptp(np.asarray(left, int)[:, :-2], axis=-1).max() <= 1
    assert apart(right, sheet.crop((width - block, 0, width, geometry["height"]))) < 4
    press(page, "g")
    assert not page.locator("#u3 .over").is_visible()
    assert np.ptp(np.asarray(picture(page.locator("#u3 .sheet > img").first), int), axis=-1).max() > 50


def test_the_tone_is_kept_and_stands_in_the_address(visit: Opener) -> None:
    page = visit("small/layers/conv1.html").page
    page.locator("#grey").check()
    assert page.url.endswith("conv1.html?tone=grey")
    page.goto(page.url.split("/layers/")[0] + "/index.html")
    assert page.locator("#grey").is_checked()
    press(page, "g")
    assert "tone" not in page.url
    page.reload()
    assert not page.locator("#grey").is_checked()
    assert page.evaluate("document.documentElement.dataset.tone") == "colour"


def test_a_gallery_made_in_grey_that_opens_with_the_overlay(visit: Opener, place: Path) -> None:
    for path in ("veiled/index.html", "veiled/layers/img-src-x-onerror-alert-1.html"):
        page = visit(path).page
        assert page.locator("#grey").count() == 0
        press(page, "g")
        assert page.evaluate("document.documentElement.dataset.tone") == "colour"  # nothing to be done to its tiles
        assert page.locator("input[value=overlay]").is_checked()
        assert page.locator(".sheet .over").first.is_visible()
        press(page, "t")
        assert page.locator("input[value=projections]").is_checked()
        assert not page.locator(".sheet .over").first.is_visible()
    sheet = next((place / "veiled" / "sheets").rglob("*.webp"))
    levels = np.asarray(Image.open(sheet).convert("RGB"), int)
    assert np.ptp(levels[:, : levels.shape[1] // 2 - 8], axis=-1).max() <= 6  # but for the format's loss
