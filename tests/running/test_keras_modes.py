"""Keras's own trainer, through the gradient that it applies."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from support.benches import SAMPLES, compiled_model, of_loss, of_model, regression, row_of, run_in

KERAS = ("fit", "train_step", "accumulation", "accumulation_uneven")
WEIGHTED = {**regression(), "sample_weight": np.linspace(0.5, 2.0, SAMPLES).astype("float32")}


def layers():
    return [keras.layers.Dense(6, activation="tanh", kernel_regularizer="l2"), keras.layers.Dense(1)]


def trained_by(step, **how):
    class Own(keras.Sequential):
        train_step = step

    return lambda: compiled_model(layers, kind=Own, **how)


def step_on(weights, *, regularised, training=True):
    """Return a train_step of one's own, with the mistakes that are asked for."""

    def train_step(self, data):
        x, y, sample_weight = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            predicted = self(x, training=training)
            loss = self.compute_loss(
                x=x, y=y, y_pred=predicted, sample_weight=sample_weight if weights else None
            )
            if not regularised:
                loss -= tf.add_n(self.losses)
        gradients = tape.gradient(loss, self.trainable_variables)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
        return {"loss": loss}

    return train_step


def test_fit_applies_the_gradient_of_the_loss():
    rows = run_in(of_model(lambda: compiled_model(layers), WEIGHTED), *KERAS)
    assert [row.verdict for row in rows.values()] == ["same", "not_applicable", "same", "information"]
    assert "Keras gives a smaller last batch, of 4 samples here" in rows["accumulation_uneven"].note


@pytest.mark.parametrize(
    ("weights", "regularised", "said"),
    [
        (False, True, "as without sample_weight: its train_step ("),
        (True, False, "leaves out model.losses, such as regularisers"),
        (False, False, "as without sample_weight and without the losses of layers: its train_step ("),
    ],
)
def test_a_train_step_that_leaves_something_out_is_told_what(weights, regularised, said):
    model = trained_by(step_on(weights, regularised=regularised))
    for row in run_in(of_model(model, WEIGHTED), "fit", "train_step").values():
        assert row.verdict == "different"
        assert said in row.note


def test_what_it_leaves_out_is_told_where_batches_are_of_unequal_size_too():
    model = trained_by(step_on(weights=False, regularised=False))
    row = row_of(of_model(model, WEIGHTED), "accumulation_uneven")
    assert row.verdict == "different"
    assert "on the batch as a whole, as without sample_weight and without the losses of layers" in row.note


def test_its_twin_that_leaves_nothing_out_is_the_same():
    model = trained_by(step_on(weights=True, regularised=True))
    for row in run_in(of_model(model, WEIGHTED), "fit", "train_step").values():
        assert row.verdict == "same"


def test_an_optimizer_that_accumulates_makes_an_uneven_last_batch_a_fault():
    def model():
        return compiled_model(layers, optimizer=keras.optimizers.SGD(0.1, gradient_accumulation_steps=2))

    rows = run_in(of_model(model), "accumulation", "accumulation_uneven")
    assert [row.verdict for row in rows.values()] == ["same", "different"]


def test_a_sum_over_samples_is_averaged_when_keras_accumulates():
    def loss(y, predicted):
        return tf.reduce_sum(tf.square(y - predicted)) / SAMPLES

    row = row_of(of_model(lambda: compiled_model(lambda: [keras.layers.Dense(1)], loss)), "accumulation")
    assert row.verdict == "information"
    assert row.note.startswith("0.5 times the gradient: the loss is a sum over its samples")


def test_weights_that_are_large_beside_the_gradient_hide_nothing_of_it():
    def model():
        made = compiled_model(layers)
        for variable in made.trainable_variables:
            variable.assign(100 * variable + 50)
        return made

    row = row_of(of_model(model), "fit")
    assert row.verdict == "same"


def test_a_constraint_does_not_pass_for_a_gradient():
    def constrained():
        return [keras.layers.Dense(1, kernel_constraint=keras.constraints.MaxNorm(0.1))]

    assert row_of(of_model(lambda: compiled_model(constrained)), "fit").verdict == "same"


def test_an_optimizer_that_clips_is_compared_as_it_clips():
    def model():
        return compiled_model(layers, optimizer=keras.optimizers.Adam(0.1, global_clipnorm=0.1))

    rows = run_in(of_model(model), "fit", "accumulation")
    assert {row.verdict for row in rows.values()} == {"same"}
    assert abs(rows["fit"].norm - 0.1) < 1e-6


def test_what_a_train_step_does_is_seen_through_clipping():
    def model():
        step = step_on(weights=False, regularised=True)
        return trained_by(step, optimizer=keras.optimizers.Adam(0.1, clipnorm=0.1))()

    row = row_of(of_model(model, WEIGHTED), "fit")
    assert row.verdict == "different"
    assert "as without sample_weight" in row.note


class OfItsOwn(keras.optimizers.SGD):
    def apply(self, grads, trainable_variables=None):
        return super().apply([one - tf.reduce_mean(one) for one in grads], trainable_variables)


def test_that_an_optimizer_applies_gradients_in_its_own_way_is_said():
    row = row_of(of_model(lambda: compiled_model(layers, optimizer=OfItsOwn(0.1))), "fit")
    assert row.verdict == "same"
    assert row.note.startswith("without what the optimizer's own `apply` makes of the gradient")


def test_a_layer_that_assigns_to_its_weights_as_it_runs_is_no_fault():
    def normalised():
        return [keras.layers.SpectralNormalization(keras.layers.Dense(4)), keras.layers.Dense(1)]

    rows = run_in(of_model(lambda: compiled_model(normalised)), "eager", "fit", "accumulation", "recompute")
    assert rows["eager"].verdict == "same"
    for name in ("fit", "accumulation", "recompute"):
        assert rows[name].verdict == "information", name
        assert "assigns to its weights or its state as it runs" in rows[name].note


def test_fit_leaves_the_model_as_it_was():
    made = []

    def model():
        made.append(compiled_model(layers))
        return made[-1]

    before = [variable.numpy() for variable in compiled_model(layers).variables]
    run_in(of_model(model), "fit", "accumulation")
    for one, value in zip(made[0].variables, before, strict=True):
        np.testing.assert_array_equal(one.numpy(), value)
    assert made[0].optimizer.learning_rate == 0.01  # the one that it was compiled with


def test_dropout_has_the_same_mask_in_fit():
    def dropping():
        return [keras.layers.Dense(8), keras.layers.Dropout(0.5), keras.layers.Dense(1)]

    rows = run_in(of_model(lambda: compiled_model(dropping)), "fit", "micro_batches")
    assert {row.verdict for row in rows.values()} == {"same"}


def test_a_function_is_not_fitted():
    row = row_of(of_loss(lambda w, x, y: tf.reduce_mean((y - x @ w) ** 2), regression(), 3, 1), "fit")
    assert row.verdict == "not_applicable"
