"""What a call of a function of one's own runs, and what a name stands for, as far as that can be written out."""

from __future__ import annotations

import ast
import functools
import linecache
from types import CodeType

import pytest

from gradcheck.source.bindings import element_of
from gradcheck.source.expressions import means_the_same
from gradcheck.source.spans import Site, node_of, site_of, span_of
from gradcheck.source.straight import Straight, straight
from gradcheck.source.trees import tree


def site(body: str, expression: str, line: int | None = None) -> Site:
    """Return the place of an expression in a function of some lines: the last of those that are written so."""
    written = "def f(x, y):\n" + "".join(f"    {each}\n" for each in body.splitlines())
    name = f"<{written}>"
    linecache.cache[name] = (len(written), None, written.splitlines(keepends=True), name)
    code = _code(written, name)
    found = [
        node
        for node in ast.walk(tree(name))
        if isinstance(node, ast.expr) and ast.unparse(node) == expression and line in (None, node.lineno)
    ]
    place = site_of(max(found, key=lambda node: node.lineno), code)
    assert place is not None
    return place


@functools.cache
def _code(written: str, name: str) -> CodeType:
    return compile(written, name, "exec").co_consts[0]


def called_in(body: str) -> Straight | None:
    """Return what the call in the last line of a function runs."""
    call = site(body, ast.unparse(ast.parse(body.splitlines()[-1].removeprefix("return "))))
    node = node_of(call)
    assert isinstance(node, ast.Call)
    return straight(node, call)


SQUARED = "def squared(a, b):\n    gap = a - b\n    return gap**2\nreturn squared({})"


@pytest.mark.parametrize("given", ["x, y", "x, b=y", "b=y, a=x"])
def test_what_a_function_computes_from_top_to_bottom_is_known(given):
    found = called_in(SQUARED.format(given))
    assert {name: ast.unparse(one) for name, one in found.arguments.items()} == {"a": "x", "b": "y"}
    assert [(name, ast.unparse(one)) for name, one in found.assigned] == [("gap", "a - b")]
    assert ast.unparse(found.result) == "gap ** 2"


def test_so_is_what_a_lambda_gives():
    found = called_in("squared = lambda a: a**2\nreturn squared(x)")
    assert (found.assigned, ast.unparse(found.result)) == ([], "a ** 2")


@pytest.mark.parametrize(
    "body",
    [
        SQUARED.format("x"),
        SQUARED.format("x, y, y"),
        SQUARED.format("*x, y"),
        SQUARED.format("x, b=y, **y"),
        "@twice\n" + SQUARED.format("x, y"),
        "def squared(a, b):\n    a -= b\n    return a**2\nreturn squared(x, y)",
        "def squared(a, b):\n    for c in b:\n        a = a - c\n    return a\nreturn squared(x, y)",
        "def squared(a, b):\n    yield a - b\nreturn squared(x, y)",
        "def squared(a, *b):\n    return a\nreturn squared(x, y)",
        "if x:\n    def squared(a, b):\n        return a - b\nreturn squared(x, y)",
        "def squared(a, b):\n    return a\ndef squared(a, b):\n    return b\nreturn squared(x, y)",
    ],
)
def test_the_twin_what_runs_otherwise_is_not(body):
    assert called_in(body) is None


@pytest.mark.parametrize(
    ("given", "element", "value"),
    [
        ("{'a': x, 'b': y}", "kept['b']", "y"),
        ("{'a': x, 'a': y}", "kept['a']", None),
        ("{**x, 'a': y}", "kept['b']", None),
        ("(x, y)", "kept[-1]", "y"),
        ("[x, y]", "kept[2]", None),
        ("[x, y]", "kept[:1]", None),
        ("list(x)", "kept[0]", None),
    ],
)
def test_an_element_of_what_is_written_out_is_what_stands_there(given, element, value):
    place = site(f"kept = {given}\nreturn {element}", element)
    found = element_of(node_of(place), place)
    assert (None if found is None else ast.unparse(found)) == value


LOOP = "for one in x:\n    twice = 2 * one\n    made = twice + one\nreturn g(x, y)"


@pytest.mark.parametrize(
    ("expression", "line", "here", "same"),
    [
        ("one", 3, "twice + one", True),
        ("twice", 4, "twice + one", True),
        ("one", 3, "g(x, y)", False),
        ("twice", 4, "g(x, y)", False),
        ("x", 2, "g(x, y)", True),
    ],
)
def test_what_a_loop_gives_a_name_it_means_in_that_round(expression, line, here, same):
    there = site(LOOP, expression, line)
    assert means_the_same(span_of(there), there, site(LOOP, here)) is same
