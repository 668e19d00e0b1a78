"""A gallery: index → layers → feature maps as a static site, which needs no server and no network.

index.html            the model, the images, every layer with four maps to start at
layers/LAYER.html     all feature maps of a layer, and each by itself (#u12)
image.html            one image (?n=7): which feature maps fire most on it, and on what
sheets/LAYER/0012.webp, images/0000007.webp
data/LAYER.json       all that the pages say, beside LAYER.js with the same for the pages themselves
image/0000007.js      what the page of an image says, which is in the layers' data, too
gallery.json          what the gallery is; written last, so it is there when all is
"""

import math
import os
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from tqdm import tqdm

from ..arguments import a_path, takes, whole, wholes
from ..drawing import Look, write_json
from ..images import is_embedded
from ..mirror import some_layers
from ..scanning import Index, an_index
from .asked import Place, Selection, Style, Told
from .choice import agreeing, first_look, start_here
from .commands import Origin
from .contents import gallery_json, layer_json
from .facts import Section, alike, map_facts, sections
from .folder import NAME, prepare, read, take_away, take_away_images
from .kept import Store, Work, store_in, work_left
from .labels import labelled
from .on_images import OnImages
from .pictures import Pictures
from .sheetmaking import make_sheets
from .writer import Listing, Pages

BYTES_PER_PIXEL = {"webp": 0.16, "png": 1.25, "jpeg": 0.26}
"""Of sheets of photographs, for the estimate before any is made."""


@takes(
    index=an_index,
    folder=a_path,
    layers=partial(some_layers, none=True),
    channels=wholes(None),
    k=whole(1, None),
    tile=whole(1),
)
def write_gallery(
    index: Index,
    folder: str | os.PathLike[str],
    layers: str | Sequence[str] = (),
    channels: Sequence[int] | None = None,
    *,
    k: int | None = None,
    patches: bool = True,
    image_format: str = "webp",
    tile: int = 96,
    smoothing: float = 0.0,
    frame: str = "effective",
    tone: str = "colour",
    view: str = "projection",
    force: bool = False,
    report: Callable[[str], object] = warnings.warn,
    say: Callable[[str], object] | None = None,
) -> Path:
    """Write a gallery of an index into `folder`; returns its `index.html`.

    `layers` (names, aliases, globs, or `all`), and `channels` of each: which; by default what blocks put out and the
    layers outside of blocks (`choose_layers`). `k` images of each map, by default all that the index has. `patches`:
    show the images too, else projections only. `image_format`: "webp", "png" or "jpeg" ("jpg"); `tile`: pixels of a
    tile's side at most; `smoothing`, `frame` and `tone` as for `Projection.show`; `view`: what its pages show at first,
    "projection" (beside patches) or "overlay". What lies in the folder of the same gallery is kept, so an interrupted
    one goes on; anything else there is refused without `force`. `report` is told of images that cannot be shown any
    more, `say` how large it will be; then progress is shown.
    Raises UnknownLayer, UnknownUnit, UnusableIndex, UnwritableOutput.
    """
    selection, style = (
        Selection(layers, channels, k),
        Style(patches, image_format, tile, Look(frame, tone, smoothing, view)),
    )
    return write_site(index, selection, style, Place(Path(folder), force=force), Told(report, say))


def write_site(index: Index, selection: Selection, style: Style, place: Place, told: Told) -> Path:
    """Write a gallery as a site of many pages, as `write_gallery` does, and with its errors."""
    store = store_in(place.path, index, selection, style)
    shown = sections(index, selection, style, told.say)
    prepare(store.folder, store.gallery, place.force)
    make_missing(index, shown, store, told)
    return _write_pages(index, shown, store)


def make_missing(index: Index, shown: Sequence[Section], store: Store, told: Told) -> None:
    """Make the sheets that are not there yet; say how large they will be, then progress is shown."""
    kinds = (False, True) if index.manifest.quantiles else (False,)
    works, style = [work_left(index, shown, store, middle) for middle in kinds], store.style
    projections, maps = (sum(each) for each in zip(*((w.projections, len(w.maps)) for w in works), strict=True))
    if told.say is not None and maps:
        estimate = _megabytes(_pixels(index, works, style) * BYTES_PER_PIXEL[style.image_format])
        told.say(f"Feature maps: {len(works[0].maps)}, projections: {projections}, some {estimate} of pictures.")
    pictures = Pictures(store)
    with tqdm(total=projections, unit="projection", disable=None if told.say else True) as bar:
        written = 0
        for work in works:
            for size in make_sheets(index, work, pictures, told.report, bar.update):
                written += size
                bar.set_postfix_str(_megabytes(written))


def _pixels(index: Index, works: Sequence[Work], style: Style) -> int:
    """Of the sheets and whole pictures to be made."""
    rows, columns = index.network.layers.graph.input_shape[-2:] if style.patches else (0, 0)
    sheets = [
        section.middle if work.middle and section.middle else section.layout
        for work in works
        for section, _ in work.maps
    ]
    images = frozenset[int]().union(*(work.images for work in works))
    return sum(layout.size[0] * layout.size[1] for layout in sheets) + rows * columns * len(images)


def _megabytes(size: float) -> str:
    return f"{size / 1e6:.0f} MB" if size >= 1e6 else f"{size / 1e6:.1f} MB"


# --- the pages ------------------------------------------------------------------------------------------


def _write_pages(index: Index, shown: Sequence[Section], store: Store) -> Path:
    facts, folder = gallery_json(index, shown, store), store.folder
    pages = Pages(folder, facts, origin_of(index))
    pages.write_assets()
    classes: dict[str, list[tuple[int, ...]]] = {}
    on_images = OnImages()
    starts, best = [], []
    for at, section in enumerate(shown):
        listing = listing_of(index, at, section, store)
        pages.write_layer(listing)
        pages.greys.append({m.channel: round(m.grey, 2) for m in listing.maps if not m.dead and m.grey != 1})
        starts.append(start_here(listing.maps))
        best.append(agreeing(listing.maps))
        for one in listing.maps:
            if one.liked:
                classes.setdefault(one.category, []).append((at, one.channel, one.liked, len(one.entries)))
        on_images.add(at, listing.maps, listing.data)
    pages.write_classes(classes)
    pages.write_images(on_images)
    take_away_images(folder, on_images.numbers)
    first = first_look(best, _shares(index, shown))
    path = pages.write_index(first, starts)
    take_away(folder, read(folder).get("layers"), facts["layers"])
    for layer, start in zip(facts["layers"], starts, strict=True):
        layer["start"] = sorted(m.channel for m in start)
    facts["first"] = [(at, m.channel) for at, m in first]
    write_json(folder / NAME, facts)
    return path


def origin_of(index: Index) -> Origin:
    """What a gallery of the index is made from."""
    m = index.manifest
    return Origin(index.folder, m.load, m.roots == ("",), m.roots[0] if is_embedded(m.roots) else "")


def listing_of(index: Index, at: int, section: Section, store: Store) -> Listing:
    """A layer as its page lists it, with what the sheets in the folder say of themselves."""
    maps = labelled(list(map_facts(index, section)), section.layout.count, index.peak(section.name))
    sheets = {m.channel: store.sheet_facts(section, m) for m in maps}
    near = alike(index, section)
    maps = [replace(m, grey=_grey(sheets[m.channel]), alike=near.get(m.channel, ())) for m in maps]
    middle = {}
    if section.middle is not None:
        facts = map_facts(index, section, middle=True)
        middle = {m.channel: (m, store.sheet_facts(section, m) if m.entries else None) for m in facts}
    return Listing(at, maps, layer_json(index, section, maps, sheets, middle, store.style))


def _grey(sheet: Mapping[str, Any] | None) -> float:
    """One contrast for all of a map's tiles in grey: the middle one of theirs."""
    tiles = [tile["grey"] for tile in sheet["tiles"] if tile] if sheet else []
    return float(median(tiles)) if tiles else 1.0


def _shares(index: Index, shown: Sequence[Section]) -> list[float]:
    """How much of the image's side the units of each layer see."""
    side = max(index.network.layers.graph.input_shape[-2:])
    fields = [section.row.receptive_field for section in shown]
    return [max(field) / side if field else math.inf for field in fields]
