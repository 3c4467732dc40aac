"""What is tried does not broadcast thousands of samples against each other."""

import resource

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.execution.run.known_sizes import KnownSizes, TooLargeError
from gradcheck.execution.run.pair import run_pair

N = 20_000


def case(candidate, reference, n=N):
    draw = np.random.default_rng(0)
    batch = {name: draw.normal(size=(n, width)).astype("float32") for name, width in (("x", 3), ("y", 1))}
    w = tf.Variable(draw.normal(size=(3,)).astype("float32"), name="w")
    return gradcheck.Case(
        reference=lambda x, y: reference(tf.linalg.matvec(x, w), y),
        candidate=lambda x, y: candidate(tf.linalg.matvec(x, w), y),
        batch=batch,
        variables=[w],
    )


def right(scores, y):
    return tf.reduce_mean(tf.square(scores - y[:, 0]))


def wrong(scores, y):
    return tf.reduce_mean(tf.square(scores + y[:, 0]) / 3.0)


def recordings(n):
    return [run.recording for run in run_pair(case(wrong, right, n), 0).runs]


def test_samples_are_not_broadcast_against_each_other_where_they_are_many():
    rows = np.ones(N, "float32")
    with KnownSizes(recordings(N)).kept():
        assert (tf.constant(rows) * 2.0 - rows).shape == (N,)
        with pytest.raises(TooLargeError, match="Sub would give 400000000 numbers"):
            _ = tf.constant(rows)[:, None] - rows


@pytest.mark.parametrize("n", [1, 2, 500])
def test_few_may_be(n):
    rows = np.ones(n, "float32")
    with KnownSizes(recordings(n)).kept():
        assert (tf.constant(rows)[:, None] - rows).shape == (n, n)


def test_shapes_that_do_not_go_together_are_left_to_tensorflow():
    with KnownSizes(recordings(N)).kept(), pytest.raises(tf.errors.InvalidArgumentError):
        _ = tf.ones(N) - tf.ones(N - 1)


def test_what_is_tried_of_a_large_batch_takes_no_gigabytes():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report = gradcheck.diff(case(wrong, right), work=10_000)
    assert report.verdict == "different"
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2**20  # KiB: one gigabyte
