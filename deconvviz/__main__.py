"""`python -m deconvviz …` is the command line."""

from .cli import main

main()
