"""An axis where none is told, so that the first one, the last one, or all are taken; and options left out."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeGuard

from gradcheck.source.bindings import one_value
from gradcheck.source.spans import span_at
from gradcheck.source.syntax import Written, bracketed, number_in, sum_beside
from gradcheck.source.trees import function_above, nodes_in, parents
from gradcheck.source.writing import rewritten

_ALONG_ONE = {
    *("all", "any", "argmax", "argmin", "argsort", "sort"),
    *("cumprod", "cumsum", "l2_normalize", "log_softmax", "norm", "softmax"),
    *("max", "mean", "min", "prod", "std", "sum", "var"),
    *("stack", "unstack"),
}
"""Functions of TensorFlow's and NumPy's that take an axis, beside `tf.reduce_...`."""

_LAYERS = ("BatchNormalization", "LayerNormalization", "Softmax", "UnitNormalization")
"""Layers of Keras's that are told an axis; without one, it is the last."""

_USUAL = 3
"""How many axes are tried of what is not known to have others: the first, the second, and the last."""


def along_an_axis(node: ast.expr, filename: str, shapes: Mapping[str, tuple[int, ...]]) -> Iterator[str]:
    """Yield a call of something alone with each axis that it may be told.

    With an axis that is kept, too, where one is left out and the result is an operand.

    Parameters
    ----------
    shapes
        Those of arrays, by how they are written.
    """
    match node:
        case ast.Call(func=ast.Attribute(attr=name), args=[], keywords=[*told]) if (
            name in _LAYERS and "axis" not in {one.arg for one in told}
        ):
            yield from (_along(node, axis, filename) for axis in range(1, _USUAL))
        case ast.Call(func=ast.Attribute(attr=name), args=[given], keywords=[*told]) if (
            name in _ALONG_ONE or name.startswith("reduce_")
        ) and "axis" not in {one.arg for one in told}:
            shape = shapes.get(span_at(filename, given).text)
            count = _USUAL if shape is None else len(shape)
            kept = leaves_axes_out(name) and _combined(node, filename) is not node
            for axis in (*range(count - 1), -1):
                yield _along(node, axis, filename)
                if kept and axis:
                    yield _along(node, f"{axis}, keepdims=True", filename)


def summed_up(node: ast.expr, filename: str, shapes: Mapping[str, tuple[int, ...]]) -> Iterator[str]:
    """Yield the sum over the last axis of an array that is an operand, where it is made if that is seen.

    The axis is kept where it has length 1 in what the array is combined with.
    """
    match parents(filename).get(node):
        case ast.Assign(targets=[ast.Name(id=name)]):
            function = function_above(node, filename)
            nodes = nodes_in(function) if function is not None else ()
            reads: list[ast.expr] = [one for one in nodes if _reads(one, name)]
        case _:
            name = span_at(filename, node).text
            reads = [node] if one_value(node, filename) is None else []
    rank = len(shapes.get(name, ()))
    wholes = [whole for one in reads if (whole := _combined(one, filename)) is not one]
    if rank > 1 and wholes:
        parts = (one for whole in wholes for one in ast.walk(whole) if isinstance(one, ast.expr))
        others = (shapes.get(span_at(filename, one).text, ()) for one in parts)
        kept = any(len(shape) == rank and shape[-1] == 1 for shape in others)
        own = span_at(filename, node).text
        yield f"tf.reduce_sum({own}, axis=-1{', keepdims=True' if kept else ''})"


def _reads(node: ast.AST, name: str) -> TypeGuard[ast.Name]:
    return isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load)


def _combined(node: ast.expr, filename: str) -> ast.expr:
    """Return what is computed of an expression and of others by operators."""
    above = parents(filename)
    while isinstance(outer := above.get(node), ast.BinOp | ast.UnaryOp):
        node = outer
    return node


def of_one_axis(node: ast.expr, filename: str, shapes: Mapping[str, tuple[int, ...]]) -> Iterator[str]:
    """Yield the length of each axis of an array in place of how many elements it has."""
    match node:
        case (
            ast.Call(func=ast.Attribute(attr="prod"), args=[ast.Attribute(value=array, attr="shape")])
            | ast.Call(func=ast.Attribute(attr="size"), args=[array])
        ):
            own = span_at(filename, array).text
            yield from (f"{own}.shape[{axis}]" for axis in range(-1, len(shapes.get(own, ())) - 1))


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
    return f"{text}axis={axis})" if text.endswith("(") else f"{text}, axis={axis})"


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
                mean = f"{sum_beside(function).removesuffix('sum')}mean"
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
        case ast.Call(func=ast.Attribute(attr=name)) if leaves_axes_out(name):
            call = Written(span_at(filename, node).text)
            kept = call.with_keywords({"keepdims": "True"}, {})
            along = len(node.args) > 1 or not call.keywords.keys().isdisjoint(("axis", "axes"))
            if kept is not None and along and "keepdims" not in call.keywords:
                yield kept


def leaves_axes_out(name: str) -> bool:
    """Return whether a function of this name leaves axes out of what it is given."""
    return name in _REDUCE or name.startswith("reduce_")


_REDUCE = {"all", "any", "max", "mean", "min", "moments", "norm", "prod", "std", "sum", "var"}
"""Functions of TensorFlow's and NumPy's that leave axes out, beside `tf.reduce_...`."""


def picked(node: ast.expr, indices: Sequence[str]) -> Iterator[str]:
    """Yield, for what a call makes of the last axis of a matrix, the element of each row that an index picks."""
    match node:
        case ast.Call(func=ast.Attribute(attr=name), args=[whole, *_], keywords=told) if leaves_axes_out(
            name
        ):
            along = [*node.args[1:], *(one.value for one in told if one.arg == "axis")]
            if [ast.unparse(one) for one in along] in (["1"], ["-1"]):
                yield from (f"tf.gather({ast.unparse(whole)}, {one}, batch_dims=1)" for one in indices)


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
