"""Shapes as markdown, to paste: the table of each case as a block of text."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.report.finding_markdown import fenced
from gradcheck.report.shapes_table import to_text
from gradcheck.tracing.view import ShapesView

_WIDTH = 100
"""How wide a block may be before a forge has it scroll."""


def to_markdown(views: Sequence[ShapesView]) -> str:
    """Return all views as markdown."""
    return "\n".join(fenced("text", to_text(view, _WIDTH)) for view in views)
