"""Two ways to write an expression: what is different between them, and which cause that is."""

import pytest

from gradcheck.causes import cause_of_text
from gradcheck.source.differences import Difference, differences


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("f(x)", "f(x)", []),
        ("f(x)", "g(x)", [Difference("function", "f", "g")]),
        ("x", "tf.stop_gradient(x)", [Difference("around", "", "stop_gradient")]),
        ("-f(x)", "x", [Difference("without", "USub", ""), Difference("without", "f", "")]),
        ("f(x, axis=0)", "f(x, axis=1)", [Difference("argument", "axis", "axis")]),
        ("f(x)", "f(x, axis=1)", [Difference("argument", "", "axis")]),
        ("f(a + b)", "f(a - b)", [Difference("operator", "Add", "Sub")]),
        ("a - b", "b - a", [Difference("swapped", "Sub", "Sub")]),
        ("a > b", "a < b", [Difference("operator", "Gt", "Lt")]),
        ("x[1:]", "x[:-1]", [Difference("slice", "1:", ":-1")]),
        ("f(a, b)", "f(a, c)", [Difference("other", "b", "c")]),
        ("f(a)", "f(a, c)", [Difference("other", "", "c")]),
        ("g(a=x * y)", "g(a=x / y)", [Difference("operator", "Mult", "Div")]),
        ("no python", "f(x)", []),
    ],
)
def test_a_difference_is_where_the_expressions_part(before, after, expected):
    assert differences(before, after) == expected


@pytest.mark.parametrize(
    ("before", "after", "cause"),
    [
        ("f(x, action_axis=-1)", "f(x, action_axis=1)", "axis"),
        ("tf.reduce_mean(x)", "tf.reduce_sum(x)", "reduction"),
        ("x", "tf.stop_gradient(x)", "stop_gradient"),
        ("tf.gather(q, a)", "tf.gather(q, a, batch_dims=1)", "index"),
        ("x[:, 1:] * y", "x[:, :-1] * y", "index"),
        ("a * b", "a[:, None] * b", "broadcast"),
        ("tf.minimum(a, b)", "tf.maximum(a, b)", "sign"),
        ("a - b", "b - a", "sign"),
        ("f(y, p)", "f(y, p, from_logits=True)", "numerics"),
        ("tf.cast(x, tf.int32)", "x", "dtype"),
    ],
)
def test_an_expression_that_is_rewritten_has_the_cause_of_what_is_different(before, after, cause):
    assert cause_of_text(before, after) == cause


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("f(x)", "f(y)"),
        ("tf.reduce_mean(x)", "tf.reduce_mean(y)"),
        ("tf.reduce_mean(x[1:])", "-tf.reduce_mean(x[:-1])"),
        ("tf.exp(x)", "tf.exp(0.5 * x)"),
    ],
)
def test_of_several_differences_or_of_other_quantities_none_is_named(before, after):
    assert cause_of_text(before, after) is None
