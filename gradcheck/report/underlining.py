"""What is underlined in the source of a finding, and where the shapes stand below it."""

from __future__ import annotations

from collections.abc import Sequence

from gradcheck.findings import Operand
from gradcheck.source import Span


def underlined(operands: Sequence[Operand], span: Span, number: int, line: str) -> list[tuple[int, int]]:
    """Return the parts of line `number` to underline: the operands in it, or else all that `span` has of it."""
    here = _here(operands, number)
    if here:
        return [(operand.span.column - 1, operand.span.end_column - 1) for operand in here]
    start = span.column - 1 if number == span.line else len(line) - len(line.lstrip())
    end = span.end_column - 1 if number == span.end_line else len(line)
    return [(start, max(end, start + 1))]


def shape_rows(operands: Sequence[Operand], number: int) -> list[str]:
    """Return the rows with the shapes of the operands in line `number`, each below its operand."""
    rows: list[str] = []
    for operand in _here(operands, number):
        start = operand.span.column - 1
        # A label that would run into the one before it goes one row further down.
        row = next((row for row, text in enumerate(rows) if len(text) < start), len(rows))
        rows.extend([""] * (row + 1 - len(rows)))
        rows[row] = rows[row].ljust(start) + str(operand.shape)
    return rows


def _here(operands: Sequence[Operand], number: int) -> list[Operand]:
    return [operand for operand in operands if operand.span.line == operand.span.end_line == number]
