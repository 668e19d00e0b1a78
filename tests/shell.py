"""Commands as a user types them."""

import os
import subprocess
from pathlib import Path

import torch
from click.testing import CliRunner

from deconvviz.cli import main


def check_one_line(done: subprocess.CompletedProcess[str], code: int, says: str) -> None:
    assert done.returncode == code, done.stderr
    assert done.stdout == ""
    lines = [line for line in done.stderr.splitlines() if line and not line.startswith("Layers: ")]
    assert len(lines) == 1, done.stderr
    assert says in lines[0]


def deconvviz(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    """A command as a user runs it, but in this process, which has torch already."""
    before = Path.cwd()
    os.chdir(cwd)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # as in `environment`
    try:
        done = CliRunner().invoke(main, [str(word) for word in words], prog_name="deconvviz")
    finally:
        os.chdir(before)
        torch.set_num_threads(threads)
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return subprocess.CompletedProcess([], done.exit_code, done.stdout, done.stderr)
