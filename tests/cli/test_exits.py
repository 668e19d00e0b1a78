"""How commands end: which errors become lines, and which pass."""

import errno
import subprocess
import sys
from pathlib import Path

import pytest

from deconvviz.cli.exits import ERROR, INTERRUPTED, SKIPPED, end, errors_become_lines
from deconvviz.errors import UnknownUnit


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (
            UnknownUnit("conv1:32: there is no such feature map"),
            ERROR,
            "Error: conv1:32: there is no such feature map\n",
        ),
        (KeyboardInterrupt(), INTERRUPTED, "Interrupted; what is written is complete.\n"),
    ],
)
def test_a_line_and_a_code(error: BaseException, code: int, line: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended, errors_become_lines():
        raise error
    said = capsys.readouterr()
    assert (ended.value.code, said.err, said.out) == (code, line, "")


@pytest.mark.parametrize("error", [ValueError("a bug"), OSError(errno.EIO, "a disk"), SystemExit(3)])
def test_anything_else_passes(error: BaseException, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(type(error)) as raised, errors_become_lines():
        raise error
    assert raised.value is error
    assert capsys.readouterr() == ("", "")


def test_nothing_is_said_where_all_went_well(capsys: pytest.CaptureFixture[str]) -> None:
    with errors_become_lines():
        print("written.png")
    assert capsys.readouterr() == ("written.png\n", "")


def test_a_closed_stderr_sends_no_error_among_the_paths(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stderr", None)  # as Python has it after `2>&-`
    for error in (UnknownUnit("no such unit"), BrokenPipeError()):
        with pytest.raises(SystemExit), errors_become_lines():
            raise error
    assert capsys.readouterr().out == ""


LAYERS = [sys.executable, "-m", "deconvviz", "layers", "-m", "shapes"]


def test_a_reader_who_has_seen_enough_is_no_error() -> None:
    with subprocess.Popen(LAYERS, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.close()
        assert (running.stderr.read(), running.wait()) == ("", 0)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here that is always full")
def test_a_full_disk_is_said() -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(LAYERS, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "Error: standard output cannot be written (no space left)\n")


@pytest.mark.parametrize(("skipped", "inputs", "code"), [(1, 3, SKIPPED), (3, 3, ERROR), (1, None, SKIPPED)])
def test_what_was_skipped_says_how_it_ends(skipped: int, inputs: int | None, code: int) -> None:
    with pytest.raises(SystemExit) as ended:
        end(skipped, inputs)
    assert ended.value.code == code


def test_a_command_that_skipped_nothing_goes_on() -> None:
    end(0, 3)
    end(0, 0)
