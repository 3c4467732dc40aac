"""Gradients that are written by hand and break down: what a replay of the forward ops cannot see."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

import gradcheck
from gradcheck.execution.run.pair import run_pair
from gradcheck.execution.run.rerun import _rerun

N = 9
X = np.random.default_rng(4).normal(size=(N, 3)).astype("float32")
w = tf.Variable(np.array([0.7, -0.4, 0.2], "float32"), name="w")


def batch(saturated=True):
    x = X.copy()
    x[:2] = (200.0, 0.0, 0.0) if saturated else x[:2]
    return {"x": x}


def reference(x):
    return tf.reduce_mean(tf.nn.softplus(tf.linalg.matvec(x, w)))


def focal(gamma, slope=1.0):
    @tf.custom_gradient
    def kernel(z):
        p = tf.sigmoid(z)
        left = 1.0 - p

        def backward(upstream):
            modulation = gamma * tf.pow(left, gamma - 1.0)
            return upstream * (slope * tf.pow(left, gamma) * p - modulation * p * left * tf.nn.softplus(z))

        return tf.pow(left, gamma) * tf.nn.softplus(z), backward

    return lambda x: tf.reduce_mean(kernel(tf.linalg.matvec(x, w)))


def explained(candidate, batch, reference=reference):
    case = gradcheck.Case(reference=reference, candidate=candidate, batch=batch, variables=[w])
    report = gradcheck.diff(case)
    assert report.verdict == "different"
    return report.findings


def test_the_first_op_that_is_not_finite_is_found_in_the_function_that_goes_back():
    first = explained(focal(0.0), batch())[0]
    assert (first.cause, first.span.text) == ("numerics", "tf.pow(left, gamma - 1.0)")
    assert first.verified
    assert first.fix is None
    assert "a finite number there makes no difference" in first.notes[0]


def test_the_derivative_of_the_forward_ops_is_no_op_of_the_program():
    # It is not finite either: no finding is made of it, nor a fix of what it alone agrees with.
    for found in explained(focal(0.0), batch()):
        assert "passes on" not in found.message
        assert found.fix is None


def test_what_is_finite_and_wrong_is_not_said_to_break_down():
    found = explained(focal(0.0, slope=2.0), batch(saturated=False))
    assert all(one.cause != "numerics" for one in found)


def test_where_a_number_counts_that_it_does_not_is_not_said():
    # The reference has the derivative of the modulation; the number that stands there matters.
    @tf.custom_gradient
    def kernel(z):
        def backward(upstream):
            return upstream * tf.sigmoid(z) * tf.exp(tf.abs(z))

        return tf.nn.softplus(z), backward

    for found in explained(lambda x: tf.reduce_mean(kernel(tf.linalg.matvec(x, w))), batch()):
        assert not any("makes no difference" in note for note in found.notes)


def test_a_reference_that_is_run_once_more_is_not_the_candidate():
    # All functions are looked at for what may run on the way back, and that is the reference's.
    @tf.custom_gradient
    def halved(z):
        return tf.identity(z), lambda upstream: 0.5 * upstream

    def reference(x):
        return tf.reduce_mean(halved(tf.linalg.matvec(x, w)))

    case = gradcheck.Case(
        reference=reference, candidate=lambda x: tf.reduce_sum(x @ w[:, None]), batch=batch(), variables=[w]
    )
    pair = run_pair(case, 0)
    again = _rerun(pair, {}, "reference")
    np.testing.assert_array_equal(again.gradients[0], pair.runs[0].gradients[0])
