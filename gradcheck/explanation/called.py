"""The functions that a side calls, and which of them another one may lack."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from types import FunctionType

from gradcheck.program.ops import OPS
from gradcheck.program.recording import Recording
from gradcheck.source import function_at, is_user_file, node_of
from gradcheck.source.alternatives import COMPANIONS


def _called(recording: Recording) -> Iterator[tuple[str, int]]:
    """Yield for each call of a module's function by a side its name, and how many arguments it is given."""
    # A function within another one is part of that, too.
    nodes = dict.fromkeys(node for definition in definitions_of(recording) for node in ast.walk(definition))
    for node in nodes:
        match node:
            case ast.Call(func=ast.Attribute() as function, args=given):
                name = ast.unparse(function)
                if name.startswith(("tf.", "np.")) and name.replace(".", "").replace("_", "").isalnum():
                    yield name, len(given)


def _never_run(recording: Recording) -> set[str]:
    """Return the functions of TensorFlow's that some call of a side names, and no op comes from."""
    sites = {site for op in recording.ops for site in (op.site, *op.callers) if site is not None}
    run = {node_of(site) for site in sites}
    calls = [
        (ast.unparse(node.func), node in run)
        for definition in definitions_of(recording)
        for node in ast.walk(definition)
        if isinstance(node, ast.Call)
    ]
    return {name for name, _ in calls if name.startswith("tf.")} - {name for name, ran in calls if ran}


def functions_to_call(candidate: Recording, reference: Recording) -> Iterator[tuple[str, int]]:
    """Yield what only the reference calls, and the logarithms of what it calls, or what they are logarithms of.

    And what it calls at more places, of one thing: at one of these the candidate may lack it.
    """
    mine, others = Counter(name for name, _ in _called(candidate)), Counter(_called(reference))
    own = mine.keys() - _never_run(candidate)
    yield from (one for one in others if one[0] not in own)
    oftener = (one for one, times in others.items() if one[0] in own and times > mine[one[0]])
    yield from [one for one in oftener if one[1] == 1 and one[0].rpartition(".")[2] in _OF_ELEMENTS][
        :_FEW_FUNCTIONS
    ]
    yield from ((COMPANIONS[name], count) for name, count in others if name in COMPANIONS)
    if any(name not in own and name.rpartition(".")[2].startswith("log_") for name, _ in others):
        yield "tf.math.log", 1


_OF_ELEMENTS = {function for op in OPS.values() if op.kind == "unary" for function in op.functions}
"""TensorFlow's functions that make each element of one, without their module."""

_FEW_FUNCTIONS = 2


def helpers_of(function: ast.AST, kinds: Mapping[str, object]) -> list[str]:
    """Return the functions of the user's that a function calls by their names, and that take one argument."""
    calls = (node.func for node in ast.walk(function) if isinstance(node, ast.Call))
    names = dict.fromkeys(one.id for one in calls if isinstance(one, ast.Name))
    return [name for name in names if kinds.get(name) == (FunctionType, 1)]


def made_by_calls(function: ast.AST, helpers: Collection[str]) -> dict[str, list[str]]:
    """Return the calls of modules and helpers that are given one quantity alone, by what that is."""
    found: dict[str, list[str]] = {}
    for node in ast.walk(function):
        match node:
            case ast.Call(func=called, args=[ast.Name(id=name)], keywords=[]):
                text = ast.unparse(called)
                if text in helpers or text.startswith(_MODULES):
                    found.setdefault(name, []).append(ast.unparse(node))
    return {name: list(dict.fromkeys(texts)) for name, texts in found.items()}


_MODULES = ("tf.", "np.", "keras.")


def definitions_of(recording: Recording) -> dict[ast.AST, str]:
    """Return the functions of the user's that a side runs, with their files."""
    found = {
        function_at(code): code.co_filename for code in recording.codes if is_user_file(code.co_filename)
    }
    return {one: filename for one, filename in found.items() if one is not None}
