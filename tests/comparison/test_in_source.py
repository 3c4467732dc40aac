"""What is known in words alone is written as source, run on two batches, and shown if it repairs the candidate."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

import gradcheck

W = tf.Variable(np.random.default_rng(0).normal(size=(3, 2)).astype("float32"), name="w")
STEPS = 3


def batch(seed):
    draw = np.random.default_rng(seed)
    x = draw.normal(size=(6, 3)).astype("float32")
    x[:2] = 0.0
    keep = (np.arange(6) % 5 < 3).astype("float32")
    return {"x": x, "weight": draw.uniform(0.2, 3.0, size=6).astype("float32"), "keep": keep}


def fixes(candidate, reference, **options):
    @gradcheck.case
    def made(seed=0):
        def given(loss):
            return lambda **b: loss(b)

        return gradcheck.Case(
            reference=given(reference),
            candidate=given(candidate),
            batch=batch(seed),
            variables=[W],
            name="made",
        )

    found = gradcheck.diff(made, **options).findings
    return [one.fix.text for one in found if one.fix is not None and one.fix.source]


def mean_of_squares(b):
    total = 0.0
    for row in b["x"]:
        total += tf.reduce_sum((tf.linalg.matvec(W, row, transpose_a=True)) ** 2) / 2
    return total / len(b["x"]) + tf.reduce_sum(tf.tanh(W))


def in_a_list(b):
    values = []
    for row in tf.unstack(b["x"]):
        values.append(float(tf.reduce_mean(tf.square(row[None] @ W))))
    return tf.constant(np.mean(values), tf.float32) + tf.reduce_sum(tf.tanh(W))


def by_an_array(b):
    made = np.square(np.asarray(b["x"] @ W))
    return tf.convert_to_tensor(made.mean()) + tf.reduce_sum(tf.tanh(W))


def by_a_method(b):
    scores = {"all": tf.square(b["x"] @ W).numpy()}
    return tf.reduce_mean(scores["all"]) + tf.reduce_sum(tf.tanh(W))


@pytest.mark.parametrize(
    ("candidate", "written"),
    [
        (in_a_list, ["tf.reduce_mean(tf.square(row[None] @ W))", "tf.reduce_mean(values)"]),
        (by_an_array, ['tf.square(b["x"] @ W)', "tf.reduce_mean(made)"]),
        (by_a_method, ['tf.square(b["x"] @ W)']),
    ],
)
def test_what_a_copy_is_made_of_is_kept(candidate, written):
    assert fixes(candidate, mean_of_squares) == written


def apart_from_a_copy(b, function=tf.tanh):
    copied = np.asarray(tf.square(b["x"] @ W))
    return tf.reduce_mean(tf.square(function(b["x"] @ W) - copied))


def apart_from_a_constant(b):
    total = 0.0
    for row in b["x"]:
        score = tf.linalg.matvec(W, row, transpose_a=True)
        total += tf.reduce_sum(tf.square(tf.sin(score) - tf.stop_gradient(score**2))) / 2
    return total / len(b["x"])


def test_a_copy_that_is_meant_is_left():
    assert fixes(apart_from_a_copy, apart_from_a_constant) == ['tf.sin(b["x"] @ W)']


def token_losses(x):
    return tf.reduce_sum(tf.square(x @ W), axis=1)


def mean_of_means(b):
    total = 0.0
    for step in range(STEPS):
        rows = slice(step * 4, step * 4 + 4)
        loss, keep = token_losses(b["x"][rows]), b["keep"][rows]
        part = tf.reduce_sum(loss * keep) / tf.reduce_sum(keep)
        total += part / STEPS
    return total


def mean_of_all(b):
    return tf.reduce_sum(token_losses(b["x"]) * b["keep"]) / tf.reduce_sum(b["keep"])


def mean_of_squared_counts(b):
    return tf.reduce_sum(token_losses(b["x"]) * b["keep"]) / tf.reduce_sum(b["keep"]) ** 2


def test_a_mean_of_means_is_divided_by_the_count_of_all():
    assert fixes(mean_of_means, mean_of_all) == [
        'tf.reduce_sum(loss * keep) * STEPS / tf.reduce_sum(b["keep"])'
    ]


def test_by_no_count_of_another_kind():
    assert fixes(mean_of_means, mean_of_squared_counts) == []


MSE = keras.losses.MeanSquaredError()


def weighted(b):
    return MSE(tf.zeros((6, 2)), tf.tanh(b["x"] @ W), sample_weight=b["weight"])


def weighted_by_its_own(b):
    mse = keras.losses.MeanSquaredError()
    return mse(tf.zeros((6, 2)), tf.tanh(b["x"] @ W), sample_weight=b["weight"])


def per_sample(b):
    return tf.reduce_mean(tf.square(tf.tanh(b["x"] @ W)), axis=1) * b["weight"]


def mean_by_weight(b):
    return tf.reduce_sum(per_sample(b)) / tf.reduce_sum(b["weight"])


def test_a_weighted_loss_is_divided_by_the_mean_of_the_weights():
    (fix,) = fixes(weighted, mean_by_weight)
    assert fix.endswith('/ tf.reduce_mean(b["weight"])')


def test_or_takes_that_mean_itself_where_it_is_made(four_times_the_work):
    assert fixes(weighted_by_its_own, mean_by_weight) == [
        'keras.losses.MeanSquaredError(reduction="mean_with_sample_weight")'
    ]


def lengths(b):
    return tf.reduce_mean(tf.norm(b["x"] @ W, axis=1) * b["weight"])


def right_lengths(b, at_zero=0.0):
    square = tf.reduce_sum(tf.square(b["x"] @ W), axis=1)
    root = tf.sqrt(tf.where(square > 0, square, 1.0))
    return tf.reduce_mean(tf.where(square > 0, root, at_zero) * b["weight"])


def test_a_root_is_kept_from_zero():
    (fix,) = fixes(lengths, right_lengths)
    assert fix == 'tf.sqrt(tf.maximum(tf.reduce_sum(tf.square(b["x"] @ W), axis=1), 1e-12))'


def test_a_root_that_is_another_number_at_zero_is_not():
    assert not any("1e-12" in one for one in fixes(lengths, lambda b: right_lengths(b, at_zero=0.5)))


def test_no_text_is_tried_once_the_work_is_done():
    assert fixes(in_a_list, mean_of_squares, work=1) == []


def one_or_the_other(b):
    total = 0.0
    for row in tf.unstack(b["x"]):
        x = tf.tensordot(row, W[:, 0], 1)
        total += (0.5 + x / 12 if abs(float(x)) < 0.9 else 1 / (1 - tf.exp(-x)) - 1 / x) ** 2
    return total / 6.0


def chosen(b, slope=12):
    x = tf.linalg.matvec(b["x"], W[:, 0])
    return tf.reduce_mean(tf.where(tf.abs(x) < 0.9, 0.5 + x / slope, 1 / (1 - tf.exp(-x)) - 1 / x) ** 2)


def test_what_is_not_chosen_is_computed_of_other_numbers():
    safe = "tf.where(tf.abs(x) < 0.9, tf.ones_like(x), x)"
    written = f"tf.where(tf.abs(x) < 0.9, 0.5 + x / slope, 1 / (1 - tf.exp(-{safe})) - 1 / {safe})"
    assert fixes(chosen, one_or_the_other) == [written]


def test_that_alone_repairs_nothing_where_what_is_chosen_is_wrong():
    assert fixes(lambda b: chosen(b, slope=6), one_or_the_other) == []


def without_padding(b):
    x = tf.boolean_mask(tf.tensordot(b["x"], W, 1) / tf.norm(W), b["keep"] > 0)
    return tf.reduce_mean(tf.reduce_logsumexp(x, axis=1))


def padded_with_infinity(b):
    x = tf.where(b["keep"][:, None] > 0, tf.tensordot(b["x"], W, 1), -np.inf) / tf.norm(W)
    kept = tf.where(b["keep"] > 0, tf.reduce_logsumexp(x, axis=1), 0.0)
    return tf.reduce_sum(kept) / tf.reduce_sum(b["keep"])


def test_padding_is_filled_with_a_finite_number():
    assert fixes(padded_with_infinity, without_padding) == ["1e9"]
