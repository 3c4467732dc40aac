"""A text in place of an expression repairs nothing where what it computes is not felt in the loss."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.execution.run.pair import run_pair
from gradcheck.execution.run.rerun import comes_near
from gradcheck.source import span_of

W = tf.Variable(np.random.default_rng(0).normal(size=(3,)).astype("float32"), name="w")


def squares(x):
    return tf.square(x * W)


def larger(x, offset, bend):
    bent = bend(x * W)
    return tf.reduce_mean(tf.maximum(squares(x) + offset, bent))


def chosen_by_index(x):
    scores = x * W
    order = tf.argmax(-scores, axis=1)
    return tf.reduce_mean(tf.gather(squares(x), order, axis=1, batch_dims=1))


def compared(candidate, reference, text, at):
    """Return whether a candidate comes near a reference with a text in place of what is written so."""
    x = np.random.default_rng(1).normal(size=(4, 3)).astype("float32")
    pair = run_pair(
        gradcheck.Case(reference=reference, candidate=candidate, batch={"x": x}, variables=[W]), 0
    )
    sites = {op.site for op in pair.runs[1].recording.ops if op.site is not None}
    (site,) = (one for one in sites if span_of(one).text == at)
    return comes_near(pair, {site: text}, pair.replayed(0).gradients)


@pytest.mark.parametrize(("offset", "expected"), [(100.0, False), (-100.0, True)])
def test_what_is_never_chosen_of_two_is_no_repair(offset, expected):
    reference = lambda x: larger(x, offset, tf.sin)  # noqa: E731
    candidate = lambda x: tf.reduce_mean(tf.maximum(squares(x) + offset, 200.0 + tf.exp(x * W)))  # noqa: E731
    assert compared(candidate, reference, "tf.sin(x * W)", "200.0 + tf.exp(x * W)") is expected


def test_what_an_index_is_made_of_may_be_one():
    reference = lambda x: tf.reduce_mean(tf.reduce_max(squares(x) * 0 + squares(x), axis=1))  # noqa: E731
    assert compared(chosen_by_index, reference, "squares(x)", "-scores")


def test_two_lines_of_a_text_are_both_looked_at():
    reference = lambda x: larger(x, 100.0, tf.sin)  # noqa: E731
    candidate = lambda x: tf.reduce_mean(tf.maximum(squares(x) + 100.0, 200.0 + tf.exp(x * W)))  # noqa: E731
    assert not compared(candidate, reference, "(tf.sin(\nx * W))", "200.0 + tf.exp(x * W)")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x - 100.0", False),  # all are below the bound
        ("tf.zeros_like(x) - 100.0", False),
        ("x", True),
    ],
)
@pytest.mark.parametrize("bound", [0.2, 50.0])
def test_what_decides_nothing_is_no_repair(bound, text, expected):
    """Where the reference leaves nothing out on this batch either, anything that is never too large would do."""

    def masked(x, level):
        beyond = tf.logical_and(x[:, :1] < 0.1, level(x) > bound)
        return tf.reduce_sum(tf.where(beyond, 0.0, squares(x)))

    reference = lambda x: masked(x, lambda x: x)  # noqa: E731
    candidate = lambda x: masked(x, lambda x: 100.0 * x)  # noqa: E731
    told_apart = bound < 1.0
    assert compared(candidate, reference, text, "100.0 * x") is (expected and told_apart)


def test_what_is_added_up_beside_what_it_decides_is_felt():
    def masked(x, level):
        found = level(x)
        return tf.reduce_sum(tf.where(found > 50.0, 0.0, squares(x))) + tf.reduce_mean(found * W)

    reference = lambda x: masked(x, lambda x: x)  # noqa: E731
    candidate = lambda x: masked(x, lambda x: 100.0 * x)  # noqa: E731
    assert compared(candidate, reference, "x", "100.0 * x")


def test_what_decides_as_much_as_before_is_a_repair():
    def masked(x, below):
        return tf.reduce_sum(tf.where(below(x), 0.0, squares(x)))

    reference = lambda x: masked(x, lambda x: x < 0.3)  # noqa: E731
    candidate = lambda x: masked(x, lambda x: x > 0.3)  # noqa: E731
    assert compared(candidate, reference, "x < 0.3", "x > 0.3")
