"""Model sources and weights, from local files only: nothing is downloaded by the tests."""

from pathlib import Path
from urllib.error import URLError

import pytest
import torch
import torchvision
from torch import nn

from deconvviz.errors import DeconvvizError, UnknownModel, UnusableWeights
from deconvviz.network import Model, load_model, model_names, pick_device

pytestmark = pytest.mark.quick


@pytest.fixture(scope="module")
def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return torchvision.models.squeezenet1_1(weights=None).state_dict()


def test_random_weights() -> None:
    model = load_model("squeezenet1_1", "none")
    assert not model.net.training
    assert len(model.categories) == 1000
    assert model.preprocess is not None
    assert model.preprocess.input_shape == (3, 224, 224)


def test_another_number_of_classes(tmp_path: Path) -> None:
    torch.manual_seed(0)
    torch.save(torchvision.models.squeezenet1_1(num_classes=7).state_dict(), tmp_path / "seven.pth")
    model = load_model("squeezenet1_1", tmp_path / "seven.pth")
    assert model.net(torch.zeros(1, 3, 64, 64)).shape == (1, 7)
    assert model.categories == ()


def test_segmentation_networks_with_the_head_that_their_weights_have(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = torchvision.models.get_model(
        "deeplabv3_mobilenet_v3_large", weights=None, weights_backbone=None, aux_loss=True
    )
    torch.save(net.state_dict(), tmp_path / "aux.pth")
    model = load_model("deeplabv3_mobilenet_v3_large", tmp_path / "aux.pth")
    assert len(model.categories) == 21
    assert model.preprocess is not None
    assert (model.preprocess.input_shape, model.preprocess.usual_shape) == (None, (3, 520, 520))
    assert set(model.net(torch.zeros(1, 3, 64, 64))) == {"out", "aux"}


def test_googlenet_renormalises_its_pictures() -> None:
    assert load_model("googlenet", "none").net.transform_input


def test_weights_that_do_not_fit_are_listed(state: dict[str, torch.Tensor], tmp_path: Path) -> None:
    wrong = dict(state) | {"extra": torch.zeros(1), "features.0.bias": torch.zeros(3)}
    del wrong["features.3.squeeze.weight"]
    torch.save(wrong, tmp_path / "w.pth")
    with pytest.raises(UnusableWeights) as caught:
        load_model("squeezenet1_1", tmp_path / "w.pth")
    message = str(caught.value)
    assert "w.pth does not fit SqueezeNet: " in message
    assert "1 missing (features.3.squeeze.weight)" in message
    assert "1 unknown (extra)" in message
    assert "features.0.bias (3,) instead of (64,)" in message
    assert "\n" not in message


def test_without_network_the_message_names_the_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    def offline(*_: object, **__: object) -> nn.Module:
        raise URLError("no route to host")

    monkeypatch.setattr(torchvision.models, "get_model", offline)
    with pytest.raises(UnusableWeights, match=r"--weights FILE.*--model shapes"):
        load_model("squeezenet1_1")


def test_torchvisions_own_weights_are_loaded_by_torchvision(
    state: dict[str, torch.Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real loading code with a local file in torch.hub's cache in place of the download."""
    weights = torchvision.models.SqueezeNet1_1_Weights.IMAGENET1K_V1
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    monkeypatch.setattr(torchvision.models.squeezenet.SqueezeNet1_1_Weights.IMAGENET1K_V1.value, "url", "x/cached.pth")
    monkeypatch.setattr(type(weights), "get_state_dict", lambda self, **_: torch.load(tmp_path / "cached.pth"))
    torch.save(state, tmp_path / "cached.pth")
    model = load_model("squeezenet1_1", "IMAGENET1K_V1")
    assert model.weights == "squeezenet1_1:IMAGENET1K_V1"
    assert torch.equal(model.net.state_dict()["features.0.weight"], state["features.0.weight"])


@pytest.mark.parametrize(
    ("name", "weights", "error", "says"),
    [
        ("sqeezenet1_1", "none", UnknownModel, "nearest: squeezenet1_1"),
        ("squeezenet1_1", "missing.pth", UnusableWeights, "possible: DEFAULT, none, IMAGENET1K_V1"),
        ("shapes", "missing.pth", UnusableWeights, "DEFAULT, none"),
        ("nowhere.py:make", "none", UnknownModel, "no file nowhere.py"),
    ],
)
def test_names_that_are_not_known(name: str, weights: str, error: type[Exception], says: str) -> None:
    with pytest.raises(error, match=says):
        load_model(name, weights)


def test_the_list_of_names() -> None:
    assert model_names()[0] == "shapes"
    assert {"vgg16", "squeezenet1_1", "convnext_tiny"} <= set(model_names())


def test_devices() -> None:
    assert pick_device("cpu") == torch.device("cpu")
    assert isinstance(pick_device("auto"), torch.device)
    with pytest.raises(DeconvvizError, match="no device 'abacus' here.*possible: auto, cpu"):
        pick_device("abacus")


def test_each_process_of_torchrun_takes_its_own_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.accelerator, "is_available", lambda: True)
    monkeypatch.setattr(torch.accelerator, "current_accelerator", lambda: torch.device("cuda"))
    monkeypatch.setattr(torch, "zeros", lambda *_, device: None)
    assert (pick_device("auto"), pick_device("cuda")) == (torch.device("cuda"),) * 2
    for rank, number in (("0", 0), ("1", 1), ("5", 1)):
        monkeypatch.setenv("LOCAL_RANK", rank)
        assert (pick_device("auto"), pick_device("cuda")) == (torch.device("cuda", number),) * 2
        assert (pick_device("cuda:1"), pick_device("cpu")) == (torch.device("cuda:1"), torch.device("cpu"))


def test_models_show_themselves() -> None:
    assert repr(Model(nn.Identity(), None, "x")) == "Model('x', weights='its own', 0 categories)"
