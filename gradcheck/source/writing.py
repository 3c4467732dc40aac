"""Edits written into the text of an expression."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from gradcheck.source.expressions import Call, operand_spans
from gradcheck.source.spans import Site, Span, span_of


def rewritten(span: Span, replacements: Sequence[tuple[Span, str]]) -> str:
    """Return the text of `span` with parts of it replaced."""
    text = span.text
    for part, new in sorted(replacements, key=lambda pair: (pair[0].line, pair[0].column), reverse=True):
        start, end = _offset(span, part.line, part.column), _offset(span, part.end_line, part.end_column)
        text = text[:start] + new + text[end:]
    return text


def with_operator(site: Site, old: str, new: str) -> str | None:
    """Return the expression at `site` with the operator between its two operands replaced."""
    operands = operand_spans(site, frozenset())
    if len(operands) != 2:
        return None
    span, (left, right) = span_of(site), operands
    start = _offset(span, left.end_line, left.end_column)
    end = _offset(span, right.line, right.column)
    between = span.text[start:end]
    return (
        span.text[:start] + between.replace(old, new) + span.text[end:] if between.count(old) == 1 else None
    )


def with_keywords(call: Call, settings: Mapping[str, str], positions: Mapping[str, int]) -> str | None:
    """Return the text of `call` with keyword arguments set, replaced or appended.

    An argument that was given by position is replaced there: `positions` says which is at which.
    """
    if not call.span.text.endswith(")"):
        return None
    given = {name: call.positional[at] for name, at in positions.items() if at < len(call.positional)}
    given |= call.keywords
    present = [(given[name], value) for name, value in settings.items() if name in given]
    absent = {name: value for name, value in settings.items() if name not in given}
    text = rewritten(call.span, present)
    return (
        text[:-1].rstrip().rstrip(",") + "".join(f", {name}={value}" for name, value in absent.items()) + ")"
    )


def in_docstring(text: str) -> str:
    """Return `text` as it has to be written between triple quotes, and in UTF-8."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\0", "\\x00")
    return escaped.encode(
        errors="backslashreplace"
    ).decode()  # the name of a file may hold bytes that are no text


def _offset(span: Span, line: int, column: int) -> int:
    """Return where a position in the file lies in the text of `span`."""
    before = span.text.splitlines(keepends=True)[: line - span.line]
    return sum(len(text) for text in before) + column - (span.column if line == span.line else 1)
