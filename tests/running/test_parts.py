"""A batch in parts: how their gradients make that of the whole."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from support.benches import compiled_model, numbers, of_loss, of_model, regression, row_of, run_in


def errors(w, x, y):
    return tf.square(y - tf.tanh(x @ w))


def mean(w, x, y):
    return tf.reduce_mean(errors(w, x, y))


def total(w, x, y):
    return tf.reduce_sum(errors(w, x, y)) / 12


def penalised_total(w, x, y):
    return total(w, x, y) + tf.reduce_sum(w**2)


@pytest.mark.parametrize(
    ("loss", "said"), [(mean, ""), (total, "added up"), (penalised_total, "a penalty) counted once")]
)
def test_losses_that_are_sums_over_samples_are_the_same(loss, said):
    row = row_of(of_loss(loss, regression(), 3, 1), "micro_batches")
    assert row.verdict == "same"
    assert row.note.endswith(said)


def test_equal_weights_of_uneven_parts_are_said_to_be_another_loss():
    row = row_of(of_loss(mean, regression(), 3, 1), "micro_batches_uneven")
    assert row.verdict == "same"
    assert row.note == "weighted by size; with equal weights it is 49 % off: another loss"


def contrastive(w, x, y):
    a, b = tf.math.l2_normalize(x @ w, axis=1), tf.math.l2_normalize(tf.concat([x, y], axis=1)[:, :3] @ w, 1)
    logits = a @ tf.transpose(b + 0.1 * y)
    labels = tf.range(tf.shape(logits)[0])
    return tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits))


def test_a_loss_that_couples_its_samples_is_no_fault():
    row = row_of(of_loss(contrastive, regression(), 3, 4), "micro_batches")
    assert row.verdict == "information"
    assert row.note.startswith("the loss couples its samples: `a @ tf.transpose(b + 0.1 * y)` (")
    assert "multiplies samples by each other" in row.note


def test_a_layer_that_normalises_over_the_batch_is_named():
    def layers():
        return [
            keras.layers.Dense(4),
            keras.layers.BatchNormalization(name="over_the_batch"),
            keras.layers.Dense(1),
        ]

    row = row_of(of_model(lambda: compiled_model(layers)), "micro_batches")
    assert row.verdict == "information"
    assert "couples its samples, by the layer over_the_batch" in row.note


def clipping(norm):
    def gradients(w, x, y):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(errors(w, x, y)) / 12
        found = tape.gradient(loss, [w])
        return found if norm is None else tf.clip_by_global_norm(found, norm)[0]

    return gradients


def test_parts_that_are_clipped_by_themselves_are_a_fault():
    batch = regression()
    batch["x"][:6] *= 6
    row = row_of(of_loss(clipping(0.05), batch, 3, 1), "micro_batches")
    assert row.verdict == "different"
    assert "changed after it was taken, for example clipped" in row.note


def test_its_twin_that_clips_nothing_is_the_same():
    assert row_of(of_loss(clipping(None), regression(), 3, 1), "micro_batches").verdict == "same"


def test_random_numbers_are_the_same_for_a_sample_in_every_part():
    def loss(w, x, y):
        noise = tf.random.normal(tf.shape(x)) + tf.random.uniform(tf.shape(x))
        return tf.reduce_mean((y - tf.nn.dropout(tf.tanh((x + noise) @ w), 0.3)) ** 2)

    rows = run_in(of_loss(loss, regression(), 3, 4), "function", "xla", "permuted", "micro_batches_uneven")
    assert {row.verdict for row in rows.values()} == {"same"}


def test_what_is_drawn_otherwise_leaves_no_verdict():
    def loss(w, x, y):
        chosen = tf.random.categorical(tf.zeros((1, 3)), tf.shape(x)[0])[0]
        return tf.reduce_mean((tf.gather(x @ w, chosen, batch_dims=1) - y[:, 0]) ** 2)

    row = row_of(of_loss(loss, regression(), 3, 3), "micro_batches")
    assert row.verdict in ("no_verdict", "information")


def test_a_batch_of_one_sample_is_not_taken_apart():
    row = row_of(of_loss(mean, regression(samples=1), 3, 1), "micro_batches")
    assert (row.verdict, row.note) == ("not_applicable", "the batch has 1 sample")


def test_a_batch_without_samples_is_not_taken_apart():
    def factory():
        w = tf.Variable(numbers(3), name="w")
        return gradcheck.Case(
            candidate=lambda a: tf.reduce_sum(a * w**2), batch={"a": np.float32(2)}, variables=[w]
        )

    row = row_of(factory, "micro_batches")
    assert row.verdict == "not_applicable"
    assert "no array with a sample axis" in row.note
