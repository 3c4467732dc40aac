"""What a name would stand for if the call that gave it had been given something else."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator

from gradcheck.source.spans import span_at
from gradcheck.source.trees import function_above, parents
from gradcheck.source.writing import rewritten


def given_otherwise(
    node: ast.expr, filename: str, alike: Callable[[str, int], Iterable[str]]
) -> Iterator[str]:
    """Yield the call whose result a name is, with another quantity in place of one that the call is given.

    Parameters
    ----------
    alike
        Returns what may stand for a quantity in a line.
    """
    call = _call_that_gave(node, filename) if isinstance(node, ast.Name) else None
    if call is None:
        return
    for argument in call.args:
        for other in alike(span_at(filename, argument).text, node.lineno):
            yield rewritten(span_at(filename, call), [(span_at(filename, argument), other)])


def _call_that_gave(name: ast.Name, filename: str) -> ast.Call | None:
    """Return the call that gives a name its one value in the function around it."""
    function = function_above(name, filename)
    stored = [
        one
        for one in ast.walk(function or name)
        if isinstance(one, ast.Name) and one.id == name.id and isinstance(one.ctx, ast.Store)
    ]
    match [parents(filename).get(one) for one in stored]:
        case [ast.Assign(targets=[ast.Name()], value=ast.Call() as call)]:
            return call
    return None
