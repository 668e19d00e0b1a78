"""deconvviz: see what any unit of a convolutional network responds to.

    model = deconvviz.load_model("squeezenet1_1")
    dv = deconvviz.DeconvNet(model)
    units = dv.strongest("cat.jpg", "features.12", k=9)
    projections = dv.project("cat.jpg", units)

Zeiler & Fergus' deconvnet (ECCV 2014): forward hooks record the max-pool switches; a mirrored network of
unpool → rectify → transposed filter carries chosen activations back to pixels.
"""

import importlib
from typing import TYPE_CHECKING, Any

from .version import __version__ as __version__

if TYPE_CHECKING:
    from . import errors, mirror, studies
    from .deconvnet import DeconvNet, Projection, Projections, Unit
    from .errors import DeconvvizError
    from .images import Preprocess, read_image
    from .mirror import Layer, Layers, Recording
    from .network import Model, load_model
    from .pages import write_gallery
    from .scanning import FeatureMap, Index, merge, open_index, scan

_HOMES = {
    "DeconvNet": "deconvnet",
    "DeconvvizError": "errors",
    "FeatureMap": "scanning",
    "Index": "scanning",
    "Layer": "mirror",
    "Layers": "mirror",
    "Model": "network",
    "Preprocess": "images",
    "Projection": "deconvnet",
    "Projections": "deconvnet",
    "Recording": "mirror",
    "Unit": "deconvnet",
    "load_model": "network",
    "merge": "scanning",
    "open_index": "scanning",
    "read_image": "images",
    "scan": "scanning",
    "write_gallery": "pages",
}

__all__ = [
    "DeconvNet",
    "DeconvvizError",
    "FeatureMap",
    "Index",
    "Layer",
    "Layers",
    "Model",
    "Preprocess",
    "Projection",
    "Projections",
    "Recording",
    "Unit",
    "errors",
    "load_model",
    "merge",
    "mirror",
    "open_index",
    "read_image",
    "scan",
    "studies",
    "write_gallery",
]


def __getattr__(name: str) -> Any:
    """Import on first use: torch takes seconds, and `deconvviz --help` needs none of it."""
    if name in ("errors", "mirror", "studies"):
        return importlib.import_module(f".{name}", __name__)
    if name in _HOMES:
        return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
