"""Where two programs part and nothing repairs it as source, the place tells the cause, or tells none."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import gradcheck

W = tf.Variable(np.random.default_rng(0).normal(size=(3, 3)).astype("float32"), name="w")


def first(candidate, reference):
    @gradcheck.case
    def made(seed=0):
        draw = np.random.default_rng(seed)
        before = 2.0 * draw.normal(size=(6, 3))
        batch = {"x": draw.normal(size=(6, 3)), "before": before, "action": np.tanh(before)}
        return gradcheck.Case(
            reference=lambda b: reference(**b),
            candidate=lambda b: candidate(**b),
            batch={"b": {name: array.astype("float32") for name, array in batch.items()}},
            variables=[W],
            name="made",
        )

    finding = gradcheck.diff(made).findings[0]
    assert finding.verified, finding
    return finding.cause


def density(x, at):
    return tf.reduce_mean(tf.square(at - x @ W))


def recomputed(x, before, action):
    return density(x, tf.atanh(tf.clip_by_value(action, -0.9, 0.9)))


def kept(x, before, action):
    return density(x, before)


def kept_within_bounds(x, before, action):
    return density(x, tf.atanh(tf.clip_by_value(action, -0.5, 0.5)))


@pytest.mark.parametrize(("reference", "cause"), [(kept, "numerics"), (kept_within_bounds, "other")])
def test_a_bound_on_fixed_numbers_cuts_them_off_unless_the_reference_has_one(reference, cause):
    assert first(recomputed, reference) == cause


def weighed(x, before, action):
    each = tf.exp(tf.tanh(x @ W))
    return tf.reduce_mean(tf.sqrt(each * tf.reduce_sum(tf.abs(x), axis=1, keepdims=True)))


def summed(x, before, action):
    rows = [tf.reduce_sum(tf.exp(tf.tanh(tf.linalg.matvec(W, one, transpose_a=True)))) for one in x]
    return tf.reduce_mean(tf.sqrt(tf.stack(rows)))


def largest(x, before, action):
    rows = [tf.reduce_max(tf.exp(tf.tanh(tf.linalg.matvec(W, one, transpose_a=True)))) for one in x]
    return tf.reduce_mean(tf.sqrt(tf.stack(rows)))


@pytest.mark.parametrize(("reference", "cause"), [(summed, "reduction"), (largest, "other")])
def test_more_numbers_than_the_sums_of_the_reference_lack_a_sum(reference, cause):
    assert first(weighed, reference) == cause


def capped(x, before, action):
    return density(x, tf.minimum(before, 0.5))


def raised(x, before, action):
    return density(x, tf.maximum(before, 0.5))


def test_a_minimum_for_a_maximum_is_a_sign_where_it_is_no_part_of_a_clip():
    assert first(raised, lambda x, before, action: capped(x + 0.0, before, action)) == "sign"


def rows(x):
    return tf.exp(-tf.reduce_sum(tf.square(x @ W), axis=1))


def all_alike(x, before, action):
    return tf.reduce_mean(tf.sqrt(rows(x)))


def by_weights(x, before, action):
    each = tf.sqrt(rows(x))
    weights = 1.0 + tf.reduce_max(tf.abs(before), axis=1)
    return tf.reduce_mean(each * weights)


def by_what_is_trained(x, before, action):
    each = tf.sqrt(rows(x))
    weights = 1.0 + tf.reduce_max(tf.abs(before @ W), axis=1)
    return tf.reduce_mean(each * weights)


@pytest.mark.parametrize(("reference", "cause"), [(by_weights, "reduction"), (by_what_is_trained, "other")])
def test_factors_that_no_variable_moves_are_weights(reference, cause):
    assert first(all_alike, reference) == cause
