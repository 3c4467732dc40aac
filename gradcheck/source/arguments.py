"""What a call is given: the expression of an argument, and, where that is a name, what was assigned to it."""

from __future__ import annotations

import ast

from gradcheck.source.spans import Site, Span, node_of, position_of, span_of_node
from gradcheck.source.trees import parents, statement_around, statements


def argument_span(site: Site, function: str, position: int, keyword: str) -> Span | None:
    """Return the expression that made an argument of the call of `function` at `site`.

    Where the argument is a name, that is what was last assigned to it before the call, in the same function;
    the argument itself where there is no such assignment. None where `site` is no call of `function`.
    """
    node = node_of(site)
    given = _given(node, function, position, keyword)
    if given is None or not isinstance(node, ast.Call):
        return None
    made = _assigned(given.id, node, site) if isinstance(given, ast.Name) else None
    return span_of_node(made or given, site)


def written_argument(site: Site, function: str, position: int, keyword: str) -> str:
    """Return an argument of the call of `function` at `site` as it is written there; "" where there is none."""
    given = _given(node_of(site), function, position, keyword)
    return "" if given is None else ast.unparse(given)


def _given(node: ast.AST | None, function: str, position: int, keyword: str) -> ast.expr | None:
    if not isinstance(node, ast.Call) or _name(node.func) != function:
        return None
    named = {each.arg: each.value for each in node.keywords}
    given = node.args[position] if len(node.args) > position else named.get(keyword)
    return None if isinstance(given, ast.Starred) else given


def _name(function: ast.expr) -> str | None:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", None)


def _assigned(name: str, before: ast.Call, site: Site) -> ast.expr | None:
    filename = site.code.co_filename
    inside = _function(statement_around(filename, position_of(site)), filename)
    found = [
        each.value
        for each in statements(filename)
        if each.value is not None
        and each.lineno < before.lineno
        and _binds(each, name)
        and _function(each, filename) is inside
    ]
    return max(found, key=lambda value: (value.lineno, value.col_offset), default=None)


def _binds(statement: ast.Assign | ast.AnnAssign, name: str) -> bool:
    targets = statement.targets if isinstance(statement, ast.Assign) else [statement.target]
    return any(isinstance(each, ast.Name) and each.id == name for each in targets)


def _function(node: ast.AST | None, filename: str) -> ast.AST | None:
    while node is not None and not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
        node = parents(filename).get(node)
    return node
