"""Images that are not the strongest: which are kept, that it does not matter how they come, and the quantiles."""

from pathlib import Path

import numpy as np
import pytest
from files import draw
from scans import result, run, whole

from deconvviz import merge
from deconvviz.scanning.manifest import read_manifest
from deconvviz.scanning.spread import KEPT, Spread, at_quantiles
from deconvviz.scanning.tally import BINS, Tally, bins

pytestmark = pytest.mark.quick

VALUES = np.random.default_rng(2).lognormal(0, 1.5, (400, 3)).astype(np.float32)
VALUES[:, 2] -= 1  # a third or so is not positive


def same(one: Spread, other: Spread) -> bool:
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in ("which", "values", "images"))


def test_of_each_bin_so_many_are_kept_and_only_what_fires() -> None:
    spread = Spread.of(VALUES, range(400))
    for channel in range(3):
        kept = spread.of_map(channel)
        assert all(VALUES[image, channel] == value > 0 for value, image in kept)
        assert [value for value, _ in kept] == sorted((value for value, _ in kept), reverse=True)
        there = np.bincount(bins(VALUES[:, channel]), minlength=BINS)[1:]
        held = np.bincount(bins(np.array([value for value, _ in kept], np.float32)), minlength=BINS)[1:]
        assert np.array_equal(held, np.minimum(there, KEPT))


def test_in_any_order_and_grouping_also_twice() -> None:
    whole = Spread.of(VALUES, range(400))
    parts = [Spread.of(VALUES[n : n + 50], range(n, n + 50)) for n in range(0, 400, 50)]
    for order in (parts, parts[::-1], [*parts[3:], *parts, parts[0]]):
        joined = Spread.empty()
        for part in order:
            joined = joined.merge(part)
        assert same(joined, whole)
    left, right = parts[0].merge(parts[5]), parts[1].merge(parts[2]).merge(parts[5])
    assert same(left.merge(right), parts[0].merge(parts[1]).merge(parts[2]).merge(parts[5]))


def test_no_image_is_likelier_than_another() -> None:
    numbers = Spread.of(np.ones((4000, 50), np.float32), range(4000)).images
    assert len(set(numbers.tolist())) == KEPT  # the same ones in every map: by their numbers alone
    many = np.concatenate([Spread.of(np.ones((100, 1), np.float32), range(n, n + 100)).images - n
                           for n in range(0, 40_000, 100)])  # fmt: skip
    assert abs(many.mean() - 49.5) < 3
    assert len(np.unique(many)) == 100


@pytest.mark.parametrize("channel", [0, 1, 2])
def test_quantiles_lie_where_they_should(channel: int) -> None:
    values = VALUES[:, channel]
    histogram = Tally.of(VALUES).histogram[channel]
    chosen = at_quantiles(Spread.of(VALUES, range(400)).of_map(channel), histogram, (0.9, 0.75, 0.5), 3)
    assert [len(some) for some in chosen] == [3, 3, 3]
    assert len({image for some in chosen for _, image in some}) == 9
    for quantile, some in zip((0.9, 0.75, 0.5), chosen, strict=True):
        exact = np.quantile(values[values > 0], quantile)
        for value, image in some:
            assert values[image] == value
            assert abs(np.log2(value / exact)) <= 0.75  # half an octave, and the way to the nearest


def test_a_map_that_fires_in_too_few_images_has_none() -> None:
    few = VALUES[:8, :1]
    assert at_quantiles(Spread.of(few, range(8)).of_map(0), Tally.of(few).histogram[0], (0.9, 0.75, 0.5), 3) == []


def test_a_scan_keeps_them_on_request_alone_and_merges_them_exactly(tmp_path: Path) -> None:
    for number in range(14):
        draw(tmp_path / "in" / f"{number}.png", number)
    plain = whole(run(tmp_path / "in", tmp_path / "plain"))
    assert plain.middle("0", 0) == {}
    index = whole(run(tmp_path / "in", tmp_path / "out", also_quantiles=True))
    assert "quantiles" not in plain.manifest._facts()
    assert read_manifest(tmp_path / "out").quantiles
    assert plain.manifest.differences(index.manifest) == ["quantiles: no there, True now"]
    for shard in range(3):
        run(tmp_path / "in", tmp_path / f"{shard}", also_quantiles=True, shard=(shard, 3))
    merge([tmp_path / "2", tmp_path / "0", tmp_path / "1"], tmp_path / "merged")
    assert result(tmp_path / "merged") == result(tmp_path / "out")
    found = index.middle("0", 0)
    assert list(found) == [0.9, 0.75, 0.5]
    medians = [np.median([entry.activation for entry in some]) for some in found.values()]
    assert medians == sorted(medians, reverse=True)
    units = [entry.unit for some in found.values() for entry in some]
    projections = list(index.stream(units, report=pytest.fail))
    assert len(projections) == 9
    assert all(p.activation == pytest.approx(p.unit.activation, rel=1e-4) for p in projections)
