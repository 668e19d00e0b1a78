"""The strongest images of every feature map over a data set of any size: stopped, resumed, shared out.

The images are numbered in one order and cut into parts; a part is done by one process at a time, and its
file is all that is kept of it. Images are run in batches whose composition is fixed by their numbers, since
float32 results depend on it: so the result is the same however the parts are shared out.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from tqdm import tqdm

from ..deconvnet import DeconvNet
from ..errors import DeconvvizError, UnreadableImage, UnsuitableInput, one_line
from ..images import AnyImages, Records, find_images, printable
from ..mirror import Layers
from ..network import Model
from .index import Index
from .ledger import Ledger
from .manifest import Manifest, hash_weights, preprocess_facts
from .part import Part, Skipped
from .ranks import open_among, place_among_processes
from .reading import reading_ahead
from .selection import select
from .watch import Forward, Watch

BATCH_CPU, BATCH_ELSE = 16, 64
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


def scan(
    model: Model | nn.Module | DeconvNet,
    images: Any,
    layers: str | Sequence[str] = (),
    k: int = 9,
    out: str | os.PathLike[str] = "index",
    *,
    batch_size: int | None = None,
    workers: int | None = None,
    shard: tuple[int, int] | None = None,
    strict: bool = False,
    force: bool = False,
    progress: bool | None = None,
    load: tuple[str, str] | None = None,
    on_skip: Callable[[Skipped], object] = lambda skipped: None,
) -> Index | None:
    """Find the k strongest images of every feature map; continues a scan of the same kind in `out`.

    `images`: a folder, files, `.tar` shards, `@LIST.txt`, several of these, or a map-style data set, which
    is read by one thread whatever `workers` says, since data sets need not bear more. `layers`: a name, an alias,
    a glob (`layer3.*`) or `all`, or several of these; by default every rectified layer. `shard` (i, n): do every
    n-th part from the i-th only, to be merged later. `strict`: stop at the first image that cannot be used. `force`:
    begin anew where this or another scan lies. `load`: name and weights for `load_model`, so that the index can
    find the network again; a `Model` that it gave knows them. `on_skip` hears of each image that this very call
    skips. Under torchrun the parts are shared out over the ranks, and rank 0 merges.

    Returns the index; None for a shard, and on other ranks than 0. Raises UnreadableImage, UnsuitableInput,
    UnknownLayer, UnusableIndex, UnwritableOutput; what is done is kept, and the next call goes on from there.
    """
    dv = model if isinstance(model, DeconvNet) else DeconvNet(model)
    found = find_images(images)
    readers = (workers or min(8, os.cpu_count() or 1)) if found.thread_safe else 1
    job = Job(dv, found, (layers,) if isinstance(layers, str) else tuple(layers), strict, readers, on_skip)
    batch = batch_size or (BATCH_CPU if job.device.type == "cpu" else BATCH_ELSE)
    manifest = job.manifest(k, batch, load or job.dv.model.load)
    rank, world = place_among_processes() if shard is None else shard
    ledger = open_among(Path(out), manifest, force, wait=shard is None and rank > 0)
    mine = list(range(rank, manifest.parts, world))
    others = [] if shard is not None else [part for part in range(manifest.parts) if part % world != rank]
    in_charge = shard is not None or rank == 0
    hidden = not progress if progress is not None else None if in_charge else True
    work(job, ledger, mine, others, in_charge, hidden)
    if shard is not None or not in_charge:
        return None
    part = ledger.finish()
    if not part.tally.count:
        first = part.skipped[0]
        count = manifest.images
        raise UnsuitableInput(f"none of the {count} images could be used; the first, {first.place}: {first.reason}")
    return Index(Path(out), manifest, part, dv, found)


@dataclass(frozen=True)
class Job:
    """What is done with each part: a network, images, and the layers to watch."""

    dv: DeconvNet
    images: AnyImages
    patterns: tuple[str, ...]
    strict: bool
    workers: int
    on_skip: Callable[[Skipped], object]

    @cached_property
    def sample(self) -> Tensor:
        """A tensor of the network's own device and dtype."""
        own = (t for t in (*self.dv.net.parameters(), *self.dv.net.buffers()) if t.is_floating_point())
        return next(own, torch.zeros(0))

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

    def manifest(self, k: int, batch: int, load: tuple[str, str] | None) -> Manifest:
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


def work(job: Job, ledger: Ledger, mine: Sequence[int], others: Sequence[int], wait: bool, hidden: bool | None) -> None:
    """Do the parts that are missing, one's own first, and none that another process is at.

    With `wait`, until all are done, whoever does them: a part whose process has died is taken over.
    """
    missing = set(ledger.missing())
    todo = [part for part in (*mine, *others) if part in missing]
    sizes = {part: len(ledger.manifest.range_of(part)) for part in todo}
    total = sum(len(ledger.manifest.range_of(part)) for part in (*mine, *others))
    with (
        reading_ahead(job.read, job.workers) as batches_of,
        tqdm(total=total, initial=total - sum(sizes.values()), unit="image", disable=hidden) as bar,
    ):
        own = set[int]()
        while todo:
            left = list[int]()
            for part in todo:
                if ledger.has(part):
                    continue
                with ledger.claimed(part) as held:
                    if held and not ledger.has(part):
                        own.add(part)
                        ledger.write(take_part(job, ledger, part, batches_of, bar))
                    else:
                        left.append(part)
                sizes = _count_others(ledger, sizes, own, bar) if held else sizes
            todo = left if wait else []
            if todo:
                sizes = _count_others(ledger, sizes, own, bar)
                time.sleep(0.5)
        bar.update(total - bar.n if wait else 0)


def _count_others(ledger: Ledger, sizes: dict[int, int], own: set[int], bar: Any) -> dict[int, int]:
    """Count in the progress what other processes have finished; return the parts not counted so far."""
    done = ledger.listed() & set(sizes)
    bar.update(sum(sizes[part] for part in done - own))
    return {part: size for part, size in sizes.items() if part not in done}


def take_part(job: Job, ledger: Ledger, part: int, batches_of: Any, bar: Any) -> Part:
    """Read, run and watch the images of one part."""
    manifest = ledger.manifest
    numbers = manifest.range_of(part)
    batches = [numbers[start : start + manifest.batch] for start in range(0, len(numbers), manifest.batch)]
    watch, skipped = Watch(job.channels, manifest.top, job.device, job.forward), list[Skipped]()
    for batch, images in zip(batches, batches_of(batches), strict=True):
        for number, error in sorted(look_at(job, watch, batch, images, manifest.batch).items()):
            skipped.append(job.skipped(number, error))
            job.on_skip(skipped[-1])
            bar.skipped = getattr(bar, "skipped", 0) + 1
            bar.set_postfix(skipped=bar.skipped, refresh=False)
        ledger.touch(part)
        bar.update(len(batch))
    best = watch.best()
    records = {number: job.images.record(number) for number in set(best.images.ravel().tolist()) & set(numbers)}
    return Part(ledger.identity, (part,), best, watch.counting.tally(), Records.of(records), tuple(skipped))


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
