"""From code that AutoGraph generated back to the user's own expression.

AutoGraph knows the user's line of each line that it writes, but no columns. The expression is found on
that line by its text, what AutoGraph has put around it taken away.
"""

from __future__ import annotations

import ast
import itertools
from types import CodeType

from gradcheck.source.spans import Site, node_of
from gradcheck.source.trees import node_position, tree


def original(generated: Site, filename: str, line: int) -> Site | None:
    """Return the place of the user's expression that `generated`, from `line` of `filename`, stands for."""
    node = node_of(generated)
    if node is None:
        return None
    text = ast.unparse(_Plain().visit(ast.parse(ast.unparse(node))))
    for candidate in ast.walk(tree(filename)):
        if (
            isinstance(candidate, ast.expr | ast.AugAssign)
            and candidate.lineno <= _last_line(filename, line)
            and (candidate.end_lineno or 0) >= line
            and ast.unparse(candidate) == text
        ):
            return _site(filename, candidate)
    return None


def _last_line(filename: str, line: int) -> int:
    """Return where the innermost simple statement around a line ends."""
    ends = [
        node.end_lineno or line
        for node in ast.walk(tree(filename))
        if isinstance(node, ast.stmt) and not hasattr(node, "body")
        if node.lineno <= line <= (node.end_lineno or line)
    ]
    return max(ends, default=line)


class _Plain(ast.NodeTransformer):
    """``ag__.ld(x)`` is `x`, and ``ag__.converted_call(f, (x,), dict(y=z), scope)`` is ``f(x, y=z)``."""

    def visit_Call(self, node: ast.Call) -> ast.AST:
        self.generic_visit(node)
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id="ag__"), attr="ld"), args=[value]):
                return value
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id="ag__"), attr="converted_call"),
                args=[function, ast.Tuple(elts=arguments), named, *_],
            ):
                keywords = named.keywords if isinstance(named, ast.Call) else []
                return ast.Call(function, arguments, keywords)
        return node


def _site(filename: str, node: ast.expr | ast.AugAssign) -> Site | None:
    """Return the place that code at `node` has: compiled alone, it keeps its positions."""
    if isinstance(node, ast.AugAssign):
        code = compile(ast.Module(body=[node], type_ignores=[]), filename, "exec")
    else:
        code = compile(ast.Expression(body=node), filename, "eval")
    return _instruction(code, node)


def _instruction(code: CodeType, node: ast.expr | ast.AugAssign) -> Site | None:
    line, column, end_line, end_column = node_position(node)
    for number, position in enumerate(itertools.islice(code.co_positions(), 1, None), start=1):
        if position == (line, end_line, column, end_column):
            return Site(code, 2 * number)
    return None
