"""The script of the pages: joined whole and in order, each small script knowing only those before it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from deconvviz.pages import assets

pytestmark = pytest.mark.quick

FOLDER = Path(assets.__file__).parent / "scripts"
TEXTS = {path.stem: path.read_text(encoding="utf-8") for path in sorted(FOLDER.iterdir())}


def names(inside: str) -> set[str]:
    return {name.strip() for name in inside.split(",")}


def taken(text: str) -> dict[str, set[str]]:
    """What a script takes, by the script that it takes it from."""
    return {m[2]: names(m[1]) for m in re.finditer(r"^const \{ (.*) \} = scripts\.(\w+);$", text, re.MULTILINE)}


def given(text: str) -> dict[str, set[str]]:
    """What a script gives, by the name that it gives it under."""
    return {m[1]: names(m[2]) for m in re.finditer(r"^scripts\.(\w+) = \{ (.*) \};$", text, re.MULTILINE)}


def test_every_script_of_the_folder_is_joined_once() -> None:
    assert {path.suffix for path in FOLDER.iterdir()} == {".js"}
    assert sorted(assets.SCRIPTS) == sorted(TEXTS)
    joined = assets.script()
    places = [joined.index(TEXTS[name]) for name in assets.SCRIPTS]
    assert places == sorted(places)
    assert [joined.count(text) for text in TEXTS.values()] == [1] * len(TEXTS)
    frame = len(assets.PROLOGUE) + len(assets.EPILOGUE)
    around = sum(len(f"\n// --- {name} ---\n{{\n}}\n") for name in TEXTS)
    assert len(joined) == frame + around + sum(map(len, TEXTS.values()))


@pytest.mark.parametrize("name", assets.SCRIPTS)
def test_a_script_has_one_idea_and_says_it(name: str) -> None:
    lines = TEXTS[name].splitlines()
    assert len(lines) <= 150
    assert lines[0].startswith("// ")
    assert TEXTS[name].endswith("\n")


@pytest.mark.parametrize("name", assets.SCRIPTS)
def test_a_script_takes_from_those_before_it_what_it_uses(name: str) -> None:
    text = TEXTS[name]
    assert text.count("scripts.") == len(taken(text)) + len(given(text))  # at its top and at its end, nowhere else
    for other, wanted in taken(text).items():
        assert assets.SCRIPTS.index(other) < assets.SCRIPTS.index(name)
        assert wanted <= given(TEXTS[other])[other]
        for one in wanted:
            assert len(re.findall(rf"(?:\.\.\.|(?<![\w.#])){one}\b", text)) > 1, one


@pytest.mark.parametrize("name", assets.SCRIPTS[:-1])
def test_what_a_script_gives_is_taken(name: str) -> None:
    assert list(given(TEXTS[name])) == [name]
    uses = [taken(text).get(name, set()) for text in TEXTS.values()]
    assert given(TEXTS[name])[name] == set().union(*uses)


def test_it_can_stand_in_a_page() -> None:
    assert not re.search(r"</script|<!--", assets.script(), re.IGNORECASE)


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed; the browser tests load it too")
def test_it_parses() -> None:
    subprocess.run(["node", "--check", "-"], input=assets.script(), text=True, check=True)
