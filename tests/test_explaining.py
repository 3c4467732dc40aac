"""What is tried, and what is not: an edit proves nothing against a reference without a gradient."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import gradcheck


def diff(reference, candidate):
    weights = tf.Variable([[1.0], [2.0]], name="weights")
    x = np.random.default_rng(0).normal(size=(5, 2)).astype("float32")
    case = gradcheck.Case(
        reference=lambda x: reference(x, weights),
        candidate=lambda x: candidate(x, weights),
        batch={"x": x},
        variables=[weights],
    )
    return gradcheck.diff(case)


def square(x, weights):
    return tf.reduce_mean(tf.square(x @ weights))


REFERENCES = {
    "zero": lambda x, weights: tf.reduce_mean(tf.nn.softmax(x @ weights)),
    "None": lambda x, weights: tf.reduce_mean(tf.square(tf.stop_gradient(x @ weights))),
}


@pytest.mark.parametrize("kind", REFERENCES)
def test_nothing_is_proved_against_a_reference_without_a_gradient(kind):
    report = diff(REFERENCES[kind], square)
    assert report.verdict == "different"
    assert not any(finding.verified for finding in report.findings)
    assert report.search is None


def test_a_reference_with_a_gradient_proves_a_repair():
    report = diff(square, lambda x, weights: -square(x, weights))
    assert report.verdict == "different"
    assert report.findings[0].verified
    assert report.search.tried > 0
