"""From copied lines back to the file that they come from."""

from __future__ import annotations

import pathlib
import re
from dataclasses import replace

from gradcheck.source.lines import lines_of
from gradcheck.source.spans import Span, shown_path

_HEADER = re.compile(r"# (?P<file>.+):(?P<line>\d+)\s*$")
Origin = tuple[str, int, int]
"""A file, a line, and how many characters further to the right the text is there."""


class WayBack:
    """The lines of a file that were copied below comments such as ``# train.py:12``.

    Parameters
    ----------
    copy
        The file with the copied lines.
    """

    def __init__(self, copy: str) -> None:
        self._copy = shown_path(copy)
        self._origins: dict[int, Origin] = {}
        file, at = "", 0
        for number, line in enumerate(lines_of(copy), start=1):
            header = _HEADER.match(line)
            if header is not None:
                file, at = header["file"], int(header["line"])
                continue
            found = _line_like(line, file, at) if file and line.strip() else None
            if found is not None:
                shift = _indent(lines_of(_absolute(file))[found - 1]) - _indent(line)
                self._origins[number] = (file, found, shift)
                at = found + 1

    def span(self, span: Span) -> Span | None:
        """Return where a span was copied from; None if it is not copied. One of another file is as it is."""
        if span.file != self._copy:
            return span
        first, last = self._origins.get(span.line), self._origins.get(span.end_line)
        if first is None or last is None:
            return None
        return replace(
            span,
            file=first[0],
            line=first[1],
            column=span.column + first[2],
            end_line=last[1],
            end_column=span.end_column + last[2],
        )

    def text(self, text: str) -> str:
        """Return a sentence with the places in it, such as ``case.py:12:5``, as they are in the files."""

        def place(found: re.Match[str]) -> str:
            origin = self._origins.get(int(found["line"]))
            return found[0] if origin is None else f"{origin[0]}:{origin[1]}"

        return re.sub(re.escape(self._copy) + r":(?P<line>\d+)(?::\d+)?", place, text)


def _line_like(line: str, file: str, at: int) -> int | None:
    """Return the first line of a file, from `at` on, with the same text."""
    lines = lines_of(_absolute(file))
    alike = (number for number in range(at, len(lines) + 1) if lines[number - 1].strip() == line.strip())
    return next(alike, None)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _absolute(file: str) -> str:
    return str(pathlib.Path(file).absolute())
