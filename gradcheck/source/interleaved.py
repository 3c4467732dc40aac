"""Halves of an axis for every second element of it, and the other way round: pairs lie in either way."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from gradcheck.source.ellipsis import written_out
from gradcheck.source.spans import span_at
from gradcheck.source.syntax import bracketed


def interleaved(node: ast.expr, filename: str, shapes: Mapping[str, tuple[int, ...]]) -> Iterator[str]:
    """Yield two halves along the last axis as every second element, or these as halves."""
    ranks = {text: len(shape) for text, shape in shapes.items()}
    match node:
        case ast.Call(func=ast.Attribute(attr="split"), args=[array, ast.Constant(value=2), *_]):
            own = bracketed(span_at(filename, array).text)
            yield written_out(f"({own}[..., ::2], {own}[..., 1::2])", ranks)
        case ast.Tuple(elts=[ast.Subscript(value=array), ast.Subscript(value=other)]):
            own, texts = (
                span_at(filename, array).text,
                [_plain(span_at(filename, one).text) for one in node.elts],
            )
            if ast.dump(array) == ast.dump(other) and texts == [f"{own}[...,::2]", f"{own}[...,1::2]"]:
                yield f"tf.split({own}, 2, axis=-1)"


def _plain(text: str) -> str:
    return "".join(text.split()).replace("0::2", "::2")
