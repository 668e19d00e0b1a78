"""Where networks come from: torchvision, the embedded `shapes`, timm, or a factory in your own file.

Names follow torchvision exactly, and so do its weights. One function for each source.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.error import URLError

import torch
import torchvision
from torch import Tensor, nn

from .. import shapes
from ..arguments import a_path, holds_several, said, takes
from ..errors import UnknownModel, UnsuitableInput, UnusableWeights, nearest, one_line
from ..images import Preprocess, a_preprocess
from .checkpoints import Checkpoint, read_checkpoint, split_place
from .devices import pick_device
from .factories import is_factory, made_by

DEFAULT_MODEL = "squeezenet1_1"


@dataclass(frozen=True, eq=False)
class Model:
    """A network with what is needed to use it on pictures.

    `net` in evaluation mode; `preprocess`, or None if it is not known; `categories`: the names of its
    classes, or () if there are none; `weights`: what they are called ("none": random ones); `load`: name
    and weights for `load_model`, by which an index finds the network again, or None.
    """

    net: nn.Module
    preprocess: Preprocess | None
    name: str
    categories: Sequence[str] = ()
    weights: str = "its own"
    load: tuple[str, str] | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.net, nn.Module):
            raise UnknownModel(f"net={said(self.net)}: a network is an nn.Module")
        a_preprocess("preprocess", self.preprocess)
        for name in ("name", "weights"):
            if not isinstance(getattr(self, name), str):
                raise UnsuitableInput(f"{name}={said(getattr(self, name))}: a network's {name} is text")
        names = list(self.categories) if holds_several(self.categories) else [None]
        if not all(isinstance(name, str) for name in names):
            raise UnsuitableInput(f"categories={said(self.categories)}: names of classes are needed, in a list")

    def __repr__(self) -> str:
        return f"Model({self.name!r}, weights={self.weights!r}, {len(self.categories)} categories)"


def a_name(name: str, value: Any) -> Any:
    """The name of a network, as text or, for a file, as a path. Raises UnknownModel."""
    if not isinstance(value, str | os.PathLike):
        raise UnknownModel(f"{name}={said(value)}: a network is loaded by its name, as text (all: deconvviz models)")
    return os.fspath(value)


@takes(name=a_name, weights=a_path, preprocess=a_preprocess)
def load_model(
    name: str = DEFAULT_MODEL,
    weights: str | os.PathLike[str] = "DEFAULT",
    *,
    device: str | torch.device | None = None,
    preprocess: Preprocess | None = None,
) -> Model:
    """Load a network by name.

    `name`: one of torchvision's classification or segmentation networks, `shapes`, `timm:NAME` (with the
    extra `[timm]`), or `FILE.py:factory` (a function without arguments that returns an `nn.Module` or a
    `Model`; runs that file, which imports its neighbours as `python FILE.py` does). `weights`: `DEFAULT`, a name of
    torchvision's, `none` for random ones (of a factory as DEFAULT: its own), or a file with a state dict, of PyTorch's
    or of safetensors; of several in a file that fit, the first that is no moving average, or the one that is asked for:
    `FILE:model_ema`. `device`: "cuda", "auto" (the accelerator, if there is one), …: where to put it, by default the
    CPU, or where the factory did.
    `preprocess`: for a network that brings none, or in place of its own. Raises UnknownModel, UnusableWeights.
    """
    there = None if device is None else pick_device(device)
    if is_factory(name) and weights == "none":
        weights = "DEFAULT"  # a factory gives what it gives
    prefix = "timm:" if name.startswith("timm:") else name
    source = _from_file if is_factory(name) else SOURCES.get(prefix, _from_torchvision)
    model = source(name, os.fspath(weights))
    again = None if weights == "none" else from_anywhere(name, os.fspath(weights))
    net = model.net if there is None else model.net.to(there)
    return replace(model, net=net, preprocess=preprocess or model.preprocess, load=again)


def from_anywhere(name: str, weights: str) -> tuple[str, str]:
    """The same arguments for `load_model`, with files named so that they are found from any folder.

    >>> from_anywhere("vgg16", "DEFAULT")
    ('vgg16', 'DEFAULT')
    """
    file, place = split_place(weights)
    state = weights not in ("DEFAULT", "none") and os.path.isfile(file)
    absolute = os.path.abspath(file) + (f":{place}" if place else "")
    return os.path.abspath(name) if is_factory(name) else name, absolute if state else weights


def model_names() -> list[str]:
    """Every name that `load_model` accepts, beside `timm:NAME` and `FILE.py:factory`."""
    families = (torchvision.models, torchvision.models.segmentation)
    return ["shapes", *(name for family in families for name in torchvision.models.list_models(module=family))]


def _from_torchvision(name: str, weights: str) -> Model:
    if name not in model_names():
        raise UnknownModel(f"no network is called {name!r}; {nearest(name, model_names())} (all: deconvviz models)")
    known = torchvision.models.get_model_weights(name)
    chosen = next((w for w in known if w.name == weights), None) or known.DEFAULT
    preprocess = Preprocess.of_transforms(chosen.transforms())
    categories = tuple(chosen.meta.get("categories") or ())
    if weights == "DEFAULT" or weights in known.__members__:
        net = _download(name, chosen)
        return Model(net.eval(), preprocess, name, categories, f"{name}:{chosen.name}")
    checkpoint = _checkpoint(name, weights, [w.name for w in known])
    if checkpoint is None:
        net = torchvision.models.get_model(name, weights=None, **_without_download(name))
        return Model(net.eval(), preprocess, name, categories, "none")
    options = _without_download(name, {})
    net = torchvision.models.get_model(name, weights=None, **options)
    state = checkpoint.state_for(net).weights
    if _without_download(name, state) != options:
        options = _without_download(name, state)
        net = torchvision.models.get_model(name, weights=None, **options)
    if classes := _classes_of(state, net):
        net = torchvision.models.get_model(name, weights=None, **options, num_classes=classes)
    label = checkpoint.load_into(net)
    return Model(net.eval(), preprocess, name, () if classes else categories, label)


def _checkpoint(name: str, weights: str, names: Sequence[str] = ()) -> Checkpoint | None:
    """What a file of weights holds; None for `none`, and for DEFAULT where a network has no file of weights then.

    Raises UnusableWeights.
    """
    if weights in ("DEFAULT", "none"):
        return None
    if not os.path.exists(split_place(weights)[0]):
        possible = ", ".join(["DEFAULT", "none", *names, "FILE"])
        raise UnusableWeights(f"{name} has no weights {weights!r}, and there is no such file; possible: {possible}")
    return read_checkpoint(weights)


def _without_download(name: str, state: Mapping[str, Tensor] | None = None) -> dict[str, Any]:
    """Options for a network without torchvision's weights, with the parts that its state dict has.

    GoogLeNet and Inception renormalise pictures that come as their weights' own preprocessing gives them.
    """
    if name in torchvision.models.list_models(module=torchvision.models.segmentation):
        with_aux = any(key.startswith("aux_classifier") for key in state or ())
        return {"weights_backbone": None} | ({"aux_loss": True} if with_aux else {})
    if name in ("googlenet", "inception_v3"):
        return {"init_weights": state is None, "transform_input": True}
    return {}


def _classes_of(state: Mapping[str, Tensor], net: nn.Module) -> int | None:
    """How many classes a state dict is for, by the network's last layer with weights; None if as many as that has."""
    last = [(name, tensor) for name, tensor in net.state_dict().items() if tensor.ndim >= 2]
    if not last or last[-1][0] not in state or state[last[-1][0]].ndim != last[-1][1].ndim:
        return None
    count = len(state[last[-1][0]])
    return None if count == len(last[-1][1]) else count


def _download(name: str, chosen: Any) -> nn.Module:
    try:
        return torchvision.models.get_model(name, weights=chosen)  # type: ignore[no-any-return]
    except (URLError, OSError, RuntimeError) as error:
        raise UnusableWeights(
            f"the weights of {name} cannot be downloaded ({one_line(error)}); give a local file with "
            "--weights FILE, or use --model shapes, which needs no download"
        ) from error


def _from_shapes(name: str, weights: str) -> Model:
    checkpoint = _checkpoint(name, weights)
    net, origin = shapes.network(trained=weights == "DEFAULT"), "embedded" if weights == "DEFAULT" else weights
    if checkpoint is not None:
        origin = checkpoint.load_into(net)
    return Model(net, Preprocess(shapes.SIZE, shapes.MEAN, shapes.STD), name, shapes.CLASSES, origin)


def _from_file(name: str, weights: str) -> Model:
    """`FILE.py:factory`: its network has its own weights, unless a file is given."""
    checkpoint = _checkpoint(name, weights)
    made = made_by(name, (nn.Module, Model))
    model = made if isinstance(made, Model) else Model(made.eval(), None, name)
    return model if checkpoint is None else replace(model, weights=checkpoint.load_into(model.net))


def _from_timm(name: str, weights: str) -> Model:
    """`timm:NAME`, with timm's own preprocessing; its weights come from its hub."""
    try:
        import timm
    except ImportError as error:
        raise UnknownModel(f"{name}: timm is not installed; pip install 'deconvviz[timm]'") from error
    own = name.removeprefix("timm:")
    if own.partition(".")[0] not in timm.list_models():
        raise UnknownModel(f"timm has no network {own!r}; {nearest(own, timm.list_models())}")
    checkpoint = _checkpoint(name, weights)
    try:
        net = timm.create_model(own, pretrained=weights == "DEFAULT").eval()
    except Exception as error:  # its hub raises many kinds without a network
        raise UnusableWeights(
            f"the weights of {name} cannot be had ({one_line(error)}); give a local file with --weights FILE, "
            "or --weights none for random ones"
        ) from error
    origin = "none" if weights == "none" else own
    if checkpoint is not None:
        if classes := _classes_of(checkpoint.state_for(net).weights, net):
            net = timm.create_model(own, num_classes=classes).eval()
        origin = checkpoint.load_into(net)
    config: dict[str, Any] = timm.data.resolve_model_data_config(net)  # type: ignore[attr-defined, no-untyped-call]
    return Model(net, Preprocess.of_transforms(config), name, weights=origin)


SOURCES: dict[str, Callable[[str, str], Model]] = {"shapes": _from_shapes, "timm:": _from_timm}
"""Networks that are not torchvision's, by name or prefix."""
