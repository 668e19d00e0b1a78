"""A gallery says of which class a feature map is the score, and beside it which classes its images have."""

import json
from pathlib import Path

import pytest
from files import draw

import deconvviz
from deconvviz import shapes, write_gallery

pytestmark = pytest.mark.quick


def test_feature_maps_of_the_classifier_are_the_scores_of_classes(tmp_path: Path) -> None:
    for number in range(6):
        draw(tmp_path / "in" / f"{number}.png", number)
    index = deconvviz.scan(deconvviz.load_model("shapes"), tmp_path / "in", ["conv1", "classifier"], out=tmp_path / "i")
    dead = index.dead("classifier")
    shown = [dead[0], next(n for n in range(28) if n not in dead)]
    write_gallery(index, tmp_path / "out", channels=shown)
    data = json.loads((tmp_path / "out" / "data" / "classifier.json").read_text())
    assert [one["scores"] for one in data["maps"]] == [shapes.CLASSES[number] for number in sorted(shown)]
    page = (tmp_path / "out" / "layers" / "classifier.html").read_text()
    for number in shown:
        assert f"score of {shapes.CLASSES[number]}</span>" in page
    assert f"classifier map {dead[0]}, the score of {shapes.CLASSES[dead[0]]}, is dead" in page
    assert f'of classifier map {shown[1]}, the score of {shapes.CLASSES[shown[1]]}"' in page
    data = json.loads((tmp_path / "out" / "data" / "conv1.json").read_text())
    assert {one["scores"] for one in data["maps"]} == {None}
    assert "score of" not in (tmp_path / "out" / "layers" / "conv1.html").read_text()
