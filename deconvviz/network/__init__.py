"""From the user's module to a plain list of calls.

Here live `torch.export` (`exporting`), why a network cannot be captured (`refusals`), how its program is read
(`reader`) and the capture by both (`capture`); the list itself (`graph`), run forward (`running`), held against the
network itself (`comparing`), and a faster list for many images (`folding`). What may change of a network is a value
(`state`), captures take `turns`, and the network is left `untouched`. Where networks run (`devices`), and where they
and their weights come from (`models`, `factories`, `checkpoints`, `safetensors`). This wing knows operators as torch
names them; it never knows what answers one on the way down.
"""

from .capture import capture
from .comparing import alike, compare
from .devices import on_device, pick_device
from .folding import fold
from .graph import IN_PLACE, INPUT, Call, Graph, Read, Weight, derived_from, operator_name, weights_of
from .models import Model, from_anywhere, load_model, model_names
from .running import run
from .state import state_of
from .turns import between_captures, capturing

__all__ = [
    "Call",
    "Graph",
    "IN_PLACE",
    "INPUT",
    "Model",
    "Read",
    "Weight",
    "alike",
    "between_captures",
    "capture",
    "capturing",
    "compare",
    "derived_from",
    "fold",
    "from_anywhere",
    "load_model",
    "model_names",
    "on_device",
    "operator_name",
    "pick_device",
    "run",
    "state_of",
    "weights_of",
]
