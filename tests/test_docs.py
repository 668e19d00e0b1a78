"""The documents are true: their examples run, their tables hold what is tested."""

import doctest
import importlib
import inspect
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from networks import CLASSIFIERS, SEGMENTATION, TIMM, TRANSFORMERS
from oracles import relative_error
from torch import nn

import deconvviz
from deconvviz import shapes

HERE = Path(__file__).parents[1]


DOCS = HERE / "docs"
PAGES = [HERE / "README.md", *sorted(DOCS.glob("*.md"))]
EXAMPLES = [
    path for path in PAGES if re.search(r"^```(python|pycon)$", path.read_text(), re.M) and path.name != "api.md"
]
"""Pages with examples; those of `api.md` are the docstrings', which pytest runs itself (`--doctest-modules`)."""


def code_blocks(path: Path) -> list[tuple[str, int, str]]:
    """Fenced blocks of a page: (kind, number of the line before, text)."""
    text = path.read_text()
    found = re.finditer(r"^```(python|pycon)\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [(block[1], text[: block.start(2)].count("\n"), block[2]) for block in found]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder with what the examples name; rules that they register are taken away again."""
    shapes.image(6).save(tmp_path / "cat.jpg")
    for number in range(24):
        kind = tmp_path / "photos" / shapes.CLASSES[shapes.label(number)]
        kind.mkdir(parents=True, exist_ok=True)
        shapes.image(number).save(kind / f"{number}.png")
    torch.save(torchvision.models.resnet18(weights=None, num_classes=5).state_dict(), tmp_path / "my_checkpoint.pth")
    monkeypatch.chdir(tmp_path)
    rules = dict(deconvviz.mirror.RULES)
    yield tmp_path
    deconvviz.mirror.RULES.clear()
    deconvviz.mirror.RULES.update(rules)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_of_a_page_run(path: Path, desk: Path) -> None:
    """Block after block, as one session; what `>>>` examples print is compared.

    The standard library's doctest does it: it compares outputs, and a page with one more fence syntax than it
    knows needs the few lines of `code_blocks`, not one more dependency.
    """
    names: dict[str, Any] = {"__name__": "__main__", "torch": torch, "deconvviz": deconvviz}
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.IGNORE_EXCEPTION_DETAIL)
    for kind, line, text in code_blocks(path):
        if kind == "python":
            exec(compile("\n" * line + text, str(path), "exec"), names)
        else:
            said: list[str] = []
            example = doctest.DocTestParser().get_doctest(text, names, path.name, str(path), line)
            failed = runner.run(example, out=said.append, clear_globs=False).failed
            names.update(example.globs)
            assert not failed, "".join(said)


def heading_anchors(path: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", path.read_text(), re.M)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", [*PAGES, *sorted(DOCS.glob("notebooks/*.ipynb"))], ids=lambda path: path.name)
def test_links_lead_somewhere(path: Path) -> None:
    for link in re.findall(r"\]\((?!https?:)([^)\s]+)\)", path.read_text()):
        place, _, anchor = link.partition("#")
        target = (path.parent / place).resolve() if place else path
        assert target.exists(), link
        if anchor and target.suffix == ".md":
            assert anchor in heading_anchors(target), link


def test_every_page_is_listed() -> None:
    listed = (DOCS / "README.md").read_text()
    for path in [*DOCS.glob("*.md"), *DOCS.glob("notebooks/*.ipynb")]:
        assert path.name == "README.md" or f"({path.relative_to(DOCS)})" in listed


@pytest.mark.parametrize(("page", "make"), [("api.md", "api_page"), ("cli.md", "cli_page")])
def test_the_reference_is_that_of_the_code(page: str, make: str) -> None:
    made = getattr(imported("make_reference"), make)()
    assert (DOCS / page).read_text() == made, "run python docs/make_reference.py"


@pytest.mark.parametrize("name", [name for name in deconvviz.__all__ if name not in ("errors", "mirror")])
def test_public_docstrings_name_the_errors_that_are_raised(name: str) -> None:
    """A function that raises one of deconvviz' errors by itself says so where the reader looks."""
    thing = getattr(deconvviz, name)
    own = [thing] if not isinstance(thing, type) else [f for f in vars(thing).values() if inspect.isfunction(f)]
    for function in own:
        if function.__name__.startswith("_"):
            continue
        raised = {e for e in re.findall(r"raise (\w+)\(", inspect.getsource(function)) if hasattr(deconvviz.errors, e)}
        assert raised <= set(re.findall(r"\w+", f"{function.__doc__} {thing.__doc__}"))


def imported(name: str) -> Any:
    """A script of `docs/` as a module."""
    sys.path.insert(0, str(DOCS))
    try:
        return importlib.import_module(name)
    finally:
        sys.path.pop(0)


def test_the_example_of_a_rule_of_ones_own() -> None:
    names: dict[str, object] = {}
    for _, _, block in code_blocks(DOCS / "own-rules.md"):
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


def test_the_table_of_families_is_that_of_the_networks() -> None:
    """Family by family: how many networks, and the largest error; the README names their number and the largest."""
    text = (DOCS / "networks.md").read_text()
    rows = [
        {"network": name, "error": float(error)}
        for name, error in re.findall(r"^\| ([\w:]+) \| \d+ \| \d+ \| (\S+) \|", text, re.MULTILINE)
    ]
    families = imported("make_networks").families(rows)
    assert families in text
    largest = f"{max(float(str(row['error'])) for row in rows):.0e}"
    for path in ("README.md", "docs/method.md"):
        assert re.search(rf"{len(rows)}\s+networks", (HERE / path).read_text())
        assert largest in (HERE / path).read_text()
    assert f"of {len(families.splitlines()) - 2} families" in (HERE / "README.md").read_text()


@pytest.mark.parametrize("path", [*PAGES, *sorted(DOCS.glob("notebooks/*.ipynb"))], ids=lambda path: path.name)
def test_command_lines_name_what_there_is(path: Path) -> None:
    """Commands and options in examples exist."""
    from deconvviz.cli import main

    called = r"(?:^ *|&& |`|\"    )(?:python -m )?deconvviz ([a-z]+)\b([^`\n]*)"
    prose = {
        "is",
        "runs",
        "knows",
        "gives",
        "has",
        "adds",
        "refuses",
        "normalises",
        "reads",
        "shows",
        "does",
        "matplotlib",
    }
    lines = [found for found in re.findall(called, path.read_text(), re.M) if found[0] not in prose]
    for command, rest in lines:
        assert command in main.commands, command
        known = {name for option in main.commands[command].params for name in (*option.opts, *option.secondary_opts)}
        before_others = re.split(r"&&|#|\\\\n|;", rest)[0]
        for option in re.findall(r"(?<=\s)--?[a-z][a-z-]*", before_others):
            assert option in {*known, "--help"}, f"deconvviz {command} {option}"


@pytest.mark.parametrize(
    "command", ["project", "layers", "demo", "models", "scan", "figure", "top", "merge", "gallery", "serve"]
)
def test_the_readme_names_every_command(command: str) -> None:
    assert f"deconvviz {command}" in (HERE / "README.md").read_text()
    help_text = subprocess.run([sys.executable, "-m", "deconvviz", "--help"], capture_output=True, text=True).stdout
    assert f"  {command} " in help_text
