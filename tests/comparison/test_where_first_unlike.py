"""A place of which no fix is known is told where the candidate is first unlike the reference."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
import tensorflow as tf

import gradcheck

W = tf.Variable(np.random.default_rng(0).normal(size=(3, 4)).astype("float32"), name="w")


def report_on(candidate, reference):
    @gradcheck.case
    def made(seed=0):
        draw = np.random.default_rng(seed)
        keep = np.arange(4) < draw.integers(2, 5, size=(8, 1))
        batch = {"x": draw.normal(size=(8, 3)), "y": draw.normal(size=(8, 4)), "keep": keep}
        return gradcheck.Case(
            reference=reference,
            candidate=candidate,
            batch={name: array.astype("float32") for name, array in batch.items()},
            variables=[W],
            name="made",
        )

    return gradcheck.diff(made, work=4_000)


def told(candidate, reference):
    finding = report_on(candidate, reference).findings[0]
    assert finding.verified, finding
    return finding


def marked_line(function):
    lines, first = inspect.getsourcelines(function)
    return first + next(number for number, line in enumerate(lines) if "# <--" in line)


def overlap_of_each(x, y, keep):
    shares = tf.sigmoid(x @ W)
    total = 0.0
    for i in range(0, 8, 2):
        own, wanted = shares[i : i + 2], keep[i : i + 2]
        both = tf.reduce_sum(own * wanted, axis=0)
        each = (2.0 * both + 1.0) / (tf.reduce_sum(own, axis=0) + tf.reduce_sum(wanted, axis=0) + 1.0)
        total += tf.reduce_sum(each) / 4.0
    return 1.0 - total / 4.0


def overlap_of_all(x, y, keep):
    shares = tf.sigmoid(x @ W)
    both = tf.reduce_sum(shares * keep, axis=0)  # <--
    score = (2.0 * both + 1.0) / (tf.reduce_sum(shares + keep, axis=0) + 1.0)
    return 1.0 - tf.reduce_mean(score)


def overlap_at_once(x, y, keep):
    shares, wanted = tf.reshape(tf.sigmoid(x @ W), [4, 2, 4]), tf.reshape(keep, [4, 2, 4])
    both = tf.reduce_sum(shares * wanted, axis=1)
    return 1.0 - tf.reduce_mean((2.0 * both + 1.0) / (tf.reduce_sum(shares + wanted, axis=1) + 1.0))


def ranked(x, y, keep):
    total = 0.0
    for i in range(len(x)):
        scores = tf.boolean_mask(tf.tanh(x[i : i + 1] @ W)[0], keep[i] > 0)
        total += tf.reduce_sum(tf.math.cumulative_logsumexp(scores, reverse=True) - scores)
    return total / len(x)


def ranked_with_what_is_left_out(x, y, keep):
    scores = tf.tanh(x @ W) * keep
    raised = tf.exp(scores)
    sums = tf.cumsum(raised, axis=1, reverse=True)  # <--
    each = tf.math.log(sums) - scores
    return tf.reduce_mean(tf.reduce_sum(each * keep, axis=1))


@pytest.mark.parametrize(
    ("candidate", "reference"),
    [
        (ranked_with_what_is_left_out, ranked),
        (overlap_of_all, overlap_of_each),
    ],
)
def test_what_the_reference_has_nothing_like_is_shown(candidate, reference):
    finding = told(candidate, reference)
    assert (finding.span.line, finding.fix) == (marked_line(candidate), None)


def test_sums_over_other_groups_run_over_the_wrong_axis():
    assert told(overlap_of_all, overlap_of_each).cause == "axis"


def test_the_same_in_another_form_is_equivalent():
    assert report_on(overlap_at_once, overlap_of_each).equivalent
