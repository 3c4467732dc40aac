"""Comments in the user's source: where they begin, and those to gradcheck (``# gradcheck: ok - the reason``)."""

from __future__ import annotations

import functools
import io
import re
import tokenize
from collections.abc import Iterable

from gradcheck.source.lines import line_of, lines_of

_ACCEPTED = re.compile(r"#\s*gradcheck:\s*ok\b[\s\-–—:,.]*(?P<reason>.*)")


def acceptance(filename: str, lines: Iterable[int]) -> str | None:
    """Return the reason with which one of the lines is accepted: "" for one without, None where none is."""
    found = [reasons(filename)[line] for line in lines if line in reasons(filename)]
    return max(found, key=len, default=None)


@functools.cache
def reasons(filename: str) -> dict[int, str]:
    """Return the reasons of the accepting comments of a file, by line."""
    if _ACCEPTED.search("".join(lines_of(filename))) is None:  # most files: taking them apart takes a while
        return {}
    comments = _comments("".join(lines_of(filename)))
    found = {line: _ACCEPTED.search(text) for line, (_, text) in comments.items()}
    return {line: match["reason"].strip() for line, match in found.items() if match is not None}


def without_comment(filename: str, number: int) -> str:
    """Return a line, counted from 1, without its end and without a comment."""
    line = line_of(filename, number).rstrip("\n")
    column, _ = _comments("".join(lines_of(filename))).get(number, (len(line), ""))
    return line[:column].rstrip()


@functools.lru_cache(maxsize=64)
def _comments(source: str) -> dict[int, tuple[int, str]]:
    """Return the column and the text of each comment, by line; up to what is no Python."""
    found: dict[int, tuple[int, str]] = {}
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            if token.type == tokenize.COMMENT:
                found[token.start[0]] = token.start[1], token.string
    except (tokenize.TokenError, SyntaxError, UnicodeEncodeError):  # as a cell with magics; a lone surrogate
        pass
    return found
