"""The walk down: from a seed at one layer to the pixels.

Zeiler & Fergus 2014, §2.1: "successively (i) unpool, (ii) rectify and (iii) filter to reconstruct the
activity in the layer beneath that gave rise to the chosen activation. This is then repeated until input
pixel space is reached." Each step takes the signal that has arrived at a call, answers it by the call's rule,
and lets the answer land at the call's inputs; which of the three it is the rule knows, not the walk.
"""

from collections.abc import Iterator, Sequence

from torch import Tensor

from ..errors import NoMirrorRule
from ..network import INPUT
from .arrivals import Arrivals, Signal
from .descent import Descent, Step, converted
from .recording import Recording
from .signals import cut
from .window import Windows


def walk(
    down: Descent,
    recording: Recording,
    seed: Tensor,
    windows: Windows | None,
    images: Tensor,
    most: int,
    end: str = INPUT,
) -> Iterator[Signal]:
    """Carry a seed at the output of `down.start` down the mirror to the input, or to the output of call `end`.

    `seed` (B, C, h, w) in `windows` (None: vectors), `images` (B,): which image each sample is from.
    Signals grow on the way down: when they fill more than `most` bytes, the samples are taken in two
    halves, one after the other. Yields signals at the end: B samples in all, in order. Raises NoMirrorRule if
    a rule gives another shape than its call's input has.
    """
    seeded = Signal(seed.to(down.precision), down.table.grid(down.start), windows)
    yield from _descend(down.steps, Arrivals(images, {down.start: seeded}), recording, most, end)


def _descend(steps: Sequence[Step], arrived: Arrivals, recording: Recording, most: int, end: str) -> Iterator[Signal]:
    """By these steps to the end."""
    for number, step in enumerate(steps):
        if step.name == end:
            break
        if step.name not in arrived:
            continue
        if arrived.samples > 1 and arrived.filled > most:
            for half in arrived.halves():
                yield from _descend(steps[number:], half, recording, most, end)
            return
        _step_down(step, arrived, recording)
    if end not in arrived:
        raise NoMirrorRule(f"no signal arrives at {'the pixels' if end == INPUT else end}: nothing there depends on it")
    yield arrived.take(end)


def _step_down(step: Step, arrived: Arrivals, recording: Recording) -> None:
    """Take, answer, land."""
    signal = arrived.take(step.name)
    if step.reaches is None:
        signal = signal.whole()
    parts = _answer(step, signal, arrived.images, recording)
    for way, part in zip(step.ways, parts, strict=True):
        if part is not None:
            arrived.land(way.name, signal.below(part, step.reaches, way, step.fresh))


def _answer(step: Step, signal: Signal, images: Tensor, recording: Recording) -> Sequence[Tensor | None]:
    """What the rule of a call makes of a signal: for each input of the call the signal below, or None."""
    rule, precision = step.rule, signal.values.dtype
    if step.exact:
        precision = recording.images.dtype
    recorded = converted(_recorded(step, signal, images, recording), precision)
    mirror = rule.in_place if rule.in_place and signal.ours else rule.mirror
    below = mirror(signal.values.to(precision), step.call, (*recorded, *step.packed))
    parts = [below] if isinstance(below, Tensor) else below
    step.check(signal, parts)
    return parts


def _recorded(step: Step, signal: Signal, images: Tensor, recording: Recording) -> list[Tensor]:
    """What was recorded at a call on the way up, cut to the windows of the signal; whole maps need no cutting."""
    spatial, windows = None, None
    if step.reaches and signal.grid and signal.windows:
        spatial, windows, crops = signal.grid.spatial, signal.windows, recording.windows.get(step.name)
        windows = windows.seen_from(crops, images) if crops else windows
    return [cut(kept, spatial, images, windows) for kept in recording.kept.get(step.name, ())]
