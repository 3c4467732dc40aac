"""What may be read, called or given in place of a name: others of its kind, or what changes nothing."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gradcheck.source.alternatives import COMPANIONS, OPPOSITES
from gradcheck.source.overwritten import overwrites
from gradcheck.source.place import Place, Texts
from gradcheck.source.rounds import only
from gradcheck.source.unread import unread


def functions_instead(at: Place, given: int) -> Texts:
    """Yield what may be called instead of a function that is given so many arguments."""
    own = at.own
    yield from ((one, 1) for one in at.like(own))
    if own in COMPANIONS:
        yield COMPANIONS[own], 2
    module, dot, name = own.rpartition(".")
    if dot:
        beside = own.partition(".")[0] + "."
        called = at.vocabulary.functions
        yield from ((f"{module}.{one}", 1) for one in OPPOSITES.get(name, ()))
        yield from ((one, 2) for one, count in called if count == given and one.startswith(beside))


def quantities_instead(at: Place) -> Texts:
    """Yield what may be read instead, or given in place of what is computed."""
    own, above = at.own, at.above
    for one in at.like(own):
        yield one, (1 if one.isidentifier() == own.isidentifier() else 2) + _is_computed(one)
    if isinstance(at.node, ast.Name):
        yield from ((one, 1) for one in unread(at.node, at.filename))
    if isinstance(above, ast.Subscript) and at.text(above.value) == own:
        yield from ((one, 2) for one in at.vocabulary.of_another_size(own, at.node.lineno))
    if isinstance(above, ast.AugAssign) and type(above.op) in _LEAVES_AS_IT_IS:
        yield _LEAVES_AS_IT_IS[type(above.op)], 2
    if _is_a_factor(at):
        yield from ((one, 1 + _is_computed(one)) for one in at.vocabulary.single(at.node.lineno))
    if isinstance(above, ast.Assign):
        yield from _given_instead(above, at)


def _is_a_factor(at: Place) -> bool:
    """Return whether a name stands for a number that something is multiplied or divided by, or one divides it."""
    match at.above:
        case ast.BinOp(op=ast.Div(), right=right) if right is at.node:
            return at.own in at.vocabulary.numbers or isinstance(right, ast.Constant)
        case ast.BinOp(op=ast.Mult() | ast.Div()):
            return at.own in at.vocabulary.numbers
    return False


def _given_instead(assignment: ast.Assign, at: Place) -> Texts:
    """Yield what may be given to names in place of what they are given, or to which names."""
    own = at.own
    if overwrites(assignment, at.filename):
        yield f"{at.text(assignment.targets[0])} + {own}", 1
    match assignment:
        case ast.Assign(targets=[ast.Subscript(slice=ast.Name() | ast.Attribute()) as stored]):
            if at.text(stored) not in own:
                yield f"{at.text(stored)} + {own}", 2
        case ast.Assign(targets=[ast.Tuple(elts=[_, _])], value=ast.Name() | ast.Call() | ast.Subscript()):
            yield f"{own}[::-1]", 2
        case ast.Assign(targets=[ast.Name(id=name)]):
            yield from ((one, 2 + _is_computed(one)) for one in at.like(name))
            yield from ((f"{one} {by} 1", 4) for one in at.like(name) for by in "+-")
            bound = at.vocabulary.bound
            if only(ast.Store, name, assignment, at.filename, bound):
                yield f"{name} + {own}", 1
            for one in at.like(name):
                if only(ast.Load, one, assignment, at.filename, bound):
                    yield f"({one} := {own})", 1


def _is_computed(text: str) -> bool:
    """Return whether something is written out, and no name or entry."""
    return "(" in text or " " in text


_LEAVES_AS_IT_IS: dict[type[ast.operator], str] = {
    ast.Add: "0.0",
    ast.Sub: "0.0",
    ast.Mult: "1.0",
    ast.Div: "1.0",
}
"""What may be added to something, or what it may be multiplied by, for it to stay as it is."""


def words_instead(at: Place) -> Iterator[str]:
    """Yield other words for one that a call is given."""
    match at.node:
        case ast.Constant(value=str() as value) if value in at.vocabulary.strings or _may_name_an_entry(
            at.above
        ):
            yield from (f'"{one}"' for one in at.vocabulary.strings if one != value)


def a_word_less(at: Place) -> Iterator[str]:
    """Yield a list of words without each of them: it may say to what something applies."""
    match at.node:
        case ast.List(elts=words) | ast.Set(elts=words) if len(words) > 1 and all(map(_is_word, words)):
            for left_out in words:
                kept = ", ".join(at.text(one) for one in words if one is not left_out)
                yield f"[{kept}]" if isinstance(at.node, ast.List) else f"{{{kept}}}"


def _is_word(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _may_name_an_entry(above: ast.AST | None) -> bool:
    """Return whether a word is given to a name, or something is asked for what it names."""
    match above:
        case ast.Assign() | ast.Call(func=ast.Attribute(attr="get" | "pop")):
            return True
    return False
