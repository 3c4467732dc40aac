"""Source as text: how it stands in a sentence."""

import ast

import pytest

from gradcheck.source.syntax import as_operand, in_one_line, negated


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tf.reduce_sum(\n    x,\n    axis=1,\n)", "tf.reduce_sum( x, axis=1, )"),
        ("for x, y in zip(xs, ys):\n        total += x * y", "for x, y in zip(xs, ys)"),
        ("[x * y for x, y in zip(xs, ys)]", "[x * y for x, y in zip(xs, ys)]"),
        ("axis=1) / tf", "axis=1) / tf"),
        ("", ""),
    ],
)
def test_source_stands_in_a_sentence_in_one_line_and_a_for_without_its_body(text, said):
    assert in_one_line(text) == said


@pytest.mark.parametrize(
    ("text", "within", "operand"),
    [
        ("a * b", "x + y", "a * b"),
        ("a ** b", "x * y", "a ** b"),
        ("a + b", "x * y", "(a + b)"),
        ("a * b", "x / y", "(a * b)"),
        ("a ** b", "x ** y", "(a ** b)"),
        ("a | b", "x + y", "(a | b)"),
        ("-a", "x * y", "(-a)"),
        ("f(a)", "x ** y", "f(a)"),
        ("a if b else c", "x + y", "(a if b else c)"),
        ("a + b", "x < y", "a + b"),
        ("a | b", "x < y", "a | b"),
        ("a < b", "x < y", "(a < b)"),
    ],
)
def test_an_operand_has_brackets_where_it_needs_them(text, within, operand):
    node = ast.parse(within, mode="eval").body
    operator = node.ops[0] if isinstance(node, ast.Compare) else node.op
    assert as_operand(text, operator) == operand


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("a + b", "-(a + b)"),
        ("a * b", "-(a * b)"),
        ("-a * b / c", "a * b / c"),
        ("-a + b", "-(-a + b)"),
        ("-(a - b)", "(a - b)"),
        ("f(-a)", "-f(-a)"),
    ],
)
def test_a_sign_in_front_of_a_product_is_taken_away(text, other):
    assert negated(text) == other
    value = {"a": 2.0, "b": 3.0, "c": 5.0, "f": lambda x: x - 1.0}
    assert eval(text, value) == -eval(other, value)
