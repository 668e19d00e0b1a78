"""An index: the strongest images of every feature map, as a scan left them, and projections from there."""

import os
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ..arguments import instance, said, takes, whole, wholes
from ..deconvnet import DeconvNet, Projection, Projections, Unit, image_of, short_number
from ..drawing import notebook
from ..errors import UnknownLayer, UnknownUnit, UnusableIndex, nearest
from ..images import AnyImages, reopen
from ..mirror import matching, unknown_layer
from ..network import load_model
from .best import NONE
from .feature_map import Entry, FeatureMap, Statistics
from .manifest import Manifest, Scanned
from .part import Part, Skipped
from .recheck import NOISE, checked, project_again, read_again
from .spread import at_quantiles
from .tally import edges, from_limbs

QUANTILES = (0.9, 0.75, 0.5)
"""Of a feature map's positive maxima: where images that are not its strongest are taken from."""


class Index:
    """What a scan found. `open_index` reads one.

    Iterating gives the names of its layers, from shallow to deep, and `len` is how many there are. `folder`;
    `manifest`: how it was made; `skipped`: the images that could not be used, each with a reason.
    """

    def __init__(
        self,
        folder: Path,
        manifest: Manifest,
        part: Part,
        model: DeconvNet | None = None,
        images: AnyImages | None = None,
    ) -> None:
        self.folder, self.manifest, self._part = folder, manifest, part
        self._model, self._images = model, images
        self._layers = {name: layer for layer in manifest.layers for name in layer.names}

    def __len__(self) -> int:
        return len(self.layers)

    def __iter__(self) -> Iterator[str]:
        return iter(self.layers)

    def __contains__(self, layer: object) -> bool:
        return layer in self._layers

    @property
    def layers(self) -> dict[str, int]:
        """The layers, each by its first name, and how many feature maps they have."""
        return {layer.names[0]: layer.channels for layer in self.manifest.layers}

    def channels(self, layer: str) -> int:
        """How many feature maps a layer has, by any of its names. Raises UnknownLayer."""
        return self._layer(layer).channels

    def class_name(self, layer: str, channel: int) -> str:
        """The class whose score a feature map is; "" unless its layer is the classifier's output, with names.

        An index made before 0.2 knows no such names. Raises UnknownLayer, UnknownUnit.
        """
        self._row(layer, channel)
        return self.manifest.categories[channel] if self._layer(layer).read_at in self.manifest.scores else ""

    def matching(self, asked: str | Iterable[str]) -> list[str]:
        """The names of the layers asked for: by any name, by a glob (`layer3.*`), or `all`, or several of these.

        In the order of asking, those of a glob from shallow to deep, each layer once. Raises UnknownLayer.
        """
        return matching(asked, {name: layer.names[0] for name, layer in self._layers.items()}, self._unknown)

    def dead(self, layer: str) -> list[int]:
        """The feature maps of a layer that no image excites. Raises UnknownLayer."""
        return [channel for channel, peak in enumerate(self._peaks(layer)) if peak <= 0]

    def _peaks(self, layer: str) -> list[float]:
        """The largest activation of each feature map of a layer."""
        pieces = self._layer(layer).pieces
        return [float(peak) for first, count in pieces for peak in self._part.tally.maximum[first : first + count]]

    def peak(self, layer: str) -> float:
        """The largest activation of any feature map of a layer. Raises UnknownLayer."""
        return max(self._peaks(layer))

    @property
    def skipped(self) -> tuple[Skipped, ...]:
        """The images that could not be used: number, place, reason."""
        return self._part.skipped

    @takes(channel=whole(None), k=whole(0, None))
    def top(self, layer: str, channel: int, k: int | None = None) -> list[Entry]:
        """The k strongest images of a feature map (all in the index), strongest first.

        Of equal activations the first image counts, and its first position. Raises UnknownLayer, UnknownUnit.
        """
        row, best = self._row(layer, channel), self._part.best
        many = best.k if k is None else k
        spatial = self._layer(layer).size is not None
        arrays = (best.images, best.rows, best.columns, best.values)
        found = []
        for number, *position, value in zip(*(array[row, :many].tolist() for array in arrays), strict=True):
            if number == NONE:
                break
            at = position if spatial else (None, None)
            found.append(self._entry(Unit(layer, channel, at[0], at[1], image=number, activation=value, several=True)))
        return found

    @takes(channel=whole(None), k=whole(0))
    def middle(self, layer: str, channel: int, k: int = 3) -> dict[float, list[Entry]]:
        """Images that are not the strongest: for each of QUANTILES of the positive maxima the k nearest to it.

        The strongest of them first; their units have no position, which is that of the map's peak. Where quantiles lie
        is known to half an octave; the images are drawn by lot. Empty unless the scan was to keep them
        (`also_quantiles`), and for maps that fire in fewer images than that takes. Raises UnknownLayer, UnknownUnit.
        """
        row, spread = self._row(layer, channel), self._part.spread
        if spread is None:
            return {}
        chosen = at_quantiles(spread.of_map(row), self._part.tally.histogram[row], QUANTILES, k)
        return {
            quantile: [
                self._entry(Unit(layer, channel, image=number, activation=value, several=True))
                for value, number in entries
            ]
            for quantile, entries in zip(QUANTILES, chosen, strict=False)
        }

    def _entry(self, unit: Unit) -> Entry:
        """A unit, and where its image is."""
        record, roots = self._part.records[image_of(unit)], self.manifest.roots
        root = roots[record.root]
        place = os.path.join(os.path.basename(root), record.place) if len(roots) > 1 else record.place
        return Entry(unit, place, record.category, root)

    @takes(channel=whole(None))
    def statistics(self, layer: str, channel: int) -> Statistics:
        """Statistics of a feature map's maxima over all images. Raises UnknownLayer, UnknownUnit."""
        row, tally = self._row(layer, channel), self._part.tally
        total, squares = (float(from_limbs(limbs[row : row + 1])[0]) for limbs in (tally.sums, tally.squares))
        mean = total / max(tally.count, 1)
        return Statistics(
            count=tally.count,
            mean=mean,
            deviation=max(squares / max(tally.count, 1) - mean * mean, 0.0) ** 0.5,
            maximum=float(tally.maximum[row]),
            positive=int(tally.positive[row]),
            histogram=tally.histogram[row],
            edges=edges(),
        )

    @takes(channel=whole(None), k=whole(0))
    def alike(self, layer: str, channel: int, k: int = 5) -> list[tuple[int, float]]:
        """The k feature maps of a layer that are most like one of its own, each with their correlation, highest first.

        It is that of their maxima over images of the scan, up to 256, drawn by lot (`sketch`). Dead maps are like
        none. Empty for an index of 0.1, which holds no sketch. Raises UnknownLayer, UnknownUnit.
        """
        self._row(layer, channel)
        correlations, dead = self.correlations(layer), set(self.dead(layer))
        if correlations is None or channel in dead:
            return []
        others = [n for n in range(self.channels(layer)) if n != channel and n not in dead]
        return sorted(((n, float(correlations[channel, n])) for n in others), key=lambda one: (-one[1], one[0]))[:k]

    def correlations(self, layer: str) -> NDArray[np.float64] | None:
        """Those of all feature maps of a layer with each other (C, C), as `alike` has them; None without a sketch.

        Raises UnknownLayer.
        """
        sketch = self._part.sketch
        if sketch is None:
            return None
        pieces = self._layer(layer).pieces
        return sketch.correlations([row for first, count in pieces for row in range(first, first + count)])

    @takes(channel=whole(None), k=whole(0, None))
    def feature_map(self, layer: str, channel: int, k: int | None = None) -> FeatureMap:
        """A feature map with its strongest images, for a notebook to show. Raises UnknownLayer, UnknownUnit."""
        top, facts = self.top(layer, channel, k), self.statistics(layer, channel)
        project = partial(self.project, layer, channel, k)
        return FeatureMap(layer, channel, top, facts, project, self.class_name(layer, channel))

    @takes(channels=wholes(), k=whole(0, None))
    def project(
        self,
        layer: str,
        channels: int | Sequence[int],
        k: int | None = None,
        report: Callable[[str], object] = warnings.warn,
    ) -> Projections:
        """Project the strongest units of feature maps again, map by map, strongest first.

        Reads and runs the images of these units only. A unit is left out, and `report` is told, if its image
        is gone or does not give the recorded activation any more. Entries that are not positive are left
        out in silence: nothing excites such a map. Raises UnknownLayer, UnknownUnit, UnusableIndex.
        """
        several = [channels] if isinstance(channels, int) else channels
        units = [e.unit for channel in several for e in self.top(layer, channel, k) if e.activation > 0]
        made = {(p.unit.channel, p.unit.image): p for p in self.stream(units, report)}
        keys = [(unit.channel, unit.image) for unit in units]
        return Projections(made[key] for key in keys if key in made)

    def stream(self, units: Iterable[Unit], report: Callable[[str], object] = warnings.warn) -> Iterator[Projection]:
        """The same for any of the index's units, image by image: for more than memory holds.

        `units` of `top`'s entries, of any layers; each comes back once, as the `unit` of its projection.
        """
        by_image: dict[int, list[Unit]] = {}
        for unit in units:
            by_image.setdefault(image_of(unit), []).append(unit)
        noise = {layer: NOISE * self.peak(layer) for layer in {u.layer for some in by_image.values() for u in some}}
        for images in read_again(self._source(), self._part.records, self.network, sorted(by_image), report):
            together = [unit for number in images for unit in by_image[number]]
            yield from project_again(self.network, images, together, noise, report)

    @property
    def network(self) -> DeconvNet:
        """The network: the one of the scan, or loaded again, with the same weights. Raises UnusableIndex."""
        if self._model is None:
            if self.manifest.load is None:
                raise UnusableIndex(
                    f"{self.folder}: its network has no name to be loaded by again; give it: open_index(…, model=…)"
                )
            model = load_model(*self.manifest.load, preprocess=self.manifest.as_preprocess())
            self._model = checked(model, self.manifest, self.folder)
        return self._model

    def by(self, rule: str | None = None, unpool: str | None = None) -> "Index":
        """The same index, its projections by another way down: `rule` and `unpool` as of `DeconvNet`.

        Which images are strongest does not depend on it. Raises UnsuitableInput, and UnusableIndex as `network` does.
        """
        other = copy(self)
        other._model = self.network.by(rule, unpool)
        return other

    def _source(self) -> AnyImages:
        if self._images is None:
            self._images = reopen(self.manifest.roots)
        if self._images is None:
            raise UnusableIndex(f"{self.folder}: was made from a data set; give it: open_index(…, images=dataset)")
        return self._images

    def _layer(self, name: str) -> Scanned:
        if not isinstance(name, str):
            raise UnknownLayer(f"{said(name)} is no layer's name; {nearest('', self._layers)}")
        if name not in self._layers:
            raise self._unknown(name)
        return self._layers[name]

    def _unknown(self, name: str) -> UnknownLayer:
        return unknown_layer(name, self._layers, str(self.folder))

    def _row(self, layer: str, channel: int) -> int:
        """The place of a feature map in the arrays."""
        scanned, before = self._layer(layer), 0
        if not 0 <= channel < scanned.channels:
            raise UnknownUnit(
                f"{layer}:{channel}: there is no such feature map; {layer} has 0 … {scanned.channels - 1}"
            )
        for first, count in scanned.pieces:
            if channel < before + count:
                return first + channel - before
            before += count
        raise AssertionError("the pieces hold all feature maps")

    def __repr__(self) -> str:
        m = self.manifest
        return f"Index({str(self.folder)!r}, {m.model}, {m.images} images, {len(m.layers)} layers, top {m.top})"

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        """How notebooks show it: its layers, how many of their feature maps are dead, and the strongest map."""
        m, heads = self.manifest, ("layer", "feature maps", "dead", "strongest", "peak")
        skipped = f", {len(self.skipped)} of them skipped" if self.skipped else ""
        heading = f"<b>{notebook.text(m.model)}</b>: the {m.top} strongest of {m.images} images{skipped}"
        rows = [self._layer_row(name) for name in self.layers]
        return notebook.bundle(repr(self), notebook.table(heads, rows, heading, numbers=(1, 2, 4)))

    def _layer_row(self, name: str) -> tuple[str, int, int, str, str]:
        peaks = self._peaks(name)
        strongest = max(range(len(peaks)), key=peaks.__getitem__)
        return name, len(peaks), len(self.dead(name)), f"{name}:{strongest}", short_number(peaks[strongest])


an_index = instance(Index, "deconvviz.open_index(folder) gives one")
