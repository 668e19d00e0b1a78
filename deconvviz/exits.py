"""How a command ends: an exit code, and for each error that deconvviz raises on purpose one line on stderr.

0 done, 1 error, 2 usage (click's), 3 done but some inputs were skipped, 130 interrupted.
"""

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from .errors import DeconvvizError

DONE, ERROR, SKIPPED, INTERRUPTED = 0, 1, 3, 130


@contextmanager
def errors_become_lines() -> Iterator[None]:
    """Run a command within it; this is the one place where errors become lines and exit codes.

    Raises SystemExit instead of them; errors of our own making pass, with their traceback.
    """
    try:
        yield
    except DeconvvizError as error:
        print(f"Error: {error}", file=sys.stderr)
        raise SystemExit(ERROR) from error
    except KeyboardInterrupt as interrupt:
        print("Interrupted; what is written is complete.", file=sys.stderr)
        raise SystemExit(INTERRUPTED) from interrupt
    except BrokenPipeError as error:  # `deconvviz layers | head`
        sys.stderr.close()
        raise SystemExit(DONE) from error
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        print("Error: standard output cannot be written (no space left)", file=sys.stderr)
        os._exit(ERROR)  # the usual end would flush it, and fail once more
