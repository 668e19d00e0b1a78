"""In a notebook: results show themselves, any input goes in, the network stays as found, nothing grows."""

import gc
import re
import sys
import warnings
from base64 import b64decode
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torch.nn import functional as F

import deconvviz
from deconvviz import DeconvNet, Index, Preprocess, Projections, Unit, shapes
from deconvviz.drawing import notebook
from deconvviz.errors import UnreadableImage, UnsuitableInput, UnwritableOutput
from deconvviz.network import pick_device

HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def dv() -> DeconvNet:
    return DeconvNet(deconvviz.load_model("shapes"))


@pytest.fixture(scope="module")
def twelve(dv: DeconvNet) -> Projections:
    return dv.project(shapes.image(9), dv.strongest(shapes.image(9), "conv4", k=12))


@pytest.fixture(scope="module")
def index(dv: DeconvNet, tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("scan")
    for number in range(12):
        (folder / "images" / HOSTILE.replace("/", "")).mkdir(exist_ok=True, parents=True)
        shapes.image(number).save(folder / "images" / HOSTILE / f"{number}'\"&.png")
    return deconvviz.scan(dv, folder / "images", layers=["conv2", "conv4"], out=folder / "index")


def html_of(shown: Any) -> str:
    bundle = shown._repr_mimebundle_()
    assert bundle["text/plain"] == repr(shown)
    assert len(bundle["text/plain"]) < 400
    html = str(bundle["text/html"])
    assert len(html) <= 300_000
    assert not re.search(r"<script|<style|<link|javascript:|\son\w+=[^&]*>", html.replace(" onerror=alert(1)&gt;", ""))
    assert HOSTILE not in html
    return html


def pictures(html: str) -> list[Image.Image]:
    return [Image.open(BytesIO(b64decode(data))) for data in re.findall(r"data:image/png;base64,([^\"]+)", html)]


# --- results show themselves -----------------------------------------------------------------------------


def test_one_projection_shows_image_patch_projection_and_overlay(twelve: Projections) -> None:
    p = twelve[0]
    html = html_of(p)
    shown = pictures(html)
    assert [picture.size for picture in shown] == [(160, 160)] * 4
    expected = p.show(160), p.show(160, view="overlay")
    assert shown[1].convert("RGB").tobytes() == expected[0].crop((0, 0, 160, 160)).tobytes()
    assert shown[2].convert("RGB").tobytes() == expected[0].crop((168, 0, 328, 160)).tobytes()
    assert shown[3].convert("RGB").tobytes() == expected[1].crop((168, 0, 328, 160)).tobytes()
    sides = [box[2] - box[0] for box in (p.frame, p.field)]
    assert "patch: {0} × {0} of its {1} × {1} pixels".format(*sides) in html
    assert str(twelve[0].unit) in html
    assert f"activation {twelve[0].activation:.3g}" in html


def test_a_field_that_is_no_square_is_named_by_both_sides(twelve: Projections) -> None:
    p = twelve[0]
    oblong = replace(p, box=(0, 0, 17, 30), field=(0, 0, 17, 30), pixels=torch.ones(3, 17, 30))
    assert "of its 17 × 30 pixels" in html_of(oblong)


def test_a_list_shows_nine_and_says_how_many_more(twelve: Projections) -> None:
    html = html_of(twelve)
    assert len(pictures(html)) == 18
    assert "… and 3 more" in html
    assert "more" not in html_of(twelve[:9])
    assert "12 projections from" in html
    assert "1 projection from" in html_of(twelve[:1])
    assert repr(twelve).startswith(f"Projections(12: {twelve[0].unit} ")
    assert html_of(Projections())


def test_pictures_of_noise_are_made_smaller_until_they_fit() -> None:
    torch.manual_seed(0)
    dv = DeconvNet(nn.Sequential(nn.Conv2d(3, 12, 3), nn.ReLU(), nn.Conv2d(12, 12, 121), nn.ReLU()))
    noise = torch.randn(1, 3, 240, 240)
    projections = dv.project(noise, dv.strongest(noise, "2", k=9))
    assert {picture.width for picture in pictures(html_of(projections))} < {80, 64, 48}
    html_of(projections[0])


def test_a_list_of_projections_is_a_list(twelve: Projections, tmp_path: Path) -> None:
    assert isinstance(twelve, list)
    assert isinstance(twelve[2:4], Projections)
    assert list(twelve[2:4]) == [twelve[2], twelve[3]]
    assert isinstance(twelve[:2] + twelve[5:6], Projections)
    assert list(twelve[:2] + [twelve[5]]) == [twelve[0], twelve[1], twelve[5]]
    added = [twelve[5]] + twelve[:2]
    assert isinstance(added, Projections)
    assert list(added) == [twelve[5], twelve[0], twelve[1]]
    for other in ((twelve[0],), "ab", 5):
        with pytest.raises(TypeError):
            _ = twelve + other  # type: ignore[operator]
        with pytest.raises(TypeError):
            _ = other + twelve  # type: ignore[operator]
    assert [pixels.shape for pixels in twelve.pixels] == [p.pixels.shape for p in twelve]
    assert torch.equal(twelve.canvas()[5], twelve[5].canvas())
    twelve.save(tmp_path / "all.png")
    assert Image.open(tmp_path / "all.png").size == twelve.image.size
    with pytest.raises(UnsuitableInput, match="empty"):
        _ = Projections().image
    with pytest.raises(UnwritableOutput):
        twelve.save(tmp_path / "all.png" / "below.png")


def test_canvases_of_different_sizes_make_no_tensor(twelve: Projections) -> None:
    dv = DeconvNet(nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU()))
    other = dv.project(torch.rand(1, 3, 9, 9), "0:0")
    with pytest.raises(UnsuitableInput, match="3×9×9, 3×112×112"):
        Projections([twelve[0], *other]).canvas()


def test_layers_show_one_row_each(dv: DeconvNet) -> None:
    html = html_of(dv.layers)
    assert html.count("<tr>") == 1 + len(dv.layers)
    assert "alias" not in html  # a column that is empty throughout
    assert html_of(dv.layers["conv4"]).count("<tr>") == 2
    assert repr(dv.layers) == "Layers(17 for an input of 3×112×112: conv1 … classifier)"


def test_a_thousand_layers_do_not_fill_the_notebook() -> None:
    row = ("features.7.block.2.with.a.long.name", "Conv2d", 512, "14×14", "1019×1019", "32×32", "transposed filter", "")
    html = notebook.table(("layer", "kind", "maps", "size", "field", "jump", "mirror", "read after"), [row] * 1018)
    assert len(html) < 300_000
    assert "… and 818 more" in html


def test_an_index_shows_its_layers(index: Index) -> None:
    html = html_of(index)
    for layer, channels in index.layers.items():
        facts = [index.statistics(layer, channel) for channel in range(channels)]
        strongest = max(range(channels), key=lambda channel: facts[channel].maximum)
        row = re.search(rf"<tr><td[^>]*>{layer}</td>.*?</tr>", html)
        assert row is not None
        cells = re.findall(r"<td[^>]*>(.*?)</td>", row[0])
        assert cells[:4] == [layer, str(channels), str(sum(f.dead for f in facts)), f"{layer}:{strongest}"]


def test_a_feature_map_shows_its_images_and_projections(index: Index, tmp_path: Path) -> None:
    channel = max(range(index.channels("conv4")), key=lambda n: index.statistics("conv4", n).maximum)
    shown = index.feature_map("conv4", channel)
    html = html_of(shown)
    assert len(pictures(html)) == 2 * min(9, index.statistics("conv4", channel).positive)
    assert "&lt;img src=x onerror=alert(1)&gt;/" in html
    assert shown.projections is shown.projections  # made once
    assert [p.unit for p in shown.projections] == [e.unit for e in shown.top if e.activation > 0]
    assert len(shown.pixels) == len(shown.projections)
    shown.save(tmp_path / "map.png")
    assert Image.open(tmp_path / "map.png").size == shown.image.size
    assert repr(shown).startswith(f"FeatureMap(conv4:{channel}  peak ")


def test_a_feature_map_says_what_cannot_be_shown(dv: DeconvNet, index: Index, tmp_path: Path) -> None:
    dead = [n for n in range(index.channels("conv4")) if index.statistics("conv4", n).dead]
    if dead:
        assert "dead: no image excites it" in html_of(index.feature_map("conv4", dead[0]))
    own = deconvviz.scan(DeconvNet(dv.net, dv.preprocess), index.manifest.roots[0], ["conv2"], out=tmp_path / "own")
    assert own is not None
    assert "data:image" in html_of(own.feature_map("conv2", 3))
    gone = deconvviz.open_index(tmp_path / "own")  # made of a network that no name gives again
    assert "no projections: " in html_of(gone.feature_map("conv2", 3))


def test_an_index_made_here_is_opened_later_without_naming_the_network(index: Index) -> None:
    opened = deconvviz.open_index(index.folder)
    for one, other in zip(index.project("conv2", 3), opened.project("conv2", 3), strict=True):
        assert torch.equal(one.pixels, other.pixels)


def test_plot_draws_on_given_axes(twelve: Projections, index: Index) -> None:
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    _, axes = pyplot.subplots(1, 3)
    for shown, ax in zip((twelve[0], twelve, index.feature_map("conv2", 1)), axes, strict=True):
        assert shown.plot(ax) is ax
        assert len(ax.images) == 1
    assert twelve[0].plot() is pyplot.gca()
    pyplot.close("all")


def test_plot_says_what_it_needs(twelve: Projections, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.setitem(sys.modules, "matplotlib.pyplot", None)
    with pytest.raises(ImportError, match="pip install matplotlib"):
        twelve[0].plot()


# --- any input -------------------------------------------------------------------------------------------


def test_a_picture_may_come_in_any_form(dv: DeconvNet, tmp_path: Path) -> None:
    image = shapes.image(9)
    image.save(tmp_path / "9.png")
    array = np.array(image)
    tensor = torch.from_numpy(array).permute(2, 0, 1)
    expected = dv.project(image, ["conv3:7"])[0]
    forms = {
        "path": tmp_path / "9.png",
        "text": str(tmp_path / "9.png"),
        "uint8 array": array,
        "float array": array / 255,
        "float32 array": (array / 255).astype(np.float32),
        "batch of arrays": array[None],
        "list of arrays": [array],
        "uint8 tensor": tensor,
        "batch of uint8 tensors": tensor[None],
        "normalised tensor": expected.input,
    }
    for name, form in forms.items():
        assert len(dv.strongest(form, "conv3")) == 9
        (made,) = dv.project(form, "conv3:7")
        assert torch.equal(made.pixels, expected.pixels), name
    grey = np.array(image.convert("L"))
    assert dv.project([grey, grey[..., None]], [Unit("conv1", 1), Unit("conv1", 1, image=1)])


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (np.zeros((3, 112, 112), np.float32), r"channels last.*\(3, 112, 112\).*goes in as a tensor"),
        (np.full((8, 8, 3), 2.5), r"lies in \[0, 1\].*2.5 to 2.5.*torch.from_numpy"),
        (np.full((8, 8, 3), np.nan), r"lies in \[0, 1\]"),
        (np.zeros((8, 8, 3), np.int64), "uint8, or floating point"),
        (np.zeros((0, 8, 3), np.uint8), "has pixels"),
        (torch.zeros(3, 8, 8, dtype=torch.int64), "already normalised, or uint8"),
        ([torch.zeros(8, 9, 3, dtype=torch.uint8)], r"channels first; this one is \(8, 9, 3\); an array"),
        (3.5, "an image is a path, a PIL image, an array"),
    ],
)
def test_what_is_no_picture_is_said_with_who_normalises(dv: DeconvNet, image: object, message: str) -> None:
    for ask in (lambda: dv.strongest(image, "conv1"), lambda: dv.project(image, "conv1:0")):
        with pytest.raises(UnsuitableInput, match=message):
            ask()


def test_a_bare_network_says_who_normalises() -> None:
    bare = DeconvNet(nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU()))
    for picture in (shapes.image(1), np.array(shapes.image(1)), torch.zeros(3, 9, 9, dtype=torch.uint8)):
        with pytest.raises(UnsuitableInput, match="preprocess=Preprocess.*normalised yourself"):
            bare.strongest(picture, "0")


def test_a_tensor_that_nobody_normalised_is_warned_of(dv: DeconvNet, recwarn: pytest.WarningsRecorder) -> None:
    raw = torch.from_numpy(np.array(shapes.image(9))).permute(2, 0, 1) / 255
    assert dv.preprocess is not None
    dv.strongest(dv.preprocess(shapes.image(9)), "conv1")
    dv.strongest(torch.zeros(1, 3, 112, 112), "conv1")
    assert not recwarn.list
    for tensor in (raw, raw * 255):
        with pytest.warns(UserWarning, match="taken as normalised already"):
            dv.strongest(tensor, "conv1")


@pytest.mark.parametrize("kind", ["one", "batch", "list", "black first", "tuple"])
def test_such_a_warning_comes_once_and_shows_the_line_of_the_user(dv: DeconvNet, kind: str) -> None:
    raw = torch.from_numpy(np.array(shapes.image(9))).permute(2, 0, 1) / 255
    given = {
        "one": raw,
        "batch": torch.stack([raw, raw]),
        "list": [raw, raw],
        "black first": [torch.zeros_like(raw), raw],
        "tuple": (raw, raw),
    }[kind]
    looks = (
        lambda: dv.strongest(given, "conv1"),
        lambda: dv.project(given, ["conv1:3"]),
        lambda: list(dv.stream(given, ["classifier:3", "conv4:3", "conv1:3"])),
    )
    for look in looks:
        with pytest.warns(UserWarning, match="taken as normalised already") as warned:
            look()
        line = look.__code__.co_firstlineno
        assert [(warning.filename, warning.lineno) for warning in warned] == [(__file__, line)]


def test_such_a_warning_comes_once_for_a_line_that_runs_often(dv: DeconvNet) -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("default")
        for seed in range(3):
            dv.strongest(torch.rand(1, 3, 112, 112, generator=torch.Generator().manual_seed(seed)), "conv1")
    assert len(warned) == 1


def test_such_a_warning_does_no_harm_where_code_has_no_name(dv: DeconvNet) -> None:
    with pytest.warns(UserWarning, match="taken as normalised already"):
        exec("dv.strongest(given, 'conv1')", {"dv": dv, "given": torch.rand(1, 3, 112, 112)})


def test_an_image_that_cannot_be_read(dv: DeconvNet) -> None:
    with pytest.raises(UnreadableImage, match="no such file"):
        dv.strongest("nowhere.png", "conv1")


# --- a network of one's own -----------------------------------------------------------------------------


class Own(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem, self.body = nn.Conv2d(3, 8, 5, stride=2, padding=2), nn.Conv2d(8, 12, 3, padding=1)
        self.drop, self.head = nn.Dropout(), nn.Linear(12, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = F.max_pool2d(F.relu(self.stem(x)), 3, 2)
        return self.head(self.drop(F.relu(self.body(x)).mean((2, 3))))


def make_own() -> nn.Module:
    torch.manual_seed(0)
    return Own()


def facts(net: nn.Module) -> tuple[Any, ...]:
    hooks = [len(m._forward_hooks) + len(m._forward_pre_hooks) + len(m._backward_hooks) for m in net.modules()]
    flags = [m.training for m in net.modules()]
    weights = [(id(p), p._version, p.requires_grad, p.grad, p.clone().tolist()) for p in net.parameters()]
    return hooks, flags, weights, torch.is_grad_enabled()


def three_lines(net: nn.Module) -> Projections:
    dv = DeconvNet(net, Preprocess(64))
    units = dv.strongest(shapes.image(9), "body", k=3)
    return dv.project(shapes.image(9), units)


def test_a_network_of_ones_own_is_left_as_found() -> None:
    net = make_own().train()
    before = facts(net)
    assert len(three_lines(net)) == 3
    assert facts(net) == before


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode, torch.enable_grad])
def test_any_grad_mode_gives_the_same(mode: Any) -> None:
    expected = three_lines(make_own())
    with mode():
        within = three_lines(make_own())
    for one, other in zip(expected, within, strict=True):
        assert torch.equal(one.pixels, other.pixels)
        assert not one.pixels.requires_grad
        _ = one.pixels + 1  # an ordinary tensor
    with mode():
        net = make_own()
    assert torch.equal(three_lines(net)[0].pixels, expected[0].pixels)


@pytest.mark.parametrize("device", ["cpu", "cuda", "mps"])
def test_it_runs_where_the_network_is(device: str) -> None:
    if device not in ("cpu", pick_device("auto").type):
        pytest.skip(f"no {device} here")
    expected, made = three_lines(make_own()), three_lines(make_own().to(device))
    assert made[0].pixels.device.type == "cpu"
    assert made[0].unit == expected[0].unit
    assert torch.allclose(made[0].pixels, expected[0].pixels, rtol=1e-3, atol=1e-4)


def test_two_hundred_calls_leave_nothing_behind() -> None:
    """Tensors, modules and hooks are counted; what a call needs only once (the captured network) is made before."""
    net, image = make_own(), shapes.image(9).resize((64, 64))
    dv = DeconvNet(net, Preprocess(64))

    def living() -> tuple[int, int, int]:
        gc.collect()
        alive = gc.get_objects()
        tensors = [o for o in alive if type(o) in (Tensor, nn.Parameter)]
        modules = [o for o in alive if issubclass(type(o), nn.Module)]
        return len(tensors), sum(t.nbytes for t in tensors), len(modules)

    for _ in range(3):
        dv.project(image, dv.strongest(image, "body"))._repr_mimebundle_()
    before, hooks = living(), facts(net)[0]
    for _ in range(200):
        recording = dv.record(image, ["body"])
        dv.project(recording, dv.strongest(recording, "body", k=1))
    del recording
    dv.project(image, dv.strongest(image, "body"))._repr_mimebundle_()
    assert living() == before
    assert facts(net)[0] == hooks


def test_an_input_of_the_wrong_size_is_said_in_one_line(caplog: pytest.LogCaptureFixture) -> None:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 30 * 30, 10))
    dv = DeconvNet(net, Preprocess(40))
    with pytest.raises(UnsuitableInput, match="cannot take images of 3×40×40"):
        dv.strongest(torch.randn(1, 3, 40, 40), "1")
    assert not [record for record in caplog.records if record.levelname == "ERROR"]
    assert repr(dv).startswith("DeconvNet(Sequential; Sequential cannot take images")  # shown, it does not fail


def test_pictures_of_many_sizes_do_not_pile_up() -> None:
    dv = DeconvNet(nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU()), Preprocess(None))
    for side in range(20, 44):
        projections = dv.project(shapes.image(1).resize((side, 20)), "0:1")
        assert projections[0].input.shape == (3, 20, side)
    assert len(dv._tables) == 16


def test_a_notebooks_cell_is_named_as_such() -> None:
    from deconvviz.network.refusals import line_of

    assert line_of("/somewhere/ipykernel_123/456.py", 7) == "notebook cell, line 7"
    assert line_of("net.py", "9") == "net.py:9"
