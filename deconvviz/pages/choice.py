"""Which feature maps to show first: where a visitor of a gallery should start."""

from collections.abc import Sequence
from itertools import zip_longest

from .facts import MapFacts

MIDDLE = (0.25, 0.75)
"""Of the image's side that units in the middle of a network see."""


def start_here(maps: Sequence[MapFacts], count: int = 4) -> list[MapFacts]:
    """`count` maps of a layer: of high peak, that fire in few images, and unlike each other; the best first.

    Of the maps with the higher half of the peaks, ranked by their peak and by how rarely they fire, the best
    are taken whose images, and whose commonest class, are not those of one taken before. Dead maps, and maps
    without a full set of images, come only when there are no others.
    """
    most = max((len(m.images) for m in maps), default=0)
    full = sorted((m for m in maps if not m.dead and len(m.images) == most), key=lambda m: (-m.peak, m.channel))
    full = full[: max(-(-len(full) // 2), count)]
    peaks, rare = _ranks([m.peak for m in full]), _ranks([-m.density for m in full])
    order = sorted(range(len(full)), key=lambda n: (-(peaks[n] + rare[n]), full[n].channel))
    ranked = [full[n] for n in order]
    chosen: list[MapFacts] = []
    for shared in (1 / 3, 1.0):  # first maps that like other pictures, then whichever there are
        for one in ranked:
            if len(chosen) < count and one not in chosen and all(_differ(one, other, shared) for other in chosen):
                chosen.append(one)
    rest = [m for m in maps if m not in chosen]
    rest.sort(key=lambda m: (m.dead, -m.peak, m.channel))
    return [*chosen, *rest][:count]


def agreeing(maps: Sequence[MapFacts], count: int = 24) -> list[MapFacts]:
    """The maps of a layer whose images agree best (`MapFacts.agreement`), of the half with the higher peaks."""
    most = max((len(m.images) for m in maps), default=0)
    full = sorted((m for m in maps if not m.dead and len(m.images) == most), key=lambda m: (-m.peak, m.channel))
    full = full[: max(-(-len(full) // 2), 4)]
    return sorted(full, key=lambda m: (-m.agreement, -m.peak, m.channel))[:count]


def first_look(
    best: Sequence[Sequence[MapFacts]], shares: Sequence[float], count: int = 8
) -> list[tuple[int, MapFacts]]:
    """Feature maps to be seen before all others, by layer, from the middle of the network.

    There units have found parts of things, and projections are clear: shallow maps like edges and colours, and
    signals of the deepest have spread. `best`: of each layer the maps whose images agree best; `shares`: how much of
    the image's side its units see. Those that agree best come, from whichever layer, but no more than half from one
    while others have some, and unlike those taken before while there are such. They fill whole rows of four, or there
    are none; nor of a single layer, whose maps to start at are in sight anyway.
    """
    middle = [at for at, share in enumerate(shares) if MIDDLE[0] <= share <= MIDDLE[1] and len(shares) > 1]
    turns = zip_longest(*([(at, m) for m in best[at] if not m.dead] for at in middle))
    ranked = [one for turn in turns for one in turn if one is not None]
    ranked.sort(key=lambda one: -one[1].agreement)  # as many agree alike: then those that come first in their layers
    chosen: list[tuple[int, MapFacts]] = []
    for shared, most in ((1 / 3, max(count // 2, 1)), (1 / 3, count), (1.0, count)):
        for at, m in ranked:
            taken = [other for _, other in chosen]
            room = len(chosen) < count and sum(place == at for place, _ in chosen) < most
            if room and m not in taken and all(_differ(m, other, shared) for other in taken):
                chosen.append((at, m))
    whole = chosen[: len(chosen) // 4 * 4]
    return sorted(whole, key=lambda one: (one[0], one[1].channel))


def _differ(one: MapFacts, other: MapFacts, shared: float) -> bool:
    """Whether two maps like different pictures: at most a share of the same ones, and not the same class most."""
    if shared >= 1:
        return True
    same = len(set(one.images) & set(other.images))
    alike = one.category != "" and one.category == other.category
    return same <= shared * len(one.images) and not alike


def _ranks(values: Sequence[float]) -> list[float]:
    """The rank of each value from 0 to 1; equal values share theirs."""
    places = {value: place for place, value in enumerate(sorted(set(values)))}
    return [places[value] / max(len(places) - 1, 1) for value in values]
