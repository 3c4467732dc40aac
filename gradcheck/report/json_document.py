"""Reports as a JSON document."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from gradcheck import execution
from gradcheck._version import __version__
from gradcheck.documents import EnvironmentDocument, Header


class _WithDict(Protocol):
    def to_dict(self) -> Mapping[str, Any]: ...


def to_json(
    reports: Sequence[_WithDict], called: str = "cases", versions: Mapping[str, str | None] | None = None
) -> str:
    """Return the document that ``--format json`` prints; ``gradcheck schema`` describes it.

    Parameters
    ----------
    called
        The key under which the document has them.
    versions
        Those of what computes, where that was another process.
    """
    return written({**header(versions), called: [report.to_dict() for report in reports]})


def header(versions: Mapping[str, str | None] | None = None) -> Header:
    """Return what every document begins with."""
    return {"schema": 1, "gradcheck": __version__, "environment": environment(versions)}


def written(document: Mapping[str, Any]) -> str:
    """Return a document as text: ASCII alone, so that it is the same in whatever encoding stdout has."""
    return json.dumps(document, indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def environment(versions: Mapping[str, str | None] | None = None) -> EnvironmentDocument:
    """Return the versions that a report was made with; those of what computes, where that was another process."""
    used = versions or execution.versions()
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "tensorflow": used["tensorflow"],
        "keras": used["keras"],
        "numpy": used["numpy"],
    }
