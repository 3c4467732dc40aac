"""What is computed if a condition holds, and what if not: the one for the other, and what fills the rest."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gradcheck.source.spans import span_at
from gradcheck.source.syntax import bracketed


def decided_otherwise(node: ast.expr, above: ast.AST | None, filename: str) -> Iterator[str]:
    """Yield an expression with its branches exchanged, and a condition that stands for the opposite one."""
    match node:
        case ast.IfExp(test=test, body=body, orelse=other):
            one, two, condition = (span_at(filename, part).text for part in (body, other, test))
            yield f"{two} if {condition} else {one}"
        case ast.BoolOp(op=operator, values=values):
            word = "or" if isinstance(operator, ast.And) else "and"
            yield f" {word} ".join(bracketed(span_at(filename, one).text) for one in values)
    if is_a_condition(node, above) and not isinstance(node, ast.Compare | ast.UnaryOp | ast.BoolOp):
        yield f"not {span_at(filename, node).text}"


def is_a_condition(node: ast.expr, above: ast.AST | None) -> bool:
    """Return whether it is decided by an expression, or by this and others, what is computed."""
    match above:
        case ast.If(test=test) | ast.IfExp(test=test):
            return test is node
        case ast.BoolOp():
            return True
    return False


def filled_otherwise(node: ast.expr, above: ast.AST | None, filename: str) -> Iterator[str]:
    """Yield the least and the largest number for the zeros that are written where a condition does not hold.

    A zero is no neutral element of a maximum, a minimum or a softmax.
    """
    match above:
        case ast.Call(func=ast.Attribute(attr="where"), args=[_, ast.expr(), ast.expr()] as given) if (
            node in given[1:] and _is_zero(node)
        ):
            (beside,) = (one for one in given[1:] if one is not node)
            array = bracketed(span_at(filename, beside).text)
            yield from (f"{array}.dtype.{bound}" for bound in ("min", "max"))


def large_instead(node: ast.expr) -> Iterator[str]:
    """Yield ``-1e9`` and ``1e9`` for ``1e-9``: what masks was to be large, and has its sign at the wrong place."""
    match node:
        case ast.Constant(value=float() as value) if 0 < value < _TINY:
            digits, exponent = f"{value:g}".split("e-")
            yield from (f"{sign}{digits}e{int(exponent)}" for sign in ("-", ""))


_TINY = 1e-4
"""Below it, a number is written with an exponent."""


def _is_zero(node: ast.expr) -> bool:
    match node:
        case ast.Constant(value=0):
            return True
        case ast.Call(func=ast.Attribute(attr="zeros_like" | "zeros")):
            return True
    return False
