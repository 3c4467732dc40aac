"""Reports as a JSON document."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from importlib import metadata
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
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _environment() -> dict[str, Any]:
    versions = {name: _version(name) for name in ("tensorflow", "keras", "numpy")}
    return {"python": platform.python_version(), "platform": platform.platform(), **versions}


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:  # tensorflow-cpu, tf-nightly
        return None
