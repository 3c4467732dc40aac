"""Map a line of AutoGraph's code to the corresponding line of the user's code.

AutoGraph rewrites each function that it converts into a file of its own, with a map from its lines to the
user's.
"""

from __future__ import annotations

import linecache
from types import CodeType
from typing import NamedTuple

from gradcheck.execution.tensorflow_internals import converted_into


class Original(NamedTuple):
    """A place in the user's code. `code` is the function that was converted, functions within it included."""

    filename: str
    line: int
    code: CodeType


def original_of(filename: str, line: int) -> Original | None:
    """Return what a line of AutoGraph's corresponds to; None if it has no counterpart."""
    for code, lines in converted_into(filename):
        for generated, original in lines.items():
            if (generated.filename, generated.lineno) == (filename, line):
                return Original(original.loc.filename, _counted(code, original.loc.lineno), code)
    return None


def _counted(code: CodeType, line: int) -> int:
    """Return the line of the file that AutoGraph counts as `line`.

    Before it counts the lines of a function, AutoGraph joins those that end in a backslash. It does not do so in
    a lambda.
    """
    if code.co_name == "<lambda>":
        return line
    lines = linecache.getlines(code.co_filename)[code.co_firstlineno - 1 :]
    counted = code.co_firstlineno
    for number, text in enumerate(lines, start=code.co_firstlineno):
        if counted == line:
            return number
        counted += not text.endswith("\\\n")
    return line
