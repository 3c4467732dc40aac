"""Something made of an expression in its place: a sign, one more or less, a function, a quantity beside it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gradcheck.source.alternatives import MAKE_ANOTHER_THING
from gradcheck.source.bindings import loops_of
from gradcheck.source.branches import is_a_condition
from gradcheck.source.differences import is_range
from gradcheck.source.spans import span_at
from gradcheck.source.syntax import bracketed
from gradcheck.source.told_axes import leaves_axes_out
from gradcheck.source.trees import parents
from gradcheck.source.vocabulary import Vocabulary

STOP = "tf.stop_gradient"

_SMALL = 1e-2
"""Up to which number one may be added to keep off a pole."""


class Around:
    """Makes something of the expressions of one file."""

    def __init__(self, filename: str, vocabulary: Vocabulary) -> None:
        self._filename, self._vocabulary = filename, vocabulary

    def _shape(self, node: ast.expr) -> tuple[int, ...] | None:
        return self._vocabulary.shapes.get(self._text(node))

    def _text(self, node: ast.expr) -> str:
        return span_at(self._filename, node).text

    def texts(self, node: ast.expr) -> Iterator[tuple[str, int]]:
        """Yield something that is made of an expression, in place of it, with how long that is to describe."""
        own, above = self._text(node), parents(self._filename).get(node)
        if not _is_a_value(node, above) or own in self._vocabulary.others:
            return
        if own in self._vocabulary.flags:
            yield f"tf.logical_not({own})", 1
            return
        atom, whole = bracketed(own), self._is_whole(node)
        counts = whole or own in self._vocabulary.numbers or is_range(node) or self._counts(node)
        if counts and not (_says_a_shape(node, self._filename) or _is_asked_for(above)):
            yield from ((f"{atom} {by} 1", 2) for by in "+-")
        if own in self._vocabulary.counts and _has_a_root(above):
            others = sorted(one for one in self._vocabulary.counts if one not in own)
            yield from ((f"{atom} / {one}", 2) for one in self._vocabulary.written(others, node.lineno))
        if not (whole or self._has_no_sign(node) or self._is_looped_over(node)):
            yield from self._of_a_value(node, above, own)
        elif own in self._vocabulary.numbers - self._vocabulary.counts:
            yield f"1 - {atom}", 3

    def _of_a_value(self, node: ast.expr, above: ast.AST | None, own: str) -> Iterator[tuple[str, int]]:
        """Yield what may be made of something that has a sign and may pass a gradient on."""
        atom, fitting = bracketed(own), self._vocabulary.beside(own, node.lineno)
        signed = isinstance(node, ast.UnaryOp) or own.startswith("-")  # its sign is taken away instead
        if not signed and not isinstance(above, ast.BinOp | ast.UnaryOp):  # a factor's sign is the product's
            product = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div)
            yield f"-{own if product else atom}", 1
        yield from ((f"{atom} {one}", 4) for one in self._vocabulary.ratios)
        yield f"{STOP}({own})", 2
        if self._is_handed_on(node, above):
            yield f"tf.nest.map_structure({STOP}, {own})", 3
        yield from ((f"{atom} * {other}", 2) for other in self._vocabulary.unread)
        rest = (one for one in self._vocabulary.unread if one in self._vocabulary.masks)
        yield from ((f"{atom} * (1.0 - {other})", 3) for other in rest)
        factors = self._vocabulary.known(self._vocabulary.factors, node.lineno)
        yield from ((f"{atom} * {bracketed(one)}", 3) for one in factors if one not in own)
        yield from ((one, 3) for one in self._what_counts(node, above, own))
        yield from ((one, 3) for one in self._where_it_counts(node, above, own))
        yield from ((one, 2) for one in self._by_what_counts(node, above, own))
        if _meets_another(node, above) and self._reads_arrays(node):
            yield from ((f"{atom}[{index}]", 3) for index in self._axes(own))
        if isinstance(above, ast.Assign | ast.Return) and self._ends_in_one(node, above):
            yield f"tf.squeeze({own}, axis=-1)", 2
        yield from ((one, 2) for one in self._vocabulary.made.get(own, ()) if not _is_called_by(above, one))
        called = (
            f"{name}({own})"
            for name, count in self._vocabulary.functions
            if count == 1 and name.rpartition(".")[2] not in MAKE_ANOTHER_THING
        )
        yield from ((one, 3) for one in called if not (_is_called_by(above, one) or _is_called_by(node, one)))
        if isinstance(above, ast.Assign) and not isinstance(node, ast.Name):
            yield from ((f"{atom} / {one}", 3) for one in self._counts_read(node))
        if self._shape(node) and self._meets_a_number(node, above):
            yield from ((f"tf.reduce_{name}({own})", 2) for name in ("sum", "mean"))
        yield from self._of_a_number(node, own) if own in self._vocabulary.numbers else self._of_an_array(own)
        if own in self._vocabulary.masks or own in self._vocabulary.numbers:
            yield f"1 - {atom}", 2 if own in self._vocabulary.masks else 3
        yield from ((f"{atom} {by} {other}", 3 if by == "*" else 4) for other in fitting for by in "*/")
        if self._shape(node) == () or isinstance(above, ast.Return):  # a term that was not added
            yield from ((f"{atom} {by} {other}", 4) for other in fitting for by in "+-")
        yield from ((f"{atom} {by} {other}", 4) for other in self._vocabulary.scales for by in "*/")
        yield from ((f"{atom} + {one}", 3) for one in self._vocabulary.scales if 0 < float(one) <= _SMALL)
        scales = self._vocabulary.numbers - self._vocabulary.counts - {own}
        yield from ((f"{atom} * {one} ** 2", 4) for one in fitting if one in scales)

    def _counts_read(self, node: ast.expr) -> list[str]:
        """Return the counts that an expression reads by a name, as how many steps it makes."""
        names = dict.fromkeys(one.id for one in ast.walk(node) if isinstance(one, ast.Name))
        return [one for one in names if one in self._vocabulary.counts]

    def _of_a_number(self, node: ast.expr, own: str) -> Iterator[tuple[str, int]]:
        if own not in self._vocabulary.counts:  # a power of a whole number may be larger than all memory
            powers = sorted(one for one in self._vocabulary.counts if one not in own)
            known = self._vocabulary.written(powers, node.lineno)
            yield from ((f"{bracketed(own)} ** {one}", 3) for one in known)
        flags = self._vocabulary.written(self._vocabulary.flags, node.lineno)
        yield from ((f"tf.where({one}, {own}, 1.0 - {own})", 4) for one in flags)

    def _of_an_array(self, own: str) -> Iterator[tuple[str, int]]:
        atom = bracketed(own)
        yield f"{atom} ** 2", 3
        yield from ((f"{atom} {by} 2", 4) for by in "*/")

    def _what_counts(self, node: ast.expr, above: ast.AST | None, own: str) -> Iterator[str]:
        """Yield the elements that count, in place of all that are added up, or as what a name is given."""
        for mask in self._vocabulary.masks:
            if _is_reduced(node, above):
                yield f"tf.boolean_mask({own}, tf.cast({mask}, tf.bool))"
            match node:
                case ast.Call(func=ast.Attribute(attr="reshape"), args=[array, _]):
                    if self._vocabulary.shapes.get(mask, ()) == self._shape(array):
                        yield f"tf.boolean_mask({self._text(array)}, tf.cast({mask}, tf.bool))"
            match above:
                case ast.Assign(targets=[ast.Name(id=name)]):
                    if mask in self._vocabulary.beside(name, node.lineno):
                        yield f"{bracketed(own)} * {mask}"

    def _where_it_counts(self, node: ast.expr, above: ast.AST | None, own: str) -> Iterator[str]:
        """Yield what a name is given where the other program says that it counts, or that it does not.

        And what counts of what is reduced, or of an array of which the program itself says so.
        """
        for condition in self._vocabulary.known(self._vocabulary.conditions, node.lineno):
            if _is_reduced(node, above):
                yield f"tf.boolean_mask({own}, {condition})"
                if len(self._vocabulary.shapes.get(own, ())) == 1:
                    yield f"tf.boolean_mask({own}, tf.reshape({condition}, [-1]))"
            if isinstance(above, ast.Assign):
                yield f"tf.where({condition}, {own}, 0.0)"
                yield f"tf.where({condition}, 0.0, {own})"
        for flag in self._vocabulary.written(self._vocabulary.flags, node.lineno):
            if self._shape(node) and self._vocabulary.shapes.get(flag) == self._shape(node):
                yield f"tf.where({flag}, {own}, 0.0)"

    def _by_what_counts(self, node: ast.expr, above: ast.AST | None, own: str) -> Iterator[str]:
        """Yield a sum over everything, what is divided, or what is returned, by how many elements count."""
        match node:
            case ast.Call(func=ast.Attribute(attr="reduce_sum" | "sum"), args=[_], keywords=[]):
                divided: str | None = own
            case ast.BinOp(left=left, op=ast.Div(), right=ast.Name()):
                divided = self._text(left)
            case _:
                divided = own if isinstance(above, ast.Return) else None
        if divided is not None:
            known = self._vocabulary
            conditions = known.known(known.conditions, node.lineno)
            counts = [
                *known.written(known.masks, node.lineno),
                *(f"tf.cast({one}, tf.float32)" for one in conditions),
            ]
            yield from (
                f"{bracketed(divided)} / tf.reduce_sum({one})" for one in counts if f"({one})" not in own
            )

    def _ends_in_one(self, node: ast.expr, above: ast.Assign | ast.Return) -> bool:
        """Return whether what a name is given, or a function returns, has a last axis of length 1."""
        match above:
            case ast.Assign(targets=[ast.Name(id=name)]):
                shape = self._vocabulary.shapes.get(name, ())
            case _:
                shape = self._shape(node) or ()
        return len(shape) > 1 and shape[-1] == 1

    def _axes(self, own: str) -> list[str]:
        """Return the indices that give an array a new axis, or take one of length 1 away."""
        shape = self._vocabulary.shapes.get(own)
        if shape is None:
            return [":, None", "None", ":, 0"]
        kept = [":"] * len(shape)
        new = [", ".join([*kept[:at], "None"]) for at in range(len(shape) + 1)]
        gone = [", ".join([*kept[:at], "0"]) for at, length in enumerate(shape) if length == 1]
        channels = [":, None, None"] if len(shape) == 1 else []  # of images, whose rows and columns come last
        return new + gone + channels

    def _meets_a_number(self, node: ast.expr, above: ast.AST | None) -> bool:
        """Return whether an expression is combined with one number."""
        match above:
            case ast.BinOp(left=left, right=right):
                other = left if right is node else right
                return self._text(other) in self._vocabulary.numbers or self._shape(other) == ()
        return False

    def _reads_arrays(self, node: ast.expr) -> bool:
        """Return whether an expression reads an array, or an entry of what holds some."""
        names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
        return any(text.partition("[")[0] in names for text in self._vocabulary.shapes)

    def _is_whole(self, node: ast.expr) -> bool:
        """Return whether an expression is an array of whole numbers, or elements of one: none has a gradient."""
        while isinstance(node, ast.Subscript) and self._text(node) not in self._vocabulary.whole:
            node = node.value
        return self._text(node) in self._vocabulary.whole

    def _is_looped_over(self, node: ast.AST) -> bool:
        """Return whether an expression says how many rounds a loop has, or in which order, and is not listed."""
        above = parents(self._filename)
        while isinstance(outer := above.get(node), ast.expr) and not isinstance(outer, ast.List | ast.Tuple):
            node = outer
        return isinstance(outer, ast.For | ast.comprehension) and outer.iter is node

    def _is_handed_on(self, node: ast.expr, above: ast.AST | None) -> bool:
        """Return whether a function of the user's is given something by its name: it may hold several tensors."""
        named = isinstance(node, ast.Name | ast.Attribute)
        return named and isinstance(above, ast.Call) and isinstance(above.func, ast.Name)

    def _counts(self, node: ast.expr) -> bool:
        """Return whether an expression is the name of what counts the rounds of a loop, or of a list."""
        loops = loops_of(node.id, node, self._filename) if isinstance(node, ast.Name) else ()
        return any(is_range(loop.iter) for loop in loops)

    def _has_no_sign(self, node: ast.AST) -> bool:
        """Return whether an expression is a condition, counts in Python, or says which elements are taken.

        And the name of a number that a call is given, as a bound: it has the sign that it was written with.
        """
        names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
        if isinstance(node, ast.Call) and ast.unparse(node.func).rpartition(".")[2] in _ZEROS:
            return True
        if isinstance(node, ast.Compare) or (names and names <= self._vocabulary.counts | _OF_COUNTS):
            return True
        above = parents(self._filename).get(node)
        if isinstance(node, ast.expr) and is_a_condition(node, above):
            return True
        if isinstance(node, ast.Name) and node.id in self._vocabulary.numbers and isinstance(above, ast.Call):
            return True
        while isinstance(above, ast.Slice | ast.Tuple | ast.BinOp | ast.UnaryOp):
            node, above = above, parents(self._filename).get(above)
        return isinstance(above, ast.Subscript) and above.slice is node


_ZEROS = {"zeros", "zeros_like"}
_OF_COUNTS = {"len", "range", "reversed"}

_WHOLE = (ast.Name, ast.Call, ast.BinOp, ast.Subscript, ast.Compare, ast.Attribute)


def _has_a_root(above: ast.AST | None) -> bool:
    """Return whether the square root of what stands there is taken, as of the width of a head."""
    match above:
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in ("sqrt", "rsqrt")
        case ast.BinOp(op=ast.Pow()):
            return True
    return False


def _is_asked_for(above: ast.AST | None) -> bool:
    """Return whether what an expression gives is looked for, as what stands for padding is: that is no count."""
    match above:
        case (
            ast.Compare(ops=[ast.Eq() | ast.NotEq()])
            | ast.Call(func=ast.Attribute(attr="equal" | "not_equal"))
        ):
            return True
    return False


def _says_a_shape(node: ast.AST, filename: str) -> bool:
    """Return whether an expression is one of the lengths that an array is made with, or is given."""
    above = parents(filename)
    listed = above.get(node)
    call = above.get(listed) if isinstance(listed, ast.Tuple | ast.List) else listed
    match call:
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in _OF_A_SHAPE
    return False


_OF_A_SHAPE = {"broadcast_to", "fill", "ones", "reshape", "zeros"}


def _meets_another(node: ast.expr, above: ast.AST | None) -> bool:
    """Return whether an expression is an operand, so that its shape and another one are broadcast to one."""
    match above:
        case ast.BinOp(op=ast.Add() | ast.Sub() | ast.Mult() | ast.Div()):
            return True
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in _OF_TWO and node in above.args
    return False


_OF_TWO = {"maximum", "minimum", "squared_difference", "add", "subtract", "multiply", "divide", "pow"}


def _is_called_by(node: ast.AST | None, call: str) -> bool:
    """Return whether an expression calls the same function as a text does."""
    return isinstance(node, ast.Call) and call.startswith(f"{ast.unparse(node.func)}(")


def _is_reduced(node: ast.expr, above: ast.AST | None) -> bool:
    """Return whether an expression is what a reduction runs over as a whole."""
    match above:
        case ast.Call(func=ast.Attribute(attr=name), args=[given], keywords=[]):
            return given is node and leaves_axes_out(name)
    return False


def _is_a_value(node: ast.expr, above: ast.AST | None) -> bool:
    """Return whether a function may be called with an expression as it stands there."""
    if isinstance(above, ast.Attribute) or (isinstance(above, ast.Subscript) and above.value is node):
        return False
    if isinstance(node, ast.Attribute) and node.attr in ("dtype", "shape"):
        return False
    signed = isinstance(node, ast.UnaryOp) and not isinstance(node.operand, ast.Constant)
    return signed or isinstance(node, _WHOLE)
