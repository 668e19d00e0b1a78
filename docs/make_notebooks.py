"""Run the notebooks of `docs/notebooks/` and keep what they show: `python docs/make_notebooks.py [NAME…]`.

Edit them in Jupyter, then run this: outputs come from one run from top to bottom, and nothing is stored
that differs from run to run. `tests/test_notebooks.py` runs them too.
"""

import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient

HERE = Path(__file__).parent / "notebooks"
LARGEST = 1_000_000
"""Bytes of a notebook with its outputs: larger ones are not shown on the web."""


def run(path: Path, folder: Path) -> nbformat.NotebookNode:
    """The notebook after a run from top to bottom in `folder`, without times and addresses."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(folder)}}, record_timing=False).execute()
    for number, cell in enumerate(notebook.cells):
        cell["id"] = f"cell-{number:02d}"
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
        with tempfile.TemporaryDirectory() as folder:
            nbformat.write(run(path, Path(folder)), path)
        size = path.stat().st_size
        print(f"{path.name}: {size / 1e3:.0f} kB" + (", too large" if size > LARGEST else ""))


if __name__ == "__main__":
    main()
