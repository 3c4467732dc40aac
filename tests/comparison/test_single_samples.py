"""Without a reference: the candidate on the batch against itself on single samples."""

from __future__ import annotations

import re

import keras
import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.comparison.report import exit_code

SAMPLES = 6


@pytest.fixture
def weights():
    return tf.Variable(np.random.default_rng(0).normal(size=(3, 1)).astype("float32"), name="w")


def diff(weights, candidate, **options):
    random = np.random.default_rng(1)
    batch = {
        "x": random.normal(size=(SAMPLES, 3)).astype("float32"),
        "y": random.normal(size=SAMPLES).astype("float32"),
    }
    case = gradcheck.Case(**{"candidate": candidate, "batch": batch, "variables": [weights]} | options)
    return gradcheck.diff(case)


def test_an_outer_difference_is_found_and_repaired(weights):
    report = diff(weights, lambda x, y: tf.reduce_mean(tf.square(y - x @ weights)))
    assert report.verdict == "different"
    finding = report.findings[0]
    assert (finding.cause, finding.verified, finding.span.text) == ("broadcast", True, "y - x @ weights")
    assert finding.fix.text == "y - tf.squeeze(x @ weights, axis=1)"
    assert finding.proof.residual < 1e-15


def errors(weights, x, y):
    return tf.square(y - tf.squeeze(x @ weights, 1))


def test_the_repaired_loss_is_consistent(weights):
    report = diff(weights, lambda x, y: tf.reduce_mean(errors(weights, x, y)))
    assert report.verdict == "consistent"
    assert {variable.verdict for variable in report.variables} == {"consistent"}
    assert (
        report.losses["reference"].description
        == f"the mean of the candidate's losses on {SAMPLES} single samples"
    )
    assert f"the mean of its {SAMPLES} samples' gradients" in report.reason
    assert "a wrong sign, divisor, mask, stop_gradient or term" in report.reason


def test_that_a_loss_adds_up_is_inferred(weights):
    report = diff(weights, lambda x, y: tf.reduce_sum(errors(weights, x, y)))
    assert report.verdict == "consistent"
    assert report.losses["reference"].description.startswith("the sum of")
    assert "counted once" not in report.reason


def test_a_variable_that_is_zero_on_paper_does_not_decide_between_mean_and_sum():
    kernel = tf.Variable(np.random.default_rng(0).normal(size=(3, 4)).astype("float32"), name="kernel")
    shift = tf.Variable(0.3, name="shift")

    def loss(x, y):
        logits = x @ kernel + shift
        return tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(tf.cast(y > 0, tf.int32), logits))

    report = diff(kernel, loss, variables=[kernel, shift])
    assert report.verdict == "consistent"
    assert "the sum of its" in report.reason and "counted once" not in report.reason


def penalty(weights):
    return 0.1 * tf.reduce_sum(tf.square(weights))


def test_a_sum_may_count_a_penalty_on_the_weights_once(weights):
    report = diff(weights, lambda x, y: tf.reduce_sum(errors(weights, x, y)) + penalty(weights))
    assert report.verdict == "consistent"
    assert "with terms that do not depend on the samples counted once" in report.reason


def test_a_mean_may_have_a_penalty_on_the_weights(weights):
    assert diff(weights, lambda x, y: tf.reduce_mean(errors(weights, x, y)) + penalty(weights)).equivalent


def test_but_not_a_term_that_grows_with_pairs(weights):
    def loss(x, y):
        return tf.reduce_sum(errors(weights, x, y)) + tf.square(tf.reduce_sum(x @ weights))

    report = diff(weights, loss)
    assert report.verdict == "inconclusive"
    assert "`tf.reduce_sum(x @ weights)`" in report.reason


def test_a_factor_that_is_not_the_number_of_samples_is_neither_mean_nor_sum(weights):
    report = diff(weights, lambda x, y: tf.reduce_sum(errors(weights, x, y)) / (len(x) + 1))
    assert report.verdict == "inconclusive"
    assert "neither the mean nor the sum" in report.reason
    assert report.findings == ()


def test_a_single_sample_is_all_of_its_batch(weights):
    batch = {"x": np.ones((1, 3), "float32"), "y": np.ones(1, "float32")}
    report = diff(weights, lambda x, y: tf.reduce_mean(tf.square(y - x @ weights)), batch=batch)
    assert report.verdict == "inconclusive"
    assert "a single sample" in report.reason


def test_nothing_is_said_of_a_reference_that_nobody_wrote(weights):
    right = diff(weights, lambda x, y: tf.reduce_mean(errors(weights, x, y)))
    wrong = diff(weights, lambda x, y: tf.reduce_mean(tf.square(y - x @ weights)))

    def gathered(x, y):
        rows = tf.concat([x @ weights, tf.square(x @ weights)], axis=1)
        return tf.reduce_mean(tf.gather(rows, tf.cast(y > 0, tf.int32), axis=1) * y)

    picked = diff(weights, gathered)
    assert picked.findings[0].cause == "index"
    for text in (form(one) for one in (right, wrong, picked) for form in (str, type(one)._repr_html_)):
        # What a page teaches about causes in general may speak of a reference.
        shown = re.sub(r'<details class="cause">.*?</details>', "", text, flags=re.DOTALL)
        assert "samples" in shown and "batch" in shown
        assert not re.search(r"reference|‖ref", shown)


def test_who_asks_whether_it_passes_is_told_so(weights):
    loss = {"right": lambda x, y: tf.reduce_mean(errors(weights, x, y))}
    loss["wrong"] = lambda x, y: tf.reduce_mean(tf.square(y - x @ weights))
    batch = {"x": np.eye(3, dtype="float32"), "y": np.arange(3, dtype="float32")}
    right, wrong = (
        gradcheck.Case(candidate=loss[name], batch=batch, variables=[weights]) for name in ("right", "wrong")
    )
    gradcheck.assert_equivalent(right)
    with pytest.raises(AssertionError, match="DIFFERENT"):
        gradcheck.assert_equivalent(wrong)
    assert exit_code([gradcheck.diff(right)]) == 0


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
    assert "meant to couple its samples" in report.reason
    assert report.findings == ()


def test_an_accident_beside_a_figure_of_the_batch_is_proved_with_that_held_fixed(weights):
    def loss(x, y):
        centred = x @ weights - tf.reduce_mean(x @ weights)
        return tf.reduce_mean(tf.square(y - centred))

    report = diff(weights, loss)
    (finding,) = report.findings
    assert (report.verdict, finding.cause, finding.verified) == ("different", "broadcast", True)
    assert finding.fix.text == "y - tf.squeeze(centred, axis=1)"
    assert report.held.startswith("`tf.reduce_mean(x @ weights)`")
    assert "held at the batch's values" in report.reason


def test_the_author_can_say_that_samples_are_coupled(weights):
    with pytest.raises(gradcheck.CaseError, match="the case says that its loss couples samples"):
        diff(weights, normalised(weights), couples_samples=True)


def test_a_loss_that_cannot_run_on_one_sample_shows_the_users_traceback(weights):
    def loss(x, y):
        return tf.reduce_mean(x @ weights) / float(len(x) > 1 or 1 // 0)

    report = diff(weights, loss)
    assert report.verdict == "inconclusive"
    assert re.search(r"on sample 0 alone it raised(.|\n)*ZeroDivisionError", report.reason)


def test_a_loss_that_cannot_run_on_the_batch_either_is_an_error(weights):
    with pytest.raises(gradcheck.UserCodeError, match=r"^the candidate \((.|\n)*ZeroDivisionError"):
        diff(weights, lambda x, y: tf.reduce_mean(x @ weights) / float(1 // 0))


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


def test_where_a_single_sample_has_no_finite_loss_it_is_said_where_samples_meet():
    report = of_classes(
        lambda x, y, actions, kept: tf.reduce_sum(kept * y * chosen(x, actions)) / tf.reduce_sum(kept)
    )
    assert report.verdict == "inconclusive"
    assert report.reason.startswith(
        "on single samples the loss, or its gradient, is not finite; samples are combined: "
    )


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
        (right, "consistent"),
        (all_with_all, "different"),
        (product_of_means, "inconclusive"),
        (mean_of_those_kept, "inconclusive"),
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
    assert of_classes(loss).verdict == "consistent"
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
    why, _, judged = reason.partition("; if this loss is not meant to, the mistake is there")
    assert "`scores[:, None] - scores[None, :]`" in why and "pairs every sample with every other" in why
    on_batches = "; not shown to be equivalent on 2 of 2 batches; seed 0 is shown"
    assert judged == ("" if trials == 1 else on_batches)
