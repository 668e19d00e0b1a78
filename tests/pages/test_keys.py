"""What keys do."""

import pytest
from browsing import Opener, focused, press, shows


def test_keys_on_a_layers_page(visit: Opener) -> None:
    page = visit("small/layers/conv2.html").page
    across = page.evaluate(
        "(c => c.findIndex(x => x.offsetTop > c[0].offsetTop))([...document.querySelectorAll('.map')])"
    )
    assert across > 2
    press(page, "ArrowRight")
    assert focused(page) == "conv2:0"
    press(page, "ArrowRight", "ArrowDown")
    assert focused(page) == f"conv2:{1 + across}"
    press(page, "ArrowUp", "ArrowLeft", "ArrowLeft")
    assert focused(page) == "conv2:0"
    press(page, "ArrowRight", "s")
    assert page.locator("#u1.starred").count() == 1
    press(page, "Enter")
    shows(page, "conv2 : 1")
    assert page.locator("#unit-star[aria-pressed=true]").count() == 1
    press(page, "ArrowRight")
    shows(page, "conv2 : 2")
    press(page, "ArrowDown")
    shows(page, f"conv2 : {2 + across}")
    press(page, "ArrowUp", "ArrowLeft", "ArrowLeft", "ArrowLeft")
    shows(page, "conv2 : 0")
    press(page, "s")
    assert page.locator("#unit-star[aria-pressed=true]").count() == 1
    press(page, "ArrowRight", "ArrowRight", "?")
    assert page.locator("#help").is_visible()
    press(page, "ArrowRight")
    shows(page, "conv2 : 2")
    press(page, "Escape")
    assert not page.locator("#help").is_visible()
    shows(page, "conv2 : 2")
    press(page, "Escape")
    page.wait_for_function("!document.querySelector('#unit').open")
    assert focused(page) == "conv2:2"
    assert page.title().startswith("conv2 ·")
    press(page, "/")
    assert page.evaluate("document.activeElement.id") == "search"
    press(page, "Escape", "Escape")
    page.wait_for_url("**/index.html#layer-conv2")


def test_the_search_key_leaves_a_feature_maps_own_view(visit: Opener) -> None:
    page = visit("small/layers/conv2.html").page
    page.locator("#u3 a").click()
    page.wait_for_selector("#unit[open]")
    press(page, "ArrowRight", "/")
    page.wait_for_function("!document.querySelector('#unit').open")
    page.wait_for_function("document.activeElement.id === 'search'")
    page.keyboard.type("t1")
    assert page.locator("#search").input_value() == "t1"


def test_keys_between_layers(visit: Opener) -> None:
    page = visit("small/layers/conv1.html").page
    press(page, "[")
    assert page.url.endswith("conv1.html")
    for key, layer in (("]", "conv2"), ("]", "conv5"), ("[", "conv2")):
        press(page, key)
        page.wait_for_url(f"**/{layer}.html")
        page.wait_for_load_state()
    page.goto(page.url + "#u3")
    press(page, "]")
    page.wait_for_url("**/conv5.html")


def test_keys_on_the_index(visit: Opener) -> None:
    page = visit("small/index.html").page
    of = "document.activeElement.closest('.layer')?.id.replace('layer-', '') ?? null"
    reached = [page.evaluate(of)]
    for key in "]]]]":
        press(page, key)
        reached.append(page.evaluate(of))
    assert reached == [None, "conv1", "conv2", "conv5", "conv5"]
    press(page, "[")
    assert page.evaluate(of) == "conv2"
    press(page, "[", "[")
    assert page.evaluate(of) == "conv1"
    cards = page.eval_on_selector_all("#first .map, #layers .map", "cards => cards.map(c => c.dataset.unit)")
    assert len(cards) == 8 + 3 * 4  # first looks at conv5, the one layer in the middle of this network
    page.reload()
    press(page, "ArrowRight", "ArrowRight", "ArrowDown")
    assert focused(page) == cards[5]
    press(page, "ArrowDown", "ArrowUp", "ArrowUp", "ArrowLeft")
    assert focused(page) == cards[0]
    press(page, "s")
    assert page.eval_on_selector_all("#starred .map", "cards => cards.map(c => c.dataset.unit)") == [cards[0]]
    press(page, "/", "1", "Escape")
    assert page.locator("#search").input_value() == ""
    assert not page.locator("#found").is_visible()
    page.evaluate("document.activeElement.blur()")
    press(page, "ArrowRight")  # not to a card of the search, which is hidden now
    assert focused(page) == cards[0]
    press(page, "?")
    assert page.locator("#help").is_visible()


@pytest.mark.parametrize("where", ["small/index.html", "small/layers/conv1.html"])
def test_no_key_acts_while_typing(where: str, visit: Opener) -> None:
    page = visit(where).page
    press(page, "/")
    page.keyboard.type("t?s[/]")
    press(page, "ArrowLeft", "ArrowUp", "ArrowRight")
    assert page.locator("#search").input_value() == "t?s[/]"
    assert page.evaluate("document.activeElement.id") == "search"
    assert not page.locator("#help").is_visible()
    assert page.locator("input[value=both]").is_checked()
    assert page.url.split("?")[0].endswith(where)


def test_keys_can_be_switched_off(visit: Opener) -> None:
    page = visit("small/layers/conv1.html").page
    press(page, "?")
    assert page.evaluate("document.activeElement.textContent") == "Close"
    page.locator("#single-keys").uncheck()
    press(page, "Escape")
    page.reload()
    for key in ("?", "]", "t", "/", "s", "ArrowRight"):
        press(page, key)
    assert page.url.endswith("conv1.html")
    assert focused(page) is None
    assert page.locator("input[value=both]").is_checked()
    page.locator("#help-button").click()
    page.locator("#single-keys").check()
    page.get_by_role("button", name="Close").click()
    press(page, "]")
    page.wait_for_url("**/conv2.html")
