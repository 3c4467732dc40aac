"""Reports as a JSON document."""

from __future__ import annotations

import json
import platform
import sys
from collections.abc import Sequence
from typing import Any

from gradcheck._version import __version__
from gradcheck.report.report import Report

SCHEMA = 1


def to_json(reports: Sequence[Report]) -> str:
    """Return the document that ``--format json`` prints; docs/report.schema.json describes it."""
    document = {
        "schema": SCHEMA,
        "gradcheck": __version__,
        "environment": _environment(),
        "cases": [report.to_dict() for report in reports],
    }
    # ASCII alone, so that it is the same document in whatever encoding stdout has.
    return json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def _environment() -> dict[str, Any]:
    versions = {name: _version(name) for name in ("tensorflow", "keras", "numpy")}
    return {"python": platform.python_version(), "platform": platform.platform(), **versions}


def _version(module: str) -> str | None:
    """Ask the module itself: TensorFlow is installed under several names (tensorflow-cpu, tf-nightly)."""
    return getattr(sys.modules.get(module), "__version__", None)
