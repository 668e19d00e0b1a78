"""How the suite runs: repeatably, on all cores, and in parts that can be chosen.

Each worker of pytest-xdist has one torch thread, as have the processes it begins: two workers on two cores then do not
wait for each other. `-m exhaustive --tenth SEED` is one of ten shares of what is too long for every run.
"""

import os
import zlib

if "PYTEST_XDIST_WORKER" in os.environ:
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when torch is imported, which comes after

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None)  # what fails here fails everywhere
settings.load_profile("repeatable")

collect_ignore = ["mutants.py"]  # no test, and it needs a package of its own


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--tenth", metavar="SEED", help="of the exhaustive tests, the tenth that SEED (a commit) chooses")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    seed = config.getoption("--tenth")
    if seed is None:
        return
    long = [item for item in items if item.get_closest_marker("exhaustive")]
    chosen = zlib.crc32(seed.encode()) % 10  # the same for the same commit everywhere
    left_out = {item for place, item in enumerate(long) if place % 10 != chosen}
    config.hook.pytest_deselected(items=list(left_out))
    items[:] = [item for item in items if item not in left_out]
