"""A stop of a gradient around a complete value, as people write it, instead of around a part of one."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gradcheck.comparison.at_the_definition import moved
from gradcheck.comparison.goals import Goals
from gradcheck.comparison.where import Where, where_of
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.explanation.transplant import Transplant
from gradcheck.findings import Finding
from gradcheck.source import site_of, span_at
from gradcheck.source.around import STOP

_MOST = 3
"""How many values that are made one of the other are tried."""


def stopped_as_a_whole(found: list[Finding], pair: FormulationPair, goals: Goals) -> list[Finding]:
    """Return a new stop within a value as one of the last value that is made of it, if that repairs as well.

    Instead of ``adv = tf.stop_gradient(q - v)`` people write ``weights = tf.stop_gradient(tf.exp(adv))``.
    """
    fixed = [one for one in found if one.fix is not None]
    if pair.recorded or len(fixed) != 1:
        return found
    fix, span = fixed[0].fix, fixed[0].span
    if fix is None or not fix.source or span is None or fix.text.count(STOP) != span.text.count(STOP) + 1:
        return found
    where = where_of(span, pair.runs[1].recording)
    return found if where is None else moved(found, list(_stops(where))[::-1], pair, goals)


def _stops(where: Where) -> Iterator[Transplant]:
    """Yield stops of the value that an expression is within, and of those that are made of it, in their order."""
    value = _value_around(where)
    for _ in range(_MOST):
        if value is None:
            return
        site, text = site_of(value.value, where.code), span_at(where.filename, value.value).text
        if site is not None and value.value is not where.node:
            yield Transplant(site, f"{STOP}({text})", site)
        value = _made_of(value, where.function)


def _value_around(where: Where) -> ast.Assign | None:
    """Return the statement that gives a name the value in which an expression is."""
    return next((one for one in _assignments(where.function) if where.node in ast.walk(one.value)), None)


def _made_of(value: ast.Assign, function: ast.AST) -> ast.Assign | None:
    """Return the next statement that reads what a statement gives a name, if that gives a name another value."""
    name = value.targets[0]
    assert isinstance(name, ast.Name)
    readers = [
        one
        for one in ast.walk(function)
        if isinstance(one, ast.Name) and one.id == name.id and isinstance(one.ctx, ast.Load)
    ]
    after = [one for one in readers if one.lineno > (value.end_lineno or value.lineno)]
    if not after:
        return None
    first = min(after, key=lambda one: one.lineno)
    return next((one for one in _assignments(function) if first in ast.walk(one.value)), None)


def _assignments(function: ast.AST) -> Iterator[ast.Assign]:
    for node in ast.walk(function):
        match node:
            case ast.Assign(targets=[ast.Name()]):
                yield node
