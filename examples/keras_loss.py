"""A custom Keras loss: labels of shape (n,) against the (n, 1) output of `Dense(1)`.

    gradcheck diff examples/keras_loss.py

A class derived from `keras.losses.Loss` gets labels and predictions unchanged, also in `model.fit`. (A function
given to `compile` gets the labels as (n, 1) there.) Keras's own losses give both the same shape first. A custom
loss must do this itself, or every prediction is pulled towards the mean of all labels.
"""

import keras
import numpy as np
import tensorflow as tf

import gradcheck


class SquaredError(keras.losses.Loss):
    """Squared errors, as one would write them at first."""

    def call(self, y_true, y_pred):
        return tf.square(y_true - y_pred)


class SquaredErrorInOneShape(keras.losses.Loss):
    """Squared errors, with labels in the shape of the predictions."""

    def call(self, y_true, y_pred):
        return tf.square(tf.reshape(y_true, tf.shape(y_pred)) - y_pred)


def made(seed, samples, custom_loss):
    keras.utils.set_random_seed(seed)
    random = np.random.default_rng(seed)
    model = keras.Sequential(
        [keras.Input((4,)), keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1)], name="model"
    )
    of_keras = keras.losses.MeanSquaredError()
    return gradcheck.Case(
        reference=lambda x, y: of_keras(y, model(x)),
        candidate=lambda x, y: custom_loss(y, model(x)),
        batch={
            "x": random.normal(size=(samples, 4)).astype("float32"),
            "y": random.normal(size=samples).astype("float32"),
        },
        variables=model,
    )


@gradcheck.case
def wrong(seed: int = 0, samples: int = 16) -> gradcheck.Case:
    return made(seed, samples, SquaredError())


@gradcheck.case
def right(seed: int = 0, samples: int = 16) -> gradcheck.Case:
    return made(seed, samples, SquaredErrorInOneShape())
