"""Make `docs/api.md` from the docstrings and `docs/cli.md` from the commands: `python docs/make_reference.py`.

`tests/test_docs.py` makes both again and compares: what they say is what the code says.
"""

import ast
import importlib
import inspect
import re
import sys
import textwrap
from pathlib import Path
from types import ModuleType
from typing import Any

import click

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import deconvviz  # noqa: E402
from deconvviz.cli import main as commands  # noqa: E402

FURTHER = {
    "deconvviz.scanning": ("picture_index", "Entry", "Statistics"),
    "deconvviz.mirror": ("register", "pointwise", "whole", "Rule", "Reach"),
    "deconvviz.studies": ("compare", "Comparison", "trust", "Trust"),
    "deconvviz.shapes": ("image", "label", "network"),
}
"""What else is meant for users, beside the names of `deconvviz` itself."""

MADE_INSIDE = ("FeatureMap", "Index", "Layers", "Projections", "Recording")
"""Classes that users get, and do not make."""

ENGINE = ("Layers", "Reach", "Rule")
"""Classes whose methods serve the engine alone."""


# --- Python ---------------------------------------------------------------------------------------------


def api_page() -> str:
    """The page of the Python reference."""
    names = [name for name in deconvviz.__all__ if not isinstance(getattr(deconvviz, name), ModuleType)]
    parts = [(f"deconvviz.{name}", getattr(deconvviz, name)) for name in names]
    further = [
        (f"{home}.{name}", getattr(importlib.import_module(home), name))
        for home, own in FURTHER.items()
        for name in own
    ]
    lines = [
        "# Python reference",
        "",
        "Made by `python docs/make_reference.py` from the docstrings; a test keeps it true. Shapes are written (N, C, H, W):",
        "images, channels, rows, columns. Boxes are (top, left, bottom, right) in pixels of the network's input, the last two the",
        "first outside. Tensors of projections are in the network's input space, on the CPU, of the network's dtype.",
        "",
        *(f"- [{title}](#{anchor(title)}): {first_line(thing)}" for title, thing in parts + further),
        f"- [Errors](#errors): {first_line(deconvviz.errors)}",
        "",
    ]
    for title, thing in parts + further:
        lines += [f"## {title}", "", *described(thing, title.rpartition(".")[2])]
    return "\n".join([*lines, "## Errors", "", *markdown(inspect.getdoc(deconvviz.errors) or "")]).rstrip() + "\n"


def anchor(title: str) -> str:
    """How GitHub names a heading in links."""
    return re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-")


def first_line(thing: Any) -> str:
    """The first paragraph of a docstring on one line."""
    return " ".join((inspect.getdoc(thing) or "").partition("\n\n")[0].split())


def described(thing: Any, name: str) -> list[str]:
    """Signature, docstring, and for a class its public methods."""
    if not inspect.isclass(thing):
        return ["```python", signature(thing, name), "```", "", *markdown(inspect.getdoc(thing) or "")]
    lines = ["```python", class_signature(thing), "```", "", *markdown(inspect.getdoc(thing) or "")]
    for own, value in () if name in ENGINE else vars(thing).items():
        member = inspect.unwrap(
            getattr(value, "__func__", None) or getattr(value, "fget", None) or getattr(value, "func", None) or value
        )
        if own.startswith("_") or not inspect.isfunction(member) or not member.__doc__:
            continue
        called = isinstance(value, classmethod | staticmethod) or inspect.isfunction(value)
        text = signature(member, own) if called else f"{own}: {returned(member)}"
        lines += [f"### {name}.{own}", "", "```python", text, "```", "", *markdown(inspect.getdoc(member) or "")]
    return lines


def source(thing: Any) -> Any:
    """The syntax tree of a function or class, as it is written."""
    return ast.parse(textwrap.dedent(inspect.getsource(thing))).body[0]


def written(node: ast.AST) -> str:
    """Code as text, quoted as the formatter does, which formats the page too."""
    return re.sub(r"'([^'\"]*)'", r'"\1"', ast.unparse(node))


def signature(function: Any, name: str) -> str:
    """`name(argument: type = default) -> type`, one argument a line if it is long."""
    arguments = source(function).args
    bound = [argument for argument in arguments.args if argument.arg not in ("self", "cls")]
    given = ["" for _ in range(len(bound) - len(arguments.defaults))] + [f" = {written(d)}" for d in arguments.defaults]
    texts = [f"{written(a)}{default}" for a, default in zip(bound, given[-len(bound) :] if bound else [], strict=True)]
    texts += ["*" + written(arguments.vararg)] if arguments.vararg else []
    texts += ["*"] if arguments.kwonlyargs and not arguments.vararg else []
    for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        texts.append(written(argument) + (f" = {written(default)}" if default else ""))
    texts += ["**" + written(arguments.kwarg)] if arguments.kwarg else []
    result = f" -> {returned(function)}"
    line = f"{name}({', '.join(texts)}){result}"
    if len(line) <= 100:
        return line
    return f"{name}(\n" + "".join(f"    {text},\n" for text in texts) + f"){result}"


def returned(function: Any) -> str:
    """What it returns, as written."""
    result = source(function).returns
    return written(result).strip("'\"") if result else "None"


def class_signature(kind: type) -> str:
    """How it is made: the arguments of `__init__`, or the fields of a dataclass."""
    bases = ", ".join(written(base) for base in source(kind).bases)
    head = f"class {kind.__name__}" + (f"({bases})" if bases else "")
    made_by_users = kind.__name__ not in MADE_INSIDE
    if made_by_users and "__init__" in vars(kind) and not hasattr(kind, "__dataclass_fields__"):
        return signature(kind.__init__, kind.__name__).removesuffix(" -> None")
    fields = [line for line in source(kind).body if isinstance(line, ast.AnnAssign)]
    texts = (
        written(line if made_by_users else ast.AnnAssign(line.target, line.annotation, None, 1)) for line in fields
    )
    shown = [re.sub(r"field\(default=(\w+).*", r"\1", text) for text in texts if "init=False" not in text]
    return head + (":" if shown else "") + "".join(f"\n    {text}" for text in shown)


def markdown(docstring: str) -> list[str]:
    """A docstring as Markdown: examples in fences, aligned lists of names as bullets."""
    lines: list[str] = []
    for paragraph in docstring.split("\n\n"):
        if paragraph.startswith(">>>"):
            lines += ["```pycon", *paragraph.splitlines(), "```", ""]
        elif re.match(r"`\w+`\s{2,}\S", paragraph):
            for line in paragraph.splitlines():
                item = re.match(r"(`\w+`(?:, `\w+`)*)\s+(.*)", line)
                lines.append(f"- {item[1]}: {item[2]}" if item and not line.startswith(" ") else f"  {line.strip()}")
            lines.append("")
        else:
            lines += [*paragraph.splitlines(), ""]
    return lines


# --- the command line -----------------------------------------------------------------------------------


def cli_page() -> str:
    """The page of the command line."""
    lines = [
        "# Command line reference",
        "",
        "Made by `python docs/make_reference.py` from the commands; a test keeps it true. `deconvviz COMMAND --help` says the same.",
        "",
        "Standard output carries written paths or JSON and nothing else; all else goes to standard error. Exit codes: 0 done, 1 error,",
        "2 usage, 3 done but some inputs were skipped, 130 interrupted.",
        "",
        "| command | does |",
        "|---|---|",
        *(f"| [`{name}`](#deconvviz-{name}) | {summary(command)} |" for name, command in commands.commands.items()),
        "",
    ]
    for name, command in commands.commands.items():
        lines += [f"## deconvviz {name}", "", *command_text(name, command)]
    return "\n".join(lines).rstrip() + "\n"


def summary(command: click.Command) -> str:
    """The first sentence of its help."""
    return " ".join((command.help or "").partition("\n\n")[0].split())


def command_text(name: str, command: click.Command) -> list[str]:
    """Usage, help and a table of the options of one command."""
    context = click.Context(command, info_name=f"deconvviz {name}")
    usage = " ".join(["deconvviz", name, *command.collect_usage_pieces(context)])
    lines = ["```", usage, "```", ""]
    for paragraph in inspect.cleandoc(command.help or "").split("\n\n"):
        kept = paragraph.removeprefix("\b\n")
        lines += [*kept.splitlines(), ""]
    options = [option for option in command.params if isinstance(option, click.Option) and not option.hidden]
    if options:
        lines += ["| option | | default |", "|---|---|---|"]
        lines += [option_row(option) for option in options]
        lines += [""]
    return lines


def option_row(option: click.Option) -> str:
    """One row of the table of options."""
    names = ", ".join(option.opts)
    value = "" if option.is_flag else f" {option.metavar or kind(option)}"
    says = " ".join((option.help or "").split())
    says, _, own_default = says.partition("[default: ")
    default = own_default.rstrip("]") or ("" if option.is_flag else plain(option.default))
    cells = [f"`{names}{value}`", says.strip() + (" (required)" if option.required else ""), default]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def kind(option: click.Option) -> str:
    """What an option takes: its choices, its range, or its type."""
    if isinstance(option.type, click.Choice):
        return "|".join(map(str, option.type.choices))
    if isinstance(option.type, click.IntRange | click.FloatRange):
        least, most = (edge for edge in (option.type.min, option.type.max))
        return f"{plain(least)}…{plain(most)}"
    return option.type.name.upper()


def plain(value: Any) -> str:
    """A default in plain text; nothing if there is none."""
    none = value is None or value == () or type(value).__name__ == "Sentinel" or "UNSET" in repr(value)
    return "" if none else f"{value:g}" if isinstance(value, float) else str(value)


def main() -> None:
    (HERE / "api.md").write_text(api_page())
    (HERE / "cli.md").write_text(cli_page())


if __name__ == "__main__":
    main()
