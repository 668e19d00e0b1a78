"""The command line as a user runs it: real files, exit codes, stdout kept clean; of each kind one in a real process."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
import torchvision
from files import SAYS, hostile
from PIL import Image
from shell import check_one_line, deconvviz, process

from deconvviz import shapes

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pictures")
    for number in range(2):
        shapes.image(number).save(folder / f"shape {number} é.png")
    return folder


@pytest.mark.quick
def test_help_needs_none_of_what_is_slow_to_import() -> None:
    """So it answers in 0.3 s; `benchmarks/README.md` has the figure."""
    code = (
        "import sys, click.testing, deconvviz.cli as c;"
        "r = click.testing.CliRunner().invoke(c.main, ['project', '--help']);"
        "print(r.exit_code, 'IMAGE...' in r.output, {'torch', 'numpy', 'PIL', 'jinja2', 'tqdm'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0 True set()"


def test_the_three_launchers(tmp_path: Path) -> None:
    expected = process("--version", cwd=tmp_path).stdout
    assert expected.startswith("deconvviz, version ")
    script = Path(sys.executable).with_name("deconvviz")
    if script.exists():
        assert subprocess.run([script, "--version"], capture_output=True, text=True).stdout == expected
    launcher = subprocess.run(
        [sys.executable, REPOSITORY / "cli.py", "--version"],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
    )
    assert launcher.stdout == expected


@pytest.mark.quick
@pytest.mark.parametrize("command", ["demo", "figure", "layers", "merge", "models", "project", "scan", "top"])
def test_every_command_has_help(command: str, tmp_path: Path) -> None:
    done = deconvviz(command, "--help", cwd=tmp_path)
    assert done.returncode == 0
    assert len(done.stdout.splitlines()) > 4


def test_layers(tmp_path: Path) -> None:
    done = deconvviz("layers", "--model", "vgg11", cwd=tmp_path)
    assert done.returncode == 0
    rows = [line.split() for line in done.stdout.splitlines()]
    assert ["features.3", "conv2_1", "Conv2d", "128", "112", "2", "8", "transposed", "filter", "features.4"] in rows
    listed = json.loads(deconvviz("layers", "--model", "shapes", "--json", cwd=tmp_path).stdout)
    assert listed["schema_version"] == 1
    first = listed["layers"][0]
    assert (first["name"], first["receptive_field"], first["jump"]) == ("conv1", [7, 7], [2, 2])
    assert first["mirror"] == "transposed filter"
    assert first["read_at"] == "relu1"


def test_models(tmp_path: Path) -> None:
    names = deconvviz("models", cwd=tmp_path).stdout.split()
    assert names[0] == "shapes"
    assert "vgg16" in names
    assert json.loads(deconvviz("models", "--json", cwd=tmp_path).stdout)["models"] == names


def test_project_one_image_to_a_file(pictures: Path, tmp_path: Path) -> None:
    image = sorted(pictures.iterdir())[0]
    done = process("project", image, "--model", "shapes", "--layer", "conv3", "-o", "out.png", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "out.png\n"), done.stderr
    with Image.open(tmp_path / "out.png") as picture:
        record = json.loads(picture.text["deconvviz"])
    assert [layer["layer"] for layer in record["layers"]] == ["conv3"]
    assert len(record["layers"][0]["units"]) == 9
    assert os.listdir(tmp_path) == ["out.png"]
    mode = stat.S_IMODE((tmp_path / "out.png").stat().st_mode)
    assert mode & 0o444 == 0o444 & ~_umask()


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def test_project_several_images_to_a_folder_with_json(pictures: Path, tmp_path: Path) -> None:
    images = sorted(pictures.iterdir())
    done = deconvviz("project", *images, "--model", "shapes", "-o", "out", "--top", 4, "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    listed = json.loads(done.stdout)
    assert "Layers: " in done.stderr
    assert [Path(p["picture"]).name for p in listed["pictures"]] == [image.name for image in images]
    for made in listed["pictures"]:
        assert (tmp_path / made["picture"]).exists()
        assert len(made["layers"]) == 4
        for layer in made["layers"]:
            values = [unit["activation"] for unit in layer["units"]]
            assert values == sorted(values, reverse=True)
            for unit in layer["units"]:
                assert unit["scaling"]["zero"] == 128
                assert unit["scaling"]["scale"] > 0


def test_units_win_over_layers_and_default_folder(pictures: Path, tmp_path: Path) -> None:
    image = sorted(pictures.iterdir())[0]
    words = ["project", image, "--model", "shapes", "--layer", "conv1", "--unit", "conv2:3@4,5", "--unit", "conv4:1"]
    done = deconvviz(*words, "--unit", "classifier:2", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    (made,) = json.loads(done.stdout)["pictures"]
    assert [layer["layer"] for layer in made["layers"]] == ["conv2", "conv4", "classifier"]
    assert made["layers"][0]["units"][0]["unit"] == "conv2:3@4,5"
    assert made["picture"] == str(Path("gallery") / f"{image.stem}.png")
    assert (tmp_path / made["picture"]).exists()


def test_the_same_input_gives_the_same_bytes(pictures: Path, tmp_path: Path) -> None:
    image = sorted(pictures.iterdir())[0]
    for run, name in ((process, "a.png"), (deconvviz, "b.png")):
        run("project", image, "--model", "shapes", "--layer", "conv4", "-o", name, cwd=tmp_path)
    first, second = ((tmp_path / name).read_bytes() for name in ("a.png", "b.png"))
    assert first.replace(b"a.png", b"b.png")[100:200] == second[100:200]
    with Image.open(tmp_path / "a.png") as a, Image.open(tmp_path / "b.png") as b:
        assert a.tobytes() == b.tobytes()


def test_images_of_the_same_name_do_not_overwrite_each_other(pictures: Path, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        shapes.image(3).save(tmp_path / folder / "x.png")
    words = ["project", "one/x.png", "two/x.png", "--model", "shapes", "--layer", "conv1", "-o", "out"]
    done = deconvviz(*words, cwd=tmp_path)
    assert done.stdout.split() == [str(Path("out/x.png")), str(Path("out/x-2.png"))]


@pytest.mark.parametrize("kind", SAYS)
def test_one_bad_image_is_one_line_and_exit_code_1(kind: str, tmp_path: Path) -> None:
    path = hostile(kind, tmp_path)
    run = process if kind == "truncated" else deconvviz
    done = run("project", path, "--model", "shapes", "-l", "conv1", "-o", "out.png", cwd=tmp_path)
    check_one_line(done, 1, SAYS[kind])
    assert not (tmp_path / "out.png").exists()


def test_bad_images_among_good_ones_are_skipped(pictures: Path, tmp_path: Path) -> None:
    good, bad = sorted(pictures.iterdir())[0], hostile("text", tmp_path)
    done = process("project", bad, good, tmp_path / "no.jpg", "--model", "shapes", "-l", "conv1", cwd=tmp_path)
    assert done.returncode == 3
    assert done.stdout == f"{Path('gallery') / good.stem}.png\n"
    assert "2 of 3 images skipped" in done.stderr
    assert deconvviz("project", bad, bad, "--model", "shapes", "-l", "conv1", cwd=tmp_path).returncode == 1


def bad_weights(kind: str, folder: Path) -> Path:
    path = folder / f"{kind}.pth"
    if kind == "harm":
        torch.save({"state_dict": Path}, path)
    elif kind == "wrong":
        torch.save({"x": torch.zeros(1)}, path)
    return path


ONE_LINE: dict[str, tuple[list[Any], str]] = {
    "unknown model": (["--model", "vgg61"], "nearest: vgg19, vgg16"),
    "unknown layer": (["--model", "shapes", "--layer", "conf3"], "nearest: conv3"),
    "unknown layer of a unit": (["--model", "shapes", "--unit", "conf3:1"], "nearest: conv3"),
    "unit out of range": (["--model", "shapes", "--unit", "conv1:4000"], "has 0 …"),
    "position out of range": (["--model", "shapes", "--unit", "conv5:0@99,0"], "no row 99"),
    "no unit": (["--model", "shapes", "--unit", "conv1"], "names no unit"),
    "missing weights": (["--model", "shapes", "--weights", "nowhere.pth"], "no such file"),
    "wrong weights": (["--model", "shapes", "--weights", "WRONG"], "1 unknown (x)"),
    "weights that run code": (["--model", "shapes", "--weights", "HARM"], "refused"),
    "a vision transformer": (["--model", "vit_b_16", "--weights", "none"], "MultiheadAttention"),
    "no device": (["--model", "shapes", "--device", "abacus"], "no device 'abacus'"),
    "not writable": (["--model", "shapes", "-l", "conv1", "-o", "/proc/nowhere/out.png"], "cannot be written"),
    "a gif": (["--model", "shapes", "-l", "conv1", "-o", "out.gif"], "ends in .png, .jpg, .jpeg, .webp, .pdf or .svg"),
}


@pytest.mark.parametrize("what", ONE_LINE)
def test_bad_words_are_one_line_and_exit_code_1(what: str, pictures: Path, tmp_path: Path) -> None:
    words, says = ONE_LINE[what]
    made = {"WRONG": bad_weights("wrong", tmp_path), "HARM": bad_weights("harm", tmp_path)}
    image = sorted(pictures.iterdir())[0]
    run = process if what in ("unknown model", "weights that run code") else deconvviz
    done = run("project", image, *[made.get(word, word) for word in words], cwd=tmp_path)
    check_one_line(done, 1, says)


def test_pictures_never_take_the_place_of_the_images(pictures: Path, tmp_path: Path) -> None:
    shapes.image(3).save(tmp_path / "x.png")
    before = (tmp_path / "x.png").read_bytes()
    for out in (".", "x.png", tmp_path):
        done = deconvviz("project", "x.png", "--model", "shapes", "-l", "conv1", "-o", out, cwd=tmp_path)
        check_one_line(done, 1, "is one of the images themselves")
    assert (tmp_path / "x.png").read_bytes() == before


def test_names_that_meet_after_numbering(tmp_path: Path) -> None:
    for name in ("x.jpg", "x.png", "x-2.png"):
        shapes.image(3).save(tmp_path / name)
    done = deconvviz("project", "x.jpg", "x.png", "x-2.png", "-m", "shapes", "-l", "conv1", "-o", "out", cwd=tmp_path)
    assert sorted(done.stdout.split()) == [str(Path("out") / name) for name in ("x-2-2.png", "x-2.png", "x.png")]
    two = deconvviz("project", "x.jpg", "x.png", "-m", "shapes", "-l", "conv1", "-o", "out.png", cwd=tmp_path)
    check_one_line(two, 1, "several images need a folder")


FACTORY = """
import torch, deconvviz
print("noise from the user's own file")
def bare():
    return torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3), torch.nn.ReLU())
def whole():
    return deconvviz.Model(bare().eval(), deconvviz.Preprocess(32), "mine", ("a", "b", "c", "d"))
def any_size():
    return deconvviz.Model(bare().eval(), deconvviz.Preprocess(None, resize=None), "mine")
def leave():
    raise SystemExit(7)
"""


def test_networks_in_ones_own_file(pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(FACTORY)
    image = sorted(pictures.iterdir())[0]
    for factory in ("whole", "any_size"):
        words = ["project", image, "--model", f"net.py:{factory}", "-l", "0", "-o", f"{factory}.png"]
        done = (process if factory == "whole" else deconvviz)(*words, cwd=tmp_path)
        assert (done.returncode, done.stdout) == (0, f"{factory}.png\n"), done.stderr
    for model, says in (
        ("net.py:bare", "return deconvviz.Model(net"),
        ("net.py:leave", "SystemExit"),
        ("net.py", "write net.py:FACTORY"),
    ):
        done = deconvviz("project", image, "--model", model, "-l", "0", cwd=tmp_path)
        assert done.returncode == 1
        assert says in done.stderr.splitlines()[-1]
        assert "Traceback" not in done.stderr


BARE = """
import torch
from torch import nn
from wide import width
def bare():
    torch.manual_seed(0)
    return nn.Sequential(nn.Conv2d(1, width(), 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(width(), 5, 3), nn.ReLU())
"""


def test_a_bare_network_is_told_how_pictures_become_its_input(pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(BARE)
    (tmp_path / "wide.py").write_text("def width(): return 4\n")
    image, model = sorted(pictures.iterdir())[0], ("--model", "net.py:bare")
    grey = ("--mean", "0.4", "--std", "0.25")
    check_one_line(deconvviz("project", image, *model, cwd=tmp_path), 1, "add --size, --mean and --std")
    check_one_line(deconvviz("layers", *model, *grey, cwd=tmp_path), 1, "add --size, --mean and --std")
    done = deconvviz(
        "project", image, *model, *grey, "--size", "32", "-l", "3", "--json", "-o", "out.png", cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    (made,) = json.loads(done.stdout)["pictures"]
    assert made["preprocess"] == {
        "size": 32, "mean": [0.4], "std": [0.25], "resize": -1, "interpolation": "bilinear"
    }  # fmt: skip
    assert made["weights"] == "its own"
    table = deconvviz("layers", *model, *grey, "--size", "20x32", cwd=tmp_path).stdout
    assert ["3", "Conv2d", "5", "7x13"] in [line.split()[:4] for line in table.splitlines()]
    check = deconvviz("models", "--check", "net.py:bare", *grey, "--size", "32", cwd=tmp_path)
    assert check.stdout == "net.py:bare can be mirrored: 5 layers\n"
    for wrong in (("--size", "0"), ("--size", "3x"), ("--size", ""), ("--mean", "a"), ("--std", "0.5,")):
        assert deconvviz("layers", *model, *wrong, cwd=tmp_path).returncode == 2
    check_one_line(deconvviz("layers", *model, "--size", "9", "--mean", "1", cwd=tmp_path), 1, "as many of one")


@pytest.mark.quick
def test_any_size_follows_each_picture(pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.png").write_text("no picture")
    words = ("--model", "shapes", "--size", "any")
    done = deconvviz(
        "project", "broken.png", *sorted(pictures.iterdir()), *words, "-o", "out", "--top", "1", cwd=tmp_path
    )
    assert (done.returncode, done.stderr.count("Skipped")) == (3, 1), done.stderr
    assert len(list((tmp_path / "out").iterdir())) == 2
    assert "Layers: conv2, conv3, conv4, conv5" in done.stderr
    check_one_line(deconvviz("layers", *words, cwd=tmp_path), 1, "give a size here")
    check_one_line(deconvviz("models", "--check", "shapes", *words[2:], cwd=tmp_path), 1, "give a size here")
    check_one_line(deconvviz("project", "broken.png", *words, cwd=tmp_path), 1, "broken.png")


def test_an_index_remembers_how_pictures_became_the_input_of_a_bare_network(pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(BARE)
    (tmp_path / "wide.py").write_text("def width(): return 4\n")
    words = ("--model", "net.py:bare", "--size", "32", "--mean", "0.4", "--std", "0.25")
    done = deconvviz("scan", pictures, *words, "-o", "index", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert deconvviz("figure", "index", "-l", "3", "-o", "fig.png", cwd=tmp_path).returncode == 0
    for asked in ((), ("--model", "net.py:bare"), words):
        done = deconvviz("gallery", "index", *asked, "-l", "3", "-o", "gallery", cwd=tmp_path)
        assert done.returncode == 0, done.stderr
    done = deconvviz("gallery", "index", "--size", "30", "-o", "other", cwd=tmp_path)
    check_one_line(done, 1, "was made with another preprocessing")
    done = deconvviz("gallery", pictures, *words, "-l", "3", "-o", "fresh", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_options_go_before_what_a_network_knows(pictures: Path, tmp_path: Path) -> None:
    image = sorted(pictures.iterdir())[0]
    words = ["project", image, "--model", "shapes", "--std", "0.5,0.5,0.5", "-l", "conv1", "--json"]
    (made,) = json.loads(deconvviz(*words, cwd=tmp_path).stdout)["pictures"]
    assert made["preprocess"]["std"] == [0.5] * 3
    assert (made["preprocess"]["size"], made["preprocess"]["mean"]) == (shapes.SIZE, list(shapes.MEAN))


def test_layers_of_a_checkpoint(tmp_path: Path) -> None:
    torch.manual_seed(0)
    net = torchvision.models.squeezenet1_1(num_classes=7)
    torch.save({"model_state_dict": net.state_dict()}, tmp_path / "seven.pth")
    done = deconvviz("layers", "--model", "squeezenet1_1", "--weights", "seven.pth", cwd=tmp_path)
    assert ["classifier.1", "Conv2d", "7"] in [line.split()[:3] for line in done.stdout.splitlines()]


def test_class_scores_carry_their_names(pictures: Path, tmp_path: Path) -> None:
    image = sorted(pictures.iterdir())[0]
    done = deconvviz("project", image, "--model", "shapes", "-l", "classifier", "--json", cwd=tmp_path)
    units = json.loads(done.stdout)["pictures"][0]["layers"][0]["units"]
    assert units[0]["class"] == shapes.CLASSES[units[0]["channel"]]


def test_units_are_chosen_for_a_class(pictures: Path, tmp_path: Path) -> None:
    image = sorted(pictures.iterdir())[0]
    words = ["project", image, "--model", "shapes", "-l", "conv4", "--top", "2", "--json"]
    picked = {}
    for name in ("castle", "11"):
        units = json.loads(deconvviz(*words, "--for-class", name, cwd=tmp_path).stdout)["pictures"][0]["layers"][0][
            "units"
        ]
        picked[name] = [unit["unit"] for unit in units]
        assert [unit["for_class"] for unit in units] == [shapes.CLASSES[11] if name == "11" else name] * 2
        assert units[0]["contribution"] >= units[1]["contribution"] > 0
    assert picked["castle"] != picked["11"]
    done = deconvviz(*words, "--for-class", "zebra", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "no class is called 'zebra'" in done.stderr
    assert deconvviz(*words, "--for-class", "castle", "-u", "conv1:3", cwd=tmp_path).returncode == 2


TEN_MAPS = """
import deconvviz
from torch import nn


def make():
    net = nn.Sequential(
        nn.Conv2d(3, 10, 5), nn.ReLU(), nn.Conv2d(10, 10, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(10, 10)
    )
    return deconvviz.Model(net, deconvviz.Preprocess(32), "ten", categories=[f"class {n}" for n in range(10)])
"""


def test_layers_that_merely_have_as_many_maps_have_no_class_names(pictures: Path, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(TEN_MAPS)
    image = sorted(pictures.iterdir())[0]
    words = ["project", image, "--model", "net.py:make", "-l", "0", "-l", "2", "-l", "5", "--json"]
    layers = json.loads(deconvviz(*words, cwd=tmp_path).stdout)["pictures"][0]["layers"]
    assert [{unit["class"] for unit in layer["units"]} for layer in layers[:2]] == [{None}, {None}]
    assert [unit["class"] for unit in layers[2]["units"]] == [f"class {unit['channel']}" for unit in layers[2]["units"]]


def test_layers_and_units_are_asked_for_by_globs(pictures: Path, tmp_path: Path) -> None:
    image = sorted(pictures.iterdir())[0]
    words = ["project", image, "--model", "shapes", "--json"]
    done = deconvviz(*words, "-l", "relu2", "-l", "conv[12]", "--top", "2", cwd=tmp_path)
    (picture,) = json.loads(done.stdout)["pictures"]
    assert [(layer["layer"], len(layer["units"])) for layer in picture["layers"]] == [("relu2", 2), ("conv1", 2)]
    done = deconvviz(*words, "-u", "conv[12]:3", "-u", "conv4:9", cwd=tmp_path)
    (picture,) = json.loads(done.stdout)["pictures"]
    units = [unit["unit"].partition("@")[0] for layer in picture["layers"] for unit in layer["units"]]
    assert units == ["conv1:3", "conv2:3", "conv4:9"]
    done = deconvviz(*words, "-l", "cnov*", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: no layer matches 'cnov*' in this network; nearest: conv")
    assert done.stderr.count("\n") == 1


def test_models_check(tmp_path: Path) -> None:
    done = deconvviz("models", "--check", "lraspp_mobilenet_v3_large", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("lraspp_mobilenet_v3_large can be mirrored: ")
    assert "beyond the paper: hardswish" in done.stdout
    refused = deconvviz("models", "--check", "swin_t", cwd=tmp_path)
    assert refused.returncode == 1
    assert "swin_transformer.py:" in refused.stderr
    assert len(refused.stderr.strip().splitlines()) == 1


def test_an_image_smaller_than_the_network_takes(tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        "import torch, deconvviz\n"
        "def make():\n"
        "    net = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 11), torch.nn.ReLU())\n"
        "    return deconvviz.Model(net.eval(), deconvviz.Preprocess(None, resize=None), 'net')\n"
    )
    Image.new("RGB", (8, 8)).save(tmp_path / "small.png")
    done = deconvviz("project", "small.png", "--model", "net.py:make", "-l", "0", cwd=tmp_path)
    check_one_line(done, 1, "cannot take images of 3×8×8")


def test_wrong_usage_is_exit_code_2(tmp_path: Path) -> None:
    for words in (["project"], ["project", "x.png", "--top", "0"], ["nothing"], ["layers", "--nonsense"]):
        assert deconvviz(*words, cwd=tmp_path).returncode == 2


def test_without_network_the_default_model_says_what_to_do(pictures: Path, tmp_path: Path) -> None:
    image = sorted(pictures.iterdir())[0]
    offline = {"TORCH_HOME": str(tmp_path), "https_proxy": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}
    done = process("project", image, cwd=tmp_path, **offline)
    assert done.returncode == 1
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("Error: the weights of squeezenet1_1 cannot be downloaded")
    assert "--weights FILE" in last
    assert "--model shapes" in last
    assert "Traceback" not in done.stderr
