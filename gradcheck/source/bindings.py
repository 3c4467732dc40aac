"""What a name stands for: the expression that was assigned to it, or that a call hands to a parameter."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from gradcheck.source.expressions import function_around
from gradcheck.source.spans import Site, node_of, site_of
from gradcheck.source.trees import function_above, function_at, functions_around, nodes_in, parents


def value_of(name: ast.expr, site: Site) -> ast.expr | None:
    """Return the expression that a name stands for in the function around `site`; None where it is not certain."""
    function = function_around(site)
    if function is None or not isinstance(name, ast.Name):
        return None
    bound = [
        node
        for node in nodes_in(function)
        if isinstance(node, ast.Name) and node.id == name.id and not isinstance(node.ctx, ast.Load)
    ]
    if not bound or any(one.arg == name.id for one in _parameters(function)):
        return None
    above = parents(site.code.co_filename)
    if len(bound) > 1:
        return _last_value(name, [above.get(one) for one in bound], function)
    match above.get(bound[0]):
        case ast.Assign(targets=[ast.Name()], value=value):
            return value
        case ast.Tuple(elts=names) as together:
            match above.get(together):
                case ast.Assign(value=ast.Tuple(elts=parts)) if len(parts) == len(names):
                    return parts[names.index(bound[0])]
    return None


def element_of(node: ast.expr, site: Site) -> ast.expr | None:
    """Return what a name stands for, or an element of what it stands for that is written out; None for others."""
    match node:
        case ast.Subscript(value=name, slice=index):
            key = _key(index)
            match value_of(name, site):
                case ast.Dict(keys=keys, values=values):
                    found = [one for each, one in zip(keys, values, strict=True) if _is_constant(each, key)]
                    return found[0] if len(found) == 1 else None
                case ast.Tuple(elts=parts) | ast.List(elts=parts) if isinstance(key, int):
                    return parts[key] if -len(parts) <= key < len(parts) else None
            return None
    return value_of(node, site)


def _key(index: ast.expr) -> object:
    match index:
        case ast.Constant(value=key):
            return key
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() as key)):
            return -key
    return None


def _is_constant(node: ast.expr | None, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value == value


def _last_value(name: ast.Name, bindings: list[ast.AST | None], function: ast.AST) -> ast.expr | None:
    """Return what a name was given last before it is read, where its function is run from top to bottom."""
    in_order = [one for one in getattr(function, "body", ()) if one in bindings]
    line = getattr(name, "lineno", 0)
    before = [one for one in in_order if (one.end_lineno or one.lineno) < line]
    match before[-1:]:
        case [ast.Assign(targets=[ast.Name()], value=value)] if len(in_order) == len(bindings):
            return value
    return None


def one_value(name: ast.expr, filename: str) -> ast.expr | None:
    """Return the expression that gives a name its one value in the function around it; None for anything else."""
    function = function_above(name, filename)
    if not isinstance(name, ast.Name) or function is None:
        return None
    return _one_value_in(function, name.id, filename)


def value_around(name: str, site: Site) -> ast.expr | None:
    """Return the expression that gives a name its one value in a function around that of `site`; None for none."""
    filename = site.code.co_filename
    values = (_one_value_in(one, name, filename) for one in functions_around(site.code)[1:])
    return next((one for one in values if one is not None), None)


def _one_value_in(function: ast.AST, name: str, filename: str) -> ast.expr | None:
    stored = [
        one
        for one in nodes_in(function)
        if isinstance(one, ast.Name) and one.id == name and isinstance(one.ctx, ast.Store)
    ]
    match [parents(filename).get(one) for one in stored]:
        case [ast.Assign(targets=[ast.Name()], value=value)]:
            return value
    return None


def bound_by_comprehensions(node: ast.AST) -> set[str]:
    """Return the names that the comprehensions within a statement or an expression give values to."""
    found = (one for one in nodes_in(node) if isinstance(one, ast.comprehension))
    return {part.id for one in found for part in ast.walk(one.target) if isinstance(part, ast.Name)}


def bound_in(function: ast.AST) -> set[str]:
    """Return the names that a function, or another one in it, gives a value to, or takes as a parameter."""
    found = set[str]()
    for node in nodes_in(function):
        match node:
            case ast.Name(id=name, ctx=ast.Store()) | ast.arg(arg=name):
                found.add(name)
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.ExceptHandler(name=str(name)):
                found.add(name)
            case ast.alias(name=module, asname=name):
                found.add(name or module.partition(".")[0])
    return found


def is_counted(name: ast.Name, site: Site) -> bool:
    """Return whether a name counts the rounds of a loop, or of a list, around `site`."""
    return any(True for _ in loops_of(name.id, node_of(site), site.code.co_filename))


def loops_of(name: str, node: ast.AST | None, filename: str) -> Iterator[ast.For | ast.comprehension]:
    """Yield the loops around a node that give a name its values, the innermost first."""
    above = parents(filename)
    while node is not None:
        loops = node.generators if isinstance(node, ast.ListComp | ast.GeneratorExp) else [node]
        for loop in loops:
            match loop:
                case ast.For(target=ast.Name(id=own)) | ast.comprehension(target=ast.Name(id=own)) if (
                    own == name
                ):
                    yield loop
        node = above.get(node)


def assigned_to(name: ast.expr, site: Site) -> Site | None:
    """Return the place of the expression that a name was given in the function around `site`, for this alone.

    None where the name is bound elsewhere too, or read elsewhere: then what it was given may well be right.
    """
    given, function = value_of(name, site), function_around(site)
    if given is None or function is None or not isinstance(name, ast.Name):
        return None
    uses = [node for node in nodes_in(function) if isinstance(node, ast.Name) and node.id == name.id]
    return site_of(given, site.code) if len(uses) == 2 else None


def operand_at(site: Site, slot: int) -> ast.expr | None:
    """Return the expression of an operand of an operator, an index or a call; None where it is not certain."""
    match node_of(site):
        case ast.Subscript(value=value) if slot == 0:
            return value
        case ast.BinOp(left=left, right=right) if slot < 2:
            return (left, right)[slot]
        case ast.Call(args=[only], keywords=[]):
            return only
    return None


def argument_of(call: Site, parameter: str, called: Site) -> ast.expr | None:
    """Return what the call at one place hands to a parameter of the function in which the other place is."""
    node, definition = node_of(call), function_at(called.code)
    if not isinstance(node, ast.Call) or definition is None:
        return None
    names = [one.arg for one in (*definition.args.posonlyargs, *definition.args.args)]
    if names[:1] in (["self"], ["cls"]):
        match node.func:
            case ast.Attribute(value=ast.Name(id="self")) if names[0] == "self":
                names = names[1:]
            case _:
                return None  # called through a class, it is given what another call is not
    given = dict(zip(names, node.args, strict=False)) | {
        one.arg: one.value for one in node.keywords if one.arg is not None
    }
    found = given.get(parameter)
    return None if any(isinstance(one, ast.Starred) for one in node.args) else found


def _parameters(function: ast.AST) -> list[ast.arg]:
    return [node for node in nodes_in(function) if isinstance(node, ast.arg)]
