"""Write edits into the text of an expression."""

from __future__ import annotations

import ast
import difflib
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence

from gradcheck.source.spans import Span


def rewritten(span: Span, replacements: Sequence[tuple[Span, str]]) -> str:
    """Return the text of `span` with parts of it replaced."""
    text = span.text
    for part, new in sorted(replacements, key=lambda pair: (pair[0].line, pair[0].column), reverse=True):
        start, end = _offset(span, part.line, part.column), _offset(span, part.end_line, part.end_column)
        text = text[:start] + new + text[end:]
    return text


def on_one_line(text: str) -> str:
    """Return an expression without its line breaks; as it is where these may mean something."""
    if "#" in text or '"""' in text or "\\\n" in text:
        return text
    opened = re.sub(r"(?<=[(\[{])\s*\n\s*", "", text)
    closed = re.sub(r",?\s*\n\s*(?=[\]}])|\s*\n\s*(?=\))", "", opened)  # (a,) is no (a)
    return re.sub(r"\s*\n\s*", " ", closed)


def bracketed_once(text: str) -> str:
    """Return an expression without brackets around what has brackets already; as it is where it holds strings."""
    if '"' in text or "'" in text:
        return text
    opened, pairs = [], {}
    for place, letter in enumerate(text):
        if letter == "(":
            opened.append(place)
        elif letter == ")" and opened:
            pairs[opened.pop()] = place
    spare = {
        place
        for start, end in pairs.items()
        if pairs.get(start + 1) == end - 1 and not re.search(r"[\w)\]]$", text[:start])
        for place in (start, end)
    }
    return "".join(letter for place, letter in enumerate(text) if place not in spare)


def replaced_source(source: str, span: Span, text: str, frame: str, renamed: Mapping[str, str]) -> str:
    """Return a file's source with `text` in place of `span`, put into `frame`; some of its names are others."""
    words = re.sub(r"(?<![\w.\"'])[A-Za-z_]\w*(?!\s*=[^=])", lambda word: renamed.get(word[0], word[0]), text)
    lines = source.splitlines(keepends=True)
    start = sum(map(len, lines[: span.line - 1])) + span.column - 1
    end = sum(map(len, lines[: span.end_line - 1])) + span.end_column - 1
    return source[:start] + frame.replace("{}", words, 1) + source[end:]


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


def unparsed(node: ast.expr) -> str:
    """Return an expression as it may be written, with double quotes unless there are some within others."""
    text = ast.unparse(node)
    return text if '"' in text else text.replace("'", '"')


def in_shape(text: str, shape: tuple[int, ...], wanted: tuple[int, ...]) -> str | None:
    """Return an array with one axis of length 1 more or less, in another shape; None if that is not enough."""
    grown = [axis for axis, length in enumerate(wanted) if length == 1 and _without(wanted, axis) == shape]
    if grown:
        return f"tf.expand_dims({text}, axis={-1 if grown[-1] == len(shape) else grown[0]})"
    shrunk = [axis for axis, length in enumerate(shape) if length == 1 and _without(shape, axis) == wanted]
    return f"tf.squeeze({text}, axis={shrunk[-1]})" if shrunk else None


def _without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return (*shape[:axis], *shape[axis + 1 :])


def merged(base: str, one: str, other: str) -> str | None:
    """Return a text with what two others change in it, once where they change the same; None where they clash."""
    changes = sorted({*_changes(base, one), *_changes(base, other)})
    if any(after[0] < before[1] or after[:2] == before[:2] for before, after in itertools.pairwise(changes)):
        return None
    words = _words(base)
    for start, end, new in reversed(changes):
        words[start:end] = new
    return "".join(words)


def _changes(base: str, text: str) -> Iterator[tuple[int, int, tuple[str, ...]]]:
    before, after = _words(base), _words(text)
    for tag, start, end, first, last in difflib.SequenceMatcher(None, before, after, False).get_opcodes():
        if tag != "equal":
            yield start, end, tuple(after[first:last])


def _words(text: str) -> list[str]:
    return re.findall(r"\s+|\w+|[^\w\s]", text)
