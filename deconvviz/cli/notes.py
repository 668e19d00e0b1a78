"""What a command says while it runs: written paths on stdout, all else on stderr."""

from pathlib import Path

import click


def note(text: str) -> None:
    """A line for whoever sits at the shell."""
    click.echo(text, err=True)


def written(page: Path) -> None:
    """A page is written, which a browser opens."""
    click.echo(str(page))
    note(f"Open {page} in a browser.")
