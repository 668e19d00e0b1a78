"""scan, merge, top and figure as a user runs them: killed, resumed, under torchrun, with faulty files."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from files import HOSTILE, draw
from PIL import Image
from shell import check_one_line, deconvviz

ORDER = ["scan", "IN", "-m", "shapes", "-l", "conv*", "--batch-size", "2", "--top", "4"]


SLOW = """
import os
import time
import deconvviz
from deconvviz import Model

def make():
    '''The embedded network, slowed down, so that there is time to kill it.'''
    model = deconvviz.load_model("shapes")
    class Slow(type(model.preprocess)):
        def __call__(self, source):
            time.sleep(float(os.environ.get("PAUSE", 0)))
            return super().__call__(source)
    p = model.preprocess
    return Model(model.net, Slow(p.size, p.mean, p.std), "slow")
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pictures in `IN`, some of them bad, and the index `whole`."""
    folder = tmp_path_factory.mktemp("commands")
    for number in range(60):
        draw(folder / "IN" / f"{number}.png", number)
    for name in HOSTILE:
        draw(os.path.join(os.fsencode(folder / "IN"), os.fsencode(name)), 70)
    for number in range(7):
        (folder / "IN" / f"bad{number}\n.png").write_text("no picture")
    (folder / "net.py").write_text(SLOW)
    assert begin(folder, *slow("whole")).wait() == 3
    return folder


def slow(out: object) -> list[object]:
    return ["scan", "IN", "-m", "net.py:make", "-l", "conv*", "--batch-size", "1", "--workers", "2", "-o", out]


def result(folder: Path) -> bytes:
    return (folder / "index.npz").read_bytes()


def environment(pause: float = 0.03) -> dict[str, str]:
    """One thread for each process, as torchrun has it: float32 results may depend on their number."""
    return {**os.environ, "OMP_NUM_THREADS": "1", "PAUSE": str(pause)}


def begin(place: Path, *words: object, pause: float = 0.03) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "deconvviz", *map(str, words)]
    nowhere = subprocess.DEVNULL
    return subprocess.Popen(
        command, cwd=place, env=environment(pause), stdout=nowhere, stderr=nowhere, preexec_fn=_interruptible
    )


def _interruptible() -> None:
    """What runs in the background of a script ignores Ctrl-C, and hands that on to its children."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def wait_for_parts(out: Path, count: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(3000):
        if len(list(out.glob("parts/*.npz"))) >= count or process.poll() is not None:
            break
        time.sleep(0.01)
    assert process.poll() is None, "ended too early to be killed"


def test_killed_again_and_again_and_resumed(place: Path, tmp_path: Path) -> None:
    out = tmp_path / "index"
    for parts in (1, 3):
        process = begin(place, *slow(out), pause=0.12)  # also where this process seldom gets its turn
        wait_for_parts(out, parts, process)
        process.kill()
        process.wait()
        assert len(list(out.glob("parts/*.npz"))) >= parts
        check_one_line(deconvviz("top", out, cwd=place), 1, "the scan is not complete, parts ")
    process = begin(place, *slow(out), pause=0.12)
    wait_for_parts(out, 6, process)
    process.send_signal(signal.SIGINT)
    assert process.wait(timeout=60) == 130
    assert not [path for path in out.glob("parts/*.claim") if not path.with_suffix(".npz").exists()]
    assert deconvviz(*slow(out), cwd=place).returncode == 3
    assert result(out) == result(place / "whole")


def test_two_at_one_place_do_not_harm_each_other(place: Path, tmp_path: Path) -> None:
    both = [begin(place, *slow(tmp_path / "index")) for _ in range(2)]
    assert [process.wait(timeout=300) for process in both] == [3, 3]
    assert result(tmp_path / "index") == result(place / "whole")


def test_torchrun_with_skipped_images_and_a_worker_that_is_killed_ends_well(place: Path, tmp_path: Path) -> None:
    """Skipped images are no exit code 3 there: the launcher would end the other ranks, and at last give up."""
    out = tmp_path / "index"
    launcher = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", "--max-restarts", "2"]
    launcher += ["--standalone", "-m", "deconvviz", *map(str, slow(out))]
    nowhere, caught = subprocess.DEVNULL, subprocess.PIPE
    process = subprocess.Popen(launcher, cwd=place, env=environment(0.1), stdout=nowhere, stderr=caught)
    wait_for_parts(out, 3, process)
    workers = worker_pids(process.pid)
    assert len(workers) == 2
    os.kill(workers[1], signal.SIGKILL)
    _, said = process.communicate(timeout=300)
    assert process.returncode == 0, said
    assert said.count(b"7 images skipped; all are listed by: deconvviz top ") == 1
    assert result(out) == result(place / "whole")


def worker_pids(parent: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[1]) == parent:
            found.append(int(path.parent.name))
    return sorted(found)


def test_shards_merge_top_and_figure(place: Path, tmp_path: Path) -> None:
    for shard in ("0/2", "1/2"):
        done = deconvviz(*slow(tmp_path / shard[0]), "--shard", shard, cwd=place)
        assert (done.returncode, done.stdout) == (3, f"{tmp_path / shard[0]}\n"), done.stderr
        again = deconvviz(*slow(tmp_path / shard[0]), "--shard", shard, cwd=place)  # nothing is left to do
        assert again.returncode == 3
        for said in (done.stderr, again.stderr):
            assert said.splitlines()[-1].endswith("images skipped; they are listed by deconvviz top after the merge")
    check_one_line(deconvviz("merge", tmp_path / "0", "-o", tmp_path / "m", cwd=place), 1, "are in none of these")
    merged = deconvviz("merge", tmp_path / "1", tmp_path / "0", "-o", tmp_path / "m", cwd=place)
    assert (merged.returncode, merged.stdout) == (0, f"{tmp_path / 'm'}\n"), merged.stderr
    assert result(tmp_path / "m") == result(place / "whole")
    top = deconvviz("top", tmp_path / "m", "conv4:3", "conv1:0", "--top", "2", cwd=tmp_path)
    assert top.returncode == 0
    assert [line.split()[0] for line in top.stdout.splitlines() if not line.startswith(" ")] == ["conv4:3", "conv1:0"]
    listed = json.loads(deconvviz("top", tmp_path / "m", "conv4:3", "--json", cwd=tmp_path).stdout)
    assert len(listed["units"][0]["top"]) == 9
    assert len(listed["skipped"]) == 7
    figure = deconvviz("figure", tmp_path / "m", "-l", "conv4", "--maps", "0-2,9", "--tile", "24", cwd=tmp_path)
    assert (figure.returncode, figure.stdout) == (0, "fig2.png\n"), figure.stderr
    with Image.open(tmp_path / "fig2.png") as picture:
        assert picture.info["dpi"][0] == pytest.approx(300, abs=0.1)
        assert json.loads(picture.text["deconvviz"])["layer"] == "conv4"
    figure = deconvviz("figure", tmp_path / "m", "-l", "conv[14]", "--maps", "3", "-o", "both.png", cwd=tmp_path)
    assert (figure.returncode, figure.stdout) == (0, "both.png\n"), figure.stderr
    with Image.open(tmp_path / "both.png") as picture:
        assert json.loads(picture.text["deconvviz"])["layers"] == ["conv1", "conv4"]
    words = ["figure", tmp_path / "m", "-l", "relu4", "--maps", "3", "--tile", "24"]
    assert deconvviz(*words, "-o", "a.pdf", cwd=tmp_path).returncode == 0
    assert deconvviz(*words, "-o", "b.pdf", cwd=tmp_path).returncode == 0
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF-")
    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()


def test_a_changed_image_is_reported_not_shown(tmp_path: Path) -> None:
    for number in range(4):
        draw(tmp_path / "IN" / f"{number}.png", number)
    assert deconvviz(*ORDER, "-o", "out", cwd=tmp_path).returncode == 0
    draw(tmp_path / "IN" / "2.png", 90)
    done = deconvviz("figure", "out", "-l", "conv1", "--maps", "0", "-o", "f.png", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (3, "f.png\n")
    assert done.stderr.startswith("Skipped: 2.png: not shown")


def test_skipped_files_are_shown_and_listed(place: Path, tmp_path: Path) -> None:
    done = deconvviz(*ORDER, "-o", tmp_path / "out", cwd=place)
    assert (done.returncode, done.stdout) == (3, f"{tmp_path / 'out'}\n")
    said = [line for line in done.stderr.splitlines() if line.startswith("Skipped: ")]
    assert said == [rf"Skipped: bad{n}\n.png: is no picture that Pillow can open" for n in range(5)]
    assert "7 images skipped; all are listed by: deconvviz top " in done.stderr
    about = deconvviz("top", tmp_path / "out", cwd=place).stdout
    assert about.count("Skipped: bad") == 7
    check_one_line(deconvviz(*ORDER, "-o", tmp_path / "s", "--strict", cwd=place), 1, r"bad0\n.png: is no picture")


def test_lists_on_standard_input(tmp_path: Path) -> None:
    for number in range(3):
        draw(tmp_path / "IN" / f"{number}.png", number)
    command = [sys.executable, "-m", "deconvviz", "scan", "-", "-m", "shapes", "-l", "conv1", "-o", "out"]
    done = subprocess.run(command, cwd=tmp_path, input=b"IN/2.png\nIN/0.png\n", capture_output=True, env=environment())
    assert done.returncode == 0, done.stderr
    listed = json.loads(deconvviz("top", "out", "conv1:0", "--json", cwd=tmp_path).stdout)
    assert listed["images"] == 2
    assert {entry["image"] for entry in listed["units"][0]["top"]} == {"0.png", "2.png"}


def test_no_picture_at_all(place: Path, tmp_path: Path) -> None:
    done = deconvviz("scan", "net.py", "-m", "shapes", "-o", tmp_path / "out", cwd=place)
    why = "is no picture that Pillow can open"
    says = f"Error: none of the 1 images could be used; the first, net.py: {why}"
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [f"Skipped: net.py: {why}", says]


ONE_LINE = {
    "an empty folder": (["scan", "empty", "-m", "shapes"], "no image in empty"),
    "no folder": (["scan", "nowhere", "-m", "shapes"], "nowhere: no such file or folder"),
    "no list": (["scan", "@nowhere.txt", "-m", "shapes"], "nowhere.txt: the list cannot be read"),
    "no layer": (["scan", "net.py", "-m", "shapes", "-l", "conv9*"], "no layer matches 'conv9*'"),
    "another scan": (["scan", "IN", "-m", "shapes", "-o", "whole"], "whole: holds another scan (model: "),
    "not writable": (["scan", "IN", "-m", "shapes", "-o", "/proc/nowhere"], "cannot be written"),
    "no index": (["top", "empty", "conv1:0"], "empty: is no index"),
    "no unit": (["top", "whole", "conv1"], "names no unit"),
    "a position": (["top", "whole", "conv1:9@3,4"], "conv1:9@3,4: an index lists whole feature maps"),
    "no map": (["top", "whole", "conv1:99"], "conv1:99: there is no such feature map"),
    "not scanned": (["figure", "whole", "-l", "pool9"], "no layer 'pool9' in whole"),
    "no maps": (["figure", "whole", "-l", "conv1", "--maps", "x"], "names no feature maps"),
    "a gif": (["figure", "whole", "-l", "conv1", "-o", "f.gif"], "ends in .png, .jpg, .jpeg, .webp, .pdf or .svg"),
}


@pytest.mark.parametrize("what", ONE_LINE)
def test_bad_words_are_one_line_and_exit_code_1(what: str, place: Path) -> None:
    (place / "empty").mkdir(exist_ok=True)
    words, says = ONE_LINE[what]
    check_one_line(deconvviz(*words, cwd=place), 1, says)


@pytest.mark.parametrize(
    "words", [["scan"], ["scan", "x", "--shard", "2/2"], ["scan", "x", "--shard", "a"], ["merge", "x"]]
)
def test_wrong_usage_is_exit_code_2(words: list[str], tmp_path: Path) -> None:
    assert deconvviz(*words, cwd=tmp_path).returncode == 2
