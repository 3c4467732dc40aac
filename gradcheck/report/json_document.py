"""Reports as a JSON document."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from gradcheck import execution
from gradcheck._version import __version__

SCHEMA = 1


class _WithDict(Protocol):
    def to_dict(self) -> dict[str, Any]: ...


def to_json(
    reports: Sequence[_WithDict], called: str = "cases", versions: Mapping[str, str | None] | None = None
) -> str:
    """Return the document that ``--format json`` prints; for reports, docs/report.schema.json describes it.

    Parameters
    ----------
    called
        The key under which the document has them.
    versions
        Those of what computes, where that was another process.
    """
    document = {
        "schema": SCHEMA,
        "gradcheck": __version__,
        "environment": environment(versions),
        called: [report.to_dict() for report in reports],
    }
    # ASCII alone, so that it is the same document in whatever encoding stdout has.
    return json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def environment(versions: Mapping[str, str | None] | None = None) -> dict[str, Any]:
    """Return the versions that a report was made with; those of what computes, where that was another process."""
    used = versions or execution.versions()
    return {"python": platform.python_version(), "platform": platform.platform(), **used}
