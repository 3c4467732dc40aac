"""Calls whose result nothing keeps, and calls that give several names what they were given under these."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def given_to_a_name(node: ast.expr, own: str) -> Iterator[str]:
    """Yield a call whose result is dropped, with a name that it is given to keep it."""
    if isinstance(node, ast.Call):
        yield from (f"({one.id} := {own})" for one in node.args if isinstance(one, ast.Name))


def not_called(node: ast.expr, above: ast.AST | None) -> Iterator[str]:
    """Yield what several names are given if nothing is called with them: what they were."""
    match node, above:
        case ast.Call(args=given), ast.Assign(targets=[ast.Tuple(elts=names)]):
            kept = [ast.unparse(one) for one in names]
            if {*kept} <= {*map(ast.unparse, given)}:
                yield f"({', '.join(kept)})"
