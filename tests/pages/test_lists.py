"""The list of a layer: sorted and filtered."""

from pathlib import Path

from browsing import Opener, data_of, numbers, press, shows

SORTS = {"number": "map", "peak": "peak", "mean": "mean_of_top", "density": "positive", "class": "concentration"}


def test_each_sort_both_ways(visit: Opener, place: Path) -> None:
    maps = data_of(place, "conv5")["maps"]
    page = visit("small/layers/conv5.html").page
    for sort, key in SORTS.items():
        for flipped in (False, True):
            page.select_option("#sort", sort)
            page.locator("#reverse").set_checked(flipped)
            value = {m["map"]: float(f"{-1 if m[key] is None else m[key]:.4g}") for m in maps}
            order = numbers(page)
            assert sorted(order) == [m["map"] for m in maps]
            along = [value[n] for n in order]
            falls = (sort == "number") == flipped
            assert along == sorted(along, reverse=falls), (sort, flipped)


def test_previous_and_next_follow_what_is_shown(visit: Opener, place: Path) -> None:
    page = visit("small/layers/conv5.html").page
    page.select_option("#sort", "peak")
    page.select_option("#filter", "alive")
    order = numbers(page)
    assert order != sorted(order)
    page.locator("#maps .map a").first.click()
    shows(page, f"conv5 : {order[0]}")
    assert page.locator("#unit-before").is_disabled()
    for number in order[1:4]:
        page.locator("#unit-after").click()
        shows(page, f"conv5 : {number}")
        assert page.url.endswith(f"#u{number}")
    press(page, "ArrowLeft")
    shows(page, f"conv5 : {order[2]}")
    page.go_back()
    page.wait_for_function("!document.querySelector('#unit').open")
    assert numbers(page) == order


def test_each_filter(visit: Opener, place: Path) -> None:
    maps = data_of(place, "conv5")["maps"]
    dead = [m["map"] for m in maps if m["dead"]]
    assert dead
    page = visit("small/layers/conv5.html").page
    assert page.locator("#count").inner_text() == "128 maps"
    page.select_option("#filter", "dead")
    assert numbers(page) == dead
    assert page.locator("#count").inner_text() == f"{len(dead)} of 128 maps"
    page.select_option("#filter", "alive")
    assert numbers(page) == [m["map"] for m in maps if not m["dead"]]
    page.select_option("#filter", "starred")
    assert numbers(page) == []
    assert page.locator("#none").is_visible()
    page.locator("#show-all").click()
    assert len(numbers(page)) == 128
    press(page, "ArrowRight", "ArrowRight", "s", "ArrowRight", "s")
    page.select_option("#filter", "starred")
    assert numbers(page) == [1, 2]
    page.locator("#u2 a").click()
    shows(page, "conv5 : 2")
    press(page, "s", "ArrowLeft")  # it is not shown any more, but its neighbours are found
    shows(page, "conv5 : 1")
    press(page, "Escape")
    page.wait_for_function("!document.querySelector('#unit').open")
    assert numbers(page) == [1]
