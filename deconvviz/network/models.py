"""Where networks come from: torchvision, the embedded `shapes`, timm, or a factory in your own file.

Names follow torchvision exactly, and so do its weights. One function for each source.
"""

import contextlib
import importlib.util
import os
import pickle
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.error import URLError

import torch
import torchvision
from torch import Tensor, nn

from .. import shapes
from ..errors import UnknownModel, UnusableWeights, nearest, one_line
from ..images import Preprocess

DEFAULT_MODEL = "squeezenet1_1"


@dataclass(frozen=True, eq=False)
class Model:
    """A network with what is needed to use it on pictures.

    `net` in evaluation mode; `preprocess`, or None if it is not known; `categories`: the names of its
    classes, or () if there are none; `weights`: where they came from ("none": random); `load`: name
    and weights for `load_model`, by which an index finds the network again, or None.
    """

    net: nn.Module
    preprocess: Preprocess | None
    name: str
    categories: Sequence[str] = ()
    weights: str = "none"
    load: tuple[str, str] | None = None

    def __repr__(self) -> str:
        return f"Model({self.name!r}, weights={self.weights!r}, {len(self.categories)} categories)"


def load_model(name: str = DEFAULT_MODEL, weights: str | os.PathLike[str] = "DEFAULT") -> Model:
    """Load a network by name.

    `name`: one of torchvision's classification or segmentation networks, `shapes`, `timm:NAME` (with the
    extra `[timm]`), or `FILE.py:factory` (a function without arguments that returns an `nn.Module` or a
    `Model`; runs that file). `weights`: `DEFAULT`, a name of
    torchvision's, `none` for random ones, or a file with a state dict. Raises UnknownModel, UnusableWeights.
    """
    prefix = "timm:" if name.startswith("timm:") else name
    source = _from_file if ".py:" in name or name.endswith(".py") else SOURCES.get(prefix, _from_torchvision)
    again = None if weights == "none" else from_anywhere(name, str(weights))
    return replace(source(name, str(weights)), load=again)


def from_anywhere(name: str, weights: str) -> tuple[str, str]:
    """The same arguments for `load_model`, with files named so that they are found from any folder.

    >>> from_anywhere("vgg16", "DEFAULT")
    ('vgg16', 'DEFAULT')
    """
    own = ".py:" in name or name.endswith(".py")
    state = weights not in ("DEFAULT", "none") and os.path.isfile(weights)
    return os.path.abspath(name) if own else name, os.path.abspath(weights) if state else weights


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
    if weights != "none" and not Path(weights).exists():
        names = ", ".join(["DEFAULT", "none", *(w.name for w in known)])
        raise UnusableWeights(f"{name} has no weights {weights!r}, and there is no such file; possible: {names}")
    if weights == "none":
        net = torchvision.models.get_model(name, weights=None, **_without_download(name))
        return Model(net.eval(), preprocess, name, categories)
    state = read_weights(weights)
    net = torchvision.models.get_model(name, weights=None, **_without_download(name, state), **_classes_of(state, name))
    fit_weights(net, state, weights)
    fitting = categories if _last_size(net) == len(categories) else ()
    return Model(net.eval(), preprocess, name, fitting, Path(weights).name)


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


def _last_size(net: nn.Module) -> int:
    """The number of classes, by the last layer with weights."""
    last = [p for p in net.parameters() if p.ndim >= 2]
    return len(last[-1]) if last else 0


def _classes_of(state: dict[str, Tensor], name: str) -> dict[str, int]:
    """A checkpoint with another number of classes than ImageNet's 1000 says so by its last layer."""
    last = [t for t in state.values() if isinstance(t, Tensor) and t.ndim >= 2]
    reference = torchvision.models.get_model(name, weights=None, **_without_download(name, state)).state_dict()
    names = [n for n, t in reference.items() if t.ndim >= 2]
    if not last or not names or names[-1] not in state or len(state[names[-1]]) == len(reference[names[-1]]):
        return {}
    return {"num_classes": len(state[names[-1]])}


def _download(name: str, chosen: Any) -> nn.Module:
    try:
        return torchvision.models.get_model(name, weights=chosen)  # type: ignore[no-any-return]
    except (URLError, OSError, RuntimeError) as error:
        raise UnusableWeights(
            f"the weights of {name} cannot be downloaded ({one_line(error)}); give a local file with "
            "--weights FILE, or use --model shapes, which needs no download"
        ) from error


def _from_shapes(name: str, weights: str) -> Model:
    net, origin = shapes.network(trained=weights == "DEFAULT"), weights
    if weights not in ("DEFAULT", "none"):
        if not Path(weights).exists():
            raise UnusableWeights(
                f"{name} has no weights {weights!r}, and there is no such file; possible: DEFAULT, none"
            )
        fit_weights(net, read_weights(weights), weights)
        origin = Path(weights).name
    preprocess = Preprocess(shapes.SIZE, shapes.MEAN, shapes.STD)
    return Model(net, preprocess, name, shapes.CLASSES, "embedded" if weights == "DEFAULT" else origin)


def _from_file(name: str, weights: str) -> Model:
    """`FILE.py:factory`: import the file under a name of its own and call the factory."""
    path, _, factory = name.rpartition(":") if ".py:" in name else (name, "", "")
    if not factory:
        raise UnknownModel(f"{name}: which function makes the network? write {name}:FACTORY")
    if not Path(path).is_file():
        raise UnknownModel(f"{name}: there is no file {path}; write FILE.py:FACTORY")
    spec = importlib.util.spec_from_file_location(f"deconvviz_model_{Path(path).stem}", path)
    assert spec is not None
    assert spec.loader is not None  # a .py file has one
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    try:
        with contextlib.redirect_stdout(sys.stderr):  # stdout is for paths and JSON
            spec.loader.exec_module(module)
            make = getattr(module, factory, None)
            made = make() if callable(make) else None
    except (Exception, SystemExit) as error:  # whatever the user's own code raises
        raise UnknownModel(f"{name}: {type(error).__name__} in that file: {one_line(error)}") from error
    if not isinstance(made, nn.Module | Model):
        functions = [n for n, v in vars(module).items() if callable(v) and getattr(v, "__module__", "") == spec.name]
        what = f"gives a {type(made).__name__}, not an nn.Module" if callable(make) else "is not a function there"
        raise UnknownModel(f"{name}: {factory!r} {what}; {nearest(factory, functions)}")
    model = made if isinstance(made, Model) else Model(made.eval(), None, name, weights="its own")
    if weights in ("DEFAULT", "none"):
        return model
    if not Path(weights).exists():
        raise UnusableWeights(f"{name}: there is no weights file {weights}")
    fit_weights(model.net, read_weights(weights), weights)
    return Model(model.net, model.preprocess, name, model.categories, Path(weights).name)


def _from_timm(name: str, weights: str) -> Model:
    """`timm:NAME`, with timm's own preprocessing; its weights come from its hub."""
    try:
        import timm
    except ImportError as error:
        raise UnknownModel(f"{name}: timm is not installed; pip install 'deconvviz[timm]'") from error
    own = name.removeprefix("timm:")
    if own.partition(".")[0] not in timm.list_models():
        raise UnknownModel(f"timm has no network {own!r}; {nearest(own, timm.list_models())}")
    try:
        net = timm.create_model(own, pretrained=weights == "DEFAULT").eval()
    except Exception as error:  # its hub raises many kinds without a network
        raise UnusableWeights(
            f"the weights of {name} cannot be had ({one_line(error)}); give a local file with --weights FILE, "
            "or --weights none for random ones"
        ) from error
    config: dict[str, Any] = timm.data.resolve_model_data_config(net)  # type: ignore[attr-defined, no-untyped-call]
    _, *size = config["input_size"]
    preprocess = Preprocess(
        size=(size[0], size[1]),
        mean=tuple(config["mean"]),
        std=tuple(config["std"]),
        resize=int(size[0] / config["crop_pct"]),
        interpolation=config["interpolation"],
    )
    if weights in ("DEFAULT", "none"):
        return Model(net, preprocess, name, weights="none" if weights == "none" else own)
    if not Path(weights).exists():
        raise UnusableWeights(f"{name}: there is no weights file {weights}; possible: DEFAULT, none, FILE")
    fit_weights(net, read_weights(weights), weights)
    return Model(net, preprocess, name, weights=Path(weights).name)


SOURCES: dict[str, Callable[[str, str], Model]] = {"shapes": _from_shapes, "timm:": _from_timm}
"""Networks that are not torchvision's, by name or prefix."""


def read_weights(path: str | os.PathLike[str]) -> dict[str, Tensor]:
    """The state dict in a file; wrappers (`state_dict`, `model`) and `module.` prefixes are taken off.

    Only tensors are read: a pickle that wants to run code is refused. Raises UnusableWeights.
    """
    if Path(path).is_dir():
        raise UnusableWeights(f"{path}: is a folder; name the file with the state dict in it")
    try:
        loaded = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise UnusableWeights(
            f"{path}: refused, it holds more than tensors (it could run code on loading); save model.state_dict()"
        ) from error
    except Exception as error:  # torch.load raises many kinds for files that are no checkpoint
        raise UnusableWeights(f"{path}: is no PyTorch checkpoint ({one_line(error)})") from error
    for wrapper in ("state_dict", "model"):
        if isinstance(loaded, dict) and isinstance(loaded.get(wrapper), dict):
            loaded = loaded[wrapper]
    if not isinstance(loaded, dict) or not any(isinstance(v, Tensor) for v in loaded.values()):
        raise UnusableWeights(f"{path}: holds no state dict (a dict of tensors); save model.state_dict()")
    return {str(k).removeprefix("module."): v for k, v in loaded.items() if isinstance(v, Tensor)}


def fit_weights(net: nn.Module, state: dict[str, Tensor], origin: str | os.PathLike[str]) -> None:
    """Load a state dict; if it does not fit exactly, nothing is loaded and UnusableWeights lists why."""
    own = net.state_dict()
    optional = {n for n in own if n.endswith("num_batches_tracked")}
    missing = [n for n in own if n not in state and n not in optional]
    unknown = [n for n in state if n not in own]
    shapes_differ = [
        f"{n} {tuple(state[n].shape)} instead of {tuple(own[n].shape)}"
        for n in own
        if n in state and state[n].shape != own[n].shape
    ]
    problems = [
        f"{len(names)} {what} ({', '.join(names[:3])}{', …' if len(names) > 3 else ''})"
        for what, names in (("missing", missing), ("unknown", unknown), ("of another shape", shapes_differ))
        if names
    ]
    if problems:
        raise UnusableWeights(f"{origin} does not fit {type(net).__name__}: {'; '.join(problems)}")
    net.load_state_dict(state, strict=False)
