"""Wrong arguments are our errors, on one line, in the caller's words."""

import io
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn
from torch.utils.data import DataLoader, IterableDataset

import deconvviz
from deconvviz import DeconvNet, DeconvvizError, Model, Preprocess, Unit
from deconvviz.arguments import a_share, between, said, takes, whole, wholes
from deconvviz.errors import UnknownLayer, UnknownModel, UnknownUnit, UnreadableImage, UnsuitableInput
from deconvviz.scanning import picture_index

pytestmark = pytest.mark.quick


class Net(nn.Module):
    """A layer used twice, one used once, one not at all, and a block."""

    def __init__(self) -> None:
        super().__init__()
        self.twice, self.relu, self.unused = nn.Conv2d(3, 3, 3), nn.ReLU(), nn.Conv2d(3, 3, 1)
        self.relu_1 = nn.Identity()
        self.block = nn.Sequential(nn.Conv2d(3, 4, 1), nn.ReLU())

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.block(self.relu(self.twice(self.relu(self.twice(x)))))


NET = Net()
DV = DeconvNet(NET, Preprocess(16))
X = torch.rand(2, 3, 16, 16) - 0.5


def closed() -> Image.Image:
    image = Image.new("RGB", (9, 9))
    image.close()
    return image


def truncated() -> Image.Image:
    file = io.BytesIO()
    Image.effect_noise((99, 99), 50).save(file, "JPEG")
    return Image.open(io.BytesIO(file.getvalue()[:2000]))


class Endless(IterableDataset[int]):
    def __iter__(self) -> Any:
        return iter(range(3))


WRONG: dict[str, tuple[Callable[[], object], type[DeconvvizError], str]] = {
    "k is text": (lambda: DV.strongest(X, "block", k="9"), UnsuitableInput, "k='9': a whole number from 1 on"),
    "k is negative": (lambda: DV.strongest(X, "block", k=-1), UnsuitableInput, "k=-1: "),
    "k is a fraction": (lambda: DV.strongest_images(X, "block", k=2.5), UnsuitableInput, "k=2.5: "),
    "k is True": (lambda: DV.strongest(X, "block", k=True), UnsuitableInput, "k=True: "),
    "unknown layers": (lambda: DV.strongest(X, ["a", "b"]), UnknownLayer, "no layer 'a' in this network"),
    "a layer that is a number": (lambda: DV.strongest(X, 3), UnknownLayer, "layer=3: "),
    "no layer": (lambda: DV.record(X, []), UnknownLayer, r"layers=\[\]: no layer is asked for"),
    "None as a layer": (lambda: DV.record(X, None), UnknownLayer, "layers=None"),
    "layer and images swapped": (lambda: DV.strongest("block", X), UnknownLayer, "layer=a Tensor of torch.float32"),
    "a module of another network": (lambda: DV.strongest(X, nn.ReLU()), UnknownLayer, "none of this network's"),
    "the network itself": (lambda: DV.strongest(X, NET), UnknownLayer, "is the network itself"),
    "a module used twice": (lambda: DV.strongest(X, NET.twice), UnknownLayer, "used 2 times: twice, twice_1"),
    "a use named as another module": (lambda: DV.strongest(X, NET.relu), UnknownLayer, "2 times: relu, relu_1"),
    "a module not used": (lambda: DV.strongest(X, NET.unused), UnknownLayer, "unused, gives no maps"),
    "units and images swapped": (lambda: DV.project("block:1", X), UnknownUnit, "images come first"),
    "no units": (lambda: DV.project(X, None), UnknownUnit, "units=None"),
    "no unit among units": (lambda: DV.project(X, ["block:1", None]), UnknownUnit, "None is no unit"),
    "units of a stream": (lambda: DV.stream(X, 3), UnknownUnit, "units=3"),
    "a map that is a fraction": (lambda: DV.project(X, Unit("block", 1.0)), UnknownUnit, "channel=1.0"),
    "a map that is text": (lambda: DV.project(X, Unit("block", "1")), UnknownUnit, "channel='1'"),
    "a row alone": (lambda: DV.project(X, Unit("block", 1, 2)), UnknownUnit, "row and column, or neither"),
    "a unit's layer": (lambda: DV.project(X, Unit(NET.relu, 1)), UnknownUnit, r"layer=ReLU\(\)"),
    "a unit's image": (lambda: DV.project(X, Unit("block", 1, image="a.jpg")), UnknownUnit, "image='a.jpg'"),
    "ahead": (lambda: DV.stream(X, ["block:1"], ahead="2"), UnsuitableInput, "ahead='2'"),
    "None as an image": (lambda: DV.strongest(None, "block"), UnsuitableInput, "not NoneType"),
    "a data loader as images": (
        lambda: DV.strongest(DataLoader([X]), "block"),
        UnsuitableInput,
        r"scan\(model, loader.dataset\)",
    ),
    "a generator as images": (lambda: DV.strongest((x for x in X), "block"), UnsuitableInput, "give a list of images"),
    "a picture without pixels": (lambda: DV.strongest(Image.new("RGB", (0, 5)), "block"), UnsuitableInput, "0×5"),
    "a closed picture": (lambda: DV.strongest(closed(), "block"), UnreadableImage, "closed"),
    "a truncated picture": (lambda: DV.strongest(truncated(), "block"), UnreadableImage, "truncated"),
    "a sparse tensor": (lambda: DV.strongest(X.to_sparse(), "block"), UnsuitableInput, r"sparse_coo.*to_dense"),
    "a sparse one in a list": (lambda: DV.strongest([X[0].to_sparse()], "block"), UnsuitableInput, "sparse_coo"),
    "a tensor without values": (lambda: DV.strongest(X.to("meta"), "block"), UnsuitableInput, "meta device"),
    "many grey pictures": (
        lambda: DV.strongest(torch.zeros(60, 28, 28, dtype=torch.uint8), "block"),
        UnsuitableInput,
        r"many grey ones are \(N, 1, H, W\)",
    ),
    "no network": (lambda: DeconvNet(None), UnknownModel, "not None"),
    "a class of networks": (lambda: DeconvNet(Net), UnknownModel, "not a Net, the class"),
    "a size as a preprocessing": (lambda: DeconvNet(NET, 64), UnsuitableInput, r"Preprocess\(64, mean, std\)"),
    "a callable as a preprocessing": (lambda: DeconvNet(NET, print), UnsuitableInput, "of_transforms"),
    "an input shape": (lambda: DeconvNet(NET, input_shape=64), UnsuitableInput, r"input_shape=64: \(channels, rows"),
    "a precision": (lambda: DeconvNet(NET, precision="fp64"), UnsuitableInput, "possible: fp32, bf16, auto$"),
    "a device": (lambda: DeconvNet(NET, device=3), DeconvvizError, "device=3"),
    "a device that is not there": (lambda: DeconvNet(NET, device="abacus"), DeconvvizError, "no device 'abacus'"),
    "a device without values": (lambda: DeconvNet(NET, device="meta"), DeconvvizError, "no device 'meta'"),
    "one mean": (lambda: Preprocess(64, mean=0.5), UnsuitableInput, r"mean=0.5: .* \(0.5,\) for greyscale"),
    "means and deviations": (lambda: Preprocess(64, (0.5,)), UnsuitableInput, "as many of one as of the other"),
    "a mean that is none": (lambda: Preprocess(64, (float("nan"),), (1,)), UnsuitableInput, "mean="),
    "a negative size": (lambda: Preprocess(size=-3), UnsuitableInput, "size=-3: "),
    "a size that is text": (lambda: Preprocess("64"), UnsuitableInput, "size='64'"),
    "three sizes": (lambda: Preprocess((3, 64, 64)), UnsuitableInput, r"size=\(3, 64, 64\)"),
    "a deviation of zero": (lambda: Preprocess(64, (0.5,), (0,)), UnsuitableInput, "each must be above 0"),
    "one deviation": (lambda: Preprocess(64, std=0), UnsuitableInput, "std=0"),
    "an interpolation": (lambda: Preprocess(64, interpolation="bilin"), UnsuitableInput, "nearest: bilinear"),
    "a path": (lambda: deconvviz.read_image(None), UnsuitableInput, "path=None"),
    "no path and no picture": (lambda: Preprocess(16)(3), UnsuitableInput, "path=3"),
    "levels of 255": (lambda: Preprocess(64, (128.0,) * 3, (64,) * 3), UnsuitableInput, "where 128 is 0.502"),
    "deviations of 255": (lambda: Preprocess(64, (0.5,), (64,)), UnsuitableInput, "where 64 is 0.251"),
    "bytes of a file": (lambda: DV.strongest(b"abc", "block"), UnsuitableInput, r"not bytes: open .*io.BytesIO"),
    "a layer by its number": (lambda: DV.layers[3], UnknownLayer, "3 is no layer's name"),
    "layers in a list": (lambda: DV.layers[["block"]], UnknownLayer, r"\['block'\] is no layer's name"),
    "no axes": (lambda: DV.project(X[:1], "block:1")[0].plot(3), UnsuitableInput, "ax=3: matplotlib's axes"),
    "a colour map": (
        lambda: DV.project(X[:1], "block:1")[0].plot(only="projection", cmap="sunset"),
        UnsuitableInput,
        "cmap='sunset', .*'sunset' is not a",
    ),
    "a model that is none": (lambda: Model(3, None, "x"), UnknownModel, "net=3: a network is an nn.Module"),
    "a model's preprocessing": (lambda: Model(NET, 3, "x"), UnsuitableInput, r"preprocess=3: .*Preprocess\(3,"),
    "a model's name": (lambda: Model(NET, None, None), UnsuitableInput, "name=None: a network's name is text"),
    "a model's weights": (lambda: Model(NET, None, "x", weights=3), UnsuitableInput, "weights=3"),
    "one class as classes": (lambda: Model(NET, None, "x", "owl"), UnsuitableInput, "categories='owl'"),
    "the size of any picture": (
        lambda: DeconvNet(NET, Preprocess(None)).layers,
        UnsuitableInput,
        r"follows each picture: give a size here, or take layers_for\(",
    ),
    "a grey picture's preprocessing": (
        lambda: DeconvNet(NET, Preprocess(16, (0.5,), (0.5,))).layers,
        UnsuitableInput,
        "these have 1: .*one mean is greyscale, RGB has three: 0.5,0.5,0.5",
    ),
    "images of a scan": (lambda: deconvviz.scan(DV, 3), UnsuitableInput, "images=3"),
    "what a list of images holds": (lambda: deconvviz.scan(DV, ["a", 3]), UnsuitableInput, "3 is no image"),
    "a data loader to scan": (lambda: deconvviz.scan(DV, DataLoader([1])), UnsuitableInput, "loader.dataset"),
    "a data set without numbers": (lambda: deconvviz.scan(DV, Endless()), UnsuitableInput, "an? Endless has no length"),
    "k of a scan": (lambda: deconvviz.scan(DV, X, k=0), UnsuitableInput, "k=0"),
    "layers of a scan": (lambda: deconvviz.scan(DV, X, layers=3), UnknownLayer, "layers=3"),
    "a part of a scan": (lambda: deconvviz.scan(DV, X, shard=(4, 4)), UnsuitableInput, r"shard=\(4, 4\)"),
    "a network to scan": (lambda: deconvviz.scan("shapes", X), UnknownModel, "not 'shapes'"),
    "a place of a scan": (lambda: deconvviz.scan(DV, X, out=None), UnsuitableInput, "out=None"),
    "a folder of an index": (lambda: deconvviz.open_index(None), UnsuitableInput, "folder=None"),
    "one folder to merge": (lambda: deconvviz.merge("index", "out"), UnsuitableInput, "folders='index'"),
    "nothing to merge": (lambda: deconvviz.merge([], "out"), UnsuitableInput, r"folders=\[\]"),
    "a gallery of a folder": (lambda: deconvviz.write_gallery("index", "out"), UnsuitableInput, "open_index"),
    "a figure of a folder": (lambda: picture_index("index", "conv1"), UnsuitableInput, "open_index"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_arguments_are_our_errors(what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    call, error, says = WRONG[what]
    with pytest.raises(error, match=says) as caught:
        call()
    assert "\n" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_a_module_that_is_used_once_is_a_layer() -> None:
    assert DV.strongest(X, NET.block, 2) == DV.strongest(X, "block", 2)
    assert DV.strongest(X, [NET.block[0], "relu"], 2) == DV.strongest(X, ["block.0", "relu"], 2)


def test_numbers_of_other_libraries_are_numbers() -> None:
    there = Unit("block", np.int64(1), np.uint8(2), torch.tensor(3), image=np.int16(1))
    (projection,) = DV.project(X, there)
    assert projection.unit == Unit("block", 1, 2, 3, image=1)
    assert type(projection.unit.channel) is int
    assert len(DV.strongest(X, "block", np.int32(2))) == 4


def test_a_grey_picture_as_mnist_has_it() -> None:
    picture = torch.arange(28 * 28).remainder(251).to(torch.uint8).view(28, 28)
    dv = DeconvNet(nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU()), Preprocess(28, (0.1307,), (0.3081,)))
    recorded = [dv.record(given, "0").images for given in (picture, picture.numpy(), picture[None], [picture])]
    assert recorded[0].shape == (1, 1, 28, 28)
    assert all(torch.equal(one, recorded[0]) for one in recorded)


def test_pictures_in_memory_are_scanned(tmp_path: Path) -> None:
    pictures = [Image.effect_noise((20, 20), 40 + n).convert("RGB") for n in range(3)]
    index = deconvviz.scan(DV, pictures, NET.block, k=2, out=tmp_path / "a")
    arrays = deconvviz.scan(DV, [np.asarray(picture) for picture in pictures], "block", k=2, out=tmp_path / "b")
    assert index is not None
    assert arrays is not None
    assert index.top("block", 1) == arrays.top("block", 1)
    assert len(index.project("block", np.int64(1), 1)) <= 1
    for call, says in (
        (lambda: index.top("block", "1"), "channel='1'"),
        (lambda: index.top("block", 1, k=-1), "k=-1"),
        (lambda: index.top(NET.block, 1), "no layer's name"),
        (lambda: index.project("block", None), "channels=None"),
        (lambda: index.matching(NET.block), "no layer's name"),
        (lambda: picture_index(index, "block", [0.5]), "channels="),
        (lambda: picture_index(index, "block", smoothing="1"), "smoothing='1'"),
        (lambda: deconvviz.write_gallery(index, tmp_path / "g", tile="9"), "tile='9'"),
    ):
        with pytest.raises(DeconvvizError, match=says):
            call()
    one = deconvviz.scan(DV, pictures[0], "block", out=tmp_path / "c")
    assert one is not None
    assert one.manifest.images == 1


def test_progress_is_shown_where_it_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    pictures = [Image.effect_noise((20, 20), 40 + n).convert("RGB") for n in range(3)]
    units = DV.strongest(pictures, "block", 2)
    DV.project(pictures, units)
    assert capsys.readouterr().err == ""
    assert DV.strongest(pictures, "block", 2, progress=True) == units
    assert "3/3" in capsys.readouterr().err
    DV.project(pictures, units, progress=True)
    assert "6/6" in capsys.readouterr().err
    assert len(list(DV.stream(pictures, iter(units), ahead=2, progress=True))) == 6
    assert "6projection" in capsys.readouterr().err


def test_a_device_leaves_the_network_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    assert DeconvNet(NET, device="cpu").net is NET
    assert DeconvNet(NET, device=torch.device("cpu")).net is NET
    monkeypatch.setattr("deconvviz.network.devices.pick_device", torch.device)  # meta stands for a device elsewhere
    dv = DeconvNet(NET, device="meta")
    assert {p.device.type for p in dv.net.parameters()} == {"meta"}
    assert dv.model.net is dv.net
    assert {p.device.type for p in NET.parameters()} == {"cpu"}
    assert dv.layers_for((3, 16, 16)).matching(NET.block) == ["block"]  # modules of the user's own still are layers


def test_checks_stand_at_the_door() -> None:
    @takes(k=whole(1, None), part=a_share, many=wholes(None), much=between(0, 1))
    def door(*, k: Any = 3, part: Any = None, many: Any = None, much: Any = 0.5) -> tuple[Any, ...]:
        return k, part, many, much

    assert door() == (3, None, None, 0.5)
    assert door(k=None, part=[np.int64(0), 2], many=np.arange(2), much=1) == (None, (0, 2), [0, 1], 1.0)
    assert door(many=7)[2] == [7]
    for wrong in ({"k": 0}, {"part": (1, 1)}, {"many": ["1"]}, {"much": float("nan")}, {"much": "0"}):
        with pytest.raises(UnsuitableInput, match=next(iter(wrong))):
            door(**wrong)
    with pytest.raises(TypeError, match="unexpected"):
        door(q=1)


def test_what_cannot_show_itself_is_said_by_its_kind() -> None:
    class Shy:
        def __repr__(self) -> str:
            raise AttributeError("not yet")

    assert said(Shy()) == "a Shy"


JUNK: list[Any] = [
    *(None, 10**30, -1, 2.5, float("nan"), True, "", "x", b"x", "a\0b", [], ["x"], [None], (), {}, {"a": 1}, 1j, int),
    *(object(), print, range(3), torch.zeros(2), torch.zeros(3, device="meta"), np.zeros((3, 3)), NET, DV),
    *(Image.new("RGB", (8, 8)), Path("nowhere")),
]


def test_no_error_of_pythons_comes_through_a_public_door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    index = deconvviz.scan(DV, [Image.new("RGB", (20, 20))], "block", out="index", progress=False)
    assert index is not None
    shown = DV.project(X, ["block:1#0"])
    doors: list[tuple[Callable[..., object], dict[str, Any]]] = [
        (DeconvNet, {"model": NET, "preprocess": None, "input_shape": None, "precision": "fp32", "device": None}),
        (DV.record, {"images": X, "layers": "block"}),
        (DV.strongest, {"images": X, "layer": "block", "k": 1}),
        (DV.project, {"images": X, "units": ["block:1"]}),
        (lambda **given: list(DV.stream(**given)), {"images": X, "units": ["block:1"], "ahead": 2}),
        (DV.layers_for, {"input_shape": (3, 16, 16)}),
        (Preprocess, {"size": 16, "mean": (0.5,), "std": (0.5,), "resize": -1, "interpolation": "bilinear"}),
        (Preprocess.of_transforms, {"transforms": None}),
        (Preprocess(16), {"source": None}),
        (deconvviz.read_image, {"path": "x"}),
        (Unit.parse, {"text": "block:1"}),
        (index.top, {"layer": "block", "channel": 1, "k": 1}),
        (index.statistics, {"layer": "block", "channel": 1}),
        (index.project, {"layer": "block", "channels": 1, "k": 1}),
        (index.matching, {"asked": "block"}),
        (deconvviz.open_index, {"folder": "index", "model": None, "images": None}),
        (deconvviz.merge, {"folders": ["index"], "out": "index"}),
        (deconvviz.load_model, {"name": "shapes", "weights": "none", "device": None, "preprocess": None}),
        (shown[0].show, {"tile": 9}),
        (shown[0].save, {"path": "a.png", "tile": 9}),
        (shown.save, {"path": "a.png"}),
    ]
    for door, given in doors:
        for name in given:
            for junk in JUNK:
                with suppress(DeconvvizError):
                    door(**{**given, name: junk})
