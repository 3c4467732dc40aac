"""An expression put otherwise: along another axis, part by part, as its neighbours are."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator
from dataclasses import dataclass

from gradcheck.source.constants import constants
from gradcheck.source.spans import span_at
from gradcheck.source.trees import parents
from gradcheck.source.writing import rewritten

Text = tuple[ast.expr, str]
"""An expression, and what to write in its place."""


@dataclass(frozen=True)
class Otherwise:
    """Puts an expression of a function otherwise."""

    node: ast.expr
    function: ast.AST
    filename: str

    def texts(self) -> Iterator[Text]:
        """Yield what may be written, the likeliest first."""
        yield from ((self.node, one) for one in self._along_another_axis())
        yield from ((self.node, one) for one in self._transposed())
        yield from ((self.node, one) for one in self._to_a_power())
        yield from self._part_by_part()
        yield from ((self.node, one) for one in self._as_its_neighbours())

    def _text(self, node: ast.AST) -> str:
        assert isinstance(node, ast.expr)
        return span_at(self.filename, node).text

    def _with(self, node: ast.expr, *parts: Text) -> str:
        replacements = [(span_at(self.filename, one), text) for one, text in parts]
        return rewritten(span_at(self.filename, node), replacements)

    def _along_another_axis(self) -> Iterator[str]:
        """Yield a call along the first axis for one along the second, with what it is given sliced alike."""
        match self.node:
            case ast.Call(
                args=[given], keywords=[ast.keyword(arg="axis", value=ast.Constant(value=1) as axis)]
            ):
                parts: list[Text] = [(axis, "0")]
                for one in ast.walk(given):
                    match one:
                        case ast.Subscript(
                            slice=ast.Tuple(
                                elts=[ast.Slice(lower=None, upper=None), ast.Slice() as taken]
                            ) as index
                        ):
                            parts.append((index, self._text(taken)))
                if len(parts) > 1:
                    yield self._with(self.node, *parts)

    def _transposed(self) -> Iterator[str]:
        """Yield a reshape to the axes in the order in which they are, then transposed."""
        match self.node:
            case ast.Call(
                func=ast.Attribute(attr="reshape"),
                args=[_, ast.List(elts=sizes) | ast.Tuple(elts=sizes)],
            ) if _FEWEST <= len(sizes) <= _MOST_AXES:
                for one in range(1, len(sizes) - 1):
                    order = [*range(len(sizes))]
                    order[one], order[one + 1] = one + 1, one
                    first, second = sizes[one], sizes[one + 1]
                    swapped = self._with(self.node, (first, self._text(second)), (second, self._text(first)))
                    yield f"tf.transpose({swapped}, {order})"

    def _to_a_power(self) -> Iterator[str]:
        """Yield an expression in which a constant is to the power of a count that the function reads."""
        read = {one.id for one in ast.walk(self.function) if isinstance(one, ast.Name)}
        known = {name: values[0] for name, values in constants(self.filename).items() if len(values) == 1}
        counts = [name for name in read if type(known.get(name)) is int and known[name] != 1]
        for node in ast.walk(self.node):
            if isinstance(node, ast.Name) and isinstance(known.get(node.id), float):
                yield from (self._with(self.node, (node, f"{node.id} ** {one}")) for one in sorted(counts))

    def _part_by_part(self) -> Iterator[Text]:
        """Yield the mean of what a function gives for each of some parts, where it is given them in a row."""
        match self.node:
            case ast.Call(func=ast.Attribute(attr="concat"), args=[parts, *_]):
                for call in self._calls_of_this():
                    function = self._text(call.func)
                    yield call, f"tf.reduce_mean([{function}(part) for part in {self._text(parts)}], axis=0)"

    def _calls_of_this(self) -> Iterator[ast.Call]:
        """Yield calls that are given the expression alone, or the name that stands for it."""
        above = parents(self.filename).get(self.node)
        names = (
            [one.id for one in above.targets if isinstance(one, ast.Name)]
            if isinstance(above, ast.Assign)
            else []
        )
        for node in ast.walk(self.function):
            match node:
                case ast.Call(args=[ast.Name(id=name)], keywords=[]) if name in names:
                    yield node
                case ast.Call(args=[given], keywords=[]) if given is self.node:
                    yield node

    def _as_its_neighbours(self) -> Iterator[str]:
        """Yield another call of the function with what this one is given first."""
        if not isinstance(self.node, ast.Call) or not self.node.args:
            return
        own, found = self._text(self.node.args[0]), set[str]()
        for node in ast.walk(self.function):
            if isinstance(node, ast.Call) and len(node.args) > 1 and self.node not in ast.walk(node):
                found.add(self._with(node, (node.args[0], own)))
        yield from itertools.islice(sorted(found, key=len), _MOST_NEIGHBOURS)


_FEWEST, _MOST_AXES = 3, 4
_MOST_NEIGHBOURS = 6
