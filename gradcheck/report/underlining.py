"""Underlining in the source of a finding, and the positions of the shapes below it.

Places are characters of the line as it is shown, tabs made spaces; what stands below is put there by cells, of
which a character may take two.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len

from gradcheck.findings import Operand
from gradcheck.source import Span

_TAB = 4


def shown(line: str) -> str:
    """Return a line of source with spaces in place of tabs."""
    text = ""
    for number, part in enumerate(line.split("\t")):
        text += " " * (_TAB - cell_len(text) % _TAB if number else 0) + part
    return text


def shown_at(line: str, column: int) -> int:
    """Return the position in the displayed line of the character at `column` of the source, from 0."""
    return len(shown(line[:column]))


def underlined(operands: Sequence[Operand], span: Span, number: int, line: str) -> list[tuple[int, int]]:
    """Return the parts of line `number` to underline: the operands in it, or else all that `span` has of it."""
    here = _here(operands, number)
    if here:
        columns = [(operand.span.column - 1, operand.span.end_column - 1) for operand in here]
    else:
        start = span.column - 1 if number == span.line else len(line) - len(line.lstrip())
        end = span.end_column - 1 if number == span.end_line else len(line)
        columns = [(start, end)]
    return [
        (shown_at(line, start), max(shown_at(line, end), shown_at(line, start) + 1))
        for start, end in columns
        if line.strip()
    ]


def labels(operands: Sequence[Operand], number: int, line: str) -> list[tuple[int, str]]:
    """Return the shapes of the operands in line `number`, and where each operand begins."""
    return [(shown_at(line, one.span.column - 1), str(one.shape)) for one in _here(operands, number)]


def below(placed: Sequence[tuple[int, str]]) -> list[str]:
    """Return rows with each text at its cell; one that would run into the one before goes one row further down."""
    rows: list[str] = []
    for start, text in placed:
        row = next((row for row, before in enumerate(rows) if len(before) < start), len(rows))
        rows.extend([""] * (row + 1 - len(rows)))
        rows[row] = rows[row].ljust(start) + text
    return rows


def _here(operands: Sequence[Operand], number: int) -> list[Operand]:
    return [operand for operand in operands if operand.span.line == operand.span.end_line == number]
