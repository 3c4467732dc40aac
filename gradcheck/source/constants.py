"""The plain numbers that the names of a file stand for."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from gradcheck.source.trees import tree


def constants(filename: str) -> Mapping[str, list[object]]:
    """Return the values that each name of a file is given; None for what is no plain number."""
    found: dict[str, list[object]] = {}
    for node in ast.walk(tree(filename)):
        pairs: list[tuple[ast.expr, ast.expr | None]] = []
        match node:
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                pairs = [*zip(names, values, strict=False)]
            case ast.Assign(targets=[ast.Name() as name], value=value):
                pairs = [(name, value)]
        for one, given in pairs:
            if isinstance(one, ast.Name):
                plain = given.value if isinstance(given, ast.Constant) else None
                found.setdefault(one.id, []).append(plain)
    return found
