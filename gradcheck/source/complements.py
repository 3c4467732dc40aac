"""A weight exchanged with what is left of one: ``(1 - w) * a + w * b`` for ``w * a + (1 - w) * b``."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator

from gradcheck.source.writing import unparsed


def complemented(node: ast.expr, above: ast.AST | None) -> Iterator[str]:
    """Yield a formula with each weight that it has as such and as what is left of one the other way round."""
    if not isinstance(node, ast.BinOp) or isinstance(above, ast.BinOp):
        return
    rests = [one for one in ast.walk(node) if _is_the_rest(one)]
    for weight in dict.fromkeys(ast.unparse(one.right) for one in rests if isinstance(one, ast.BinOp)):
        exchange = _Exchange(weight)
        formula = exchange.visit(copy.deepcopy(node))
        if exchange.plain and isinstance(formula, ast.expr):
            yield unparsed(formula)


def _is_the_rest(node: ast.AST) -> bool:
    """Return whether something named is subtracted from one."""
    match node:
        case ast.BinOp(left=ast.Constant(value=1), op=ast.Sub(), right=ast.Name() | ast.Attribute()):
            return True
    return False


class _Exchange(ast.NodeTransformer):
    """Exchanges one weight; `plain` is how often it stands there as such."""

    def __init__(self, weight: str) -> None:
        self._weight, self.plain = weight, 0

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.BinOp) and _is_the_rest(node) and ast.unparse(node.right) == self._weight:
            return node.right
        if isinstance(node, ast.expr) and ast.unparse(node) == self._weight:
            self.plain += 1
            return ast.BinOp(ast.Constant(1.0), ast.Sub(), node)
        return self.generic_visit(node)
