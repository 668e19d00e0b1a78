"""Pages as PDF, read and drawn again by pdfium: the text is text, and the page looks as it does in pixels."""

import re
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from drawn import levels, projection
from PIL import Image

from deconvviz.deconvnet.figures import Row, figure, row_page
from deconvviz.drawing import INK, Number, Outline, Page, Shown, Text, write_picture
from deconvviz.drawing.pdf import as_pdf

pdfium = pytest.importorskip("pypdfium2")

pytestmark = pytest.mark.quick

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)).resize((80, 60))

Opened = Callable[..., Any]


@pytest.fixture
def opened() -> Iterator[Opened]:
    """Opens PDFs, and closes them in the end."""
    documents = []

    def of(content: bytes) -> Any:
        documents.append(pdfium.PdfDocument(content))
        return documents[-1]

    yield of
    for document in documents:
        document.close()


def text_of(document: Any) -> list[str]:
    """The lines of text, from above to below, of single spaces between words."""
    page = document[0]
    words = page.get_textpage()
    lines = words.get_text_range().splitlines()
    words.close()
    page.close()
    return [" ".join(line.split()) for line in lines]


def rendered(document: Any, dpi: int = 300) -> np.ndarray:
    """The page in its own pixels: exact where its sides are multiples of 25, which are whole points."""
    page = document[0]
    picture = page.render(scale=dpi / 72).to_pil()
    page.close()
    return levels(picture)


def content_of(pdf: bytes) -> str:
    """What draws the page."""
    for facts in re.finditer(rb"<<  /Filter /FlateDecode /Length (\d+) >>\nstream\n", pdf):
        return zlib.decompress(pdf[facts.end() : facts.end() + int(facts[1])]).decode("latin-1")
    raise AssertionError("there is none")


def some_page() -> Page:
    page = Page(400, 150)
    page.put(Text(10, 4, "features.3 (a) \\ [b] <c>", 20), Text(10, 33, "1   :7@1,2#0", 12))
    page.put(Shown(250, 20, NOISE), Outline((260, 30, 285, 50)), Number(300, 70, "17"))
    page.put(Text(10, 80, "Größe 猫", 20), Shown(350, 100, NOISE.convert("L").resize((20, 30))))
    return page


def test_the_text_is_what_was_put_in(opened: Opened) -> None:
    document = opened(as_pdf(some_page()))
    assert len(document) == 1
    assert set(text_of(document)) == {"features.3 (a) \\ [b] <c>", "1 :7@1,2#0", "17"}
    every = "".join(map(chr, range(33, 127)))
    page = Page(1200, 40)
    page.put(Text(5, 5, every, 14))
    assert text_of(opened(as_pdf(page))) == [every]


@pytest.mark.parametrize("dpi", [72, 150, 300])
def test_it_is_as_large_as_it_is_printed(dpi: int, opened: Opened) -> None:
    document = opened(as_pdf(some_page(), dpi=dpi))
    assert document.get_page_size(0) == pytest.approx((400 * 72 / dpi, 150 * 72 / dpi), abs=1e-3)


def difference(page: Page, document: Any) -> float:
    """How far it is, on average, from what the page is in pixels, five by five of them: letters are set otherwise."""
    drawn, shown = (
        levels(Image.fromarray(one.astype(np.uint8)).reduce(5)) for one in (levels(page.drawn()), rendered(document))
    )
    return float(np.abs(drawn - shown).mean())


def test_it_looks_as_the_page_does_in_pixels(opened: Opened) -> None:
    page, document = some_page(), opened(as_pdf(some_page()))
    drawn, shown = levels(page.drawn()), rendered(document)
    assert difference(page, document) < 3
    for (top, bottom), (left, right) in (((21, 79), (312, 329)), ((101, 129), (351, 369))):  # of the pictures alone
        assert np.abs(drawn - shown)[top:bottom, left:right].max() <= 30  # pdfium smoothes them
        assert np.abs(drawn - shown)[top:bottom, left:right].mean() <= 5
    assert (shown[drawn.max(2) == 0] == 0).all()


def test_everything_on_it_is_seen(opened: Opened) -> None:
    """With any of its items left out or moved, it is further from what it is in pixels."""
    page = some_page()
    least = difference(page, opened(as_pdf(page)))
    for place, item in enumerate(page.items):
        without = Page(page.width, page.height, [*page.items[:place], *page.items[place + 1 :]])
        assert difference(page, opened(as_pdf(without))) > 1.05 * least, item
        if isinstance(item, Shown):
            aside = Page(page.width, page.height, list(page.items))
            aside.items[place] = replace(item, left=item.left + 2, top=item.top - 2)
            assert difference(page, opened(as_pdf(aside))) > 1.05 * least, item


@pytest.mark.parametrize("size", [12, 20, 26])
@pytest.mark.parametrize(
    "text", ["features.3", ":7@1,2", "Größe", "猫", "emoji 😀", "a…b", "\udcff.png", "é" * 9], ids=ascii
)
def test_texts_are_where_they_belong(text: str, size: int, opened: Opened) -> None:
    page = Page(300, 50)
    page.put(Text(10, 5, text, size))
    both = levels(page.drawn()), rendered(opened(as_pdf(page)))
    drawn, shown = ((one[0, 0] - one).sum() for one in both)
    assert shown == pytest.approx(drawn, rel=0.35)  # about as much ink
    inked = [np.argwhere((one < 170).all(2)) for one in both]
    assert np.abs(inked[0].min(0) - inked[1].min(0)).max() <= 2
    assert np.abs(inked[0].max(0) - inked[1].max(0)).max() <= 2 + 0.04 * inked[0][:, 1].max()


def test_headings_and_shortened_captions_are_text(opened: Opened) -> None:
    page = Page(300, 80)
    page.put(Text(10, 5, "features.0  ·  conv1_1", 20), Text(10, 40, "feat…ing", 12))
    assert text_of(opened(as_pdf(page))) == ["features.0 · conv1_1", "feat…ing"]


def test_texts_that_are_pictures_say_what_they_are() -> None:
    page = Page(300, 150, [Text(10, 5, "Größe 猫 😀", 20), Text(10, 50, "a…b", 12)])
    (said,) = re.findall(r"/ActualText <feff([0-9a-f]+)> >> BDC\nq [^\n]* /P0 Do Q\nEMC", content_of(as_pdf(page)))
    assert bytes.fromhex(said).decode("utf-16-be") == "Größe 猫 😀"


def test_blank_and_hostile_texts_do_no_harm(opened: Opened) -> None:
    texts = [") Tj ET Q (", "\\", "\\) \\( \\\\ \\101", "the end"]
    page = Page(300, 250, [Text(10, 50 * n, text, 14) for n, text in enumerate(texts)])
    page.put(Text(90, 10, "", 20), Text(90, 10, "   ", 20), Number(200, 200, "(\\"), Text(90, 60, "\x00\x1b", 14))
    assert text_of(opened(as_pdf(page))) == [*texts, "(\\"]


@pytest.mark.parametrize("title", ["a title", "Größe 猫 😀", "(a) \\ <b>", "", "x" * 500])
def test_it_has_its_title(title: str, opened: Opened) -> None:
    assert opened(as_pdf(some_page(), title)).get_metadata_value("Title") == title


def test_the_same_page_is_the_same_bytes() -> None:
    assert as_pdf(some_page(), "t") == as_pdf(some_page(), "t")
    assert as_pdf(some_page(), "t") != as_pdf(some_page(), "u")


def test_every_object_is_where_the_table_says() -> None:
    pdf = as_pdf(some_page(), "t")
    begun = int(re.search(rb"startxref\n(\d+)\n%%EOF\n$", pdf)[1])  # type: ignore[index]
    table = pdf[begun:].split(b"trailer")[0]
    assert table.startswith(b"xref\n0 ")
    places = [int(place) for place in re.findall(rb"(\d{10}) 00000 n \n", table)]
    assert len(places) == int(re.search(rb"/Size (\d+)", pdf[begun:])[1]) - 1  # type: ignore[index]
    for number, place in enumerate(places, start=1):
        assert pdf[place:].startswith(b"%d 0 obj\n" % number)
    for facts in re.finditer(rb"/Length (\d+) >>\nstream\n", pdf):
        assert pdf[facts.end() + int(facts[1]) :].startswith(b"\nendstream")


@pytest.mark.parametrize("size", [32, 224, 37, 49, 98])
def test_numbers_have_no_exponents(size: int) -> None:
    p = projection(torch.randn(3, 12, 12), (size - 12, size - 12, size, size), size=size)
    page, _ = row_page(Row("conv", "", [p]))  # it ends where the image does
    assert not re.search(r"\de[-+]?\d", content_of(as_pdf(page)))


def test_a_page_is_written_as_it_is(tmp_path: Path) -> None:
    written = write_picture(tmp_path / "a.pdf", some_page(), title="t").read_bytes()
    assert written == as_pdf(some_page(), "t", 300)
    assert write_picture(tmp_path / "a.pdf", some_page(), title="t", dpi=150).read_bytes() == as_pdf(
        some_page(), "t", 150
    )


def test_a_figure_can_be_searched(opened: Opened) -> None:
    p = projection(torch.randn(3, 12, 12), (0, 0, 12, 12))
    page, _ = figure([Row("features.3", "64 feature maps", [p, p])], "owl.png", ["tiles: all of the field"])
    said = text_of(opened(as_pdf(page, dpi=150)))
    texts = [item.text for item in page.items if isinstance(item, Text)]
    assert {"features.3", "64 feature maps", "owl.png", "where in the image", "2   :7@1,2"} <= set(texts)
    joined = " ".join(" ".join(said).split())
    assert all(" ".join(text.split()) in joined for text in texts)
    assert page.items[0] == Text(28, 24, "owl.png", 26, INK)
