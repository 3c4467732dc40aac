"""Where in the source something happened: files, spans of expressions, and the operands inside them."""

from __future__ import annotations

import ast
import functools
import itertools
import linecache
import os
import pathlib
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import CodeType

_STDLIB = sysconfig.get_paths()["stdlib"] + os.sep
_OURS = str(pathlib.Path(__file__).parent) + os.sep
_PACKAGES = ("site-packages", "dist-packages")


@functools.cache
def is_user_file(filename: str) -> bool:
    """Return whether code in `filename` is the user's own: not installed, not Python's, not ours."""
    if filename.startswith(("<frozen ", _STDLIB, _OURS)):
        return False
    return not any(part in _PACKAGES for part in pathlib.PurePath(filename).parts)


def is_own_file(filename: str) -> bool:
    """Return whether `filename` is part of gradcheck."""
    return filename.startswith(_OURS)


@dataclass(frozen=True, slots=True)
class Site:
    """The place in running code that asked for an op: a code object and an instruction in it (bytes)."""

    code: CodeType
    instruction: int


def read_anew() -> None:
    """Forget what was read of the sources: a file may have been edited since."""
    linecache.checkcache()
    for cached in (span_of, _tree, _statements, _parents, _nodes):
        cached.cache_clear()


@dataclass(frozen=True, slots=True)
class Span:
    """An expression in a file.

    Lines and columns count from 1, columns in characters; `end_column` is one past the last character.
    `text` is the expression as written, or "" where the source is unavailable (code made by `exec`).
    """

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str

    @property
    def place(self) -> str:
        """``file:line:column``, which editors and terminals turn into a link."""
        return f"{self.file}:{self.line}:{self.column}"


_Position = tuple[int, int, int, int]  # line, column, end line, end column; columns in UTF-8 bytes


@functools.cache
def span_of(site: Site) -> Span:
    """Return the span of the very expression that `site` was evaluating."""
    filename, position = site.code.co_filename, _position(site)
    node = _node_at(filename, position)
    return _span(filename, _node_position(node) if isinstance(node, ast.Call) else position)


def operand_spans(site: Site, names: frozenset[str]) -> list[Span]:
    """Return the spans of the operands of the expression at `site`, in order.

    Operators (``a * b``, ``a += b``, ``a < b``) always have them. A call has them only when the called
    name is in `names` and all arguments are positional, so that argument i is operand i. Otherwise the
    list is empty: which argument became which operand would be a guess.
    """
    node = _node_at(site.code.co_filename, _position(site))
    match node:
        case ast.BinOp(left=left, right=right) | ast.AugAssign(target=left, value=right):
            operands: list[ast.expr] = [left, right]
        case ast.Compare(left=left, comparators=[right]):
            operands = [left, right]
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name), args=args, keywords=[]):
            operands = args if name in names else []
        case _:
            operands = []
    return [_span(site.code.co_filename, _node_position(operand)) for operand in operands]


@dataclass(frozen=True, slots=True)
class Call:
    """A call as written: the called name, and the spans of what is called and of the arguments."""

    name: str
    function: Span
    span: Span
    positional: tuple[Span, ...]
    keywords: Mapping[str, Span]


def call_at(site: Site) -> Call | None:
    """Return the call that `site` was evaluating, or None when it is no call or the source is unavailable."""
    filename = site.code.co_filename
    node = _node_at(filename, _position(site))
    if not isinstance(node, ast.Call) or any(isinstance(argument, ast.Starred) for argument in node.args):
        return None
    match node.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            pass
        case _:
            return None
    return Call(
        name=name,
        function=_span(filename, _node_position(node.func)),
        span=_span(filename, _node_position(node)),
        positional=tuple(_span(filename, _node_position(argument)) for argument in node.args),
        keywords={
            keyword.arg: _span(filename, _node_position(keyword.value))
            for keyword in node.keywords
            if keyword.arg is not None
        },
    )


def is_expression(site: Site) -> bool:
    """Return whether `site` was evaluating an expression that is found in the source, and no statement."""
    return isinstance(_node_at(site.code.co_filename, _position(site)), ast.expr)


def sliced_at(site: Site) -> Span | None:
    """Return the span of what is indexed by the expression at `site`, when that is ``x[...]``."""
    node = _node_at(site.code.co_filename, _position(site))
    if not isinstance(node, ast.Subscript):
        return None
    return _span(site.code.co_filename, _node_position(node.value))


def is_taken_apart(site: Site) -> bool:
    """Return whether several values may come of the expression at `site`: ``a, b = f(x)``, ``f(x)[0]``."""
    filename = site.code.co_filename
    node = _node_at(filename, _position(site))
    match _parents(filename).get(node) if node is not None else None:
        case ast.Assign(targets=targets):
            return any(isinstance(target, ast.Tuple | ast.List) for target in targets)
        case ast.Subscript(value=value) | ast.Attribute(value=value) | ast.Starred(value=value):
            return value is node
        case ast.For(iter=value) | ast.comprehension(iter=value):
            return value is node
    return False


def stands_alone(site: Site) -> bool:
    """Return whether anything may be written in place of the expression at `site` without parentheses."""
    filename, position = site.code.co_filename, _position(site)
    node = _node_at(filename, position)
    if node is None:
        return False
    line, column, end_line, end_column = _node_position(node)
    before = linecache.getline(filename, line).encode()[:column].rstrip()
    after = linecache.getline(filename, end_line).encode()[end_column:].lstrip()
    if before.endswith(b"(") and after.startswith(b")"):
        return True
    parent = _parents(filename).get(node)
    match parent:
        case ast.Call(func=bound_tightly) | ast.Subscript(value=bound_tightly):
            return bound_tightly is not node
    return isinstance(parent, _SEPARATING)


_SEPARATING = (ast.stmt, ast.keyword, ast.Lambda, ast.List, ast.Tuple, ast.Dict)
"""What keeps the expressions in it apart without parentheses."""


def means_the_same(span: Span, there: Site, here: Site) -> bool:
    """Return whether the expression at `span`, evaluated `there`, has the same value `here`.

    So it is where it stands within the expression at `here`, and where both belong to one function that
    binds each of its names once at most, before `here`.
    """
    whole = span_of(here)
    if (whole.line, whole.column) <= (span.line, span.column) and (span.end_line, span.end_column) <= (
        whole.end_line,
        whole.end_column,
    ):
        return True
    names = {node.id for node in ast.walk(ast.parse(f"({span.text})")) if isinstance(node, ast.Name)}
    function = _function_around(there) if there.code is here.code else None
    return function is not None and all(_is_bound_once(name, function, whole.line) for name in names)


def _function_around(site: Site) -> ast.AST | None:
    tree = _tree(site.code.co_filename)
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and node.name == site.code.co_name
        if node.lineno <= _position(site)[0] <= (node.end_lineno or node.lineno)
    ]
    return max(found, key=lambda node: node.lineno, default=None)


def _is_bound_once(name: str, function: ast.AST, line: int) -> bool:
    """Return whether `name` keeps its value in `function`: an argument, or set once before `line`."""
    inner = {
        node for part in ast.walk(function) if isinstance(part, ast.comprehension) for node in ast.walk(part)
    }
    lines = [
        line if node in inner else getattr(node, "lineno", line)
        for node in ast.walk(function)
        if (isinstance(node, ast.Name) and node.id == name and not isinstance(node.ctx, ast.Load))
        or (isinstance(node, ast.arg) and node.arg == name)
    ]
    return not lines or (len(lines) == 1 and lines[0] < line)


def assignment_at(site: Site) -> str | None:
    """Return the name that the statement around `site` assigns to, when it assigns to a single name."""
    line = _position(site)[0]
    for node in _statements(site.code.co_filename):
        if node.lineno <= line <= (node.end_lineno or node.lineno):
            match node:
                case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                    return name
    return None


def rewritten(span: Span, replacements: Sequence[tuple[Span, str]]) -> str:
    """Return the text of `span` with parts of it replaced."""
    text = span.text
    for part, new in sorted(replacements, key=lambda pair: (pair[0].line, pair[0].column), reverse=True):
        start, end = _offset(span, part.line, part.column), _offset(span, part.end_line, part.end_column)
        text = text[:start] + new + text[end:]
    return text


def with_operator(site: Site, old: str, new: str) -> str | None:
    """Return the expression at `site` with the operator between its two operands replaced."""
    operands = operand_spans(site, frozenset())
    if len(operands) != 2:
        return None
    span, (left, right) = span_of(site), operands
    start = _offset(span, left.end_line, left.end_column)
    end = _offset(span, right.line, right.column)
    between = span.text[start:end]
    return (
        span.text[:start] + between.replace(old, new) + span.text[end:] if between.count(old) == 1 else None
    )


def with_keywords(call: Call, settings: Mapping[str, str], positions: Mapping[str, int]) -> str | None:
    """Return the text of `call` with keyword arguments set, replaced or appended.

    An argument that was given by position is replaced there: `positions` says which is at which.
    """
    if not call.span.text.endswith(")"):
        return None
    given = {name: call.positional[at] for name, at in positions.items() if at < len(call.positional)}
    given |= call.keywords
    present = [(given[name], value) for name, value in settings.items() if name in given]
    absent = {name: value for name, value in settings.items() if name not in given}
    text = rewritten(call.span, present)
    return (
        text[:-1].rstrip().rstrip(",") + "".join(f", {name}={value}" for name, value in absent.items()) + ")"
    )


def _offset(span: Span, line: int, column: int) -> int:
    """Return where a position in the file lies in the text of `span`."""
    before = span.text.splitlines(keepends=True)[: line - span.line]
    return sum(len(text) for text in before) + column - (span.column if line == span.line else 1)


def line_span(filename: str, line: int) -> Span:
    """Return the span of a whole line, without its indentation and line end."""
    text = linecache.getline(filename, line).rstrip("\n")
    return _span(filename, (line, len(text) - len(text.lstrip()), line, len(text.encode())))


def source_lines(span: Span) -> list[str]:
    """Return the source lines of `span` without their line ends; empty when the source is unavailable."""
    lines = linecache.getlines(_resolve(span.file))[span.line - 1 : span.end_line]
    return [line.rstrip("\n") for line in lines]


def shown_path(filename: str) -> str:
    """Return `filename` relative to the working directory where it lies below it."""
    path = pathlib.Path(filename)
    try:
        return str(path.relative_to(pathlib.Path.cwd()))
    except ValueError:
        return filename


def _resolve(file: str) -> str:
    path = pathlib.Path.cwd() / file
    return str(path) if not file.startswith("<") and path.exists() else file


def _position(site: Site) -> _Position:
    positions = next(itertools.islice(site.code.co_positions(), site.instruction // 2, None))
    line, end_line, column, end_column = positions
    line = line or site.code.co_firstlineno
    if column is None or end_column is None:  # Python was started with -X no_debug_ranges
        text = linecache.getline(site.code.co_filename, line).rstrip("\n")
        return line, len(text) - len(text.lstrip()), line, len(text.encode())
    return line, column, end_line or line, end_column


def _span(filename: str, position: _Position) -> Span:
    line, column, end_line, end_column = position
    lines = [text.encode() for text in linecache.getlines(filename)[line - 1 : end_line]]
    start, end = column, end_column
    text = ""
    if lines:
        start = len(lines[0][:column].decode(errors="replace"))
        end = len(lines[-1][:end_column].decode(errors="replace"))
        lines[-1] = lines[-1][:end_column]
        lines[0] = lines[0][column:]
        text = b"".join(lines).decode(errors="replace")
    return Span(shown_path(filename), line, start + 1, end_line, end + 1, text)


@functools.cache
def _tree(filename: str) -> ast.Module:
    """Return the syntax tree of a file; empty for what is no Python, as a cell with magics."""
    try:
        return ast.parse("".join(linecache.getlines(filename)))
    except SyntaxError:
        return ast.Module(body=[], type_ignores=[])


@functools.cache
def _statements(filename: str) -> tuple[ast.stmt, ...]:
    return tuple(node for node in ast.walk(_tree(filename)) if isinstance(node, ast.Assign | ast.AnnAssign))


@functools.cache
def _parents(filename: str) -> dict[ast.AST, ast.AST]:
    return {child: node for node in ast.walk(_tree(filename)) for child in ast.iter_child_nodes(node)}


@functools.cache
def _nodes(filename: str) -> dict[_Position, ast.expr | ast.stmt]:
    """Index the expressions and statements of a file by where they stand; of equals, the innermost."""
    return {
        _node_position(node): node
        for node in ast.walk(_tree(filename))
        if isinstance(node, ast.expr | ast.AugAssign)
    }


def _node_at(filename: str, position: _Position) -> ast.expr | ast.stmt | None:
    nodes = _nodes(filename)
    if position in nodes:
        return nodes[position]
    # A method call over several lines is recorded from the line of the method's name on: the node that
    # ends at the same place and starts nearest before it is the call.
    start, end = position[:2], position[2:]
    enclosing = [place for place in nodes if place[2:] == end and place[:2] <= start]
    return nodes[max(enclosing)] if enclosing else None


def _node_position(node: ast.expr | ast.stmt) -> _Position:
    assert node.end_lineno is not None and node.end_col_offset is not None
    return node.lineno, node.col_offset, node.end_lineno, node.end_col_offset
