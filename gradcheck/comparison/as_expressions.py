"""Fixes as expressions on one line: what is computed in a statement that adds to a name, rather than the whole."""

from __future__ import annotations

import ast
from dataclasses import replace

from gradcheck.findings import Finding
from gradcheck.source import Span, on_one_line


def as_expression(found: Finding) -> Finding:
    """Return a finding with its fix on one line, of what a statement such as ``x -= y`` computes where it can be.

    That a statement becomes another one, as ``x += y``, stays as it is.
    """
    if found.fix is None or not found.fix.source or found.span is None:
        return found
    narrowed = _narrowed(found.span, found.fix.text)
    span, text = (found.span, found.fix.text) if narrowed is None else narrowed
    return replace(found, span=span, fix=replace(found.fix, text=on_one_line(text)))


def _narrowed(span: Span, text: str) -> tuple[Span, str] | None:
    """Return where the value of a statement is, and its text; None unless two add to the same in the same way."""
    before, after = _augmented(span.text), _augmented(text)
    if before is None or after is None or _head(before) != _head(after):
        return None
    value = before.value
    assert value.end_lineno is not None and value.end_col_offset is not None
    own = Span(
        span.file,
        span.line + value.lineno - 1,
        _column(span, value.lineno, value.col_offset),
        span.line + value.end_lineno - 1,
        _column(span, value.end_lineno, value.end_col_offset),
        ast.get_source_segment(span.text, value) or "",
    )
    written = ast.get_source_segment(text, after.value)
    return (own, written) if own.text and written else None


def _augmented(text: str) -> ast.AugAssign | None:
    """Return a text as a statement that adds to a name; None where it is none."""
    try:
        body = ast.parse(text).body
    except SyntaxError:
        return None
    return body[0] if len(body) == 1 and isinstance(body[0], ast.AugAssign) else None


def _head(statement: ast.AugAssign) -> tuple[str, type[ast.operator]]:
    return ast.unparse(statement.target), type(statement.op)


def _column(span: Span, line: int, offset: int) -> int:
    """Return the column in the file of an offset in bytes in one of the lines of a span."""
    before = span.text.splitlines()[line - 1].encode()[:offset].decode()
    return len(before) + (span.column if line == 1 else 1)
