"""Searching for feature maps by number, by ranges, by the class that they like, and by the files that they show."""

import json
import shutil
from pathlib import Path
from typing import Any

from browsing import Opener, closed, data_of, numbers, press, shows, units

FILTERED = "() => document.querySelector('#count').textContent.includes(' of ')"


def found(page: Any) -> list[str]:
    return units(page, "#found .map")


def heading(page: Any) -> str:
    return str(page.locator("#found h2").inner_text())


def listed(place: Path, name: str) -> Any:
    """What the index of the gallery `small` knows for its search."""
    return json.loads((place / "small" / f"{name}.json").read_text())


# --- on the page of a layer ---------------------------------------------------------------------------------


def test_a_number_opens_its_feature_map(visit: Opener) -> None:
    page = visit("small/layers/conv5.html").page
    search = page.locator("#search")
    search.fill("12")
    assert len(numbers(page)) == 128  # it filters nothing
    search.press("Enter")
    shows(page, "conv5 : 12")
    press(page, "Escape")
    closed(page)
    assert search.input_value() == ""
    search.fill("999")
    search.press("Enter")
    assert page.locator("#count").inner_text() == "There is no 999 here"
    search.fill("conv2:7")
    search.press("Enter")
    page.wait_for_url("**/conv2.html#u7")
    shows(page, "conv2 : 7")


def test_ranges_filter_the_list(visit: Opener) -> None:
    watched = visit("small/layers/conv5.html")
    page = watched.page
    for asked, expected in [
        ("0-3,30", [0, 1, 2, 3, 30]),
        (" 5 - 7 , 6, 9 ", [5, 6, 7, 9]),
        ("126-500", [126, 127]),
        ("7-5", []),
        ("conv5:8,9", [8, 9]),
        ("conv2:8,9", []),
    ]:
        page.fill("#search", asked)
        assert numbers(page) == expected, asked
        assert page.locator("#none").is_visible() == (not expected)
    page.fill("#search", "0-3,30")
    press(page, "Enter")
    assert numbers(page) == [0, 1, 2, 3, 30]
    assert not page.locator("#unit").is_visible()
    page.select_option("#filter", "alive")
    page.locator("#maps .map:visible a").last.click()
    shows(page, "conv5 : 30")
    press(page, "ArrowLeft")
    shows(page, "conv5 : 3")
    assert len(watched.asked_for("/data/")) == 1  # of the map that was looked at


def test_files_are_found_once_they_are_known(visit: Opener, place: Path) -> None:
    data = data_of(place, "conv5")
    file = data["images"][str(data["maps"][0]["top"][0]["image"])]["file"]
    watched = visit("small/layers/conv5.html")
    page = watched.page
    assert not watched.asked_for("/data/")
    page.fill("#search", file.upper())
    page.wait_for_function(FILTERED)
    showing = [
        m["map"] for m in data["maps"] if file in [data["images"][str(entry["image"])]["file"] for entry in m["top"]]
    ]
    page.wait_for_function(
        "shown => document.querySelector('#count').textContent.startsWith(shown)", arg=f"{len(showing)} "
    )
    assert numbers(page) == showing
    assert 0 < len(showing) < 64
    page.fill("#search", "no such file")
    assert page.locator("#none").is_visible()
    page.fill("#search", "")
    assert len(numbers(page)) == 128
    assert len(watched.asked_for("/data/conv5.js")) == 1


def test_classes_that_maps_like_are_found_even_if_files_are_not_known(
    visit: Opener, place: Path, tmp_path: Path
) -> None:
    maps = data_of(place, "a-b-c", "hostile")["maps"]
    liking = [m["map"] for m in maps if (m["label"] or "").startswith("__proto__, ")]
    commonest = [m["map"] for m in maps if m["class"] == "__proto__"]
    assert 0 < len(liking) < len(commonest)  # of some it is the commonest class, but not enough to be said
    shutil.copytree(place / "hostile", tmp_path / "hostile", ignore=shutil.ignore_patterns("data", "images"))
    watched = visit("layers/a-b-c.html", (tmp_path / "hostile").as_uri())
    page = watched.page
    page.fill("#search", "__PROTO")
    page.wait_for_function(FILTERED)
    assert numbers(page) == liking
    assert all("data/" in said or "ERR_FILE_NOT_FOUND" in said for said in watched.problems)
    watched.problems.clear()


def test_a_single_file_is_searched_list_by_list(visit: Opener, place: Path) -> None:
    page = visit("two.html").page
    shown = "#maps .map:not([hidden])"
    page.fill("#search", "3-4,11")
    assert units(page, shown) == [f"{layer}:{n}" for layer in ("conv1", "conv5") for n in (3, 4, 11)]
    page.fill("#search", "conv5:3-4")
    assert units(page, shown) == ["conv5:3", "conv5:4"]
    data = data_of(place, "conv1")
    file = data["images"][str(data["maps"][0]["top"][0]["image"])]["file"]
    page.fill("#search", file)
    assert "conv1:0" in units(page, shown)
    assert len(units(page, shown)) < 24


# --- on the index -------------------------------------------------------------------------------------------


def test_numbers_and_ranges_on_the_index(visit: Opener) -> None:
    watched = visit("small/index.html")
    page, search = watched.page, watched.page.locator("#search")
    search.fill("conv2:999")
    assert heading(page) == "There is no conv2:999 in this gallery"
    assert not page.locator("#first").is_visible()
    search.press("Enter")
    assert "/index.html?q=" in page.url  # it is found again, and nothing was opened
    assert not watched.asked_for("classes.js")
    search.fill("12")
    assert found(page) == ["conv1:12", "conv2:12", "conv5:12"]
    search.fill("100")
    assert found(page) == ["conv5:100"]
    search.fill("30-33,62")
    assert found(page) == [
        *("conv1:30", "conv1:31"),
        *(f"conv2:{n}" for n in (30, 31, 32, 33, 62)),
        *(f"conv5:{n}" for n in (30, 31, 32, 33, 62)),
    ]
    assert heading(page) == "Maps 30-33,62"
    search.fill("conv5:0-15,30")
    assert found(page) == [f"conv5:{n}" for n in (*range(16), 30)]
    search.fill("0-500")
    assert len(found(page)) == 48
    assert heading(page) == f"Maps 0-500: the first 48 of {32 + 64 + 128}"
    search.fill("")
    assert page.locator("#first").is_visible()
    assert not page.locator("#found").is_visible()
    search.fill("conv2:7-9")
    search.press("Enter")
    page.wait_for_url("**/conv2.html#u7")
    shows(page, "conv2 : 7")


def test_files_on_the_index(visit: Opener, place: Path) -> None:
    images, layers = listed(place, "images"), ["conv1", "conv2", "conv5"]
    number, file, _, maps = next(image for image in images if image[3])
    expected = [f"{layers[at]}:{channel}" for at, channel in maps]
    data = {layer: data_of(place, layer)["maps"] for layer in layers}
    for layer in layers:
        shows_it = [m["map"] for m in data[layer] if number in [entry["image"] for entry in m["top"]]]
        assert [channel for at, channel in maps if layers[at] == layer] == shows_it
    watched = visit("small/index.html")
    page = watched.page
    page.fill("#search", file.upper())
    page.wait_for_selector("#found .map")
    assert found(page) == expected[:48]
    assert set(page.locator("#found .map .class").all_text_contents()) == {file}
    assert heading(page).startswith(f"Feature maps that show files named like “{file.upper()}”")
    assert [len(watched.asked_for(name)) for name in ("/classes.js", "/images.js", "/data/")] == [1, 1, 0]
    page.fill("#search", "nobody")
    assert heading(page) == "No feature map likes “nobody”, and no file that they show is named so"
    press(page, "Enter")
    assert "/index.html?q=" in page.url  # it is found again, and nothing was opened
    page.fill("#search", file)
    press(page, "Enter")
    layer, _, channel = expected[0].partition(":")
    page.wait_for_url(f"**/{layer}.html#u{channel}")
    shows(page, f"{layer} : {channel}")


def test_a_map_that_shows_several_such_files_is_found_once(visit: Opener, place: Path) -> None:
    page = visit("small/index.html").page
    files = {file for _, file, _, maps in listed(place, "images") if maps}
    text = next(file for file in sorted(files) if sum(file.split()[0] in other for other in files) > 1).split()[0]
    page.fill("#search", text)
    page.wait_for_selector("#found .map")
    shown = found(page)
    assert len(set(shown)) == len(shown)
    assert any(note.count(text) > 1 for note in page.locator("#found .map .class").all_text_contents())


def test_what_is_searched_for_stands_in_the_address(visit: Opener) -> None:
    page = visit("small/index.html").page
    page.fill("#search", "conv2:7-9")
    page.reload()
    assert found(page) == ["conv2:7", "conv2:8", "conv2:9"]
    page.fill("#search", "")
    assert "q=" not in page.url


def test_classes_on_the_index(visit: Opener, place: Path) -> None:
    """Those that like one most come first, and then those that show files of such a name."""
    classes = json.loads((place / "hostile" / "classes.json").read_text())
    files = json.loads((place / "hostile" / "gallery.json").read_text())["layers"]
    (liked,) = [maps for name, _, maps in classes if name == "__proto__"]
    assert [same for _, _, same, _ in liked] == sorted((same for _, _, same, _ in liked), reverse=True)
    page = visit("hostile/index.html").page
    page.fill("#search", "__PROTO")
    page.wait_for_selector("#found .map")
    assert found(page)[: len(liked)] == [f"{files[at]['layer']}:{channel}" for at, channel, _, _ in liked]
    notes = page.locator("#found .map .class").all_text_contents()
    assert notes[: len(liked)] == [f"__proto__, {same} of {images}" for _, _, same, images in liked]
    assert all(note.startswith("__proto__/") for note in notes[len(liked) :])
    assert heading(page).startswith("Feature maps that like __proto__, and that show files named like “__PROTO”")


def test_without_patches_no_file_is_found(visit: Opener) -> None:
    page = visit("bare/index.html").page
    assert "file" not in (page.locator("#search").get_attribute("placeholder") or "")
    page.fill("#search", "car")
    page.wait_for_selector("#found h2")
    assert found(page) == []


def test_what_the_field_says_can_be_asked_for(visit: Opener) -> None:
    page = visit("small/index.html").page
    index = page.url
    for where in ("index.html", "layers/conv1.html", "image.html?n=7"):
        page.goto(index.replace("index.html", where))
        assert page.locator("#search").get_attribute("placeholder") == "12, 0-15, layer:12, a file, a class"
