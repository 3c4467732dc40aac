"""What is taken of arrays along another axis than it is, or with the axis kept."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from gradcheck.source.spans import span_at
from gradcheck.source.writing import rewritten


def sliced_otherwise(node: ast.expr, filename: str, shapes: Mapping[str, tuple[int, ...]]) -> Iterator[str]:
    """Yield an index, or a combination of several of one array, that takes from the axis after or before.

    As ``x[:, :, 1:] - x[:, :, :-1]`` for ``x[:, 1:] - x[:, :-1]``. And ``x[:, 0:1]`` for ``x[:, 0]`` and ``x[0]``.
    """
    taken = _taken(node)
    arrays = {ast.unparse(one.value) for one in taken}
    if len(arrays) != 1:
        return
    rank = len(shapes.get(arrays.pop(), ())) or _MOST_AXES
    indices = [_parts(one) for one in taken]
    others = [[[":", *parts] for parts in indices]]
    if all(len(parts) > 1 and parts[0] == ":" for parts in indices):
        others.append([parts[1:] for parts in indices])
    if len(taken) == 1 and indices[0][-1].isdecimal():
        first = int(indices[0][-1])
        kept = [*indices[0][:-1], f"{first}:{first + 1}"]
        others += [[kept], [[":", *kept]]]
    for parts in others:
        if all(len(one) <= rank for one in parts):
            yield _with(node, taken, parts, filename)


_MOST_AXES = 5
"""How many axes an array is taken to have whose shape is not known."""


def _taken(node: ast.expr) -> list[ast.Subscript]:
    """Return the indices that an expression is, or combines by operators alone; none where it does not."""
    match node:
        case ast.Subscript(value=ast.Name() | ast.Attribute()) if all(map(_is_of_an_axis, _of(node))):
            return [node]
        case ast.BinOp(left=left, right=right):
            both = _taken(left), _taken(right)
            return [*both[0], *both[1]] if all(both) else []
    return []


def _of(node: ast.Subscript) -> Sequence[ast.expr]:
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


def _is_of_an_axis(part: ast.expr) -> bool:
    """Return whether a part of an index is a slice, or a whole number."""
    return isinstance(part, ast.Slice) or (isinstance(part, ast.Constant) and type(part.value) is int)


def _parts(node: ast.Subscript) -> list[str]:
    return [ast.unparse(one) for one in _of(node)]


def _with(
    node: ast.expr, taken: Sequence[ast.Subscript], indices: Sequence[Sequence[str]], filename: str
) -> str:
    texts = [
        (span_at(filename, one), f"{span_at(filename, one.value).text}[{', '.join(parts)}]")
        for one, parts in zip(taken, indices, strict=True)
    ]
    return texts[0][1] if taken[0] is node else rewritten(span_at(filename, node), texts)
