"""What is divided by another count: of all parts rather than of one, of what weights add up to, of an axis."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

from gradcheck.source.constants import constants
from gradcheck.source.spans import span_at
from gradcheck.source.syntax import bracketed, sum_beside
from gradcheck.source.trees import parents
from gradcheck.source.writing import rewritten, unparsed


@dataclass(frozen=True)
class Counted:
    """An expression, to be divided by other counts.

    Parameters
    ----------
    node, function
        The expression, and the definition of the function that it is in.
    """

    node: ast.expr
    function: ast.AST
    filename: str

    def of_the_parts(self, runs: int) -> Iterator[str]:
        """Yield a mean of a part, of so many, as its share of the mean of all that a loop takes them from."""
        for own, count in self._sums():
            if runs > 1:
                yield f"{own} * {self._named(runs)} / {count}"
            yield f"{own} / {count}"

    def of_the_weights(self) -> Iterator[str]:
        """Yield the expression divided by the mean of something that it reads."""
        own = bracketed(self._text(self.node))
        yield from (f"{own} / tf.reduce_mean({one})" for one in self._read())

    def by_a_count(self, number: int) -> Iterator[str]:
        """Yield the expression multiplied or divided by a count, and as what divides by one less than it."""
        own, count = bracketed(self._text(self.node)), self._named(number)
        less = f"({count} - 1)" if self.has_a_name(number) else number - 1
        yield from (f"{own} * {count}", f"{own} / {count}")
        yield from (f"{own} * ({count} / {less}){power}" for power in ("", " ** 0.5"))

    def has_a_name(self, number: int) -> bool:
        """Return whether the function reads a name that stands for a number."""
        return self._named(number) != str(number)

    def _sums(self) -> Iterator[tuple[str, str]]:
        """Yield the sum that a mean is taken of, and the count of all that there is to be summed."""
        loop = self._loop()
        match self.node:
            case ast.BinOp(left=left, op=ast.Div(), right=right) if loop is not None:
                whole = _Whole(loop).of(right)
                if whole is not None:
                    yield bracketed(self._text(left)), bracketed(whole)
            case ast.Call(
                func=ast.Attribute(attr="reduce_mean" | "mean") as function, args=[_], keywords=[]
            ) if loop:
                own = span_at(self.filename, self.node)
                total = rewritten(own, [(span_at(self.filename, function), sum_beside(self._text(function)))])
                yield from ((total, f"{one}.shape[0]") for one in self._entries())

    def _loop(self) -> ast.For | None:
        node: ast.AST | None = self.node
        while node is not None and node is not self.function:
            if isinstance(node, ast.For):
                return node
            node = parents(self.filename).get(node)
        return None

    def _entries(self) -> list[str]:
        """Return the first entry that the function reads of what it is given."""
        given = {one.arg for one in ast.walk(self.function) if isinstance(one, ast.arg)}
        for node in ast.walk(self.function):
            match node:
                case ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str())) if name in given:
                    return [self._text(node)]
        return []

    def _read(self) -> list[str]:
        """Return the names and entries that the expression reads, the last first."""
        called = {one.func for one in ast.walk(self.node) if isinstance(one, ast.Call)}
        found = [
            self._text(one)
            for one in ast.walk(self.node)
            if isinstance(one, ast.Name | ast.Subscript) and one not in called and one is not self.node
        ]
        entries = {one.partition("[")[0] for one in found if "[" in one}
        return [one for one in dict.fromkeys(reversed(found)) if one not in {*entries, "tf", "np"}]

    def _named(self, number: int) -> str:
        """Return a name that the function reads for a whole number, or else the number."""
        read = {one.id for one in ast.walk(self.function) if isinstance(one, ast.Name)}
        named = (name for name, values in constants(self.filename).items() if values == [number])
        return next((name for name in named if name in read), str(number))

    def _text(self, node: ast.expr) -> str:
        return span_at(self.filename, node).text


class _Whole(ast.NodeTransformer):
    """Writes what a part is taken from in place of the part."""

    def __init__(self, loop: ast.For) -> None:
        self._counters = {one.id for one in ast.walk(loop.target) if isinstance(one, ast.Name)}
        self._given: dict[str, ast.expr] = {}
        for node in ast.walk(loop):
            if isinstance(node, ast.Assign):
                self._assign(node)

    def _assign(self, node: ast.Assign) -> None:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self._given[name] = value
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=value):
                parts = value.elts if isinstance(value, ast.Tuple) else None
                for number, one in enumerate(names):
                    if isinstance(one, ast.Name):
                        taken = ast.Subscript(value, ast.Constant(number), ast.Load())
                        self._given[one.id] = parts[number] if parts and number < len(parts) else taken

    def of(self, node: ast.expr) -> str | None:
        """Return an expression of the whole; None where it is not seen what that is."""
        made = self.visit(copy.deepcopy(node))
        if self._counts(made) or ast.dump(made) == ast.dump(node):
            return None
        return unparsed(made)

    def _counts(self, node: ast.AST) -> bool:
        return any(isinstance(one, ast.Name) and one.id in self._counters for one in ast.walk(node))

    def visit_Name(self, node: ast.Name) -> ast.AST:
        """Write what a name was given in the loop."""
        given = self._given.get(node.id)
        return node if given is None else self.visit(copy.deepcopy(given))

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """Leave out an index that counts the parts."""
        value, index = self.visit(node.value), self.visit(node.slice)
        return value if self._counts(index) else ast.Subscript(value, index, node.ctx)
