"""Fixes of one expression that need each other are one text, which was tried as such."""

from __future__ import annotations

from dataclasses import replace

import pytest

import gradcheck
from gradcheck.comparison import together
from gradcheck.source.writing import merged
from support import corpus


@pytest.mark.parametrize(
    ("one", "other", "both"),
    [
        ("f(c) + b * 2", "f(a) + d * 2", "f(c) + d * 2"),
        ("g(f(c) + b * 2)", "g(f(a) + d * 2)", "g(f(c) + d * 2)"),  # what both do is done once
        ("f(a) + b * 2", "f(a) + b * 3", "f(a) + b * 3"),
        ("f(c) + b * 2", "f(d) + b * 2", None),
        ("b * 2", "f(a) + d * 2", "d * 2"),
        ("x", "y", None),
    ],
)
def test_what_two_texts_change_is_written_together(one, other, both):
    assert merged("f(a) + b * 2", one, other) == both
    assert merged("f(a) + b * 2", other, one) == both


LOSS = "unseen/lsgan_square_of_the_mean"
BOTH = "tf.reduce_mean(0.5 * ((self.dis(real) - 1.0) ** 2 + self.dis(fake) ** 2))"


def test_two_fixes_of_one_expression_are_one_that_was_tried():
    (found,) = gradcheck.diff(corpus.case(LOSS)).findings
    assert found.fix is not None and found.proof is not None
    assert (found.fix.text, found.proof.tried, found.proof.needs_also) == (BOTH, f"`{BOTH}`", ())


def test_one_that_repairs_nothing_is_no_fix(monkeypatch):
    monkeypatch.setattr(together, "merged", lambda base, one, other: f"2.0 * {base}")
    (found,) = gradcheck.diff(corpus.case(LOSS)).findings
    assert found.verified and found.fix is None


def test_where_a_third_place_differs_none_of_them_is_a_fix_by_itself():
    (found,) = gradcheck.diff(corpus.case(LOSS)).findings
    three = [found, replace(found, message="another"), replace(found, span=replace(found.span, line=1))]
    left, elsewhere = together.in_one_text(three, None, None)
    assert (left.fix, elsewhere.fix) == (None, found.fix)
