"""Functions that compute one expression after the other, so that a call of theirs can be written out."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from gradcheck.source.bindings import value_of
from gradcheck.source.expressions import function_around
from gradcheck.source.spans import Site
from gradcheck.source.trees import parents


@dataclass(frozen=True)
class Straight:
    """A function, or lambda, that gives names to expressions and returns one.

    Parameters
    ----------
    node
        Its definition.
    arguments
        What a call gives to its parameters, by name.
    assigned
        The names that it gives to expressions, in order.
    result
        What it returns.
    """

    node: ast.FunctionDef | ast.Lambda
    arguments: dict[str, ast.expr]
    assigned: list[tuple[str, ast.expr]]
    result: ast.expr


def straight(call: ast.Call, site: Site) -> Straight | None:
    """Return what a call runs, if that is a function defined in the one around `site`, from top to bottom.

    None where it is called with more or fewer arguments than it has parameters, as one with defaults may be.
    """
    function = value_of(call.func, site) or _defined(call.func, site)
    if not isinstance(function, ast.FunctionDef | ast.Lambda):
        return None
    names = [one.arg for one in function.args.args]
    keywords = {one.arg: one.value for one in call.keywords if one.arg is not None}
    given = dict(zip(names, call.args, strict=False)) | keywords
    count = sum(not isinstance(one, ast.Starred) for one in call.args) + len(call.keywords)
    if set(given) != set(names) or count != len(names) or _takes_more(function.args):
        return None
    match function:
        case ast.Lambda(body=body):
            return Straight(function, given, [], body)
        case ast.FunctionDef(body=[*before, ast.Return(value=ast.expr() as result)], decorator_list=[]):
            assigned = list(_assigned(before))
            return Straight(function, given, assigned, result) if len(assigned) == len(before) else None
    return None


def _takes_more(arguments: ast.arguments) -> bool:
    return bool(arguments.posonlyargs or arguments.vararg or arguments.kwonlyargs or arguments.kwarg)


def _assigned(body: list[ast.stmt]) -> Iterator[tuple[str, ast.expr]]:
    for one in body:
        match one:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value


def _defined(name: ast.expr, site: Site) -> ast.FunctionDef | None:
    """Return the one function of a name that is defined in the function around a place."""
    around = function_around(site)
    if not isinstance(name, ast.Name) or around is None:
        return None
    above = parents(site.code.co_filename)
    found = [
        one
        for one in ast.walk(around)
        if isinstance(one, ast.FunctionDef) and one.name == name.id and above.get(one) is around
    ]
    return found[0] if len(found) == 1 else None
