"""A gradient that is written by hand is accused where the losses agree and the gradients do not."""

from __future__ import annotations

import numpy as np
import tensorflow as tf

import gradcheck

w = tf.Variable([0.5, -1.0, 2.0], name="w")


@tf.custom_gradient
def doubled(x):
    return tf.square(x), lambda upstream: 4.0 * x * upstream


@tf.custom_gradient
def right(x):
    return tf.square(x), lambda upstream: 2.0 * x * upstream


def findings(candidate):
    x = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
    case = gradcheck.Case(
        reference=lambda x: tf.reduce_mean(tf.square(x * w)),
        candidate=candidate,
        batch={"x": x},
        variables=[w],
    )
    return gradcheck.diff(case).findings


def test_a_gradient_that_is_wrong_by_hand_is_proved_where_it_is_written():
    (finding,) = findings(lambda x: tf.reduce_mean(doubled(x * w)))
    assert finding.severity == "error" and finding.verified
    assert finding.span.text == "4.0 * x * upstream"
    assert "written by hand" in finding.message


def test_one_that_is_right_is_not():
    assert not findings(lambda x: tf.reduce_mean(right(x * w)))


def test_where_the_losses_differ_too_it_is_not_the_first_suspect():
    found = findings(lambda x: tf.reduce_mean(right(x * w) + tf.square(x * w)))
    assert not any("written by hand" in finding.message for finding in found)


@tf.custom_gradient
def doubled_by_a_function(x):
    def backward(upstream):
        return 4.0 * x * upstream

    return tf.square(x), backward


def test_a_function_that_is_the_gradient_is_shown_where_it_returns():
    (finding,) = findings(lambda x: tf.reduce_mean(doubled_by_a_function(x * w)))
    assert finding.verified and finding.span.text == "4.0 * x * upstream"


def test_where_it_is_not_found_its_call_is_shown():
    made = tf.custom_gradient(lambda x: (tf.square(x), lambda upstream: 4.0 * x * upstream))
    (finding,) = findings(lambda x: tf.reduce_mean(made(x * w)))
    assert finding.verified and finding.span.text == "made(x * w)"
