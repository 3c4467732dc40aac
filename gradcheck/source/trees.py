"""Syntax trees of the user's files, and the node at a position."""

from __future__ import annotations

import ast
import functools
from types import CodeType

from gradcheck.source.lines import lines_of

Position = tuple[int, int, int, int]
"""Line, column, end line, end column; lines count from 1, columns from 0 in UTF-8 bytes."""


def forget() -> None:
    """Forget the trees: a file may have been edited since."""
    for cached in (tree, _functions, statements, parents, nodes_in, _nodes, _statements_by_start):
        cached.cache_clear()


@functools.cache
def tree(filename: str) -> ast.Module:
    """Return the syntax tree of a file; empty for what is no Python, as a cell with magics."""
    try:
        return ast.parse("".join(lines_of(filename)))
    except SyntaxError:
        return ast.Module(body=[], type_ignores=[])


@functools.cache
def statements(filename: str) -> tuple[ast.Assign | ast.AnnAssign, ...]:
    """Return the assignments in a file."""
    return tuple(node for node in ast.walk(tree(filename)) if isinstance(node, ast.Assign | ast.AnnAssign))


@functools.cache
def parents(filename: str) -> dict[ast.AST, ast.AST]:
    """Return the parent of each node of a file."""
    return {child: node for node in ast.walk(tree(filename)) for child in ast.iter_child_nodes(node)}


@functools.cache
def nodes_in(node: ast.AST) -> tuple[ast.AST, ...]:
    """Return a node of a file and all that are in it."""
    return tuple(ast.walk(node))


def enclosing_statement(node: ast.AST | None, filename: str) -> ast.stmt | None:
    """Return the statement that a node is in, or is."""
    while node is not None and not isinstance(node, ast.stmt):
        node = parents(filename).get(node)
    return node


def outermost_statement(node: ast.AST, filename: str) -> ast.stmt:
    """Return the statement of a module that a node of it is in: several may stand in one line."""
    above, outer = parents(filename), node
    while not isinstance(above[outer], ast.Module):
        outer = above[outer]
    assert isinstance(outer, ast.stmt)
    return outer


@functools.cache
def _nodes(filename: str) -> dict[Position, ast.expr | ast.stmt]:
    """Index the expressions and statements of a file by where they stand; of equals, the innermost."""
    return {
        node_position(node): node
        for node in ast.walk(tree(filename))
        if isinstance(node, ast.expr | ast.AugAssign)
    }


def node_at(filename: str, position: Position) -> ast.expr | ast.stmt | None:
    """Return the expression or augmented assignment at a position, if the file has one there."""
    nodes = _nodes(filename)
    if position in nodes:
        return nodes[position]
    # A method call over several lines is recorded from the line of the method's name on: the node that
    # ends at the same place and starts nearest before it is the call.
    start, end = position[:2], position[2:]
    enclosing = [place for place in nodes if place[2:] == end and place[:2] <= start]
    return nodes[max(enclosing)] if enclosing else None


def loop_around(filename: str, iterable: Position) -> Position | None:
    """Return where the ``for`` or the comprehension stands that goes through the iterable at a position."""
    node = node_at(filename, iterable)
    loop = parents(filename).get(node) if node is not None else None
    match loop:
        case ast.For(iter=value) if value is node:
            return node_position(loop)
        case ast.comprehension(iter=value) if value is node:
            whole = parents(filename)[loop]
            return node_position(whole) if isinstance(whole, ast.expr) else None
    return None


@functools.cache
def _statements_by_start(filename: str) -> dict[tuple[int, int], ast.stmt]:
    return {
        (node.lineno, node.col_offset): node
        for node in ast.walk(tree(filename))
        if isinstance(node, ast.stmt)
    }


def statement_around(filename: str, position: Position) -> ast.stmt | ast.Lambda | None:
    """Return the innermost statement, or lambda, around a position, if the file has code there."""
    node: ast.AST | None = node_at(filename, position)
    if node is None:  # a `for` asks for its next element by itself
        return _statements_by_start(filename).get(position[:2])
    while node is not None and not isinstance(node, ast.stmt | ast.Lambda):
        node = parents(filename).get(node)
    return node


def statement_lines(filename: str, line: int) -> tuple[int, int]:
    """Return the first and last line of the innermost simple statement around a line."""
    around = [
        (node.lineno, node.end_lineno or node.lineno)
        for node in ast.walk(tree(filename))
        if isinstance(node, ast.stmt) and not hasattr(node, "body")
        if node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    return max(around, default=(line, line))


@functools.cache
def _functions(filename: str) -> tuple[ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, ...]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    return tuple(node for node in ast.walk(tree(filename)) if isinstance(node, kinds))


def function_at(code: CodeType) -> ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | None:
    """Return the definition of the function whose code it is, if the file has it."""
    for node in _functions(code.co_filename):
        match node:
            case ast.FunctionDef(name=code.co_name) | ast.AsyncFunctionDef(name=code.co_name):
                if code.co_firstlineno == min([node.lineno, *(each.lineno for each in node.decorator_list)]):
                    return node
            case ast.Lambda(lineno=code.co_firstlineno) if code.co_name == "<lambda>" and _holds(node, code):
                return node
    return None


def functions_around(code: CodeType) -> list[ast.AST]:
    """Return the definition of the function whose code it is, and those around it; none if not in its file."""
    found: list[ast.AST] = []
    node: ast.AST | None = function_at(code)
    while node is not None:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            found.append(node)
        node = parents(code.co_filename).get(node)
    return found


def function_above(node: ast.AST, filename: str) -> ast.FunctionDef | None:
    """Return the function that a node is in, lambdas aside; None where it is in none."""
    above: ast.AST | None = node
    while above is not None and not isinstance(above, ast.FunctionDef):
        above = parents(filename).get(above)
    return above


def innermost_function(node: ast.AST, filename: str) -> ast.FunctionDef | ast.Lambda | None:
    """Return the function, or lambda, that a node is in; None where it is in none."""
    above: ast.AST | None = node
    while above is not None and not isinstance(above, ast.FunctionDef | ast.Lambda):
        above = parents(filename).get(above)
    return above


def _holds(node: ast.Lambda, code: CodeType) -> bool:
    """Return whether the code of a lambda, which has no name, is that of `node`: several may be on a line."""
    first_line, first_column, last_line, last_column = node_position(node)
    return all(
        (first_line, first_column) <= (line, column) and (end_line, end_column) <= (last_line, last_column)
        for line, end_line, column, end_column in code.co_positions()
        if line and end_line and column and end_column  # what begins a function is in column 0
    )


def node_position(node: ast.expr | ast.stmt) -> Position:
    """Return where a node stands."""
    assert node.end_lineno is not None and node.end_col_offset is not None
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset
