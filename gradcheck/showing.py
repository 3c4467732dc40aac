"""Let results display themselves without depending on the renderers.

Renderers read results, so they import them. A result that imported its renderer would close a circle; it asks
here instead, and `report/` is looked up by name on first use.
"""

from __future__ import annotations

import importlib
from typing import Any

_RENDERERS = "gradcheck.report.renderers"


def text(result: Any) -> str:
    """Return `result` as plain text, as ``print`` shows it."""
    return str(importlib.import_module(_RENDERERS).text(result))


def html(result: Any) -> str:
    """Return `result` as a fragment of HTML, as a notebook shows it."""
    return str(importlib.import_module(_RENDERERS).html(result))
