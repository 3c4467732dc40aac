"""Where samples meet is measured: layers that keep them apart are not blamed, and what meets is found."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

import gradcheck
from support.manifest import LONG

N, WORDS, WIDTH = 4, 4, 8
"""As many samples as there are words in each: lengths that agree by chance must not count."""


def normalised(given):
    return layers.LayerNormalization()(given)


def grouped(given):
    return layers.GroupNormalization(2)(given)


def attentive(given):
    mask = layers.Lambda(lambda x: tf.ones((tf.shape(x)[0], WORDS, WORDS), tf.bool))(given)
    return layers.MultiHeadAttention(1, 4, use_bias=False)(
        given, given, attention_mask=mask, use_causal_mask=True
    )


def placed(given):
    return given + layers.Embedding(WORDS, WIDTH)(tf.range(WORDS))


def as_wide_as_the_batch(given):
    return layers.Dense(N, activation="tanh")(given)


def recurrent(given):
    return layers.SimpleRNN(N, return_sequences=True)(given)


LAYERS = [normalised, grouped, attentive, placed, as_wide_as_the_batch, recurrent]


def network(block):
    keras.utils.set_random_seed(0)
    given = keras.Input((WORDS, WIDTH))
    return keras.Model(given, layers.Dense(1)(layers.GlobalAveragePooling1D()(block(given))))


def diff_of(model, loss, budget=None):
    random = np.random.default_rng(0)
    batch = {
        "x": random.normal(size=(N, WORDS, WIDTH)).astype("float32"),
        "y": random.normal(size=N).astype("float32"),
    }
    return gradcheck.diff(gradcheck.Case(candidate=loss, batch=batch, variables=model), budget=budget)


@pytest.mark.parametrize("block", LAYERS)
def test_layers_that_keep_samples_apart_are_consistent(block):
    model = network(block)
    report = diff_of(model, lambda x, y: tf.reduce_mean((y - model(x)[:, 0]) ** 2))
    assert report.verdict == "consistent"
    assert [finding for finding in report.findings if finding.severity != "note"] == []


@pytest.mark.parametrize("block", LAYERS)
def test_and_do_not_hide_an_outer_difference(block):
    model = network(block)
    searched = LONG or block is placed
    report = diff_of(model, lambda x, y: tf.reduce_mean((y - model(x)) ** 2), None if searched else 0)
    assert report.verdict == "different"
    finding = report.findings[0]
    assert (finding.cause, finding.verified, finding.span.text) == ("broadcast", searched, "y - model(x)")
    assert not searched or finding.fix.text == "y - tf.squeeze(model(x), axis=1)"


def test_an_axis_that_a_loss_of_keras_gives_to_labels_was_not_asked_for():
    model = keras.Sequential([keras.Input((3,)), layers.Dense(1)])

    def loss(y_true, y_pred):
        return tf.reduce_mean((y_true - y_pred[:, 0]) ** 2)

    def right(y_true, y_pred):
        return tf.reduce_mean((y_true - y_pred) ** 2)

    batch = {
        "x": np.random.default_rng(0).normal(size=(N, 3)).astype("float32"),
        "y": np.arange(N, dtype="float32"),
    }

    def compiled(x, y):
        return model.compute_loss(x=x, y=y, y_pred=model(x))

    found = {}
    for each in (loss, right):
        model.compile(optimizer="sgd", loss=each)
        found[each] = gradcheck.diff(gradcheck.Case(candidate=compiled, batch=batch, variables=model))
    assert found[right].verdict == "consistent"
    assert found[loss].verdict == "different"
    assert found[loss].findings[0].span.text == "y_true - y_pred[:, 0]"


# Losses of rows (n, 3) and (n,), by one kernel.

KERNEL = tf.Variable(np.random.default_rng(2).normal(size=(3, 1)).astype("float32"), name="kernel")


def diff(candidate, **more):
    random = np.random.default_rng(1)
    batch = {
        "x": random.normal(size=(N, 3)).astype("float32"),
        "y": random.normal(size=N).astype("float32"),
        "kind": random.integers(3, size=N),
    } | more.pop("batch", {})
    case = gradcheck.Case(candidate=candidate, batch=batch, variables=[KERNEL], **more)
    return gradcheck.diff(case, budget=0)


def scores(x):
    return (x @ KERNEL)[:, 0]


def weighted(x, returns):
    return -tf.reduce_mean(tf.math.log_sigmoid(scores(x)) * returns)


def returns_in_a_loop(x, y, kind):
    total, found = 0.0, []
    for step in reversed(range(len(y))):
        total = y[step] + 0.9 * total
        found.append(total)
    return weighted(x, tf.stack(found[::-1]))


def returns_by_scan(x, y, kind):
    return weighted(x, tf.scan(lambda total, one: one + 0.9 * total, y, tf.constant(0.0), reverse=True))


def returns_by_cumsum(x, y, kind):
    return weighted(x, tf.cumsum(y, reverse=True))


def returns_in_numpy(x, y, kind):
    return weighted(x, tf.constant(np.cumsum(np.asarray(y)[::-1])[::-1].copy()))


def less_their_mean(x, y, kind):
    return weighted(x, y - tf.reduce_mean(y))


def mean_of_a_kind(x, y, kind):
    means = tf.math.unsorted_segment_mean(scores(x), kind, 3)
    return tf.reduce_sum(tf.square(means))


def sorted_alike(x, y, kind):
    return tf.reduce_mean(tf.square(tf.sort(scores(x)) - tf.sort(y)))


def worst(x, y, kind):
    return tf.reduce_max(tf.square(scores(x) - y))


def one_step_on(x, y, kind):
    if len(x) < 2:
        return 0.0 * tf.reduce_sum(scores(x))
    return tf.reduce_mean(tf.square(y[:-1] + 0.9 * tf.stop_gradient(scores(x)[1:]) - scores(x)[:-1]))


def ratio_of_sums(x, y, kind):
    weights = tf.exp(y)
    return tf.reduce_sum(weights * tf.square(scores(x))) / tf.reduce_sum(weights)


def square_of_a_sum(x, y, kind):
    return tf.square(tf.einsum("n,n->", y, scores(x)))


def given_an_axis(x, y, kind):
    return tf.reduce_mean(tf.nn.softplus(scores(x)[:, None] - y))


COUPLED = {
    returns_in_a_loop: "`y[step] + 0.9 * total`",
    returns_by_scan: "`one + 0.9 * total`",
    returns_by_cumsum: "`tf.cumsum(y, reverse=True)`",
    returns_in_numpy: "computed from several samples outside TensorFlow",
    less_their_mean: "`tf.reduce_mean(y)`",
    mean_of_a_kind: "`tf.math.unsorted_segment_mean(scores(x), kind, 3)`",
    sorted_alike: "`tf.sort(scores(x))`",
    worst: "`tf.reduce_max(tf.square(scores(x) - y))`",
    one_step_on: "`y[:-1] + 0.9 * tf.stop_gradient(scores(x)[1:])`",
    ratio_of_sums: "`tf.reduce_sum(weights * tf.square(scores(x)))`",
    square_of_a_sum: "sums several samples, and after `tf.square(",
    given_an_axis: "`scores(x)[:, None] - y`",
}


@pytest.mark.parametrize("loss", COUPLED, ids=lambda loss: loss.__name__)
def test_a_loss_that_couples_samples_is_not_judged_and_the_place_is_named(loss):
    report = diff(loss)
    assert report.verdict == "inconclusive"
    assert report.reason.startswith("samples are combined: ")
    assert COUPLED[loss] in report.reason
    assert report.findings == ()


def test_samples_that_are_flags_are_seen_to_meet_in_a_product_of_means():
    def loss(x, y, kind):
        return tf.reduce_mean(y) * tf.reduce_mean(scores(x))

    report = diff(loss, batch={"y": (np.arange(N) % 3 > 0).astype("float32")})
    assert report.verdict == "inconclusive"
    assert report.reason.startswith("samples are combined: ")


def test_where_samples_of_a_batch_cannot_be_changed_it_is_not_said_that_they_do_not_meet():
    rows = tf.ragged.constant([[1.0, 2.0], [3.0], [4.0, 5.0, 6.0]])
    scale = tf.Variable(0.5)
    case = gradcheck.Case(
        candidate=lambda rows: tf.square(tf.reduce_mean(tf.reduce_sum(scale * rows, axis=1))),
        batch={"rows": rows},
        variables=[scale],
    )
    report = gradcheck.diff(case)
    assert report.verdict == "inconclusive"
    assert "where samples are combined cannot be measured" in report.reason


def sample_by_sample(x, y, kind):
    total = 0.0
    for i in range(len(x)):
        total += tf.square(tf.reduce_sum(x[i : i + 1] @ KERNEL) - y[i])
    return total / len(x)


def by_map(x, y, kind):
    return tf.reduce_mean(
        tf.map_fn(
            lambda one: tf.square(tf.reduce_sum(one[0][None] @ KERNEL) - one[1]),
            (x, y),
            fn_output_signature=tf.float32,
        )
    )


@pytest.mark.parametrize("loss", [sample_by_sample, by_map])
def test_loops_over_samples_are_consistent(loss):
    assert diff(loss).verdict == "consistent"


def two_at_once(x, y, kind):
    return tf.reduce_mean(tf.square(y - x @ KERNEL)) + tf.reduce_mean(
        tf.exp(tf.reduce_sum(x, 1, keepdims=True)) * scores(x)
    )


def added_up(x, y, kind):
    return tf.reduce_sum(tf.square(y - x @ KERNEL))


def of_all_kinds(x, y, kind):
    rows = tf.stack([scores(x), 2 * scores(x), tf.square(scores(x))], axis=1)
    return tf.reduce_mean(tf.gather(rows, kind, axis=1) * y)


@pytest.mark.parametrize(
    ("loss", "causes"),
    [(two_at_once, {"broadcast"}), (added_up, {"broadcast"}), (of_all_kinds, set())],
)
def test_samples_that_meet_by_accident_are_different_without_any_search(loss, causes):
    report = diff(loss)
    assert report.verdict == "different"
    assert {f.cause for f in report.findings if f.severity != "note"} == causes


def test_where_nothing_is_tried_a_row_without_samples_is_not_suspected_either():
    centres = tf.constant(np.arange(3, dtype="float32"))
    spread = lambda x: tf.reduce_mean(tf.square(x @ KERNEL - centres))  # noqa: E731
    report = diff(lambda x, y, kind: tf.reduce_mean(tf.square(y - x @ KERNEL)) + spread(x))
    assert report.verdict == "different"
    assert [finding.span.text for finding in report.findings] == ["y - x @ KERNEL"]


def standardised(x, y):
    returns = y - tf.stop_gradient(scores(x))
    return (returns - tf.reduce_mean(returns)) / (tf.math.reduce_std(returns) + 1e-6)


def standardised_on_purpose(x, y):
    off = y - tf.stop_gradient(scores(x))
    return (off - tf.reduce_mean(off)) / (tf.math.reduce_std(off) + 1e-6)  # gradcheck: ok - over the batch


def picked(x, kind, **how):
    return tf.gather(tf.stack([scores(x), 2 * scores(x), x[:, 0]], axis=1), kind, **how)


def test_but_for_a_coupling_that_is_accepted_the_loss_is_compared():
    right = lambda weigh: lambda x, y, kind: tf.reduce_mean(picked(x, kind, batch_dims=1) * weigh(x, y))  # noqa: E731
    report = diff(right(standardised_on_purpose))
    assert report.verdict == "consistent" and "`tf.math.reduce_std(off)`" in report.held
    report = diff(right(standardised))
    assert report.verdict == "inconclusive" and "samples are combined nowhere else" in report.reason
    assert [at.text for at in report.coupled_at] == ["tf.math.reduce_std(returns)"]


@pytest.mark.parametrize("weigh", [standardised, standardised_on_purpose])
def test_a_gather_without_batch_dims_is_found_beside_standardised_samples(weigh):
    report = diff(lambda x, y, kind: tf.reduce_mean(picked(x, kind, axis=1) * weigh(x, y)))
    assert report.verdict == "different" and "tf.math.reduce_std(" in report.held


def kept_mean(kept, losses):
    return tf.reduce_sum(kept * losses) / tf.reduce_sum(kept)


def test_a_mean_over_kept_samples_hides_no_accident():
    kept = {"batch": {"kind": (np.arange(N) % 3 > 0).astype("float32")}}
    report = diff(lambda x, y, kind: kept_mean(kind, tf.square(y - x @ KERNEL)), **kept)
    assert report.verdict == "different" and "`tf.reduce_sum(kept)`" in report.held
    report = diff(lambda x, y, kind: kept_mean(kind, tf.square(y - scores(x))), **kept)
    assert report.verdict == "inconclusive" and "samples are combined nowhere else" in report.reason


def test_a_second_coupling_that_may_be_meant_is_named_too():
    def loss(x, y, kind):
        return -tf.reduce_mean(tf.nn.softmax(scores(x)) * standardised_on_purpose(x, y))

    report = diff(loss)
    assert report.verdict == "inconclusive" and "nowhere else" not in report.reason
    assert "`tf.nn.softmax(scores(x))`" in report.reason and "reduce_std(off)" in report.reason


def test_of_a_row_that_has_no_samples_nothing_is_suspected_beside_it():
    centres = tf.constant(np.arange(N, dtype="float32"))

    def loss(x, y, kind):
        centred = x @ KERNEL - tf.reduce_mean(x @ KERNEL)
        return tf.reduce_mean(tf.square(centred - centres))

    report = diff(loss)
    assert (report.verdict, report.findings) == ("inconclusive", ())


def test_an_outer_sum_loses_nothing_and_is_said_to_take_memory():
    report = diff(lambda x, y, kind: tf.reduce_mean(y + x @ KERNEL))
    assert report.verdict == "consistent"
    (finding,) = report.findings
    assert (finding.cause, finding.severity) == ("broadcast", "note")
    assert "square of the number of samples" in finding.notes[1]


def test_of_samples_that_meet_what_has_none_nothing_is_said():
    centres = tf.constant(np.arange(N, dtype="float32"))
    assert diff(lambda x, y, kind: tf.reduce_mean(tf.square(x @ KERNEL - centres))).findings == ()


# Samples that are all the same.


def outer(x, y, kind):
    return tf.reduce_mean(tf.square(tf.cast(y, tf.float32) - x @ KERNEL))


def paired(x, y, kind):
    return tf.reduce_mean(tf.square(tf.cast(y, tf.float32) - scores(x)))


EQUAL = [np.ones(N, "float32"), np.zeros(N, "float32"), np.zeros(N, "int64")]


@pytest.mark.parametrize("labels", EQUAL, ids=["ones", "zeros", "integers"])
def test_labels_that_are_all_equal_prove_nothing_about_pairing(labels):
    report = diff(outer, batch={"y": labels})
    assert report.verdict == "inconclusive"
    assert "all samples are the same in `y`" in report.reason
    assert (report.findings[0].cause, report.findings[0].severity) == ("broadcast", "suspicion")
    assert "no harm" not in str(report)


@pytest.mark.parametrize("labels", EQUAL, ids=["ones", "zeros", "integers"])
def test_and_do_no_harm_to_what_is_paired(labels):
    report = diff(paired, batch={"y": labels})
    assert (report.verdict, report.findings) == ("consistent", ())


def test_a_figure_of_equal_samples_is_said_to_be_one_on_other_values():
    def mean_of_those_kept(x, y, kind):
        return tf.reduce_sum(y * tf.square(scores(x))) / tf.reduce_sum(y)

    report = diff(mean_of_those_kept, batch={"y": np.ones(N, "float32")})
    assert report.verdict == "consistent"
    assert (
        "all samples are the same in `y`: on other values, samples are combined: `tf.reduce_sum("
        in report.reason
    )
    assert (
        diff(mean_of_those_kept, batch={"y": np.arange(1, N + 1, dtype="float32")}).verdict == "inconclusive"
    )


def test_beside_a_reference_they_prove_nothing_either():
    report = diff(outer, reference=paired, batch={"y": EQUAL[0]})
    assert report.verdict == "equivalent"
    (finding,) = report.findings
    assert "`tf.cast(y, tf.float32)` is the same for all samples" in finding.notes[0]
    assert "no harm" not in str(report)
    assert diff(outer, reference=paired).verdict == "different"
    assert diff(paired, reference=paired, batch={"y": EQUAL[0]}).findings == ()
