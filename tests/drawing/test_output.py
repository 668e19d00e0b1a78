"""Files are what their names say, whole or not there at all."""

import json
import re
from base64 import b64decode
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from deconvviz.drawing import PICTURES, Page, Shown, Text, write_picture
from deconvviz.drawing.pdf import as_pdf
from deconvviz.drawing.svg import as_svg
from deconvviz.errors import UnwritableOutput

pytestmark = pytest.mark.quick

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8))


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.png", "PNG"), ("a.PNG", "PNG"), ("a.jpg", "JPEG"), ("a.jpeg", "JPEG"), ("a.webp", "WEBP")],
)
def test_a_picture_is_what_its_name_says(tmp_path: Path, name: str, kind: str) -> None:
    written = Image.open(write_picture(tmp_path / name, NOISE))
    assert (written.format, written.size) == (kind, NOISE.size)
    difference = np.abs(np.asarray(written.convert("RGB"), float) - np.asarray(NOISE, float))
    assert difference.mean() < (6 if kind == "JPEG" else 1e-9)  # noise is the worst that JPEG can be given
    once = (tmp_path / name).read_bytes()
    assert write_picture(tmp_path / name, NOISE).read_bytes() == once


@pytest.mark.parametrize(("name", "begins"), [("a.pdf", b"%PDF-"), ("a.PDF", b"%PDF-"), ("a.svg", b"<svg ")])
def test_a_page_of_pdf_or_svg_has_its_title_and_no_date(tmp_path: Path, name: str, begins: bytes) -> None:
    first = write_picture(tmp_path / name, NOISE, title="features.3").read_bytes()
    assert first.startswith(begins)
    assert "features.3".encode("utf-16-be").hex().encode() in first or b"<title>features.3</title>" in first
    assert write_picture(tmp_path / name, NOISE, title="features.3").read_bytes() == first


def test_a_picture_in_svg_loses_nothing(tmp_path: Path) -> None:
    (data,) = re.findall(r"data:image/png;base64,([^\"]+)", write_picture(tmp_path / "a.svg", NOISE).read_text())
    assert Image.open(BytesIO(b64decode(data))).tobytes() == NOISE.tobytes()


@pytest.mark.parametrize("ending", PICTURES)
def test_pages_are_written_as_what_they_look_like_or_as_text(tmp_path: Path, ending: str) -> None:
    page = Page(90, 60, [Text(5, 5, "features.3", 14), Shown(20, 20, NOISE)])
    path = write_picture(tmp_path / f"a{ending}", page, title="t")
    if ending in (".pdf", ".svg"):
        content = {".pdf": as_pdf, ".svg": as_svg}[ending](page, "t")
        assert path.read_bytes() == content
    else:
        assert path.read_bytes() == write_picture(tmp_path / f"b{ending}", page.drawn()).read_bytes()


def test_facts_travel_in_png_and_svg(tmp_path: Path) -> None:
    facts = json.dumps({"model": "<b>&", "classes": ["猫", "a\nb"]}, ensure_ascii=False)
    assert Image.open(write_picture(tmp_path / "a.png", NOISE, facts)).text["deconvviz"] == facts
    root = ElementTree.parse(write_picture(tmp_path / "a.svg", NOISE, facts)).getroot()
    assert root.findtext("{http://www.w3.org/2000/svg}metadata") == facts


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_it_is_as_large_as_it_is_printed(tmp_path: Path, name: str) -> None:
    assert Image.open(write_picture(tmp_path / name, NOISE, dpi=150)).info["dpi"] == pytest.approx((150, 150), abs=0.1)
    assert Image.open(write_picture(tmp_path / name, NOISE)).info.get("dpi", (72, 72))[0] < 100


@pytest.mark.parametrize("dpi", [None, 150])
def test_a_pdf_has_300_dots_an_inch_unless_it_is_said(tmp_path: Path, dpi: int | None) -> None:
    written = write_picture(tmp_path / "a.pdf", NOISE, dpi=dpi).read_bytes()
    (size,) = re.findall(rb"/MediaBox \[0 0 (\S+) (\S+)\]", written)
    assert [float(side) for side in size] == pytest.approx([60 * 72 / (dpi or 300), 40 * 72 / (dpi or 300)])


@pytest.mark.parametrize("name", ["a.gif", "a.png.txt", "a", "a.svgz", "a.eps"])
def test_any_other_ending_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnwritableOutput, match=r"ends in \.png, \.jpg, \.jpeg, \.webp, \.pdf or \.svg"):
        write_picture(tmp_path / name, NOISE)
    assert list(tmp_path.iterdir()) == []


def test_what_a_format_cannot_hold_is_said(tmp_path: Path) -> None:
    long = Image.new("RGB", (20_000, 4))
    with pytest.raises(UnwritableOutput, match=r"20000 x 4 pixels cannot be written as webp.*ends in \.png"):
        write_picture(tmp_path / "a.webp", long)
    assert list(tmp_path.iterdir()) == []
    assert Image.open(write_picture(tmp_path / "a.png", long)).size == long.size
