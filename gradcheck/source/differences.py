"""What is different between two ways to write an expression: what stands around it, a function, an argument."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from gradcheck.source.syntax import expression_in


@dataclass(frozen=True)
class Difference:
    """One difference.

    Parameters
    ----------
    what
        ``around``: the new text has a function, an operator or an index around what stands there; ``without``: the
        old one has. ``function``: another function is called; ``operator``: another one stands between the same
        operands, ``swapped`` where these have changed places. ``argument``: what is given by a keyword;
        ``slice``: what an index or a slice is, or how far elements are moved; ``axes``: where a slice has a new
        axis, or which axes a call is told; ``moved``: a function is called around more or less of the same,
        or two have changed places; ``other``: anything else.
    old, new
        The names of functions, operators or keywords, and else the texts; "" where there is none. Of new axes
        elsewhere, what makes them: ``[]`` or ``expand_dims``.
    beside
        Of an operator around what stands there, the other operand.
    """

    what: Literal[
        "around", "without", "function", "operator", "swapped", "argument", "slice", "axes", "moved", "other"
    ]
    old: str
    new: str
    beside: str = ""


def differences(before: str, after: str) -> list[Difference]:
    """Return what is different between two expressions; empty where one of them is none."""
    nodes = [expression_in(text) for text in (before, after)]
    return [] if None in nodes else list(dict.fromkeys(_between(*nodes)))


def instead_of_names(before: str, after: str) -> dict[str, str] | None:
    """Return what is written instead of names, if nothing else is different between two expressions; else None."""
    found: dict[str, str] = {}
    nodes = [expression_in(text) for text in (before, after)]
    return found if None not in nodes and _only_names(nodes[0], nodes[1], found) else None


def _only_names(before: Any, after: Any, found: dict[str, str]) -> bool:
    if _same(before, after):
        return True
    if isinstance(before, ast.Name) and isinstance(after, ast.expr):
        return found.setdefault(before.id, _text(after)) == _text(after)
    if type(before) is not type(after):
        return False
    if isinstance(before, list):
        return len(before) == len(after) and all(
            _only_names(*pair, found) for pair in zip(before, after, strict=True)
        )
    return isinstance(before, ast.AST) and all(
        _only_names(getattr(before, name), getattr(after, name), found) for name in before._fields
    )


def calls_anew(before: str, after: str) -> bool:
    """Return whether an expression calls something that another one does not."""
    nodes = [expression_in(text) for text in (before, after)]
    called = [
        {ast.unparse(one.func) for one in ast.walk(node) if isinstance(one, ast.Call)}
        for node in nodes
        if node is not None
    ]
    return len(called) < len(nodes) or not called[1] <= called[0]


def _between(before: ast.AST | None, after: ast.AST | None) -> Iterator[Difference]:
    if before is None or after is None:
        yield from [] if before is after else [Difference("other", _text(before), _text(after))]
    elif not _same(before, after):
        around, without = _around(after, before), _around(before, after)
        if (around and is_range(before)) or (without and is_range(after)):
            yield Difference("slice", _text(before), _text(after))
            return
        yield from (Difference("around", "", name, beside) for name, beside in around)
        yield from (Difference("without", name, "", beside) for name, beside in without)
        yield from [] if around or without else _within(before, after)


def _within(before: ast.AST, after: ast.AST) -> Iterator[Difference]:
    match before, after:
        case ast.Call(), ast.Call():
            yield from _calls(before, after)
        case ast.BinOp(), ast.BinOp():
            yield from _operators(before, after)
        case ast.Subscript(), ast.Subscript():
            yield from _between(before.value, after.value)
            if not _same(before.slice, after.slice):
                texts = _text(before.slice), _text(after.slice)
                adds = _only_adds_axes(*texts)
                yield Difference("axes", "[]", "[]") if adds else Difference("slice", *texts)
        case ast.Compare(ops=[one]), ast.Compare(ops=[other]):
            if type(one) is not type(other):
                yield Difference("operator", type(one).__name__, type(other).__name__)
            yield from _pairs([before.left, *before.comparators], [after.left, *after.comparators])
        case (
            (ast.UnaryOp(), ast.UnaryOp())
            | (ast.List(), ast.List())
            | (ast.Tuple(), ast.Tuple())
            | (ast.ListComp(), ast.ListComp())
            | (ast.GeneratorExp(), ast.GeneratorExp())
        ) if _form(before) == _form(after):
            yield from _pairs(*[list(ast.iter_child_nodes(one)) for one in (before, after)])
        case (ast.Call() as call, _) | (_, ast.Call() as call) if _words(before) == _words(after):
            yield Difference("moved", _name(call), _name(call))
        case _:
            yield Difference("other", _text(before), _text(after))


def _calls(before: ast.Call, after: ast.Call) -> Iterator[Difference]:
    names = _name(before), _name(after)
    if names[0] != names[1]:
        if _words(before) == _words(after):
            yield Difference("moved", *names)  # each is called with what the other gives
            return
        yield Difference("function", *names)
        if before.args and after.args and _same(before.args[0], after.args[0]):
            return  # what else they are told is told otherwise
    elif not _same(before.func, after.func):
        yield from _between(_called_on(before), _called_on(after))
    what, told = _places(names[0])
    moved = [[_text(one) for one in call.args[told]] for call in (before, after)]
    if moved[0] != moved[1]:
        texts = names if names[0] == "expand_dims" else (", ".join(one) for one in moved)
        yield Difference(what, *texts)
    own, others = ([one for one in call.args if one not in call.args[told]] for call in (before, after))
    yield from _pairs(own, others)
    old, new = ({one.arg or "**": one.value for one in call.keywords} for call in (before, after))
    for name in dict.fromkeys([*old, *new]):
        if name not in old or name not in new:
            yield Difference("argument", *(name if name in given else "" for given in (old, new)))
        elif not _same(old[name], new[name]):
            simple = name in _TELLING or all(isinstance(given[name], _PLAIN) for given in (old, new))
            yield from [Difference("argument", name, name)] if simple else _between(old[name], new[name])


def _places(function: str) -> tuple[Literal["slice", "axes"], slice]:
    """Return which arguments of a function are indices, or move elements; or are axes, or lay them out anew."""
    if function.startswith("reduce_") or function in _TOLD_AXES:
        return "axes", slice(1, 2)
    return "slice", slice(*_PLACES.get(function, (0, 0)))


_PLACES = {"range": (0, None), "arange": (0, None), "pad": (1, 2), "roll": (1, 2)}

_TOLD_AXES = (
    *("argmax", "argmin", "concat", "cumsum", "expand_dims"),
    *("log_softmax", "reshape", "softmax", "squeeze", "stack", "transpose"),
)
"""Functions that are told axes after what they are given, beside reductions."""


def is_range(node: ast.AST) -> bool:
    """Return whether an expression counts from one number to another."""
    return isinstance(node, ast.Call) and _name(node) in ("range", "arange")


_TELLING = ("axis", "axes", "keepdims", "shift")
"""Arguments of which another value is another axis or shift, however it is written."""

_PLAIN = ast.Constant | ast.UnaryOp | ast.Tuple | ast.List


def _form(node: ast.AST) -> object:
    """Return what two nodes of a type have in common of which only the parts are to be compared."""
    return type(node.op) if isinstance(node, ast.UnaryOp) else len(list(ast.iter_child_nodes(node)))


def _only_adds_axes(before: str, after: str) -> bool:
    """Return whether two indices differ in where they have new axes, of which both have some, alone."""
    parts = [[part.strip() for part in text.strip("()").split(",")] for text in (before, after)]
    rest = [[part for part in some if part != "None"] for some in parts]
    return rest[0] == rest[1] and all("None" in some for some in parts)


def _words(node: ast.AST) -> list[str]:
    return sorted(re.findall(r"\w+|[^\w\s()]", _text(node)))


def _operators(before: ast.BinOp, after: ast.BinOp) -> Iterator[Difference]:
    if type(before.op) is not type(after.op):
        yield Difference("operator", type(before.op).__name__, type(after.op).__name__)
    elif _same(before.left, after.right) and _same(before.right, after.left):
        yield Difference("swapped", type(before.op).__name__, type(after.op).__name__)
        return
    yield from _pairs([before.left, before.right], [after.left, after.right])


def _pairs(before: Sequence[ast.AST], after: Sequence[ast.AST]) -> Iterator[Difference]:
    for one, other in zip(before, after, strict=False):
        yield from _between(one, other)
    for one in [*before[len(after) :], *after[len(before) :]]:
        yield Difference("other", *((_text(one), "") if one in before else ("", _text(one))))


def _around(whole: ast.AST, part: ast.AST) -> list[tuple[str, str]]:
    """Return what stands around a part of an expression, from the outside; empty where it is no part of it."""
    if _same(whole, part):
        return []
    for name, inner, beside in _inner(whole):
        if _same(inner, part):
            return [(name, beside)]
        deeper = _around(inner, part)
        if deeper:
            return [(name, beside), *deeper]
    return []


def _inner(node: ast.AST) -> Iterator[tuple[str, ast.AST, str]]:
    match node:
        case ast.Call(args=[*given]):
            owner = _called_on(node)
            yield from ((_name(node), one, "") for one in ([owner] if owner is not None else []) + given)
        case ast.UnaryOp(op=operator, operand=operand):
            yield type(operator).__name__, operand, ""
        case ast.BinOp(op=operator, left=left, right=right):
            for one, other in ((left, right), (right, left)):
                yield type(operator).__name__, one, _text(other)
        case ast.Subscript(value=value):
            yield "[]" if "None" in _text(node.slice) else "[...]", value, ""


def _called_on(call: ast.Call) -> ast.expr | None:
    return call.func.value if isinstance(call.func, ast.Attribute) else None


def _name(call: ast.Call) -> str:
    match call.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _same(one: Any, other: Any) -> bool:
    """Return whether two trees, or parts of them, are written alike, wherever they stand."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    if isinstance(one, ast.AST):
        return all(_same(getattr(one, name, None), getattr(other, name, None)) for name in one._fields)
    return bool(one == other)


def _text(node: ast.AST | None) -> str:
    return "" if node is None else ast.unparse(node)
