"""How much two programs say alike: by their words, whatever they call their own variables."""

from __future__ import annotations

import ast
import builtins
import functools
from collections import Counter
from collections.abc import Collection, Iterable, Iterator

from gradcheck.source.syntax import expression_in
from gradcheck.source.trees import nodes_in


class Likeness:
    """How far one program is from saying what another one says.

    Parameters
    ----------
    own, other
        The functions of the two.
    """

    def __init__(self, own: Collection[ast.AST], other: Collection[ast.AST]) -> None:
        self._local = _bound_in(own)
        self._own = Counter(_words(_nodes_of(own), self._local))
        self._other = Counter(_words(_nodes_of(other), _bound_in(other)))
        self._in = functools.cache(lambda node: Counter(_words(nodes_in(node), self._local)))

    def moves_away(self, before: ast.AST, after: str) -> int:
        """Return 1 where with a change more of what the other one says is lacking, -1 where less, else 0."""
        change = Counter(_words(_nodes_in(after), self._local))
        change.subtract(self._in(before))
        further = sum(
            self._lacks(word, self._own[word] + by) - self._lacks(word, self._own[word])
            for word, by in change.items()
        )
        return (further > 0) - (further < 0)

    def _lacks(self, word: str, count: int) -> int:
        """Return how much more often the other program says a word: more seldom means nothing."""
        return max(self._other[word] - count, 0)


def _nodes_of(functions: Iterable[ast.AST]) -> set[ast.AST]:
    return {node for function in functions for node in ast.walk(function)}


def _nodes_in(text: str) -> Iterable[ast.AST]:
    """Return the nodes of an expression; none of what is no expression by itself, as a slice."""
    node = expression_in(text)
    return () if node is None else ast.walk(node)


def _bound_in(functions: Iterable[ast.AST]) -> frozenset[str]:
    """Return the names that functions give to quantities of their own."""
    found = set[str]()
    for node in _nodes_of(functions):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                found.add(name)
    return frozenset(found)


def _words(nodes: Iterable[ast.AST], own: Collection[str]) -> Iterator[str]:
    """Yield functions, operators, numbers, keys, names of arguments, and names that are not a program's own.

    What a function is an attribute of says nothing: that is mostly a module. Nor do signs, whole numbers and what
    Python has built in, which depend on how rounds and elements are counted, nor powers, which have other names.
    """
    found = list(nodes)
    owners = {node.value for node in found if isinstance(node, ast.Attribute)}
    for node in found:
        match node:
            case ast.Name(id=name) if name not in own and node not in owners and not hasattr(builtins, name):
                yield name
            case ast.Attribute(attr=name):
                yield f".{name}"
            case ast.BinOp(op=op) | ast.BoolOp(op=op) | ast.AugAssign(op=op) if not isinstance(
                op, _SAY_NOTHING
            ):
                yield type(op).__name__
            case ast.Compare(ops=ops):
                yield from (type(op).__name__ for op in ops)
            case ast.Constant(value=str() | float() as value) if isinstance(value, str) or value % 1:
                yield repr(value)
            case ast.keyword(arg=str(name)):
                yield f"{name}="


_SAY_NOTHING = (ast.Add, ast.Sub, ast.Pow)
