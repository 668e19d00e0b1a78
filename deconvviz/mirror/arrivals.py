"""What has arrived on the way down: signals, and whose memory they are.

Signals grow on the way, and most of the time goes into moving them through memory. So each knows whether its memory
is ours alone: then the next step may work in it, and where branches meet one signal is added onto the other.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from torch import Tensor

from .signals import Grid, add, place
from .window import POINTWISE, Reaches, Windows


class Way(NamedTuple):
    """From a call down to one of its inputs.

    `name`: what gives that input, `grid`: rows and columns there, `read`: rows and columns as the call sees them.
    """

    name: str
    grid: Grid | None
    read: Grid | None


@dataclass(frozen=True, eq=False, slots=True)
class Signal:
    """A signal on the maps of a call, one sample for each unit.

    `values` (B, C, h, w), or with rows and columns where `grid` says, in `windows` of the maps; vectors have neither
    grid nor windows. `ours`: whether nothing else holds this memory, so that it may be written over.
    """

    values: Tensor
    grid: Grid | None
    windows: Windows | None
    ours: bool = False

    @classmethod
    def on_whole_maps(cls, values: Tensor, grid: Grid | None, ours: bool = False) -> "Signal":
        """Values for all of the maps (or vectors)."""
        return cls(values, grid, Windows.whole(len(values), grid.size) if grid else None, ours)

    def of(self, samples: slice) -> "Signal":
        """Some of the samples. No two share memory that is ours, so it stays ours."""
        return Signal(self.values[samples], self.grid, self.windows and self.windows.of(samples), self.ours)

    def whole(self) -> "Signal":
        """The same signal on whole maps."""
        return self.moved(Windows.whole(len(self.values), self.grid.size)) if self.grid else self

    def moved(self, windows: Windows) -> "Signal":
        """The same signal in other windows of its maps; what lies outside them is cut off."""
        assert self.grid is not None
        assert self.windows is not None
        return Signal(place(self.values, self.grid.spatial, self.windows, windows), self.grid, windows, self.ours)

    def is_answered_whole(self, reaches: Reaches | None, way: Way) -> bool:
        """Whether what a rule makes of this signal for one input is for all of the maps there, or for vectors."""
        return reaches is None or self.windows is None or way.read is None

    def below(self, part: Tensor, reaches: Reaches | None, way: Way, ours: bool) -> "Signal":
        """Where the answer to this signal lands: `part` is what a rule made of it for one input of its call.

        `reaches`: what the call reads there, None: whole maps; `ours`: whether the rule gave new memory.
        """
        part = part.to(self.values.dtype)
        if self.is_answered_whole(reaches, way):
            return Signal.on_whole_maps(part, way.grid, ours)
        assert reaches is not None
        assert self.windows is not None
        assert way.read is not None
        assert self.grid is not None
        same_size = way.read == way.grid and self.grid.size == way.read.size
        if reaches == POINTWISE and same_size:  # a map with zeros after its last row is larger than the one below
            return Signal(part, way.grid, self.windows, ours)
        reached = self.windows.below(reaches)  # beyond the border of the map no position ever existed
        landed = Signal(part, way.read, reached, ours).moved(reached.fitted(way.read.size))
        return landed if way.read == way.grid else Signal.on_whole_maps(landed.whole().values, way.grid, ours)

    def meet(self, other: "Signal") -> "Signal":
        """Where branches meet their signals add: the sum, in windows that hold both.

        It is written over the one that is ours and has these windows already, if there is one. Neither is to be used
        any more.
        """
        (grid, here), there = (self.grid, self.windows), other.windows
        if grid is None or here is None or there is None:
            return Signal(self.values + other.values, grid, here, ours=True)
        union = here.union(there, grid.size)
        for sums, at, added, around in ((self, here, other, there), (other, there, self, here)):
            if sums.ours and at.same_as(union):
                add(added.values, grid.spatial, around, sums.values, at)
                return Signal(sums.values, grid, union, ours=True)
        return Signal(self.moved(union).values + other.moved(union).values, grid, union, ours=True)


class Arrivals:
    """The signals that have arrived and wait to be taken, by the call at whose output they are.

    All have the same samples; `images` (B,): which image of the recording each sample is from.
    """

    def __init__(self, images: Tensor, signals: Mapping[str, Signal]) -> None:
        self.images = images
        self._signals = dict(signals)

    def __contains__(self, name: str) -> bool:
        return name in self._signals

    @property
    def samples(self) -> int:
        """How many samples each signal has."""
        return len(self.images)

    @property
    def filled(self) -> int:
        """How many bytes the signals fill."""
        return sum(signal.values.nbytes for signal in self._signals.values())

    def take(self, name: str) -> Signal:
        """The signal that has arrived at a call; it waits no longer."""
        return self._signals.pop(name)

    def land(self, name: str, signal: Signal) -> None:
        """Let a signal arrive at a call; it meets the one that waits there, if any."""
        met = self._signals.get(name)
        self._signals[name] = signal if met is None else met.meet(signal)

    def halves(self) -> Iterator["Arrivals"]:
        """The first half of the samples, then the second."""
        middle = self.samples // 2
        for some in (slice(None, middle), slice(middle, None)):
            yield Arrivals(self.images[some], {name: signal.of(some) for name, signal in self._signals.items()})
