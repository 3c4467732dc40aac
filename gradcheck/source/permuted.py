"""A transposition in place of a reshape: the same shape, with other elements in each row."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Mapping

from gradcheck.source.spans import span_at

_MOST_AXES = 5


def permuted(node: ast.expr, filename: str, shapes: Mapping[str, tuple[int, ...]]) -> Iterator[str]:
    """Yield what moves one axis of an array in place of its reshape, and before that.

    Parameters
    ----------
    shapes
        Those of arrays, by how they are written.
    """
    match node:
        case ast.Call(func=ast.Attribute(value=module, attr="reshape"), args=[given, shape]):
            array = span_at(filename, given).text
            name = span_at(filename, module).text
            for order in _orders(len(shapes.get(array, ()))):
                swapped = f"{name}.transpose({array}, {order})"
                yield swapped
                yield f"{name}.reshape({swapped}, {span_at(filename, shape).text})"


def _orders(count: int) -> list[list[int]]:
    """Return the orders of axes in which one axis has another place."""
    found: dict[tuple[int, ...], None] = {}
    for axis, place in itertools.permutations(range(count if count <= _MOST_AXES else 0), 2):
        order = [one for one in range(count) if one != axis]
        order.insert(place, axis)
        found[tuple(order)] = None
    return list(map(list, found))
