"""A sum with the brackets of a factor around more or less of it, or another term; a power of what has a sign."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gradcheck.source.writing import unparsed


def regrouped(node: ast.expr) -> Iterator[str]:
    """Yield a sum, or a product of one, with brackets elsewhere; or ``(-a) ** b`` for ``-a ** b``."""
    match node:
        case ast.BinOp(op=ast.Add() | ast.Sub(), left=left, right=right):
            yield from (unparsed(one) for one in _around_the_rest(node, _first(left)))
            if isinstance(right, ast.BinOp) and isinstance(right.op, ast.Mult | ast.Div):
                yield unparsed(ast.BinOp(ast.BinOp(left, node.op, right.left), right.op, right.right))
                moved = ast.BinOp(left, right.op, right.right)
                yield unparsed(ast.BinOp(moved, node.op, right.left))
            if isinstance(left, ast.BinOp) and isinstance(left.op, ast.Mult | ast.Div):
                moved = ast.BinOp(right, left.op, left.right)
                yield unparsed(ast.BinOp(left.left, node.op, moved))
        case ast.BinOp(op=ast.Mult() | ast.Div() as by, left=ast.BinOp(op=ast.Add() | ast.Sub()) as total):
            yield unparsed(ast.BinOp(total.left, total.op, ast.BinOp(total.right, by, node.right)))
            yield unparsed(ast.BinOp(ast.BinOp(total.left, by, node.right), total.op, total.right))
        case ast.BinOp(op=ast.Mult() as by, right=ast.BinOp(op=ast.Add() | ast.Sub()) as total):
            yield unparsed(ast.BinOp(ast.BinOp(node.left, by, total.left), total.op, total.right))
            yield unparsed(ast.BinOp(total.left, total.op, ast.BinOp(node.left, by, total.right)))
        case ast.UnaryOp(op=ast.USub() as minus, operand=ast.BinOp(op=ast.Pow() as power) as raised):
            yield unparsed(ast.BinOp(ast.UnaryOp(minus, raised.left), power, raised.right))


def _first(node: ast.expr) -> ast.expr:
    """Return the first term of a sum."""
    while isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Sub):
        node = node.left
    return node


def _around_the_rest(total: ast.expr, first: ast.expr) -> Iterator[ast.expr]:
    for outer, inner in _factors(first):
        yield ast.BinOp(outer, ast.Mult(), _beginning_with(inner, total, first))
    match first:
        case ast.BinOp(left=left, op=ast.Div() as by, right=right):
            yield ast.BinOp(_beginning_with(left, total, first), by, right)


def _factors(product: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield a product as two factors, in each way in which it can be split."""
    match product:
        case ast.BinOp(left=left, op=ast.Mult() as by, right=right):
            yield left, right
            yield from ((outer, ast.BinOp(inner, by, right)) for outer, inner in _factors(left))


def _beginning_with(other: ast.expr, total: ast.expr, first: ast.expr) -> ast.expr:
    """Return a sum with another first term."""
    if total is first or not isinstance(total, ast.BinOp):
        return other
    return ast.BinOp(_beginning_with(other, total.left, first), total.op, total.right)
