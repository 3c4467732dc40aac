"""Changes with which a function does something for nothing: whoever wrote it would have changed something else."""

from __future__ import annotations

import ast
import functools

from gradcheck.source.spans import span_at
from gradcheck.source.trees import enclosing_statement, parents
from gradcheck.source.writing import rewritten


def is_needless(node: ast.AST | None, text: str, filename: str) -> bool:
    """Return whether a function, with a text in place of an expression, does something for nothing.

    It calls for a second time what another name stands for already, which could be read instead; or it does
    nothing but to hand on what it is given, so that nobody would call it.
    """
    statement = enclosing_statement(node, filename)
    function = enclosing_statement(parents(filename).get(statement) if statement else None, filename)
    while function is not None and not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        function = enclosing_statement(parents(filename).get(function), filename)
    if (
        not isinstance(statement, ast.Assign | ast.Return)
        or not isinstance(node, ast.expr)
        or function is None
    ):
        return False
    written = rewritten(span_at(filename, statement), [(span_at(filename, node), text)])
    match _parsed(written):
        case ast.Assign(value=ast.Call() as value):
            return ast.dump(value) in _called(function, statement)
        case ast.Return(value=ast.Name(id=name)) if function.body == [statement]:
            return name in {one.arg for one in ast.walk(function.args) if isinstance(one, ast.arg)}
    return False


def _parsed(text: str) -> ast.AST | None:
    try:
        return ast.parse(text).body[0]
    except (SyntaxError, IndexError):
        return None


@functools.lru_cache(maxsize=256)
def _called(function: ast.AST, beside: ast.stmt) -> frozenset[str]:
    """Return the calls to which names are assigned in a function, but for those in one statement."""
    return frozenset(
        ast.dump(one.value)
        for one in ast.walk(function)
        if isinstance(one, ast.Assign) and one is not beside and isinstance(one.value, ast.Call)
    )
