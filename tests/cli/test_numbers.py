"""Numbers that one writes on the command line."""

import subprocess
import sys

import pytest

from deconvviz.cli.numbers import parse_maps, parse_share
from deconvviz.errors import UnknownUnit


def test_maps() -> None:
    assert parse_maps("3, 5 - 7,3") == [3, 5, 6, 7]
    for wrong in ("", "a", "3-1", "1,,2", "-1"):
        with pytest.raises(UnknownUnit, match="names no feature maps"):
            parse_maps(wrong)


def test_shares() -> None:
    assert parse_share("3/12") == (3, 12)
    for wrong in ("", "2/2", "a", "1", "-1/2", "1/2/3", "0/0"):
        with pytest.raises(ValueError, match="from 0 to N-1"):
            parse_share(wrong)


@pytest.mark.parametrize(
    ("line", "code", "says"),
    [
        (["scan", ".", "-o", "index", "--shard", "4/4"], 2, "as in 0/4"),
        (["figure", ".", "-l", "conv1", "-o", "fig.png", "--maps", "3-1"], 1, "as in 0-15,30"),
    ],
    ids=["shard", "maps"],
)
def test_mistakes_in_them_are_answered_before_torch_is_imported(line: list[str], code: int, says: str) -> None:
    program = (
        "import sys, click.testing, deconvviz.cli as c;"
        f"r = click.testing.CliRunner().invoke(c.main, {line!r});"
        f"print(r.exit_code, {says!r} in r.output, {{'torch', 'numpy', 'PIL', 'jinja2', 'tqdm'}} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == f"{code} True set()"
