"""Which names a piece of source reads from outside, and which attributes it asks for."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Iterable, Sequence


def names_read(body: Sequence[ast.stmt]) -> frozenset[str]:
    """Return the names that may be read before the statements have assigned to them, in order.

    A branch or a loop that may not run assigns nothing for certain.
    """
    flow = _Flow()
    flow.statements(body)
    return frozenset(flow.read)


def assigned(body: Iterable[ast.AST]) -> frozenset[str]:
    """Return the names that the statements assign to, functions within them apart."""
    return frozenset(
        node.id
        for statement in body
        for node in _own_nodes(statement)
        if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load)
    )


def globals_read(source: str) -> frozenset[str]:
    """Return the names that a definition reads from around it, those that functions within it read too."""
    found: set[str] = set()
    tables = [symtable.symtable(source, "<cut>", "exec")]
    top = {symbol.get_name() for symbol in tables[0].get_symbols() if symbol.is_assigned()}
    while tables:
        table = tables.pop()
        for symbol in table.get_symbols():
            outside = symbol.is_global() or table.get_type() == "module"
            if outside and symbol.is_referenced():
                found.add(symbol.get_name())
        tables += table.get_children()
    return frozenset(found - top)


def read_when_defined(node: ast.stmt) -> frozenset[str]:
    """Return the names that have to be there when a definition runs, such as decorators, defaults and bases."""
    parts: list[ast.AST] = []
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        parts = [
            *node.decorator_list,
            *node.args.defaults,
            *(d for d in node.args.kw_defaults if d is not None),
        ]
        parts += [each.annotation for each in _arguments(node.args) if each.annotation is not None]
        parts += [node.returns] if node.returns is not None else []
    elif isinstance(node, ast.ClassDef):
        parts = [*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)]
        inner = [read_when_defined(each) for each in node.body if isinstance(each, _DEFINITIONS)]
        parts += [each for each in node.body if not isinstance(each, _DEFINITIONS)]
        return frozenset().union(*inner, _loaded(parts))
    else:
        parts = [node]
    return _loaded(parts)


_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _arguments(arguments: ast.arguments) -> list[ast.arg]:
    rest = [each for each in (arguments.vararg, arguments.kwarg) if each is not None]
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, *rest]


def attributes_read(tree: ast.AST) -> frozenset[str]:
    """Return the names of all attributes that are asked for, with `getattr` too."""
    found = set()
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name):
                found.add(name)
            case ast.Call(
                func=ast.Name(id="getattr" | "hasattr"), args=[_, ast.Constant(value=str(name)), *_]
            ):
                found.add(name)
    return frozenset(found)


def _loaded(nodes: Iterable[ast.AST]) -> frozenset[str]:
    return frozenset(
        inner.id
        for node in nodes
        for inner in ast.walk(node)
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load)
    )


def _own_nodes(node: ast.AST) -> Iterable[ast.AST]:
    """Yield a node and those within it that are in the same scope."""
    yield node
    if isinstance(node, _DEFINITIONS):
        return
    for child in ast.iter_child_nodes(node):
        if isinstance(child, _SCOPES):
            continue
        yield from _own_nodes(child)


_COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
_SCOPES = (ast.Lambda, *_COMPREHENSIONS)


class _Flow(ast.NodeVisitor):
    """Goes through statements in order, and keeps which names are assigned for certain."""

    def __init__(self) -> None:
        self.read: set[str] = set()
        self._bound: set[str] = set()

    def statements(self, body: Iterable[ast.AST]) -> None:
        for statement in body:
            self.visit(statement)

    def visit(self, node: ast.AST) -> None:
        if isinstance(node, _SCOPES):
            self._inside(node)
        else:
            super().visit(node)

    def visit_Name(self, node: ast.Name) -> None:
        if not isinstance(node.ctx, ast.Load):
            self._bound.add(node.id)
        elif node.id not in self._bound:
            self.read.add(node.id)

    def visit_Assign(self, node: ast.Assign) -> None:
        self.statements([node.value, *node.targets])

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.statements([node.value, node.target])

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name) and node.target.id not in self._bound:
            self.read.add(node.target.id)
        self.statements([node.value, node.target])

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.statements([node.value, node.target])

    def visit_If(self, node: ast.If) -> None:
        self.visit(node.test)
        self._either([node.body, node.orelse])

    def visit_For(self, node: ast.For) -> None:
        self.visit(node.iter)
        self._maybe([node.target, *node.body])
        self._maybe(node.orelse)

    def visit_While(self, node: ast.While) -> None:
        self.visit(node.test)
        self._maybe(node.body)
        self._maybe(node.orelse)

    def visit_With(self, node: ast.With) -> None:
        for item in node.items:
            self.visit(item.context_expr)
            if item.optional_vars is not None:
                self.visit(item.optional_vars)
        self.statements(node.body)

    def visit_Try(self, node: ast.Try) -> None:
        before = set(self._bound)
        self.statements([*node.body, *node.orelse])
        for handler in node.handlers:
            self._bound = before | ({handler.name} if handler.name else set())
            self._maybe(handler.body)
            self._bound = before
        self.statements(node.finalbody)

    def visit_Match(self, node: ast.Match) -> None:
        self.visit(node.subject)
        for case in node.cases:
            self._maybe([case])

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        self._bound |= {(each.asname or each.name).split(".")[0] for each in node.names}

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        self.visit_Import(node)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        self._bound.add(node.name)
        self._inside(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.visit_FunctionDef(node)

    def _either(self, branches: Sequence[Sequence[ast.stmt]]) -> None:
        before, after = set(self._bound), []
        for branch in branches:
            self._bound = set(before)
            self.statements(branch)
            after.append(self._bound)
        self._bound = set.intersection(*after)

    def _maybe(self, body: Sequence[ast.AST]) -> None:
        before = set(self._bound)
        self.statements(body)
        self._bound = before

    def _inside(self, node: ast.AST) -> None:
        """Take what a function or comprehension reads: its own names apart."""
        own = {each.arg for each in ast.walk(node) if isinstance(each, ast.arg)}
        own |= {
            each.id
            for each in ast.walk(node)
            if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load)
        }
        self.read |= _loaded([node]) - own - self._bound
