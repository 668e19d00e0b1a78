"""The sketch: which feature maps are alike, exactly while all images are in it, and nearly when some are drawn."""

from pathlib import Path

import numpy as np
import pytest
import torch
from files import draw
from scans import run, tiny, whole

from deconvviz.scanning.sketch import DRAWN, Sketch, Sketching, drawn

pytestmark = pytest.mark.quick


def activations(images: int, maps: int = 6) -> np.ndarray:
    """Some that go together: of each pair of maps the second is the first with noise, more and more of it."""
    dice = np.random.default_rng(5)
    values = dice.gamma(2.0, 3.0, (images, maps)).astype(np.float32)
    for place in range(1, maps, 2):
        values[:, place] = values[:, place - 1] + place * dice.random(images)
    return values


def sketch_of(values: np.ndarray, batch: int = 16) -> Sketch:
    sketching = Sketching(values.shape[1], len(values))
    for start in range(0, len(values), batch):
        sketching.add(values[start : start + batch], range(start, min(start + batch, len(values))))
    return sketching.sketch()


def test_of_few_images_correlations_are_those_of_all() -> None:
    values = activations(200)
    expected = np.corrcoef(values.T.astype(float))
    for row in range(6):
        found = sketch_of(values).correlations(range(6))[row]
        assert np.abs(found - expected[row]).max() < 5e-3  # bfloat16 has eight bits


def test_of_many_images_some_are_drawn_and_tell_it_well_enough() -> None:
    values = activations(3000)
    sketch, expected = sketch_of(values), np.corrcoef(values.T.astype(float))
    assert len(sketch.numbers) == len(drawn(3000)) == DRAWN
    for row in range(6):
        error = np.abs(sketch.correlations(range(6))[row] - expected[row])
        assert (error < 5 * (1 - expected[row] ** 2) / DRAWN**0.5 + 5e-3).all()


def test_below_zero_a_map_does_not_fire_and_a_constant_is_like_none() -> None:
    values = activations(50, 4)
    values[:, 2], values[:, 3] = -values[:, 0], 7.0
    values[:, 1] = np.where(values[:, 0] > 6, values[:, 0], -values[:, 0])
    found = sketch_of(values).correlations(range(4))[0, 1:]
    assert found[0] == pytest.approx(np.corrcoef(values[:, 0], np.maximum(values[:, 1], 0))[0, 1], abs=5e-3)
    assert found[1:].tolist() == [0, 0]


def test_parts_are_put_together_in_any_order_and_what_comes_twice_counts_once() -> None:
    values = activations(90)
    sketch = sketch_of(values)
    parts = [Sketch.of(range(n, n + 30), values[n : n + 30]) for n in (60, 0, 30)]
    for joined in (parts[0] + parts[1] + parts[2], parts[2] + (parts[0] + parts[1]) + parts[0]):
        assert np.array_equal(joined.numbers, sketch.numbers)
        assert np.array_equal(joined.bits, sketch.bits)


def test_values_are_rounded_to_the_nearest_bfloat16() -> None:
    values = activations(20)
    expected = torch.from_numpy(values).bfloat16().float().numpy()
    found = Sketch.of(range(20), values).values(range(6))
    assert np.abs(found - expected).max() <= np.abs(expected).max() * 2.0**-8
    assert (np.abs(found - values) <= np.abs(values) * 2.0**-8).all()


def test_an_index_knows_maps_alike(tmp_path: Path) -> None:
    for number in range(12):
        draw(tmp_path / "in" / f"{number}.png", number)
    model = tiny()
    with torch.no_grad():  # map 3 is twice map 1, and map 4 never fires
        first = model.net[0]
        first.weight[3], first.bias[3] = first.weight[1], first.bias[1]
        for name in ("weight", "bias", "running_mean", "running_var"):
            getattr(model.net[1], name)[3] = getattr(model.net[1], name)[1]
        model.net[1].weight[3] *= 2
        model.net[1].bias[3] *= 2
        model.net[1].weight[4], model.net[1].bias[4] = 0, -1
    index = whole(run(tmp_path / "in", tmp_path / "out", model))
    assert index.dead("0") == [4]
    (nearest, correlation), *others = index.alike("0", 1, 4)
    assert (nearest, correlation) == (3, pytest.approx(1, abs=1e-4))
    assert index.alike("0", 3, 1) == [(1, pytest.approx(1, abs=1e-4))]
    assert len(others) == 3
    assert 4 not in {channel for channel, _ in others}
    assert [r for _, r in others] == sorted((r for _, r in others), reverse=True)
    assert index.alike("0", 4) == []
    assert index.alike("0", 1, 0) == []
