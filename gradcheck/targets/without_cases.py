"""Tell from its source that a file has no case, so that a script which trains is not run in vain."""

from __future__ import annotations

import ast
import importlib.util
import pathlib
import sys

from gradcheck.source import is_user_file

_TRAIN = frozenset({"keras", "tensorflow", "tf_keras"})

_MAKE_NAMES = frozenset(
    {"__import__", "exec", "eval", "globals", "importlib", "locals", "runpy", "setattr", "vars"}
)
"""What a file can get a case by without naming it."""


def trains_and_has_no_case(path: pathlib.Path) -> bool:
    """Return whether a file uses TensorFlow or Keras, and certainly no name in it is a case.

    A case comes from gradcheck, or from another file of the user's. It is not said of a file that cannot be read
    or is no Python: importing it says what is wrong.
    """
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return False
    nodes = list(ast.walk(tree))
    modules = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    sources = [node for node in nodes if isinstance(node, ast.ImportFrom)]
    named = {node.id for node in nodes if isinstance(node, ast.Name)} | set(map(_package, modules))
    if not named.isdisjoint(_MAKE_NAMES) or any(
        node.level or _may_have_cases(node.module or "") for node in sources
    ):
        return False
    packages = {_package(name) for name in [*modules, *(node.module or "" for node in sources)]}
    return not packages.isdisjoint(_TRAIN) and "gradcheck" not in packages


def _package(module: str) -> str:
    return module.partition(".")[0]


def _may_have_cases(module: str) -> bool:
    """Return whether names from a module may be cases: it is ours, the user's, or not known."""
    package = _package(module)
    if package in {"gradcheck", *_MAKE_NAMES}:
        return True
    if package in sys.stdlib_module_names:
        return False
    try:
        found = importlib.util.find_spec(package)
    except (ImportError, ValueError):
        return True
    return found is None or found.origin is None or is_user_file(found.origin)
