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

if TYPE_CHECKING:
    from . import errors, mirror
    from .deconvnet import DeconvNet
    from .errors import DeconvvizError
    from .feature_map import FeatureMap
    from .images import Preprocess, read_image
    from .index import Index, open_index
    from .layers import Layer, Layers
    from .merging import merge
    from .models import Model, load_model
    from .pages import write_gallery
    from .projection import Projection
    from .projections import Projections
    from .recording import Recording
    from .scanning import scan
    from .units import Unit

__version__ = "0.1.0"

_HOMES = {
    "DeconvNet": "deconvnet",
    "DeconvvizError": "errors",
    "FeatureMap": "feature_map",
    "Index": "index",
    "Layer": "layers",
    "Layers": "layers",
    "Model": "models",
    "Preprocess": "images",
    "Projection": "projection",
    "Projections": "projections",
    "Recording": "recording",
    "Unit": "units",
    "load_model": "models",
    "merge": "merging",
    "open_index": "index",
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
    "write_gallery",
]


def __getattr__(name: str) -> Any:
    """Import on first use: torch takes seconds, and `deconvviz --help` needs none of it."""
    if name in ("errors", "mirror"):
        return importlib.import_module(f".{name}", __name__)
    if name in _HOMES:
        return getattr(importlib.import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
