"""How a command ends: with an exit code, and unless all is done one line on stderr.

0 done, or whoever read stdout has seen enough; 1 error; 2 usage (click says it); 3 done, but some inputs were skipped;
130 interrupted.
"""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import DeconvvizError

DONE, ERROR, SKIPPED, INTERRUPTED = 0, 1, 3, 130


def end(skipped: int, inputs: int | None = None) -> None:
    """End a command that has done what it could, unless it `skipped` nothing: as an error if it was all `inputs`."""
    if skipped:
        raise SystemExit(ERROR if skipped == inputs else SKIPPED)


@contextmanager
def errors_become_lines() -> Iterator[None]:
    """Run a command within it; this is the one place where errors become lines and exit codes.

    Raises SystemExit for what deconvviz raises on purpose, and where one cannot go on: interrupted, or stdout closed
    or full. Anything else is a bug, and passes with its traceback.
    """
    try:
        yield
    except DeconvvizError as error:
        _say(f"Error: {error}")
        raise SystemExit(ERROR) from error
    except KeyboardInterrupt as interrupt:
        _say("Interrupted; what is written is complete.")
        raise SystemExit(INTERRUPTED) from interrupt
    except BrokenPipeError as error:  # `deconvviz layers | head`
        if sys.stderr is not None:
            sys.stderr.close()  # or Python complains there that it cannot write the rest
        raise SystemExit(DONE) from error
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        _say("Error: standard output cannot be written (no space left)")
        os._exit(ERROR)  # the usual end would try to write the rest, and fail once more


def _say(line: str) -> None:
    if sys.stderr is not None:  # it was closed: `print` would write to stdout
        print(line, file=sys.stderr, flush=True)
