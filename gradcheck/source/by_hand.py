"""Gradients that are written by hand: where a function that has one says what it is."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gradcheck.source.spans import Site, Span, node_of, span_at, span_of, span_of_node
from gradcheck.source.syntax import bracketed
from gradcheck.source.trees import parents, tree


def span_of_gradient(call: Site) -> Span:
    """Return what a gradient that is written by hand returns; the call of its function if that is not found.

    It is looked for by the name of the function, in the file of the call.
    """
    node = node_of(call)
    given = _gradient(node.func, call.code.co_filename) if isinstance(node, ast.Call) else None
    return span_of(call) if given is None else span_of_node(given, call)


def with_upstream(node: ast.expr, filename: str) -> Iterator[str]:
    """Yield what a function returns times its one argument, if it does not read that: the upstream gradient.

    With new axes, too, where each number of that may belong to a row. Of several gradients, each is multiplied.
    """
    above = parents(filename).get(node)
    match parents(filename).get(above) if isinstance(above, ast.Return) else above:
        case (
            ast.FunctionDef(args=ast.arguments(args=[given])) | ast.Lambda(args=ast.arguments(args=[given]))
        ) as function if isinstance(above, ast.Return | ast.Lambda):
            names = {one.id for one in ast.walk(function) if isinstance(one, ast.Name)}
            parts = node.elts if isinstance(node, ast.Tuple) else [node]
            texts = [bracketed(span_at(filename, one).text) for one in parts]
            for axes in ("", "[:, None]", "[:, None, None]") if given.arg not in {*names, "self"} else ():
                yield ", ".join(f"{given.arg}{axes} * {text}" for text in texts)


def _gradient(function: ast.expr, filename: str) -> ast.expr | None:
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", None)
    found = [one for one in ast.walk(tree(filename)) if isinstance(one, ast.FunctionDef) and one.name == name]
    if len(found) != 1 or not any(
        ast.unparse(one).endswith("custom_gradient") for one in found[0].decorator_list
    ):
        return None
    match _returned(found[0]):
        case ast.Tuple(elts=[_, ast.Lambda(body=body)]):
            return body
        case ast.Tuple(elts=[_, ast.Name(id=inner)]):
            own = [one for one in found[0].body if isinstance(one, ast.FunctionDef) and one.name == inner]
            return _returned(own[0]) if len(own) == 1 else None
    return None


def _returned(function: ast.FunctionDef) -> ast.expr | None:
    """Return what a function returns, if it does so at one place."""
    found = list(_returns(function))
    return found[0].value if len(found) == 1 else None


def _returns(node: ast.AST) -> Iterator[ast.Return]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Return):
            yield child
        elif not isinstance(child, ast.FunctionDef | ast.Lambda):
            yield from _returns(child)
