"""Two ways to write an expression: what is different between them, and which cause that is."""

import ast

import pytest

from gradcheck.causes import cause_of_text
from gradcheck.source.differences import Difference, _same, differences, instead_of_names


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
        ("x", "x * y", [Difference("around", "", "Mult", "y")]),
        ("x[:, :, None]", "x[:, None, :]", [Difference("axes", "[]", "[]")]),
        ("f(g(x), y)", "g(f(x, y))", [Difference("moved", "f", "g")]),
        ("-a - f(b)", "f(-a - b)", [Difference("moved", "f", "f")]),
        ("f(x, k, axis=0)", "g(x, [k, 1])", [Difference("function", "f", "g")]),
        ("f([int(x) for x in y])", "f([x for x in y])", [Difference("without", "int", "")]),
        ("(a, b)", "(a, -b)", [Difference("around", "", "USub")]),
        ("sum(x for x in y)", "sum(-x for x in y)", [Difference("around", "", "USub")]),
        ("(a, b)", "(b,)", [Difference("other", "(a, b)", "(b,)")]),
        ("tf.range(n)", "tf.range(1, n + 1)", [Difference("slice", "n", "1, n + 1")]),
        ("tf.range(n) + 1", "tf.range(n)", [Difference("slice", "tf.range(n) + 1", "tf.range(n)")]),
        ("tf.pad(x, [[0, 1]])", "tf.pad(x, [[1, 0]])", [Difference("slice", "[[0, 1]]", "[[1, 0]]")]),
        ("tf.roll(x, 1, axis=0)", "tf.roll(x, -1, axis=0)", [Difference("slice", "1", "-1")]),
        ("tf.pad(x, [[0, 1]])", "tf.pad(y, [[0, 1]])", [Difference("other", "x", "y")]),
        ("tf.expand_dims(x, 1)", "tf.expand_dims(x, 2)", [Difference("axes", "expand_dims", "expand_dims")]),
        ("tf.reshape(x, [a, b])", "tf.reshape(x, [b, a])", [Difference("axes", "[a, b]", "[b, a]")]),
        ("tf.reduce_sum(x, 0)", "tf.reduce_sum(y, 0)", [Difference("other", "x", "y")]),
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
        ("tf.constant([int(x)], dtype=tf.int64)", "tf.constant([x], dtype=tf.float32)", "dtype"),
        ("mask[:, :, None]", "mask[:, None, :]", "broadcast"),
        ("tf.expand_dims(x, 1)", "tf.expand_dims(x, 2)", "broadcast"),
        ("f(x)", "f(x) / tf.reduce_sum(m)", "reduction"),
        ("f(x)", "f(x) / tf.norm(m)", None),
        ("f(x)", "f(x) / tf.reshape(m, [-1])", None),
        ("f(x)", "f(x) / x.shape[0]", "reduction"),
        ("tf.transpose(x)", "x", "axis"),
        ("tf.repeat(x, k, axis=0)", "tf.tile(x, [k, 1])", "index"),
        ("tf.pad(x[1:], [[0, 1], [0, 0]])", "tf.pad(x[1:], [[1, 0], [0, 0]])", "index"),
        ("tf.roll(x, shift=1, axis=0)", "tf.roll(x, shift=-1, axis=0)", "index"),
        ("discount ** tf.range(n, dtype=x.dtype)", "discount ** tf.range(1, n + 1, dtype=x.dtype)", "index"),
        ("1.0 / tf.range(n)", "1.0 / (tf.range(n) + 1)", "index"),
        ("tf.cumsum(x, axis=1)", "tf.cumsum(x, axis=1, exclusive=True)", "index"),
        ("tf.roll(x, 1, axis=0)", "tf.roll(x, 1, axis=1)", "axis"),
        ("-a - tf.reduce_sum(x)", "tf.reduce_sum(-a - x)", "reduction"),
        ("tf.reduce_sum(x, axis=0) / n", "x", "reduction"),
        ("tf.norm(x)", "tf.norm(x, axis=1, keepdims=True)", "axis"),
        ("tf.reduce_sum(x, axis=1)", "tf.reduce_sum(x, axis=1, keepdims=True)", "broadcast"),
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
        ("tf.exp(x) / n", "tf.exp(x)"),
        ("-a - tf.exp(x)", "tf.exp(-a - x)"),
        ("tf.repeat(x, k, axis=0)", "tf.pad(x, [[k, 1]])"),
    ],
)
def test_of_several_differences_or_of_other_quantities_none_is_named(before, after):
    assert cause_of_text(before, after) is None


TREES = """
    f(x) | f(x, 1) | f(x, True) | f(x, 1.0) | f(x, a=1) | f(a=1) | f(*x) | f(**x) | g(x) | f.x | x[0] | x[:]
    x[:, None] | {x, y} | {x, z} | x if y else z
    -x | not x | x + y | y + x | x - y | x < y | x < y < z | lambda x: x | lambda y: y | "a" | b"a"
    (x, y) | [x, y] | [x for x in y] | [x async for x in y] | {x: y} | {**x} | None | ... | 1j | f"{x}" | f"{x!r}"
"""


def test_trees_are_the_same_where_they_are_written_alike_wherever_that_is():
    texts = [text.strip() for text in TREES.replace("\n", "|").split("|") if text.strip()]
    trees = [ast.parse(text, mode="eval").body for text in texts]
    elsewhere = [ast.parse(f"(\n   {text}\n)", mode="eval").body for text in texts]
    assert [[_same(one, other) for other in elsewhere] for one in trees] == [
        [one == other for other in texts] for one in texts
    ]


@pytest.mark.parametrize(
    ("before", "after", "instead"),
    [
        ("f(x, axis=axes)", "f(x, axis=[0, 1])", {"axes": "[0, 1]"}),
        ("f(n, g(n))", "f(2, g(2))", {"n": "2"}),
        ("f(n, g(n))", "f(2, g(3))", None),
        ("f(n)", "g(2)", {"f": "g", "n": "2"}),
        ("f(n, 1)", "f(2, 3)", None),
        ("f(n)", "f(n)", {}),
        ("no python", "f(n)", None),
    ],
)
def test_what_is_written_instead_of_names_and_nothing_else(before, after, instead):
    found = instead_of_names(before, after)
    assert found == instead or (instead is None and not found)
