"""`DeconvNet`: a network with its mirror attached, as Figure 1 of Zeiler & Fergus 2014 draws it."""

import os
from collections.abc import Sequence
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn

from . import rules  # noqa: F401  (enters the mirror rules)
from .capture import capture
from .errors import UnknownModel, UnsuitableInput
from .images import ImageSource, Preprocess
from .layers import Layers
from .mirror import registered_modules, registrations
from .models import Model
from .projection import Projection, project_units
from .recording import Recording, record
from .units import Unit, locate, strongest_images, strongest_maps
from .walk import mirrored

WRAPPERS = (nn.DataParallel, nn.parallel.DistributedDataParallel)
"""Modules that only run another one."""


class DeconvNet:
    """The mirror of a network.

    `model`: a `Model` or any `nn.Module`; `preprocess`: how pictures become its input (a `Model` knows);
    `input_shape` (C, H, W): only needed to list the layers of a bare module before it has seen an image.
    The network is left as found: nothing of it is changed, also when an error is raised.
    """

    def __init__(
        self,
        model: Model | nn.Module,
        preprocess: Preprocess | None = None,
        input_shape: tuple[int, int, int] | None = None,
    ) -> None:
        if not isinstance(model, Model | nn.Module):
            raise UnknownModel(
                f"DeconvNet needs a network, not {model!r}; deconvviz.load_model(name) loads one by name"
            )
        if not isinstance(model, Model):
            model = Model(model, preprocess, type(model).__name__, weights="its own")
        self.model = model
        self.net = model.net.module if isinstance(model.net, WRAPPERS) else model.net
        self.preprocess = preprocess or model.preprocess
        self._input_shape = input_shape or (self.preprocess.usual_shape if self.preprocess else None)
        self._captured: dict[tuple[Any, ...], Layers] = {}

    @property
    def layers(self) -> Layers:
        """The table of layers, in order, for the preprocessing's size, a square picture, or the first one seen."""
        if self._input_shape is None:
            raise UnsuitableInput(
                "the layers of a bare module depend on its input: give DeconvNet(net, preprocess=…) "
                "or input_shape=(channels, height, width)"
            )
        return self.layers_for(self._input_shape)

    def layers_for(self, input_shape: Sequence[int]) -> Layers:
        """The table of layers for images of this shape (C, H, W); captured once and kept."""
        sample = _sample(self.net)
        modules = tuple(map(id, self.net.modules()))  # a layer may have been put in another's place
        key = (tuple(input_shape), sample.device, sample.dtype, registrations(), modules)
        if key not in self._captured:
            self._captured[key] = Layers(self.net, capture(self.net, input_shape, registered_modules()))
        return self._captured[key]

    def record(self, images: ImageSource | Sequence[ImageSource], layers: Sequence[str]) -> Recording:
        """One forward pass over the images, keeping what projections from these layers need.

        `strongest` and `project` take the result in place of images. Raises UnknownLayer, and NoMirrorRule
        before any work if a call on the way down cannot be mirrored.
        """
        inputs = self._inputs(images)
        table = self.layers_for(inputs.shape[1:])
        self._input_shape = self._input_shape or tuple(inputs.shape[1:])  # type: ignore[assignment]
        wanted = list(dict.fromkeys(table[name].read_at for name in layers))
        keepers = {
            call.name: rule.record for call, rule in mirrored(table.graph, wanted).items() if rule.record is not None
        }
        return record(table.graph, inputs, wanted, keepers)

    def strongest(self, images: Any, layer: str, k: int = 9) -> list[Unit]:
        """For each image, the k feature maps of `layer` with the highest peak, strongest first."""
        return strongest_maps(*self._maps(images, layer), k)

    def strongest_images(self, images: Any, layer: str, k: int = 9) -> list[list[Unit]]:
        """For each feature map of `layer`, its peaks in the k images that excite it most."""
        return strongest_images(*self._maps(images, layer), k)

    def project(self, images: Any, units: Unit | str | Sequence[Unit | str]) -> list[Projection]:
        """Project each unit to pixel space; the result is in the order of `units`.

        A unit without a position is taken at its feature map's strongest one. Raises UnknownLayer,
        UnknownUnit, NoMirrorRule, each before any projection is made.
        """
        given = [units] if isinstance(units, str | Unit) else units
        asked = [Unit.parse(unit) if isinstance(unit, str) else unit for unit in given]
        if not asked:
            return []
        recording = self._recorded(images, [unit.layer for unit in asked])
        table = self.layers_for(recording.graph.input_shape)
        located = [locate(u, self._channel_first(recording, u.layer)) for u in asked]
        projections: dict[int, Projection] = {}
        for layer in dict.fromkeys(unit.layer for unit in located):
            numbers = [n for n, unit in enumerate(located) if unit.layer == layer]
            for some in _batches(numbers, 16):
                walked = project_units(table, recording, layer, [located[n] for n in some], self.preprocess)
                projections.update(zip(some, walked, strict=True))
        return [projections[n] for n in range(len(located))]

    def _inputs(self, images: Any) -> Tensor:
        sample = _sample(self.net)
        if sample.is_meta:
            raise UnsuitableInput(f"{self.model.name} is on the meta device: it has shapes but no values; load weights")
        if isinstance(images, Tensor):
            batch = images[None] if images.ndim == 3 else images
        else:
            sources = list(images) if isinstance(images, list | tuple) else [images]
            for source in sources:
                if not isinstance(source, str | os.PathLike | Image.Image):
                    raise UnsuitableInput(
                        f"an image is a path, a PIL image or a tensor (N, C, H, W), not {type(source).__name__}; "
                        "turn arrays into PIL images (Image.fromarray) or into normalised tensors"
                    )
            if self.preprocess is None:
                raise UnsuitableInput(
                    "pictures need a preprocessing: give DeconvNet(net, preprocess=Preprocess(size, mean, std)), "
                    "or a tensor (N, C, H, W) that you have normalised yourself"
                )
            tensors = [self.preprocess(source) for source in sources]
            if len({tensor.shape for tensor in tensors}) > 1:
                raise UnsuitableInput(
                    "the pictures have different sizes and this preprocessing keeps them: give them one by one, "
                    "or a Preprocess with a size"
                )
            batch = torch.stack(tensors) if tensors else torch.zeros(0, 0, 0, 0)
        if batch.ndim != 4 or not batch.is_floating_point():
            raise UnsuitableInput(
                f"a tensor of images must be floating point (N, C, H, W), already normalised; "
                f"this one is {batch.dtype} {tuple(batch.shape)}"
            )
        if len(batch) == 0:
            raise UnsuitableInput("there is no image to look at: the batch is empty")
        return batch.to(sample.device, sample.dtype)

    def _recorded(self, images: Any, layers: Sequence[str]) -> Recording:
        if not isinstance(images, Recording):
            return self.record(images, layers)
        table = self.layers_for(images.graph.input_shape)
        for name in layers:
            if table[name].read_at not in images.maps:
                raise UnsuitableInput(
                    f"this recording has no maps of {name}; record it with dv.record(images, [{name!r}, …])"
                )
        return images

    def _channel_first(self, recording: Recording, layer: str) -> Tensor:
        table = self.layers_for(recording.graph.input_shape)
        read_at = table[layer].read_at
        return recording.maps[read_at].movedim(table.channel_dimension(read_at), 1)

    def _maps(self, images: Any, layer: str) -> tuple[Tensor, str]:
        recording = self._recorded(images, [layer])
        return self._channel_first(recording, layer), layer

    def __repr__(self) -> str:
        """Each layer and its counterpart in the mirror, with both shapes."""
        if self._input_shape is None:
            return f"DeconvNet({type(self.net).__name__}; has seen no image yet)"
        return f"DeconvNet({type(self.net).__name__})\n" + describe(self.layers)


def describe(table: Layers) -> str:
    """The mirror as text: each call, its output's shape, its counterpart, and the shape that gives."""
    rows = []
    for name, layer in table.items():
        call = table.graph.by_name[name]
        up, down = (
            "×".join(map(str, shape)) for shape in (call.shape or (), call.input_shapes[0] if call.input_shapes else ())
        )
        rows.append((name, layer.kind, up, layer.mirror or "no mirror rule", down))
    width = [max((len(row[n]) for row in rows), default=0) for n in range(5)]
    return "\n".join(
        f"  {a:<{width[0]}}  {b:<{width[1]}} → {c:<{width[2]}}   {d:<{width[3]}} → {e}" for a, b, c, d, e in rows
    )


def _sample(net: nn.Module) -> Tensor:
    """A tensor of the network's own device and dtype."""
    own = (t for t in (*net.parameters(), *net.buffers()) if t.is_floating_point())
    return next(own, torch.zeros(0))


def _batches(numbers: list[int], size: int) -> list[list[int]]:
    return [numbers[start : start + size] for start in range(0, len(numbers), size)]
