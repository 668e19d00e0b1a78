"""The command line: options in, one library call, paths out.

Here live the commands, a file for each family of them (`look`, `scan`, `gallery`; a new family gets a file of its own
and a place in `commands`, which makes them one), the options they share (`options`, `numbers`), what they print
(`texts`, `notes`) and how they end (`exits`). This is the only wing that knows click; torch is imported inside
commands, so that `--help` answers at once. It never computes what it shows.
"""

from .commands import main

__all__ = ["main"]
