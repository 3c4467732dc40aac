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

    report = gradcheck.diff(made)
    finding = report.findings[0]
    assert finding.verified, finding
    assert report.verdict == "different"
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


def plain(x, before, action):
    return tf.reduce_mean(tf.square(tf.tanh(x @ W) - before))


def thinned(x, before, action):
    return tf.reduce_mean(tf.square(tf.nn.dropout(tf.tanh(x @ W), rate=0.4) - before))


def noisy(x, before, action):
    return tf.reduce_mean(tf.square(tf.tanh(x @ W) - tf.random.normal([6, 3])))


def shuffled(x, before, action):
    return tf.reduce_mean(tf.square(tf.tanh(x @ W) - tf.random.shuffle(before)))


def halved(x, before, action):
    return tf.reduce_mean(tf.square(tf.tanh(x @ W) * tf.where(action > 0, 0.5, 1.0) - before))


@pytest.mark.parametrize("candidate", [thinned, noisy, shuffled])
def test_what_is_drawn_where_the_reference_draws_nothing_is_not_deterministic(candidate):
    assert first(candidate, plain) == "nondeterministic"


def test_what_is_fixed_where_the_reference_has_nothing_is_not_drawn():
    assert first(halved, plain) != "nondeterministic"


def of_each_pair(x, before, action):
    scores = tf.reduce_sum(x @ W, axis=1)
    shares = [tf.nn.softmax(scores[i : i + 2]) for i in range(0, 6, 2)]
    return tf.reduce_mean(tf.stack([tf.reduce_sum(one**2) for one in shares]))


def of_all(x, before, action):
    shares = tf.nn.softmax(tf.reduce_sum(x @ W, axis=1))
    return tf.reduce_mean(tf.reduce_sum(tf.reshape(shares, [3, 2]) ** 2, axis=1))


def of_other_scores(x, before, action):
    shares = tf.nn.softmax(tf.reshape(tf.reduce_sum(tf.tanh(x @ W), axis=1), [3, 2]))
    return tf.reduce_mean(tf.reduce_sum(shares**2, axis=1))


@pytest.mark.parametrize(("candidate", "cause"), [(of_all, "axis"), (of_other_scores, "other")])
def test_a_softmax_of_the_same_scores_over_other_groups_runs_along_the_wrong_axis(candidate, cause):
    assert first(candidate, of_each_pair) == cause


def penalty():
    return tf.reduce_sum(tf.square(W))


def counted_once(x, before, action):
    return tf.reduce_mean(tf.square(x @ W - before)) + 0.1 * penalty()


def counted_for_each_part(x, before, action):
    total = 0.0
    for a, b in zip(tf.split(x, [1, 1, 2, 2]), tf.split(before, [1, 1, 2, 2]), strict=True):
        total += tf.reduce_sum(tf.square(a @ W - b)) / 18.0 + 0.1 * penalty()
    return total


def test_what_both_run_and_one_adds_too_often_is_a_reduction():
    assert first(counted_for_each_part, counted_once) == "reduction"


CODES = tf.Variable(np.random.default_rng(3).normal(size=(3, 4)).astype("float32"), name="codes")
TABLE = tf.Variable(np.random.default_rng(4).normal(size=(4, 2)).astype("float32"), name="table")


def looked_up_softly(x):
    return tf.reduce_mean(tf.square(tf.nn.softmax(x @ CODES) @ TABLE)) + 0.1 * tf.reduce_sum(CODES * CODES)


def of_the_largest(x):
    largest = tf.argmax(x @ CODES, axis=1)
    looked_up = tf.one_hot(largest, 4) @ TABLE
    return tf.reduce_mean(tf.square(looked_up)) + 0.1 * tf.reduce_sum(CODES * CODES)


def of_another_table(x):
    looked_up = tf.nn.softmax(x @ np.float32(np.tri(3, 4))) @ TABLE
    return tf.reduce_mean(tf.square(looked_up)) + 0.1 * tf.reduce_sum(CODES * CODES)


@pytest.mark.parametrize(
    ("candidate", "is_cut"), [(of_the_largest, True), (of_another_table, False)], ids=["cut", "other"]
)
def test_only_what_is_computed_from_a_variable_is_cut_off_from_it(candidate, is_cut):
    x = np.random.default_rng(5).normal(size=(6, 3)).astype("float32")
    case = gradcheck.Case(
        reference=looked_up_softly, candidate=candidate, batch={"x": x}, variables=[CODES, TABLE]
    )
    first = gradcheck.diff(case).findings[0]
    assert first.verified
    assert (first.cause == "disconnected") is is_cut
