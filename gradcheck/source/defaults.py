"""What a call leaves to a default, said otherwise."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from gradcheck.source.place import Place, Texts
from gradcheck.source.syntax import Written
from gradcheck.source.trees import nodes_in, tree


def told_otherwise(at: Place) -> Texts:
    """Yield a call of the user's function that says of a parameter what it is not by default.

    A flag, a number, or a word, which is another one that a parameter of the same name is given, or compared with,
    somewhere in the file: words are confused more often. And for None, an array.
    """
    for parameter, default in _left_out(at.node, at.filename):
        for other, much in _instead_of(default, parameter, at):
            yield from _with(parameter, other, much, at)


def told_as_well(at: Place) -> Texts:
    """Yield a call of an object, or of a class, that is told what it leaves to None, or to a flag, by default."""
    match at.node:
        case ast.Call(func=called, keywords=told):
            defaults = at.vocabulary.left_out.get(ast.unparse(called), {})
            given = {one.arg for one in told}
        case _:
            return
    for parameter, default in defaults.items():
        if parameter not in given:
            for other, much in _instead_of(ast.Constant(default), parameter, at):
                yield from _with(parameter, other, much, at)
            if default is None:
                yield from _with(parameter, "True", 3, at)


def instead_of_none(at: Place) -> Texts:
    """Yield what a parameter may be given that is told to be None."""
    match at.node, at.above:
        case ast.Constant(value=None), ast.keyword(arg=str(parameter)):
            yield from ((other, much - 1) for other, much in _for_none(parameter, at))


def _with(parameter: str, value: str, much: int, at: Place) -> Texts:
    text = Written(at.own).with_keywords({parameter: value}, {})
    yield from [] if text is None else [(text, much)]


def _instead_of(default: ast.expr, parameter: str, at: Place) -> Texts:
    match default:
        case ast.Constant(value=bool() as value):
            yield str(not value), 3
        case ast.Constant(value=None):
            yield from _for_none(parameter, at)
        case ast.Constant(value=int() | float()):
            named = at.vocabulary.written(sorted(at.vocabulary.numbers), at.node.lineno)
            yield from ((one, 3) for one in [*named[:_MOST_NUMBERS], *at.vocabulary.scales])
        case ast.Constant(value=str() as value):
            words = _words_for(parameter, at.filename)
            yield from ((f'"{one}"', 2) for one in words if one != value)


_MOST_NUMBERS = 6


def _for_none(parameter: str, at: Place) -> Texts:
    """Yield the arrays that only the other program reads, or that say what counts; first one of that name.

    For what is said of each pair of some elements, what is said of each.
    """
    known = at.vocabulary
    texts = dict.fromkeys([*known.unread, *known.flags, *known.masks])
    for one in known.written(list(texts), at.node.lineno)[:_MOST_ARRAYS]:
        name = re.findall(r"\w+", one)[-1]
        much = 3 if _words_in(name).isdisjoint(_words_in(parameter)) else 2
        yield one, much
        if len(known.shapes.get(one, ())) == 2:
            yield f"{one}[:, None]", much + 1


_MOST_ARRAYS = 6


def _words_in(name: str) -> set[str]:
    """Return the words that a name is made of, as one thing: ``weights`` is a ``sample_weight``."""
    return {one.rstrip("s") for one in name.split("_")}


def _left_out(node: ast.expr, filename: str) -> Iterator[tuple[str, ast.expr]]:
    """Yield the parameters that a call of the only function of its name leaves to their defaults."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=given, keywords=told):
            definitions = _functions_named(name, filename)
        case _:
            return
    if len(definitions) != 1 or any(isinstance(one, ast.Starred) for one in given):
        return
    arguments = definitions[0].args
    names = [one.arg for one in (*arguments.posonlyargs, *arguments.args)]
    defaults = dict(zip(reversed(names), reversed(arguments.defaults), strict=False))
    bound = isinstance(node.func, ast.Attribute) and names[:1] == ["self"]
    by_place = names[: len(given) + bound]
    by_name = {one.arg for one in told}
    if None not in by_name:  # what `**options` hold is not seen
        left = {**defaults, **_of_keywords(arguments)}
        yield from ((one, default) for one, default in left.items() if one not in {*by_place, *by_name})


def _of_keywords(arguments: ast.arguments) -> dict[str, ast.expr]:
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return {one.arg: default for one, default in pairs if default is not None}


def _functions_named(name: str, filename: str) -> list[ast.FunctionDef]:
    functions = (one for one in nodes_in(tree(filename)) if isinstance(one, ast.FunctionDef))
    return [one for one in functions if one.name == name]


def _words_for(parameter: str, filename: str) -> list[str]:
    """Return the words that a parameter of a name is given in a file, or is compared with."""
    found: dict[str, None] = {}
    for node in nodes_in(tree(filename)):
        match node:
            case (
                ast.keyword(arg=name, value=ast.Constant(value=str(word)))
                | ast.Compare(left=ast.Name(id=name), comparators=[ast.Constant(value=str(word))])
            ) if name == parameter:
                found[word] = None
    return list(found)
