"""Whatever a user's loss holds or runs under, the report comes, and nothing of the user's is changed by it."""

from __future__ import annotations

import cProfile
import sys
import types
import warnings
from collections.abc import Mapping

import keras
import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.arrays import names_a_dtype
from support import corpus

w = tf.Variable(np.random.default_rng(0).normal(size=(3,)).astype("float32"), name="w")
X = np.random.default_rng(1).normal(size=(6, 3)).astype("float32")


class Closed(Mapping):
    def __getitem__(self, key):
        raise RuntimeError("it is closed")

    def __iter__(self):
        return iter(["a"])

    def __len__(self):
        return 1


def right(x):
    scaled = x * w
    return tf.reduce_mean(tf.exp(scaled) + 0.5 * tf.tanh(scaled))


def wrong(x):
    held, one, other = Closed(), np.array([None, "a"], object), np.array([1, "b"], object)
    symbolic, cfg = keras.Input((2,)), types.SimpleNamespace(a=1.0)
    scaled = x * w * cfg.a
    both = tf.exp(scaled) - 0.5 * tf.tanh(scaled)
    return tf.reduce_mean(both) if len(held) + len(one) == len(other) + 1 and symbolic is not None else None


def report():
    return gradcheck.diff(gradcheck.Case(reference=right, candidate=wrong, batch={"x": X}, variables=[w]))


def test_values_that_cannot_be_looked_at_are_left_alone():
    found = report().findings[0]
    assert found.verified and "+ 0.5" in found.fix.text


def test_warnings_as_errors_meet_none_of_ours():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert report().verdict == "different"
        assert names_a_dtype("tf.int64") and not names_a_dtype("cfg.a") and not names_a_dtype("tf.reduce_sum")


@pytest.mark.parametrize("loss", ["unseen/ace_log", "unseen/gat_exp_overflow"])
def test_nor_where_numbers_break_down(loss):
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        assert gradcheck.diff(corpus.case(loss)).verdict != "equivalent"


def test_a_profiler_goes_on():
    profiler = cProfile.Profile()
    profiler.enable()
    try:
        before = sys.getprofile()
        assert report().verdict == "different"
        assert sys.getprofile() is before
    finally:
        profiler.disable()


def test_a_loss_that_overflows_is_unstable_although_its_gradients_agree():
    def large(x):
        return tf.reduce_sum(tf.cast(w, tf.float16)) * 1.0 + tf.constant(60000.0, tf.float16) * 0.0

    def overflowing(x):
        return tf.reduce_sum(tf.cast(w, tf.float16)) + tf.stop_gradient(
            tf.constant(60000.0, tf.float16) * tf.constant(2.0, tf.float16)
        )

    case = gradcheck.Case(reference=large, candidate=overflowing, batch={"x": X}, variables=[w])
    found = gradcheck.diff(case)
    assert (found.verdict, found.equivalent) == ("unstable", False)
    assert "the candidate's loss is not finite (inf)" in found.reason


def test_rows_of_a_sparse_batch_are_taken():
    def pooled(x, how):
        return how(tf.sparse.sparse_dense_matmul(x, w[:, None])[:, 0])

    case = gradcheck.Case(
        reference=lambda x, y: pooled(x, lambda rows: tf.reduce_mean((rows - y) ** 2)),
        candidate=lambda x, y: pooled(x, lambda rows: tf.reduce_mean((rows[:, None] - y) ** 2)),
        batch={"x": tf.sparse.from_dense(X), "y": X[:, 0]},
        variables=[w],
    )
    assert gradcheck.diff(case).findings[0].cause == "broadcast"


def test_weights_that_a_factory_changes_for_another_batch_are_no_randomness():
    frozen = tf.Variable(np.ones((3,), "float32"), name="frozen", trainable=False)

    @gradcheck.case
    def made(seed=0):
        draw = np.random.default_rng(seed)
        w.assign(draw.normal(size=3))
        frozen.assign(draw.normal(size=3))

        def reference(x):
            return tf.reduce_mean(tf.sin(x * w) * frozen) / tf.reduce_mean(tf.abs(frozen))

        def candidate(x):
            return tf.reduce_mean(tf.square(x) * w * frozen)

        batch = {"x": draw.normal(size=(6, 3)).astype("float32")}
        return gradcheck.Case(reference=reference, candidate=candidate, batch=batch, variables=[w])

    assert gradcheck.diff(made).verdict == "different"
