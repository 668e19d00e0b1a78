"""What was measured of an index, kept beside it: `INDEX/trust.json`."""

import json
from pathlib import Path
from typing import Any

from ..drawing import write_json
from ..scanning import Index
from .trusting import SCHEMA, Trust
from .verdicts import MEASURES

NAME = "trust.json"

KEYS = [measure.key for measure in MEASURES]


def write_trust(index: Index, found: Trust) -> Path:
    """Keep what was measured of an index beside it. Raises UnwritableOutput."""
    return write_json(index.folder / NAME, found.as_dict())


def read_trust(index: Index) -> dict[str, Any] | None:
    """What was measured of an index (`Trust.as_dict`), for its network's way down; None if nothing was, or of another
    scan, or if the file is not whole."""
    try:
        found = json.loads((index.folder / NAME).read_text(encoding="utf-8"))
        _check(found)
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    same = (found["scan"], found["rule"], found["unpool"])
    method = index.network.method
    return found if same == (index.manifest.identity, method.rule, method.unpool) else None


def _check(found: Any) -> None:
    """Raise ValueError, or what reading it wrongly raises, unless all is there that pages say."""
    measures = {key: found["measures"][key] for key in KEYS}
    sentences = [measure["sentence"] for measure in measures.values()]
    numbers = [one for m in measures.values() for some in m["layers"].values() for one in some.values()]
    means = [number["mean"] for number in numbers]
    counts = [*found["units"].values(), found["images"], found["seed"]]
    whole = all(isinstance(text, str) for text in sentences) and all(isinstance(n, int) for n in counts)
    whole = whole and all(mean is None or isinstance(mean, float | int) for mean in means)
    if not whole or found["schema_version"] != SCHEMA or set(measures["specific"]["layers"]) != set(found["units"]):
        raise ValueError(f"{NAME} is not whole")
