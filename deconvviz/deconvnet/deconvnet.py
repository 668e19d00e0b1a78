"""`DeconvNet`: a network with its mirror attached, as Figure 1 of Zeiler & Fergus 2014 draws it."""

from collections.abc import Iterable, Iterator, Sequence
from copy import copy
from dataclasses import replace
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from ..arguments import one_of, takes, whole
from ..errors import DeconvvizError, UnsuitableInput
from ..images import ImageSource, Preprocess, a_preprocess, as_batch, one_by_one, read_by_shape
from ..machine import PRECISIONS, pick_precision
from ..mirror import LayerNames, Layers, Method, Recording, describe, some_layers
from ..network import Model, between_captures, on_device
from .ascent import ascents
from .asked import a_network, a_rule, a_shape, an_input_shape, an_unpooling, parsed, single_units, some_units
from .classes import class_score
from .contributions import strongest_for
from .forward import record_whole
from .passes import Pass, located, maps_of, run
from .plan import plan
from .projecting import How, check_seeds, project_units
from .projection import Projection
from .projections import Projections
from .tables import Tables, no_shape, sample_of, unwrapped
from .units import Unit, image_of, images_of, strongest_images, strongest_maps


class DeconvNet:
    """The mirror of a network: Zeiler & Fergus 2014, §2.1 and Figure 1.

    `model`: a `Model` or any `nn.Module`; `preprocess`: how pictures become its input (a `Model` knows);
    `input_shape` (C, H, W): only needed to list the layers of a bare module before it has seen an image;
    `precision` of signals on the way down: "fp32", "bf16" (several times faster where the machine has matrix units for
    it, pictures look the same) or "auto". Switches, activations and ranking are always the network's own precision.
    `rule`: what a rectification does to a signal s: "deconvnet", max(s, 0), the paper's; "gradient", s where the unit
    below was active, and the true derivative everywhere (Simonyan et al. 2014); "guided", both (Springenberg et al.
    2014). `unpool`: where a pooling sends it: to the place of the maximum, by the "switches"; to the "centre" of its
    region; or "spread" over it in equal shares (the lattice of Mahendran & Vedaldi 2016).
    `device`: "cuda", "cpu", "auto" (the accelerator, if there is one), …: where to run; by default where the network
    is. If it is elsewhere it is not moved, a copy is: what training changes later is then not seen.
    The network is left as found: nothing of it is changed, also when an error is raised. Raises UnknownModel.

    `images`, wherever they are asked for: a path, a PIL image, an array (H, W, C) of uint8 or of floats in
    [0, 1], a uint8 tensor (C, H, W), or a list of these: pictures, which `preprocess` resizes and normalises; or a
    floating-point tensor (N, C, H, W), normalised already.
    """

    @takes(
        model=a_network,
        preprocess=a_preprocess,
        input_shape=an_input_shape,
        precision=one_of(PRECISIONS),
        rule=a_rule,
        unpool=an_unpooling,
    )
    def __init__(
        self,
        model: Model | nn.Module,
        preprocess: Preprocess | None = None,
        input_shape: tuple[int, int, int] | None = None,
        precision: str = "fp32",
        *,
        device: str | torch.device | None = None,
        rule: str = "deconvnet",
        unpool: str = "switches",
    ) -> None:
        if not isinstance(model, Model):
            model = Model(model, preprocess, type(model).__name__, weights="its own")
        self._original = unwrapped(model.net)
        self.net = self._original if device is None else on_device(self._original, device)
        self.model = model if self.net is self._original else replace(model, net=self.net)
        self.preprocess = preprocess or model.preprocess
        self.precision = precision
        self._input_shape = input_shape or (self.preprocess.usual_shape if self.preprocess else None)
        self._tables = Tables(self.net, self._original, Method(rule, unpool))

    @property
    def method(self) -> Method:
        """How signals go down: `method.rule` and `method.unpool`."""
        return self._tables.method

    def by(self, rule: str | None = None, unpool: str | None = None) -> "DeconvNet":
        """The same network with another way down, `rule` or `unpool` or both; what was captured of it is shared.

        Raises UnsuitableInput for rules that there are not.
        """
        method = Method(rule or self.method.rule, unpool or self.method.unpool)
        other = copy(self)
        other._tables = self._tables.by(method)
        return other

    @property
    def _precision(self) -> torch.dtype:
        with between_captures():
            own = sample_of(self.net)
        return pick_precision(self.precision, own.device, own.dtype)

    @property
    def signal_precision(self) -> str:
        """The precision of signals on the way down: "float32", "bfloat16", …"""
        return str(self._precision).removeprefix("torch.")

    @property
    def place(self) -> str:
        """The device that the network runs on: "cpu", "cuda:0", …"""
        with between_captures():
            return str(sample_of(self.net).device)

    @property
    def layers(self) -> Layers:
        """The table of layers, in order, for the preprocessing's size, a square picture, or the first one seen.

        Raises UnsuitableInput for a bare module that has seen no image, UncapturableModel if `torch.export`
        cannot follow it.
        """
        if self._input_shape is None:
            raise no_shape(self.preprocess)
        return self.layers_for(self._input_shape)

    @takes(input_shape=a_shape)
    def layers_for(self, input_shape: Sequence[int]) -> Layers:
        """The table of layers for images of this shape (C, H, W); captured once and kept for the last few.

        What the network's forward can see of its Python state (attributes, hooks, modules) is looked at each time: once
        it has changed, the network is captured anew.
        """
        return self._tables.of(input_shape)

    @takes(layers=some_layers)
    def record(
        self,
        images: ImageSource | Sequence[ImageSource] | Tensor,
        layers: LayerNames,
        *,
        progress: bool = False,
    ) -> Recording:
        """One forward pass over the images, keeping what projections from these layers need: switches and gates (§2.1).

        `layers`: a name, an alias, a glob (`layer3.*`) or `all`, a module of the network that it runs once, or several
        of these. `progress`: show how many images are read. `strongest` and `project` take the result in place of
        images. Raises UnreadableImage, UnsuitableInput, UnknownLayer, and NoMirrorRule before
        any work if a call on the way down cannot be mirrored.
        """
        inputs, table = self._shown(images, progress)
        return record_whole(table, inputs, table.matching(layers))

    def _shown(self, images: Any, progress: bool) -> tuple[Tensor, Layers]:
        """Images, maybe recorded before, as one batch where the network is, and the table of its layers for them."""
        recorded = images.images if isinstance(images, Recording) else None
        inputs = as_batch(images, self.preprocess, progress) if recorded is None else recorded
        return inputs.to(self._sample()), self._table_seen(inputs.shape[1:])

    def _table_seen(self, input_shape: torch.Size) -> Layers:
        """The table of layers for images that the network is shown; a bare module learns its input from the first."""
        table = self.layers_for(input_shape)
        self._input_shape = self._input_shape or tuple(input_shape)  # type: ignore[assignment]
        return table

    @takes(layer=some_layers, k=whole(1))
    def strongest(
        self, images: Any, layer: LayerNames, k: int = 9, *, for_class: str | int | None = None, progress: bool = False
    ) -> list[Unit]:
        """For each image, the k feature maps of `layer` with the highest peak, strongest first.

        Units with image, position and activation, after rectification; N·k of them for N images. `layer`: as for
        `record`; of several layers the units come layer by layer, in the order of asking, those of a glob from shallow
        to deep. `progress`: show how many images are read. Raises what `record` raises.

        `for_class`, a name, a part of one, or a number: those that contribute most to the score of that class, most
        first: at most k, as none is given that contributes nothing or speaks against it. A `contribution` is the
        activation times the gradient at it of the class's logit, which softmax reads (its mean, where it is a map);
        each feature map is taken at the position that contributes most. Raises UnknownClass too, and UnknownLayer for
        a layer that has no part in the score.
        """
        if for_class is not None:
            inputs, table = self._shown(images, progress)
            score = class_score(table, self.model.categories, for_class)
            return strongest_for(table, inputs, table.matching(layer), score, k)
        return [unit for name, maps in self._maps(images, layer, progress) for unit in strongest_maps(maps, name, k)]

    @takes(layer=some_layers, k=whole(1))
    def strongest_images(
        self, images: Any, layer: LayerNames, k: int = 9, *, progress: bool = False
    ) -> list[list[Unit]]:
        """For each feature map of `layer`, its peaks in the k images that excite it most, strongest first.

        One list for each feature map, of k units, or of N if there are fewer images; `layer`, the order of several, and
        `progress`, as for `strongest`. Raises what `record` raises.
        """
        return [
            units for name, maps in self._maps(images, layer, progress) for units in strongest_images(maps, name, k)
        ]

    @takes(units=some_units)
    def project(
        self,
        images: Any,
        units: Unit | str | Iterable[Unit | str],
        *,
        seeds: Tensor | None = None,
        progress: bool = False,
    ) -> Projections:
        """Project each unit to pixel space (§2.1: unpool, rectify, filter); the result is in the order of `units`.

        `units`: `Unit`s, or texts as in `conv4:17@3,5`. A unit without a position is taken at its feature map's
        strongest one, `conv4:17@*` at each of them; one without an image (`conv4:17`, not `conv4:17#2`) in each of
        the images; `conv*:17` is one unit of each layer that matches: layer by layer, in each image by image, in each
        position by position. `seeds` (N, C), for N units of layers with C feature maps: what stands on all of these at
        each unit's place, instead of the unit's activation alone. `progress`: show how many are made. Raises
        UnreadableImage, UnsuitableInput, UnknownLayer, UnknownUnit, NoMirrorRule, each before any projection is made.
        """
        source = self._source(images)
        each = parsed(units)  # type: ignore[arg-type]  # `takes` made several of one
        asked = list(single_units(each, len(source), partial(self._table_of, source)))
        check_seeds(seeds, asked, partial(self._table_of, source))
        with tqdm(total=len(asked), unit="projection", disable=not progress) as bar:
            return Projections(self._stream(source, asked, max(len(asked), 1), bar, seeds))

    @takes(units=some_units, ahead=whole(1))
    def stream(
        self, images: Any, units: Iterable[Unit | str], ahead: int = 256, *, progress: bool = False
    ) -> Iterator[Projection]:
        """The same as `project`, one projection after the other: for more units than memory holds.

        `images`: as for `project`; a sequence of paths (or of anything else that is an image) is read as it is needed.
        `ahead`: how many units are taken together, which share images, windows and weights; so many projections are
        held at a time. Units of one image, or of one layer, are best kept together. What `project` raises at once is
        raised here when the unit's turn comes. `progress`: as there.
        """
        source = self._source(images)
        asked = single_units(parsed(units), len(source), partial(self._table_of, source))
        with tqdm(unit="projection", disable=not progress) as bar:
            yield from self._stream(source, asked, ahead, bar)

    def _stream(
        self,
        source: Recording | Sequence[Any],
        asked: Iterable[Unit],
        ahead: int,
        bar: Any,
        seeds: Tensor | None = None,
    ) -> Iterator[Projection]:
        """Projections of units that stand for one each; `bar` is told how many are made."""
        how = How(self._precision, self.preprocess, self.model.categories)
        return project_units(partial(self._passes, source), asked, ahead, how, bar.update, seeds)

    def _source(self, images: Any) -> Recording | Sequence[Any]:
        """The images one by one, or recorded already."""
        return images if isinstance(images, Recording) else one_by_one(images, self.preprocess)

    def _table_of(self, source: Recording | Sequence[Any], unit: Unit) -> Layers:
        """The table of layers for a unit's image; any will do that has its names, unless positions are counted."""
        if isinstance(source, Recording):
            return self._tables.recorded(source)
        if self._input_shape is not None and not unit.everywhere:
            return self.layers
        return self.layers_for(as_batch(source[image_of(unit)], self.preprocess).shape[1:])

    def _passes(self, source: Recording | Sequence[Any], asked: Sequence[Unit]) -> Iterator[Pass]:
        """Forward passes that serve all the units: planned for images of one shape at a time, then run."""
        wanted = images_of(asked, len(source))
        units = dict(enumerate(asked))
        if isinstance(source, Recording):
            table = self._tables.recorded_for(source)
            yield from located(table, source, units, dict(enumerate(source.images)))
            return
        for images in read_by_shape(source, wanted, self.preprocess):
            table = self._table_seen(next(iter(images.values())).shape)
            some = {number: unit for number, unit in units.items() if unit.image in images}
            ways = ascents(table, [unit.layer for unit in some.values()])
            for forward in plan(ways, some).passes:
                yield from run(forward, table, images, self._sample())

    def _sample(self) -> Tensor:
        """A tensor of the network's device and dtype. Raises UnsuitableInput on the meta device."""
        with between_captures():
            sample = sample_of(self.net)
        if sample.is_meta:
            raise UnsuitableInput(f"{self.model.name} is on the meta device: it has shapes but no values; load weights")
        return sample

    def _maps(self, images: Any, layer: LayerNames, progress: bool) -> list[tuple[str, Tensor]]:
        """The layers asked for, with their maps (N, C, H, W) or (N, C), channels first."""
        recording = images if isinstance(images, Recording) else self.record(images, layer, progress=progress)
        table = self._tables.recorded(recording)
        return [(name, maps_of(table, recording, name)) for name in table.matching(layer)]

    def __repr__(self) -> str:
        """Each layer and its counterpart in the mirror, with both shapes."""
        if self._input_shape is None:
            return f"DeconvNet({type(self.net).__name__}; has seen no image yet)"
        try:
            return f"DeconvNet({type(self.net).__name__})\n" + describe(self.layers)
        except DeconvvizError as error:  # showing an object must not fail
            return f"DeconvNet({type(self.net).__name__}; {error})"
