"""Comments to gradcheck in the user's source: ``# gradcheck: ok - the reason``."""

from __future__ import annotations

import functools
import io
import re
import tokenize
from collections.abc import Iterable

from gradcheck.source.lines import lines_of

_ACCEPTED = re.compile(r"#\s*gradcheck:\s*ok\b[\s\-–—:,.]*(?P<reason>.*)")


def acceptance(filename: str, lines: Iterable[int]) -> str | None:
    """Return the reason with which one of the lines is accepted: "" for one without, None where none is."""
    found = [reasons(filename)[line] for line in lines if line in reasons(filename)]
    return max(found, key=len, default=None)


@functools.cache
def reasons(filename: str) -> dict[int, str]:
    """Return the reasons of the accepting comments of a file, by line."""
    found: dict[int, str] = {}
    text = "".join(lines_of(filename))
    if _ACCEPTED.search(text) is None:  # most files: taking them apart into tokens takes a while
        return found
    source = io.StringIO(text)
    try:
        for token in tokenize.generate_tokens(source.readline):
            match = _ACCEPTED.search(token.string) if token.type == tokenize.COMMENT else None
            if match is not None:
                found[token.start[0]] = match["reason"].strip()
    except (tokenize.TokenError, SyntaxError):  # what is no Python, as a cell with magics
        pass
    return found
