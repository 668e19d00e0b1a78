"""How long the command line takes to answer: `python -m benchmarks.starting [--rounds 15]`.

Each answer is a process of its own, one after the other in each round. Python alone is what none can be faster than.
CPU seconds say what the wall clock does on a quiet machine: one thread works, and waits for nothing.
"""

import argparse
import os
import subprocess
import sys
from statistics import median

from .measure import machine, seconds, table

LINES = {
    "python -c pass": ["-c", "pass"],
    "deconvviz --help": ["-m", "deconvviz", "--help"],
    "deconvviz project --help": ["-m", "deconvviz", "project", "--help"],
}


def answer(arguments: list[str]) -> tuple[float, float]:
    """Seconds of a process by the clock, and of CPU."""
    before = os.times()
    passed = seconds(lambda: subprocess.run([sys.executable, *arguments], capture_output=True, check=True))
    after = os.times()
    used = after.children_user - before.children_user + after.children_system - before.children_system
    return passed, used


def main() -> None:
    """Print a table of seconds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    took = [[answer(arguments) for arguments in LINES.values()] for _ in range(rounds)]
    print(f"{machine('cpu')}\n")
    rows = []
    for line, each in zip(LINES, zip(*took, strict=True), strict=True):
        passed, used = zip(*each, strict=True)
        rows.append([line, f"{median(passed):.2f}", f"{min(passed):.2f}", f"{median(used):.2f}"])
    print(table(("seconds", "median", "least", "CPU, median"), rows))
    print(f"\nLoad average {os.getloadavg()[0]:.0f} on {os.cpu_count()} cores.")


if __name__ == "__main__":
    main()
