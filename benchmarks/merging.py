"""The merge of a scan of any size, without its images: `python -m benchmarks.merging [--parts 10000] [--maps 4224]`.

Some parts are drawn as a scan leaves them (each map's nine best of the part's images, and where those are)
and written. All parts are then read from these files, renumbered and given activations of their own, and
merged one after the other; then as a tree of two levels. Both must give the same bytes.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deconvviz.images.records import Record, Records
from deconvviz.scanning.best import gather
from deconvviz.scanning.part import Part, merge_all, read_part
from deconvviz.scanning.tally import Tally

K = 9


def activations(generator: np.random.Generator, channels: int, images: int) -> NDArray[np.float32]:
    """The K largest of `images` values for each feature map, largest first: order statistics of Gumbel's law."""
    gaps = generator.exponential(size=(channels, K)) / (images - np.arange(K))
    return np.asarray(10 - np.log(np.cumsum(gaps, axis=1)), np.float32)


def draw(number: int, channels: int, images: int) -> Part:
    """A part of so many images, as a scan leaves it."""
    generator = np.random.default_rng(number)
    values = activations(generator, channels, images)
    shape = (channels, 1)
    first, step = generator.integers(0, images, shape), generator.integers(1, images // K, shape)
    shown = (first + step * np.arange(K)) % images  # K different ones
    rows, columns = generator.integers(0, 14, (2, channels * K), dtype=np.int32)
    best = gather(channels, K, np.repeat(np.arange(channels), K), values.ravel(), shown.ravel(), rows, columns)
    classes = {n: f"n{n % 1000:08d}" for n in np.unique(shown).tolist()}
    records = {n: Record(0, "", f"{name}/{name}_{n}.JPEG", name, -1, 110_000) for n, name in classes.items()}
    return Part("simulated", (0,), best, Tally.of(values.T.copy()), Records.of(records), ())


def parts(numbers: Iterable[int], files: list[Path], images: int) -> Iterator[Part]:
    """Parts of these numbers: each read from a file, with images and activations of its own."""
    for number in numbers:
        part, shift = read_part(files[number % len(files)]), number * images
        values = activations(np.random.default_rng(1_000_000 + number), len(part.best.values), images)
        best = replace(part.best, values=values, images=part.best.images + shift)
        records = replace(part.records, numbers=part.records.numbers + shift)
        yield replace(part, numbers=(number,), best=best, tally=Tally.of(values.T.copy()), records=records)


def main() -> None:
    """Print sizes and times of this process (not the clock on the wall)."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", type=int, default=10_000)
    parser.add_argument("--maps", type=int, default=4_224, help="VGG16's convolutions have 4,224 feature maps")
    parser.add_argument("--images", type=int, default=100_000, help="images in a part")
    parser.add_argument("--drawn", type=int, default=100, help="parts that are drawn and written")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        files = [Path(place) / f"{number}.npz" for number in range(min(given.drawn, given.parts))]
        for number, path in enumerate(files):
            path.write_bytes(draw(number, given.maps, given.images).as_npz())
        size = sum(path.stat().st_size for path in files) / len(files)
        print(f"{given.parts} parts of {given.maps} maps: {size / 1e6:.2f} MB each, {size * given.parts / 1e9:.1f} GB")
        started = time.process_time()
        merged = merge_all(parts(range(given.parts), files, given.images)).as_npz()
        elapsed = time.process_time() - started
        each = elapsed / given.parts * 1e3
        print(f"merged one after the other in {elapsed:.0f} s of CPU time, {each:.1f} ms a part", flush=True)
        started, branch = time.process_time(), max(1, round(given.parts**0.5))
        starts = range(0, given.parts, branch)
        for start in starts:
            some = parts(range(start, min(start + branch, given.parts)), files, given.images)
            (Path(place) / f"branch-{start:05d}.npz").write_bytes(merge_all(some).as_npz())
        each, started = (time.process_time() - started) / len(starts), time.process_time()
        tree = merge_all(read_part(path) for path in sorted(Path(place).glob("branch-*.npz"))).as_npz()
        last = time.process_time() - started
        print(f"as a tree: {len(starts)} branches of {branch}, {each:.1f} s each, then {last:.1f} s")
        print(f"the same bytes: {merged == tree}; the result has {len(merged) / 1e6:.2f} MB")
    print(f"peak resident memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
