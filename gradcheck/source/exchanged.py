"""Two neighbours of a call or a list that have changed places, or two quantities of a formula."""

from __future__ import annotations

import ast
import itertools
from collections.abc import Iterator

from gradcheck.source.place import Place
from gradcheck.source.spans import span_at
from gradcheck.source.syntax import bracketed
from gradcheck.source.trees import function_above, nodes_in
from gradcheck.source.writing import rewritten


def swapped(at: Place) -> Iterator[str]:
    """Yield a call, a list or an index with two neighbours swapped, or a call with its halves."""
    node, own = at.node, at.own
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
                texts, half = [at.text(one) for one in parts], len(parts) // 2
                yield f"{at.text(node.func)}({', '.join([*texts[half:], *texts[:half]])})"


_TWICE_AS_MANY = (4, 6)
"""How many arguments a call has that is given two or three of each of two, as of distributions."""


def exchanged(at: Place) -> Iterator[str]:
    """Yield a formula in which two quantities of a kind stand for each other."""
    node = at.node
    if not isinstance(node, ast.BinOp) or isinstance(at.above, ast.BinOp):
        return
    places: dict[str, list[ast.expr]] = {}
    for part in ast.walk(node):
        if isinstance(part, ast.Name | ast.Subscript) and at.text(part) in at.vocabulary.shapes:
            places.setdefault(at.text(part), []).append(part)
    if len(places) < _FEWEST:
        return  # of two operands another order is tried already
    for one, other in itertools.combinations(places, 2):
        if other in at.like(one):
            parts = [*((part, other) for part in places[one]), *((part, one) for part in places[other])]
            spans = [(span_at(at.filename, part), text) for part, text in parts]
            yield rewritten(span_at(at.filename, node), spans)


def of_the_other_term(at: Place) -> Iterator[str]:
    """Yield a sum of two terms with the factor of one of them before the other one."""
    sign = {ast.Add: "+", ast.Sub: "-"}
    match at.node:
        case ast.BinOp(left=one, op=ast.Add() | ast.Sub() as op, right=other):
            for factor, term in _factors(other):
                rest = bracketed(at.text(term))
                yield f"{at.text(factor)} * {bracketed(at.text(one))} {sign[type(op)]} {rest}"
            for factor, term in _factors(one):
                yield f"{at.text(term)} {sign[type(op)]} {at.text(factor)} * {bracketed(at.text(other))}"


def _factors(term: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield a number or name by which a term is multiplied, and the rest of it."""
    match term:
        case ast.BinOp(left=one, op=ast.Mult(), right=other):
            pairs = ((one, other), (other, one))
            yield from (
                pair for pair in pairs if isinstance(pair[0], ast.Name | ast.Constant | ast.Attribute)
            )


_FEWEST = 3
"""Of how many quantities a formula is made in which two may be exchanged."""


def divided_as_another(at: Place) -> Iterator[str]:
    """Yield what something else in the function is divided by, in place of a divisor."""
    match at.above:
        case ast.BinOp(op=ast.Div(), right=right) if right is at.node:
            function = function_above(at.node, at.filename)
            divisions = (one for one in nodes_in(function) if isinstance(one, ast.BinOp)) if function else ()
            others = (one.right for one in divisions if isinstance(one.op, ast.Div))
            texts = dict.fromkeys(at.text(one) for one in others if one.lineno < at.node.lineno)
            yield from (one for one in texts if one != at.own)
