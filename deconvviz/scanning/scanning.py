"""The strongest images of every feature map over a data set of any size: stopped, resumed, shared out.

The images are numbered in one order and cut into parts; a part is done by one process at a time, and its
file is all that is kept of it. Images are run in batches whose composition is fixed by their numbers, since
float32 results depend on it: so the result is the same however the parts are shared out.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from torch import nn
from tqdm import tqdm

from ..arguments import a_path, a_share, takes, whole
from ..deconvnet import DeconvNet
from ..errors import UnsuitableInput
from ..images import Records, find_images
from ..mirror import LayerNames, some_layers
from ..network import Model
from .index import Index
from .job import Job, look_at
from .ledger import Ledger
from .part import Part, Skipped
from .ranks import open_among, place_among_processes
from .reading import reading_ahead
from .watch import Watch

BATCH_CPU, BATCH_ELSE = 16, 64


@takes(
    layers=partial(some_layers, none=True),
    k=whole(1),
    out=a_path,
    batch_size=whole(1, None),
    workers=whole(1, None),
    shard=a_share,
)
def scan(
    model: Model | nn.Module | DeconvNet,
    images: Any,
    layers: LayerNames = (),
    k: int = 9,
    out: str | os.PathLike[str] = "index",
    *,
    batch_size: int | None = None,
    workers: int | None = None,
    shard: tuple[int, int] | None = None,
    strict: bool = False,
    force: bool = False,
    also_quantiles: bool = False,
    progress: bool | None = None,
    load: tuple[str, str] | None = None,
    on_skip: Callable[[Skipped], object] = lambda skipped: None,
) -> Index | None:
    """Find the k strongest images of every feature map; continues a scan of the same kind in `out`.

    `images`: a folder, files, `.tar` shards, `@LIST.txt`, several of these; or a map-style data set or a list of
    pictures, which one thread reads whatever `workers` says, since data sets need not bear more. `layers`: a name, an
    alias, a glob (`layer3.*`) or `all`, a module, or several of these; by default every rectified layer. `shard`
    (i, n): do every n-th part from the i-th only, to be merged later. `strict`: stop at the first image that cannot be
    used. `force`: begin anew where this or another scan lies. `also_quantiles`: keep images from the middle of each
    map's range, too (`Index.middle`). `progress`: show how far it is; by default on a terminal. `load`: name and
    weights for `load_model`, so that the index can find the network again; a `Model` that it gave knows them. `on_skip`
    hears of each image that this very call skips. Under torchrun the parts are shared out over the ranks, and rank 0
    merges.

    Returns the index; None for a shard, and on other ranks than 0. Raises UnreadableImage, UnsuitableInput,
    UnknownLayer, UnusableIndex, UnwritableOutput; what is done is kept, and the next call goes on from there.
    """
    dv = model if isinstance(model, DeconvNet) else DeconvNet(model)
    found = find_images(images)
    readers = (workers or min(8, os.cpu_count() or 1)) if found.thread_safe else 1
    asked = (layers,) if isinstance(layers, str | nn.Module) else tuple(layers)
    job = Job(dv.by("deconvnet", "switches"), found, asked, strict, readers, on_skip)
    batch = batch_size or (BATCH_CPU if job.device.type == "cpu" else BATCH_ELSE)
    manifest = job.manifest(k, batch, load or job.dv.model.load, also_quantiles)
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
    watch = Watch(job.channels, manifest.top, job.device, manifest.images, job.forward, manifest.quantiles)
    skipped = list[Skipped]()
    for batch, images in zip(batches, batches_of(batches), strict=True):
        for number, error in sorted(look_at(job, watch, batch, images, manifest.batch).items()):
            skipped.append(job.skipped(number, error))
            job.on_skip(skipped[-1])
            bar.skipped = getattr(bar, "skipped", 0) + 1
            bar.set_postfix(skipped=bar.skipped, refresh=False)
        ledger.touch(part)
        bar.update(len(batch))
    tally, sketch = watch.counting.tally(), watch.sketching.sketch()
    made = Part(ledger.identity, (part,), watch.best(), tally, Records.of({}), tuple(skipped), sketch, watch.spread())
    records = {number: job.images.record(number) for number in set(made.listed.tolist()) & set(numbers)}
    return replace(made, records=Records.of(records))
