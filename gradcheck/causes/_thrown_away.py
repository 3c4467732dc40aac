"""Expressions that stand alone as a statement, and whose result nothing can use."""

from __future__ import annotations

import ast

from gradcheck.program.recording import Op, Recording
from gradcheck.source import Site, node_of, parents


def thrown_away(recording: Recording) -> list[Site]:
    """Return the statements that compute from variables what the loss does not depend on, and keep nothing of it.

    Not what is called as a method: that may keep its argument, as a list or a metric does.
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
    return not isinstance(node, ast.Call) or isinstance(node.func, ast.Name)
