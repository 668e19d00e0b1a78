"""Projections of units that were recorded before: only if their images still give the recorded activation."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace

from torch import Tensor

from ..deconvnet import DeconvNet, Projection, Unit, image_of
from ..errors import UnknownUnit, UnsuitableInput
from ..images import printable

TOLERANCE, NOISE = 1e-3, 1e-5
"""How far an activation may be from the recorded one: of its own value, and of its layer's largest."""


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
