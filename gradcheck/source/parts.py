"""What an expression is made of, in its place, or another function of that."""

from __future__ import annotations

import ast
from typing import TypeGuard

from gradcheck.source.alternatives import MAKE_ANOTHER_THING, MODULES
from gradcheck.source.change import length
from gradcheck.source.place import Place, Texts
from gradcheck.source.trees import innermost_function, nodes_in


def parts_instead(at: Place) -> Texts:
    """Yield what an expression is made of, in place of it: what a call is given, but for numbers, is nearest."""
    node = at.node
    if isinstance(node, ast.Tuple):
        return
    arguments = node.args if isinstance(node, ast.Call) else []
    given = [one for one in arguments if not isinstance(one, ast.Constant)]
    only = given[0] if len(given) == 1 else None
    beside = _no_values_in(at)
    for part in ast.walk(node):
        if isinstance(part, _WHOLE) and part is not node and part not in beside and is_read(part):
            text = at.text(part)
            if text not in at.vocabulary.others:
                yield text, _length(part, only, at)


def _length(part: ast.expr, only: ast.expr | None, at: Place) -> int:
    """Return how long it is to say that a part is meant: all that a call is given, or that a slice is taken of."""
    match at.node:
        case ast.Subscript(value=value, slice=ast.Slice()) if value is part:
            return 1
    return 1 if part is only else length(at.own, at.text(part))


_WHOLE = (ast.Name, ast.Call, ast.BinOp, ast.Subscript, ast.Compare, ast.Attribute)


def is_read(node: ast.AST) -> bool:
    """Return whether an expression is read, and not given a value."""
    return isinstance(getattr(node, "ctx", _READ), ast.Load)


_READ = ast.Load()


def both_called(at: Place) -> Texts:
    """Yield what only the other program makes of two, as the smaller: of a call and of one like it."""
    own = at.own
    match at.node:
        case ast.Call(func=ast.Name(id=function)):
            called = own.removeprefix(function)
            others = [f"{one}{called}" for one in at.like(function)]
            makers = [name for name, count in at.vocabulary.functions if count == _OF_TWO]
            yield from ((f"{name}({own}, {other})", 4) for other in others for name in makers)


_OF_TWO = 2


def called_with_both(at: Place) -> Texts:
    """Yield what a function of the user's, called nearby with two, gives of the only two arrays that are read."""
    if not isinstance(at.node, ast.Call | ast.BinOp):
        return
    beside = _no_values_in(at)
    read = (
        one for one in ast.walk(at.node) if isinstance(one, ast.Name | ast.Subscript) and one not in beside
    )
    both = list(dict.fromkeys(text for one in read if (text := at.text(one)) in at.vocabulary.shapes))
    if len(both) == _OF_TWO:
        function = innermost_function(at.node, at.filename)
        near = nodes_in(function) if function is not None else ()
        called = dict.fromkeys(at.text(one.func) for one in near if _is_of_two(one))
        yield from ((f"{name}({', '.join(both)})", 3) for name in called)


def _is_of_two(node: ast.AST) -> TypeGuard[ast.Call]:
    match node:
        case ast.Call(func=ast.Name() | ast.Attribute() as called, args=[_, _], keywords=[]):
            return not ast.unparse(called).startswith(MODULES)
    return False


def called_instead(at: Place) -> Texts:
    """Yield a function that only the other program calls, of what a call makes something else of."""
    node = at.node
    of_one = (name for name, count in at.vocabulary.functions if count == 1)
    called = [name for name in of_one if name.rpartition(".")[2] not in MAKE_ANOTHER_THING]
    match node:
        case ast.Call(args=[ast.Call(args=[given])]):
            yield from ((f"{name}({at.text(given)})", 2) for name in called)
    if isinstance(node, ast.Call) and called:
        beside = _no_values_in(at)
        inner = (one for given in node.args for one in ast.walk(given) if one is not given)
        read = (one for one in inner if isinstance(one, ast.Name | ast.Subscript) and one not in beside)
        texts = dict.fromkeys(at.text(one) for one in read)
        known = [one for one in texts if one in at.vocabulary.shapes]
        yield from ((f"{name}({one})", 3) for one in known for name in called)


def _no_values_in(at: Place) -> set[ast.AST]:
    """Return the parts of an expression that are no values to take: functions, indices, and whose shape it is.

    What a method of an array is called on is one.
    """
    functions, beside = set[ast.AST](), set[ast.AST]()
    for one in ast.walk(at.node):
        match one:
            case ast.Call(func=ast.Attribute(value=array)) if at.text(array) in at.vocabulary.shapes:
                functions.update({one.func, *ast.walk(array)} - {array})
            case ast.Call(func=function):
                functions.update(ast.walk(function))
            case ast.Subscript(slice=part) | ast.Attribute(value=part, attr="shape" | "dtype"):
                beside.update(ast.walk(part))
    return functions | beside
