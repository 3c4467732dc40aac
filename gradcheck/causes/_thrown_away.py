"""Expressions that stand alone as a statement, and whose result nothing can use."""

from __future__ import annotations

import ast

from gradcheck.program.recording import Op, Recording
from gradcheck.source import Site, node_of, parents, tree


def thrown_away(recording: Recording) -> list[Site]:
    """Return the statements that compute from variables what the loss does not depend on, and keep nothing of it.

    Of calls, only those of a function by its name, which returns something: a method may keep its argument, as
    that of a list or a metric does, and what returns nothing has to.
    """
    idle = [
        op
        for op in recording.ops
        if op.index not in recording.contributing and not recording.trainable.isdisjoint(op.outputs)
    ]
    found = dict.fromkeys(site for op in idle for site in _places(op))
    used = {site for op in recording.ops if op.index in recording.contributing for site in _places(op)}
    return [site for site in found if site not in used and _is_a_statement(site)]


def _places(op: Op) -> list[Site]:
    return [site for site in (op.site, *op.callers) if site is not None]


def _is_a_statement(site: Site) -> bool:
    node = node_of(site)
    if node is None or not isinstance(parents(site.code.co_filename).get(node), ast.Expr):
        return False
    match node:
        case ast.Call(func=ast.Name(id=name)):
            return _returns(name, site.code.co_filename)
    return not isinstance(node, ast.Call)


def _returns(name: str, filename: str) -> bool:
    """Return whether all functions of this name in a file return something."""
    found = [one for one in ast.walk(tree(filename)) if isinstance(one, ast.FunctionDef) and one.name == name]
    return bool(found) and all(
        any(isinstance(node, ast.Return) and node.value is not None for node in ast.walk(one))
        for one in found
    )
