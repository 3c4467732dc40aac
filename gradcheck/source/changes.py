"""Small changes of a statement: what somebody may have altered in it, and how long each is to describe."""

from __future__ import annotations

import ast
import difflib
import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass

from gradcheck.source.alternatives import COMPANIONS, COMPARISONS, DIRECTED, OPERATORS, OPPOSITES
from gradcheck.source.around import STOP, Around
from gradcheck.source.branches import decided_otherwise, filled_otherwise
from gradcheck.source.by_hand import with_upstream
from gradcheck.source.complements import complemented
from gradcheck.source.dropped import given_to_a_name, not_called
from gradcheck.source.given_otherwise import called_later, given_otherwise
from gradcheck.source.keras_reductions import reduced_otherwise
from gradcheck.source.padding import of_valid_elements
from gradcheck.source.permuted import permuted
from gradcheck.source.restructured import Restructured
from gradcheck.source.rounds import (
    added_up,
    given_later,
    in_another_order,
    only,
    shared_among_rounds,
    was_added_up,
)
from gradcheck.source.spans import span_at
from gradcheck.source.syntax import as_operand, bracketed
from gradcheck.source.told_axes import along_an_axis, with_kept_axes
from gradcheck.source.trees import parents
from gradcheck.source.vocabulary import Vocabulary
from gradcheck.source.whole_numbers import counters_instead, numbers_instead, without_one
from gradcheck.source.writing import rewritten


@dataclass(frozen=True)
class Change:
    """A text in place of an expression.

    Parameters
    ----------
    node
        The expression, in the tree of its file.
    text
        What to write there.
    length
        How long it is to describe.
    """

    node: ast.expr
    text: str
    length: int

    @property
    def stops(self) -> bool:
        """Whether the numbers stay as they are, and a gradient is stopped."""
        return self.text.count(STOP) > ast.unparse(self.node).count(STOP)

    @property
    def negates(self) -> bool:
        """Whether it puts a sign in front."""
        return negates(ast.unparse(self.node), self.text)

    @property
    def of_the_derivative(self) -> bool:
        """Whether the numbers may stay as they are, and only what is differentiated changes."""
        bare = isinstance(self.node, ast.Name | ast.Attribute | ast.Subscript | ast.Call)
        return bare or self.stops


def negates(before: str, after: str) -> bool:
    """Return whether a text begins with a sign and the one before it does not."""
    return after.lstrip("(").startswith("-") and not before.lstrip("(").startswith("-")


def length(before: str, after: str) -> int:
    """Return how long a change of a text is to describe: the words that are written, and what is deleted."""
    own, others = _WORD.findall(before), _WORD.findall(after)
    changed = difflib.SequenceMatcher(None, own, others, autojunk=False).get_opcodes()
    return sum(max(j2 - j1, min(i2 - i1, 2)) for tag, i1, i2, j1, j2 in changed if tag != "equal")


_WORD = re.compile(r"""[A-Za-z_][\w.]*|\d[\w.]*|"[^"]*"|'[^']*'|\*\*|//|[<>=!]=|[^\s)\],]""")
"""A pair of brackets counts once."""


def changes(statement: ast.stmt | ast.Lambda, filename: str, vocabulary: Vocabulary) -> list[Change]:
    """Return changes of one expression in a statement, but for the statements in it, the shortest first."""
    maker = _Maker(filename, vocabulary)
    found: dict[tuple[ast.AST, str], Change] = {}
    for node in _expressions(statement):
        own = maker.text(node)
        for text, much in maker.texts(node, own):
            if text not in (own, maker.undoes(node)):
                found.setdefault((node, text), Change(node, maker.bracketed(text, node), much))
    return sorted(found.values(), key=lambda change: change.length)


def _expressions(statement: ast.AST) -> Iterator[ast.expr]:
    """Yield the expressions within a statement that are read; of ``a.b.c``, the whole alone."""
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.stmt | ast.JoinedStr | ast.arguments):
            continue
        if isinstance(statement, ast.Attribute) and isinstance(child, ast.Attribute | ast.Name):
            continue
        if isinstance(child, ast.expr) and _is_read(child):
            yield child
        yield from _expressions(child)


def _is_computed(text: str) -> bool:
    """Return whether something is written out, and no name or entry."""
    return "(" in text or " " in text


def _is_read(node: ast.AST) -> bool:
    return isinstance(getattr(node, "ctx", _READ), ast.Load)


_READ = ast.Load()

_OF_TWO = 2

_TWICE_AS_MANY = (4, 6)
"""How many arguments a call has that is given two or three of each of two, as of distributions."""

_FEWEST = 3
"""Of how many quantities a formula is made in which two may be exchanged."""

_LEAVES_AS_IT_IS: dict[type[ast.operator], str] = {
    ast.Add: "0.0",
    ast.Sub: "0.0",
    ast.Mult: "1.0",
    ast.Div: "1.0",
}
"""What may be added to something, or what it may be multiplied by, for it to stay as it is."""

_Texts = Iterator[tuple[str, int]]
"""What may be written in place of an expression, with how long that is to describe."""


class _Maker:
    """Makes changes of the expressions of one file."""

    def __init__(self, filename: str, vocabulary: Vocabulary) -> None:
        self._filename, self._vocabulary = filename, vocabulary
        self._restructured = Restructured(filename, vocabulary.shapes, vocabulary.whole)
        self._around = Around(filename, vocabulary)

    def text(self, node: ast.expr) -> str:
        return span_at(self._filename, node).text

    def undoes(self, node: ast.expr) -> str | None:
        """Return the text with which an operator would be given the same twice, where that says nothing of it."""
        match parents(self._filename).get(node):
            case (
                ast.BinOp(op=ast.Sub() | ast.Div() | ast.FloorDiv() | ast.Mod(), left=left, right=right)
                | ast.Compare(left=left, comparators=[right])
            ):
                return self.text(right if node is left else left)
        return None

    def texts(self, node: ast.expr, own: str) -> _Texts:
        above = parents(self._filename).get(node)
        if isinstance(above, ast.Expr):
            yield from ((one, 1) for one in given_to_a_name(node, own))
            return
        if isinstance(above, ast.Call) and above.func is node:
            yield from self._functions(own, len(above.args), node.lineno)
            yield from ((one, 2) for one in reduced_otherwise(node, self._filename))
            return
        yield from self._quantities(own, above, node.lineno)
        yield from ((one, 1) for one in (*numbers_instead(node, above), *without_one(node, above)))
        yield from ((one, 1) for one in counters_instead(node, self._filename))
        if isinstance(node, ast.Slice) and own == ":":
            # What was taken whole gets another axis; what comes after is taken of what was first.
            yield "None", 3
        if isinstance(above, ast.Call | ast.keyword):
            yield from ((one, 1) for one in self._strings(node))
        if isinstance(above, ast.keyword) and above.arg in ("axis", "axes"):
            yield from ((one, 1) for one in self._vocabulary.axes)
        yield from self._operators(node)
        yield from self._otherwise(node)
        yield from ((one, 2) for one in self._swapped(node, own))
        yield from ((one, 3) for one in self._exchanged(node, above))
        yield from ((one, 2) for one in complemented(node, above))
        yield from ((one, 2) for one in in_another_order(node, above, own))
        yield from ((one, 2) for one in added_up(above, own, self._filename, self._vocabulary.bound))
        yield from ((one, 2) for one in decided_otherwise(node, above, self._filename))
        yield from ((one, 3) for one in filled_otherwise(node, above, self._filename))
        yield from ((one, 3) for one in self._of_valid_elements(node, above))
        if isinstance(node, ast.Slice | ast.Tuple) and isinstance(above, ast.Subscript):
            return
        yield from self._parts(node, own)
        yield from ((one, 1) for one in not_called(node, above))
        yield from self._called_instead(node)
        yield from self._both_called(node, own)
        yield from self._restructured.texts(node)
        shapes = self._vocabulary.shapes
        yield from ((one, 3) for one in permuted(node, self._filename, shapes))
        yield from ((one, 3) for one in along_an_axis(node, self._filename, shapes))
        yield from ((one, 2) for one in with_kept_axes(node, self._filename))
        yield from self._around.texts(node)

    def _of_valid_elements(self, node: ast.expr, above: ast.AST | None) -> Iterator[str]:
        """Yield what is made of the elements of sequences that are no padding."""
        known, line = self._vocabulary, node.lineno
        conditions = [*known.written(known.flags, line), *known.known(known.conditions, line)]
        return of_valid_elements(node, above, known.written(known.lengths, line), conditions, self._filename)

    def _otherwise(self, node: ast.expr) -> _Texts:
        """Yield what a name or a call would be if something else of its function were other than it is."""
        name, like = self._filename, self._vocabulary.like
        yield from ((one, 2) for one in given_later(node, name))
        yield from ((one, 3) for one in shared_among_rounds(node, self.text(node), name))
        yield from ((one, 2) for one in with_upstream(node, name))
        yield from ((one, 2) for one in reduced_otherwise(node, name))
        yield from ((one, 2) for one in called_later(node, name, like))
        yield from ((one, 3) for one in given_otherwise(node, name, like))

    def _functions(self, own: str, given: int, line: int) -> _Texts:
        """Yield what may be called instead of a function."""
        yield from ((one, 1) for one in self._vocabulary.like(own, line))
        if own in COMPANIONS:
            yield COMPANIONS[own], 2
        module, dot, name = own.rpartition(".")
        if dot:
            beside = own.partition(".")[0] + "."
            called = self._vocabulary.functions
            yield from ((f"{module}.{one}", 1) for one in OPPOSITES.get(name, ()))
            yield from ((one, 2) for one, count in called if count == given and one.startswith(beside))

    def _quantities(self, own: str, above: ast.AST | None, line: int) -> _Texts:
        """Yield what may be read instead, or given in place of what is computed."""
        for one in self._vocabulary.like(own, line):
            yield one, (1 if one.isidentifier() == own.isidentifier() else 2) + _is_computed(one)
        if isinstance(above, ast.Subscript) and self.text(above.value) == own:
            yield from ((one, 2) for one in self._vocabulary.of_another_size(own, line))
        if isinstance(above, ast.AugAssign) and type(above.op) in _LEAVES_AS_IT_IS:
            yield _LEAVES_AS_IT_IS[type(above.op)], 2
        if isinstance(above, ast.Assign) and was_added_up(above, self._filename):
            yield f"{self.text(above.targets[0])} + {own}", 1
        match above:
            case ast.Assign(
                targets=[ast.Tuple(elts=[_, _])], value=ast.Name() | ast.Call() | ast.Subscript()
            ):
                yield f"{own}[::-1]", 2
            case ast.Assign(targets=[ast.Name(id=name)]):
                yield from ((one, 2 + _is_computed(one)) for one in self._vocabulary.like(name, line))
                yield from ((f"{one} {by} 1", 4) for one in self._vocabulary.like(name, line) for by in "+-")
                bound = self._vocabulary.bound
                if only(ast.Store, name, above, self._filename, bound):
                    yield f"{name} + {own}", 1
                for one in self._vocabulary.like(name, line):
                    if only(ast.Load, one, above, self._filename, bound):
                        yield f"({one} := {own})", 1

    def _operators(self, node: ast.expr) -> _Texts:
        """Yield an expression with another operator, or with its operands the other way round."""
        match node:
            case ast.BinOp(left=left, op=operator, right=right):
                one, two = bracketed(self.text(left)), bracketed(self.text(right))
                if not isinstance(right, ast.UnaryOp):  # whose sign goes rather than that it is undone
                    # A product is rarely meant to be a quotient.
                    much = 1 if isinstance(operator, ast.Add | ast.Sub) else 3
                    yield from ((text, much) for text in self._turned(left, operator, right))
                if isinstance(operator, ast.Mult) and self._is_number(right) and self._is_of_arrays(left):
                    yield f"{one} ** {two}", 1
                if isinstance(operator, ast.Div) and not self._is_number(right):
                    yield f"tf.math.divide_no_nan({self.text(left)}, {self.text(right)})", 3
                if type(operator) in DIRECTED:
                    yield f"{two} {DIRECTED[type(operator)]} {one}", 2
            case ast.Compare(left=left, ops=[_], comparators=[right]):
                yield from ((f"{self.text(left)} {one} {self.text(right)}", 1) for one in COMPARISONS)
            case ast.UnaryOp(operand=operand):
                yield self.text(operand), 1

    def _turned(self, left: ast.expr, operator: ast.operator, right: ast.expr) -> Iterator[str]:
        """Yield two operands with another operator between them."""
        sums = isinstance(operator, ast.Add | ast.Sub)
        binding = [
            sums and isinstance(one, ast.BinOp) and not isinstance(one.op, ast.Add | ast.Sub)
            for one in (left, right)
        ]
        texts = [
            self.text(one) if binds else bracketed(self.text(one))
            for one, binds in zip((left, right), binding, strict=True)
        ]
        yield from (f"{texts[0]} {other} {texts[1]}" for other in OPERATORS.get(type(operator), ()))

    def _strings(self, node: ast.expr) -> Iterator[str]:
        match node:
            case ast.Constant(value=str() as value) if value in self._vocabulary.strings:
                yield from (f'"{one}"' for one in self._vocabulary.strings if one != value)

    def _is_number(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Constant) or self.text(node) in self._vocabulary.numbers

    def _is_of_arrays(self, node: ast.expr) -> bool:
        """Return whether an expression is made of an array: a power of a whole number can be what never ends."""
        names = {one.id for one in ast.walk(node) if isinstance(one, ast.Name)}
        return not isinstance(node, ast.Call) and bool(
            names & self._vocabulary.alike.keys() - self._vocabulary.numbers
        )

    def _swapped(self, node: ast.expr, own: str) -> Iterator[str]:
        """Yield a call, a list or an index with two neighbours swapped, or a call with its halves."""
        match node:
            case ast.Call(args=parts) | ast.Tuple(elts=parts) | ast.List(elts=parts):
                if own.isascii() and node.lineno == node.end_lineno:
                    for one, other in itertools.pairwise(parts):
                        first, second = (
                            slice(
                                part.col_offset - node.col_offset,
                                (part.end_col_offset or 0) - node.col_offset,
                            )
                            for part in (one, other)
                        )
                        between = own[first.stop : second.start]
                        yield own[: first.start] + own[second] + between + own[first] + own[second.stop :]
                if isinstance(node, ast.Call) and len(parts) in _TWICE_AS_MANY and not node.keywords:
                    texts, half = [self.text(one) for one in parts], len(parts) // 2
                    yield f"{self.text(node.func)}({', '.join([*texts[half:], *texts[:half]])})"

    def _exchanged(self, node: ast.expr, above: ast.AST | None) -> Iterator[str]:
        """Yield a formula in which two quantities of a kind stand for each other."""
        if not isinstance(node, ast.BinOp) or isinstance(above, ast.BinOp):
            return
        places: dict[str, list[ast.expr]] = {}
        for part in ast.walk(node):
            if isinstance(part, ast.Name | ast.Subscript) and self.text(part) in self._vocabulary.shapes:
                places.setdefault(self.text(part), []).append(part)
        if len(places) < _FEWEST:
            return  # of two operands another order is tried already
        for one, other in itertools.combinations(places, 2):
            if other in self._vocabulary.like(one, node.lineno):
                parts = [*((part, other) for part in places[one]), *((part, one) for part in places[other])]
                spans = [(span_at(self._filename, part), text) for part, text in parts]
                yield rewritten(span_at(self._filename, node), spans)

    def _parts(self, node: ast.expr, own: str) -> _Texts:
        """Yield what an expression is made of, in place of it: the only argument of a call is the nearest."""
        if isinstance(node, ast.Tuple):
            return
        only = node.args[0] if isinstance(node, ast.Call) and len(node.args) == 1 else None
        beside = self._no_values_in(node)
        for part in ast.walk(node):
            if isinstance(part, _WHOLE) and part is not node and part not in beside and _is_read(part):
                text = self.text(part)
                if text not in self._vocabulary.others:
                    yield text, 1 if part is only else length(own, text)

    def _both_called(self, node: ast.expr, own: str) -> _Texts:
        """Yield what only the other program makes of two, as the smaller: of a call and of one like it."""
        match node:
            case ast.Call(func=ast.Name(id=function)):
                called = own.removeprefix(function)
                others = [f"{one}{called}" for one in self._vocabulary.like(function, node.lineno)]
                makers = [name for name, count in self._vocabulary.functions if count == _OF_TWO]
                yield from ((f"{name}({own}, {other})", 4) for other in others for name in makers)

    def _called_instead(self, node: ast.expr) -> _Texts:
        """Yield a function that only the other program calls, of what a call makes something else of."""
        called = [name for name, count in self._vocabulary.functions if count == 1]
        match node:
            case ast.Call(args=[ast.Call(args=[given])]):
                yield from ((f"{name}({self.text(given)})", 2) for name in called)
        if isinstance(node, ast.Call) and called:
            beside = self._no_values_in(node)
            inner = (one for given in node.args for one in ast.walk(given) if one is not given)
            read = (one for one in inner if isinstance(one, ast.Name | ast.Subscript) and one not in beside)
            texts = dict.fromkeys(self.text(one) for one in read)
            known = [one for one in texts if one in self._vocabulary.shapes]
            yield from ((f"{name}({one})", 3) for one in known for name in called)

    def _no_values_in(self, node: ast.expr) -> set[ast.AST]:
        """Return the parts of an expression that are no values to take: functions, indices, and whose shape it is.

        What a method of an array is called on is one.
        """
        functions, beside = set[ast.AST](), set[ast.AST]()
        for one in ast.walk(node):
            match one:
                case ast.Call(func=ast.Attribute(value=array)) if self.text(array) in self._vocabulary.shapes:
                    functions.update({one.func, *ast.walk(array)} - {array})
                case ast.Call(func=function):
                    functions.update(ast.walk(function))
                case ast.Subscript(slice=part) | ast.Attribute(value=part, attr="shape" | "dtype"):
                    beside.update(ast.walk(part))
        return functions | beside

    def bracketed(self, text: str, node: ast.expr) -> str:
        """Return a text so that it may stand in place of a node."""
        match parents(self._filename).get(node):
            case ast.BinOp(op=operator) | ast.Compare(ops=[operator, *_]):
                return as_operand(text, operator)
            case ast.UnaryOp() | ast.Attribute() | ast.Starred() | ast.BoolOp():
                return bracketed(text)
            case ast.Subscript(value=bound) | ast.Call(func=bound) if bound is node:
                return bracketed(text)
        return text


_WHOLE = (ast.Name, ast.Call, ast.BinOp, ast.Subscript, ast.Compare, ast.Attribute)
