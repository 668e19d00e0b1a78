"""`FILE.py:FACTORY`: a function in a user's own file, which imports its neighbours as `python FILE.py` would.

While the file and its factory run, its folder is the first on Python's path. Afterwards nothing of it is left where it
could come before a module of the same name: neighbours are taken out of `sys.modules`, and modules that they stood
before are put back. An import that a function of the file or of a neighbour makes later, in `forward` say, finds the
neighbours still: these modules have an `__import__` of their own, which brings the folder back for that one import.
So has each file neighbours of its own: two with a `model.py` beside them do not meet.
"""

import builtins
import contextlib
import hashlib
import importlib.util
import os
import sys
import threading
from collections.abc import Iterator, Sequence, Set
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any

from ..errors import UnknownModel, nearest, one_line

SHARED = {__name__.partition(".")[0], "torch", "torchvision", "numpy", "PIL"}
"""What is one and the same everywhere: a network is one of torch's, and a `Model` one of this package's."""


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
    importlib.invalidate_caches()
    neighbours = Neighbours(path.parent)
    try:
        # one of Python's own modules that a library imports meanwhile must be no neighbour of that name
        names = neighbours.names - sys.stdlib_module_names
        with neighbours.importable(names), contextlib.redirect_stdout(sys.stderr):  # stdout is for paths and JSON
            module = neighbours.run(path)
            make = getattr(module, factory, None)
            made = make() if callable(make) else None
    except (Exception, SystemExit) as error:  # whatever the user's own code raises
        where = _place(error.__traceback__, path.parent)
        raise UnknownModel(f"{name}: {type(error).__name__} in {where or file}: {one_line(error)}") from error
    if not isinstance(made, kinds):
        own = module.__name__
        functions = [n for n, v in vars(module).items() if callable(v) and getattr(v, "__module__", "") == own]
        what = f"gives a {type(made).__name__}, not an nn.Module" if callable(make) else "is not a function there"
        raise UnknownModel(f"{name}: {factory!r} {what}; {nearest(factory, functions)}")
    return made


class Neighbours:
    """The modules in one folder, for the modules in it alone."""

    _turn = threading.RLock()

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.names = _modules_in(folder)
        self._imported: dict[str, ModuleType] = {}
        self._open: set[str] = set()
        self._builtins = {**vars(builtins), "__import__": self._import}

    def run(self, path: Path) -> ModuleType:
        """A file of the folder as a module of a name that nothing else has."""
        name = f"deconvviz_model_{path.stem}_{hashlib.sha256(bytes(path)).hexdigest()[:8]}"
        loader = _Loader(name, str(path), self._builtins)
        spec = importlib.util.spec_from_file_location(name, path, loader=loader)
        assert spec is not None  # there is a loader
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        loader.exec_module(module)
        return module

    @contextlib.contextmanager
    def importable(self, names: Set[str]) -> Iterator[None]:
        """Within it, an import of these names, by whomever, finds neighbours; afterwards all is as it was before."""
        with self._turn:
            opened, outermost = names - self._open, not self._open
            aside, path = _taken_out(opened), list(sys.path)
            sys.modules.update({name: module for name, module in self._imported.items() if _first(name) in opened})
            self._open |= opened
            finder = _Finder(self)
            sys.meta_path.insert(0, finder)
            if outermost:
                sys.path.insert(0, str(self.folder))
            try:
                yield
            finally:
                sys.meta_path.remove(finder)
                if outermost:  # what else the file has put there is its own affair
                    sys.path[:] = [p for p in sys.path if p in path or Path(p).resolve() != self.folder]
                self._open -= opened
                self._imported |= _taken_out(opened)
                sys.modules.update(aside)

    def spec(self, name: str, path: Sequence[str] | None) -> ModuleSpec | None:
        """Where a neighbour, or a module in one, is to be found; None for all other modules."""
        if _first(name) not in self._open:
            return None
        spec = PathFinder.find_spec(name, [str(self.folder)] if path is None else path)
        if spec is not None and type(spec.loader) is SourceFileLoader:
            spec.loader = _Loader(spec.loader.name, spec.loader.path, self._builtins)
        return spec

    def _import(
        self, name: str, globals: Any = None, locals: Any = None, fromlist: Sequence[str] = (), level: int = 0
    ) -> ModuleType:
        """`__import__` of the folder's modules."""
        first = _first((globals or {}).get("__package__") or "") if level else _first(name)
        if first not in self.names:
            return __import__(name, globals, locals, fromlist, level)
        with self.importable({first}):
            return __import__(name, globals, locals, fromlist, level)


def _modules_in(folder: Path) -> frozenset[str]:
    """What can be imported only from this folder, or would be another module if it were not the first on Python's path.

    A folder without `__init__.py` comes after any module of its name that is elsewhere.
    """
    names = {entry.name.partition(".")[0] for entry in folder.iterdir()} - set(sys.builtin_module_names)
    own = set[str]()
    for name in filter(str.isidentifier, names - SHARED):
        here, elsewhere = PathFinder.find_spec(name, [str(folder)]), _elsewhere(name)
        if here is not None and (elsewhere is None or (here.origin and _real(here) != _real(elsewhere))):
            own.add(name)
    return frozenset(own)


def _real(spec: ModuleSpec) -> str:
    return os.path.realpath(spec.origin or "")


def _elsewhere(name: str) -> ModuleSpec | None:
    """The module that an ordinary import of this name gives."""
    try:
        return importlib.util.find_spec(name)
    except (ImportError, ValueError, AttributeError):  # it is there, but not from a file
        return None


def _taken_out(names: Set[str]) -> dict[str, ModuleType]:
    """The modules of these names, and those in them, no longer in `sys.modules`."""
    return {name: sys.modules.pop(name) for name in [name for name in sys.modules if _first(name) in names]}


def _first(name: str) -> str:
    return name.partition(".")[0]


class _Finder(MetaPathFinder):
    """Finds neighbours before all else."""

    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The neighbour of this name, if there is one."""
        return self._neighbours.spec(fullname, path)


class _Loader(SourceFileLoader):
    """Loads a module whose imports see its neighbours."""

    def __init__(self, name: str, path: str, builtins: dict[str, Any]) -> None:
        super().__init__(name, path)
        self._builtins = builtins

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's code."""
        vars(module)["__builtins__"] = self._builtins
        super().exec_module(module)


def _place(trace: TracebackType | None, folder: Path) -> str:
    """The last line of a file in the folder that an error came through: `helper.py:12`, or nothing."""
    place = ""
    while trace is not None:
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.is_relative_to(folder) and "site-packages" not in file.parts:
            place = f"{file.relative_to(folder)}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
