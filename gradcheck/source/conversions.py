"""Where a program takes a value out of TensorFlow: `.numpy()`, `float()`, a function of NumPy's."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from gradcheck.source.expressions import assigned_names, function_around
from gradcheck.source.reads import assigned
from gradcheck.source.spans import Site, Span, node_of, position_of, span_of_node
from gradcheck.source.syntax import expression_in
from gradcheck.source.trees import parents, statement_around

_METHODS = {"numpy", "item", "tolist"}
_OF_TENSORFLOW = {"numpy_function"}
_FUNCTIONS = {"float", "int"}
_MODULES = {"np", "numpy"}

MAKE_CONSTANTS = frozenset({*_METHODS, "float", "array", "asarray", "constant", "convert_to_tensor"})
"""The names of what gives a value without its gradient: left out, it may pass."""


def conversion_between(makers: Iterable[Site | None], reader: Site | None) -> Span | None:
    """Return the expression by which what one expression gives becomes a constant; None if none is found.

    That is one around it; or the only one in the same function of a name that it is given; or one before what
    reads the constant.

    Parameters
    ----------
    makers
        The expression, and what calls it, from the inside out.
    reader
        What reads the constant.
    """
    sites = [site for site in makers if site is not None]
    found = next((span for site in sites if (span := _around(site)) is not None), None)
    if found is None and sites:
        found = _of_its_name(sites[0])
    return conversion_before(reader) if found is None and reader is not None else found


def _around(site: Site) -> Span | None:
    node, above = node_of(site), parents(site.code.co_filename)
    if isinstance(node, ast.Call) and _converts(node.func):
        return span_of_node(node, site)
    while isinstance(node, ast.expr):
        parent = above.get(node)
        if isinstance(parent, ast.Call) and _converts(parent.func):
            return span_of_node(parent, site)
        if isinstance(parent, ast.Attribute) and parent.attr in _METHODS:
            call = above.get(parent)
            return span_of_node(call, site) if isinstance(call, ast.Call) else None
        node = parent if isinstance(parent, ast.expr) else None
    return None


def _of_its_name(site: Site) -> Span | None:
    function, names = (
        function_around(site),
        {node.id for node in assigned_names(site) if isinstance(node, ast.Name)},
    )
    calls = [] if function is None else list(_conversions(function))
    found = [
        call for call in calls if names & {node.id for node in ast.walk(call) if isinstance(node, ast.Name)}
    ]
    return span_of_node(found[0], site) if len(found) == 1 else None


def conversion_before(site: Site) -> Span | None:
    """Return the expression by which a statement's value was taken out of TensorFlow; None if none is found.

    That is one in the statement around `site`, or in the last one before it, in the same function, that gives a
    name which it reads.

    Notes
    -----
    It is read from the source alone: that the value of this name is what was taken out is not established.
    """
    statement = statement_around(site.code.co_filename, position_of(site))
    function = function_around(site)
    if not isinstance(statement, ast.stmt) or function is None:
        return None
    reads = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
    before = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Assign) and node.lineno < statement.lineno and reads & assigned([node])
    ]
    for one in (statement, *sorted(before, key=lambda node: -node.lineno)):
        found = next(_conversions(one), None)
        if found is not None:
            return span_of_node(found, site)
    return None


def _conversions(node: ast.AST) -> Iterator[ast.Call]:
    """Yield the calls in a piece of code that convert, outer ones first."""
    yield from (one for one in ast.walk(node) if isinstance(one, ast.Call) and _converts(one.func))


def innermost_conversions(node: ast.AST) -> list[ast.Call]:
    """Return the calls in a piece of code that convert, and have none that converts within them."""
    found = list(_conversions(node))
    return [one for one in found if not any(other in found for other in ast.walk(one) if other is not one)]


def takes_less_out(before: str, after: str) -> bool:
    """Return whether a text takes fewer values out of TensorFlow than what it is written for."""
    own, other = expression_in(before), expression_in(after)
    if own is None or other is None:
        return False
    return sum(map(_takes_out, ast.walk(other))) < sum(map(_takes_out, ast.walk(own)))


def _takes_out(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in _METHODS | _OF_TENSORFLOW
        case ast.Call(func=ast.Name(id=name), args=[given]):
            return name == "float" and not isinstance(given, ast.Constant)
    return False


def _converts(function: ast.expr) -> bool:
    match function:
        case ast.Attribute(value=ast.Name(id=module)) if module in _MODULES:
            return True
        case ast.Attribute(attr=name):
            return name in _METHODS | _OF_TENSORFLOW
        case ast.Name(id=name):
            return name in _FUNCTIONS
    return False
