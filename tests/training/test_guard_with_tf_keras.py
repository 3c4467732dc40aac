"""The guard with Keras 2, which is `tf.keras` where TF_USE_LEGACY_KERAS=1 is set (`pip install tf_keras`)."""

import inspect

import numpy as np
import pytest
import tensorflow as tf

import gradcheck
from gradcheck.execution.record.caller import role

tf_keras = pytest.importorskip("tf_keras")

COLUMN, ROW = tf.reshape(tf.range(6.0), (6, 1)), tf.range(6.0)


def texts(run, *arguments):
    with gradcheck.guard(on="collect") as guard:
        run(*arguments)
    return [finding.span.text for finding in guard.findings]


def fit(model, **data):
    model.fit(np.ones((6, 4), "float32"), verbose=0, **data)


@pytest.mark.parametrize("labels", [(6,), (6, 1)])
@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("written", ["sliced", "flattened", "right", "its own"])
def test_a_loss_given_to_compile(labels, eager, written):
    losses = {
        "sliced": lambda y_true, y_pred: tf.reduce_mean((y_true - y_pred[:, 0]) ** 2),
        "flattened": lambda y_true, y_pred: tf.reduce_mean((tf.reshape(y_pred, [-1]) - y_true) ** 2),
        "right": lambda y_true, y_pred: tf.reduce_mean((y_true - y_pred) ** 2),
        "its own": tf_keras.losses.Huber(),
    }
    model = tf_keras.Sequential([tf_keras.Input((4,)), tf_keras.layers.Dense(1)])
    model.compile("sgd", loss=losses[written], run_eagerly=eager, metrics=["mae"])
    found = texts(lambda: fit(model, y=np.ones(labels, "float32")))
    assert len(found) == (1 if written in ("sliced", "flattened") else 0)


@pytest.mark.parametrize("rightly", [True, False])
def test_a_train_step_of_ones_own(rightly):
    class Weighted(tf_keras.Model):
        def __init__(self):
            super().__init__()
            self.layer = tf_keras.layers.Dense(1)

        def call(self, x):
            return self.layer(x)

        def train_step(self, batch):
            x, y, weight = batch
            with tf.GradientTape() as tape:
                error = y - self(x, training=True)
                if rightly:
                    weight = weight[:, None]
                loss = tf.reduce_mean(weight * tf.square(error))
            gradients = tape.gradient(loss, self.trainable_variables)
            self.optimizer.apply_gradients(zip(gradients, self.trainable_variables, strict=True))
            return {"loss": loss}

    model = Weighted()
    model.compile("sgd")
    found = texts(lambda: fit(model, y=np.ones((6, 1), "float32"), sample_weight=np.ones(6, "float32")))
    assert found == ([] if rightly else ["weight * tf.square(error)"])


@pytest.mark.parametrize("way", [lambda function: function, tf.function], ids=["eagerly", "traced"])
def test_a_loss_of_keras_is_the_expression_of_who_calls_it(way):
    def loss(y_true, y_pred):
        return tf.reduce_sum(tf_keras.losses.MSE(y_true, y_pred))

    assert texts(way(loss), COLUMN, ROW) == ["tf_keras.losses.MSE(y_true, y_pred)"]
    assert texts(way(loss), COLUMN, COLUMN) == []


def test_its_layers_are_left_alone():
    def layers(x):
        x = tf_keras.layers.LayerNormalization()(x)
        x = tf_keras.layers.MultiHeadAttention(2, 3)(x, x, use_causal_mask=True)
        x = tf_keras.layers.GroupNormalization(2)(tf_keras.layers.BatchNormalization()(x, training=True))
        return tf_keras.layers.LSTM(3)(x)

    assert texts(layers, tf.random.normal((6, 6, 6))) == []


@pytest.mark.parametrize(
    "thing, whose",
    [
        (tf_keras.layers.BatchNormalization, "other"),
        (tf_keras.optimizers.Adam, "other"),
        (tf_keras.losses.Huber, "loss"),
        (tf_keras.backend.square, "op"),
    ],
)
def test_whose_code_is_whose(thing, whose):
    assert role(inspect.getsourcefile(inspect.unwrap(thing))) == whose
