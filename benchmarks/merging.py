"""The merge of a scan of any size, without its images: `python -m benchmarks.merging [--parts 10000] [--maps 4224]`.

Makes parts with random activations as a scan leaves them (each map's nine best of the part's images), writes
them, merges them in one go and as a tree of two levels, and compares the results byte for byte.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from deconvviz.best import gather
from deconvviz.part import Part, merge_all, read_part
from deconvviz.records import Record, Records
from deconvviz.tally import Tally


def random_part(number: int, maps: int, k: int, images: int) -> Part:
    """A part of `images` images. The k largest of n values are drawn directly, not n values for each map."""
    generator = np.random.default_rng(number)
    gaps = generator.exponential(size=(maps, k)) / (images - np.arange(k))
    values = (10 - np.log(np.cumsum(gaps, axis=1))).astype(np.float32)  # descending: order statistics of Gumbel's law
    first, step = generator.integers(0, images, (maps, 1)), generator.integers(1, images // k, (maps, 1))
    shown = (first + step * np.arange(k)) % images + number * images  # k different ones
    rows, columns = generator.integers(0, 14, (2, maps * k), dtype=np.int32)
    best = gather(maps, k, np.repeat(np.arange(maps), k), values.ravel(), shown.ravel(), rows, columns)
    tally = Tally.of(values.T.copy())
    classes = {n: f"n{n % 1000:08d}" for n in np.unique(shown).tolist()}
    records = {n: Record(0, "", f"{name}/{name}_{n}.JPEG", name, -1, 110_000) for n, name in classes.items()}
    return Part("simulated", (number,), best, tally, Records.of(records), ())


def read_all(folder: Path, pattern: str) -> Iterator[Part]:
    """The parts in the files of a folder, one at a time."""
    return (read_part(path) for path in sorted(folder.glob(pattern)))


def main() -> None:
    """Print sizes and times."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", type=int, default=10_000)
    parser.add_argument("--maps", type=int, default=4_224, help="VGG16's convolutions have 4,224 feature maps")
    parser.add_argument("--images", type=int, default=100_000, help="images in a part")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        folder, started = Path(place), time.perf_counter()
        size = 0
        for number in range(given.parts):
            content = random_part(number, given.maps, 9, given.images).as_npz()
            (folder / f"part-{number:05d}.npz").write_bytes(content)
            size += len(content)
        print(f"{given.parts} parts of {given.maps} maps: {size / 1e9:.2f} GB, {size / given.parts / 1e6:.2f} MB each")
        print(f"drawn and written in {time.perf_counter() - started:.0f} s")
        started = time.perf_counter()
        merged = merge_all(read_all(folder, "part-*.npz"))
        elapsed = time.perf_counter() - started
        print(f"merged one after the other in {elapsed:.0f} s, {elapsed / given.parts * 1e3:.1f} ms a part")
        started = time.perf_counter()
        digits = len(str(given.parts - 1)) - 2
        for head in sorted({f"{number:05d}"[: 5 - max(digits, 1)] for number in range(given.parts)}):
            (folder / f"tree-{head}.npz").write_bytes(merge_all(read_all(folder, f"part-{head}*.npz")).as_npz())
        leaves = time.perf_counter() - started
        branches = len(list(folder.glob("tree-*.npz")))
        started = time.perf_counter()
        tree = merge_all(read_all(folder, "tree-*.npz"))
        last = time.perf_counter() - started
        print(f"as a tree: {branches} branches, {leaves / branches:.1f} s each, then {last:.1f} s")
        result = merged.as_npz()
        print(f"the same bytes: {result == tree.as_npz()}; result {len(result) / 1e6:.2f} MB")
    print(f"peak resident memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")


if __name__ == "__main__":
    main()
