"""Captures take turns: while one thread captures, no other captures, and none runs a captured network.

`torch.export` puts stand-ins in the place of a network's weights while it follows it, and patches torch's modules for
the whole process. A second export in that time would take the stand-ins for the weights and "restore" them for good; a
forward pass would read them.
"""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager


class Turns:
    """Many may share, one at a time is alone; a thread that is alone may also share, and be alone again."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._sharing: dict[int, int] = {}  # how often each thread does
        self._alone: list[int] = []  # the thread that is, once for each time

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Wait until no other thread shares or is alone. A thread that shares must not ask for it."""
        me = threading.get_ident()
        with self._changed:
            assert me not in self._sharing, "would wait for itself"
            self._changed.wait_for(lambda: not self._sharing and set(self._alone) <= {me})
            self._alone.append(me)
        try:
            yield
        finally:
            with self._changed:
                self._alone.pop()
                self._changed.notify_all()

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Wait until no other thread is alone. Those that wait to be alone go last, so that sharing never locks up."""
        me = threading.get_ident()
        with self._changed:
            if me not in self._alone:
                self._changed.wait_for(lambda: not self._alone)
                self._sharing[me] = self._sharing.get(me, 0) + 1
        try:
            yield
        finally:
            with self._changed:
                if me in self._sharing:
                    self._sharing[me] -= 1
                    if not self._sharing[me]:
                        del self._sharing[me]
                self._changed.notify_all()


TURNS = Turns()
"""Those of this process: captures are alone, forward passes and what reads weights share."""


def capturing() -> AbstractContextManager[None]:
    """While it lasts, no other thread captures, or does anything `between_captures`. A thread may nest it."""
    return TURNS.alone()


def between_captures() -> AbstractContextManager[None]:
    """While it lasts, no other thread captures: the weights of all networks are their own. Others may do the same."""
    return TURNS.shared()
