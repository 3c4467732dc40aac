"""Fixes are told as expressions on one line."""

import ast

import pytest

from gradcheck.comparison.as_expressions import as_expression
from gradcheck.findings import Finding, Fix, Proof
from gradcheck.source import Span

PROOF = Proof(tried="it", residual=0.0, samples=(6, 6), second="another seed")


def told(before, after, column=5):
    lines = before.splitlines()
    end = len(lines[-1]) + (column if len(lines) == 1 else 1)
    span = Span("loss.py", 10, column, 9 + len(lines), end, before)
    found = as_expression(
        Finding(cause="other", message="it", span=span, severity="error", proof=PROOF, fix=Fix(text=after))
    )
    return found.span, found.fix.text


@pytest.mark.parametrize(
    ("before", "after", "value", "text"),
    [
        ("x -= a * b", "x -= a * b * c", "a * b", "a * b * c"),
        ("ü['é'] += f(a)", "ü['é'] += g(a)", "f(a)", "g(a)"),
        ("x += f(a,\n       b)", "x += f(b,\n       a)", "f(a,\n       b)", "f(b, a)"),
    ],
)
def test_of_a_statement_that_adds_to_a_name_what_is_added_is_told(before, after, value, text):
    span, fix = told(before, after)
    assert (span.text, fix) == (value, text)
    assert (span.line, span.column) == (10, 5 + before.index(value))
    lines = before.splitlines()
    assert span.end_column == len(lines[-1]) + (5 if len(lines) == 1 else 1)
    assert ast.parse(fix, mode="eval")


@pytest.mark.parametrize(
    ("before", "after"),
    [("x -= a", "x += a"), ("x += a", "y += a"), ("f(a)", "g(a)"), ("x += a", "x = a")],
)
def test_what_is_no_change_of_what_is_added_stays(before, after):
    span, fix = told(before, after)
    assert (span.text, fix) == (before, after)


def test_words_stay():
    span = Span("loss.py", 1, 1, 1, 7, "x += y")
    words = Fix(text="leave\nthis out", source=False)
    found = Finding(cause="other", message="it", span=span, severity="error", proof=PROOF, fix=words)
    assert as_expression(found) == found
