"""The block of a script between a tape and its gradient: its statements, and the names that it reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gradcheck.source.lines import lines_of
from gradcheck.source.reads import names_read
from gradcheck.source.trees import parents, tree

Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True, eq=False)
class Block:
    """A tape's `with` statement up to the call that asks the tape for a gradient.

    Parameters
    ----------
    filename
        The file that it is written in.
    around
        The `with` statement.
    call
        The call of `gradient`.
    body
        The statements inside the `with` that come before that call.
    """

    filename: str
    around: ast.With
    call: ast.Call
    body: Sequence[ast.stmt]

    @property
    def target(self) -> ast.expr:
        """What is differentiated."""
        given = _given(self.call, 0, "target")
        assert given is not None
        return given

    @property
    def sources(self) -> ast.expr | None:
        """What the gradient is taken for, as it is written."""
        return _given(self.call, 1, "sources")

    @property
    def lines(self) -> tuple[int, int]:
        """The first and last line, the call of `gradient` included."""
        return self.around.lineno, self.call.end_lineno or self.call.lineno

    @property
    def reads(self) -> frozenset[str]:
        """The names whose values come from outside the block."""
        header = ast.With(self.around.items, [*self.body, ast.Expr(self.target)])
        return names_read([header])

    def obstacle(self) -> str:
        """Return why the block cannot be made a function; "" if it can."""
        leaving = next(_leaving(self.body), None)
        if leaving is not None:
            kind = type(leaving).__name__.lower()
            return f"line {leaving.lineno}: `{kind}` leaves the block before its end; move it out of the tape"
        for node in _nodes(self.body):
            if isinstance(node, ast.Name) and node.id == "super":
                return f"line {node.lineno}: `super()` works inside a method only; call the class by its name"
            if (
                isinstance(node, ast.Attribute)
                and node.attr.startswith("__")
                and not node.attr.endswith("__")
            ):
                return f"line {node.lineno}: the private name `{node.attr}` works inside its class only; rename it"
        return ""

    def text(self) -> str:
        """Return the source of the `with` statement up to the call, without its indentation."""
        last = self.body[-1].end_lineno
        lines = lines_of(self.filename)[self.around.lineno - 1 : last]
        return "".join(_dedented(line, self.around.col_offset) for line in lines).rstrip() + "\n"

    def target_text(self) -> str:
        """Return the source of what is differentiated."""
        return ast.unparse(self.target)


def blocks_at(filename: str, line: int) -> list[Block]:
    """Return the blocks of the tape that is opened on a line: one for each gradient that it may be asked for."""
    opened = [
        node
        for node in ast.walk(tree(filename))
        if isinstance(node, ast.With) and node.lineno <= line < max(node.lineno + 1, node.body[0].lineno)
    ]
    if not opened:
        return []
    around = max(opened, key=lambda node: node.lineno)
    names = {item.optional_vars.id for item in around.items if isinstance(item.optional_vars, ast.Name)}
    scope = scope_of(around, filename)
    calls = [call for call in _gradients(filename, names) if scope_of(call, filename) is scope]
    return [block for call in calls if (block := _block(filename, around, call)) is not None]


def scope_of(node: ast.AST, filename: str) -> ast.AST | None:
    """Return the function around a node; None at the level of the module."""
    above = parents(filename).get(node)
    while above is not None and not isinstance(above, Scope):
        above = parents(filename).get(above)
    return above


def _gradients(filename: str, names: set[str]) -> list[ast.Call]:
    return [
        node
        for node in ast.walk(tree(filename))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "gradient"
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in names
        and _given(node, 0, "target") is not None
    ]


def _block(filename: str, around: ast.With, call: ast.Call) -> Block | None:
    if (call.lineno, call.col_offset) < (around.lineno, around.col_offset):
        return None
    body = [
        each
        for each in around.body
        if (each.end_lineno or 0, each.end_col_offset or 0) <= (call.lineno, call.col_offset)
    ]
    return Block(filename, around, call, body) if body else None


def _given(call: ast.Call, position: int, keyword: str) -> ast.expr | None:
    if len(call.args) > position:
        return call.args[position]
    return next((each.value for each in call.keywords if each.arg == keyword), None)


def _nodes(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    for statement in body:
        yield from ast.walk(statement)


def _leaving(body: Sequence[ast.stmt], in_loop: bool = False) -> Iterator[ast.stmt]:
    """Yield the statements that would leave the block: those of functions and loops within it do not."""
    for statement in body:
        if isinstance(statement, ast.Return) or (
            isinstance(statement, ast.Break | ast.Continue) and not in_loop
        ):
            yield statement
        if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        loop = in_loop or isinstance(statement, ast.For | ast.While | ast.AsyncFor)
        for _, value in ast.iter_fields(statement):
            if isinstance(value, list):
                inner = [each for each in value if isinstance(each, ast.stmt)]
                handlers = [
                    each.body for each in value if isinstance(each, ast.ExceptHandler | ast.match_case)
                ]
                for part in (inner, *handlers):
                    yield from _leaving(part, loop)


def _dedented(line: str, width: int) -> str:
    return line[width:] if not line[:width].strip() else line
