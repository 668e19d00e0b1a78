"""The demo: pictures and a page from the embedded network alone."""

import re
from pathlib import Path

import pytest
from PIL import Image

from deconvviz import demo
from deconvviz.units import Unit


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    patch = pytest.MonkeyPatch()
    patch.setattr(demo, "PICTURES", 60)
    patch.setattr(demo, "MAPS", 4)
    try:
        return list(demo.make_demo(tmp_path_factory.mktemp("demo")))
    finally:
        patch.undo()


def test_one_picture_for_each_convolution_and_a_page(made: list[Path]) -> None:
    assert [path.name for path in made] == [
        "conv1.png",
        "conv2.png",
        "conv3.png",
        "conv4.png",
        "conv5.png",
        "index.html",
    ]
    assert sorted(path.name for path in made[0].parent.iterdir()) == sorted(path.name for path in made)


def test_the_page_shows_each_picture_at_its_size(made: list[Path]) -> None:
    page = made[-1].read_text()
    for path in made[:-1]:
        width, height = Image.open(path).size
        assert re.search(rf'<img src="{path.name}" width="{width}" height="{height}" alt="Top nine patches[^"]+"', page)
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_pictures_are_not_grey(made: list[Path]) -> None:
    for path in made[:-1]:
        colours = Image.open(path).convert("RGB").quantize(64).getcolors()
        assert colours is not None
        assert len(colours) > 32


def test_dead_maps_are_not_chosen() -> None:
    dead = [Unit("x", 0, activation=1.0), Unit("x", 0, activation=0.0)]
    steady = [Unit("x", 1, activation=1.0), Unit("x", 1, activation=0.9)]
    lonely = [Unit("x", 2, activation=9.0), Unit("x", 2, activation=0.9)]
    assert demo.choose_maps([dead, steady, lonely], 1) == [steady]
    assert demo.choose_maps([dead, steady, lonely], 5) == [steady, lonely]
