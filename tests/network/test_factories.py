"""Networks from a user's own file: its neighbours are imported as `python FILE.py` does."""

import importlib
import inspect
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

import deconvviz
from deconvviz.errors import UnknownModel
from deconvviz.images import Preprocess
from deconvviz.network import factories, load_model

pytestmark = pytest.mark.quick

FACTORY = """
import torch
from torch import nn
import deconvviz

def tiny():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())

def whole():
    return deconvviz.Model(tiny().eval(), deconvviz.Preprocess(32), "mine", ("a", "b"))

def number():
    return 3

def broken():
    raise ValueError("no such luck")

def multiline():
    tiny().load_state_dict({"x": torch.zeros(1)})
"""

Write = Callable[..., Path]


@pytest.fixture(autouse=True)
def _as_before(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(factories, "_folders", [])
    path, modules = list(sys.path), set(sys.modules)
    yield
    sys.path[:] = path
    for name in set(sys.modules) - modules:
        del sys.modules[name]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def files(folder: str = ".", **texts: str) -> Path:
        for name, text in texts.items():
            path = tmp_path / folder / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return tmp_path / folder

    return files


def test_factories_in_ones_own_file(write: Write, tmp_path: Path) -> None:
    file = write(mine=FACTORY) / "mine.py"
    bare = load_model(f"{file}:tiny")
    assert isinstance(bare.net, nn.Sequential)
    assert (bare.weights, bare.preprocess) == ("its own", None)
    assert load_model(f"{file}:tiny", preprocess=Preprocess(16)).preprocess == Preprocess(16)
    whole = load_model(f"{file}:whole")
    assert (whole.name, whole.categories, whole.weights) == ("mine", ("a", "b"), "its own")
    assert whole.preprocess == Preprocess(32)
    again = load_model(f"{file}:tiny", "none")  # as `layers` asks for it
    assert (again.weights, again.load) == ("its own", (f"{file}:tiny", "DEFAULT"))
    torch.save({"net": whole.net.state_dict()}, tmp_path / "w.pth")
    assert load_model(f"{file}:whole", tmp_path / "w.pth").weights == "w.pth"
    for factory, says in (
        ("number", "'number' gives 3, not an nn.Module$"),
        ("tinny", "nearest: tiny"),
        ("broken", r"ValueError in mine.py:17: no such luck$"),
        ("multiline", r"RuntimeError in mine.py:20: Error\(s\) in loading state_dict for Sequential: Missing key"),
    ):
        with pytest.raises(UnknownModel, match=says) as caught:
            load_model(f"{file}:{factory}")
        assert "\n" not in str(caught.value)


NEIGHBOURLY = """
from torch import nn
from layers_here import Block
from models.nets import width, deeper
import wave

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = Block(width())

    def forward(self, x):
        from later_here import twice
        from models.nets import late
        import importlib
        return late(twice(self.block(x))) * importlib.import_module("latest_here").ONE

def make():
    assert wave.HERE == "wave"
    assert deeper() == 5
    return Net()
"""

NEIGHBOURS = {
    "net": NEIGHBOURLY,
    "layers_here": "from torch import nn\nclass Block(nn.Sequential):\n    def __init__(self, n):\n"
    "        super().__init__(nn.Conv2d(3, n, 3), nn.ReLU())\n",
    "later_here": "import layers_here\nassert layers_here.Block(3)\ndef twice(x): return x * 2\n",
    "latest_here": "ONE = 1\n",
    "models__nets": "def width(): return 5\ndef deeper():\n    from .deep import five\n    return five\ndef late(x):\n"
    "    from .deep import five\n    import models.deep\n    assert models.deep.five is five\n    return x * five\n",
    "models__deep": "five = 5\n",
    "wave": "HERE = 'wave'\n",
}


def test_neighbours_are_imported_early_and_late(write: Write) -> None:
    folder = write("one", **NEIGHBOURS)
    path = list(sys.path)
    model = load_model(f"{folder}/net.py:make")
    assert sys.path == [*path, str(folder)]
    x = torch.rand(1, 3, 9, 9) - 0.5
    ten = 10 * model.net.block(x)
    for _ in range(2):
        assert torch.equal(model.net(x), ten)
    dv = deconvviz.DeconvNet(model)
    assert torch.allclose(dv.record(x, "block").maps["block.1"], model.net.block(x), atol=1e-6)
    assert torch.equal(pickle.loads(pickle.dumps(model.net))(x), ten)
    assert "class Block" in inspect.getsource(type(model.net.block))
    assert importlib.import_module("wave").open  # Python's


def test_two_files_have_neighbours_of_their_own(write: Write) -> None:
    path = list(sys.path)
    made = "from torch import nn\nfrom model import channels\ndef make(): return nn.Conv2d(3, channels(), 1)\n"
    count = "def channels():\n    from more import CHANNELS\n    return CHANNELS\n"
    folders = [write(f"f{n}", net=made, model=count, more=f"CHANNELS = {n}\n") for n in (2, 3)]
    assert [load_model(f"{folder}/net.py:make").net.out_channels for folder in folders] == [2, 3]
    for channels in (17, 170):  # changed since: read again
        write("f2", more=f"CHANNELS = {channels}\n")
        assert load_model(f"{folders[0]}/net.py:make").net.out_channels == channels
    assert sys.path == [*path, str(folders[0]), str(folders[1])]


def test_neighbours_that_the_caller_can_import_are_the_caller_s(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "from torch import nn\nimport ours_here\ndef make(): return ours_here.Net()\n"
    folder = write("ours", net=text, ours_here="from torch import nn\nclass Net(nn.ReLU): pass\n")
    monkeypatch.syspath_prepend(folder)
    ours, path = importlib.import_module("ours_here"), list(sys.path)
    for _ in range(2):
        assert type(load_model(f"{folder}/net.py:make").net) is ours.Net
        assert sys.path == path
    load_model(f"{write('other', net=text, ours_here='from torch.nn import ReLU as Net')}/net.py:make")
    assert sys.modules["ours_here"] is ours


def test_what_a_file_puts_on_the_path_itself_stays(write: Write, tmp_path: Path) -> None:
    text = "import os, sys\nfrom torch import nn\nsys.path.insert(0, os.path.dirname(__file__))\n"
    folder = write("own", net=text + f"sys.path.append({str(tmp_path / 'lib')!r})\ndef make(): return nn.ReLU()\n")
    before = list(sys.path)
    load_model(f"{folder}/net.py:make")
    assert sys.path == [*before, str(tmp_path / "lib"), str(folder)]


def test_a_neighbour_of_an_installed_name_stands_before_it_for_the_file_alone(write: Write) -> None:
    import tqdm

    text = "import torch, tqdm\nfrom deconvviz import Model as M\ndef make(): return M(torch.nn.ReLU(), None, tqdm.N)\n"
    folder = write(net=text, tqdm="N = 'the neighbour'\n")
    assert load_model(f"{folder}/net.py:make").name == "the neighbour"
    assert sys.modules["tqdm"] is tqdm
    assert callable(tqdm.tqdm)


def test_the_package_itself_beside_the_file_is_no_second_one(write: Write, tmp_path: Path) -> None:
    (tmp_path / "deconvviz").symlink_to(Path(deconvviz.__file__).parent)
    (tmp_path / "data").mkdir()
    text = "import deconvviz\nfrom torch import nn\ndef make(): return deconvviz.Model(nn.ReLU(), None, 'x')\n"
    assert load_model(f"{write(net=text)}/net.py:make").name == "x"


@pytest.mark.parametrize(
    ("neighbour", "says"),
    [
        ("import nowhere_at_all\n", r"ModuleNotFoundError in helper.py:1: No module named 'nowhere_at_all'"),
        ("def broken(:\n", r"SyntaxError in net.py:1: .*helper.py, line 1"),
        ("\n\nraise RuntimeError('first\\nsecond')\n", r"RuntimeError in helper.py:3: first$"),
        ("raise SystemExit(7)\n", r"SystemExit in helper.py:1: 7"),
    ],
)
def test_errors_in_neighbours_are_one_line(neighbour: str, says: str, write: Write) -> None:
    folder, path = write(net="import helper\ndef make(): pass\n", helper=neighbour), list(sys.path)
    for _ in range(2):
        with pytest.raises(UnknownModel, match=says) as caught:
            load_model(f"{folder}/net.py:make")
        assert "\n" not in str(caught.value)
    assert sys.path == [*path, str(folder)]
    assert "helper" not in sys.modules


def test_a_pickle_of_ones_own_classes_finds_them(write: Write) -> None:
    text = (
        "import torch\nfrom pathlib import Path\nimport parts_here\n"
        "def make(): return torch.load(Path(__file__).with_name('w.pt'), weights_only=False)\n"
    )
    folder = write("p", net=text, parts_here="from torch import nn\nclass Net(nn.ReLU): pass\n")
    save = "import torch, parts_here; torch.save(parts_here.Net(), 'w.pt')"
    subprocess.run([sys.executable, "-c", save], cwd=folder, check=True)
    assert type(load_model(f"{folder}/net.py:make").net).__name__ == "Net"
