"""All commands as one: what `deconvviz` is at a shell. Errors of any of them become one line and an exit code.

stdout carries written paths or JSON and nothing else; all else goes to stderr. torch is imported inside commands, so
that `--help` answers at once.
"""

from typing import Any

import click

from ..version import __version__
from . import gallery, look, scan, study
from .exits import errors_become_lines

FAMILIES = (look, scan, gallery, study)
"""A module each, which lists its `COMMANDS`: in the order in which the reference describes them."""


class Commands(click.Group):
    """Commands whose errors become one line and an exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with errors_become_lines():
            return super().invoke(ctx)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="deconvviz")
def main() -> None:
    """See what any unit of a convolutional network responds to (Zeiler & Fergus' deconvnet).

    Start with `deconvviz demo`, which needs no download, or with your own picture:

    \b
        deconvviz project cat.jpg
    """


for family in FAMILIES:
    for command in family.COMMANDS:
        main.add_command(command)
