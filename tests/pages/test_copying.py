"""What is copied from a feature map's view makes the same picture again."""

import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from browsing import HOSTILE_LAYERS, Opener, small_network
from PIL import Image

from deconvviz.pages.sheets import read_facts


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
    assert not page.locator(".cli").is_visible()
    page.get_by_text("Make it again").click()
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
    page.get_by_text("Make it again").click()
    assert shlex.split(page.locator(".cli").inner_text())[:3] == ["deconvviz", "gallery", "index"]
    assert "--model" in page.locator(".cli").inner_text()  # a network of one's own
    assert "model = ..." in page.locator(".python").inner_text()
    (tmp_path / "index").symlink_to(place / "odd" / "index")
    code = page.locator(".python").inner_text().replace("= ...", "= small_network(*HOSTILE_LAYERS)")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        exec(code, {"small_network": small_network, "HOSTILE_LAYERS": HOSTILE_LAYERS})
    (made,) = tmp_path.glob("*/sheets/*/0001.webp")
    assert made.read_bytes() == (place / "hostile" / "sheets" / "a-b-c" / "0001.webp").read_bytes()
