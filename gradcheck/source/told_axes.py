"""An axis for a call that is told none, and takes the first one, the last one, or all; and options left out."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeGuard

from gradcheck.source.bindings import one_value
from gradcheck.source.spans import span_at
from gradcheck.source.syntax import Written, bracketed, number_in
from gradcheck.source.trees import parents
from gradcheck.source.writing import rewritten

_ALONG_ONE = {
    *("all", "any", "argmax", "argmin", "argsort", "sort"),
    *("cumprod", "cumsum", "l2_normalize", "log_softmax", "norm", "softmax"),
    *("max", "mean", "min", "prod", "std", "sum", "var"),
    *("stack", "unstack"),
}
"""Functions of TensorFlow's and NumPy's that take an axis, beside `tf.reduce_...`."""

_USUAL = 3
"""How many axes are tried of what is not known to have others: the first, the second, and the last."""


def along_an_axis(node: ast.expr, filename: str, shapes: Mapping[str, tuple[int, ...]]) -> Iterator[str]:
    """Yield a call of something alone with each axis that it may be told.

    Parameters
    ----------
    shapes
        Those of arrays, by how they are written.
    """
    match node:
        case ast.Call(func=ast.Attribute(attr=name), args=[given], keywords=[*told]) if (
            name in _ALONG_ONE or name.startswith("reduce_")
        ) and "axis" not in {one.arg for one in told}:
            shape = shapes.get(span_at(filename, given).text)
            count = _USUAL if shape is None else len(shape)
            yield from (_along(node, axis, filename) for axis in (*range(count - 1), -1))


def another_axis(node: ast.expr, filename: str, shapes: Mapping[str, tuple[int, ...]]) -> Iterator[str]:
    """Yield the other axes of what a call is given first, for the one that it is told."""
    above, own = parents(filename), number_in(span_at(filename, node).text)
    word = above.get(node)
    match word, above.get(word) if word is not None else None:
        case ast.keyword(arg="axis"), ast.Call(args=[given, *_]) if own is not None:
            rank = len(shapes.get(span_at(filename, given).text, ()))
            yield from (str(axis) for axis in range(rank) if axis not in (own, own + rank))


def _along(call: ast.expr, axis: object, filename: str) -> str:
    text = span_at(filename, call).text.removesuffix(")").rstrip().removesuffix(",")
    return f"{text}, axis={axis})"


def by_sample(node: ast.expr, filename: str, shapes: Mapping[str, tuple[int, ...]]) -> Iterator[str]:
    """Yield a ratio of sums, or of means, over everything as the mean of the ratios of the samples."""
    match node:
        case ast.BinOp(op=ast.Div(), left=left, right=right):
            sides = left, one_value(right, filename) or right
            sums = [[one for one in ast.walk(side) if _is_of_everything(one)] for side in sides]
            if all(sums):
                above, below = (
                    _of_each(side, some, filename, shapes) for side, some in zip(sides, sums, strict=True)
                )
                function = span_at(filename, sums[0][0].func).text
                mean = f"{function.removesuffix('sum').removesuffix('mean')}mean"
                yield f"{mean}({bracketed(above)} / {bracketed(below)})"


def _is_of_everything(node: ast.AST) -> TypeGuard[ast.Call]:
    match node:
        case ast.Call(
            func=ast.Attribute(attr="reduce_sum" | "sum" | "reduce_mean" | "mean"), args=[_], keywords=[]
        ):
            return True
    return False


def _of_each(
    node: ast.expr, sums: Sequence[ast.Call], filename: str, shapes: Mapping[str, tuple[int, ...]]
) -> str:
    """Return an expression with its reductions of everything as those along all axes but the first."""
    parts = []
    for one in sums:
        whole = span_at(filename, one.args[0])
        rank = len(shapes.get(whole.text, (None, None)))
        axis = [*range(1, rank)] if rank > _MATRIX else -1
        text = bracketed(whole.text) if rank == 1 else _along(one, axis, filename)
        parts.append((span_at(filename, one), text))
    return rewritten(span_at(filename, node), parts)


_MATRIX = 2


def with_kept_axes(node: ast.expr, filename: str) -> Iterator[str]:
    """Yield a reduction along some axes with these kept at length 1, for what it is combined with."""
    match node:
        case ast.Call(func=ast.Attribute(attr=name)) if name in _REDUCE or name.startswith("reduce_"):
            call = Written(span_at(filename, node).text)
            kept = call.with_keywords({"keepdims": "True"}, {})
            along = len(node.args) > 1 or not call.keywords.keys().isdisjoint(("axis", "axes"))
            if kept is not None and along and "keepdims" not in call.keywords:
                yield kept


_REDUCE = {"all", "any", "max", "mean", "min", "moments", "norm", "prod", "std", "sum", "var"}
"""Functions of TensorFlow's and NumPy's that leave axes out, beside `tf.reduce_...`."""


def with_an_option(node: ast.expr, filename: str) -> Iterator[str]:
    """Yield a call that sums up or multiplies along an axis, or matrices, with an option that it is not given."""
    match node:
        case ast.Call(func=ast.Attribute(attr=name)) if any(
            name in functions for functions in _OPTIONS.values()
        ):
            call = Written(span_at(filename, node).text)
            for option, functions in _OPTIONS.items():
                if name in functions and option not in call.keywords:
                    text = call.with_keywords({option: "True"}, {})
                    yield from [] if text is None else [text]


_OPTIONS = {
    "exclusive": ("cumsum", "cumprod"),
    "reverse": ("cumsum", "cumprod"),
    "transpose_a": ("matmul", "matvec"),
    "transpose_b": ("matmul",),
}
"""What a function of TensorFlow's may be told to do, and which functions may."""
