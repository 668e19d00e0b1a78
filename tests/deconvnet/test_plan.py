"""Plans of forward passes, made from tables of sizes written by hand: there is no network in this file."""

import dataclasses
import random

import pytest

import deconvviz.deconvnet.plan as room
from deconvviz.deconvnet.ascent import Ascent, Stage
from deconvviz.deconvnet.plan import Crops, Plan, WholeImages, plan
from deconvviz.deconvnet.units import Unit
from deconvviz.errors import UnknownUnit
from deconvviz.mirror.window import POINTWISE, Field, Reach

pytestmark = pytest.mark.quick

SIDE = 48
STAGES = (  # two filters, a pool, a fork that is joined, and what sees everything
    Stage("first", ("input",), 8, (48, 48), (Reach(3, 1, 1), Reach(3, 1, 1)), 8 * 3 * 9),
    Stage("pool", ("first",), 8, (24, 24), (Reach(2, 2), Reach(2, 2))),
    Stage("narrow", ("pool",), 4, (24, 24), POINTWISE, 4 * 8),
    Stage("wide", ("pool",), 4, (24, 24), (Reach(5, 1, 2), Reach(3, 1, 1)), 4 * 8 * 15),
    Stage("joined", ("narrow", "wide"), 8, (24, 24), POINTWISE),
    Stage("strided", ("joined",), 16, (12, 11), (Reach(3, 2, 1), Reach(3, 2)), 16 * 8 * 9),
    Stage("classes", ("strided",), 10, None, None, 10 * 16 * 12 * 11),
)
FIELDS = {
    "first": (Field(1, -1, 3), Field(1, -1, 3)),
    "pool": (Field(2, -1, 4), Field(2, -1, 4)),
    "joined": (Field(2, -5, 12), Field(2, -3, 8)),
    "strided": (Field(4, -7, 16), Field(4, -3, 12)),
}


def way_to(name: str) -> Ascent:
    """The stages that a layer needs, of those above."""
    needed = {name}
    for stage in reversed(STAGES):
        needed |= set(stage.inputs) if stage.name in needed else set()
    return Ascent((SIDE, SIDE), tuple(stage for stage in STAGES if stage.name in needed), FIELDS.get(name))


WAYS = {stage.name: way_to(stage.name) for stage in STAGES}


def planned(units: list[Unit], ways: dict[str, Ascent] = WAYS) -> Plan:
    """The plan for all the units, of image 0 where none is said; each of them is in one pass, as it was given."""
    units = [unit if unit.image is not None else dataclasses.replace(unit, image=0) for unit in units]
    made = plan(ways, dict(enumerate(units)))
    served = [pair for forward in made.passes for pair in forward.units.items()]
    assert sorted(number for number, _ in served) == list(range(len(units)))
    assert all(units[number] is unit for number, unit in served)
    assert made.price == sum(forward.price for forward in made.passes)
    return made


def counted_whole(layers: list[str], images: int) -> int:
    """Multiply-adds for whole images, position by position."""
    count = 0
    for stage in STAGES:
        if any(stage in WAYS[layer].stages for layer in layers):
            rows, columns = stage.size or (1, 1)
            for _ in range(images * rows * columns):
                count += stage.work
    return count


def counted_cropped(unit: Unit) -> int:
    """Multiply-adds for one unit: every position that it depends on, found one by one."""
    sizes = {"input": (SIDE, SIDE)} | {stage.name: stage.size for stage in STAGES}
    needed = {unit.layer: {(unit.row, unit.column)}}
    count = 0
    for stage in reversed(WAYS[unit.layer].stages):
        for row, column in needed[stage.name]:
            count += stage.work
            for j in range(stage.reaches[0].kernel):
                for i in range(stage.reaches[1].kernel):
                    y = row * stage.reaches[0].stride - stage.reaches[0].padding + j
                    x = column * stage.reaches[1].stride - stage.reaches[1].padding + i
                    for name in stage.inputs:
                        if 0 <= y < sizes[name][0] and 0 <= x < sizes[name][1]:
                            needed.setdefault(name, set()).add((y, x))
    return count


def test_units_that_share_an_image_go_whole() -> None:
    units = [Unit("joined", n % 8, n, m) for n in range(0, 24, 2) for m in range(24)]
    assert sum(counted_cropped(unit) for unit in units) > counted_whole(["joined"], 1)
    (forward,) = planned(units).passes
    assert isinstance(forward, WholeImages)
    assert (forward.images, forward.layers) == ((0,), ("joined",))
    assert forward.price == counted_whole(["joined"], 1)


def test_few_units_of_a_large_image_go_in_crops() -> None:
    units = [Unit("strided", 3, 5, 5), Unit("strided", 15, 0, 10, image=1), Unit("strided", 3, 11, 0)]
    (forward,) = planned(units).passes
    assert isinstance(forward, Crops)
    assert forward.layer == "strided"
    assert forward.price == sum(counted_cropped(unit) for unit in units) < counted_whole(["strided"], 2)
    assert forward.windows["input"].size == (16, 12)  # the whole receptive field of the one in the middle
    assert forward.windows["strided"].size == (1, 1)


@pytest.mark.parametrize("seed", range(8))
def test_what_is_cheaper_is_taken_and_its_price_is_what_a_count_gives(seed: int) -> None:
    draw = random.Random(seed)
    units = []
    for layer in ("first", "pool", "joined", "strided"):
        top = WAYS[layer].top
        images = draw.choice([1, 3, 20])
        for _ in range(draw.choice([1, 5, 40])):
            place = draw.randrange(top.size[0]), draw.randrange(top.size[1])
            units.append(Unit(layer, draw.randrange(top.channels), *place, image=draw.randrange(images)))
    draw.shuffle(units)
    whole = []
    for layer in {unit.layer for unit in units}:
        some = [unit for unit in units if unit.layer == layer]
        if sum(map(counted_cropped, some)) >= counted_whole([layer], len({unit.image for unit in some})):
            whole.append(layer)
    for forward in planned(units).passes:
        if isinstance(forward, Crops):
            assert forward.layer not in whole
            assert forward.price == sum(counted_cropped(unit) for unit in forward.units.values())
        else:
            assert set(forward.layers) <= set(whole)
            assert forward.price == counted_whole(list(forward.layers), len(forward.images))


def test_a_unit_without_a_position_goes_whole_and_its_layer_with_it() -> None:
    units = [Unit("strided", 3, 5, 5, image=2), Unit("strided", 4, image=1), Unit("pool", 1, 2, 2, image=2)]
    whole, crops = planned(units).passes
    assert isinstance(whole, WholeImages)
    assert isinstance(crops, Crops)
    assert list(whole.units) == [0, 1]
    assert whole.images == (2, 1)
    assert crops.layer == "pool"


def test_what_needs_whole_maps_goes_whole() -> None:
    (forward,) = planned([Unit("classes", 9)]).passes
    assert isinstance(forward, WholeImages)
    assert forward.price == counted_whole(["classes"], 1)
    gated = dataclasses.replace(STAGES[1], reaches=None)
    ways = {"pool": Ascent((SIDE, SIDE), (STAGES[0], gated), FIELDS["pool"])}
    (forward,) = planned([Unit("pool", 0, 1, 1)], ways).passes
    assert isinstance(forward, WholeImages)


def test_layers_share_whole_images_and_have_crops_of_their_own() -> None:
    units = [Unit("joined", 0), Unit("classes", 1, image=1), Unit("narrow", 2), Unit("pool", 1, 3, 3, image=1)]
    whole, crops = planned(units).passes
    assert whole.layers == ("joined", "narrow", "classes")  # the units of one image together
    assert whole.images == (0, 1)
    assert whole.price == counted_whole(["classes"], 2)  # which all the others lie below
    assert crops.layer == "pool"


def test_a_layer_under_two_names_is_one_layer() -> None:
    ways = WAYS | {"alias": WAYS["strided"], "known as": WAYS["joined"]}
    units = [Unit("alias", 3, 5, 5), Unit("pool", 1, 2, 2), Unit("strided", 4, 6, 5, image=1), Unit("alias", 5, 0, 0)]
    one, other = planned(units, ways).passes
    assert isinstance(one, Crops)
    assert isinstance(other, Crops)
    assert (one.layer, sorted(one.units), sorted(other.units)) == ("alias", [0, 2, 3], [1])
    assert one.price == sum(counted_cropped(Unit("strided", 0, *at)) for at in ((5, 5), (6, 5), (0, 0)))
    shared = [Unit(("joined", "known as")[n % 2], n % 8, n, m) for n in range(0, 24, 2) for m in range(24)]
    (forward,) = planned(shared, ways).passes  # dear as crops, of one image
    assert isinstance(forward, WholeImages)
    assert forward.price == counted_whole(["joined"], 1)


def test_so_many_images_go_forward_together() -> None:
    sizes = [len(forward.images) for forward in planned([Unit("strided", 0, image=n) for n in range(40)] * 2).passes]
    assert sizes == [room.RECORDED_TOGETHER, room.RECORDED_TOGETHER, 40 - 2 * room.RECORDED_TOGETHER] == [16, 16, 8]


def test_so_many_crops_go_forward_together(monkeypatch: pytest.MonkeyPatch) -> None:
    units = [Unit("strided", 0, 3 + n % 5, 4 + n % 3, image=n) for n in range(150)]
    assert [len(forward.units) for forward in planned(units).passes] == [64, 64, 22]
    largest = 8 * 14 * 10  # values of the first filter's output that one unit needs
    monkeypatch.setattr(room, "FORWARD_BYTES", 4 * largest * 20 + 1)
    assert [len(forward.units) for forward in planned(units).passes] == [20] * 7 + [10]
    monkeypatch.setattr(room, "FORWARD_BYTES", 1)
    assert [len(forward.units) for forward in planned(units[:3]).passes] == [1, 1, 1]


def test_units_that_hang_over_the_same_borders_go_together() -> None:
    corners = [(0, 0), (11, 10), (0, 10), (5, 5)]
    units = [Unit("strided", 0, *corners[n % 4], image=n) for n in range(256)]
    passes = planned(units).passes
    assert [len({(u.row, u.column) for u in forward.units.values()}) for forward in passes] == [1, 1, 1, 1]
    assert {forward.windows["input"].size for forward in passes} == {(9, 9), (11, 11), (9, 11), (16, 12)}


@pytest.mark.parametrize(
    ("unit", "says"),
    [
        (Unit("strided", 16, 0, 0), "no feature map 16"),
        (Unit("strided", 0, 12, 0), "no row 12"),
        (Unit("strided", 0, 0, 11), "no column 11"),
        (Unit("strided", 0, 3, None), "no column None"),
        (Unit("strided", 16), "no feature map 16"),
        (Unit("classes", 10), "no feature map 10"),
        (Unit("classes", 1, 0, 0), "is a vector without positions"),
    ],
)
def test_units_that_are_not_there_are_refused(unit: Unit, says: str) -> None:
    with pytest.raises(UnknownUnit, match=says):
        planned([Unit("first", 0, 1, 1), unit])


def test_a_plan_is_a_value() -> None:
    units = [Unit("strided", 3, 5, 5), Unit("joined", 1, image=1)]
    assert planned(units) == planned(list(units)) != planned(units[:1])
    assert "Crops" in repr(planned(units))
    assert planned([]) == Plan(())
    assert planned([]).price == 0
