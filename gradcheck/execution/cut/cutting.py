"""What a block reads, as source: imports, definitions copied from the user's files, and frozen values."""

from __future__ import annotations

import ast
import pathlib
import sys
import textwrap
import types
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from gradcheck.execution.cut.reach import Reach
from gradcheck.execution.cut.scopes import (
    MISSING,
    Scope,
    is_builtin,
    is_imported,
    is_users,
    is_users_function,
    is_variable,
    plain_function,
    scope_of_function,
    variables_of,
)
from gradcheck.execution.cut.store import Store
from gradcheck.source import is_user_file, shown_path
from gradcheck.source.lines import lines_of
from gradcheck.source.origins import class_at, definition_of, import_of
from gradcheck.source.reads import globals_read, read_when_defined
from gradcheck.source.trees import function_at

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class NotCutError(Exception):
    """Something that a block reads cannot be cut out: `what` it is, and what to do."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(what)
        self.what, self.advice = what, advice
        self.names: list[str] = []
        """The name that the block reads, and those that lead from there to what it is."""
        self.line: int | None = None
        """The line of the block that reads it, where that is known."""


@dataclass
class Pieces:
    """The parts of a file, each a few lines that stand together, in an order in which they can run."""

    imports: dict[str, None] = field(default_factory=dict)
    folders: dict[str, None] = field(default_factory=dict)
    statements: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)


class Cutting:
    """Makes names mean in a new file what they mean in the script.

    Parameters
    ----------
    reach
        What may run.
    store
        Where values are kept.
    express
        Returns the source of a value: called with this, the value, and the name that it is kept by.
    """

    def __init__(self, reach: Reach, store: Store, express: Callable[[Cutting, Any, str], str]) -> None:
        self.reach, self.store, self.pieces = reach, store, Pieces()
        self.known: dict[int, tuple[Any, str]] = {}
        """By the id of a value, the value, which keeps the id its own, and the expression that stands for it."""
        self._express = express
        self._bound: dict[str, Any] = {}
        self._labels: set[str] = {"frozen", "gradcheck", "candidate", "reference"}

    def bind(self, names: Iterable[str], scope: Scope) -> None:
        """Make names mean what they mean in a scope.

        Raises
        ------
        NotCutError
            One cannot be.
        """
        for name in sorted(names):
            value = scope.value(name)
            if value is MISSING:
                if is_builtin(name):
                    continue
                unknown = NotCutError(
                    f"`{name}` has no value yet where the tape is opened", "assign it before the tape"
                )
                unknown.names.append(name)
                raise unknown
            try:
                self.bind_value(name, value, scope)
            except NotCutError as error:
                error.names.insert(0, name)
                raise

    def bind_value(self, name: str, value: Any, scope: Scope) -> None:
        """Make a name stand for a value."""
        if name in self._bound:
            if self._bound[name] is not value and not _is_same(self._bound[name], value):
                raise NotCutError(
                    f"`{name}` stands for two different things in the code that the block runs",
                    "give one of them another name",
                )
            return
        if name in self._labels:
            raise NotCutError(
                f"`{name}` is a name that the case itself needs", "give it another name in the script"
            )
        self._bound[name] = value
        if self._import(name, value, scope):
            return
        text = self.expression(value, name)
        if text != name:
            self.pieces.statements.append(f"{name} = {text}")
            if not isinstance(value, _IMMUTABLE):
                self.known.setdefault(id(value), (value, name))

    def expression(self, value: Any, name: str) -> str:
        """Return source for a value that may be kept by `name`."""
        if not isinstance(value, _IMMUTABLE) and id(value) in self.known:
            return self.known[id(value)][1]
        function = plain_function(value)
        if function is not None and is_users_function(function) and not isinstance(value, property):
            return self._defined(value, function)
        if isinstance(value, type) and is_users(value):
            return self._class(value, name)
        return self._express(self, value, name)

    def named(self, name: str) -> str:
        """Return a name like `name` that nothing has yet, and keep it."""
        plain = "".join(letter if letter.isalnum() else "_" for letter in name).strip("_")
        plain = plain if plain.isidentifier() else f"value_{plain}"
        made, count = plain, 1
        while made in self._labels or (made in self._bound and made != name):
            count += 1
            made = f"{plain}_{count}"
        self._labels.add(made)
        return made

    def add(self, statement: str) -> None:
        """Add a statement."""
        self.pieces.statements.append(statement)

    def _import(self, name: str, value: Any, scope: Scope) -> bool:
        """Import what a name stands for as the script does it; return whether that is how it got there."""
        if isinstance(value, types.ModuleType) or (_is_definition(value) and not _is_cut(value)):
            node = import_of(scope.filename, name)
            if node is not None and not (isinstance(node, ast.ImportFrom) and node.level):
                self._add_import(ast.unparse(node), value)
                return True
        if isinstance(value, types.ModuleType):
            if value.__name__ == "__main__":
                raise NotCutError("the script itself, as a module", "read its names directly")
            self._add_import(f"import {value.__name__} as {name}", value)
            return True
        if _is_definition(value) and is_imported(value) and value.__qualname__.isidentifier():
            alias = "" if value.__qualname__ == name else f" as {name}"
            self._add_import(f"from {value.__module__} import {value.__qualname__}{alias}", value)
            return True
        return False

    def _add_import(self, line: str, value: Any) -> None:
        self.pieces.imports[line] = None
        module = value.__name__ if isinstance(value, types.ModuleType) else value.__module__
        self.known.setdefault(id(value), (value, line.rpartition(" ")[2]))
        _note_folder(self.pieces, str(module))

    def restore(self, module: types.ModuleType, name: str, value: Any) -> None:
        """Let a variable, or a layer or model, of an imported module have the values that it has now."""
        if id(value) in self.known:
            return
        kept = f"{module.__name__}.{name}"
        self._add_import(f"import {module.__name__}", module)
        if is_variable(value):
            self.store.variable(kept, value)
        else:
            self.store.object(kept, None, variables_of(value))
        self.known[id(value)] = (value, kept)
        self.add(f'frozen.restore({kept}, "{kept}")')

    def import_name(self, line: str, name: str) -> str:
        """Add an import that the file needs; return the name."""
        self.pieces.imports[line] = None
        return name

    def _defined(self, value: Any, function: types.FunctionType) -> str:
        if is_imported(value) or is_imported(function):
            name = function.__qualname__
            self._labels.add(name)
            self._add_import(f"from {function.__module__} import {name}", function)
            return name
        scope = scope_of_function(function)
        node = function_at(function.__code__)
        if node is None:
            raise NotCutError(
                f"the source of the function `{function.__name__}` is not available", "define it in a file"
            )
        if isinstance(node, ast.Lambda):
            self.bind(globals_read(ast.unparse(node)), scope)
            return ast.unparse(node)
        top = definition_of(scope.filename, node.name)
        text = _source(scope.filename, top if top is node else node)
        return self._define(node, text, value, scope)

    def _class(self, kind: type, name: str) -> str:
        if is_imported(kind):
            self._add_import(f"from {kind.__module__} import {kind.__qualname__}", kind)
            return kind.__qualname__
        if issubclass(kind, tuple) and hasattr(kind, "_fields") and kind.__bases__ == (tuple,):
            self.pieces.imports["import collections"] = None
            return f"collections.namedtuple({kind.__name__!r}, {list(kind._fields)!r})"
        scope, node = _scope_of_class(kind)
        if node is None or scope is None:
            raise NotCutError(
                f"the source of the class `{kind.__qualname__}` is not available", "define it in a file"
            )
        return self._define(node, self._kept(kind, node, scope), kind, scope)

    def _kept(self, kind: type, node: ast.ClassDef, scope: Scope) -> str:
        """Return the source of a class without the methods that do not run."""
        reached = self.reach.methods.get(kind, set())
        lines = _source_lines(scope.filename, node)
        first = _first_line(node)
        dropped = [
            each
            for each in node.body
            if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and each.name not in reached
        ]
        for each in reversed(dropped):
            start, end = _first_line(each) - first, (each.end_lineno or each.lineno) - first + 1
            del lines[start:end]
        text = textwrap.dedent("".join(lines)).rstrip()
        return text if len(dropped) < len(node.body) else f"{text}\n    pass"

    def _define(self, node: Definition, text: str, value: Any, scope: Scope) -> str:
        name = node.name
        if name in self._bound and self._bound[name] is not value and not _is_same(self._bound[name], value):
            raise NotCutError(
                f"`{name}` stands for two different things in the code that the block runs",
                "give one of them another name",
            )
        self._bound[name] = value
        self.known[id(value)] = (value, name)
        needed = globals_read(text) | read_when_defined(node)
        own = {name, *(each.__name__ for each in (value,) if isinstance(value, type))}
        self.bind(needed - own, scope)
        self.add(f"# {shown_path(scope.filename)}:{_first_line(node)}\n{text}")
        return name


_IMMUTABLE = (bool, int, float, complex, str, bytes, type(None))


def _is_definition(value: Any) -> bool:
    return isinstance(value, type) or (callable(value) and hasattr(value, "__qualname__"))


def _is_cut(value: Any) -> bool:
    """Return whether a definition is the script's own, which has to be copied."""
    function = plain_function(value)
    if function is not None:
        return is_users_function(function) and not is_imported(value) and not is_imported(function)
    return isinstance(value, type) and is_users(value) and not is_imported(value)


def _is_same(one: Any, other: Any) -> bool:
    return type(one) is type(other) and isinstance(one, _IMMUTABLE) and repr(one) == repr(other)


def _note_folder(pieces: Pieces, module: str) -> None:
    """Keep the folder that a module of the user's own is imported from."""
    file = getattr(sys.modules.get(module), "__file__", None)
    if file is not None and is_user_file(file):
        path = pathlib.Path(file).resolve()
        levels = module.count(".") + (path.name == "__init__.py")
        pieces.folders[str(path.parents[levels])] = None


def _scope_of_class(kind: type) -> tuple[Scope | None, ast.ClassDef | None]:
    """Return where a class finds what it reads, and its definition."""
    functions = [function for each in vars(kind).values() if (function := plain_function(each)) is not None]
    functions = [each for each in functions if each.__qualname__.startswith(f"{kind.__qualname__}.")]
    if functions:
        local: dict[str, Any] = {}
        for each in functions:
            local |= scope_of_function(each).local
        scope = Scope(functions[0].__code__.co_filename, local, functions[0].__globals__)
        return scope, class_at(scope.filename, kind.__qualname__, getattr(kind, "__firstlineno__", None))
    module = sys.modules.get(kind.__module__)
    file = getattr(module, "__file__", None)
    if module is None or file is None:
        return None, None
    return Scope(file, {}, vars(module)), class_at(file, kind.__qualname__, None)


def _first_line(node: Definition) -> int:
    return min([node.lineno, *(each.lineno for each in node.decorator_list)])


def _source_lines(filename: str, node: Definition) -> list[str]:
    return list(lines_of(filename)[_first_line(node) - 1 : node.end_lineno])


def _source(filename: str, node: Definition) -> str:
    return textwrap.dedent("".join(_source_lines(filename, node))).rstrip()
