"""The command line: options in, one library call, paths out.

Here live the commands by family, what they print (`texts`) and how they end (`exits`). This is the only wing that
knows click; torch is imported inside commands, so that `--help` answers at once. It never computes what it shows.
"""

from .commands import main

__all__ = ["main"]
