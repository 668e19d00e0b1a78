"""A network, images and projections of units that were recorded before: only of what is as it was then."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

from torch import Tensor, nn

from ..deconvnet import DeconvNet, Projection, Unit, image_of
from ..errors import UnknownUnit, UnsuitableInput, UnusableIndex
from ..images import AnyImages, Records, printable
from ..machine import at_once
from ..network import Model
from .manifest import Manifest, hash_weights, preprocess_facts

TOLERANCE, NOISE = 1e-3, 1e-5
"""How far an activation may be from the recorded one: of its own value, and of its layer's largest."""


TOGETHER = 64
"""Images whose units are projected together: many, so that units with windows alike meet."""


def read_again(
    source: AnyImages, records: Records, dv: DeconvNet, numbers: Iterable[int], report: Callable[[str], object]
) -> Iterator[dict[int, tuple[str, Tensor]]]:
    """A few images of one size at a time, by number with their names; `report` is told of those that cannot be read."""
    remaining, group = iter(numbers), dict[int, tuple[str, Tensor]]()
    while some := list(islice(remaining, TOGETHER)):
        for number, image in zip(some, _read(source, records, dv, some), strict=True):
            place = records[number].place
            if isinstance(image, str):
                report(f"{printable(place)}: not shown, it cannot be read any more ({printable(image)})")
                continue
            if group and next(iter(group.values()))[1].shape != image.shape:
                yield group
                group = {}
            group[number] = (place, image)
            if len(group) == TOGETHER:
                yield group
                group = {}
    if group:
        yield group


def _read(source: AnyImages, records: Records, dv: DeconvNet, numbers: Sequence[int]) -> list[Tensor | str]:
    """Each image, or why it cannot be read; several at once if their source is thread-safe."""

    def read(number: int) -> Iterator[Tensor | str]:
        try:
            yield source.read(number, records[number], dv.preprocess)
        except Exception as error:  # whatever Pillow or a data set raises
            yield str(error)

    return at_once(read, numbers, None if source.thread_safe else 1)


def project_again(
    dv: DeconvNet,
    images: dict[int, tuple[str, Tensor]],
    units: Sequence[Unit],
    noise: Mapping[str, float],
    report: Callable[[str], object],
) -> Iterator[Projection]:
    """Projections of units on a few images by number, those whose activation is still the recorded one."""
    place = {number: n for n, number in enumerate(images)}
    projections = dv.stream(
        [image for _, image in images.values()], [replace(u, image=place[image_of(u)]) for u in units]
    )
    for done, unit in enumerate(units):
        name = printable(images[image_of(unit)][0])
        try:
            projection = next(projections)
        except (UnknownUnit, UnsuitableInput) as error:  # a changed image, without such a position or with NaN
            if len(units) == 1:
                report(f"{name}: not shown for {unit.place}, it has changed ({error})")
            else:  # which of those taken together it was is found one by one
                for one in units[done:]:
                    yield from project_again(dv, images, [one], noise, report)
            return
        now, recorded = projection.activation, unit.activation or 0.0
        if abs(now - recorded) <= TOLERANCE * abs(recorded) + noise[unit.layer]:
            yield replace(projection, unit=unit)
        else:
            changed = f"its activation is {now:.4g} now and was {recorded:.4g} in the scan"
            report(f"{name}: not shown for {unit.place}, {changed}")


def checked(model: Model | nn.Module | DeconvNet, manifest: Manifest, folder: Path) -> DeconvNet:
    """The network, if it is the one that the index was made with; raises UnusableIndex."""
    dv = model if isinstance(model, DeconvNet) else DeconvNet(model)
    if hash_weights(dv.net) != manifest.weights:
        raise UnusableIndex(f"{folder}: was made with other weights of {manifest.model} than these")
    if preprocess_facts(dv.preprocess) != manifest.preprocess:
        raise UnusableIndex(f"{folder}: was made with another preprocessing than {dv.preprocess}")
    return dv
