"""What a call of the user's function leaves to a default, said otherwise."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from gradcheck.source.place import Texts
from gradcheck.source.spans import span_at
from gradcheck.source.syntax import Written
from gradcheck.source.trees import nodes_in, tree


def told_otherwise(node: ast.expr, filename: str, numbers: Sequence[str] = ()) -> Texts:
    """Yield a call that says of a flag, number or word what it is not by default: words are confused more often.

    A word is another one that a parameter of the same name is given, or compared with, somewhere in the file.

    Parameters
    ----------
    numbers
        The names that stand for one there.
    """
    for parameter, default in _left_out(node, filename):
        match default:
            case ast.Constant(value=bool() as value):
                others, much = [str(not value)], 3
            case ast.Constant(value=int() | float()):
                others, much = list(numbers[:_MOST_NUMBERS]), 3
            case ast.Constant(value=str() as value):
                others, much = [f'"{one}"' for one in _words_for(parameter, filename) if one != value], 2
            case _:
                continue
        for other in others:
            text = Written(span_at(filename, node).text).with_keywords({parameter: other}, {})
            yield from [] if text is None else [(text, much)]


_MOST_NUMBERS = 6


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
