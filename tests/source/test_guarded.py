"""Functions at a pole are written so that their gradient is finite there."""

from __future__ import annotations

import ast
import linecache

import pytest

from gradcheck.source.guarded import guarded, infinities
from gradcheck.source.trees import tree


def texts(written: str) -> list[str]:
    name = f"<{written}>"
    linecache.cache[name] = (len(written), None, [written], name)
    statement = tree(name).body[0]
    assert isinstance(statement, ast.Expr)
    return list(guarded(statement.value, name))


@pytest.mark.parametrize(
    ("written", "wanted"),
    [
        ("tf.sqrt(a - b)", "tf.sqrt(tf.maximum(a - b, 1e-12))"),
        ("tf.math.log(p)", "tf.math.log(tf.maximum(p, 1e-12))"),
        ("tf.sqrt(tf.maximum(a, 0.0))", "tf.sqrt(tf.maximum(a, 1e-12))"),
        ("tf.norm(a - b, axis=1)", "tf.sqrt(tf.maximum(tf.reduce_sum(tf.square(a - b), axis=1), 1e-12))"),
        ("tf.math.reduce_std(a)", "tf.sqrt(tf.maximum(tf.math.reduce_variance(a), 1e-12))"),
        ("a / (b - c)", "tf.math.divide_no_nan(a, b - c)"),
        ("tf.math.log(tf.reduce_sum(tf.exp(z), axis=-1))", "tf.reduce_logsumexp(z, axis=-1)"),
    ],
)
def test_what_is_at_a_pole_is_kept_from_it(written, wanted):
    assert texts(written)[0] == wanted


@pytest.mark.parametrize("written", ["tf.exp(a)", "a * b", "tf.norm(a, 1)", "tf.sqrt(a, name)", "f(a)"])
def test_what_has_no_pole_or_is_told_more_is_left_as_it_is(written):
    assert texts(written) == []


def test_a_bound_that_is_above_zero_already_is_not_lowered():
    assert texts("tf.sqrt(tf.maximum(a, 0.1))") == ["tf.sqrt(tf.maximum(tf.maximum(a, 0.1), 1e-12))"]


def test_of_what_is_not_chosen_ones_are_computed():
    assert texts("tf.where(x > k, a, 1 / x - x)") == [
        "tf.where(x > k, a, 1 / tf.where(x > k, tf.ones_like(x), x) - tf.where(x > k, tf.ones_like(x), x))"
    ]
    assert texts("tf.where(x > 0, tf.sqrt(x), a)") == [
        "tf.where(x > 0, tf.sqrt(tf.where(x > 0, x, tf.ones_like(x))), a)"
    ]


def test_infinity_is_written_as_a_large_number():
    written = "def f(x): return g(-np.inf, float('-inf'), math.inf, float('1'), x.information)"
    linecache.cache["<inf>"] = (len(written), None, [written], "<inf>")
    found = {(ast.unparse(node), text) for node, text in infinities(tree("<inf>").body[0])}
    assert found == {("np.inf", "1e9"), ("float('-inf')", "-1e9"), ("math.inf", "1e9")}
