"""What units contribute to a class: equal to autograd on the network itself, and the network is left as found."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from networks import network
from oracles import relative_error
from torch import Tensor, nn
from torch.nn import functional as F

from deconvviz import DeconvNet, Model, Unit, load_model, shapes
from deconvviz.deconvnet import contributions, picture_files, usual_layers
from deconvviz.deconvnet.classes import class_number, class_score
from deconvviz.deconvnet.contributions import with_gradients
from deconvviz.errors import NoMirrorRule, UnknownClass, UnknownLayer
from deconvviz.network import run

NAMES = ["cat", "Dog", "hot dog", "owl", "owl"]


class Tiny(nn.Module):
    """A convolution, a pool, a second convolution and a linear layer; `end` is what is done to its five logits."""

    def __init__(self, end: Callable[[Tensor], Tensor] = lambda logits: logits) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.a, self.b, self.fc, self.end = nn.Conv2d(3, 6, 3), nn.Conv2d(6, 7, 3), nn.Linear(7, 5), end

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu(self.b(F.max_pool2d(F.relu(self.a(x)), 2)))
        return self.end(self.fc(x.mean((2, 3))))


def images(count: int = 2, size: int = 16) -> Tensor:
    return torch.randn(count, 3, size, size, dtype=torch.float64, generator=torch.Generator().manual_seed(5))


def tiny(end: Callable[[Tensor], Tensor] = lambda logits: logits) -> DeconvNet:
    return DeconvNet(Model(Tiny(end).double(), None, "tiny", NAMES))


def by_hooks(net: nn.Module, x: Tensor, module: str, number: int, use: int = 0) -> Tensor:
    """Activation times gradient of a module's output, by autograd on the network itself; `use`: which of its uses."""
    seen: list[Tensor] = []
    hook = net.get_submodule(module).register_forward_hook(lambda _, __, output: seen.append(output))
    logits = net(x)
    hook.remove()
    (gradient,) = torch.autograd.grad(logits[:, number].sum(), seen[use])
    return (seen[use] * gradient).detach()


@pytest.mark.parametrize(
    ("name", "layer", "module", "size"),
    [
        ("resnet18", "layer2.1", "layer2.1", 97),
        ("resnet18", "layer4.0.conv1", "layer4.0.relu", 97),
        ("squeezenet1_1", "features.7", "features.7", 97),
        ("zfnet", "norm1", "norm1", 224),
        ("densenet121", "features.transition2.conv", "features.transition2.conv", 97),
    ],
)
def test_contributions_equal_autograd_on_the_network(name: str, layer: str, module: str, size: int) -> None:
    net = network(name).double()
    for part in net.modules():
        if isinstance(part, nn.ReLU):
            part.inplace = False  # the oracle's hook keeps the module's output, which must not be overwritten
    x, dv = images(2, size), DeconvNet(net)
    expected = by_hooks(net, x, module, 3)
    units = dv.strongest(x, layer, 4, for_class=3)
    assert [unit.image for unit in units] == [0] * 4 + [1] * 4
    for image in (0, 1):
        peaks = expected[image].flatten(1).amax(1).sort(descending=True).values[:4]
        found = torch.tensor([unit.contribution for unit in units if unit.image == image], dtype=torch.float64)
        assert relative_error(found, peaks) <= 1e-10
    for unit in units:
        there = expected[unit.image, unit.channel]
        assert unit.contribution == pytest.approx(float(there[unit.row, unit.column]), rel=1e-9)
        assert unit.contribution == pytest.approx(float(there.max()), rel=1e-9)
    again = dv.project(x, [str(unit) for unit in units])
    assert [p.activation for p in again] == pytest.approx([unit.activation for unit in units], rel=1e-9)


@pytest.mark.quick
@torch.no_grad()
def test_below_what_is_linear_it_is_by_how_much_the_logit_falls_without_the_unit() -> None:
    dv, x = tiny(), images()
    net: Tiny = dv.net  # type: ignore[assignment]
    for unit in dv.strongest(x, "b", 3, for_class="cat"):
        maps = F.relu(net.b(F.max_pool2d(F.relu(net.a(x[unit.image : unit.image + 1])), 2)))
        before = net.fc(maps.mean((2, 3)))[0, 0]
        maps[0, unit.channel, unit.row, unit.column] = 0
        assert float(before - net.fc(maps.mean((2, 3)))[0, 0]) == pytest.approx(unit.contribution, rel=1e-9)
    table = dv.layers_for(x.shape[1:])
    maps, gradients = with_gradients(table, x, ["relu_1"], class_score(table, NAMES, "cat"))
    whole = (maps["relu_1"] * gradients["relu_1"]).flatten(1).sum(1) + net.fc.bias[0]
    assert torch.allclose(whole, net(x)[:, 0])


@pytest.mark.quick
@pytest.mark.parametrize("end", [lambda y: y.softmax(1), lambda y: F.log_softmax(y, 1), torch.sigmoid])
def test_the_logit_is_what_softmax_reads(end: Callable[[Tensor], Tensor]) -> None:
    x = images()
    plain, squashed = (dv.strongest(x, ["a", "b"], 3, for_class=1) for dv in (tiny(), tiny(end)))
    assert plain == squashed
    assert [u.contribution for u in plain] == pytest.approx([u.contribution for u in squashed], rel=1e-9)
    assert {u.for_class for u in plain} == {"Dog"}


@pytest.mark.quick
def test_the_score_of_a_map_is_its_mean() -> None:
    torch.manual_seed(0)
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 1), nn.Upsample(scale_factor=2)).double()
    x = images(1)
    seen = net[1](net[0](x)).detach().requires_grad_()
    (gradient,) = torch.autograd.grad(net[3](net[2](seen))[:, 2].mean(), seen)
    (unit,) = DeconvNet(net).strongest(x, "0", 1, for_class=2)
    assert unit.contribution == pytest.approx(float((seen * gradient).max()), rel=1e-9)
    assert unit.for_class == "2"


@pytest.mark.quick
def test_it_works_wherever_it_is_called_and_leaves_the_network_as_found() -> None:
    dv, x = tiny(), images()
    dv.net.train()
    dv.net.a.weight.requires_grad_(False)
    expected = dv.strongest(x, "a", 3, for_class="cat")
    with torch.no_grad():
        assert [u.contribution for u in dv.strongest(x, "a", 3, for_class="cat")] == [u.contribution for u in expected]
    with torch.inference_mode():
        inside = dv.strongest(x.clone(), "a", 3, for_class="cat")
        made_inside = DeconvNet(Model(Tiny().double(), None, "tiny", NAMES))
        assert made_inside.strongest(x.clone(), "a", 3, for_class="cat") == expected
    assert [u.contribution for u in inside] == pytest.approx([u.contribution for u in expected], rel=1e-12)
    assert dv.strongest(dv.record(x, "b"), "a", 3, for_class="cat") == expected
    assert dv.net.training
    assert [p.requires_grad for p in dv.net.parameters()] == [False] + [True] * 5
    assert all(p.grad is None for p in dv.net.parameters())
    assert x.grad is None
    assert not x.requires_grad


@pytest.mark.quick
def test_units_come_layer_by_layer_and_most_first() -> None:
    dv, x = tiny(), images(3)
    units = dv.strongest(x, ["b", "a"], 2, for_class="cat")
    assert [(u.layer, u.image) for u in units] == [(n, i) for n in "ba" for i in (0, 0, 1, 1, 2, 2)]
    assert all(u.contribution >= v.contribution for u, v in zip(units[::2], units[1::2], strict=True))
    assert [str(u) for u in units if u.image == 0] == [f"{u.place}#0" for u in units if u.image == 0]
    scores = {u.channel: u.contribution for u in dv.strongest(x[:1], "fc", 9, for_class="cat")}
    logits = dv.net(x)[0].tolist()
    assert scores == ({0: pytest.approx(logits[0])} if logits[0] > 0 else {})
    assert all(u.contribution > 0 for u in dv.strongest(x, ["a", "b", "fc"], 9, for_class="cat"))
    with torch.no_grad():
        dv.net.fc.weight[0] = -1
        dv.net.fc.weight[1] = torch.tensor([1.0] * 3 + [-1.0] * 4)
    assert dv.strongest(x, "b", 9, for_class="cat") == []
    assert {u.channel for u in dv.strongest(x, "b", 9, for_class="Dog")} <= {0, 1, 2}
    assert repr(units[0]).endswith(f", contribution {units[0].contribution:+.3g} to cat)")


@pytest.mark.quick
@pytest.mark.parametrize(
    ("wanted", "number"),
    [("cat", 0), ("dog", 1), ("DOG", 1), ("hot", 2), ("Hot Dog", 2), (3, 3), ("4", 4), (" 4 ", 4), ("3 ", 3)],
)
def test_a_class_by_name_by_part_or_by_number(wanted: str | int, number: int) -> None:
    assert class_number(NAMES, 5, wanted) == number


@pytest.mark.quick
def test_a_class_may_be_called_by_a_digit() -> None:
    assert class_number(["1", "0", "2"], 3, "0") == 1
    assert class_number(["1", "0", "2"], 3, 0) == 0


@pytest.mark.quick
@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ("owl", "class 'owl' may be any of 2: 3 owl, 4 owl; give a name or a number"),
        ("o", "may be any of 4: 1 Dog, 2 hot dog, 3 owl, 4 owl"),
        ("cet", "no class is called 'cet'; nearest: cat"),
        ("", "no class is called ''"),
        (5, "there is no class 5: the network has 0 … 4"),
        (-1, "there is no class -1"),
        ("9" * 5000, "there is no class 5"),
        (1.5, "class 1.5: the name of a class is needed, or its number, 0 … 4"),
        (True, "class True: the name of a class is needed"),
        (["cat"], "the name of a class is needed"),
    ],
)
def test_a_class_that_is_not_there_is_said(wanted: object, says: str) -> None:
    with pytest.raises(UnknownClass) as error:
        class_number(NAMES, 5, wanted)  # type: ignore[arg-type]
    assert says in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.quick
def test_networks_without_names_and_without_scores() -> None:
    bare = DeconvNet(Tiny().double())
    assert bare.strongest(images(1), "b", 1, for_class=4)[0].for_class == "4"
    with pytest.raises(UnknownClass, match="this network's classes have no names; give a number, 0 … 4"):
        bare.strongest(images(1), "b", 1, for_class="cat")

    class Nothing(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x.mean()

    with pytest.raises(UnknownClass, match="this network returns no scores of classes"):
        DeconvNet(nn.Sequential(nn.Conv2d(3, 2, 3), Nothing()).double()).strongest(images(2), "0", 1, for_class=0)


@pytest.mark.quick
def test_of_two_heads_none_is_taken_for_the_classes() -> None:
    class Two(Tiny):
        def forward(self, x: Tensor) -> Tensor:
            h = F.relu(self.a(x)).mean((2, 3))
            return F.linear(h, self.a.weight[:5, :, 0].flatten(1)[:, :6]), super().forward(x)

    dv = DeconvNet(Model(Two().double(), None, "two", NAMES))
    for wanted in ("cat", 0):
        with pytest.raises(UnknownClass, match="several values that may be its scores, those of linear and fc"):
            dv.strongest(images(1), "b", 1, for_class=wanted)
    assert dv.project(images(1), "fc:1")[0].category == ""


@pytest.mark.quick
def test_a_layer_without_a_part_in_the_score_is_said() -> None:
    dv = tiny(lambda logits: logits.softmax(1))
    with pytest.raises(UnknownLayer, match="softmax has no part in the score of cat, which is read at fc: choose"):
        dv.strongest(images(), ["a", "softmax"], for_class="cat")


@pytest.mark.quick
def test_autograd_keeps_no_more_than_what_follows_from_the_layers(monkeypatch: pytest.MonkeyPatch) -> None:
    dv, x = tiny(), images(5)
    sizes: list[int] = []

    def watched(calls: object, part: Tensor, wanted: list[str], followed: list[str]) -> dict[str, Tensor]:
        values = run(calls, part, wanted, followed)  # type: ignore[arg-type]
        assert values["relu_1"].requires_grad
        assert values["relu_1"].is_leaf
        assert values["fc"].grad_fn is not None
        sizes.append(len(part))
        return values

    monkeypatch.setattr(contributions, "run", watched)
    together = dv.strongest(x, "b", 2, for_class="cat")
    assert sizes == [5]
    monkeypatch.setattr(contributions, "TOGETHER", 2)
    apart = dv.strongest(x, "b", 2, for_class="cat")
    assert sizes == [5, 2, 2, 1]
    assert apart == together
    assert [u.contribution for u in apart] == pytest.approx([u.contribution for u in together], rel=1e-9)


@pytest.mark.quick
def test_layers_chosen_for_a_class_lie_below_its_score() -> None:
    head = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Conv2d(4, 5, 1), nn.ReLU(), nn.AdaptiveAvgPool2d(1))
    dv = DeconvNet(nn.Sequential(head, nn.Flatten()), input_shape=(3, 9, 9))
    assert usual_layers(dv) == ["0.0", "0.2"]
    assert usual_layers(dv, 2) == ["0.0"]
    with pytest.raises(UnknownLayer, match="no layer lies below the scores of 0, so nothing contributes to 2"):
        usual_layers(DeconvNet(nn.Sequential(nn.Conv2d(3, 4, 3)), input_shape=(3, 9, 9)), 2)


@pytest.mark.quick
def test_an_image_in_which_nothing_contributes_is_said(tmp_path: Path) -> None:
    shapes.image(6).save(tmp_path / "owl.png")
    dv = DeconvNet(load_model("shapes"))
    with torch.no_grad():
        dv.net.classifier.weight[6] = -1
    (done,) = picture_files(dv, [tmp_path / "owl.png"], ["conv5"], out=tmp_path / "a.png", for_class=6)
    assert done.skipped == f"{tmp_path / 'owl.png'}: nothing in conv5 contributes to class 6"
    (done,) = picture_files(dv, [tmp_path / "owl.png"], ["conv5", "conv2"], out=tmp_path / "a.png", for_class=6)
    assert [layer["layer"] for layer in done.record["layers"]] == ["conv2"]


@pytest.mark.quick
def test_contributions_stand_beside_activations(tmp_path: Path) -> None:
    shapes.image(6).save(tmp_path / "owl.png")
    dv = DeconvNet(load_model("shapes"))
    units = dv.strongest(tmp_path / "owl.png", "conv5", 2, for_class="owl")
    made = dv.project(tmp_path / "owl.png", units)
    assert [p.unit.contribution for p in made] == [u.contribution for u in units]
    assert f"{units[0].contribution:+.3g} to owl" in made._repr_mimebundle_()["text/html"]
    assert f"contribution {units[0].contribution:+.3g} to owl" in made[0]._repr_mimebundle_()["text/html"]
    (done,) = picture_files(dv, [tmp_path / "owl.png"], ["conv5"], top=2, out=tmp_path / "a.png", for_class="owl")
    (layer,) = json.loads(json.dumps(done.record))["layers"]
    assert [(u["unit"], u["for_class"]) for u in layer["units"]] == [(str(u), "owl") for u in units]
    assert [u["contribution"] for u in layer["units"]] == pytest.approx([u.contribution for u in units])
    (plain,) = picture_files(dv, [tmp_path / "owl.png"], ["conv5"], top=2, out=tmp_path / "b.png")
    assert {(u["contribution"], u["for_class"]) for u in plain.record["layers"][0]["units"]} == {(None, None)}
    with pytest.raises(UnknownClass, match="no class is called"):
        list(picture_files(dv, [tmp_path / "none.png"], ["conv5"], for_class="zebra"))
    with pytest.raises(UnknownLayer, match="no layer"):
        dv.strongest(tmp_path / "owl.png", "conv9", for_class="owl")
    assert Unit.parse(str(units[0])).contribution is None


def test_what_is_random_on_the_way_to_the_score_is_refused() -> None:
    class Noisy(Tiny):
        def forward(self, x: Tensor) -> Tensor:
            maps = F.relu(self.b(F.relu(self.a(x)) * torch.rand(1)))
            return self.fc(maps.mean((2, 3)))

    with pytest.raises(NoMirrorRule, match="draws random numbers"):
        DeconvNet(Model(Noisy().double(), None, "noisy", NAMES)).strongest(images(), "a", for_class="cat")
