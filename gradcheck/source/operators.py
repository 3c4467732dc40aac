"""Another operator between the same operands, or these the other way round."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gradcheck.source.alternatives import COMPARISONS, DIRECTED, EQUALITIES, OPERATORS
from gradcheck.source.place import Place, Texts
from gradcheck.source.syntax import bracketed


def operated_otherwise(at: Place) -> Texts:
    """Yield an expression with another operator, or with its operands the other way round."""
    match at.node:
        case ast.BinOp(left=left, op=operator, right=right):
            one, two = bracketed(at.text(left)), bracketed(at.text(right))
            if not isinstance(right, ast.UnaryOp):  # whose sign goes rather than that it is undone
                # A product is rarely meant to be a quotient.
                much = 1 if isinstance(operator, ast.Add | ast.Sub) else 3
                yield from ((text, much) for text in _turned(at, left, operator, right))
            if isinstance(operator, ast.Mult) and _is_number(at, right) and _is_of_arrays(at, left):
                yield f"{one} ** {two}", 1
            if isinstance(operator, ast.Div) and not _is_number(at, right):
                yield f"tf.math.divide_no_nan({at.text(left)}, {at.text(right)})", 3
            if type(operator) in DIRECTED:
                yield f"{two} {DIRECTED[type(operator)]} {one}", 2
        case ast.Compare(left=left, ops=[ast.In() | ast.NotIn() as operator], comparators=[right]):
            other = "in" if isinstance(operator, ast.NotIn) else "not in"
            yield f"{at.text(left)} {other} {at.text(right)}", 1
        case ast.Compare(left=left, ops=[_], comparators=[right]):
            words = any(isinstance(one, ast.Constant) and isinstance(one.value, str) for one in (left, right))
            # A word is confused more often than whether something is one.
            others, much = (EQUALITIES, 2) if words else (COMPARISONS, 1)
            yield from ((f"{at.text(left)} {one} {at.text(right)}", much) for one in others)
        case ast.UnaryOp(operand=operand):
            yield at.text(operand), 1
    match at.node:
        case ast.BinOp(left=ast.UnaryOp(op=ast.USub(), operand=ast.Constant()), op=ast.Mult(), right=right):
            yield f"-{bracketed(at.text(right))}", 1


def _turned(at: Place, left: ast.expr, operator: ast.operator, right: ast.expr) -> Iterator[str]:
    """Yield two operands with another operator between them."""
    sums = isinstance(operator, ast.Add | ast.Sub)
    binding = [
        sums and isinstance(one, ast.BinOp) and (one is left or not isinstance(one.op, ast.Add | ast.Sub))
        for one in (left, right)
    ]
    texts = [
        at.text(one) if binds else bracketed(at.text(one))
        for one, binds in zip((left, right), binding, strict=True)
    ]
    yield from (f"{texts[0]} {other} {texts[1]}" for other in OPERATORS.get(type(operator), ()))


def _is_number(at: Place, node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) or at.text(node) in at.vocabulary.numbers


def _is_of_arrays(at: Place, node: ast.expr) -> bool:
    """Return whether an expression is made of an array, but not of counts: their powers can be what never ends."""
    names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
    arrays = at.vocabulary.alike.keys() - at.vocabulary.numbers - at.vocabulary.whole
    return not isinstance(node, ast.Call) and bool(names & arrays)
