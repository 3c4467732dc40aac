"""Which change makes a program more like another one: by words, not by the names of its own."""

from __future__ import annotations

import ast

import pytest

from gradcheck.source.likeness import Likeness

OWN = """
def candidate(batch):
    rows = tf.reduce_mean(batch["x"] @ w, axis=1)
    return tf.reduce_sum(rows) / scale
"""
OTHER = """
def reference(batch):
    total = tf.reduce_sum(tf.sqrt(batch["y"] @ w), axis=0)
    return total - 0.5
"""


@pytest.mark.parametrize(
    ("before", "after", "away"),
    [
        ("rows", "tf.sqrt(rows)", -1),  # the other calls it, and it does not
        ("tf.sqrt(rows)", "rows", 1),
        ("rows", "tf.exp(rows)", 0),  # neither does
        ("rows", "total", 0),  # a name of its own says nothing
        ("rows / scale", "rows", 0),  # nor does what the other lacks
        ('batch["x"]', 'batch["y"]', -1),
        ("tf.reduce_sum(rows)", "rows", 1),
        ("tf.reduce_mean(rows, axis=1)", "tf.reduce_mean(rows)", 1),
        ("rows", "rows * 0.5", -1),
        ("rows", "-rows + 1.0", 0),  # signs and whole numbers say nothing
        ("rows", "reversed(rows)", 0),  # nor does what Python has built in
        ("rows", "1:", 0),  # a slice is no expression by itself
    ],
)
def test_what_the_other_says_makes_it_more_alike(before, after, away):
    functions = [[ast.parse(text).body[0]] for text in (OWN, OTHER)]
    if before == "rows" and after == "total":
        functions[0].append(ast.parse("total = rows").body[0])
    assert Likeness(*functions).moves_away(ast.parse(before, mode="eval").body, after) == away
