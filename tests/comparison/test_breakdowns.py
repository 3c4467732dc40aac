"""Numbers that break down as they run: repaired by what the reference computes, judged as it runs."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.comparison.goals import goals_of
from gradcheck.comparison.repairs import proof_of
from gradcheck.comparison.second_batch import resampled_batches
from gradcheck.execution.run.pair import run_pair
from gradcheck.explanation.transplant import Transplant
from gradcheck.options import Options
from gradcheck.source import span_of

W = tf.Variable(np.random.default_rng(0).normal(size=(3, 4)).astype("float32"), name="w")


def found(reference, candidate, far=0.0):
    """Return the report where one sample is far out."""

    @gradcheck.case
    def made(seed=0):
        x = np.random.default_rng(seed).normal(size=(6, 3)).astype("float32")
        x[2] += far * np.sign(W.numpy().sum(axis=1))
        return gradcheck.Case(reference=reference, candidate=candidate, batch={"x": x}, variables=[W])

    return gradcheck.diff(made)


def stable(x):
    scores = x @ W
    return tf.reduce_mean(tf.reduce_logsumexp(scores, axis=-1))


def overflowing(x):
    logits = tf.matmul(x, W)
    totals = tf.math.log(tf.reduce_sum(tf.exp(logits), axis=1))
    return tf.reduce_mean(totals)


def test_what_overflows_is_repaired_by_what_the_reference_calls():
    report = found(stable, overflowing, far=80.0)
    assert report.verdict == "unstable"
    (finding,) = report.findings
    assert (finding.cause, finding.verified, finding.severity) == ("numerics", True, "error")
    assert finding.span.text == "tf.math.log(tf.reduce_sum(tf.exp(logits), axis=1))"
    assert finding.fix.source and finding.fix.text == "tf.reduce_logsumexp(logits, axis=-1)"


def one_by_one(x):
    columns = [tf.linalg.matvec(x, column) for column in tf.unstack(W, axis=1)]
    return tf.reduce_mean(tf.reduce_logsumexp(tf.stack(columns), axis=0))


def test_what_breaks_down_in_float64_too_is_what_the_place_is_about():
    report = found(one_by_one, overflowing, far=900.0)
    assert report.verdict == "different"
    (finding,) = report.findings
    assert (finding.cause, finding.verified) == ("numerics", True)
    assert finding.span.text == "tf.math.log(tf.reduce_sum(tf.exp(logits), axis=1))"
    assert finding.fix.text == "tf.reduce_logsumexp(logits, axis=1)"


def test_what_does_not_overflow_is_left_alone():
    report = found(stable, overflowing)
    assert report.verdict == "equivalent"
    assert not report.findings


def overflowing_again(x):
    """Has the same poles as the candidate: nothing it computes repairs that."""
    return tf.reduce_mean(tf.math.log(tf.reduce_sum(tf.exp(x @ W), axis=-1)))


def test_what_overflows_on_both_sides_is_not_repaired_by_the_other():
    report = found(overflowing_again, overflowing, far=80.0)
    assert not report.equivalent
    assert not any(one.verified or one.fix for one in report.findings)


def masked(value):
    def loss(x):
        half = tf.cast(x @ W, tf.float16)
        kept = tf.cast(tf.constant([[1.0, 1.0, 0.0, 1.0]]), half.dtype)
        weights = tf.nn.softmax(value(half, kept))
        return tf.reduce_mean(tf.cast(weights, tf.float32) ** 2)

    return loss


def small_enough(half, kept):
    return half * kept - tf.cast(1e4, half.dtype) * (1 - kept)


def too_large(half, kept):
    return half * kept - tf.cast(1e10, half.dtype) * (1 - kept)


def test_a_number_that_is_too_large_becomes_the_references():
    report = found(masked(small_enough), masked(too_large))
    assert report.verdict == "unstable"
    (finding,) = report.findings
    assert (finding.cause, finding.verified) == ("numerics", True)
    assert (finding.span.text, finding.fix.text) == ("tf.cast(1e10, half.dtype)", "tf.cast(1e4, half.dtype)")


@pytest.mark.parametrize(("text", "right"), [("kept * half", True), ("half * kept * 1.001", False)])
def test_what_is_right_but_for_the_rounding_of_half_precision_has_to_be_right_in_float64(text, right):
    x = np.random.default_rng(0).normal(size=(6, 3)).astype("float32")
    loss = masked(small_enough)
    pair = run_pair(gradcheck.Case(reference=loss, candidate=loss, batch={"x": x}, variables=[W]), 0)
    goals = goals_of(pair, lambda: resampled_batches(pair, 0, None), Options())
    sites = (op.site for op in pair.runs[1].recording.ops if op.site is not None)
    site = next(site for site in sites if span_of(site).text == "half * kept")
    proved = proof_of(Transplant(site, text, site), pair, goals, "both")
    assert (proved is not None) == right
