"""What was measured of an index, kept beside it: `INDEX/trust.json`."""

import json
from pathlib import Path
from typing import Any

from ..drawing import write_json
from ..mirror import Method
from ..scanning import Index
from .trusting import SCHEMA, Trust

NAME = "trust.json"


def write_trust(index: Index, found: Trust) -> Path:
    """Keep what was measured of an index beside it. Raises UnwritableOutput."""
    return write_json(index.folder / NAME, found.as_dict())


def read_trust(index: Index) -> dict[str, Any] | None:
    """What was measured of an index (`Trust.as_dict`), for its network's way down; None if nothing was, or of another
    scan."""
    try:
        found = json.loads((index.folder / NAME).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict) or found.get("schema_version") != SCHEMA:
        return None
    same = found.get("scan") == index.manifest.identity
    by = Method(index.network.method.rule, index.network.method.unpool)
    same = same and (found.get("rule"), found.get("unpool")) == (by.rule, by.unpool)
    return found if same and isinstance(found.get("measures"), dict) else None
