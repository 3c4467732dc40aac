"""Write edits into the text of an expression."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Mapping, Sequence
from dataclasses import replace

from gradcheck.source.expressions import Call, operand_spans
from gradcheck.source.spans import Site, Span, span_of


def rewritten(span: Span, replacements: Sequence[tuple[Span, str]]) -> str:
    """Return the text of `span` with parts of it replaced."""
    text = span.text
    for part, new in sorted(replacements, key=lambda pair: (pair[0].line, pair[0].column), reverse=True):
        start, end = _offset(span, part.line, part.column), _offset(span, part.end_line, part.end_column)
        text = text[:start] + new + text[end:]
    return text


def replaced_source(source: str, span: Span, text: str, frame: str, renamed: Mapping[str, str]) -> str:
    """Return a file's source with `text` in place of `span`, put into `frame`; some of its names are others."""
    words = re.sub(r"(?<![\w.\"'])[A-Za-z_]\w*(?!\s*=[^=])", lambda word: renamed.get(word[0], word[0]), text)
    lines = source.splitlines(keepends=True)
    start = sum(map(len, lines[: span.line - 1])) + span.column - 1
    end = sum(map(len, lines[: span.end_line - 1])) + span.end_column - 1
    return source[:start] + frame.replace("{}", words, 1) + source[end:]


def with_operator(site: Site, old: str, new: str) -> str | None:
    """Return the expression at `site` with the operator between its two operands replaced."""
    operands = operand_spans(site, frozenset())
    if len(operands) != 2:
        return None
    span, (left, right) = span_of(site), operands
    start = _offset(span, left.end_line, left.end_column)
    end = _offset(span, right.line, right.column)
    between = _COMMENT.sub(lambda comment: " " * len(comment[0]), span.text[start:end])
    if between.count(old) != 1:
        return None
    at = start + between.index(old)
    return span.text[:at] + new + span.text[at + len(old) :]


_COMMENT = re.compile("#[^\n]*")
"""Between two operands there is no string that could hold a `#`."""


def with_keywords(call: Call, settings: Mapping[str, str], positions: Mapping[str, int]) -> str | None:
    """Return the text of `call` with keyword arguments set, replaced or appended.

    An argument that was given by position is replaced there: `positions` says which is at which.
    """
    given = {name: call.positional[at] for name, at in positions.items() if at < len(call.positional)}
    given |= call.keywords
    end = _end_of_arguments(call.span.text)
    if end is None:
        return None
    absent = {name: value for name, value in settings.items() if name not in given}
    text, rest = call.span.text[:end], call.span.text[end:]
    first = "" if text.endswith("(") else ", "
    text += first * bool(absent) + ", ".join(f"{name}={value}" for name, value in absent.items())
    present = [(given[name], value) for name, value in settings.items() if name in given]
    return rewritten(replace(call.span, text=text + rest), present)


def _end_of_arguments(call: str) -> int | None:
    """Return where the last argument of a call ends: before a comma, comments and line ends that may follow."""
    tokens = [token for token in _tokens(call) if token.type not in _NO_CODE]
    if len(tokens) < 2 or tokens[-1].string != ")":
        return None
    last = tokens[-3] if tokens[-2].string == "," else tokens[-2]
    line, column = last.end
    return sum(len(text) for text in call.splitlines(keepends=True)[: line - 1]) + column


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    try:
        return list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (tokenize.TokenError, SyntaxError):  # what is no Python, as a cell with magics
        return []


_NO_CODE = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def in_docstring(text: str) -> str:
    """Return `text` as it has to be written between triple quotes, and in UTF-8."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\0", "\\x00")
    return escaped.encode(
        errors="backslashreplace"
    ).decode()  # a file name may contain bytes that are not text


def _offset(span: Span, line: int, column: int) -> int:
    """Return where a position in the file lies in the text of `span`."""
    before = span.text.splitlines(keepends=True)[: line - span.line]
    return sum(len(text) for text in before) + column - (span.column if line == span.line else 1)
