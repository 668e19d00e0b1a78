"""`FILE.py:FACTORY`: a function in a user's own file, which imports its neighbours as `python FILE.py` would.

While the file and its factory run, its folder is the first on Python's path; afterwards it is one of the last, for what
the network imports later, in `forward` say. Neighbours are read anew each time. They stay in `sys.modules`, where
pickles and debuggers look for them; but one that stood before an installed module of its name makes room for it again.

What of this a network imports late, and has not imported before, is not always its own: a neighbour that has the name
of an installed module is that module then, and once a second file is loaded, a neighbour of a name that both folders
have is the second's. Import such a neighbour at the top of the file.
"""

import contextlib
import hashlib
import importlib.util
import os
import sys
import threading
from collections.abc import Iterator
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from ..arguments import said
from ..errors import UnknownModel, nearest, one_line

SHARED = {__name__.partition(".")[0], "torch", "torchvision", "numpy", "PIL"}
"""What is one and the same everywhere: a network is one of torch's, and a `Model` one of this package's."""

_folders: list[str] = []
"""Where files were loaded from, the last first: the end of Python's path."""

_turn = threading.RLock()


def is_factory(name: str) -> bool:
    """Whether a network's name is that of a function in a file: `FILE.py:FACTORY`, the function perhaps left out."""
    return ".py:" in name or name.endswith(".py")


def made_by(name: str, kinds: type | tuple[type, ...]) -> Any:
    """What the factory `FILE.py:FACTORY` makes, of one of these classes. Raises UnknownModel."""
    file, _, factory = name.rpartition(":") if ".py:" in name else (name, "", "")
    if not factory:
        raise UnknownModel(f"{name}: which function makes the network? write {name}:FACTORY")
    if not Path(file).is_file():
        raise UnknownModel(f"{name}: there is no file {file}; write FILE.py:FACTORY")
    path = Path(file).resolve()
    try:
        with _neighbours_of(path), contextlib.redirect_stdout(sys.stderr):  # stdout is for paths and JSON
            module = _run(path)
            make = getattr(module, factory, None)
            made = make() if callable(make) else None
    except (Exception, SystemExit) as error:  # whatever the user's own code raises
        where = _place(error.__traceback__, path.parent)
        raise UnknownModel(f"{name}: {type(error).__name__} in {where or file}: {one_line(error)}") from error
    if not callable(make):
        own = module.__name__
        functions = [n for n, v in vars(module).items() if callable(v) and getattr(v, "__module__", "") == own]
        raise UnknownModel(f"{name}: {factory!r} is not a function there; {nearest(factory, functions)}")
    if not isinstance(made, kinds):
        raise UnknownModel(f"{name}: {factory!r} gives {said(made)}, not an nn.Module")
    return made


def _run(path: Path) -> ModuleType:
    """A file as a module of a name that nothing else has."""
    name = f"deconvviz_model_{path.stem}_{hashlib.sha256(bytes(path)).hexdigest()[:8]}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None  # the file ends in .py
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextlib.contextmanager
def _neighbours_of(path: Path) -> Iterator[None]:
    """Within it, what is imported is looked for beside this file first; afterwards beside it last."""
    folder = str(path.parent)
    with _turn:
        importlib.invalidate_caches()
        _take_out({name for name in sys.modules if _is_ours(name)})
        before = sys.path[:] = [p for p in sys.path if p not in _folders]
        _folders[:] = [f for f in _folders if f != folder]
        hiding = _hiding(folder)
        hidden = _take_out(hiding)
        sys.path.insert(0, folder)
        try:
            yield
        finally:
            _take_out(hiding)
            sys.modules.update(hidden)
            if not any(os.path.realpath(p) == folder for p in before):  # else its modules are the caller's own
                _folders.insert(0, folder)
            if folder in before and folder in sys.path:
                sys.path.remove(folder)
            # what else the file has put on the path is its own affair
            kept = [p for p in sys.path if p in before or (p not in _folders and os.path.realpath(p) != folder)]
            sys.path[:] = kept + _folders


def _is_ours(name: str) -> bool:
    """Whether an earlier file brought this module, or could have: it lies beside one."""
    module = sys.modules[name]
    file = getattr(module, "__file__", None)
    places = [file.removesuffix(f"{os.sep}__init__.py")] if file else list(getattr(module, "__path__", ()))
    return "." not in name and name not in SHARED and any(os.path.dirname(place) in _folders for place in places)


def _hiding(folder: str) -> set[str]:
    """The modules in a folder that stand before others of their names, if it is the first on Python's path.

    A folder without `__init__.py` stands before none. Nor does one before what is loaded of Python itself.
    """
    names = {entry.partition(".")[0] for entry in os.listdir(folder)} - SHARED
    names -= {name for name in sys.stdlib_module_names if name in sys.modules}
    pairs = {name: (PathFinder.find_spec(name, [folder]), _elsewhere(name)) for name in filter(str.isidentifier, names)}
    return {
        name for name, (here, other) in pairs.items() if here and here.origin and other and _real(here) != _real(other)
    }


def _elsewhere(name: str) -> ModuleSpec | None:
    """What an ordinary import of this name finds."""
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):  # a module that somebody has made by hand
        return ModuleSpec(name, None)


def _real(spec: ModuleSpec) -> str:
    return os.path.realpath(spec.origin or "")


def _take_out(names: set[str]) -> dict[str, ModuleType]:
    """The modules of these names, and those in them, no longer in `sys.modules`."""
    return {name: sys.modules.pop(name) for name in list(sys.modules) if name.partition(".")[0] in names}


def _place(trace: TracebackType | None, folder: Path) -> str:
    """The last line of a file in the folder that an error came through: `helper.py:12`, or nothing."""
    place = ""
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.is_relative_to(folder) and "site-packages" not in file.parts:
            place = f"{file.relative_to(folder)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
