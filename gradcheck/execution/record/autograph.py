"""Map a line of AutoGraph's code to the corresponding line of the user's code.

AutoGraph rewrites each function that it converts into a file of its own, with a map from its lines to the
user's.
"""

from __future__ import annotations

from types import CodeType
from typing import NamedTuple

from gradcheck.execution.tensorflow_internals import converted_into
from gradcheck.source import lines_of


class Original(NamedTuple):
    """A place in the user's code. `code` is the function that was converted, functions within it included."""

    filename: str
    line: int
    code: CodeType


def original_of(filename: str, line: int, user_file: str | None = None) -> Original | None:
    """Return what a line of AutoGraph's corresponds to; None if it has no counterpart.

    Parameters
    ----------
    user_file
        The file whose names the code uses, if known. AutoGraph converts functions of equal code once, although
        they may be in different files.
    """
    for code, lines in converted_into(filename):
        for generated, original in lines.items():
            if (generated.filename, generated.lineno) == (filename, line):
                whose = original.loc.filename if user_file is None else user_file
                found = _within(whose, code)
                return Original(found.co_filename, _counted(found, original.loc.lineno), found)
    return None


def _within(file: str, code: CodeType) -> CodeType:
    """Return the same code in another file, if that has the same text there."""
    if file == code.co_filename:
        return code
    here, there = (_text_of(code, name) for name in (code.co_filename, file))
    return code.replace(co_filename=file) if here and here == there else code


def _text_of(code: CodeType, file: str) -> list[str]:
    first, last = code.co_firstlineno, max(line for *_, line in code.co_lines() if line is not None)
    return lines_of(file)[first - 1 : last]


def _counted(code: CodeType, line: int) -> int:
    """Return the line of the file that AutoGraph counts as `line`.

    Before it counts the lines of a function, AutoGraph joins those that end in a backslash. It does not do so in
    a lambda.
    """
    if code.co_name == "<lambda>":
        return line
    lines = lines_of(code.co_filename)[code.co_firstlineno - 1 :]
    counted = code.co_firstlineno
    for number, text in enumerate(lines, start=code.co_firstlineno):
        if counted == line:
            return number
        counted += not text.endswith("\\\n")
    return line
