"""The notebooks of the documents run from top to bottom, and are stored with what they show, below 1 MB."""

import re
import sys
from pathlib import Path

import pytest

nbformat = pytest.importorskip("nbformat")
pytest.importorskip("ipykernel")
sys.path.insert(0, str(Path(__file__).parents[1] / "docs"))
try:
    import make_notebooks
finally:
    sys.path.pop(0)

NOTEBOOKS = sorted(make_notebooks.HERE.glob("*.ipynb"))


def test_the_notebooks_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One after the other in one kernel, which imports torch once; each begins without the names of the one before."""
    monkeypatch.setenv("MPLBACKEND", "module://matplotlib_inline.backend_inline")
    with make_notebooks.kernel() as kernel:
        for path in NOTEBOOKS:
            made = make_notebooks.run(path, tmp_path / path.stem, kernel)  # raises if a cell does
            for cell, stored in zip(made.cells, nbformat.read(path, as_version=4).cells, strict=True):
                kinds = [
                    [sorted(output.get("data", [])) for output in one.get("outputs", [])] for one in (cell, stored)
                ]
                assert kinds[0] == kinds[1], f"{path.name}: stored is what another run showed: make_notebooks.py"


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_stored_complete_and_small(path: Path) -> None:
    text = path.read_text()
    assert len(text.encode()) <= make_notebooks.LARGEST
    assert not re.search(r'"(/tmp|/home|/root|[A-Z]:\\\\)', text)
    cells = nbformat.read(path, as_version=4).cells
    assert all(cell.execution_count for cell in cells if cell.cell_type == "code")
    assert any(cell.get("outputs") for cell in cells)


def test_there_are_four() -> None:
    assert [path.name[0] for path in NOTEBOOKS] == ["1", "2", "3", "4"]
