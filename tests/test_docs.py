"""The documents are true: their examples run, their tables hold what is tested."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from oracles import relative_error
from test_networks import CLASSIFIERS, SEGMENTATION, TIMM, TRANSFORMERS
from torch import nn

import deconvviz
from deconvviz import shapes

HERE = Path(__file__).parents[1]


def python_blocks(path: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", (HERE / path).read_text(), re.DOTALL)


def test_the_readmes_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shapes.image(1).save(tmp_path / "cat.jpg")
    monkeypatch.chdir(tmp_path)
    (block,) = python_blocks("README.md")
    names: dict[str, object] = {}
    exec(block, names)
    assert len(names["units"]) == 9  # type: ignore[arg-type]


def test_the_example_of_a_rule_of_ones_own() -> None:
    names: dict[str, object] = {}
    for block in python_blocks("docs/own-rules.md"):
        exec(block, {**names, "torch": torch, "deconvviz": deconvviz}, names)
    swap, scale = names["swap"], names["Scale"]

    class Swap(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return swap(x)  # type: ignore[operator]

    try:
        torch.manual_seed(0)
        net = nn.Sequential(nn.Conv2d(1, 3, 3), Swap(), scale(), nn.Conv2d(3, 2, 3), nn.ReLU())  # type: ignore[operator]
        x = torch.rand(1, 1, 12, 12)
        (projection,) = deconvviz.DeconvNet(net).project(x, ["3:0"])
        at = (0, 0, projection.unit.row, projection.unit.column)
        inputs = x.requires_grad_()
        output = net[4](net[3](net[0](inputs).flip(1) * net[0](inputs).std().detach()))
        factor = net[0](inputs).std().detach()  # the rule passes the signal where autograd would scale it
        (expected,) = torch.autograd.grad(output[at], inputs)
        assert relative_error(projection.canvas(), expected[0] * projection.activation / factor) < 1e-5
    finally:
        for key in [torch.ops.mylib.swap.default, scale]:
            deconvviz.mirror.RULES.pop(key, None)


def test_the_page_of_networks_lists_what_is_tested() -> None:
    rows = re.findall(r"^\| ([\w:]+) \| \d+ \| \d+ \| (\S+) \|", (HERE / "docs/networks.md").read_text(), re.MULTILINE)
    assert {name for name, _ in rows} == {*CLASSIFIERS, *SEGMENTATION, *(f"timm:{name}" for name in TIMM)}
    assert all(float(error) <= 1e-9 for _, error in rows)
    refused = re.findall(r"^\| (\w+) \| \w.*\(", (HERE / "docs/networks.md").read_text(), re.MULTILINE)
    assert set(TRANSFORMERS) <= set(refused)


def test_the_readmes_table_is_that_of_the_page() -> None:
    """Family by family: how many networks, and the largest error."""
    sys.path.insert(0, str(HERE / "docs"))
    try:
        import make_networks
    finally:
        sys.path.pop(0)
    text = (HERE / "docs/networks.md").read_text()
    rows = [
        {"network": name, "error": float(error)}
        for name, error in re.findall(r"^\| ([\w:]+) \| \d+ \| \d+ \| (\S+) \|", text, re.MULTILINE)
    ]
    table = (HERE / "README.md").read_text().partition("<!-- families -->\n")[2].partition("\n<!-- /families -->")[0]
    assert table == make_networks.families(rows)


@pytest.mark.parametrize("command", ["project", "layers", "demo", "models", "scan", "figure", "top", "merge"])
def test_the_readme_names_every_command(command: str) -> None:
    assert f"deconvviz {command}" in (HERE / "README.md").read_text()
    help_text = subprocess.run([sys.executable, "-m", "deconvviz", "--help"], capture_output=True, text=True).stdout
    assert f"  {command} " in help_text
