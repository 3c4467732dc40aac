"""An expression is put otherwise: along another axis, to a power, part by part, as its neighbours are."""

from __future__ import annotations

import ast
import linecache
import textwrap

import pytest

from gradcheck.source.otherwise import Otherwise
from gradcheck.source.trees import tree


def texts(body: str, expression: str) -> list[str]:
    """Return what may be written for an expression of a function with some statements, or for what reads it."""
    written = "GAMMA, STEPS = 0.9, 4\n\ndef f(b):\n" + textwrap.indent(textwrap.dedent(body).strip(), "    ")
    name = f"<{written}>"
    linecache.cache[name] = (len(written), None, written.splitlines(keepends=True), name)
    function = tree(name).body[1]
    nodes = [one for one in ast.walk(function) if isinstance(one, ast.expr)]
    node = next(one for one in nodes if ast.unparse(one) == expression)
    return [text for _, text in Otherwise(node, function, name).texts()]


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("tf.concat([v[:, 1:], v[:, -1:]], axis=1)", "tf.concat([v[1:], v[-1:]], axis=0)"),
        ("tf.reduce_sum(v[:, :-1], axis=1)", "tf.reduce_sum(v[:-1], axis=0)"),
        ("tf.stack([a[:, :n], b[:, n:]], axis=1)", "tf.stack([a[:n], b[n:]], axis=0)"),
    ],
)
def test_what_is_sliced_along_one_axis_is_sliced_along_the_other(expression, wanted):
    assert texts(f"return {expression}", expression)[0] == wanted


@pytest.mark.parametrize(
    "expression",
    ["tf.concat([v, w], axis=1)", "tf.concat([v[:, 1:], w], axis=2)", "tf.concat([v[0, 1:]], axis=1)"],
)
def test_what_is_not_sliced_so_is_left_along_its_axis(expression):
    assert texts(f"return {expression}", expression) == []


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("tf.reshape(a, [n, c, h * w])", ["tf.transpose(tf.reshape(a, [n, h * w, c]), [0, 2, 1])"]),
        ("tf.reshape(a, (-1, k, 3))", ["tf.transpose(tf.reshape(a, (-1, 3, k)), [0, 2, 1])"]),
        (
            "tf.reshape(a, [n, t, k, d])",
            [
                "tf.transpose(tf.reshape(a, [n, k, t, d]), [0, 2, 1, 3])",
                "tf.transpose(tf.reshape(a, [n, t, d, k]), [0, 1, 3, 2])",
            ],
        ),
        ("tf.reshape(a, [n, k])", []),
        ("tf.reshape(a, shape)", []),
    ],
)
def test_axes_are_split_in_the_order_in_which_they_are(expression, wanted):
    assert texts(f"return {expression}", expression) == wanted


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("GAMMA * q", ["GAMMA ** STEPS * q"]),
        ("r + GAMMA * (1.0 - done) * q", ["r + GAMMA ** STEPS * (1.0 - done) * q"]),
        ("tf.stop_gradient(GAMMA * q)", ["tf.stop_gradient(GAMMA ** STEPS * q)"]),
        ("OTHER * q", []),
    ],
)
def test_a_constant_is_to_the_power_of_a_count(expression, wanted):
    assert texts(f"n = STEPS\nreturn {expression}", expression) == wanted
    assert texts(f"return {expression}", expression) == []  # the function knows of no count


@pytest.mark.parametrize(
    ("body", "parts"),
    [
        ("every = tf.concat(xs, axis=0)\nreturn balance(every)", "xs"),
        ("return balance(tf.concat([a, b], axis=0))", "[a, b]"),
        ("every = tf.concat([x for x in xs], 0)\nreturn 0.1 * self.balance(every)", "[x for x in xs]"),
    ],
)
def test_a_function_is_called_for_each_part(body, parts):
    calls = [one for one in ast.walk(ast.parse(body)) if isinstance(one, ast.Call)]
    (row,) = [one for one in calls if ast.unparse(one.func) == "tf.concat"]
    (function,) = {ast.unparse(one.func) for one in calls} - {"tf.concat"}
    assert f"tf.reduce_mean([{function}(part) for part in {parts}], axis=0)" in texts(body, ast.unparse(row))


def test_a_function_that_is_given_more_is_not():
    made = texts("every = tf.concat(xs, axis=0)\nreturn balance(every, k)", "tf.concat(xs, axis=0)")
    assert not any("for part in" in one for one in made)


def test_an_expression_is_made_as_another_one_beside_it():
    body = "a = masked_mean(pg, keep)\nreturn a + tf.reduce_mean(c * kl)"
    assert texts(body, "tf.reduce_mean(c * kl)") == ["masked_mean(c * kl, keep)"]


def test_what_is_made_of_the_expression_is_none_beside_it():
    assert texts("return f(tf.reduce_mean(kl), keep)", "tf.reduce_mean(kl)") == []
