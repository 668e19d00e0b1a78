"""How far projections can be trusted: measured on the network itself, reproducible, and it tells what is learned."""

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from browsing import small_index
from torch import Tensor, nn

import deconvviz
from deconvviz import DeconvNet, Preprocess, shapes
from deconvviz.deconvnet import carried
from deconvviz.errors import UnsuitableInput
from deconvviz.studies import Trust, read_trust, trust, write_trust
from deconvviz.studies.converging import convergence
from deconvviz.studies.learning import learned, structure
from deconvviz.studies.measures import agreement, specific
from deconvviz.studies.numbers import Number
from deconvviz.studies.random_weights import Randomised, groups_below
from deconvviz.studies.sampling import Sample, sample_of_images
from deconvviz.studies.verdicts import MEASURES, sentence

KEYS = ["specific", "learned", "structure", "agreement", "convergence"]


@pytest.fixture(scope="module")
def dv() -> DeconvNet:
    return DeconvNet(deconvviz.load_model("shapes"))


@pytest.fixture(scope="module")
def quick(dv: DeconvNet) -> Trust:
    return trust(dv, "shapes:64", quick=True)


def sample(dv: DeconvNet, layers: list[str], maps: int = 6, seed: int = 0) -> Sample:
    assert dv.preprocess is not None
    return sample_of_images(dv, [dv.preprocess(shapes.image(n)) for n in range(16)], layers, None, maps, seed)


def nothing() -> None:
    pass


# --- what is measured ---------------------------------------------------------------------------------------


def test_every_measure_has_numbers_for_every_layer(quick: Trust) -> None:
    assert quick.layers == ["conv2", "conv3", "conv4", "conv5"]
    assert set(quick.units.values()) == {8}
    assert quick.images == 16
    assert [measure.key for measure in MEASURES] == KEYS == list(quick.numbers)
    for measure in MEASURES:
        assert list(quick.numbers[measure.key]) == quick.layers
        for layer, found in quick.numbers[measure.key].items():
            for column in measure.columns:
                known = not (column.key == "below" and layer == "conv2")  # nothing measured lies below the first
                assert (column.key in found and math.isfinite(found[column.key])) == known, (layer, column)


def test_a_seed_makes_it_again(dv: DeconvNet, quick: Trust) -> None:
    again = trust(dv, "shapes:64", quick=True)
    assert again.as_dict() == quick.as_dict()
    other = trust(dv, "shapes:64", quick=True, seed=1, layers=["conv5"])
    assert other.numbers["specific"]["conv5"] != quick.numbers["specific"]["conv5"]


def test_the_network_is_left_as_found(dv: DeconvNet) -> None:
    before = {name: value.clone() for name, value in dv.net.state_dict().items()}
    modes = [module.training for module in dv.net.modules()]
    trust(dv, "shapes:8", layers=["conv3"], maps=2, stages=1)
    assert all(torch.equal(value, before[name]) for name, value in dv.net.state_dict().items())
    assert [module.training for module in dv.net.modules()] == modes
    assert not any(module._forward_hooks for module in dv.net.modules())


def test_differences_are_those_of_projections(dv: DeconvNet) -> None:
    """By hand, for one unit of two: there is one other unit, and it is always taken."""
    torch.manual_seed(3)
    net = nn.Sequential(nn.Conv2d(3, 4, 5), nn.ReLU(), nn.Conv2d(4, 2, 5), nn.ReLU()).eval()
    two = DeconvNet(net, Preprocess(24, (0.5,) * 3, (0.25,) * 3))
    images = [two.preprocess(shapes.image(n)) for n in range(3)]  # type: ignore[misc]
    found = sample_of_images(two, images, ["2"], None, 2, 0)
    expected = []
    for unit in found.units["2"]:
        other = f"2:{1 - unit.channel}@{unit.row},{unit.column}#{unit.image}"
        seeds = torch.eye(2)[[unit.channel, 1 - unit.channel]]
        p, q = (x.canvas().double().flatten() for x in two.project(found.images, [unit, other], seeds=seeds))
        expected.append(float((p / p.norm() - q / q.norm()).norm()))
    assert specific(found, 0, nothing)["2"]["other units"] == pytest.approx(np.mean(expected), abs=1e-5)


def test_a_network_whose_units_are_all_alike_is_found_out() -> None:
    """All filters of the second layer the same: pictures cannot depend on the unit, and signals converge."""
    torch.manual_seed(3)
    net = nn.Sequential(nn.Conv2d(3, 4, 5), nn.ReLU(), nn.Conv2d(4, 6, 5), nn.ReLU(), nn.Conv2d(6, 6, 1), nn.ReLU())
    net[2].weight.data[:] = net[2].weight.data[:1].abs()
    net[2].bias.data.fill_(1.0)
    net[4].weight.data.abs_()
    alike = DeconvNet(net.eval(), Preprocess(24, (0.5,) * 3, (0.25,) * 3))
    found = trust(alike, "shapes:8", layers=["2", "4"], maps=4, stages=1)
    assert found.numbers["specific"]["4"]["other units"] == pytest.approx(0, abs=1e-3)
    assert "hardly depend on which unit is asked" in found.sentences["specific"]
    assert found.numbers["agreement"]["4"]["share, own picture"] == pytest.approx(
        found.numbers["agreement"]["4"]["share, another unit's"], rel=1e-3
    )


def test_trained_and_randomised_networks_are_told_apart(dv: DeconvNet) -> None:
    """By what the network makes of shuffled pixels and of other units' pictures, and by how much learning adds."""
    trained = trust(dv, "shapes:64", layers=["conv5"], stages=1).numbers
    untrained = trust(deconvviz.load_model("shapes", weights="none"), "shapes:64", layers=["conv5"], stages=1).numbers
    for key in ("share, shuffled pixels", "share, another unit's"):
        assert trained["agreement"]["conv5"][key] < 0.4 * untrained["agreement"]["conv5"][key]
    assert trained["learned"]["conv5"]["structure"] < 0.7 * untrained["learned"]["conv5"]["structure"]


def test_switches_are_what_follows_the_image(dv: DeconvNet) -> None:
    found = structure(sample(dv, ["conv5"], 12), 0, nothing)["conv5"]
    assert found["edges, without"] < found["edges, with switches"]
    guided = structure(sample(dv.by("guided"), ["conv5"], 12), 0, nothing)["conv5"]
    assert guided["edges, with switches"] > found["edges, with switches"]  # masks know the image, too


def test_weights_taken_away_from_the_top_change_more_and_more(dv: DeconvNet) -> None:
    found = learned(sample(dv, ["conv5"], 6), 0, 4, nothing)["conv5"]
    assert {key for key in found if key.startswith("cascade")} == {
        f"cascade {n} {key}" for n in range(1, 5) for key in ("rank, whole field", "rank", "structure", "direction")
    }
    assert found["cascade 1 rank"] == found["alone 1 rank"]
    assert found["cascade 4 rank"] < found["cascade 1 rank"]
    assert found["rank"] == found["cascade 4 rank"]


def test_shares_and_ranks_are_the_networks_own_answers(dv: DeconvNet) -> None:
    some = sample(dv, ["conv5"], 3)
    found = agreement(some, 0, nothing)["conv5"]
    shares, ranks = [], []
    grey = some.images.mean((0, 2, 3)).view(3, 1, 1)
    for p in dv.project(some.images, some.units["conv5"]):
        top, left, bottom, right = p.box
        norm = (p.input[:, top:bottom, left:right] - grey).norm() / p.pixels.norm()
        fed = grey.expand(3, 112, 112) + norm * p.canvas()
        maps = dv.record(fed[None], ["conv5"]).maps["relu5"][0, :, p.unit.row, p.unit.column]
        value = maps[p.unit.channel]
        shares.append(float(value / p.activation))
        ranks.append((float((maps > value).sum()) + (float((maps == value).sum()) - 1) / 2) / 127)
    assert found["share, own picture"] == pytest.approx(np.mean(shares), rel=1e-3, abs=1e-4)
    assert found["rank, own picture"] == pytest.approx(np.mean(ranks), rel=1e-3)
    assert found["share, own picture"].error == pytest.approx(np.std(shares, ddof=1) / 3**0.5, rel=1e-2, abs=1e-4)


def test_signals_converge_to_what_a_matrix_of_rank_one_lets_through() -> None:
    torch.manual_seed(5)
    net = nn.Sequential(nn.Conv2d(3, 8, 3, padding=1), nn.ReLU(), nn.Conv2d(8, 8, 3, padding=1), nn.ReLU()).eval()
    some = DeconvNet(net, Preprocess(24, (0.5,) * 3, (0.25,) * 3))
    images = [some.preprocess(shapes.image(n)) for n in range(4)]  # type: ignore[misc]
    apart = convergence(sample_of_images(some, images, ["0", "2"], None, 4, 0), 0, nothing)["2"]
    net[0].weight.data[:] = net[0].weight.data[0].sum((1, 2), keepdim=True).abs() / 9  # every map paints one colour
    one = convergence(sample_of_images(some, images, ["0", "2"], None, 4, 0), 0, nothing)["2"]
    assert one["at pixels"] == pytest.approx(1, abs=1e-5)
    assert apart["at pixels"] < 0.99
    assert apart["at pixels"].count == 4  # images


@pytest.mark.quick
def test_signals_carried_part_of_the_way_go_on_to_the_same() -> None:
    torch.manual_seed(5)
    net = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(4, 5, 3), nn.ReLU()).double().eval()
    dv, x = DeconvNet(net), torch.randn(2, 1, 20, 20, dtype=torch.float64)
    recording = dv.record(x, ["3"])
    table, seeds = dv.layers_for((1, 20, 20)), torch.randn(3, 5, 7, 7, dtype=torch.float64)
    images = torch.tensor([0, 1, 1])
    whole = carried(table, recording, "4", seeds, images, "input")
    halfway = carried(table, recording, "4", seeds, images, "1")
    assert halfway.shape == (3, 4, 18, 18)
    assert torch.allclose(carried(table, recording, "1", halfway, images, "input"), whole, rtol=1e-12, atol=1e-12)
    (p,) = dv.project(recording, ["3:2@3,4#1"])
    alone = torch.zeros(1, 5, 7, 7, dtype=torch.float64)
    alone[0, 2, 3, 4] = p.activation
    assert torch.allclose(carried(table, recording, "4", alone, torch.tensor([1]), "input")[0], p.canvas())


# --- weights at random --------------------------------------------------------------------------------------


@pytest.mark.quick
def test_weights_come_back_and_keep_their_range(dv: DeconvNet) -> None:
    randomised = Randomised(dv, 0)
    own = {name: value.clone() for name, value in randomised.dv.net.named_parameters()}
    with randomised.without(["conv2.weight", "conv2.bias"]) as other:
        now = dict(other.net.named_parameters())
        changed = {name for name in own if not torch.equal(own[name], now[name])}
        assert changed == {"conv2.weight", "conv2.bias"}
        assert float(now["conv2.weight"].detach().std()) == pytest.approx(float(own["conv2.weight"].std()), rel=0.05)
        assert torch.equal(now["conv2.bias"].sort().values, own["conv2.bias"].sort().values)
        assert (
            abs(float(torch.corrcoef(torch.stack([own["conv2.weight"], now["conv2.weight"]]).flatten(1))[0, 1])) < 0.1
        )
    assert all(torch.equal(own[name], value) for name, value in randomised.dv.net.named_parameters())
    with pytest.raises(RuntimeError), randomised.without(["conv3.weight"]):
        raise RuntimeError
    assert all(torch.equal(own[name], value) for name, value in randomised.dv.net.named_parameters())


@pytest.mark.quick
def test_groups_of_modules_go_from_the_layer_down_to_the_pixels(dv: DeconvNet) -> None:
    groups = groups_below(dv.layers, "conv4", dv.net, 2)
    assert [[name for name in group if name.endswith("weight")] for group in groups] == [
        ["conv4.weight", "conv3.weight"],
        ["conv2.weight", "conv1.weight"],
    ]
    assert groups_below(dv.layers, "conv1", dv.net, 4) == [["conv1.weight", "conv1.bias"]]


class Odd(nn.Module):
    """Weights that are shared, computed from others, and kept by a gate."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.utils.parametrizations.weight_norm(nn.Conv2d(3, 4, 3, bias=False))
        self.second, self.third = nn.Conv2d(4, 4, 3, bias=False), nn.Conv2d(4, 4, 3, bias=False)
        self.third.weight = self.second.weight
        self.gate = nn.Linear(4, 4, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        x = self.second(self.first(x).relu()).relu()
        gate = torch.sigmoid(self.gate(x.mean((2, 3))))
        return self.third(x * gate[:, :, None, None]).relu()


def test_weights_are_found_wherever_they_are_kept() -> None:
    torch.manual_seed(1)
    net = Odd().eval()
    dv = DeconvNet(net, Preprocess(24, (0.5,) * 3, (0.25,) * 3))
    (group,) = groups_below(dv.layers, "third", net, 1)
    assert set(group) == {name for name, _ in net.named_parameters()}
    found = trust(dv, "shapes:8", layers=["gate", "second", "third"], maps=4, stages=2)
    assert found.numbers["learned"]["third"]["rank"] < 0.9
    with Randomised(dv, 0).without(group) as other:
        assert all(
            not torch.equal(value, dict(net.named_parameters())[name]) for name, value in other.net.named_parameters()
        )


def test_small_and_odd_networks_are_measured_as_far_as_they_can_be() -> None:
    torch.manual_seed(1)
    point = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.ReLU()).eval()
    found = trust(DeconvNet(point, Preprocess(24, (0.5,) * 3, (0.25,) * 3)), "shapes:6", layers=["0", "2"], maps=3)
    assert math.isnan(found.numbers["learned"]["0"]["structure"])
    grey = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Conv2d(4, 4, 3), nn.ReLU()).eval()
    images = [torch.randn(1, 24, 24, generator=torch.Generator().manual_seed(n)) for n in range(4)]
    found = trust(DeconvNet(grey, input_shape=(1, 24, 24)), images, layers=["0", "2"], maps=3)
    assert math.isnan(found.numbers["convergence"]["2"]["at pixels"])  # a cosine of two numbers says nothing
    assert found.sentences["convergence"] == "Of 2 there was nothing to measure here."
    assert json.dumps(found.as_dict(), allow_nan=False)
    one = trust(DeconvNet(grey, input_shape=(1, 24, 24)), images[:1], layers=["2"], maps=3)
    assert one.sentences["learned"] == "Of 2 there was nothing to measure here."  # nor another image to hold it against


def test_pictures_of_another_image_are_chance(dv: DeconvNet) -> None:
    found = learned(sample(dv, ["conv5"], 12), 0, 1, nothing)["conv5"]
    assert abs(found["rank, another image"]) < found["rank"]
    assert found["rank, another image"].count > 3


# --- what is said -------------------------------------------------------------------------------------------


def numbers(**values: float) -> dict[str, dict[str, Number]]:
    return {"deep": {key.replace("_", " "): Number(value) for key, value in values.items()}}


@pytest.mark.quick
def test_sentences_say_what_the_numbers_are() -> None:
    assert "hardly depend" in sentence("specific", numbers(other_units=0.2))
    assert "only in part" in sentence("specific", numbers(other_units=0.7))
    assert "matters" in sentence("specific", numbers(other_units=1.2))
    rank = {"rank, whole field": Number(0.8), "rank, another image": Number(0.1)}
    for value, words in ((0.6, "most of what"), (0.3, "a part of what"), (0.15, "needs the learned weights")):
        assert words in sentence("learned", {"deep": {**rank, "rank": Number(value)}})
    edges = ("edges, with switches", "edges, without", "edges, random weights")
    for values, words in (
        ((0.3, 0.05, 0.1), "comes from the switches."),
        ((0.3, 0.05, 0.3), "and random weights draw it as well"),
        ((0.3, 0.25, 0.3), "random weights follow the image as well"),
        ((0.3, 0.25, 0.1), "with switches and without"),
        ((0.01, 0.0, 0.02), "neither way"),
    ):
        found = {"deep": dict(zip(edges, map(Number, values), strict=True))}
        assert words in sentence("structure", found)
    shown = ("share, own picture", "share, shuffled pixels", "rank, own picture", "rank, another unit's")
    for values, words in (
        ((0.05, 0.04, 0.5, 0.5), "hardly more than its pixels"),
        ((1.0, 0.1, 0.02, 0.3), "finds the unit in its picture"),
        ((1.0, 0.1, 0.2, 0.4), "others fire as strongly"),
        ((1.0, 0.1, 0.4, 0.4), "not this unit's own"),
    ):
        assert words in sentence("agreement", {"deep": dict(zip(shown, map(Number, values), strict=True))})
    for value, words in ((0.999, "nearly the same"), (0.95, "largely become one"), (0.5, "stay apart")):
        assert words in sentence("convergence", {"deep": {"at pixels": Number(value)}})


@pytest.mark.quick
def test_means_know_how_sure_they_are() -> None:
    number = Number.over([1.0, 2.0, float("nan"), 6.0])
    assert number == 3
    assert number.error == pytest.approx(np.std([1, 2, 6], ddof=1) / 3**0.5)
    assert math.isnan(Number.over([]))
    assert math.isnan(Number.over([2.0]).error)


def test_results_show_and_write_themselves(quick: Trust, tmp_path: Path) -> None:
    facts = quick.as_dict()
    assert json.loads(json.dumps(facts, allow_nan=False)) == facts
    assert facts["measures"]["specific"]["layers"]["conv5"]["other units"].keys() == {"mean", "error", "units"}
    assert (facts["rule"], facts["unpool"], facts["seed"]) == ("deconvnet", "switches", 0)
    page, cell = quick.document().as_page(), quick._repr_mimebundle_()["text/html"]
    for measure in MEASURES:
        for text in (measure.question, measure.source.split(";")[0].replace("&", "&amp;"), measure.useless):
            assert text.replace("'", "&#39;") in page
        assert quick.sentences[measure.key].replace("'", "&#39;") in cell
    for ending in ("png", "html", "json", "pdf", "svg"):
        quick.save(tmp_path / f"trust.{ending}")
        assert (tmp_path / f"trust.{ending}").stat().st_size > 1000
    assert json.loads((tmp_path / "trust.json").read_text()) == facts
    assert repr(quick) == "Trust(shapes, deconvnet, with switches: 32 units of 4 layers)"
    assert quick.figure().width == 1120


def test_of_an_index_it_is_kept_beside_it(tmp_path: Path) -> None:
    index = small_index(tmp_path, [f"{n}.png" for n in range(8)])
    assert read_trust(index) is None
    found = trust(index, maps=3, stages=1)
    assert found.scan == index.manifest.identity
    assert write_trust(index, found) == index.folder / "trust.json"
    assert read_trust(index) == found.as_dict()
    assert read_trust(index.by("guided")) is None  # measured of another way down
    path = index.folder / "trust.json"
    for spoilt in ("{", "[]", json.dumps(found.as_dict() | {"scan": "another"}), '{"schema_version": 1}'):
        path.write_text(spoilt)
        assert read_trust(index) is None


def test_guided_pictures_are_measured_as_such(dv: DeconvNet, quick: Trust) -> None:
    guided = trust(dv.by("guided"), "shapes:64", layers=["conv5"], maps=6, stages=1)
    assert str(guided.method) == "guided backpropagation, with switches"
    assert guided.numbers["specific"]["conv5"] != quick.numbers["specific"]["conv5"]


def test_what_cannot_be_measured(dv: DeconvNet, tmp_path: Path) -> None:
    with pytest.raises(UnsuitableInput, match="needs images"):
        trust(dv)
    with pytest.raises(UnsuitableInput, match="one size"):
        trust(DeconvNet(dv.net, replace(dv.preprocess, size=None)), [torch.rand(3, 112, 112), torch.rand(3, 120, 112)])
    silent = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
    silent[0].bias.data.fill_(-1e6)
    with pytest.raises(UnsuitableInput, match="too few feature maps fire"):
        trust(DeconvNet(silent, Preprocess(24)), "shapes:4", layers=["0"])
    (tmp_path / "a.png").write_bytes(b"nothing")
    with pytest.raises(UnsuitableInput, match="none of the images can be read"):
        trust(dv, tmp_path, report=lambda problem: None)
