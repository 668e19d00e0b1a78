"""What is done with each part of a scan: a network, images, and the layers to watch."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import torch
from torch import Tensor, nn

from ..deconvnet import DeconvNet, sample_of
from ..errors import DeconvvizError, UnreadableImage, UnsuitableInput, one_line
from ..images import AnyImages, printable
from ..mirror import Layers
from ..network import between_captures
from .manifest import Manifest, hash_weights, preprocess_facts
from .part import Skipped
from .selection import select
from .watch import Forward, Watch

LEAST, MOST, PARTS = 8, 64, 10_000
"""Batches in a part: few parts cost less, many lose less when stopped. And never more parts than the last says."""

Read = Tensor | Exception


def part_size(images: int, batch: int) -> int:
    """Images in a part: whole batches.

    >>> [part_size(images, 16) for images in (200, 50_000, 1_300_000, 1_000_000_000)]
    [128, 784, 1024, 100000]
    """
    batches = max(LEAST, min(MOST, -(-images // (MOST * batch))))
    return batch * max(batches, -(-images // (PARTS * batch)))


@dataclass(frozen=True)
class Job:
    """What is done with each part: a network, images, and the layers to watch."""

    dv: DeconvNet
    images: AnyImages
    patterns: tuple[str | nn.Module, ...]
    strict: bool
    workers: int
    on_skip: Callable[[Skipped], object]

    @cached_property
    def sample(self) -> Tensor:
        """A tensor of the network's own device and dtype."""
        with between_captures():
            return sample_of(self.dv.net)

    @property
    def device(self) -> torch.device:
        """Where the network runs."""
        return self.sample.device

    @cached_property
    def table(self) -> Layers:
        """The layers, for the size that the preprocessing gives, or that of the first image that can be read."""
        if self.dv.preprocess is not None and self.dv.preprocess.usual_shape is not None:
            return self.dv.layers
        problem = None
        for number in range(len(self.images)):
            image = self.read(number)
            if isinstance(image, Tensor):
                return self.dv.layers_for(image.shape)
            problem = problem or image
        raise UnsuitableInput(f"none of the {len(self.images)} images could be read; the first: {problem}")

    @cached_property
    def channels(self) -> dict[str, int]:
        """The layers to watch."""
        return select(self.table, self.patterns)[0]

    @cached_property
    def forward(self) -> Forward:
        """The network as it runs, shared by all parts."""
        return Forward(self.channels)

    @cached_property
    def layout(self) -> torch.memory_format:
        """Channels last is up to twice as fast on CPUs. A network that needs the other order says so by an error."""
        if self.device.type != "cpu":
            return torch.contiguous_format
        watch = Watch(self.channels, 1, self.device)
        shape = (2, *self.table.graph.input_shape)
        try:
            zeros = torch.zeros(shape, dtype=self.sample.dtype).to(memory_format=torch.channels_last)
            watch.look(self.table, zeros, (None, None))
        except RuntimeError:
            return torch.contiguous_format
        return torch.channels_last

    def manifest(self, k: int, batch: int, load: tuple[str, str] | None, quantiles: bool = False) -> Manifest:
        """All that the result depends on, and what its feature maps are called."""
        layers, names = select(self.table, self.patterns)[1], self.dv.model.categories
        scores = tuple(layer.read_at for layer in layers if self.table.class_names(layer.read_at, names))
        return Manifest(
            model=self.dv.model.name,
            weights=hash_weights(self.dv.net),
            preprocess=preprocess_facts(self.dv.preprocess),
            device=self.device.type,
            images=len(self.images),
            fingerprint=self.images.fingerprint,
            layers=layers,
            top=k,
            batch=batch,
            part=part_size(len(self.images), batch),
            roots=self.images.roots,
            load=load,
            categories=tuple(names) if scores else (),
            scores=scores,
            quantiles=quantiles,
        )

    def table_for(self, shape: tuple[int, ...]) -> Layers:
        """The layers for images of another size; the last few are kept."""
        if shape == self.table.graph.input_shape:
            return self.table
        table = _other_table(self.dv, shape)
        if {name: table[name].channels for name in self.channels} != self.channels:
            usual = self.table.graph.input_shape
            raise UnsuitableInput(f"an image of {shape} gives other feature maps than one of {usual}")
        return table

    def read(self, number: int) -> Read:
        """An image, or why there is none."""
        try:
            return self.images.read(number, self.images.record(number), self.dv.preprocess)
        except Exception as error:  # hostile files make Pillow's plug-ins raise nearly anything
            return error

    def skipped(self, number: int, error: Exception) -> Skipped:
        """An image that could not be used, and why, on one line and without its folder; with `strict`, stop here."""
        record = self.images.record(number)
        whole = printable(os.path.join(self.images.roots[record.root], record.place))
        text = str(error) if isinstance(error, DeconvvizError) else f"{type(error).__name__} ({one_line(error)})"
        reason = printable(text).removeprefix(f"{whole}: ")
        if self.strict:
            raise UnreadableImage(f"{whole}: {reason}") from error
        return Skipped(number, printable(record.place), reason)


@lru_cache(maxsize=16)
def _other_table(dv: DeconvNet, shape: tuple[int, ...]) -> Layers:
    return DeconvNet(dv.model, dv.preprocess).layers_for(shape)


def look_at(job: Job, watch: Watch, batch: Sequence[int], images: Sequence[Read], size: int) -> dict[int, Exception]:
    """Run a batch, by image sizes if there are several; return the numbers that could not be used, with reasons.

    Images of one size are run `size` together: the place of one that cannot be read is filled with zeros, and
    so are those behind the last image. So no result depends on what else can be read, or comes later.
    """
    read = {n: image for n, image in zip(batch, images, strict=True) if isinstance(image, Tensor)}
    errors = {n: image for n, image in zip(batch, images, strict=True) if isinstance(image, Exception)}
    shapes = dict.fromkeys(tuple(image.shape) for image in read.values())
    for shape in shapes:
        places: list[int | None] = [n for n in read if tuple(read[n].shape) == shape]
        if len(shapes) == 1:
            places = [n if n in read else None for n in batch] + [None] * (size - len(batch))
        try:
            table, kind = job.table_for(shape), next(iter(read.values())).dtype
            inputs = torch.stack([torch.zeros(shape, dtype=kind) if n is None else read[n] for n in places])
            inputs = inputs.to(job.device, job.sample.dtype, memory_format=job.layout)
            bad = watch.look(table, inputs, places)
            errors |= {n: UnsuitableInput(reason) for n, reason in bad.items()}
        except DeconvvizError as error:
            errors |= {n: error for n in places if n is not None}
    return errors
