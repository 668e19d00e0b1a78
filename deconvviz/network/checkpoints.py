"""Checkpoints: the state dicts in a file, however they are wrapped, and the one that is a network's.

No list of wrappers is needed: every dict in the file counts (`model_state_dict`, `ema`, …), and in it the names below
every prefix (`module.`, `_orig_mod.`, a Lightning module's own); the network's names tell which of them is meant.
"""

import argparse
import os
import pickle
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from ..errors import UnusableWeights, nearest, one_line
from .safetensors import is_safetensors, read_safetensors

DEEPEST = 4
"""How many dicts a state dict may lie in."""

INERT: list[Any] = [argparse.Namespace]
"""What training scripts put beside tensors, torchvision's own among them, and what runs no code when it is loaded."""


@dataclass(frozen=True, eq=False)
class State:
    """A state dict of a checkpoint.

    `weights` by the network's names; `place`: the way to it in the file, wrappers and prefix, as in
    `model_ema.module`; `misfits`: what keeps it from being the network's; `rank`: how well it fits.
    """

    place: str
    weights: Mapping[str, Tensor]
    misfits: tuple[str, ...]
    rank: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class Checkpoint:
    """All state dicts of a `file`: `states`, by the names of the dicts that they lie in; `asked`: which one, or ""."""

    file: Path
    states: Mapping[str, Mapping[str, Tensor]]
    asked: str

    def state_for(self, net: nn.Module) -> State:
        """The state dict that fits best; of equal ones that which is no moving average, then the first.

        Raises UnusableWeights if there is none at the place asked for.
        """
        return self._ranked(net)[0]

    def load_into(self, net: nn.Module) -> str:
        """Load the weights into the network; returns what they are called: the file, and the place if others fit too.

        If they do not fit exactly, nothing is loaded, and UnusableWeights lists why.
        """
        best, *others = self._ranked(net)
        if best.misfits:
            at = f" (its {best.place})" if best.place else ""
            raise UnusableWeights(f"{self.file}{at} does not fit {type(net).__name__}: {'; '.join(best.misfits)}")
        try:
            net.load_state_dict(dict(best.weights), strict=False)
        except (RuntimeError, TypeError) as error:
            raise UnusableWeights(
                f"{self.file} cannot be loaded into {type(net).__name__} ({one_line(error)})"
            ) from error
        choice = self.asked or any(not other.misfits for other in others)
        return f"{self.file.name}:{best.place}" if choice and best.place else self.file.name

    def _ranked(self, net: nn.Module) -> list[State]:
        own = {name: tensor for name, tensor in net.state_dict().items() if isinstance(tensor, Tensor)}
        found = [
            _compared(".".join(filter(None, (place, prefix.rstrip(".")))), prefix, state, own)
            for place, state in self.states.items()
            for prefix in _prefixes(state, own)
        ]
        if self.asked:
            places = [state.place for state in found]
            found = [s for s in found if s.place == self.asked or s.place.startswith(f"{self.asked}.")]
            if not found:
                raise UnusableWeights(f"{self.file}: holds no state dict {self.asked!r}; {nearest(self.asked, places)}")
        return sorted(found, key=lambda state: state.rank)


def split_place(weights: str) -> tuple[str, str]:
    """`FILE` or `FILE:PLACE` as file and place; a file that has a colon in its name goes before.

    >>> split_place("no/such.pth:model_ema")
    ('no/such.pth:model_ema', '')
    """
    file, colon, place = weights.rpartition(":")
    return (file, place) if colon and not os.path.exists(weights) and os.path.exists(file) else (weights, "")


def read_checkpoint(weights: str) -> Checkpoint:
    """All state dicts of `FILE`, or those at `FILE:PLACE`; PyTorch's or safetensors'.

    Only tensors are read: a pickle that wants to run code is refused. Raises UnusableWeights.
    """
    file, asked = split_place(weights)
    path = Path(file)
    states = dict(_states(_content(path), ""))
    if not states:
        raise UnusableWeights(f"{path}: holds no state dict (a dict of tensors); save model.state_dict()")
    return Checkpoint(path, states, asked)


def _content(path: Path) -> Any:
    if path.is_dir():
        raise UnusableWeights(f"{path}: is a folder; name the file with the state dict in it")
    if not path.is_file():
        raise UnusableWeights(f"{path}: is no regular file, and cannot be read as weights")
    try:
        if is_safetensors(path):
            return read_safetensors(path)
        with torch.serialization.safe_globals(INERT), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of pickles that torch.save has not written
            return torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        named = re.search(r"GLOBAL ([\w.]+)", str(error))
        if not named:
            raise UnusableWeights(f"{path}: is no PyTorch checkpoint that holds tensors alone") from error
        raise UnusableWeights(
            f"{path}: refused, it holds {named[1]} beside tensors (it could run code on loading); "
            "save model.state_dict()"
        ) from error
    except Exception as error:  # torch.load raises many kinds for files that are no checkpoint
        raise UnusableWeights(f"{path}: is no PyTorch checkpoint ({one_line(error)})") from error


def _states(content: Any, place: str, depth: int = 0) -> Iterator[tuple[str, dict[str, Tensor]]]:
    """Every dict with tensors in it, by where it lies; the outermost first."""
    if not isinstance(content, Mapping) or depth > DEEPEST:
        return
    tensors = {name: value for name, value in content.items() if isinstance(name, str) and isinstance(value, Tensor)}
    if tensors:
        yield place, tensors
    for name, value in content.items():
        if isinstance(name, str):
            yield from _states(value, f"{place}.{name}" if place else name, depth + 1)


def _prefixes(state: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> list[str]:
    """What the network's names may have before them in a state dict: those prefixes with the most of its names."""
    counts = Counter[str]()
    for name in state:
        starts = [0, *(dot.end() for dot in re.finditer(r"\.", name))]
        counts.update(name[:start] for start in starts if name[start:] in own)
    most = max(counts.values(), default=0)
    return [prefix for prefix, count in counts.items() if count == most] or [""]


def _compared(place: str, prefix: str, state: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> State:
    """The part of a state dict below a prefix, compared with the network's own."""
    weights = {name.removeprefix(prefix): tensor for name, tensor in state.items() if name.startswith(prefix)}
    common = [name for name in own if name in weights]
    missing = [name for name in own if name not in weights and not name.endswith("num_batches_tracked")]
    unknown = [name for name in weights if name not in own]
    kinds = {name: kind for name in common if (kind := _other_kind(weights[name], own[name]))}
    other_kind = [f"{name} {kind}" for name, kind in kinds.items()]
    other_shape = [
        f"{name} {tuple(weights[name].shape)} instead of {tuple(own[name].shape)}"
        for name in common
        if name not in kinds and not is_lazy(own[name]) and weights[name].shape != own[name].shape
    ]
    misfits = [
        f"{len(names)} {what} ({', '.join(names[:3])}{', …' if len(names) > 3 else ''})"
        for what, names in (
            ("missing", missing),
            ("unknown", unknown),
            ("of another shape", other_shape),
            ("of another kind", other_kind),
        )
        if names
    ]
    close = nearest(missing[0], unknown) if missing and unknown else ""
    if close.startswith("nearest"):
        misfits.append(close.replace("nearest", f"nearest to {missing[0]}", 1))
    average = "ema" in re.split(r"[\W_]+", place.lower())
    rank = (len(misfits) > 0, -len(common), len(other_shape) + len(other_kind), len(unknown), average)
    return State(place, weights, tuple(misfits), rank)


def _other_kind(tensor: Tensor, own: Tensor) -> str:
    """What keeps the values of a tensor from being weights: "" if nothing does."""
    if tensor.is_meta or tensor.is_nested:
        return "without values" if tensor.is_meta else "nested"
    if tensor.is_quantized or tensor.layout != torch.strided:
        return "quantised" if tensor.is_quantized else str(tensor.layout).removeprefix("torch.")
    if own.is_floating_point() and not tensor.is_floating_point():
        return str(tensor.dtype).removeprefix("torch.")
    return ""
