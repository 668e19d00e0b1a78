"""Files are what their names say, whole or not there at all."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from deconvviz.drawing import write_picture
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


def test_a_pdf_is_one_and_has_no_date(tmp_path: Path) -> None:
    first = write_picture(tmp_path / "a.pdf", NOISE, title="features.3").read_bytes()
    assert first.startswith(b"%PDF-")
    assert b"features.3".decode().encode("utf-16-be") in first or b"features.3" in first
    assert write_picture(tmp_path / "a.pdf", NOISE, title="features.3").read_bytes() == first


@pytest.mark.parametrize("name", ["a.svg", "a.gif", "a.png.txt", "a"])
def test_any_other_ending_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnwritableOutput, match=r"ends in \.png, \.jpg, \.jpeg, \.webp or \.pdf"):
        write_picture(tmp_path / name, NOISE)
    assert list(tmp_path.iterdir()) == []


def test_what_a_format_cannot_hold_is_said(tmp_path: Path) -> None:
    long = Image.new("RGB", (20_000, 4))
    with pytest.raises(UnwritableOutput, match=r"20000 x 4 pixels cannot be written as webp.*ends in \.png"):
        write_picture(tmp_path / "a.webp", long)
    assert list(tmp_path.iterdir()) == []
    assert Image.open(write_picture(tmp_path / "a.png", long)).size == long.size
