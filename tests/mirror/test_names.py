"""Which layers one asks for: by names, aliases, globs, or `all`."""

import pytest
from networks import layers_of

from deconvviz.errors import UnknownLayer
from deconvviz.mirror.names import matching

pytestmark = pytest.mark.quick


def test_names_are_kept_as_they_are_asked_for() -> None:
    layers = layers_of("vgg11")
    assert layers.matching("conv2_1") == ["conv2_1"]
    assert layers.matching(["features.4", "features.3", "conv2_1", "features.3"]) == [
        "features.4",
        "features.3",
        "conv2_1",
    ]


def test_a_glob_gives_each_layer_once_from_shallow_to_deep() -> None:
    layers = layers_of("vgg11")
    assert layers.matching("conv3_*") == ["conv3_1", "conv3_2"]
    assert layers.matching("features.1?")[:2] == ["features.10", "features.11"]
    assert layers.matching("features.?") == [f"features.{n}" for n in (0, 2, 3, 5, 6, 8)]  # read after a ReLU: once
    assert layers.matching(["features.6", "conv*_1"]) == ["features.6", *(f"conv{n}_1" for n in (1, 2, 4, 5))]
    every = layers.matching("all")
    assert [layers[name].read_at for name in every] == list(dict.fromkeys(row.read_at for row in layers.values()))
    assert every == layers.matching("*")


def test_modules_are_matched_too() -> None:
    assert layers_of("resnet18").matching("layer3.?") == ["layer3.0", "layer3.1"]


@pytest.mark.parametrize("wrong", ["conv9_9", "conv9_*", "conv9_[12]"])
def test_what_there_is_not_is_answered_with_the_nearest(wrong: str) -> None:
    layers, says = layers_of("vgg11"), "matches " if "_9" not in wrong else ""
    with pytest.raises(UnknownLayer) as raised:
        layers.matching(["conv2_1", wrong])
    assert str(raised.value).startswith(f"no layer {says}{wrong!r} in this network; nearest: conv")


def test_a_name_goes_before_globs() -> None:
    names = {"a[0]": "1", "a0": "2", "all": "3", "b*": "4", "bc": "5"}
    assert matching("a[0]", names, UnknownLayer) == ["a[0]"]
    assert matching("all", names, UnknownLayer) == ["all"]
    assert matching("b*", names, UnknownLayer) == ["b*"]
    assert matching("?*", names, UnknownLayer) == list(names)


def test_a_table_says_how_many_layers_it_has_and_which_is_first_and_last() -> None:
    layers = layers_of("vgg11")
    said = f"Layers({len(layers)} for an input of 3×64×64: features.0 … classifier.6)"
    assert (repr(layers), next(iter(layers)), list(layers)[-1]) == (said, "features.0", "classifier.6")
