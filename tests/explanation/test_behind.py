"""Behind a place are the statements that make what it reads: in callers, methods and attributes too."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.execution.replay.points import points_of
from gradcheck.execution.run.pair import run_pair
from gradcheck.explanation.align import Alignment
from gradcheck.explanation.behind import Behind
from gradcheck.explanation.groups import Groups
from gradcheck.source import span_of

W = tf.Variable(np.random.default_rng(0).normal(size=(3,)).astype("float32"), name="w")


def reference(x):
    return tf.reduce_mean(tf.sin(x * W))


def lines_behind(candidate, text):
    """Return the lines, counted in the candidate, of the statements behind the expression that reads so."""
    gradcheck.execution.start()
    x = np.random.default_rng(1).normal(size=(4, 3)).astype("float32")
    case = gradcheck.Case(reference=reference, candidate=candidate, batch={"x": x}, variables=[W])
    runs = run_pair(case, 0).runs
    first, second = (Groups(run.recording, *points_of(run).arrays()) for run in runs)
    sites = [op.site for op in runs[1].recording.ops if op.site is not None and span_of(op.site).text == text]
    start = candidate.__code__.co_firstlineno
    return [one.node.lineno - start for one in Behind(Alignment(second, first)).statements(sites)]


def by_a_helper(x):
    def helper(given):
        return tf.exp(given)

    wrong = x * W + 1.0
    return tf.reduce_mean(helper(wrong))


def kept(x):
    class Kept:
        def __init__(self):
            self.state = x * W + 1.0

        def made(self):
            return tf.exp(self.state)

    return tf.reduce_mean(Kept().made())


def handed_on(x):
    def helper(given):
        doubled = 2.0 * given
        return tf.exp(doubled)

    return tf.reduce_mean(tf.map_fn(helper, x * W))


def kept_by_another_object(x):
    class Kept:
        def keep(self, given):
            self.state = given * W

    one = Kept()
    one.keep(x + 1.0)
    return tf.reduce_mean(tf.exp(one.state))


def nothing_kept(x):
    made = x * W
    tf.clip_by_value(made, 0.0, 1.0)
    return tf.reduce_mean(tf.exp(made))


def while_something_holds(x):
    made, count = x * W, 0
    while count < 2:
        made = made + tf.tanh(made)
        count += 1
    return tf.reduce_mean(tf.exp(made))


@pytest.mark.parametrize(
    ("candidate", "text", "lines"),
    [
        (kept_by_another_object, "tf.exp(one.state)", {3, 6, 7}),
        (while_something_holds, "tf.exp(made)", {2, 3, 5}),
        (nothing_kept, "tf.exp(made)", {2, 3}),
        (by_a_helper, "tf.exp(given)", {2, 4, 5}),
        (kept, "tf.exp(self.state)", {3, 6}),
        (handed_on, "tf.reduce_mean(tf.map_fn(helper, x * W))", {3, 5}),
    ],
)
def test_statements_behind_a_place(candidate, text, lines):
    assert lines <= set(lines_behind(candidate, text))


def test_a_statement_that_computes_what_the_reference_has_ends_the_way():
    def right_before(x):
        scaled = x * W
        made = tf.exp(scaled)
        return tf.reduce_mean(made)

    assert 1 not in lines_behind(right_before, "tf.exp(scaled)")


def test_what_only_the_statement_itself_reads_need_not_be_the_references():
    def right_by_another_way(x):
        scaled = tf.reduce_sum(tf.linalg.diag(W) * x[:, None], axis=2)
        made = tf.exp(scaled)
        return tf.reduce_mean(made)

    def wrong_in_another_way(x):
        scaled = tf.reduce_sum(tf.linalg.diag(W) * x[:, None], axis=2) + 1.0
        made = tf.exp(scaled)
        return tf.reduce_mean(made)

    assert 1 not in lines_behind(right_by_another_way, "tf.exp(scaled)")
    assert 1 in lines_behind(wrong_in_another_way, "tf.exp(scaled)")
