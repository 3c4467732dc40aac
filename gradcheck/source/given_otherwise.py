"""What a name would stand for if the call that gave it had been given something else, or had come later."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator

from gradcheck.source.bindings import one_value
from gradcheck.source.spans import span_at
from gradcheck.source.writing import rewritten


def given_otherwise(
    node: ast.expr, filename: str, alike: Callable[[str, int], Iterable[str]]
) -> Iterator[str]:
    """Yield the call whose result a name is, with another quantity in place of one that the call is given.

    And the part of something that a name is, with another quantity where the index reads one.

    Parameters
    ----------
    alike
        Returns what may stand for a quantity in a line.
    """
    given = one_value(node, filename)
    for part in _given_parts(given):
        for other in alike(span_at(filename, part).text, node.lineno):
            assert given is not None
            yield rewritten(span_at(filename, given), [(span_at(filename, part), other)])


def called_later(node: ast.expr, filename: str, alike: Callable[[str, int], Iterable[str]]) -> Iterator[str]:
    """Yield the call whose result a name is, with a quantity that was not there yet when it was called.

    Parameters
    ----------
    alike
        Returns what may stand for a quantity in a line.
    """
    given = one_value(node, filename)
    if not isinstance(given, ast.Call):
        return
    inner = (one for part in given.args for one in ast.walk(part))
    for name in (one for one in inner if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)):
        since = set(alike(name.id, node.lineno)) - set(alike(name.id, given.lineno))
        yield from (
            rewritten(span_at(filename, given), [(span_at(filename, name), one)]) for one in sorted(since)
        )


def _given_parts(value: ast.expr | None) -> list[ast.expr]:
    """Return what a call is given, and the name of what is called, or the names in an index."""
    match value:
        case ast.Call(func=ast.Name() as called, args=[*given]):
            return [*given, called]
        case ast.Call(args=[*given]):
            return given
        case ast.Subscript(slice=index):
            return [one for one in ast.walk(index) if isinstance(one, ast.Name)]
    return []
