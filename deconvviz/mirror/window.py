"""Window and receptive-field arithmetic: where on the map below lies what one map shows.

Locality is what makes the engine fast. One unit depends on a small box of each map below it, so a
signal never fills whole maps: it is a batch of equal *windows*, one box for each sample, each with an
origin of its own. This module computes with the boxes only and never sees a signal.

Along one axis, a layer of kernel k, stride s, padding p, dilation d reads, for its output position o,

    i = o·s − p + d·j,   j = 0 … k−1                    (Dumoulin & Visin 2016)

so the window that starts at t and has n positions comes from the window below that starts at t·s − p
and has (n−1)·s + d·(k−1) + 1 positions. A window may hang over the border of its map; what lies outside
is zero by definition, since such positions never existed.
"""

from dataclasses import dataclass, field

import torch
from torch import Tensor


@dataclass(frozen=True)
class Reach:
    """What one output position reads of the map below, along one axis. Sizes in positions."""

    kernel: int = 1
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    @property
    def span(self) -> int:
        """How many positions lie between the first and the last one read, both counted."""
        return self.dilation * (self.kernel - 1) + 1

    def below(self, start: Tensor, size: int) -> tuple[Tensor, int]:
        """The window below a window of `size` positions; `start` is an integer tensor of origins (B,)."""
        return start * self.stride - self.padding, (size - 1) * self.stride + self.span


Reaches = tuple[Reach, Reach]
"""The reach of a layer along rows and along columns."""

POINTWISE: Reaches = (Reach(), Reach())


def pair(value: object) -> tuple[int, int]:
    """Operators give a size as one int, one-element list or (rows, columns): always (rows, columns)."""
    if isinstance(value, int):
        return value, value
    rows, *rest = list(value)  # type: ignore[call-overload]
    return int(rows), int(rest[0] if rest else rows)


@dataclass(frozen=True, eq=False)
class Windows:
    """Equal windows, one for each of B samples, and in each the box that the sample really touches.

    `origin` (B, 2) int64 on the CPU, `size` (rows, columns): the windows; `first`, `end` (B, 2): the boxes,
    by default all of the window. Samples near a border touch less than others; a batch of them alone gets
    smaller windows.
    """

    origin: Tensor
    size: tuple[int, int]
    first: Tensor = field(default_factory=lambda: torch.empty(0))
    end: Tensor = field(default_factory=lambda: torch.empty(0))

    def __post_init__(self) -> None:
        if len(self.first) != len(self.origin):
            object.__setattr__(self, "first", self.origin)
            object.__setattr__(self, "end", self.origin + torch.tensor(self.size))

    @classmethod
    def whole(cls, count: int, size: tuple[int, int]) -> "Windows":
        """Each of `count` windows is the whole map."""
        return cls(torch.zeros(count, 2, dtype=torch.int64), size)

    @classmethod
    def around(cls, first: Tensor, end: Tensor, map_size: tuple[int, int]) -> "Windows":
        """The smallest equal windows on the map that hold each sample's box."""
        rows, columns = (end - first).amax(0).clamp(min=1).tolist()
        origin = torch.minimum(first, torch.tensor(map_size) - torch.tensor([rows, columns])).clamp(min=0)
        return cls(origin, (rows, columns), first, end)

    def of(self, samples: slice) -> "Windows":
        """The windows of some of the samples."""
        return Windows(self.origin[samples], self.size, self.first[samples], self.end[samples])

    @property
    def together(self) -> bool:
        """Whether all samples have the same window."""
        return bool((self.origin == self.origin[:1]).all())

    def same_as(self, other: "Windows") -> bool:
        """Whether both are the same windows, whatever the samples touch of them."""
        return self.size == other.size and bool(torch.equal(self.origin, other.origin))

    def seen_from(self, others: "Windows", numbers: Tensor) -> "Windows":
        """The same windows, counted from where others begin; `numbers` (B,): from which of them."""
        return Windows(self.origin - others.origin[numbers], self.size)

    def below(self, reaches: Reaches) -> "Windows":
        """The windows of the map below, before they are fitted to that map."""
        ends = [reach.below(self.origin[:, axis], self.size[axis]) for axis, reach in enumerate(reaches)]
        firsts = [reach.below(self.first[:, axis], 1)[0] for axis, reach in enumerate(reaches)]
        lasts = [reach.below(self.end[:, axis] - 1, 1)[0] + reach.span for axis, reach in enumerate(reaches)]
        origin = torch.stack([start for start, _ in ends], 1)
        return Windows(origin, (ends[0][1], ends[1][1]), torch.stack(firsts, 1), torch.stack(lasts, 1))

    def fitted(self, map_size: tuple[int, int]) -> "Windows":
        """Inside the map, and no larger than what any sample touches of it."""
        sizes = torch.tensor(map_size)
        return Windows.around(self.first.clamp(min=0).minimum(sizes), self.end.clamp(min=0).minimum(sizes), map_size)

    def union(self, other: "Windows", map_size: tuple[int, int]) -> "Windows":
        """Windows on the map that hold both: where branches of the network meet."""
        return Windows.around(self.first.minimum(other.first), self.end.maximum(other.end), map_size)


@dataclass(frozen=True)
class Field:
    """The receptive fields of a layer along one axis, in pixels of the input.

    Position o of the layer sees the `size` pixels from `o · jump + start` on (some may lie outside the
    image).
    """

    jump: int = 1
    start: int = 0
    size: int = 1

    def above(self, reach: Reach) -> "Field":
        """The fields of the layer above, which reads this one by `reach`."""
        return Field(
            self.jump * reach.stride,
            self.start - reach.padding * self.jump,
            self.size + (reach.span - 1) * self.jump,
        )

    def union(self, other: "Field | None") -> "Field | None":
        """Where branches meet; None (the whole image) where they do not move in step."""
        if other is None or other.jump != self.jump:
            return None
        start = min(self.start, other.start)
        return Field(self.jump, start, max(self.start + self.size, other.start + other.size) - start)

    def box(self, position: int) -> tuple[int, int]:
        """The first pixel that this position sees, and the one after the last."""
        start = position * self.jump + self.start
        return start, start + self.size
