"""Run the notebooks of `docs/notebooks/` and keep what they show: `python docs/make_notebooks.py [NAME…]`.

Edit them in Jupyter, then run this: outputs come from one run from top to bottom, and nothing is stored
that differs from run to run. `tests/test_notebooks.py` runs them too.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client import KernelManager
from nbclient import NotebookClient

HERE = Path(__file__).parent / "notebooks"
LARGEST = 1_000_000
"""Bytes of a notebook with its outputs: larger ones are not shown on the web."""


@contextmanager
def kernel() -> Iterator[Any]:
    """A kernel for several notebooks, one after the other."""
    manager = KernelManager()
    manager.start_kernel()
    try:
        yield manager
    finally:
        manager.shutdown_kernel(now=True)


def run(path: Path, folder: Path, kernel: Any) -> nbformat.NotebookNode:
    """The notebook after a run from top to bottom in `folder`, without times and addresses, and without old names."""
    notebook = nbformat.read(path, as_version=4)
    folder.mkdir(exist_ok=True)
    begin = nbformat.v4.new_code_cell(f"%reset -f\n%cd -q {folder}")
    NotebookClient(nbformat.v4.new_notebook(cells=[begin]), km=kernel).execute()
    NotebookClient(notebook, km=kernel, timeout=300, record_timing=False).execute()
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:02d}"
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    for number, cell in enumerate(code, 1):
        for counted in (cell, *(output for output in cell.outputs if "execution_count" in output)):
            counted["execution_count"] = number
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    return notebook


def main() -> None:
    import tempfile

    for path in sorted(HERE.glob("*.ipynb")):
        if len(sys.argv) > 1 and not any(name in path.name for name in sys.argv[1:]):
            continue
        with tempfile.TemporaryDirectory() as folder, kernel() as own:
            nbformat.write(run(path, Path(folder), own), path)
        size = path.stat().st_size
        print(f"{path.name}: {size / 1e3:.0f} kB" + (", too large" if size > LARGEST else ""))


if __name__ == "__main__":
    main()
