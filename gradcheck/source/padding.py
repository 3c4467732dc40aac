"""What a mean, a softmax or an index would take if the padding of sequences did not count."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from gradcheck.source.spans import span_at
from gradcheck.source.syntax import bracketed


def of_valid_elements(
    node: ast.expr, above: ast.AST | None, lengths: Sequence[str], conditions: Sequence[str], filename: str
) -> Iterator[str]:
    """Yield an expression, or what a call is given, for the valid elements along the second axis alone.

    Parameters
    ----------
    lengths
        What may say how long the sequences are.
    conditions
        What may say of each element whether it is valid.
    """
    several = [one for length in lengths for one in (length, f"{length} - 1")]

    def valid(array: ast.expr) -> list[str]:
        text = span_at(filename, array).text
        return [*(f"tf.sequence_mask({one}, tf.shape({text})[1])" for one in several), *conditions]

    match above:
        case ast.Call(func=ast.Attribute(attr=name), args=[given, *_]) if (
            given is node and name in _NORMALISE
        ):
            own = span_at(filename, node).text
            yield from (f"tf.where({one}, {own}, {bracketed(own)}.dtype.min)" for one in valid(node))
        case ast.Call(func=ast.Attribute(attr="reduce_mean" | "mean"), args=[given], keywords=[]) if (
            given is node
        ):
            own = span_at(filename, node).text
            yield from (f"tf.boolean_mask({own}, {one})" for one in valid(node))
    match node:
        case ast.Call(
            func=ast.Attribute(attr="reduce_mean" | "mean"),
            args=[given],
            keywords=[ast.keyword(arg="axis", value=ast.Constant(value=1))],
        ):
            own = bracketed(span_at(filename, given).text)
            for mask in (f"tf.cast({one}, {own}.dtype){axis}" for one in valid(given) for axis in _AXES):
                yield f"tf.reduce_sum({own} * {mask}, axis=1) / tf.reduce_sum({mask}, axis=1)"
        case ast.Subscript(value=array, slice=ast.Tuple(elts=[ast.Slice(None, None, None), last])):
            if ast.unparse(last) == "-1":
                own = span_at(filename, array).text
                yield from (f"tf.gather({own}, {one} - 1, axis=1, batch_dims=1)" for one in lengths)


def reversed_alone(
    node: ast.expr, lengths: Sequence[str], conditions: Sequence[str], filename: str
) -> Iterator[str]:
    """Yield what reverses the valid elements along the second axis alone, for what reverses the padding, too."""
    match node:
        case ast.Call(func=ast.Attribute(attr="reverse"), args=[array, *told], keywords=named):
            axes = [*told, *(one.value for one in named if one.arg == "axis")]
            if [ast.unparse(one) for one in axes] == ["[1]"]:
                own = span_at(filename, array).text
                counted = (f"tf.reduce_sum(tf.cast({one}, tf.int32), axis=1)" for one in conditions)
                yield from (f"tf.reverse_sequence({own}, {one}, seq_axis=1)" for one in (*lengths, *counted))


_NORMALISE = {"softmax", "log_softmax", "reduce_logsumexp", "reduce_max", "argmax"}
_AXES = ("", "[:, :, None]")
