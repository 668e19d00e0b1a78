"""Views of a list: projections, both, patches, overlay, in grey, and larger."""

from pathlib import Path

import pytest
from browsing import Opener, difference, picture, press
from PIL import Image


def test_views_show_the_right_half(visit: Opener, place: Path) -> None:
    sheet = Image.open(place / "small" / "sheets" / "conv5" / "0000.webp").convert("RGB")
    halves = {"projections": sheet.crop((0, 0, 98, 98)), "patches": sheet.crop((108, 0, 206, 98)), "both": sheet}
    page = visit("small/layers/conv5.html").page
    first = page.locator("#u0 .sheet > img").first
    assert page.locator("input[value=both]").is_checked()
    for view in ("patches", "overlay", "projections", "both"):
        press(page, "t")
        assert page.locator(f"input[value={view}]").is_checked()
        page.wait_for_timeout(50)
        if view == "overlay":  # another test looks at its pixels
            continue
        shown = picture(first)
        assert difference(shown, halves[view]) == min(difference(shown, half) for half in halves.values()) < 8
        assert shown.width / shown.height == pytest.approx(halves[view].width / halves[view].height, rel=0.03)
    page.locator("input[value=patches]").check()
    page.reload()
    assert page.locator("input[value=patches]").is_checked()


def test_the_size_slider(visit: Opener) -> None:
    page = visit("small/layers/conv5.html", width=1400).page
    width = "document.querySelector('#maps .map').offsetWidth"
    before = page.evaluate(width)
    page.locator("#size").fill("18")
    larger = page.evaluate(width)
    assert larger > 1.4 * before
    page.reload()
    assert page.evaluate(width) == larger
    page.locator("#size").fill("6")
    assert page.evaluate(width) < before
