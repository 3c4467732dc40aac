"""A reference whose gradient is written by hand is known as it ran: the candidate is changed to give the same."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

import gradcheck

draw = np.random.default_rng(5)
w = tf.Variable(draw.normal(size=(4, 3)).astype("float32"), name="w")
c = tf.Variable(draw.normal(size=(3,)).astype("float32"), name="c")


@tf.custom_gradient
def reversed_gradient(x):
    return tf.identity(x), lambda upstream: -0.8 * upstream


def batch(seed=0):
    draw = np.random.default_rng(seed)
    rows = {name: draw.normal(size=(6, 4)).astype("float32") for name in ("ours", "theirs")}
    return {**rows, "y": draw.normal(size=6).astype("float32")}


def adversarial(ours, theirs, y):
    one, other = tf.tanh(ours @ w), tf.tanh(theirs @ w)
    scores = tf.linalg.matvec(reversed_gradient(one), c), tf.linalg.matvec(reversed_gradient(other), c)
    apart = tf.reduce_mean(tf.nn.softplus(-scores[0])) + tf.reduce_mean(tf.nn.softplus(scores[1]))
    return tf.reduce_mean(tf.square(tf.reduce_sum(one, axis=1) - y)) + 0.5 * apart


def by_a_flag(reverse, scale=1.0):
    def told(rows, turned):
        return tf.linalg.matvec(reversed_gradient(rows) if turned else rows, scale * c)

    def candidate(ours, theirs, y):
        both = tf.tanh(tf.concat([ours, theirs], axis=0) @ w)
        scores = told(both, turned=reverse)
        labels = tf.concat([tf.ones_like(y), tf.zeros_like(y)], axis=0)
        apart = tf.reduce_mean(tf.nn.sigmoid_cross_entropy_with_logits(labels, scores))
        return tf.reduce_mean(tf.square(tf.reduce_sum(both[: len(y)], axis=1) - y)) + apart

    return candidate


def report_on(candidate):
    @gradcheck.case
    def case(seed: int = 0):
        return gradcheck.Case(
            reference=adversarial, candidate=candidate, batch=batch(seed), variables=[w, c], name="case"
        )

    return gradcheck.diff(case, work=8_000)


def test_a_gradient_that_the_reference_turns_by_hand_is_turned_by_a_change_of_the_candidate():
    report = report_on(by_a_flag(False))
    assert report.verdict == "different"
    (first, *_) = report.findings
    assert first.verified and first.fix is not None, str(report)
    assert first.fix.text in ("not turned", "rows if turned else reversed_gradient(rows)"), str(report)
    assert "float64 is not available for the reference" in str(report).replace("\n  ", " ")


def test_its_twin_has_no_finding_and_another_fault_no_fix_that_does_not_repair_it():
    assert not report_on(by_a_flag(True)).findings
    twice = report_on(by_a_flag(False, scale=1.7))  # no small change repairs both
    assert twice.verdict == "different"
    assert not any(one.verified for one in twice.findings)
