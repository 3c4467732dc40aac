"""Functions at a pole, or whose numbers grow too large on the way, written so that their gradient is finite."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gradcheck.source.spans import span_at
from gradcheck.source.trees import nodes_in
from gradcheck.source.writing import rewritten

SMALL = "1e-12"
"""What keeps from a pole; its square root, too, is small beside what is computed in float32."""

LARGE = "1e9"


def guarded(node: ast.expr, filename: str) -> Iterator[str]:
    """Yield how an expression may be written so that its gradient is finite."""
    yield from _fused(node, filename)
    match node:
        case ast.Call(func=ast.Attribute(attr="sqrt" | "log"), args=[given]):
            own, part = span_at(filename, node), span_at(filename, given)
            yield rewritten(own, [(part, _bounded(given, filename))])
        case ast.Call(func=ast.Attribute(attr="norm" | "reduce_std" | "std" as name), args=[given]):
            told = "".join(f", {one.arg}={_text(one.value, filename)}" for one in node.keywords)
            squares = _SQUARES[name].format(_text(given, filename), told)
            yield f"tf.sqrt(tf.maximum({squares}, {SMALL}))"
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            yield f"tf.math.divide_no_nan({_text(left, filename)}, {_text(right, filename)})"
        case ast.Call(func=ast.Attribute(attr="where"), args=[condition, one, other]):
            yield from _away_from(condition, node, (other, "{0}, tf.ones_like({1}), {1}"), filename)
            yield from _away_from(condition, node, (one, "{0}, {1}, tf.ones_like({1})"), filename)


def infinities(function: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    """Yield where infinity is written in a function, and what is large beside what is computed in float32."""
    for node in nodes_in(function):
        match node:
            case (
                ast.Attribute(attr="inf")
                | ast.Call(func=ast.Name(id="float"), args=[ast.Constant(value="inf")])
            ):
                yield node, LARGE
            case ast.Call(func=ast.Name(id="float"), args=[ast.Constant(value="-inf")]):
                yield node, f"-{LARGE}"


_SQUARES = {
    "norm": "tf.reduce_sum(tf.square({}){})",
    "reduce_std": "tf.math.reduce_variance({}{})",
    "std": "tf.math.reduce_variance({}{})",
}
"""Functions that take a root, and of what."""


def _away_from(
    condition: ast.expr, node: ast.expr, branch: tuple[ast.expr, str], filename: str
) -> Iterator[str]:
    """Yield a choice one branch of which is computed of ones where the other one is chosen.

    What is not chosen is multiplied by zero on the way back, and zero times infinity is no number.
    """
    chosen, arguments = branch
    for name in dict.fromkeys(one.id for one in ast.walk(condition) if isinstance(one, ast.Name)):
        safe = f"tf.where({arguments.format(_text(condition, filename), name)})"
        read = [one for one in ast.walk(chosen) if isinstance(one, ast.Name) and one.id == name]
        if read:
            yield rewritten(span_at(filename, node), [(span_at(filename, one), safe) for one in read])


def _bounded(given: ast.expr, filename: str) -> str:
    """Return an argument kept from zero: by the bound that it has, if that is zero itself."""
    match given:
        case ast.Call(func=ast.Attribute(attr="maximum"), args=[_, ast.Constant(value=0 | 0.0) as zero]):
            return rewritten(span_at(filename, given), [(span_at(filename, zero), SMALL)])
    return f"tf.maximum({_text(given, filename)}, {SMALL})"


def _fused(node: ast.expr, filename: str) -> Iterator[str]:
    """Yield the logarithm of a sum of exponentials in one function."""
    match node:
        case ast.Call(
            func=ast.Attribute(attr="log"),
            args=[
                ast.Call(
                    func=ast.Attribute(attr="reduce_sum" | "sum"),
                    args=[ast.Call(func=ast.Attribute(attr="exp"), args=[given]) as inner, *_],
                ) as whole
            ],
        ):
            parts = [(whole.func, "tf.reduce_logsumexp"), (inner, _text(given, filename))]
            yield rewritten(span_at(filename, whole), [(span_at(filename, one), text) for one, text in parts])


def _text(node: ast.expr, filename: str) -> str:
    return span_at(filename, node).text
