"""Sums with brackets elsewhere, and with a factor of another term."""

import ast

import pytest

from gradcheck.source.regrouped import regrouped


@pytest.mark.parametrize(
    ("written", "made"),
    [
        ("a * b + c - d", ["a * (b + c - d)"]),
        ("a * b * c + d", ["a * b * (c + d)", "a * (b * c + d)", "a * b + d * c"]),
        ("a / b + c", ["(a + c) / b", "a + c / b"]),
        ("a - b * c", ["(a - b) * c", "a * c - b"]),
        ("a + b / c", ["(a + b) / c", "a / c + b"]),
        ("(a + b) * c", ["a + b * c", "a * c + b"]),
        ("(a - b) / c", ["a - b / c", "a / c - b"]),
        ("a * (b - c)", ["a * b - c", "b - a * c"]),
        ("a / (b - c)", []),
        ("a + b", []),
        ("f(a)", []),
        ("-a ** b", ["(-a) ** b"]),
        ("-a * b", []),
        ("a['k'] * b + c", ['a["k"] * (b + c)', 'a["k"] + c * b']),
    ],
)
def test_a_factor_is_around_more_or_less(written, made):
    assert list(regrouped(ast.parse(written, mode="eval").body)) == made
