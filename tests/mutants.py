"""Do the tests bite? Small faults are put into the engine, one at a time, and the tests of its wing must notice.

    pip install cosmic-ray && python tests/mutants.py

Draws `--count` mutants by a fixed seed, each at a place of its own in the code of mirror/, deconvnet/ and scanning/
(cosmic-ray says where and how code can be changed; annotations are left out, since nothing of them runs). Each is put
into a copy of the project, where the tests of its own wing run until the first failure. Survivors are printed as diffs.
"""

import argparse
import ast
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import unified_diff
from functools import partial
from pathlib import Path
from queue import SimpleQueue

from cosmic_ray import plugins
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code

HERE = Path(__file__).parents[1]
WINGS = ("mirror", "deconvnet", "scanning")
LONGEST = 1200
"""Seconds after which tests are stopped: a mutant that never ends has been noticed."""


@dataclass(frozen=True)
class Mutant:
    """One change of one file: the `occurrence`-th place where the operator applies, which lies at `line`."""

    path: Path
    operator: str
    occurrence: int
    line: int

    @property
    def wing(self) -> str:
        return self.path.parts[1]

    def code(self) -> str:
        """The file with the change in it."""
        operator = plugins.get_operator(self.operator)()
        changed: str | None = mutate_code((HERE / self.path).read_text(), operator, self.occurrence)
        assert changed is not None
        return changed

    @property
    def can_be_made(self) -> bool:
        """Whether cosmic-ray can: it stumbles over `except a.dotted.Name`."""
        try:
            return bool(self.code())
        except AttributeError:
            return False

    def diff(self) -> str:
        lines = ((HERE / self.path).read_text().splitlines(), self.code().splitlines())
        return "\n".join(list(unified_diff(*lines, lineterm="", n=0))[3:])


def annotations(code: str) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    """Where annotations stand: (line, column) of their beginnings and ends."""
    found = []
    for node in ast.walk(ast.parse(code)):
        for given in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(given, ast.expr):
                end = (given.end_lineno or 0, given.end_col_offset or 0)
                found.append(((given.lineno, given.col_offset), end))
    return found


def all_mutants(path: Path) -> Iterator[tuple[tuple[int, int], Mutant]]:
    """Every mutant of a file, and where it lies."""
    code = (HERE / path).read_text()
    spans, tree = annotations(code), get_ast(code)
    for name in plugins.operator_names():
        operator = plugins.get_operator(name)
        if operator.arguments():
            continue
        changing = operator()
        places = (start for node in ast_nodes(tree) for start, _ in changing.mutation_positions(node))
        for occurrence, start in enumerate(places):
            if not any(first <= start < end for first, end in spans):
                yield start, Mutant(path, name, occurrence, start[0])


def draw(count: int, seed: int) -> list[Mutant]:
    """So many mutants, no two at one place: else `a + b`, which eleven operators change, would count eleven times."""
    by_place: dict[tuple[Path, tuple[int, int]], list[Mutant]] = {}
    for wing in WINGS:
        for path in sorted((HERE / "deconvviz" / wing).rglob("*.py")):
            inside = path.relative_to(HERE)
            for place, mutant in all_mutants(inside):
                by_place.setdefault((inside, place), []).append(mutant)
    dice = random.Random(seed)
    drawn = [dice.choice(by_place[place]) for place in dice.sample(sorted(by_place), count)]
    others = sorted(set(by_place) - {place for place, mutants in by_place.items() if set(mutants) & set(drawn)})
    dice.shuffle(others)
    return [mutant if mutant.can_be_made else next(_makeable(by_place, others, dice)) for mutant in drawn]


def _makeable(
    by_place: dict[tuple[Path, tuple[int, int]], list[Mutant]],
    places: list[tuple[Path, tuple[int, int]]],
    dice: random.Random,
) -> Iterator[Mutant]:
    """Mutants at these places, each taken off the list, that cosmic-ray can make."""
    while places:
        mutant = dice.choice(by_place[places.pop()])
        if mutant.can_be_made:
            yield mutant


def run(mutant: Mutant, copies: "SimpleQueue[Path]") -> tuple[str, float]:
    """What became of a mutant, "died", "no end" (which is noticed, too) or "survived", and after how many seconds."""
    copy, started = copies.get(), time.monotonic()
    target = copy / mutant.path
    try:
        target.write_text(mutant.code())
        end = tried(copy, mutant.wing, mutant.path.stem)
    finally:
        shutil.copyfile(HERE / mutant.path, target)
        copies.put(copy)
    return end, time.monotonic() - started


ENDS = {0: "survived", 1: "died", 2: "died"}
"""By pytest's exit codes: all passed, one failed, one could not even be imported."""


def tried(copy: Path, wing: str, room: str = "") -> str:
    """Run a wing's tests in a copy until the first failure, quick ones first, and say how it ended."""
    tests, end = copy / "tests" / wing, "survived"
    alone = {"PYTHONPATH": str(copy), "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"}
    for which in ("quick", "not quick and not exhaustive"):
        command = [sys.executable, "-m", "pytest", "-x", "-q", "-n", "0", "-p", "no:cacheprovider", "-m", which]
        command += [str(own)] if (own := tests / f"test_{room}.py").exists() else []
        try:
            done = subprocess.run(
                [*command, str(tests)], cwd=copy, env=os.environ | alone, capture_output=True, timeout=LONGEST
            )
        except subprocess.TimeoutExpired:
            return "no end"
        if done.returncode not in ENDS:
            raise SystemExit(f"pytest could not run:\n{done.stdout.decode()}{done.stderr.decode()}")
        end = ENDS[done.returncode]
        if end != "survived":
            break
    return end


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", type=int, nargs="*", help="numbers of the mutants to try again")
    parser.add_argument("--show", action="store_true", help="print the mutants and run nothing")
    asked = parser.parse_args()
    mutants = list(enumerate(draw(asked.count, asked.seed)))
    mutants = [(number, mutant) for number, mutant in mutants if asked.only is None or number in asked.only]
    if asked.show:
        for number, mutant in mutants:
            print(f"{number} {mutant.path}:{mutant.line} {mutant.operator}\n{mutant.diff()}\n")
        return
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(asked.workers) as pool:
        copies: SimpleQueue[Path] = SimpleQueue()
        for worker in range(asked.workers):
            tracked = subprocess.run(["git", "ls-files", "-z"], cwd=HERE, capture_output=True, check=True).stdout
            for name in map(os.fsdecode, filter(None, tracked.split(b"\0"))):
                if (HERE / name).exists():
                    (place := Path(folder, str(worker), name)).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(HERE / name, place)
            copies.put(Path(folder, str(worker)))
        counts: Counter[tuple[str, str]] = Counter()
        ends = pool.map(partial(run, copies=copies), [mutant for _, mutant in mutants])
        for (number, mutant), (end, seconds) in zip(mutants, ends, strict=True):
            counts[mutant.wing, end] += 1
            where = f"{mutant.path}:{mutant.line}"
            print(f"{number:3} {end:8} {seconds:4.0f} s  {where}  {mutant.operator}", flush=True)
            if end == "survived":
                print(mutant.diff(), flush=True)
        for wing in {mutant.wing for _, mutant in mutants}:
            # where a mutant survived, the tests have shown that they pass
            if not counts[wing, "survived"] and tried(Path(folder, "0"), wing) != "survived":
                raise SystemExit(f"the tests of {wing} fail without any mutant")
    print("\n| wing | mutants | noticed | survived |\n|---|---|---|---|")
    for name, wings in (*((f"`{wing}/`", (wing,)) for wing in WINGS), ("together", WINGS)):
        all_ends = sum(count for (wing, _), count in counts.items() if wing in wings)
        alive = sum(counts[wing, "survived"] for wing in wings)
        print(f"| {name} | {all_ends} | {all_ends - alive} | {alive} |")


if __name__ == "__main__":
    main()
