"""Other whole numbers, fewer of them, and other bounds of an index, than those that stand in an expression."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gradcheck.source.differences import is_range
from gradcheck.source.syntax import as_operand
from gradcheck.source.trees import parents


def counters_instead(node: ast.expr, filename: str) -> Iterator[str]:
    """Yield what counts the rounds of the loops around a whole number by which an element is taken."""
    if not _takes_an_element(node, filename):
        return
    above = parents(filename)
    outer = above.get(node)
    while outer is not None and not isinstance(outer, ast.FunctionDef | ast.Lambda):
        match outer:
            case ast.For(target=ast.Name(id=name), iter=rounds) if is_range(rounds):
                yield name
        outer = above.get(outer)


def rest_instead(node: ast.expr, filename: str) -> Iterator[str]:
    """Yield all elements from the one on that is taken by a number, or up to it, if it is counted from the end."""
    match node:
        case ast.Constant(value=int() as value) if value > 0 and _takes_an_element(node, filename):
            yield f"{value}:"
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as value)) if _takes_an_element(
            node, filename
        ):
            yield f":-{value}"


def _takes_an_element(node: ast.expr, filename: str) -> bool:
    """Return whether an expression is a whole number by which an element is taken along one axis."""
    above = parents(filename)
    index = above.get(node)
    part, taken = (index, above.get(index)) if isinstance(index, ast.Tuple) else (node, index)
    number = node.operand if isinstance(node, ast.UnaryOp) else node
    is_number = isinstance(number, ast.Constant) and type(number.value) is int
    return is_number and isinstance(taken, ast.Subscript) and taken.slice is part


def numbers_instead(node: ast.expr, above: ast.AST | None) -> Iterator[str]:
    """Yield other whole numbers, other bounds of an index, and how many elements there are for a length."""
    match node:
        case ast.Constant(value=bool() as value):
            yield str(not value)
        case ast.Constant(value=int() as value):
            if not (isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.USub)):
                others = (value + 1, value - 1, *([-value] if value else []))
                neutral = _neutral(above)  # the expression without it is tried as a part of it
                yield from (str(one) for one in others if one != neutral)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as value)):
            yield from (str(1 - value), str(-1 - value))
        case ast.Slice(step=None):
            yield from _bounds(node, above)
        case ast.Subscript(value=ast.Call(func=ast.Attribute(value=module, attr="shape"), args=[array])):
            yield f"{ast.unparse(module)}.size({ast.unparse(array)})"
        case ast.Call(func=called, args=[ast.expr() as count], keywords=[]) if is_range(node):
            yield f"{ast.unparse(called)}(1, {ast.unparse(count)})"
    match above, node:
        case ast.Subscript(slice=index), ast.Name(id=name) if index is node:
            yield f":, {name}"
        case ast.Subscript(slice=index), ast.Constant(value=int() as value) if index is node:
            yield f":, {value}"


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def without_one(node: ast.expr, above: ast.AST | None) -> Iterator[str]:
    """Yield a list of whole numbers, as of axes, without one of them."""
    if not isinstance(node, ast.Tuple | ast.List) or isinstance(above, ast.Subscript) or len(node.elts) < 2:
        return
    texts = [ast.unparse(one) for one in node.elts]
    if all(text.lstrip("-").isdecimal() for text in texts):
        for place in range(len(texts)):
            left = [one for at, one in enumerate(node.elts) if at != place]
            yield ast.unparse(type(node)(left, ast.Load()))


def _bounds(node: ast.Slice, above: ast.AST | None) -> Iterator[str]:
    """Yield what else may be taken of an axis: the rest, or as much from the other end, or all but at one end.

    In place of all of it, a new axis, so that what comes after is taken of what was first: not a second new one.
    """
    match node:
        case ast.Slice(lower=ast.expr() as first, upper=ast.expr() as last):
            yield from (f"{ast.unparse(first)}:", f":{ast.unparse(last)}")
            for by in (1, -1):
                lower, upper = _moved(first, by), _moved(last, by)
                if lower and upper is not None:
                    yield f"{lower}:{upper}"
    match node:
        case ast.Slice(lower=None, upper=None):
            yield from [] if any(map(_is_none, getattr(above, "elts", ()))) else ["None"]
        case ast.Slice(lower=None, upper=ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=1))):
            yield "1:"
        case ast.Slice(lower=ast.Constant(value=1), upper=None):
            yield ":-1"
        case ast.Slice(lower=None, upper=ast.expr() as bound):
            yield f"{ast.unparse(bound)}:"
        case ast.Slice(lower=ast.expr() as bound, upper=None):
            yield f":{ast.unparse(bound)}"


def _moved(bound: ast.expr, by: int) -> str | None:
    """Return a bound moved by one, "" for the end of the axis; None where it would count from the other end."""
    match bound:
        case ast.Constant(value=int() as value):
            return str(value + by) if value + by >= 0 else None
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as value)):
            return str(by - value) if by < value else ""
        case ast.BinOp(left=left, op=ast.Add() | ast.Sub() as operator, right=ast.Constant(value=1)):
            undone = isinstance(operator, ast.Sub) == (by == 1)
            sign = "+" if by == 1 else "-"
            return ast.unparse(left) if undone else f"{ast.unparse(left)} {sign} 2"
    operator, sign = (ast.Add(), "+") if by == 1 else (ast.Sub(), "-")
    own = ast.unparse(bound)
    return f"{own if isinstance(bound, ast.BinOp) else as_operand(own, operator)} {sign} 1"


def _neutral(above: ast.AST | None) -> int | None:
    """Return the number that changes nothing as an operand there."""
    match above:
        case ast.BinOp(op=ast.Add() | ast.Sub()):
            return 0
        case ast.BinOp(op=ast.Mult()):
            return 1
    return None
