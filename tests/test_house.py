"""The house itself: who imports whom, who knows what, and that the door is what it says."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import deconvviz

pytestmark = pytest.mark.quick

PACKAGE = Path(deconvviz.__file__).parent
ORDER = [
    *("version", "errors", "arguments", "machine", "shapes"),
    *("drawing", "images", "network", "mirror", "deconvnet", "scanning", "studies", "pages"),
    *("cli", "__main__", "__init__"),
]
"""From the foundation up: what stands here imports only from what stands before it."""

WITHIN = {
    "shapes": [
        *("dice", "textures", "pen", "parts", "buildings", "creatures", "heads", "plants", "things", "vehicles"),
        *("world", "zfnet", "__init__", "train"),
    ],
    "drawing": [
        *("lettering", "page", "svg", "pdf", "output", "resampling", "hatching", "overlay", "tiles", "frames", "looks"),
        "notebook",
    ],
    "images": ["pictures", "transforms", "preprocess", "inputs", "records", "archives", "datasets", "sources"],
    "network": [
        *(
            "turns",
            "untouched",
            "refusals",
            "apart",
            "functional",
            "exporting",
            "graph",
            "running",
            "arbitrary",
            "classes",
            "reader",
            "state",
            "capture",
            "comparing",
        ),
        *("folding", "devices", "safetensors", "checkpoints", "factories", "models"),
    ],
    "mirror": [
        *("window", "signals", "arrivals", "bits", "registry", "scores", "rules", "backpropagation", "method"),
        *("recording", "names", "layers", "blocks", "descent", "walk"),
    ],
    "mirror/rules": [
        *("pools", "averages", "joins", "gates", "normalisations", "paper", "other_activations", "parts"),
        *("rearrangements", "reshapes", "resizes", "without_switches"),
        *("activations", "elementwise", "proofs", "contrast", "patterns"),
    ],
    "deconvnet": [
        *("units", "asked", "tables", "ascent", "plan", "forward", "passes", "classes", "contributions"),
        *(
            "tiling",
            "carrying",
            "projection",
            "projecting",
            "figures",
            "figure2",
            "projections",
            "deconvnet",
            "loading",
            "visualise",
        ),
    ],
    "scanning": [
        *(
            "best",
            "tally",
            "lots",
            "sketch",
            "spread",
            "part",
            "manifest",
            "ledger",
            "ranks",
            "selection",
            "watch",
            "job",
        ),
        *("reading", "recheck", "feature_map", "index", "opening", "merging", "scanning", "index_figure"),
    ],
    "studies": [
        *("document", "result", "likeness", "choosing", "comparing", "random_weights", "sampling"),
        *("numbers", "measures", "learning", "converging", "verdicts", "trusting", "kept"),
    ],
    "pages": [
        *(
            "names",
            "sheets",
            "asked",
            "layers",
            "facts",
            "labels",
            "on_images",
            "words",
            "choice",
            "commands",
            "folder",
            "kept",
            "pictures",
        ),
        *("contents", "sheetmaking", "assets", "writer", "gallery", "single", "in_one_go", "serving"),
    ],
    "cli": ["exits", "numbers", "texts", "notes", "options", "look", "scan", "gallery", "study", "commands"],
}
"""The rooms of each folder, from its foundation up; its door stands above them all if it is not among them."""

WINGS = [folder for folder in WITHIN if "/" not in folder]

PUBLIC = {
    "mirror": {"RULES", "Reach", "Recorded", "Rule", "pointwise", "register", "rule_for", "whole"},
    "scanning": {"picture_index"},
    "studies": {"Comparison", "Trust"},
    "shapes": {"CLASSES", "TRAIN", "UNSEEN", "WEIGHTS", "image", "label"},
}
"""What doors hand on for users and for rules of their own, beside what other wings and the front door take."""

MODULES = sorted(PACKAGE.rglob("*.py"))


def way_to(path: Path) -> list[str]:
    """The names on the way from the package to a module."""
    return [part.removesuffix(".py") for part in path.relative_to(PACKAGE).parts]


def floor(rooms: list[str], name: str) -> int:
    """How high a room lies; a name that is no room's comes from the door."""
    door = rooms.index("__init__") if "__init__" in rooms else len(rooms)
    return rooms.index(name) if name in rooms else door


def place(path: Path) -> tuple[str, str]:
    """The wing that a module is in and its room there; a module beside the wings is a wing with one room."""
    parts = way_to(path)
    return parts[0], parts[1] if len(parts) > 1 else ""


def imports(path: Path) -> set[tuple[str, ...]]:
    """What a module imports, each as a path of names: of the package from its root, `("", "mirror", "walk")`."""
    found: set[tuple[str, ...]] = set()
    inside = path.relative_to(PACKAGE).parts[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {tuple(alias.name.split(".")) for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            module = tuple(node.module.split(".")) if node.module else ()
            start = ("", *inside[: len(inside) + 1 - node.level], *module) if node.level else module
            found |= {(*start, alias.name) for alias in node.names}
    return found


def read_from(path: Path) -> list[tuple[str, ...]]:
    """What a module imports from the package."""
    return [names[1:] for names in imports(path) if names[0] == ""]


def test_every_room_has_its_place() -> None:
    assert {place(path)[0] for path in MODULES} == set(ORDER)
    assert set(WITHIN) == {"/".join(way_to(path)[:-1]) for path in MODULES} - {""}
    for folder, rooms in WITHIN.items():
        depth = folder.count("/") + 1
        there = {way_to(path)[depth] for path in MODULES if "/".join(way_to(path)[:depth]) == folder}
        assert {*rooms, "__init__"} == there
        assert len(rooms) == len(set(rooms))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_go_strictly_downward(path: Path) -> None:
    here = way_to(path)
    for names in read_from(path):
        assert names[0] in ORDER
        shared = next(depth for depth in range(len(here)) if names[depth : depth + 1] != (here[depth],))
        rooms = WITHIN["/".join(here[:shared])] if shared else ORDER
        assert floor(rooms, names[shared]) < floor(rooms, here[shared]), names


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_the_package_is_imported_by_relative_names(path: Path) -> None:
    assert "deconvviz" not in {names[0] for names in imports(path)}


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_wings_are_entered_by_their_doors(path: Path) -> None:
    for other, *rest in read_from(path):
        if other != place(path)[0] and (PACKAGE / other).is_dir():
            door = importlib.import_module(f"deconvviz.{other}")
            assert not rest or (len(rest) == 1 and rest[0] in door.__all__), (other, *rest)


@pytest.mark.parametrize("wing", WINGS)
def test_a_door_says_what_lives_there_and_hands_on_what_it_lists(wing: str) -> None:
    door = importlib.import_module(f"deconvviz.{wing}")
    assert len((door.__doc__ or "").split("\n\n")) >= 2
    assert "never" in (door.__doc__ or "")
    for name in door.__all__:
        assert getattr(door, name) is not None


@pytest.mark.parametrize("wing", WINGS)
def test_a_door_hands_on_what_is_taken(wing: str) -> None:
    """Or what `PUBLIC` lists; a module that is handed on is taken whole."""
    others = [path for path in MODULES if place(path)[0] != wing]
    taken = {names[1] for path in others for names in read_from(path) if names[0] == wing and names[1:]}
    for path in others:
        if (wing,) in read_from(path):
            nodes = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Attribute)]
            taken |= {node.attr for node in nodes if isinstance(node.value, ast.Name) and node.value.id == wing}
    front = {name for name, home in vars(deconvviz)["_HOMES"].items() if home == wing}
    door = importlib.import_module(f"deconvviz.{wing}")
    assert set(door.__all__) == taken | front | PUBLIC.get(wing, set())


def test_who_knows_what() -> None:
    knows = {path: {names[0] for names in imports(path)} for path in MODULES}
    assert {place(path)[0] for path, names in knows.items() if "click" in names} == {"cli"}
    assert {place(path)[0] for path, names in knows.items() if "jinja2" in names} == {"pages", "studies"}
    assert not {names[0] for names in read_from(PACKAGE / "deconvnet" / "figures.py")} & {"network", "mirror"}
    for engine in ("walk.py", "descent.py", "arrivals.py", "signals.py", "window.py", "recording.py"):
        assert not re.search(r"\baten\b", (PACKAGE / "mirror" / engine).read_text())
    for path in (PACKAGE / "deconvnet").glob("*.py"):
        assert not re.search(r"\baten\b", path.read_text())


def test_the_door_holds_what_it_says() -> None:
    for name in deconvviz.__all__:
        assert getattr(deconvviz, name).__doc__
    with pytest.raises(AttributeError, match="nothing"):
        _ = deconvviz.nothing
    assert re.fullmatch(r"\d+\.\d+\.\d+", deconvviz.__version__)


def test_the_door_opens_without_torch() -> None:
    code = "import sys, deconvviz, deconvviz.cli; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_names_of_no_meaning_are_not_used() -> None:
    names = {path.stem for path in MODULES}
    assert not names & {"utils", "helpers", "core", "base", "common", "misc"}
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                assert not re.search(r"Manager|Helper|Utils|Base$", node.name), (path, node.name)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_functions_fit_a_screen(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 300
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef):
            docstring = len((ast.get_docstring(node) or "").splitlines())
            assert (node.end_lineno or 0) - node.lineno - docstring <= 50, node.name


def test_errors_form_one_tree_that_the_docstring_draws() -> None:
    from deconvviz import errors

    classes = {n: c for n, c in vars(errors).items() if isinstance(c, type) and issubclass(c, Exception)}
    for name, error in classes.items():
        assert issubclass(error, errors.DeconvvizError)
        assert name in (errors.__doc__ or "")


@pytest.mark.parametrize("wing", WINGS)
def test_the_quick_tests_touch_every_wing(wing: str) -> None:
    texts = [path.read_text() for path in Path(__file__).with_name(wing).glob("test_*.py")]
    assert any("pytest.mark.quick" in text for text in texts)
