"""Small changes of a statement: what somebody may have altered in it, the shortest first."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gradcheck.source.around import Around
from gradcheck.source.branches import decided_otherwise, filled_otherwise, large_instead
from gradcheck.source.by_hand import with_upstream
from gradcheck.source.change import Change
from gradcheck.source.complements import complemented
from gradcheck.source.defaults import instead_of_none, told_as_well, told_otherwise
from gradcheck.source.dropped import given_to_a_name, not_called
from gradcheck.source.exchanged import divided_as_another, exchanged, of_the_other_term, swapped
from gradcheck.source.given_otherwise import called_later, given_otherwise
from gradcheck.source.interleaved import interleaved
from gradcheck.source.kept import kept_within
from gradcheck.source.keras_reductions import reduced_otherwise
from gradcheck.source.names import a_word_less, functions_instead, quantities_instead, words_instead
from gradcheck.source.operators import operated_otherwise
from gradcheck.source.padding import of_valid_elements, reversed_alone
from gradcheck.source.parts import both_called, called_instead, called_with_both, is_read, parts_instead
from gradcheck.source.permuted import permuted
from gradcheck.source.place import Place, Texts
from gradcheck.source.restructured import Restructured
from gradcheck.source.rounds import (
    added_up,
    copied,
    given_before,
    given_later,
    in_another_order,
    shared_among_rounds,
)
from gradcheck.source.sliced import sliced_otherwise
from gradcheck.source.subscripts import subscripts_instead
from gradcheck.source.syntax import as_operand, bracketed
from gradcheck.source.told_axes import (
    along_an_axis,
    another_axis,
    by_sample,
    of_one_axis,
    picked,
    summed_up,
    with_an_option,
    with_kept_axes,
)
from gradcheck.source.vocabulary import Vocabulary
from gradcheck.source.whole_numbers import (
    counters_instead,
    numbers_instead,
    rest_instead,
    without_one,
)


def changes(statement: ast.stmt | ast.Lambda, filename: str, vocabulary: Vocabulary) -> list[Change]:
    """Return changes of one expression in a statement, but for the statements in it, the shortest first."""
    around = Around(filename, vocabulary)
    restructured = Restructured(filename, vocabulary.shapes, vocabulary.whole)
    found: dict[tuple[ast.AST, str], Change] = {}
    for node in _expressions(statement):
        at = Place(node, filename, vocabulary)
        beside = _beside(at)
        for text, much in _texts(at, restructured, around):
            if text != at.own and text not in beside:
                found.setdefault((node, text), Change(node, _bracketed(text, at), much))
    return sorted(found.values(), key=lambda change: change.length)


def _expressions(statement: ast.AST) -> Iterator[ast.expr]:
    """Yield the expressions within a statement that are read; of ``a.b.c``, the whole alone."""
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.stmt | ast.JoinedStr | ast.arguments):
            continue
        if isinstance(statement, ast.Attribute) and isinstance(child, ast.Attribute | ast.Name):
            continue
        if isinstance(child, ast.expr) and is_read(child):
            yield child
        yield from _expressions(child)


def _texts(at: Place, restructured: Restructured, around: Around) -> Texts:
    """Yield what may be written at a place: of equally short texts, those come first that are yielded first."""
    match at.above:
        case ast.Expr():
            yield from ((one, 1) for one in given_to_a_name(at.node, at.own))
        case ast.Call(func=called, args=given) if called is at.node:
            yield from functions_instead(at, len(given))
            yield from ((one, 2) for one in reduced_otherwise(at.node, at.filename))
            yield from ((one, 3) for one in along_an_axis(at.node, at.filename, at.vocabulary.shapes))
            yield from told_as_well(at)
        case _:
            yield from _instead(at)
            yield from _otherwise(at)
            yield from _in_another_order(at)
            yield from _of_others(at)
            if not (isinstance(at.node, ast.Slice | ast.Tuple) and isinstance(at.above, ast.Subscript)):
                yield from _of_its_parts(at)
                yield from restructured.texts(at.node)
                yield from _along_other_axes(at)
                yield from around.texts(at.node)


def _instead(at: Place) -> Texts:
    """Yield what may stand there in place of a name, a number, a word, or what an operator gives."""
    node, above = at.node, at.above
    yield from quantities_instead(at)
    numbers = (*numbers_instead(node, above), *without_one(node, above), *large_instead(node))
    yield from ((one, 1) for one in numbers)
    yield from ((one, 1) for one in (*counters_instead(node, at.filename), *rest_instead(node, at.filename)))
    if isinstance(above, ast.Call | ast.keyword | ast.Assign):
        yield from ((one, 1) for one in words_instead(at))
        yield from ((one, 2) for one in subscripts_instead(node, above))
    if isinstance(above, ast.keyword) and above.arg in ("axis", "axes"):
        others = another_axis(node, at.filename, at.vocabulary.shapes)
        yield from ((one, 1) for one in (*at.vocabulary.axes, *others))
    yield from operated_otherwise(at)
    yield from instead_of_none(at)


def _otherwise(at: Place) -> Texts:
    """Yield what a name or a call would be if something else of its function were other than it is."""
    node, name, like = at.node, at.filename, at.vocabulary.like
    yield from ((one, 2) for one in (*given_later(node, name), *given_before(node, name)))
    yield from ((one, 3) for one in shared_among_rounds(node, at.own, name))
    yield from ((one, 2) for one in (*with_upstream(node, name), *kept_within(node, name)))
    yield from ((one, 2) for one in reduced_otherwise(node, name))
    yield from ((one, 2) for one in called_later(node, name, like))
    yield from ((one, 2) for one in copied(node, at.above, name))
    yield from ((one, 3) for one in given_otherwise(node, name, like))
    yield from told_otherwise(at)
    yield from told_as_well(at)


def _in_another_order(at: Place) -> Texts:
    """Yield an expression with its parts, weights or rounds the other way round, or as others are divided."""
    yield from ((one, 2) for one in (*swapped(at), *divided_as_another(at)))
    yield from ((one, 3) for one in (*exchanged(at), *of_the_other_term(at)))
    yield from ((one, 2) for one in complemented(at.node, at.above))
    yield from ((one, 3) for one in interleaved(at.node, at.filename, at.vocabulary.shapes))
    yield from ((one, 2) for one in in_another_order(at.node, at.above, at.own))


def _of_others(at: Place) -> Texts:
    """Yield what is made of other rounds, another branch, or other elements."""
    yield from ((one, 2) for one in added_up(at.above, at.own, at.filename, at.vocabulary.bound))
    yield from ((one, 2) for one in decided_otherwise(at.node, at.above, at.filename))
    yield from ((one, 3) for one in filled_otherwise(at.node, at.above, at.filename))
    known, line = at.vocabulary, at.node.lineno
    masks = (one for one in known.written(known.masks, line) if one not in known.flags)
    conditions = [
        *known.written(known.flags, line),
        *(f"tf.cast({one}, tf.bool)" for one in masks),
        *known.known(known.conditions, line),
    ]
    lengths = known.written(known.lengths, line)
    yield from ((one, 3) for one in of_valid_elements(at.node, at.above, lengths, conditions, at.filename))
    yield from ((one, 3) for one in reversed_alone(at.node, lengths, conditions, at.filename))


def _of_its_parts(at: Place) -> Texts:
    """Yield what an expression is made of, and what else may be called of that."""
    yield from parts_instead(at)
    yield from ((one, 1) for one in (*not_called(at.node, at.above), *a_word_less(at)))
    yield from called_instead(at)
    yield from called_with_both(at)
    yield from both_called(at)


def _along_other_axes(at: Place) -> Texts:
    shapes = at.vocabulary.shapes
    yield from permuted(at.node, at.filename, shapes)
    yield from ((one, 2) for one in summed_up(at.node, at.filename, shapes))
    yield from ((one, 2) for one in of_one_axis(at.node, at.filename, shapes))
    yield from ((one, 3) for one in along_an_axis(at.node, at.filename, shapes))
    yield from ((one, 2) for one in by_sample(at.node, at.filename, shapes))
    yield from ((one, 2) for one in with_kept_axes(at.node, at.filename))
    yield from ((one, 2) for one in with_an_option(at.node, at.filename))
    vectors = [one for one in sorted(at.vocabulary.whole) if "'" not in one and len(shapes.get(one, ())) == 1]
    yield from ((one, 2) for one in picked(at.node, at.vocabulary.written(vectors, at.node.lineno)))
    yield from ((one, 2) for one in sliced_otherwise(at.node, at.filename, shapes))


def _beside(at: Place) -> list[str]:
    """Return what an operator or a function is given beside an expression, if it would not be given the same."""
    match at.above:
        case (
            ast.BinOp(
                op=ast.Add() | ast.Sub() | ast.Div() | ast.FloorDiv() | ast.Mod(), left=left, right=right
            )
            | ast.Compare(left=left, comparators=[right])
        ):
            return [at.text(right if at.node is left else left)]
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=given) if name in _OF_OTHERS:
            return [at.text(one) for one in given if one is not at.node]
    return []


_OF_OTHERS = ("range", "maximum", "minimum", "where", "equal", "not_equal", "greater", "less")
"""Functions of which two arguments are never one."""


def _bracketed(text: str, at: Place) -> str:
    """Return a text so that it may stand at a place."""
    match at.above:
        case ast.BinOp(op=operator) | ast.Compare(ops=[operator, *_]):
            return as_operand(text, operator)
        case ast.UnaryOp() | ast.Attribute() | ast.Starred() | ast.BoolOp():
            return bracketed(text)
        case ast.Subscript(value=bound) | ast.Call(func=bound) if bound is at.node:
            return bracketed(text)
    return text
