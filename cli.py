"""Launcher for a checkout: `python cli.py …`; the commands live in `deconvviz/cli/`."""

from deconvviz.cli import main

if __name__ == "__main__":
    main()
