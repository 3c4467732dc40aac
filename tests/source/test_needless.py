"""A change with which a function would do something for nothing is told from one that somebody would make."""

from __future__ import annotations

import ast
import linecache

import pytest

from gradcheck.source.differences import calls_anew
from gradcheck.source.needless import is_needless
from gradcheck.source.trees import tree


def changed(written: str, expression: str, text: str) -> bool:
    """Return whether a text in place of the last expression of a file that is written so is needless."""
    name = f"<{written}>"
    linecache.cache[name] = (len(written), None, written.splitlines(keepends=True), name)
    nodes = [node for node in ast.walk(tree(name)) if isinstance(node, ast.expr)]
    node = max(
        (one for one in nodes if ast.unparse(one) == expression), key=lambda one: (one.lineno, one.col_offset)
    )
    return is_needless(node, text, name)


TWICE = "def f(x, y):\n    one = net(x)\n    other = net({})\n    return one - other\n"
CAST = "def f(x, like):\n{}    return tf.cast(x, like.dtype)\n"


@pytest.mark.parametrize(
    ("written", "expression", "text"),
    [
        (TWICE.format("y"), "y", "x"),
        (CAST.format(""), "tf.cast(x, like.dtype)", "x"),
    ],
)
def test_a_second_call_of_the_same_and_a_function_that_hands_on_its_argument_are_needless(
    written, expression, text
):
    assert changed(written, expression, text)


@pytest.mark.parametrize(
    ("written", "expression", "text"),
    [
        (TWICE.format("y"), "y", "y + 1"),
        (TWICE.format("y"), "one - other", "other - one"),
        (CAST.format(""), "x", "2 * x"),
        (CAST.format("    x = 2 * x\n"), "tf.cast(x, like.dtype)", "x"),
        ("loss = net(x)\n", "x", "y"),
    ],
)
def test_what_does_something_else_is_not(written, expression, text):
    assert not changed(written, expression, text)


def test_a_text_calls_anew_what_the_other_does_not():
    assert calls_anew("z - stop(x)", "tf.gather(c, a) - stop(x)")
    assert not calls_anew("passed - stop(x)", "code - stop(x)")
