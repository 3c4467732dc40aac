"""A transposition in place of a reshape, or after it: the same shape, with other elements in each row."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator, Mapping

from gradcheck.source.place import Texts
from gradcheck.source.spans import span_at

_MOST_AXES = 5


def permuted(node: ast.expr, filename: str, shapes: Mapping[str, tuple[int, ...]]) -> Texts:
    """Yield what moves one axis of an array in place of its reshape, before it, or after it.

    Two axes that should have been exchanged before are what is forgotten most.

    Parameters
    ----------
    shapes
        Those of arrays, by how they are written.
    """
    match node:
        case ast.Call(func=ast.Attribute(value=module, attr="reshape"), args=[given, shape]):
            array = span_at(filename, given).text
            name = span_at(filename, module).text
            # What is computed there has a shape that is not known: of as many axes as it gets, as a rule.
            for order in _orders(len(shapes.get(array, getattr(shape, "elts", ())))):
                swapped = f"{name}.transpose({array}, {order})"
                yield swapped, 3
                exchanged = sum(axis != place for place, axis in enumerate(order)) == 2
                yield f"{name}.reshape({swapped}, {span_at(filename, shape).text})", 2 if exchanged else 3
            yield from ((one, 3) for one in _across(array, shape, name, filename))


def _across(array: str, shape: ast.expr, module: str, filename: str) -> Iterator[str]:
    """Yield the first two axes of what is reshaped with what lies along each taken along the other."""
    match shape:
        case ast.Tuple(elts=[first, second, *rest]) | ast.List(elts=[first, second, *rest]):
            lengths = ", ".join(span_at(filename, one).text for one in (second, first, *rest))
            order = [1, 0, *range(2, 2 + len(rest))]
            yield f"{module}.transpose({module}.reshape({array}, ({lengths})), {order})"


def _orders(count: int) -> list[list[int]]:
    """Return the orders of axes in which one axis has another place."""
    found: dict[tuple[int, ...], None] = {}
    for axis, place in itertools.permutations(range(count if count <= _MOST_AXES else 0), 2):
        order = [one for one in range(count) if one != axis]
        order.insert(place, axis)
        found[tuple(order)] = None
    return list(map(list, found))
