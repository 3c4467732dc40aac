"""An expression put together otherwise: a call around more or less, products in a sum, shifted operands."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Collection, Iterator, Mapping
from typing import TypeGuard

from gradcheck.source.alternatives import MODULES
from gradcheck.source.bindings import one_value
from gradcheck.source.regrouped import regrouped
from gradcheck.source.spans import span_at
from gradcheck.source.syntax import bracketed, number_in, sum_beside
from gradcheck.source.trees import parents
from gradcheck.source.writing import rewritten

Shapes = Mapping[str, tuple[int, ...]]
"""The shapes of arrays, by how they are written."""


class Restructured:
    """Puts the expressions of one file together otherwise."""

    def __init__(self, filename: str, shapes: Shapes, whole: Collection[str] = ()) -> None:
        self._filename, self._shapes, self._whole = filename, shapes, whole

    def texts(self, node: ast.expr) -> Iterator[tuple[str, int]]:
        """Yield what may be written in place of an expression, with how long that is to describe."""
        yield from self._in_a_sum(node)
        yield from ((one, 2) for one in self._moved_out(node))
        yield from ((one, 2) for one in self._moved_in(node))
        yield from ((one, 3) for one in (*self._of_one_operand(node), *self._of_both(node)))
        yield from ((one, 3) for one in (*self._taken_in(node), *self._left_outside(node)))
        yield from ((one, 3) for one in self._flattened(node))
        yield from ((one, 1) for one in self._tiled(node))
        yield from ((one, 2) for one in self._in_floating_point(node))
        yield from ((one, 3) for one in self._products(node))
        yield from ((one, 4) for one in self._shifted(node))
        yield from ((one, 2) for one in self._weighted_mean(node))
        yield from ((one, 2) for one in regrouped(node))
        yield from ((one, 2) for one in self._chosen(node))

    def _text(self, node: ast.expr) -> str:
        return span_at(self._filename, node).text

    def _with(self, node: ast.expr, *parts: tuple[ast.expr, str]) -> str:
        return rewritten(
            span_at(self._filename, node), [(span_at(self._filename, one), text) for one, text in parts]
        )

    def _around(self, call: ast.Call, text: str) -> str:
        """Return a call with another text as what it is called with first."""
        return self._with(call, (call.args[0], text))

    def _moved_out(self, node: ast.expr) -> Iterator[str]:
        """Yield a call around what it is in: ``f(a) - b`` gives ``f(a - b)``, ``g(f(a), b)`` ``f(g(a, b))``."""
        if not isinstance(node, ast.BinOp | ast.UnaryOp) and not _is_called_with_arrays(node):
            return
        for call in _within(node):
            if _is_of_one(call):
                assert isinstance(call, ast.Call)
                above = parents(self._filename).get(call)
                own = self._text(call.args[0])
                inner = own if isinstance(above, ast.Call) else bracketed(own)
                yield self._around(call, self._with(node, (call, inner)))

    def _moved_in(self, node: ast.expr) -> Iterator[str]:
        """Yield a call around one operand of what it is around: ``f(a - b)`` becomes ``f(a) - b``."""
        if not _is_of_one(node):
            return
        assert isinstance(node, ast.Call)
        given = node.args[0]
        match given:
            case ast.BinOp(left=left, right=right):
                operands = [left, right]
            case ast.Call(args=[*operands]) if _is_called_with_arrays(given) and len(operands) > 1:
                pass
            case _:
                operands = []
        for part in operands:
            if not isinstance(part, ast.Constant):
                yield self._with(given, (part, self._around(node, self._text(part))))

    def _taken_in(self, node: ast.expr) -> Iterator[str]:
        """Yield the call of one's own function around what it is an operand of: ``f(a) / b`` as ``f(a / b)``."""
        match node:
            case ast.BinOp():
                for call in _changed_by_the_other(node):
                    if _is_of_one_of_ones_own(call):
                        yield self._around(call, self._with(node, (call, self._text(call.args[0]))))

    def _left_outside(self, node: ast.expr) -> Iterator[str]:
        """Yield the call of one's own function with one operand of what it is given: ``f(a) / b``."""
        if not _is_of_one_of_ones_own(node):
            return
        given = one_value(node.args[0], self._filename) or node.args[0]
        if isinstance(given, ast.BinOp):
            for part in _changed_by_the_other(given):
                yield self._with(given, (part, self._around(node, self._text(part))))

    def _of_one_operand(self, node: ast.expr) -> Iterator[str]:
        """Yield a call of one factor of a product, times the other: ``f(a * b, c)`` becomes ``f(a, c) * b``.

        And ``f(a + b, c)`` becomes ``f(a, c) + b``.
        """
        if not (isinstance(node, ast.Call) and (_is_called_with_arrays(node) or _is_of_ones_own(node))):
            return
        match one_value(node.args[0], self._filename) or node.args[0]:
            case ast.BinOp(left=left, op=ast.Mult(), right=right):
                for one, other in ((left, right), (right, left)):
                    if not isinstance(one, ast.Constant):
                        for factor in (other, *_without_new_axes(other)):
                            yield f"{self._around(node, self._text(one))} * {_as_a_factor(self._text(factor))}"
            case ast.BinOp(left=left, op=ast.Add(), right=right):
                for one, other in ((left, right), (right, left)):
                    yield f"{self._around(node, self._text(one))} + {self._text(other)}"

    def _of_both(self, node: ast.expr) -> Iterator[str]:
        """Yield a product of matrices of which each is called with: ``f(a @ b)`` becomes ``f(a) @ f(b)``."""
        if not _is_of_one(node):
            return
        assert isinstance(node, ast.Call)
        given = one_value(node.args[0], self._filename) or node.args[0]
        match given:
            case (
                ast.BinOp(left=one, op=ast.MatMult(), right=other)
                | ast.Call(func=ast.Attribute(attr="matmul"), args=[one, other])
            ):
                yield self._with(
                    given, *((part, self._around(node, self._text(part))) for part in (one, other))
                )

    def _flattened(self, node: ast.expr) -> Iterator[str]:
        """Yield what runs over all axes but the first in place of what runs over the second alone."""
        match node:
            case ast.Call(args=[given], keywords=[*told]) if len(self._shapes.get(self._text(given), ())) > 2:
                along = [one.value for one in told if one.arg == "axis"]
                if any(isinstance(one, ast.Constant) and one.value == 1 for one in along):
                    own = self._text(given)
                    module = self._text(node.func).partition(".")[0]
                    yield self._around(node, f"{module}.reshape({own}, ({own}.shape[0], -1))")

    def _tiled(self, node: ast.expr) -> Iterator[str]:
        """Yield what repeats the whole in place of what repeats each row, and the other way round."""
        match node:
            case ast.Call(
                func=ast.Attribute(attr="repeat"),
                args=[given, count],
                keywords=[ast.keyword(arg="axis", value=axis)],
            ) if (shape := self._shapes.get(self._text(given))) is not None:
                place = number_in(self._text(axis))
                if place is not None and -len(shape) <= place < len(shape):
                    counts = ["1"] * len(shape)
                    counts[int(place)] = self._text(count)
                    module = self._text(node.func).rpartition(".")[0]
                    yield f"{module}.tile({self._text(given)}, [{', '.join(counts)}])"
            case ast.Call(
                func=ast.Attribute(attr="tile"), args=[given, ast.List(elts=each) | ast.Tuple(elts=each)]
            ):
                places = [place for place, one in enumerate(each) if number_in(self._text(one)) != 1]
                if len(places) == 1:
                    module, much = self._text(node.func).rpartition(".")[0], self._text(each[places[0]])
                    yield f"{module}.repeat({self._text(given)}, {much}, axis={places[0]})"

    def _in_floating_point(self, node: ast.expr) -> Iterator[str]:
        """Yield a call that gives floating point: that is given nothing cut to whole numbers, or is told so."""
        if not isinstance(node, ast.Call):
            return
        parts: list[tuple[ast.expr, str]] = []
        for one in ast.walk(node):
            match one:
                case ast.Call(func=ast.Name(id="int"), args=[given], keywords=[]):
                    parts.append((one, self._text(given)))
                case ast.keyword(arg="dtype", value=ast.Attribute(attr=name) as told) if "int" in name:
                    parts.append((told, f"{self._text(told.value)}.float32"))
        if parts and not any(one is node for one, _ in parts):
            yield self._with(node, *parts)
        match node:
            case ast.Call(
                func=ast.Attribute(attr="zeros_like" | "ones_like" | "full_like" | "empty_like"),
                args=[like, *_],
            ) if "dtype" not in {one.arg for one in node.keywords} and not self._floats(like):
                yield f'{self._text(node)[:-1]}, dtype="float32")'

    def _floats(self, node: ast.expr) -> bool:
        """Return whether an expression is known to be floating point already."""
        while isinstance(node, ast.Subscript) and self._text(node) not in self._shapes:
            node = node.value
        return self._text(node) in self._shapes and self._text(node) not in self._whole

    def _weighted_mean(self, node: ast.expr) -> Iterator[str]:
        """Yield the sum or mean of a product as a mean that one of its factors weighs."""
        match node:
            case ast.Call(
                func=ast.Attribute(attr="reduce_sum" | "reduce_mean" | "sum" | "mean") as function,
                args=[ast.BinOp(left=left, op=ast.Mult(), right=right) as product],
            ):
                summed = (function, sum_beside(self._text(function)))
                for one in (right, left):
                    if isinstance(one, ast.Name | ast.Subscript):
                        weights = self._with(node, summed, (product, self._text(one)))
                        yield f"{self._with(node, summed)} / {weights}"

    def _chosen(self, node: ast.expr) -> Iterator[str]:
        """Yield what flags choose in place of what they are the indices of."""
        match node:
            case ast.Call(func=ast.Attribute(value=module, attr="gather"), args=[given, flags], keywords=[]):
                chosen = f"{self._text(given)}, {bracketed(self._text(flags))} > 0"
                yield f"{self._text(module)}.boolean_mask({chosen})"

    def _products(self, node: ast.expr) -> Iterator[str]:
        """Yield the product of two quantities that a call is given."""
        if isinstance(node, ast.Call):
            known = [
                (text, self._shapes[text])
                for part in _quantities(node)
                if (text := self._text(part)) in self._shapes
            ]
            for (one, shape), (other, another) in itertools.combinations(dict.fromkeys(known), 2):
                if shape == another:
                    yield f"{one} * {other}"

    def _in_a_sum(self, node: ast.expr) -> Iterator[tuple[str, int]]:
        """Yield a sum in which products stand for one or two of its additions."""
        if not isinstance(node, ast.BinOp):
            return
        above = parents(self._filename).get(node)
        if isinstance(above, ast.BinOp) and isinstance(above.op, ast.Add | ast.Sub) and above.left is node:
            return
        terms, left = [self._text(node.right)], node.left
        while isinstance(node.op, ast.Add) and isinstance(left, ast.BinOp) and isinstance(left.op, ast.Add):
            node, left = left, left.left
            terms.insert(0, self._text(node.right))
        if isinstance(node.op, ast.Add) and len(terms) < _MOST_TERMS:
            terms.insert(0, self._text(left))
            known = [at for at, one in enumerate(terms) if one in _NEUTRAL]
            gaps = [at for at in range(1, len(terms)) if not {at - 1, at} & {*known}]
            for places in (*itertools.combinations(gaps, 1), *itertools.combinations(gaps, 2)):
                signs = ("" if at == 0 else " * " if at in places else " + " for at in range(len(terms)))
                yield (
                    "".join(itertools.chain(*zip(signs, map(_as_a_factor, terms), strict=True))),
                    len(places),
                )

    def _shifted(self, node: ast.expr) -> Iterator[str]:
        """Yield two quantities of which each step of one meets the next step of the other."""
        match node:
            case (
                ast.Call(args=[one, other, *_])
                | ast.Call(args=[], keywords=[ast.keyword(value=one), ast.keyword(value=other), *_])
                | ast.BinOp(left=one, right=other)
                | ast.Tuple(elts=[one, other])
            ):
                pass
            case _:
                return
        one, other = _before_it_is_flat(one), _before_it_is_flat(other)
        texts = self._text(one), self._text(other)
        shapes = [self._shapes.get(text, ()) for text in texts]
        if all(len(shape) > 1 and shape[1] > 1 for shape in shapes) and shapes[0][:2] == shapes[1][:2]:
            for first, second in (("[:, :-1]", "[:, 1:]"), ("[:, 1:]", "[:, :-1]")):
                yield self._with(node, (one, texts[0] + first), (other, texts[1] + second))


def _changed_by_the_other(node: ast.BinOp) -> tuple[ast.expr, ...]:
    """Return the operands of which each may be what the other one changes: of a quotient, the first."""
    match node.op:
        case ast.Add() | ast.Sub() | ast.Mult():
            return node.left, node.right
        case ast.Div():
            return (node.left,)
    return ()


def _is_of_one_of_ones_own(node: ast.expr) -> TypeGuard[ast.Call]:
    """Return whether an expression calls a function or a method, of no module, with one argument."""
    match node:
        case ast.Call(func=ast.Name() | ast.Attribute() as called, args=[given], keywords=[]):
            text = ast.unparse(called)
            return (
                not isinstance(given, ast.Starred) and text not in _BUILT_IN and not text.startswith(MODULES)
            )
    return False


_BUILT_IN = {*("abs", "bool", "float", "int", "len", "list", "max", "min", "range", "sum", "tuple")}


def _is_of_ones_own(call: ast.Call) -> bool:
    """Return whether a function is called by its name, with arguments that are written one by one."""
    starred = any(isinstance(one, ast.Starred) for one in call.args)
    return isinstance(call.func, ast.Name) and bool(call.args) and not starred


def _without_new_axes(node: ast.expr) -> list[ast.expr]:
    """Return the array to which an index gives axes of length 1: what is left of rows may have none."""
    match node:
        case ast.Subscript(value=array, slice=ast.Tuple(elts=parts)) if any(_is_new(one) for one in parts):
            return [array]
    return []


def _is_new(part: ast.expr) -> bool:
    return isinstance(part, ast.Constant) and part.value is None


def _before_it_is_flat(node: ast.expr) -> ast.expr:
    """Return what an expression gives another shape; the expression itself if it is something else."""
    match node:
        case ast.Call(func=ast.Attribute(attr="reshape"), args=[array, *_]):
            return array
    return node


def _as_a_factor(text: str) -> str:
    """Return a text as it stands in a product: a product without brackets."""
    return text if _is_a_product(ast.parse(f"({text}\n)", mode="eval").body) else bracketed(text)


def _is_a_product(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult)


def _is_of_one(node: ast.expr) -> bool:
    """Return whether an expression calls a function of a module with one argument, keywords aside."""
    return _is_called_with_arrays(node) and isinstance(node, ast.Call) and len(node.args) == 1


def _is_called_with_arrays(node: ast.expr) -> bool:
    """Return whether an expression calls a function of a module, with arguments that are written one by one."""
    match node:
        case ast.Call(func=ast.Attribute() as function, args=[_, *_] as given):
            starred = any(isinstance(one, ast.Starred) for one in given)
            return not starred and ast.unparse(function).startswith(MODULES)
    return False


_MOST_TERMS = 5

_NEUTRAL = ("0", "0.0", "1", "1.0")
"""Numbers that change nothing as a factor, or leave nothing else."""


def _within(node: ast.expr) -> Iterator[ast.expr]:
    """Yield the expressions that an expression computes its numbers from, element by element or by one call."""
    match node:
        case ast.BinOp(left=left, right=right):
            parts = [left, right]
        case ast.UnaryOp(operand=operand):
            parts = [operand]
        case ast.Call(args=[*parts]):
            pass
        case _:
            parts = []
    for part in parts:
        yield part
        if not isinstance(part, ast.Call):
            yield from _within(part)


def _quantities(node: ast.AST) -> Iterator[ast.expr]:
    """Yield the names and the entries that are read within an expression, none of them part of another."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Name | ast.Subscript):
            yield child
        else:
            yield from _quantities(child)
