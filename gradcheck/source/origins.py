"""Where a name of a file comes from: the import that binds it, or its definition."""

from __future__ import annotations

import ast

from gradcheck.source.trees import tree


def import_of(filename: str, name: str) -> ast.Import | ast.ImportFrom | None:
    """Return an import that binds `name` anywhere in a file, with that name alone."""
    for node in ast.walk(tree(filename)):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        for alias in node.names:
            bound = alias.asname or (alias.name.split(".")[0] if isinstance(node, ast.Import) else alias.name)
            if bound == name:
                alone = ast.Import([alias]) if isinstance(node, ast.Import) else _alone(node, alias)
                return ast.copy_location(alone, node)
    return None


def _alone(node: ast.ImportFrom, alias: ast.alias) -> ast.ImportFrom:
    return ast.ImportFrom(node.module, [alias], node.level)


def definition_of(filename: str, name: str) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | None:
    """Return the last definition of a function or class at the level of a module, also within `if` and `try`."""
    found = None
    pending: list[ast.AST] = [tree(filename)]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if node.name == name and (found is None or node.lineno > found.lineno):
                found = node
            continue
        pending += [
            each for each in ast.iter_child_nodes(node) if isinstance(each, ast.stmt | ast.ExceptHandler)
        ]
    return found


def class_at(filename: str, qualname: str, line: int | None) -> ast.ClassDef | None:
    """Return the definition of a class by its name; of several of that name, the one that begins at `line`."""
    name = qualname.rpartition(".")[2]
    found = [
        node for node in ast.walk(tree(filename)) if isinstance(node, ast.ClassDef) and node.name == name
    ]
    exact = [node for node in found if line in (node.lineno, _first_line(node))]
    return next(iter(exact or found[-1:]), None)


def _first_line(node: ast.ClassDef) -> int:
    return min([node.lineno, *(each.lineno for each in node.decorator_list)])
