"""Assignments that overwrite what may have been meant to be added to."""

from __future__ import annotations

import ast

from gradcheck.source.trees import function_above, nodes_in, parents


def overwrites(statement: ast.Assign, filename: str) -> bool:
    """Return whether a statement gives a name anew what was added up under it, or what nothing has read.

    The former anywhere before it in its function; the latter in a statement of the same block.
    """
    target = ast.unparse(statement.targets[0])
    if _mentions(target, statement.value):
        return False
    return _was_added_up(target, statement, filename) or _is_unread(target, statement, filename)


def _was_added_up(target: str, statement: ast.Assign, filename: str) -> bool:
    function = function_above(statement, filename)
    sums = (one for one in nodes_in(function) if isinstance(one, ast.AugAssign)) if function else ()
    return any(one.lineno < statement.lineno and ast.unparse(one.target) == target for one in sums)


def _is_unread(target: str, statement: ast.Assign, filename: str) -> bool:
    """Return whether nothing reads what was last assigned to a target before a statement, in the same block."""
    for one in reversed(_before(statement, parents(filename).get(statement))):
        match one:
            case ast.Assign(targets=[given], value=value) if ast.unparse(given) == target:
                return not isinstance(value, ast.Constant | ast.List | ast.Tuple)
        if _mentions(target, one):
            return False
    return False


def _before(statement: ast.stmt, above: ast.AST | None) -> list[ast.stmt]:
    """Return the statements of its block that come before a statement, in their order."""
    blocks = (getattr(above, name, None) for name in ("body", "orelse", "finalbody"))
    block: list[ast.stmt] = next((one for one in blocks if isinstance(one, list) and statement in one), [])
    return block[: block.index(statement)] if block else []


def _mentions(target: str, within: ast.AST) -> bool:
    return any(ast.unparse(one) == target for one in ast.walk(within) if isinstance(one, ast.expr))
