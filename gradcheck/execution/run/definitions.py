"""A statement of a module, and the functions that it has made, with other expressions in it."""

from __future__ import annotations

import ast
import contextlib
import copy
from collections.abc import Iterator, Mapping, Sequence
from types import CodeType
from typing import Any

import numpy as np

from gradcheck.execution.run.functions_alive import is_same_code
from gradcheck.execution.run.outside import knowing
from gradcheck.execution.run.pair import FormulationPair
from gradcheck.execution.run.replaced_text import CannotReplaceError, codes_by_path, give
from gradcheck.source import parents, tree


class Definition:
    """A statement of a module, and the functions that it has made.

    Parameters
    ----------
    codes
        That of functions within it, by their definitions.
    """

    def __init__(
        self, filename: str, top: ast.stmt, pair: FormulationPair, codes: Mapping[ast.AST, CodeType]
    ) -> None:
        self._filename, self._top = filename, copy.deepcopy(top)
        self._outside, self._codes = pair.outside, codes
        self._copies = dict(zip(ast.walk(top), ast.walk(self._top), strict=True))
        self._parents = {child: node for node in ast.walk(self._top) for child in ast.iter_child_nodes(node)}
        self._before = codes_by_path(self._compiled())
        near = list(self._made(pair.functions.near_of_file(filename)))
        self._functions = near or list(self._made(pair.functions.of_file(filename)))

    def _compiled(self) -> CodeType:
        # Python compiles calls of functions of modules otherwise: it has to see what is imported.
        imports = [one for one in tree(self._filename).body if isinstance(one, ast.Import | ast.ImportFrom)]
        module = ast.Module(body=[*imports, self._top], type_ignores=[])
        return compile(module, self._filename, "exec", dont_inherit=True)

    def _made(self, functions: Sequence[Any]) -> Iterator[tuple[Any, tuple[int, ...]]]:
        paths = {(code.co_qualname, code.co_firstlineno): path for path, code in self._before.items()}
        for one in functions:
            path = paths.get((one.__code__.co_qualname, one.__code__.co_firstlineno))
            if path is not None and is_same_code(self._before[path], one.__code__):
                yield one, path

    @contextlib.contextmanager
    def changed(self, texts: Sequence[tuple[ast.expr, str]]) -> Iterator[None]:
        """Let the functions have texts in place of expressions inside."""
        try:
            after = codes_by_path(self._with(texts))
        except (SyntaxError, ValueError) as error:
            raise CannotReplaceError("this is no expression there") from error
        done: list[tuple[Any, CodeType]] = []
        try:
            for function, path in self._functions:
                if path in after and after[path] != self._before[path]:
                    done.append((function, function.__code__))
                    give(function, after[path])
            functions = [function for function, _ in done]
            codes = (self._code_around(node) for node, _ in texts)
            known = self._outside.known_to(functions, [one for one in codes if one is not None])
            with known, knowing(functions, {_OWN: own}):
                yield
        finally:
            for function, code in done:
                function.__code__ = code

    def _with(self, texts: Sequence[tuple[ast.expr, str]]) -> CodeType:
        with contextlib.ExitStack() as stack:
            for original, text in texts:
                node = self._copies[original]
                assert isinstance(node, ast.expr)
                code = self._code_around(original)
                new = _instead_of(node, text, {} if code is None else self._outside.renamed(code))
                stack.enter_context(_in_place(self._parents[node], node, new))
            return self._compiled()

    def _code_around(self, node: ast.AST) -> CodeType | None:
        """Return the code of the innermost function around a node of which it is known."""
        above = parents(self._filename)
        while node not in self._codes and node in above:
            node = above[node]
        return self._codes.get(node)


def _instead_of(node: ast.expr, text: str, renamed: Mapping[str, str]) -> ast.expr:
    """Return a text as an expression to stand where another one does, with other names in it."""
    new = _parsed(text)
    for part in ast.walk(new):
        if isinstance(part, ast.Name):
            part.id = renamed.get(part.id, part.id)
    sliced = any(isinstance(part, ast.Slice) for part in (*ast.walk(node), *ast.iter_child_nodes(new), new))
    if isinstance(new, ast.Name | ast.Attribute | ast.Subscript):
        new = ast.Call(ast.Name(_OWN, ast.Load()), [new], [])
    # What it read stays a free variable of its function: one with others would not take the code.
    whole = new if sliced else ast.IfExp(ast.Constant(True), new, node)
    for part in (whole, *ast.iter_child_nodes(whole), *ast.walk(new)):
        ast.copy_location(part, node)
    return whole


_OWN = "__gradcheck__"


def own(value: Any) -> Any:
    """Return what may be filled in place of a list, say, that is there already: that one is somebody else's.

    So is what is in it. An array cannot be written to.
    """
    if type(value) in (list, tuple):
        return type(value)(map(own, value))
    if type(value) is dict:
        return {key: own(one) for key, one in value.items()}
    if type(value) is np.ndarray:
        value = value.view()
        value.flags.writeable = False
    return set(value) if type(value) is set else value


def _parsed(text: str) -> ast.expr:
    """Return a text as an expression, or as what stands between the brackets of an index."""
    try:
        return ast.parse(f"({text})", mode="eval").body
    except SyntaxError:
        indexed = ast.parse(f"_[{text}]", mode="eval").body
        assert isinstance(indexed, ast.Subscript)
        return indexed.slice


@contextlib.contextmanager
def _in_place(parent: ast.AST, node: ast.AST, new: ast.AST) -> Iterator[None]:
    """Let a node have another child inside."""
    for name, value in ast.iter_fields(parent):
        if value is node:
            setattr(parent, name, new)
            try:
                yield
            finally:
                setattr(parent, name, node)
            return
        if isinstance(value, list) and any(one is node for one in value):
            place = next(number for number, one in enumerate(value) if one is node)
            value[place] = new
            try:
                yield
            finally:
                value[place] = node
            return
    raise ValueError("no child")
