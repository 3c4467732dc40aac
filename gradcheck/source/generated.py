"""From code that AutoGraph generated back to the user's own expression.

AutoGraph knows the user's line of each line that it writes, but no columns. The expression is found in the
function that was converted by its text, what AutoGraph has put around it taken away.
"""

from __future__ import annotations

import ast
import itertools
from types import CodeType

from gradcheck.source.spans import Site, node_of
from gradcheck.source.trees import function_at, node_position, statement_lines


def original(generated: Site, function: CodeType, line: int) -> Site | None:
    """Return the location of the user's expression that `generated` corresponds to; None if not found.

    Parameters
    ----------
    function
        The user's function that AutoGraph converted: the expression is looked for within it.
    line
        Where the expression is, or begins. It tells those apart that have the same text.
    """
    node, around = node_of(generated), function_at(function)
    if node is None or around is None:
        return None
    try:
        alike = _alike(ast.parse(ast.unparse(node)), around)
    except RecursionError:  # an expression of hundreds of terms: its line has to do
        return None
    filename = function.co_filename
    first, last = statement_lines(filename, line)
    # Of equals in the same statement, the first.
    nearest = min(alike, key=lambda each: max(each.lineno - last, first - each.lineno, 0), default=None)
    return None if nearest is None else _site(filename, nearest)


def _alike(written: ast.AST, around: ast.AST) -> list[ast.expr | ast.AugAssign]:
    """Return the nodes within `around` with the text of what AutoGraph has written, in the order of the file."""
    text = ast.unparse(_Plain().visit(written))
    (plain,) = ast.parse(text).body
    kind = type(plain.value) if isinstance(plain, ast.Expr) else type(plain)
    return sorted(
        (
            node
            for node in ast.walk(around)
            if isinstance(node, ast.expr | ast.AugAssign)
            if type(node) is kind and ast.unparse(node) == text
        ),
        key=node_position,
    )


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
