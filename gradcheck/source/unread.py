"""Names that are given something which nothing reads: another one may stand where they were meant."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gradcheck.source.trees import function_above, nodes_in


def unread(node: ast.expr, filename: str) -> Iterator[str]:
    """Yield the names that are given something above an expression, and that its function reads nowhere."""
    function = function_above(node, filename)
    names = [one for one in nodes_in(function) if isinstance(one, ast.Name)] if function is not None else []
    read = {one.id for one in names if isinstance(one.ctx, ast.Load)}
    given = (one.id for one in names if isinstance(one.ctx, ast.Store) and one.lineno < node.lineno)
    yield from (one for one in dict.fromkeys(given) if one not in read and not one.startswith("_"))
