"""Which process this is among several, as PyTorch's launcher says it, and who of them begins a scan."""

import os
import time
from pathlib import Path

from ..errors import UnusableIndex
from .ledger import Ledger, open_ledger
from .manifest import NAME, Manifest, read_manifest

BEGUN = time.time()
SLACK = 60.0
"""Seconds that clocks may differ, and that the first process may be earlier than this one."""


def under_torchrun() -> bool:
    """Whether PyTorch's launcher has started this process: it then ends all ranks once one ends with an error."""
    return "TORCHELASTIC_RUN_ID" in os.environ or place_among_processes()[1] > 1


def place_among_processes() -> tuple[int, int]:
    """This process' rank and how many there are."""
    return int(os.environ.get("RANK", 0)), int(os.environ.get("WORLD_SIZE", 1))


def open_among(folder: Path, manifest: Manifest, force: bool, wait: bool) -> Ledger:
    """The ledger; with `force` and several processes, only the first of them clears the place, others `wait` for it.

    After a restart of the workers nothing is cleared: what lies there is what they have done before.
    """
    force = force and os.environ.get("TORCHELASTIC_RESTART_COUNT", "0") == "0"
    for _ in range(600 if wait and force else 0):
        try:
            begun = (folder / NAME).stat().st_mtime > BEGUN - SLACK
            if begun and read_manifest(folder).identity == manifest.identity:
                break
        except (OSError, UnusableIndex):
            pass  # not there yet
        time.sleep(0.5)
    return open_ledger(folder, manifest, force and not wait)
