"""Galleries that the tests in a browser look at, and the browser."""

import importlib
import threading
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest
from browsing import (
    HOSTILE_CLASS,
    HOSTILE_FILE,
    HOSTILE_LAYERS,
    Opener,
    Watched,
    chromium,
    draw,
    small_index,
    uneven_network,
)

from deconvviz import load_model, scan, write_gallery
from deconvviz.pages import Place, Selection, Style, Told, serving
from deconvviz.pages.single import write_single_page


@pytest.fixture(scope="session")
def chrome() -> str:
    """Where Chromium is; without it, or without playwright, the tests in a browser are skipped."""
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed (pip install '.[test]')")
    found = chromium()
    if found is None:
        pytest.skip("no Chromium is installed (apt-get install chromium)")
    return found


@pytest.fixture(scope="session")
def place(chrome: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Galleries: `small` of the embedded network, `bare` of it without patches, `one.html` and `two.html` of it.

    And `hostile`, `veiled`, which is of the same in grey and opens with the overlay, and `uneven`.
    """
    folder = tmp_path_factory.mktemp("galleries")
    name, layers = ("shapes", "DEFAULT"), ["conv1", "conv2", "conv5"]
    index = scan(load_model(*name), "shapes:40", layers, k=4, out=folder / "small.index", load=name)
    assert index is not None
    write_gallery(index, folder / "small", tile=48)
    write_gallery(index, folder / "bare", ["conv1", "conv5"], range(6), patches=False, tile=48)
    for name, layers in (("one.html", ["conv5"]), ("two.html", ["conv1", "conv5"])):
        write_single_page(index, Selection(layers, range(12)), Style(tile=48), Place(folder / name), Told())
    files = [f"{HOSTILE_CLASS if n < 6 else '__proto__'}/{n or ''}{HOSTILE_FILE}" for n in range(12)]
    odd = small_index(folder / "odd", files, *HOSTILE_LAYERS)
    write_gallery(odd, folder / "hostile", tile=48)
    write_gallery(odd, folder / "veiled", HOSTILE_LAYERS[:1], range(4), tile=48, tone="grey", view="overlay")
    index = scan(
        uneven_network(),
        draw(folder / "drawn", ["a.png", "b.png", "c.png"]),
        ["tall", "wide", "scores"],
        k=3,
        out=folder / "uneven.index",
    )
    assert index is not None
    write_gallery(index, folder / "uneven", tile=16)
    return folder


@pytest.fixture(scope="module")
def served(place: Path) -> Iterator[str]:
    with serving.server(place / "small", 0) as running:
        thread = threading.Thread(target=running.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{running.server_address[1]}"
        running.shutdown()


STARTED: list[Any] = []
ENDING = ExitStack()


@pytest.fixture
def browser(chrome: str) -> Any:
    """One for all tests here: it takes longer to start than most of them."""
    if not STARTED:
        driver = importlib.import_module("playwright.sync_api")
        playwright = ENDING.enter_context(driver.sync_playwright())
        started = playwright.chromium.launch(executable_path=chrome, args=["--no-sandbox", "--disable-gpu"])
        STARTED.append(ENDING.enter_context(closing(started)))
    return STARTED[0]


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """End it before tests elsewhere: while it runs, no other event loop can."""
    if nextitem is None or nextitem.path.parent != Path(__file__).parent:
        STARTED.clear()
        ENDING.close()


@pytest.fixture
def visit(browser: Any, place: Path) -> Iterator[Opener]:
    """Open a page of a gallery in a fresh profile; at the end, nothing may have gone wrong on any."""
    contexts: list[Any] = []
    watched: list[Watched] = []

    def go(path: str, base: str | None = None, width: int = 1280, height: int = 800, **how: Any) -> Watched:
        context = browser.new_context(viewport={"width": width, "height": height}, **how)
        context.set_default_timeout(5000)
        contexts.append(context)
        page = Watched(context.new_page(), (base or place.as_uri(),))
        watched.append(page)
        page.page.goto(f"{base or place.as_uri()}/{path}")
        return page

    yield go
    for context in contexts:
        context.close()
    assert [problem for page in watched for problem in page.problems] == []
