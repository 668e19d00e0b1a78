"""What a scan is: all that its result depends on, written down so that nothing else is ever mixed with it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn

from ..errors import UnusableIndex
from ..images import Preprocess

SCHEMA = 1
NAME = "manifest.json"

BESIDE = ("roots", "load", "categories", "scores")
"""What a manifest says beside what the result depends on."""


@dataclass(frozen=True)
class Scanned:
    """A layer of an index: what it is called, and where its feature maps are among those of all layers.

    `read_at`: the layer whose output was read; `names`: all that it may be asked for by; `channels`
    feature maps of `size` (rows, columns), None for a vector; `pieces`: (first, count) of each run of maps
    in the arrays of the index: several where a layer only lines up the maps of others.
    """

    read_at: str
    names: tuple[str, ...]
    channels: int
    size: tuple[int, int] | None
    pieces: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Manifest:
    """One scan.

    `images` many, by `fingerprint`; `layers` in order, with `channels` feature maps in all; the `top` images of
    each kept; `batch` images run together; `part` images make a part; `quantiles`: whether images from the middle of
    each map's range are kept, too. `weights` is a hash of their values.
    Not part of its identity: `roots` (the folders' places), `load` (name and weights for `load_model`), and
    `categories`, the names of classes, with `scores`: where the layers are read whose feature maps are these.
    """

    model: str
    weights: str
    preprocess: dict[str, Any] | None
    device: str
    images: int
    fingerprint: str
    layers: tuple[Scanned, ...]
    top: int
    batch: int
    part: int
    roots: tuple[str, ...] = field(compare=False)
    load: tuple[str, str] | None = field(compare=False, default=None)
    categories: tuple[str, ...] = field(compare=False, default=())
    scores: tuple[str, ...] = field(compare=False, default=())
    quantiles: bool = False

    @property
    def channels(self) -> int:
        """Feature maps in the arrays."""
        return max(first + count for layer in self.layers for first, count in layer.pieces)

    @property
    def parts(self) -> int:
        """How many parts there are."""
        return -(-self.images // self.part)

    def range_of(self, part: int) -> range:
        """The numbers of the images in a part."""
        return range(part * self.part, min((part + 1) * self.part, self.images))

    def as_preprocess(self) -> Preprocess | None:
        """How pictures became the network's input."""
        facts = self.preprocess
        return None if facts is None else Preprocess(**{name: _tuples(value) for name, value in facts.items()})

    @property
    def identity(self) -> str:
        """A hash of all that the result depends on."""
        return hashlib.sha256(json.dumps(self._facts(), sort_keys=True).encode()).hexdigest()

    def _facts(self) -> dict[str, Any]:
        facts = {name: value for name, value in asdict(self).items() if name not in BESIDE}
        if not self.quantiles:  # so that a scan without them is the one that 0.1 knew
            del facts["quantiles"]
        return {"schema_version": SCHEMA, **json.loads(json.dumps(facts))}

    def as_json(self) -> str:
        """The manifest's file."""
        everything = {**self._facts(), **{name: getattr(self, name) for name in BESIDE}, "identity": self.identity}
        return json.dumps(everything, indent=1) + "\n"

    def differences(self, other: "Manifest") -> list[str]:
        """What is not the same in another scan, in words: `top: 9 there, 4 now`."""
        mine, others = self._facts(), other._facts()
        return [
            f"{name}: {_said(name, mine.get(name, 'no'))} there, {_said(name, others.get(name, 'no'))} now"
            for name in {**mine, **others}
            if mine.get(name) != others.get(name)
        ]


def _said(name: str, value: Any) -> str:
    """A value in a word or two."""
    if name == "layers":
        return f"{len(value)} from {value[0]['names'][0]} to {value[-1]['names'][0]}"
    if name in ("fingerprint", "weights"):
        return str(value)[:8]
    return " ".join(f"{k}={v}" for k, v in value.items()) if isinstance(value, dict) else str(value)


def is_manifest(folder: Path) -> bool:
    """Whether the folder's manifest is that of a scan, of whatever version."""
    try:
        content = json.loads((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(content, dict) and {"schema_version", "identity"} <= set(content)


def read_manifest(folder: Path) -> Manifest:
    """The manifest of an index or of a scan not yet done; raises UnusableIndex."""
    path = folder / NAME
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["schema_version"] != SCHEMA:
            version = content["schema_version"]
            raise UnusableIndex(f"{path}: has schema version {version}, this deconvviz reads {SCHEMA}; scan again")
        return _from_json(content)
    except FileNotFoundError:
        raise UnusableIndex(f"{folder}: is no index (there is no {NAME}); make one with deconvviz scan") from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UnusableIndex(f"{path}: cannot be read as a manifest ({type(error).__name__}); scan again") from error


def _from_json(content: Mapping[str, Any]) -> Manifest:
    layers = tuple(
        Scanned(
            read_at=layer["read_at"],
            names=tuple(layer["names"]),
            channels=layer["channels"],
            size=tuple(layer["size"]) if layer["size"] else None,
            pieces=tuple((first, count) for first, count in layer["pieces"]),
        )
        for layer in content["layers"]
    )
    load = tuple(content["load"]) if content["load"] else None
    own = [name for name in Manifest.__dataclass_fields__ if name not in ("layers", "quantiles", *BESIDE)]
    facts = {name: content[name] for name in own}
    categories, scores = (tuple(map(str, content.get(name, ()))) for name in ("categories", "scores"))  # 0.1.0: none
    if any(layer.channels != len(categories) for layer in layers if layer.read_at in scores):
        raise ValueError("the classes are not as many as the feature maps that score them")
    return Manifest(
        **facts,
        layers=layers,
        roots=tuple(content["roots"]),
        load=load,
        categories=categories,
        scores=scores,
        quantiles=content.get("quantiles", False) is True,
    )


def _tuples(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def preprocess_facts(preprocess: Preprocess | None) -> dict[str, Any] | None:
    """A preprocessing as JSON holds it."""
    return None if preprocess is None else json.loads(json.dumps(asdict(preprocess)))


def hash_weights(net: nn.Module) -> str:
    """A hash of the values of all parameters and buffers, by name."""
    digest = hashlib.sha256()
    for name, tensor in sorted(net.state_dict().items()):
        if isinstance(tensor, torch.Tensor):
            flat = tensor.detach().cpu().contiguous().reshape(-1)
            digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
            digest.update(flat.view(torch.uint8).numpy().tobytes() if flat.numel() else b"")
    return digest.hexdigest()
