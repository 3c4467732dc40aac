"""Without a reference: the candidate on the batch against itself on single samples."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import gradcheck

SAMPLES = 12


@pytest.fixture
def weights():
    return tf.Variable(np.random.default_rng(0).normal(size=(3, 1)).astype("float32"), name="w")


def diff(weights, candidate, **options):
    random = np.random.default_rng(1)
    batch = {
        "x": random.normal(size=(SAMPLES, 3)).astype("float32"),
        "y": random.normal(size=SAMPLES).astype("float32"),
    }
    case = gradcheck.Case(candidate=candidate, batch=batch, variables=[weights], **options)
    return gradcheck.diff(case)


def test_an_outer_difference_is_found_and_repaired(weights):
    report = diff(weights, lambda x, y: tf.reduce_mean(tf.square(y - x @ weights)))
    assert report.verdict == "different"
    finding = report.findings[0]
    assert (finding.cause, finding.verified, finding.span.text) == ("broadcast", True, "y - x @ weights")
    assert finding.fix.text == "tf.expand_dims(y, axis=1) - x @ weights"
    assert finding.proof.residual < 1e-15


def test_the_repaired_loss_is_equivalent(weights):
    report = diff(weights, lambda x, y: tf.reduce_mean(tf.square(y - tf.squeeze(x @ weights, 1))))
    assert report.equivalent
    assert report.losses["reference"].description == "the mean of the candidate's losses on 12 single samples"


def test_that_a_loss_adds_up_is_inferred(weights):
    report = diff(weights, lambda x, y: tf.reduce_sum(tf.square(y - tf.squeeze(x @ weights, 1))))
    assert report.equivalent
    assert report.losses["reference"].description.startswith("the sum of")


def test_a_factor_that_is_not_the_number_of_samples_is_no_sum(weights):
    def loss(x, y):
        return tf.reduce_sum(tf.square(y - tf.squeeze(x @ weights, 1))) / (len(x) + 1)

    assert diff(weights, loss).verdict == "different"


def normalised(weights):
    def loss(x, y):
        scores = tf.squeeze(x @ weights, 1)
        return tf.reduce_mean(tf.square(y - (scores - tf.reduce_mean(scores))))

    return loss


def contrastive(weights):
    def loss(x, y):
        embedded = x @ weights
        logits = tf.matmul(embedded, embedded, transpose_b=True)
        return tf.reduce_mean(tf.reduce_logsumexp(logits, axis=1))

    return loss


def pairwise(weights):
    def loss(x, y):
        scores = tf.squeeze(x @ weights, 1)
        return tf.reduce_mean(tf.nn.softplus(scores[:, None] - scores[None, :]))

    return loss


def batch_normalised(weights):
    layer = keras.layers.BatchNormalization()
    layer.build((None, 1))

    def loss(x, y):
        return tf.reduce_mean(tf.square(y[:, None] - layer(x @ weights, training=True)))

    return loss


def smooth_in_time(weights):
    def loss(x, y):
        scores = tf.squeeze(x @ weights, 1)
        return (
            tf.reduce_mean(tf.square(scores[1:] - scores[:-1])) if len(x) > 1 else tf.reduce_sum(0 * scores)
        )

    return loss


@pytest.mark.parametrize("coupled", [normalised, contrastive, pairwise, batch_normalised, smooth_in_time])
def test_losses_that_couple_samples_are_outside_this_test(weights, coupled):
    report = diff(weights, coupled(weights))
    assert report.verdict == "inconclusive"
    assert "meant to couple samples" in report.reason
    assert report.findings == ()


def test_the_author_can_say_that_samples_are_coupled(weights):
    with pytest.raises(gradcheck.CaseError, match="couples its samples, as the case says"):
        diff(weights, normalised(weights), couples_samples=True)


def test_a_loss_that_cannot_run_on_one_sample_shows_the_users_traceback(weights):
    def loss(x, y):
        return tf.reduce_mean(x @ weights) / float(len(x) > 1 or 1 // 0)

    with pytest.raises(gradcheck.UserCodeError, match=r"on sample 0 alone it raised(.|\n)*ZeroDivisionError"):
        diff(weights, loss)


# What docs/case.md says that such a case can see, and cannot.

CLASSES = tf.Variable(np.random.default_rng(2).normal(size=(3, 4)).astype("float32"), name="classes")


def log_probs(x):
    return tf.nn.log_softmax(x @ CLASSES)


def chosen(x, actions):
    return tf.gather(log_probs(x), actions, batch_dims=1)


def of_classes(candidate, reference=None):
    random = np.random.default_rng(1)
    batch = {
        "x": random.normal(size=(SAMPLES, 3)).astype("float32"),
        "y": random.normal(size=SAMPLES).astype("float32"),
        "actions": random.integers(4, size=SAMPLES),
        "kept": (np.arange(SAMPLES) % 3 > 0).astype("float32"),
    }
    case = gradcheck.Case(candidate=candidate, reference=reference, batch=batch, variables=[CLASSES])
    return gradcheck.diff(case, budget=0)


def right(x, y, actions, kept):
    return -tf.reduce_mean(chosen(x, actions) * y)


def all_with_all(x, y, actions, kept):
    return -tf.reduce_mean(tf.gather(log_probs(x), actions, axis=1) * y)


def product_of_means(x, y, actions, kept):
    return -tf.reduce_mean(chosen(x, actions)) * tf.reduce_mean(y)


def mean_of_those_kept(x, y, actions, kept):
    losses = chosen(x, actions) * y
    return -tf.math.divide_no_nan(tf.reduce_sum(kept * losses), tf.reduce_sum(kept))


def without_gradient(x, y, actions, kept):
    return tf.reduce_mean(tf.stop_gradient(chosen(x, actions)) * y)


def over_the_samples(x, y, actions, kept):
    probs = tf.nn.softmax(x @ CLASSES, axis=0)
    return -tf.reduce_mean(tf.gather(tf.math.log(probs), actions, batch_dims=1) * y)


def less_their_mean(x, y, actions, kept):
    return -tf.reduce_mean(chosen(x, actions) * (y - tf.reduce_mean(y)))


def with_dropout(x, y, actions, kept):
    return right(tf.nn.dropout(x, 0.5), y, actions, kept)


def not_finite(x, y, actions, kept):
    return right(x, y, actions, kept) / tf.zeros(())


@pytest.mark.parametrize(
    ("loss", "verdict"),
    [
        (right, "equivalent"),
        (all_with_all, "different"),
        (product_of_means, "different"),
        (mean_of_those_kept, "different"),
        (without_gradient, "vacuous"),
        (over_the_samples, "inconclusive"),
        (less_their_mean, "inconclusive"),
        (with_dropout, "inconclusive"),
        (not_finite, "inconclusive"),
    ],
)
def test_what_is_seen_without_a_reference(loss, verdict):
    assert of_classes(loss).verdict == verdict


def of_the_other_sign(x, y, actions, kept):
    return tf.reduce_mean(chosen(x, actions) * y)


def halved(x, y, actions, kept):
    return -tf.reduce_mean(chosen(x, actions) * y) / 2


def added_up(x, y, actions, kept):
    return -tf.reduce_sum(chosen(x, actions) * y)


def of_all_classes(x, y, actions, kept):
    return -tf.reduce_mean(tf.reduce_mean(log_probs(x), axis=1) * y)


def partly_stopped(x, y, actions, kept):
    return -tf.reduce_mean(tf.stop_gradient(chosen(x, actions)) * chosen(x, actions) * y)


@pytest.mark.parametrize("loss", [of_the_other_sign, halved, added_up, of_all_classes, partly_stopped])
def test_what_only_a_reference_shows(loss):
    assert of_classes(loss).verdict == "equivalent"
    assert of_classes(loss, reference=right).verdict == "different"


@pytest.mark.parametrize("trials", [1, 2])
def test_why_a_coupled_loss_is_not_judged_is_one_sentence_also_on_several_batches(weights, trials):
    @gradcheck.case
    def coupled(seed=0):
        x = np.random.default_rng(seed).normal(size=(SAMPLES, 3)).astype("float32")
        loss = pairwise(weights)
        return gradcheck.Case(candidate=lambda x: loss(x, None), batch={"x": x}, variables=[weights])

    report = gradcheck.diff(coupled, trials=trials)
    reason = report.reason
    assert report.verdict == "inconclusive"
    assert ". " not in reason.partition(") ")[2] and reason.count(";") == trials - 1
    assert reason.partition("; ")[0].endswith("(if it is not meant to, this expression is the one to change)")
    judged = "not shown to be equivalent on 2 of 2 batches, of which seed 0 is shown"
    assert reason.partition("; ")[2] == ("" if trials == 1 else judged)
