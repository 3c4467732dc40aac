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
    if filename == _ANYTHING:
        return []
    lines = linecache.getlines(filename)
    _as_read.setdefault(filename, lines)
    return lines


_as_read: dict[str, list[str]] = {}
"""The lines of each file as they were when it was first read since `forget_lines`."""


def have_changed() -> bool:
    """Return whether a file that was read has other lines now, whoever has noticed that before."""
    linecache.checkcache()
    return any(linecache.getlines(filename) != lines for filename, lines in list(_as_read.items()))


def forget_lines() -> None:
    """Forget what was read."""
    _as_read.clear()


def line_of(filename: str, number: int) -> str:
    """Return a line, counted from 1, or an empty string."""
    lines = lines_of(filename)
    return lines[number - 1] if 0 < number <= len(lines) else ""
