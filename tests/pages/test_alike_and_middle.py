"""What a feature map's own view shows beside its strongest images: maps like it, and images from the middle."""

import json
from pathlib import Path
from typing import Any

import pytest
from browsing import Opener, closed, data_of, difference, focused, picture, press, shows
from PIL import Image

from deconvviz import load_model, open_index, scan, write_gallery
from deconvviz.pages import Place, Selection, Style, Told
from deconvviz.pages.single import write_single_page

# --- maps alike ---------------------------------------------------------------------------------------------


def test_a_gallery_knows_the_five_maps_most_alike_as_the_index_does(place: Path) -> None:
    index = open_index(place / "small.index")
    for layer in ("conv1", "conv5"):
        for facts in data_of(place, layer)["maps"]:
            like = [(n, r) for n, r in index.alike(layer, facts["map"], 200) if r > 0][:5]
            assert facts["alike"] == [[n, pytest.approx(r, abs=0.006)] for n, r in like]
    few = [n for m in data_of(place, "conv5", "bare")["maps"] for n, _ in m["alike"]]
    assert few
    assert set(few) <= set(range(6))  # of those that the gallery shows


def said_alike(page: Any) -> list[tuple[int, float]]:
    """The maps that a view says are alike, and how much."""
    cards = page.locator(".alike .map")
    numbers, values = cards.locator("b").all_text_contents(), cards.locator(".value").all_text_contents()
    return [(int(n), float(r.removeprefix("r "))) for n, r in zip(numbers, values, strict=True)]


def test_maps_alike_lead_to_each_other(visit: Opener, place: Path) -> None:
    facts = data_of(place, "conv5")["maps"]
    page = visit("small/layers/conv5.html").page
    page.locator("#u0 a").click()
    page.wait_for_selector(".alike .map")
    assert said_alike(page) == [(n, r) for n, r in facts[0]["alike"]]
    first = facts[0]["alike"][0][0]
    picture_of = page.locator(".alike img").first
    assert (picture_of.get_attribute("src") or "").endswith(f"/sheets/conv5/{first:04d}.webp")
    page.locator(".alike .map a").first.click()
    shows(page, f"conv5 : {first}")
    assert page.url.endswith(f"#u{first}")
    assert said_alike(page) == [(n, r) for n, r in facts[first]["alike"]]
    press(page, "Escape")
    closed(page)
    assert focused(page) == f"conv5:{first}"
    dead = next(m["map"] for m in facts if m["dead"])
    page.locator(f"#u{dead} a").click()
    shows(page, f"conv5 : {dead}")
    page.wait_for_function("document.querySelector('.standing').textContent.startsWith('Dead')")
    assert not page.locator(".alike").is_visible()


@pytest.mark.parametrize("view", ["both", "patches", "overlay"])
def test_maps_alike_are_looked_at_as_all_others(view: str, visit: Opener, place: Path) -> None:
    page = visit(f"small/layers/conv5.html?view={view}#u0").page
    page.wait_for_selector(".alike .map")
    shape = "image => image.offsetWidth / image.offsetHeight"
    alike, listed = (page.eval_on_selector(f"{where} .sheet > img", shape) for where in (".alike", "#u1"))
    assert alike == pytest.approx(listed, rel=0.02)
    geometry = data_of(place, "conv5")["sheet"]
    width = geometry["width"] if view == "both" else geometry["block"]
    assert alike == pytest.approx(width / geometry["height"], rel=0.02)
    assert page.locator(".alike .over").count() == (5 if view == "overlay" else 0)


def test_in_a_single_file_maps_alike_are_of_their_layer(visit: Opener) -> None:
    page = visit("two.html#u3-1").page
    page.wait_for_selector(".alike .map")
    assert all(n < 12 for n, _ in said_alike(page))
    first = said_alike(page)[0][0]
    page.locator(".alike .map a").first.click()
    shows(page, f"conv5 : {first}")


# --- images from the middle ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def middles(chrome: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A gallery and a single file that show images which are not the strongest, too, and their index."""
    folder, name = tmp_path_factory.mktemp("middles"), ("shapes", "DEFAULT")
    index = scan(load_model(*name), "shapes:40", ["conv4"], k=4, out=folder / "index", load=name, also_quantiles=True)
    assert index is not None
    write_gallery(index, folder / "site", channels=range(6), tile=48)
    write_single_page(index, Selection(["conv4"], range(4)), Style(tile=48), Place(folder / "one.html"), Told())
    return folder


def with_middle(folder: Path) -> dict[str, Any]:
    """What the gallery knows of its first map that has such images, and of their layer."""
    data = json.loads((folder / "site" / "data" / "conv4.json").read_text())
    return {**data, **next(m for m in data["maps"] if "middle" in m)}


def test_a_gallery_knows_the_images_of_the_middle_as_the_index_does(middles: Path) -> None:
    index, data = open_index(middles / "index"), json.loads((middles / "site" / "data" / "conv4.json").read_text())
    for facts in data["maps"]:
        chosen = [entry for some in index.middle("conv4", facts["map"]).values() for entry in some]
        found = [(entry["image"], entry["activation"]) for entry in facts.get("middle", [])]
        assert found == [(entry.unit.image, entry.activation) for entry in chosen]
        assert all(entry["shown"] and 0 < entry["activation"] <= facts["peak"] for entry in facts.get("middle", []))
        assert (middles / "site" / "sheets" / "conv4" / f"{facts['map']:04d}-middle.webp").exists() == bool(found)
    assert any(facts.get("middle") for facts in data["maps"])


@pytest.mark.parametrize("where", ["site/layers/conv4.html", "one.html"])
def test_images_of_the_middle_stand_below_the_strongest(where: str, visit: Opener, middles: Path) -> None:
    data = with_middle(middles)
    watched = visit(f"{where}#u{data['map']}", middles.as_uri())
    page = watched.page
    page.wait_for_selector(".middle .nine li")
    items = page.locator(".middle .nine > li")
    assert items.count() == len(data["middle"]) == 9
    assert items.locator(".rank").all_text_contents() == ["90 %"] * 3 + ["75 %"] * 3 + ["50 %"] * 3
    sheet = Image.open(middles / "site" / "sheets" / "conv4" / f"{data['map']:04d}-middle.webp").convert("RGB")
    for rank, (entry, item) in enumerate(zip(data["middle"], items.all(), strict=True)):
        assert data["images"][str(entry["image"])]["file"] in item.inner_text()
        assert float(item.locator(".value").inner_text()) == pytest.approx(entry["activation"], rel=0.01)
        x, y = rank % 3 * 50, rank // 3 * 50
        tile = sheet.crop((x, y, x + 48, y + 48))
        assert difference(picture(item.locator(".projection")), tile) < 8
    if where == "one.html":
        assert {url.split("#")[0] for url in watched.requests} == {(middles / "one.html").as_uri()}


def test_they_are_enlarged_after_the_strongest(visit: Opener, middles: Path) -> None:
    data = with_middle(middles)
    page = visit(f"site/layers/conv4.html#u{data['map']}", middles.as_uri()).page
    page.wait_for_selector(".middle .nine li")
    page.locator(".nine").first.locator(".projection").last.click()
    press(page, "ArrowRight")
    file = data["images"][str(data["middle"][0]["image"])]["file"]
    assert page.locator("#large-title").inner_text() == f"Projection 90 % {file}"
    press(page, "Escape")
    assert page.evaluate("Boolean(document.activeElement.closest('.middle'))")


def test_every_image_that_is_shown_has_its_page(visit: Opener, middles: Path) -> None:
    """Also one that is none of the strongest of any map."""
    data = with_middle(middles)
    strongest = {entry["image"] for m in data["maps"] for entry in m["top"]}
    others = {entry["image"] for m in data["maps"] for entry in m.get("middle", [])} - strongest
    assert others
    page = visit(f"site/layers/conv4.html#u{data['map']}", middles.as_uri()).page
    page.wait_for_selector(".middle .nine li")
    links = page.eval_on_selector_all("#unit a[href*='image.html']", "links => links.map(a => a.href)")
    assert len(links) >= 13
    for link in set(links):
        number = int(link.rpartition("=")[2])
        assert (middles / "site" / "image" / f"{number:07d}.js").is_file(), number
        assert (middles / "site" / "images" / f"{number:07d}.webp").is_file(), number
    number = min(others)
    page.goto(f"{middles.as_uri()}/site/image.html?n={number}")
    page.wait_for_selector(".whole img")
    assert page.locator("h1").inner_text() == data["images"][str(number)]["file"]
    assert page.locator("#layers .layer").count() == 0


def test_a_gallery_of_other_indexes_shows_none(visit: Opener) -> None:
    page = visit("small/layers/conv5.html#u0").page
    page.wait_for_selector(".nine li")
    assert not page.locator(".middle").is_visible()
