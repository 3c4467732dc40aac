"""What the rounds of a loop give a name: in an earlier one, later, in another order, or not any more."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence

from gradcheck.source.spans import span_at
from gradcheck.source.syntax import bracketed
from gradcheck.source.trees import enclosing_statement, function_above, nodes_in, parents

Loop = ast.For | ast.While


def rounds_of(statement: ast.AST, filename: str) -> Loop | None:
    """Return the loop whose rounds run a statement: around it, or around conditions that it is under."""
    loop = parents(filename).get(statement)
    while isinstance(loop, ast.If | ast.With):
        loop = parents(filename).get(loop)
    return loop if isinstance(loop, Loop) else None


def only(
    context: type[ast.expr_context], name: str, statement: ast.AST, filename: str, bound: Mapping[str, int]
) -> bool:
    """Return whether the loop around a statement only binds a name, or only reads it, that was bound before.

    Then what it was given in one round may have to be added, or what it has in the next round is missing.

    Parameters
    ----------
    bound
        The first lines that bind names.
    """
    loop = rounds_of(statement, filename)
    if loop is None or bound.get(name, loop.lineno) >= loop.lineno:
        return False
    named = _named(name, loop)
    return bool(named) and all(isinstance(one.ctx, context) for one in named)


def in_another_order(node: ast.expr, above: ast.AST | None, own: str) -> Iterator[str]:
    """Yield what a loop runs over with the last of it first."""
    is_looped_over = isinstance(above, ast.For | ast.comprehension) and above.iter is node
    match node:
        case ast.Call(func=ast.Name(id="range")) | ast.Name() if is_looped_over:
            yield f"reversed({own})"
        case ast.Call(func=ast.Name(id="zip" | "enumerate")) if is_looped_over:
            yield f"reversed(list({own}))"


def shared_among_rounds(node: ast.expr, own: str, filename: str) -> Iterator[str]:
    """Yield what each round of a loop adds, as a share of it: what is added up may have to be a mean."""
    above = parents(filename).get(node)
    loop = rounds_of(above, filename) if isinstance(above, ast.AugAssign) else None
    is_product = isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult | ast.Div)
    whole = own if is_product else bracketed(own)
    match loop:
        case ast.For(iter=ast.Call(func=ast.Name(id="range"), args=[count])):
            yield f"{whole} / {bracketed(span_at(filename, count).text)}"
        case ast.For(iter=ast.Name(id=several)):
            yield f"{whole} / len({several})"


def added_up(statement: ast.AST | None, own: str, filename: str, bound: Mapping[str, int]) -> Iterator[str]:
    """Yield what several names are given together in each round of a loop, added to what they had before it."""
    match statement:
        case ast.Assign(targets=[ast.Tuple(elts=names)]) if all(
            isinstance(one, ast.Name) and only(ast.Store, one.id, statement, filename, bound) for one in names
        ):
            before = ", ".join(span_at(filename, one).text for one in names)
            yield f"[sum(pair) for pair in zip(({before}), {own})]"


def given_later(node: ast.expr, filename: str) -> Iterator[str]:
    """Yield what a name is given later in the round that reads it: it still holds what the last round gave."""
    statement = enclosing_statement(node, filename)
    loop = None if statement is None else rounds_of(statement, filename)
    if not isinstance(node, ast.Name) or loop is None or statement is None:
        return
    for one in loop.body:
        match one:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name == node.id:
                if one.lineno > node.lineno and not _named(name, value):
                    yield span_at(filename, value).text


def given_before(node: ast.expr, filename: str) -> Iterator[str]:
    """Yield what a name was given before it was bound anew, where what that is made of is still there.

    And what it was given before a loop, where each round makes more of what the last one gave.
    """
    statement = enclosing_statement(node, filename)
    function = function_above(node, filename)
    if not isinstance(node, ast.Name) or statement is None or function is None:
        return
    bound = [
        one
        for one in nodes_in(function)
        if isinstance(one, ast.Assign) and ast.unparse(one.targets[0]) == node.id
    ]
    loop = rounds_of(statement, filename)
    known = _before(statement, bound, filename)[:-1]
    if statement in bound and isinstance(loop, ast.stmt):
        known += _before(loop, bound, filename)[-1:]
    for one in known:
        if not _named(node.id, one.value):
            yield span_at(filename, one.value).text


def _before(statement: ast.stmt, bound: Sequence[ast.Assign], filename: str) -> list[ast.Assign]:
    """Return those of some statements that run before another one in the same round, in their order."""
    own = rounds_of(statement, filename)
    found = (one for one in bound if one.lineno < statement.lineno and rounds_of(one, filename) is own)
    return sorted(found, key=lambda one: one.lineno)


def copied(node: ast.expr, above: ast.AST | None, filename: str) -> Iterator[str]:
    """Yield a copy of what each round appends to a list: later rounds may change the one that is there."""
    match above:
        case ast.Call(func=ast.Attribute(attr="append"), args=[ast.Name(id=name)]):
            statement = enclosing_statement(node, filename)
            if statement is not None and rounds_of(statement, filename) is not None:
                yield f"{name}.copy()"


def _named(name: str, within: ast.AST) -> list[ast.Name]:
    return [one for one in ast.walk(within) if isinstance(one, ast.Name) and one.id == name]
