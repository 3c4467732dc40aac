"""Calls whose result nothing keeps, calls that give several names what these were, and words that are listed."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gradcheck.source.spans import span_at


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


def with_a_word_less(node: ast.expr, filename: str) -> Iterator[str]:
    """Yield a list of words without each of them: it may say to what something applies."""
    match node:
        case ast.List(elts=words) | ast.Set(elts=words) if len(words) > 1 and all(map(_is_word, words)):
            for left_out in words:
                kept = ", ".join(span_at(filename, one).text for one in words if one is not left_out)
                yield f"[{kept}]" if isinstance(node, ast.List) else f"{{{kept}}}"


def _is_word(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
