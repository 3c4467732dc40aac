"""The one expression that makes something else of what the reference has, and when it is not known which."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.execution.replay.points import points_of
from gradcheck.execution.run.pair import run_pair
from gradcheck.explanation.align import Alignment
from gradcheck.explanation.groups import Groups
from gradcheck.explanation.narrow import departure

w = tf.Variable([[0.5, 0.1], [-0.25, 0.7], [1.0, -0.4]], name="w")


def departs(reference, candidate):
    """Return the expression at which the candidate's loss departs from the reference's; None if not known."""
    gradcheck.execution.start()
    draw = np.random.default_rng(3)
    batch = {"x": draw.normal(size=(5, 3)).astype("float32"), "y": draw.normal(size=5).astype("float32")}
    case = gradcheck.Case(reference=reference, candidate=candidate, batch=batch, variables=[w])
    sides = [Groups(run.recording, *points_of(run).arrays()) for run in run_pair(case, 0).runs]
    found = departure(sides[1].of[sides[1].recording.loss], Alignment(sides[1], sides[0]))
    return None if found is None else found.op.span.text


def each_row(x, y):
    rows = tf.square(tf.tanh(x @ w)) * tf.cast(y > 0, tf.float32)[:, None]
    return tf.reduce_mean(tf.exp(tf.reduce_sum(rows, axis=1)))


def each_column(x, y):
    rows = tf.square(tf.tanh(x @ w)) * tf.cast(y > 0, tf.float32)[:, None]
    return tf.reduce_mean(tf.exp(tf.reduce_sum(rows, axis=0)))


def test_it_is_what_reads_nothing_but_what_the_reference_has():
    assert departs(each_row, each_column) == "tf.reduce_sum(rows, axis=0)"


def by_two_sums(x, y):
    rows = tf.square(tf.tanh(x @ w)) * tf.cast(y > 0, tf.float32)[:, None]
    return tf.exp(tf.reduce_sum(rows[:2])) + tf.exp(tf.reduce_max(rows))


def by_another_mask(x, y):
    rows = tf.square(tf.tanh(x @ w))
    return tf.reduce_sum(rows * tf.cast(y > -0.3, tf.float32)[:, None])


def in_another_order(x, y):
    rows = tf.square(tf.tanh(x @ w)) * tf.cast(y > 0, tf.float32)[:, None]
    return tf.exp(tf.reduce_sum(tf.reverse(rows, [0]) * tf.constant([[1.0], [2.0], [3.0], [4.0], [5.0]])))


def of_computed_indices(x, y):
    rows = tf.square(tf.tanh(x @ w)) * tf.cast(y > 0, tf.float32)[:, None]
    return tf.reduce_sum(tf.gather(rows, tf.argsort(y)[:2]))


@pytest.mark.parametrize("wrong", [by_two_sums, by_another_mask, in_another_order, of_computed_indices])
def test_it_is_not_known_where_there_are_several_or_something_read_may_be_wrong(wrong):
    assert departs(each_row, wrong) is None
