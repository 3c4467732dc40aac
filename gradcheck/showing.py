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


class Shown:
    """A result that prints itself, and shows itself in a notebook."""

    def __str__(self) -> str:
        return text(self)

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))  # what IPython shows in a terminal

    def _repr_html_(self) -> str:
        """Return what a notebook shows."""
        return html(self)
