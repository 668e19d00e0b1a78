"""Commands as a user types them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from deconvviz.cli import main


def check_one_line(done: subprocess.CompletedProcess[str], code: int, says: str) -> None:
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    lines = [line for line in done.stderr.splitlines() if line and not line.startswith("Layers: ")]
    assert len(lines) == 1, done.stderr
    assert says in lines[0]


def deconvviz(*words: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command as a user runs it, but in this process, which has torch already."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(cwd)
        for name, value in environment.items():
            patch.setenv(name, value)
        threads = torch.get_num_threads()
        torch.set_num_threads(1)  # as in `process`
        try:
            done = CliRunner().invoke(main, [str(word) for word in words], prog_name="deconvviz")
        finally:
            torch.set_num_threads(threads)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return subprocess.CompletedProcess([], done.exit_code, done.stdout, done.stderr)


def process(*words: object, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """A command as a user runs it: a process of its own. It takes seconds, most of them to import torch."""
    command = [sys.executable, "-m", "deconvviz", *map(str, words)]
    alone = {"OMP_NUM_THREADS": "1", **environment}
    return subprocess.run(
        command, cwd=cwd, capture_output=True, text=True, encoding="utf-8", env=os.environ | alone, timeout=300
    )
