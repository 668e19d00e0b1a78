"""The strongest images of every feature map over a data set of any size.

Here live the scan (`scanning`: `job`, `watch`, `reading`, `selection`), what it keeps so that shards and retries merge
exactly (`best`, `tally`, `sketch`, `spread`, `part`), what lies on disk (`manifest`, `ledger`, `ranks`, `merging`),
and the index one reads afterwards (`index`, `opening`, `feature_map`, `recheck`, `index_figure`). This wing never knows
what a page looks like.
"""

from .feature_map import Entry, FeatureMap, Statistics
from .index import QUANTILES, Index, an_index
from .index_figure import picture_index, write_index_figure
from .ledger import Ledger
from .manifest import Scanned, is_manifest, read_manifest
from .merging import merge
from .opening import network_of, open_index
from .part import Skipped
from .ranks import under_torchrun
from .scanning import scan
from .selection import select

__all__ = [
    "QUANTILES",
    "Entry",
    "FeatureMap",
    "Index",
    "Ledger",
    "Scanned",
    "Skipped",
    "Statistics",
    "an_index",
    "is_manifest",
    "merge",
    "network_of",
    "open_index",
    "picture_index",
    "read_manifest",
    "scan",
    "select",
    "under_torchrun",
    "write_index_figure",
]
