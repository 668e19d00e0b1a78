"""Galleries as files: valid pages, the same bytes, going on where one stopped, and what is refused."""

import inspect
import json
import os
import re
import shutil
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from io import BytesIO
from pathlib import Path
from urllib.parse import unquote, urlsplit

import html5lib
import numpy as np
import pytest
import torch
from browsing import HOSTILE_CLASS, HOSTILE_FILE, HOSTILE_LAYERS, small_index
from markupsafe import escape
from PIL import Image
from shell import deconvviz

from deconvviz import Index, shapes, studies, write_gallery
from deconvviz.cli import main
from deconvviz.drawing import Look, write_content
from deconvviz.errors import UnknownUnit, UnwritableOutput
from deconvviz.pages import Place, Selection, Style, Told, pictures, sheetmaking
from deconvviz.pages.commands import USUAL, commands
from deconvviz.pages.facts import sections
from deconvviz.pages.gallery import origin_of
from deconvviz.pages.kept import store_in, work_left
from deconvviz.pages.sheets import read_facts
from deconvviz.pages.single import write_single_page

pytestmark = pytest.mark.quick


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The gallery `whole`, of hostile names, and the index it is made from."""
    folder = tmp_path_factory.mktemp("gallery")
    index = small_index(folder, [f"{HOSTILE_CLASS}/{n or ''}{HOSTILE_FILE}" for n in range(6)], *HOSTILE_LAYERS)
    write_gallery(index, folder / "whole", tile=40)
    write_gallery(index, folder / "bare", tile=40, patches=False, image_format="png")
    write_single_page(index, Selection(HOSTILE_LAYERS[:1]), Style(tile=40), Place(folder / "one.html"), Told())
    return folder


@pytest.fixture
def index(place: Path) -> Index:
    return small_index(place, [f"{HOSTILE_CLASS}/{n or ''}{HOSTILE_FILE}" for n in range(6)], *HOSTILE_LAYERS)


def contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


# --- pages ----------------------------------------------------------------------------------------------


def pages(place: Path) -> Iterator[Path]:
    yield from sorted([*place.glob("whole/**/*.html"), *place.glob("bare/**/*.html"), place / "one.html"])


def test_pages_are_valid_html(place: Path) -> None:
    found = list(pages(place))
    assert [path.name for path in found].count("image.html") == 1  # none of images that are not shown
    assert len(found) == 8
    for path in found:
        parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
        tree = parser.parse(path.read_bytes())
        assert path.read_text().startswith("<!doctype html>\n")
        check_attributes(tree, path)


def check_attributes(tree: object, path: Path) -> None:
    """Identifiers are unique and found where they are referred to; numbers are numbers; images have a text."""
    elements = [e for e in tree.iter() if isinstance(e.tag, str)]  # type: ignore[attr-defined]
    ids = Counter(e.get("id") for e in elements if e.get("id") is not None)
    assert not [name for name, count in ids.items() if count > 1 or re.search(r"\s", name) or not name], path
    for element in elements:
        for name in ("for", "aria-labelledby"):
            assert element.get(name) is None or element.get(name) in ids
        for name in ("width", "height") if element.tag in ("img", "canvas", "video") else ():
            assert re.fullmatch(r"[1-9]\d*", element.get(name, "1"))
        assert element.tag != "img" or element.get("alt")
        assert element.tag != "button" or element.get("type") == "button" or element.text == "Close"
        assert not [name for name in element.attrib if name.startswith("on")]
        if element.tag == "li":
            assert element.get("class") is None or "data-unit" in element.attrib
    assert sum(e.tag == "h1" for e in elements) == 1
    assert sum(e.tag == "title" and bool(e.text) for e in elements) == 1
    assert [e.get("content") for e in elements if e.tag == "meta" and e.get("name") == "description"] != [""]


def test_all_links_lead_somewhere_inside(place: Path) -> None:
    for path in pages(place):
        tree = html5lib.parse(path.read_bytes(), namespaceHTMLElements=False)
        for element in tree.iter():
            for link in (element.get("href"), element.get("src")):
                if link is None or link.startswith("data:"):
                    continue
                parts = urlsplit(link)
                assert not parts.scheme
                assert not parts.netloc
                target = path.parent / unquote(parts.path) if parts.path else path
                assert target.is_file(), (path, link)
                if parts.fragment:
                    ids = re.findall(r'\bid="([^"]*)"', target.read_text())
                    assert unquote(parts.fragment) in ids


def test_every_page_has_a_json_twin(place: Path) -> None:
    facts = json.loads((place / "whole" / "gallery.json").read_text())
    assert [layer["layer"] for layer in facts["layers"]] == list(HOSTILE_LAYERS)
    for layer in facts["layers"]:
        data = place / "whole" / "data" / layer["file"]
        content = json.loads(data.with_name(layer["file"] + ".json").read_text())
        script = data.with_name(layer["file"] + ".js").read_text()
        assert json.loads(script.removeprefix("deconvvizLayer(").rstrip(");\n")) == content
        assert {image["class"] for image in content["images"].values()} == {HOSTILE_CLASS}


def test_no_place_of_this_machine_is_in_a_gallery(place: Path) -> None:
    """Nor in the commands that make it again: they name the index by its name."""
    for gallery in ("whole", "bare"):
        for path, content in contents(place / gallery).items():
            assert str(place) not in content.decode(errors="replace"), path
    assert str(place) not in (place / "one.html").read_text()


def test_without_patches_no_image_is_copied(place: Path) -> None:
    assert not (place / "bare" / "images").exists()
    for path, content in contents(place / "bare").items():
        assert HOSTILE_FILE.encode() not in content, path  # a name may tell whose picture it is
        assert b".jpg" not in content, path
    sheets = list((place / "bare" / "sheets").rglob("*.png"))
    assert sheets
    assert {width / height for width, height in (Image.open(sheet).size for sheet in sheets)} == {1}  # one block


# --- bytes ----------------------------------------------------------------------------------------------


def test_the_same_index_gives_the_same_bytes(place: Path, index: Index, tmp_path: Path) -> None:
    write_gallery(index, tmp_path / "again", tile=40)
    again, whole = contents(tmp_path / "again"), contents(place / "whole")
    assert again.keys() == whole.keys()
    assert [name for name in whole if again[name] != whole[name]] == []


def test_what_was_interrupted_goes_on(
    place: Path, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    shutil.copytree(place / "whole", out)
    sheets = sorted((out / "sheets").rglob("*.webp"))
    lost = [sheets[1], sheets[-1]]
    for sheet in lost:
        sheet.unlink()
    sheets[3].write_bytes(sheets[3].read_bytes()[:100])  # as after a crash
    made: list[Path] = []

    def counted(path: Path, content: bytes) -> int:
        made.append(path)
        return write_content(path, content)

    for room in (pictures, sheetmaking):
        monkeypatch.setattr(room, "write_content", counted)
    before = {path: path.stat().st_mtime_ns for path in sheets if path.exists()}
    write_gallery(index, out, tile=40)
    assert sorted(made) == sorted([*lost, sheets[3]])
    assert contents(out) == contents(place / "whole")
    assert all(path.stat().st_mtime_ns == time for path, time in before.items() if path != sheets[3])


@pytest.mark.parametrize("together", [1, 2, 5])
def test_the_same_however_many_are_made_together(
    place: Path, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, together: int
) -> None:
    for name in ("MAPS_TOGETHER", "DRAWN_TOGETHER", "WRITTEN_TOGETHER"):
        monkeypatch.setattr(sheetmaking, name, together)
    monkeypatch.setattr(pictures, "PICTURE_BYTES", 0)  # none is kept longer than needed
    write_gallery(index, tmp_path / "out", tile=40)
    made, whole = contents(tmp_path / "out"), contents(place / "whole")
    assert made.keys() == whole.keys()
    for name in (name for name in whole if name.endswith(".webp")):
        levels = [np.asarray(Image.open(BytesIO(files[name])), int) for files in (made, whole)]
        assert np.abs(levels[0] - levels[1]).max() <= 8, name  # a level before it was encoded


def test_a_gallery_given_up_leaves_nothing_behind(index: Index, tmp_path: Path) -> None:
    style = Style(tile=40)
    store = store_in(tmp_path, index, Selection(), style)
    work = work_left(index, sections(index, Selection(), style), store)
    threads, torchs = threading.active_count(), torch.get_num_threads()
    making = sheetmaking.make_sheets(index, work, pictures.Pictures(store), print, lambda _: None)
    assert next(making) > 0
    making.close()
    assert (threading.active_count(), torch.get_num_threads()) == (threads, torchs)

    def interrupted(_: int) -> None:
        raise KeyboardInterrupt

    making = sheetmaking.make_sheets(index, work, pictures.Pictures(store), print, interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(making)
    assert (threading.active_count(), torch.get_num_threads()) == (threads, torchs)
    assert not [path for path in tmp_path.rglob(".*") if path.is_file()]


def test_an_interruption_leaves_whole_sheets(
    place: Path, index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, many = tmp_path / "out", list[Path]()

    def interrupted(path: Path, content: bytes) -> int:
        many.append(path)
        if len(many) == 20:
            raise KeyboardInterrupt
        return write_content(path, content)

    for room in (pictures, sheetmaking):
        monkeypatch.setattr(room, "write_content", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_gallery(index, out, tile=40)
    monkeypatch.undo()
    left, whole = contents(out), contents(place / "whole")
    assert 19 <= len(left) < len(whole)
    assert not (out / "index.html").exists()
    assert {name for name in left if left[name] != whole.get(name)} == {
        "gallery.json"
    }  # it says that it is not complete
    write_gallery(index, out, tile=40)
    assert contents(out) == whole


def test_a_folder_with_other_content_is_refused(place: Path, index: Index, tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "figure.png").write_bytes(b"more work")
    before = contents(tmp_path)
    with pytest.raises(UnwritableOutput, match=r"images, thesis\.tex"):
        write_gallery(index, tmp_path, tile=40)
    assert contents(tmp_path) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["images", "thesis.tex"]
    out = tmp_path / "other"
    shutil.copytree(place / "whole", out)
    before = contents(out)
    with pytest.raises(UnwritableOutput, match="another gallery"):
        write_gallery(index, out, tile=44)
    assert contents(out) == before
    write_gallery(index, out, tile=44, force=True)
    assert json.loads((out / "gallery.json").read_text())["tile"] == 44


def test_force_leaves_what_is_not_a_gallerys(index: Index, tmp_path: Path) -> None:
    own = [tmp_path / "thesis.tex", tmp_path / "images" / "figure.png", tmp_path / "layers" / "cake.html"]
    for path in own:
        path.parent.mkdir(exist_ok=True)
        path.write_text("years of work")
    write_gallery(index, tmp_path, tile=40, force=True)
    write_gallery(index, tmp_path, tile=41, force=True)  # over another gallery
    assert [path.read_text() for path in own] == ["years of work"] * 3
    assert (tmp_path / "index.html").is_file()


def test_a_gallery_is_by_default_the_same_everywhere() -> None:
    """On a page only what differs from it is in the lines to copy."""
    function = {name: parameter.default for name, parameter in inspect.signature(write_gallery).parameters.items()}
    options = {option.name: option.default for option in main.commands["gallery"].params}
    shell = {**options, "patches": options["no_patches"] is not True, "smoothing": options["smooth"]}
    style = {**asdict(Style()), **asdict(Look())}
    for defaults in (function, shell, style):
        assert {name: defaults[name] for name in USUAL} == USUAL
    assert {*USUAL, "look"} == set(style)  # whatever can be asked of the looks


def test_jpg_is_jpeg(index: Index, tmp_path: Path) -> None:
    for name in ("jpg", "jpeg"):
        write_gallery(index, tmp_path / name, HOSTILE_LAYERS[:1], [0, 1], tile=40, image_format=name)
    assert contents(tmp_path / "jpg") == contents(tmp_path / "jpeg")
    words = ["gallery", "shapes:4", "-m", "shapes", "--weights", "none", "-l", "conv1", "--maps", "0", "--tile", "40"]
    done = deconvviz(*words, "--image-format", "jpg", "-o", "out", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "out/index.html\n")
    assert json.loads((tmp_path / "out" / "gallery.json").read_text())["image_format"] == "jpeg"
    assert [path.name for path in (tmp_path / "out" / "sheets" / "conv1").iterdir()] == ["0000.jpg"]


def test_a_format_that_there_is_not(index: Index, tmp_path: Path) -> None:
    with pytest.raises(UnwritableOutput, match="'gif': sheets are written as webp, png, jpeg"):
        write_gallery(index, tmp_path / "out", image_format="gif")
    assert not (tmp_path / "out").exists()
    done = deconvviz("gallery", "index", "--image-format", "gif", "-o", "out", cwd=tmp_path)
    assert done.returncode == 2


# --- images that have changed ---------------------------------------------------------------------------


@pytest.mark.parametrize("together", [1, sheetmaking.MAPS_TOGETHER])
def test_a_changed_image_is_grey_and_comes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, together: int) -> None:
    """Also on sheets whose memory held others before."""
    monkeypatch.setattr(sheetmaking, "MAPS_TOGETHER", together)
    names = [f"kind/{n}.png" for n in range(5)]
    small_index(tmp_path, names)
    factory = "from browsing import small_network as make"
    (tmp_path / "net.py").write_text(
        f"import sys\nsys.path.insert(0, {os.fspath(Path(__file__).parents[1])!r})\n{factory}\n"
    )
    words = ["gallery", "index", "-m", "net.py:make", "--weights", "none", "--tile", "40", "-o"]
    assert deconvviz(*words, "whole", cwd=tmp_path).returncode == 0
    victim = tmp_path / "pictures" / "kind" / "2.png"
    right = victim.read_bytes()
    victim.write_bytes((tmp_path / "pictures" / "kind" / "3.png").read_bytes())
    done = deconvviz(*words, "out", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "out/index.html\n")
    assert "2.png" in done.stderr
    data = json.loads((tmp_path / "out" / "data" / "one.json").read_text())
    hidden = [(m["map"], n, e["image"]) for m in data["maps"] for n, e in enumerate(m["top"]) if e["shown"] is None]
    assert hidden
    assert {data["images"][str(image)]["file"] for _, _, image in hidden} == {"kind/2.png"}
    for channel, rank, _ in hidden:
        sheet = Image.open(tmp_path / "out" / "sheets" / "one" / f"{channel:04d}.webp").convert("RGB")
        left, top = rank % 2 * 42, rank // 2 * 42
        assert sheet.crop((left, top, left + 40, top + 40)).getcolors() == [(1600, (128, 128, 128))]
    victim.write_bytes(right)
    assert deconvviz(*words, "out", cwd=tmp_path).returncode == 0
    assert contents(tmp_path / "out") == contents(tmp_path / "whole")


def test_a_gallery_json_of_something_else_is_no_gallery(index: Index, tmp_path: Path) -> None:
    (tmp_path / "gallery.json").write_text('{"photos": []}')
    with pytest.raises(UnwritableOutput, match="other files"):
        write_gallery(index, tmp_path, tile=40)
    assert [path.name for path in tmp_path.iterdir()] == ["gallery.json"]


def test_another_selection_leaves_no_stale_pages(index: Index, tmp_path: Path) -> None:
    write_gallery(index, tmp_path, tile=40)
    write_gallery(index, tmp_path, HOSTILE_LAYERS[:1], tile=40)
    assert len(list((tmp_path / "layers").iterdir())) == 1
    assert len(list((tmp_path / "data").iterdir())) == 2
    with pytest.raises(UnknownUnit, match="no feature maps"):
        write_gallery(index, tmp_path, channels=[], tile=40)


def test_the_scan_of_something_else_beside_it_is_left_alone(tmp_path: Path) -> None:
    for name, count in (("one", 3), ("two", 4)):
        for number in range(count):
            (tmp_path / name).mkdir(exist_ok=True)
            shapes.image(number).save(tmp_path / name / f"{number}.png")
    out = tmp_path / "out"
    asked = ("--model", "shapes", "--layer", "conv1", "--maps", "0", "--top", "1", "-o", str(out))
    assert deconvviz("gallery", tmp_path / "one", *asked, cwd=tmp_path).returncode == 0
    before = contents(tmp_path / "out.index")
    refused = deconvviz("gallery", tmp_path / "two", *asked, "--force", cwd=tmp_path)
    assert refused.returncode == 1
    assert "out.index" in refused.stderr
    assert contents(tmp_path / "out.index") == before
    inside = deconvviz("gallery", tmp_path / "one", *asked[:-1], tmp_path / "one" / "site", cwd=tmp_path)
    assert inside.returncode == 1
    assert "whose images are scanned" in inside.stderr
    assert not (tmp_path / "one" / "site.index").exists()


def test_what_cannot_be_shown_is_refused_before_the_scan(tmp_path: Path) -> None:
    asked = ("gallery", "shapes:400", "--model", "shapes", "--layer", "conv1", "--maps", "3,32", "-o", "out")
    refused = deconvviz(*asked, cwd=tmp_path)
    assert refused.returncode == 1
    assert "no feature map 32 in conv1" in refused.stderr
    unselected = deconvviz("gallery", "shapes:400", "--model", "shapes", "--single-file", "-o", "a.html", cwd=tmp_path)
    assert unselected.returncode == 1
    assert "--layer" in unselected.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_layer_may_have_any_name(tmp_path: Path) -> None:
    index = small_index(tmp_path, ["kind/0.png", "kind/1.png"], "gallery", "classes")
    write_gallery(index, tmp_path / "site", tile=40)
    for path in (tmp_path / "site").rglob("*.html"):
        check_attributes(html5lib.parse(path.read_bytes(), namespaceHTMLElements=False), path)
    assert json.loads((tmp_path / "site" / "classes.json").read_text()) is not None
    assert len(list((tmp_path / "site" / "data").glob("*.js"))) == 2


def test_a_gallery_by_another_rule_says_so_everywhere(tmp_path: Path) -> None:
    index = small_index(tmp_path, ["a.png", "b.png", "c.png"])
    layer = next(iter(index))
    plain = write_gallery(index, tmp_path / "plain", [layer], [0, 1], tile=48).parent
    other = write_gallery(index.by("guided", "spread"), tmp_path / "other", [layer], [0, 1], tile=48).parent
    facts = json.loads((other / "gallery.json").read_text())
    assert (facts["rule"], facts["unpool"]) == ("guided", "spread")
    usual = json.loads((plain / "gallery.json").read_text())
    assert (facts["scan"], facts["gallery"] == usual["gallery"]) == (usual["scan"], False)
    file = facts["layers"][0]["file"]
    data = json.loads((other / "data" / f"{file}.json").read_text())
    assert (data["rule"], data["unpool"]) == ("guided", "spread")
    for page in ("index.html", f"layers/{file}.html", "image.html"):
        assert "By guided backpropagation, unpooling in equal shares." in (other / page).read_text()
        assert "By deconvnet, with switches." in (plain / page).read_text()
    sheets = [read_facts(folder / "sheets" / file / "0000.webp") for folder in (plain, other)]
    ways = [(sheet["rule"], sheet["unpool"]) for sheet in sheets if sheet]
    assert ways == [("deconvnet", "switches"), ("guided", "spread")]
    said = facts["layers"][0]
    told = commands(origin_of(index), facts, said)
    assert "--rule guided --unpool spread" in told["cli"]
    assert ".by(rule='guided', unpool='spread')" in told["python"]


def test_what_was_measured_stands_on_the_pages(tmp_path: Path) -> None:
    index = small_index(tmp_path, [f"{n}.png" for n in range(6)])
    layers = list(index)
    without = write_gallery(index, tmp_path / "one", layers, [0, 1], tile=48)
    assert "deconvviz trust" in without.read_text()
    assert json.loads((without.parent / "gallery.json").read_text())["trust"] is None
    found = studies.trust(index, maps=2, stages=1)
    studies.write_trust(index, found)
    page = write_gallery(index, tmp_path / "one", layers, [0, 1], tile=48)  # made again: only the pages are new
    text = page.read_text()
    assert "deconvviz trust" not in text
    facts = json.loads((page.parent / "gallery.json").read_text())
    for sentence in found.sentences.values():
        assert str(escape(sentence)) in text
    for layer in facts["layers"]:
        shown = (page.parent / "layers" / f"{layer['file']}.html").read_text()
        measured = facts["trust"]["layers"].get(layer["layer"])
        assert ("Measured of" in shown) == bool(measured)
        if measured:
            assert str(escape(measured["sentence"])) in shown
    guided = write_gallery(index.by("guided"), tmp_path / "two", layers, [0, 1], tile=48)
    assert "deconvviz trust" in guided.read_text()  # that was another way down
