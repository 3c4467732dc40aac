"""The parts of an expression at a location, and its context."""

from __future__ import annotations

import ast
import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from gradcheck.source.lines import line_of
from gradcheck.source.spans import Site, Span, line_span, node_of, position_of, span_of, span_of_node
from gradcheck.source.trees import node_position, parents, statement_around, statements, tree


def operand_spans(site: Site, names: frozenset[str]) -> list[Span]:
    """Return the spans of the operands of the expression at `site`, in order.

    Operators (``a * b``, ``a += b``, ``a < b``) always have them. A call has them only when the called
    name is in `names` and all arguments are positional, so that argument i is operand i. Otherwise the
    list is empty: which argument became which operand would be a guess.
    """
    return [span_of_node(operand, site) for operand in _operands(node_of(site), names)]


def operand_nodes(site: Site, names: frozenset[str]) -> list[ast.expr]:
    """Return the operands of the expression at `site` in the tree of its file; see `operand_spans`."""
    return _operands(node_of(site), names)


def assigned_names(site: Site) -> list[ast.expr]:
    """Return the names that a statement gives to the expression at `site`: ``a = f(x)``, ``a, b = f(x), g(y)``."""
    node = node_of(site)
    above = parents(site.code.co_filename)
    parent = above.get(node) if node is not None else None
    match parent:
        case ast.Assign(targets=targets, value=value) if value is node:
            return [target for target in targets if isinstance(target, ast.Name)]
        case ast.Tuple(elts=parts):
            match above.get(parent):
                case ast.Assign(targets=[ast.Tuple(elts=names)], value=value) if value is parent and len(
                    names
                ) == len(parts):
                    return [name for name, part in zip(names, parts, strict=True) if part is node]
    return []


def _operands(node: ast.AST | None, names: frozenset[str]) -> list[ast.expr]:
    match node:
        case ast.BinOp(left=left, right=right) | ast.AugAssign(target=left, value=right):
            return [left, right]
        case ast.Compare(left=left, comparators=[right]):
            return [left, right]
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=args, keywords=[]):
            return args if name in names else []
    return []


def asks_for_an_axis(site: Site, names: frozenset[str]) -> bool:
    """Return whether an operand of the expression at `site` is written as one that is given an axis.

    ``x[:, None]``, ``tf.expand_dims(x, 1)``, ``x.reshape(-1, 1)``, ``x.T``, or a reduction with
    ``keepdims=True``, each also under a sign or in a function of it. Or one operand keeps an axis that
    the other drops: ``a[:, 0:1]`` and ``b[:, 0]``.
    """
    operands = _operands(node_of(site), names)
    if any(_asks(operand) for operand in operands):
        return True
    indices = [operand.slice for operand in operands if isinstance(operand, ast.Subscript)]
    return len(indices) == 2 and {_keeps_an_axis(index) for index in indices} == {True, False}


def _asks(node: ast.AST) -> bool:
    match node:
        case ast.UnaryOp(operand=operand):
            return _asks(operand)
        case ast.Attribute(attr="T"):
            return True
        case ast.Subscript(slice=index):
            return any(_is_new_axis(part) for part in ast.walk(index))
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=args, keywords=keywords):
            if name == "reshape" and args and ast.unparse(args[-1]) in _FLAT:
                return False
            kept = any(each.arg in ("keepdims", "keep_dims") for each in keywords)
            return kept or name in _GIVING or (name in _PASSING and any(_asks(each) for each in args[:1]))
    return False


_FLAT = {"-1", "[-1]", "(-1,)"}
"""Shapes that leave one axis alone."""

_GIVING = {"expand_dims", "reshape", "transpose", "newaxis", "outer", "matrix_transpose"}
_PASSING = {"abs", "cast", "constant", "convert_to_tensor", "exp", "log", "sqrt", "square", "stop_gradient"}


def _keeps_an_axis(index: ast.expr) -> bool:
    """Return whether an index takes one place of an axis and keeps the axis: ``0:1``."""
    return any(
        isinstance(part, ast.Slice) and part.lower is not None and part.upper is not None
        for part in ast.walk(index)
    )


def _is_new_axis(node: ast.AST) -> bool:
    match node:
        case ast.Constant(value=None):
            return True
        case ast.Attribute(attr="newaxis") | ast.Name(id="newaxis"):
            return True
    return False


@dataclass(frozen=True, slots=True)
class Call:
    """A call as written: the called name, and the spans of what is called and of the arguments."""

    name: str
    function: Span
    span: Span
    positional: tuple[Span, ...]
    keywords: Mapping[str, Span]


def call_at(site: Site) -> Call | None:
    """Return the call that `site` was evaluating, or None if it is not a call or the source is not available."""
    node = node_of(site)
    if not isinstance(node, ast.Call) or any(isinstance(argument, ast.Starred) for argument in node.args):
        return None
    match node.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            pass
        case _:
            return None
    return Call(
        name=name,
        function=span_of_node(node.func, site),
        span=span_of_node(node, site),
        positional=tuple(span_of_node(argument, site) for argument in node.args),
        keywords={
            keyword.arg: span_of_node(keyword.value, site)
            for keyword in node.keywords
            if keyword.arg is not None
        },
    )


def is_expression(site: Site) -> bool:
    """Return whether `site` was evaluating an expression that is found in the source, and no statement."""
    return isinstance(node_of(site), ast.expr)


def statement_at(site: Site) -> Span:
    """Return the span of the statement around `site`, or of the lambda that it is in.

    Of ``for``, ``with`` and the like it is the first line; where the source is unavailable, that of the
    expression.
    """
    node = statement_around(site.code.co_filename, position_of(site))
    if node is None:
        return span_of(site)
    if isinstance(getattr(node, "body", None), list):
        return line_span(site.code.co_filename, node.lineno)
    return span_of_node(node, site)


def is_taken_apart(site: Site) -> bool:
    """Return whether several values may come of the expression at `site`: ``a, b = f(x)``, ``f(x)[0]``."""
    node = node_of(site)
    match parents(site.code.co_filename).get(node) if node is not None else None:
        case ast.Assign(targets=targets):
            return any(isinstance(target, ast.Tuple | ast.List) for target in targets)
        case ast.Subscript(value=value) | ast.Attribute(value=value) | ast.Starred(value=value):
            return value is node
        case ast.For(iter=value) | ast.comprehension(iter=value):
            return value is node
    return False


def stands_alone(site: Site) -> bool:
    """Return whether anything may be written in place of the expression at `site` without parentheses."""
    filename, node = site.code.co_filename, node_of(site)
    if node is None:
        return False
    line, column, end_line, end_column = node_position(node)
    before = line_of(filename, line).encode()[:column].rstrip()
    after = line_of(filename, end_line).encode()[end_column:].lstrip()
    if before.endswith(b"(") and after.startswith(b")"):
        return True
    parent = parents(filename).get(node)
    match parent:
        case ast.Call(func=bound_tightly) | ast.Subscript(value=bound_tightly):
            return bound_tightly is not node
    return isinstance(parent, _SEPARATING)


_SEPARATING = (ast.stmt, ast.keyword, ast.Lambda, ast.List, ast.Tuple, ast.Dict)
"""What keeps the expressions in it apart without parentheses."""


def means_the_same(span: Span, there: Site, here: Site) -> bool:
    """Return whether the expression at `span`, evaluated `there`, has the same value `here`.

    So it is where it stands within the expression at `here`, and where both belong to one function that
    binds each of its names once at most, before `here`, or not in between in the same round of each loop.
    """
    whole = span_of(here)
    if (whole.line, whole.column) <= (span.line, span.column) and (span.end_line, span.end_column) <= (
        whole.end_line,
        whole.end_column,
    ):
        return True
    names = {node.id for node in ast.walk(ast.parse(f"({span.text})")) if isinstance(node, ast.Name)}
    function = function_around(there) if there.code is here.code else None
    return function is not None and all(
        _is_bound_once(name, function, whole.line) or _keeps(name, function, span, whole.line)
        for name in names
    )


def function_around(site: Site) -> ast.AST | None:
    """Return the function in which a place is, if the file has it; a lambda is no function of its own."""
    line = position_of(site)[0]
    found = [
        node
        for node in _functions(tree(site.code.co_filename))
        if node.name == site.code.co_name and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    return max(found, key=lambda node: node.lineno, default=None)


@functools.lru_cache(maxsize=64)
def _functions(whole: ast.AST) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(whole) if isinstance(node, ast.FunctionDef)]


def _is_bound_once(name: str, function: ast.AST, line: int) -> bool:
    """Return whether `name` keeps its value in `function`: an argument, or set once before `line`.

    What a loop sets it sets in each round, and after it, it is the last one's.
    """
    lines = _bindings(function).get(name, [])
    if len(lines) != 1:
        return not lines
    return (lines[0] or line) < line and not _is_in_a_loop_without(lines[0], line, function)


def _is_in_a_loop_without(bound: int | None, line: int, function: ast.AST) -> bool:
    return any(bound in loop and line not in loop for loop in _loops(function))


def _keeps(name: str, function: ast.AST, span: Span, line: int) -> bool:
    """Return whether no statement from `span` to `line` binds `name` anew, in the same round of each loop."""
    if any((span.line in loop) != (line in loop) for loop in _loops(function)):
        return False
    lines = _bindings(function).get(name, [])
    binding = _binding_at(span, function) if span.text == name else None
    if binding is not None and line <= (binding.end_lineno or binding.lineno):
        return False  # it is what the name will be given
    return span.line <= line and not any(
        one is None or span.line < one < line or (one == span.line and binding is None) for one in lines
    )


def _binding_at(span: Span, function: ast.AST) -> ast.stmt | None:
    """Return the statement that binds the name at `span`; None where that is read."""
    for node in ast.walk(function):
        if isinstance(node, ast.stmt) and not hasattr(node, "body"):
            for one in ast.walk(node):
                if not isinstance(one, ast.Name) or not isinstance(one.ctx, ast.Store):
                    continue
                if (one.lineno, one.col_offset) == (span.line, span.column - 1):
                    return node
    return None


@functools.lru_cache(maxsize=256)
def _loops(function: ast.AST) -> list[range]:
    """Return the lines of each loop of a function."""
    return [
        range(node.lineno, (node.end_lineno or node.lineno) + 1)
        for node in ast.walk(function)
        if isinstance(node, ast.For | ast.While)
    ]


@functools.lru_cache(maxsize=256)
def _bindings(function: ast.AST) -> Mapping[str, list[int | None]]:
    """Return the lines in which the names of a function are bound; None for those of a comprehension."""
    inner = {
        node for part in ast.walk(function) if isinstance(part, ast.comprehension) for node in ast.walk(part)
    }
    found: dict[str, list[int | None]] = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
            found.setdefault(node.id, []).append(None if node in inner else node.lineno)
        elif isinstance(node, ast.arg):
            found.setdefault(node.arg, []).append(node.lineno)
    return found


def named_at(site: Site) -> Literal["whole", "part"] | None:
    """Return how much of what a statement gives a single name the expression at `site` is; None where none is."""
    place = position_of(site)
    for node in statements(site.code.co_filename):
        if node.lineno <= place[0] <= (node.end_lineno or node.lineno):
            match node:
                case (
                    ast.Assign(targets=[ast.Name()], value=value)
                    | ast.AnnAssign(target=ast.Name(), value=ast.expr() as value)
                ):
                    return "whole" if node_position(value) == place else "part"
    return None
