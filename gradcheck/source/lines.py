"""The lines of the user's files."""

from __future__ import annotations

import linecache

_ANYTHING = "<string>"
"""The name of all code that `eval`, `exec` and ``python -c`` compile."""


def lines_of(filename: str) -> list[str]:
    """Return the lines of a file, with their ends; none where the source is unavailable.

    So it is for code named ``<string>``. Python 3.13 keeps the text of ``python -c`` under that name, and
    nothing tells it from the text that something else was compiled from.
    """
    return [] if filename == _ANYTHING else linecache.getlines(filename)


def line_of(filename: str, number: int) -> str:
    """Return a line, counted from 1, or an empty string."""
    lines = lines_of(filename)
    return lines[number - 1] if 0 < number <= len(lines) else ""
