"""While the network runs: the maximum of every feature map, and its position where it may be among the best.

Forward hooks look at each layer as soon as it is computed, so that no map has to be kept. The maxima of all
maps are cheap; positions are looked for only where the map's k-th best so far is beaten.
"""

from collections.abc import Collection, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from ..machine import exactly
from ..mirror import Layers
from ..network import Call, between_captures, compare, fold, run
from .best import Best, gather
from .sketch import Sketching
from .spread import Spread
from .tally import Counting

COMPARED = 2
"""So many images of the first batch also go through the network as its author wrote it."""


class Forward:
    """The network cut after the deepest of some layers, as it runs fastest; made once for each size of images."""

    def __init__(self, watched: Collection[str]) -> None:
        self.watched = list(watched)
        self._made: dict[tuple[int, ...], tuple[Call, ...]] = {}

    def calls(self, table: Layers) -> tuple[Call, ...]:
        """The calls to run on images of this table's size."""
        shape = table.graph.input_shape
        if shape not in self._made:
            if len(self._made) > 8:
                self._made.clear()  # each holds weights of its own
            self._made[shape] = fold(table.graph.needed_for(self.watched), self.watched)
        return self._made[shape]


class Watch:
    """What the images shown to it leave behind, over the feature maps of some layers in a row.

    `channels`: the number of feature maps of each layer, by name, in order; `k`: images kept of each map; `images`: how
    many there are in all; `forward`: what runs, where several watches share it; `quantiles`: whether images that are
    not among the strongest are kept, too.
    """

    def __init__(
        self,
        channels: dict[str, int],
        k: int,
        device: torch.device,
        images: int = 0,
        forward: Forward | None = None,
        quantiles: bool = False,
    ) -> None:
        self.forward = forward or Forward(channels)
        self.channels, self.k, self.device = channels, k, device
        self.first = dict(zip(channels, np.cumsum([0, *channels.values()]).tolist(), strict=False))
        self.total = sum(channels.values())
        self._spread: list[Spread] | None = [] if quantiles else None
        self.counting, self.sketching = Counting(self.total), Sketching(self.total, images)
        self._top = {name: torch.full((k, count), -torch.inf, device=device) for name, count in channels.items()}
        self._candidates: list[tuple[NDArray[Any], ...]] = []

    def look(self, table: Layers, images: Tensor, numbers: Sequence[int | None]) -> dict[int, str]:
        """Run images (N, C, H, W) with these numbers (None: only a place-holder); say which gave no numbers.

        An image with an activation that is NaN or infinite is left out of everything; the result says in
        which layer. It costs a second pass over the batch, in the same composition.
        """
        if any(number is not None for number in numbers):
            self._compare(table, images[:COMPARED])
        before = dict(self._top)
        values, found = self._run(table, images, numbers)
        bad = self._not_finite(values, numbers)
        if bad:
            self._top = before
            numbers = [None if number in bad else number for number in numbers]
            values, found = self._run(table, images, numbers)
        used = [place for place, number in enumerate(numbers) if number is not None]
        self.counting.add(values[used])
        known = [number for number in numbers if number is not None]
        self.sketching.add(values[used], known)
        if self._spread is not None:
            self._spread.append(Spread.of(values[used], known))
        self._candidates += found
        return bad

    def spread(self) -> Spread | None:
        """Images that are not the strongest, of each map; None if they were not to be kept."""
        return None if self._spread is None else Spread.together(self._spread)

    def best(self) -> Best:
        """The strongest images of each map so far."""
        empty = (np.zeros(0, np.int64), np.zeros(0, np.float32), *(np.zeros(0, np.int64) for _ in range(3)))
        which, values, images, rows, columns = (
            np.concatenate(arrays) for arrays in zip(empty, *self._candidates, strict=True)
        )
        return gather(self.total, self.k, which, values, images, rows.astype(np.int32), columns.astype(np.int32))

    def _compare(self, table: Layers, images: Tensor) -> None:
        """The first time, the network itself computes the same maps beside: see `network.compare`."""
        if table.graph.compared.issuperset(self.channels):
            return
        part, where = next(iter(table.graph.parts(images)))
        with between_captures(), torch.no_grad(), exactly(self.device):
            maps = run(self.forward.calls(table), part, list(self.channels))
        compare(table.graph, images[where], {name: value[: len(images[where])] for name, value in maps.items()})

    def _run(
        self, table: Layers, images: Tensor, numbers: Sequence[int | None]
    ) -> tuple[NDArray[np.float32], list[tuple[NDArray[Any], ...]]]:
        """The maxima (N, maps) of a batch, and the candidates for the lists of the best."""
        looked = [
            self._run_part(table, part, [*numbers[where], *[None] * (len(part) - len(numbers[where]))])
            for part, where in table.graph.parts(images)
        ]
        values = np.concatenate([values for values, _ in looked])[: len(images)]
        return values, [candidates for _, found in looked for candidates in found]

    def _run_part(
        self, table: Layers, images: Tensor, numbers: Sequence[int | None]
    ) -> tuple[NDArray[np.float32], list[tuple[NDArray[Any], ...]]]:
        """The same for as many images as the network takes at a time."""
        calls = self.forward.calls(table)
        used = torch.tensor([number is not None for number in numbers], device=self.device)
        seen: dict[str, Tensor] = {}
        found: list[tuple[NDArray[Any], ...]] = []
        see = partial(self._see, table, numbers, used, seen, found)
        hooked = [call.hooked(see) if call.name in self.channels else call for call in calls]
        with between_captures(), torch.inference_mode():
            run(hooked, images, ())
            values = torch.cat([seen[name] for name in self.channels], 1).cpu().numpy()
        return values, found

    def _see(
        self,
        table: Layers,
        numbers: Sequence[int | None],
        used: Tensor,
        seen: dict[str, Tensor],
        found: list[tuple[NDArray[Any], ...]],
        call: Call,
        _: Any,
        output: Tensor,
    ) -> None:
        """The forward hook of one layer."""
        maps = output.movedim(table.channel_dimension(call.name), 1)
        maps = maps.reshape(*maps.shape[:2], -1)
        peaks = maps.amax(2)
        values = seen[call.name] = peaks.float()
        usable = torch.where(used[:, None] & values.isfinite(), values, -torch.inf)
        before = self._top[call.name]
        after = self._top[call.name] = torch.cat([before, usable]).topk(self.k, dim=0).values
        # of equal values the earlier image is kept: a later one must be strictly above what was there
        enter = ((usable > before[-1]) & (usable >= after[-1])).nonzero()
        size = table.map_size(call.name)
        found.append(self._place(call.name, maps, peaks, enter, numbers, 1 if size is None else size[1]))

    def _place(
        self, name: str, maps: Tensor, peaks: Tensor, enter: Tensor, numbers: Sequence[int | None], width: int
    ) -> tuple[NDArray[Any], ...]:
        """Map, value, image, row and column of the candidates `enter` (n, 2): (image in the batch, map)."""
        image, channel = enter.unbind(1)
        places = [
            _first(maps[n], peaks[n], channel[image == n]) for n in torch.unique(image).tolist()
        ]  # in order, as `enter` is: image by image
        where = torch.cat(places) if places else channel
        known = np.array([-1 if number is None else number for number in numbers], np.int64)
        place = where.cpu().numpy()
        return (
            channel.cpu().numpy() + self.first[name],
            peaks[image, channel].float().cpu().numpy(),
            known[image.cpu().numpy()],
            place // width,
            place % width,
        )

    def _not_finite(self, values: NDArray[np.float32], numbers: Sequence[int | None]) -> dict[int, str]:
        bad = {}
        for place in np.flatnonzero(~np.isfinite(values).all(1)).tolist():
            number, map_ = numbers[place], int(np.flatnonzero(~np.isfinite(values[place]))[0])
            if number is not None:
                layer = next(name for name in reversed(self.first) if self.first[name] <= map_)
                bad[number] = f"its activations in {layer} are not finite (NaN or infinite)"
        return bad


def _first(maps: Tensor, peaks: Tensor, channels: Tensor) -> Tensor:
    """Of maps (C, positions) of one image, where these `channels` first reach their peaks (C,), in reading order.

    Maps are picked along the dimension that lies densely in memory: three times as fast.
    """
    if maps.stride(0) == 1:
        return (maps.T.index_select(1, channels) == peaks[channels]).to(torch.uint8).argmax(0)
    return (maps.index_select(0, channels) == peaks[channels, None]).to(torch.uint8).argmax(1)
