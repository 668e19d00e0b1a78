"""Pages: what is put on them is where it belongs, as pixels and as SVG, whatever the texts are."""

import base64
import re
from io import BytesIO
from xml.etree import ElementTree

import numpy as np
import pytest
from drawn import levels
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from deconvviz.drawing import INK, QUIET, Number, Outline, Page, Shown, Text
from deconvviz.drawing.lettering import ascent, text_width
from deconvviz.drawing.page import ACCENT, GROUND, NUMBER, WHITE, a_page
from deconvviz.drawing.svg import as_svg

pytestmark = pytest.mark.quick

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (30, 40, 3), np.uint8))
SVG = "{http://www.w3.org/2000/svg}"

HOSTILE = [
    *(
        '<b>&"\x00',
        "]]>",
        "<!-- x",
        "&amp;",
        "'quoted'",
        "\x1b[31m",
        "emoji 😀",
        "猫",
        "e\u0301",
        "\u202eto the left",
    ),
    *("line\nbreak", "tab\tbed", "\udcff.png", "\ufffe\uffff", "</text></svg>", "  leading and  double ", "(a\\)"),
]


def a_page_of_all() -> Page:
    page = Page(200, 100)
    page.put(Text(10, 4, "features.3", 20), Text(10, 30, "quiet", 12, QUIET))
    page.put(Shown(100, 20, NOISE), Outline((110, 30, 125.4, 44.6)), Number(130, 40, "7"))
    return page


def parsed(page: Page, title: str = "", facts: str = "") -> ElementTree.Element:
    return ElementTree.fromstring(as_svg(page, title, facts))


# --- as pixels ------------------------------------------------------------------------------------------


def test_everything_is_drawn_where_it_belongs() -> None:
    drawn = levels(a_page_of_all().drawn())
    assert drawn.shape == (100, 200, 3)
    assert (drawn[90:] == GROUND).all()
    picture = drawn[20:50, 100:140].copy()
    inked = np.argwhere((drawn == INK).all(2))
    assert (inked.min(0) >= (4, 10)).all()
    assert (inked.max(0) < (30, 10 + text_width("features.3", 20))).all()
    assert min(QUIET) <= drawn[30:45, 10:60].min() < 150
    assert (drawn[30, 110:125] == ACCENT).all()  # the outline: above, below, on the left and on the right
    assert (drawn[44, 110:121] == ACCENT).all()
    assert (drawn[30:45, 110] == ACCENT).all()
    assert (drawn[30:33, 124] == ACCENT).all()
    assert (drawn[29, 110:120] == WHITE).all()  # and white around it
    assert (drawn[40, 131:137] == ACCENT).any()  # the disc
    untouched = np.ones((30, 40), bool)
    untouched[8:30, 8:40] = False
    assert (picture == levels(NOISE))[untouched].all()


def test_what_is_put_later_lies_above() -> None:
    white, black = (Image.new("RGB", (10, 10), colour) for colour in ("white", "black"))
    for first, second in ((white, black), (black, white)):
        page = Page(10, 10)
        page.put(Shown(0, 0, first), Shown(0, 0, second))
        assert page.drawn().tobytes() == second.tobytes()


def test_a_page_laid_on_another_is_the_same_elsewhere() -> None:
    whole = Page(260, 150)
    whole.put(Text(0, 0, "before", 12))
    whole.lay(a_page_of_all(), 50, 40)
    drawn = levels(whole.drawn())
    assert np.array_equal(drawn[40:140, 50:250], levels(a_page_of_all().drawn()))
    assert len(whole.items) == 1 + len(a_page_of_all().items)
    moved, alone = ({e.text for e in parsed(page).iter(f"{SVG}text")} for page in (whole, a_page_of_all()))
    assert moved == alone | {"before"}


def test_a_picture_alone_is_a_page() -> None:
    assert a_page(NOISE).drawn().tobytes() == NOISE.tobytes()


@pytest.mark.parametrize(
    "box",
    [
        (10.0, 10.0, 11.0, 11.0),
        (10.0, 10.0, 10.0, 10.0),  # a unit that sees nothing but padding
        (10.1, 10.1, 10.4, 30.0),  # a small field in a large image
        (60.0, 0.0, 60.0, 0.0),
    ],
)
def test_outlines_of_nearly_nothing_are_seen(box: tuple[float, float, float, float]) -> None:
    page = Page(60, 60, [Outline(box)])
    drawn = levels(page.drawn())
    assert (drawn != GROUND).any()
    as_svg(page)


def test_discs_are_as_wide_as_their_numbers() -> None:
    for text in ("1", "25", "4096"):
        assert Number(0, 0, text).radius >= max(8, text_width(text, NUMBER) / 2)
    assert Number(0, 0, "4096").radius > Number(0, 0, "1").radius


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_is_drawn(text: str) -> None:
    page = Page(300, 40)
    page.put(Text(4, 4, text, 14))
    assert (levels(page.drawn()) != GROUND).any()


# --- as SVG ---------------------------------------------------------------------------------------------


def test_svg_holds_what_is_on_the_page() -> None:
    root = parsed(a_page_of_all(), "a title", '{"a": 1}')
    assert root.tag == f"{SVG}svg"
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("200", "100", "0 0 200 100")
    assert root.findtext(f"{SVG}title") == "a title"
    texts = {e.text: e for e in root.iter(f"{SVG}text")}
    assert set(texts) == {"features.3", "quiet", "7"}
    heading = texts["features.3"]
    assert (heading.get("font-size"), heading.get("fill")) == ("20", "#1c1c1e")
    assert float(heading.get("x", "")) == 10
    assert float(heading.get("y", "")) == pytest.approx(4 + ascent("features.3", 20), abs=0.06)
    assert float(heading.get("textLength", "")) == pytest.approx(text_width("features.3", 20), abs=0.06)
    (image,) = root.iter(f"{SVG}image")
    assert [image.get(name) for name in ("x", "y", "width", "height")] == ["100", "20", "40", "30"]
    scheme, _, data = (image.get("href") or "").partition(",")
    assert scheme == "data:image/png;base64"
    assert Image.open(BytesIO(base64.b64decode(data))).convert("RGB").tobytes() == NOISE.tobytes()
    outlines = [e for e in root.iter(f"{SVG}rect") if e.get("stroke")]
    assert [e.get("stroke") for e in outlines] == ["#ffffff", "#eb5e28"]
    for one in outlines:
        assert [float(one.get(n, "")) for n in ("x", "y", "width", "height")] == pytest.approx([110, 30, 15.4, 14.6])
    (disc,) = root.iter(f"{SVG}circle")
    assert [disc.get(name) for name in ("cx", "cy", "r")] == ["130", "40", "8"]
    drawn = [child.tag.removeprefix(SVG) for child in root]  # what is later lies above
    assert drawn == ["title", "metadata", "rect", "text", "text", "image", "rect", "rect", "circle", "text"]


def test_svg_carries_the_facts() -> None:
    facts = '{"model": "<b>&\\"", "猫": [1.5e-7, "a\\nb"]}'
    (held,) = parsed(a_page_of_all(), facts=facts).iter(f"{SVG}metadata")
    assert (held.text, held.get("id")) == (facts, "deconvviz")
    assert not list(parsed(a_page_of_all()).iter(f"{SVG}metadata"))
    assert not list(parsed(a_page_of_all()).iter(f"{SVG}title"))


def held_by_xml(text: str) -> str:
    """What XML 1.0 can hold of a text, by its grammar; there is a sign for each of the others."""
    return re.sub("[^\t\n -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_stay_text(text: str) -> None:
    page = Page(300, 40)
    page.put(Text(4, 4, text, 14), Number(20, 20, text))
    root = parsed(page, text, text)
    held = held_by_xml(text)
    assert [e.text for e in root.iter(f"{SVG}text")] == [held, held]
    assert root.findtext(f"{SVG}title") == root.findtext(f"{SVG}metadata") == held
    assert {e.tag.removeprefix(SVG) for e in root.iter()} == {"svg", "title", "metadata", "rect", "text", "circle"}


@given(st.text(st.characters(), min_size=1, max_size=30), st.text(st.characters(exclude_categories=["Cc"])))
def test_any_text_makes_xml(facts: str, text: str) -> None:
    page = Page(300, 40)
    page.put(Text(4, 4, text, 14))
    root = parsed(page, facts=facts)
    assert root.findtext(f"{SVG}metadata") == held_by_xml(facts)
    assert [e.text for e in root.iter(f"{SVG}text")] == ([held_by_xml(text)] if text.strip() else [])


def test_the_same_page_is_the_same_svg() -> None:
    assert as_svg(a_page_of_all(), "t", "{}") == as_svg(a_page_of_all(), "t", "{}")
    assert as_svg(a_page_of_all(), "t", "{}") != as_svg(a_page_of_all(), "u", "{}")
